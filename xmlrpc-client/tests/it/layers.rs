//! Layers around calls, and those in the box.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Barrier;
use tower::limit::ConcurrencyLimitLayer;
use xmlrpc_client::layer::{AddedMember, CallService, FirstParameter, Session, from_fn};
use xmlrpc_client::transport::{Request, Response, from_fn as transport};
use xmlrpc_client::{
    Call, CallOptions, Dialect, EncodedValue, Encoder, Encoding, Error, Fault, MethodCall, MethodResponse,
    Params, Reading, Result, ServerProxy, ServerProxyBuilder, Value, value,
};

use crate::support::within;

/// What came to a server, a call each.
type Calls = Arc<Mutex<Vec<MethodCall>>>;

/// A server whose results come from a function, for single calls and for entries of a multicall, and which tells what came.
fn server(
    answer: impl Fn(&str, &[Value]) -> Result<Value, Fault> + Send + Sync + 'static,
) -> (ServerProxyBuilder, Calls) {
    let calls = Calls::default();
    let received = calls.clone();
    let builder = ServerProxy::over(transport(move |request: Request| {
        let call = MethodCall::<Vec<Value>>::from_slice(&request.body).unwrap();
        let result = match &*call.method {
            "system.multicall" => Ok(multicall(&call.params[0], &answer)),
            method => answer(method, &call.params),
        };
        received.lock().unwrap().push(call);
        let response = match result {
            Ok(result) => MethodResponse::Success(result),
            Err(fault) => MethodResponse::Fault(fault),
        };
        async move { Ok(Response::new(response.to_vec().unwrap())) }
    }));
    (builder, calls)
}

fn multicall(entries: &Value, answer: &impl Fn(&str, &[Value]) -> Result<Value, Fault>) -> Value {
    let Value::Array(entries) = entries else {
        panic!("{entries}")
    };
    let results = entries.iter().map(|entry| {
        let (Value::String(method), Value::Array(params)) = (&entry["methodName"], &entry["params"]) else {
            panic!("{entry}")
        };
        match answer(method, params) {
            Ok(result) => value!([result]),
            Err(fault) => Value::Struct(fault.to_struct()),
        }
    });
    Value::Array(results.collect())
}

/// The parameters, as the result.
fn echo(_: &str, params: &[Value]) -> Result<Value, Fault> {
    Ok(params.to_vec().into())
}

/// Which methods were called with what, in order.
fn taken(calls: &Calls) -> Vec<(String, Vec<Value>)> {
    let calls = std::mem::take(&mut *calls.lock().unwrap());
    calls
        .into_iter()
        .map(|call| (call.method.to_string(), call.params))
        .collect()
}

fn called(method: &str, params: Value) -> (String, Vec<Value>) {
    match params {
        Value::Array(params) => (method.to_owned(), params.into_iter().collect()),
        other => panic!("{other}"),
    }
}

/// Appends a word to a list on the way there, and another on the way back.
fn noting(
    list: &Arc<Mutex<Vec<String>>>,
    word: &'static str,
) -> impl Fn(Call, CallService) -> Noting + Clone + Send + Sync + use<> {
    let list = list.clone();
    move |call, next| {
        let list = list.clone();
        Box::pin(async move {
            let method = call.method.clone();
            list.lock().unwrap().push(format!("{word} {method}"));
            let result = next.run(call).await;
            list.lock().unwrap().push(format!("{method} {word}"));
            result
        })
    }
}

type Noting = std::pin::Pin<Box<dyn Future<Output = Result<EncodedValue>> + Send>>;

#[tokio::test]
async fn the_layer_added_last_is_the_outermost() {
    let list = Arc::default();
    let (builder, _) = server(echo);
    let server = builder
        .layer(from_fn(noting(&list, "inner")))
        .layer(from_fn(noting(&list, "outer")))
        .build()
        .unwrap();
    assert_eq!(server.call::<Vec<i32>>("m", (1, 2)).await.unwrap(), [1, 2]);
    assert_eq!(
        *list.lock().unwrap(),
        ["outer m", "inner m", "m inner", "m outer"]
    );
}

#[tokio::test]
async fn a_layer_changes_the_method_the_parameters_and_the_result() {
    let layer = from_fn(|mut call: Call, next: CallService| async move {
        call.method = "other".try_into().unwrap();
        call.params.prepend("first").unwrap();
        let (first, rest): (String, i32) = next.run(call).await?.parse().unwrap();
        Ok(Encoder::new().result(&format!("{first} {rest}")).unwrap())
    });
    let (builder, calls) = server(echo);
    let server = builder.layer(layer).build().unwrap();
    assert_eq!(server.call::<String>("m", (5,)).await.unwrap(), "first 5");
    assert_eq!(taken(&calls), [called("other", value!(["first", 5]))]);
}

#[tokio::test]
async fn a_layer_answers_in_place_of_the_server() {
    let layer = from_fn(|call: Call, next: CallService| async move {
        match &*call.method {
            "fault" => Err(Fault::new(5, "no").into()),
            "answer" => Ok(Encoder::new().result(&42).unwrap()),
            _ => next.run(call).await,
        }
    });
    let (builder, calls) = server(echo);
    let server = builder.layer(layer).build().unwrap();
    assert_eq!(server.call::<i32>("answer", ()).await.unwrap(), 42);
    let fault = server.call::<i32>("fault", ()).await.unwrap_err();
    assert_eq!(fault.fault(), Some(&Fault::new(5, "no")));
    assert_eq!(taken(&calls), []);
}

#[tokio::test]
async fn options_of_a_call_go_through_layers_which_can_change_them() {
    let seen = Arc::new(Mutex::new(None));
    let requests = Arc::new(Mutex::new(None));
    let (options_seen, request_seen) = (seen.clone(), requests.clone());
    let layer = from_fn(move |mut call: Call, next: CallService| {
        let mut options = call.extensions.get::<CallOptions>().unwrap().clone();
        *options_seen.lock().unwrap() = Some(options.clone());
        options.timeout = None;
        options.idempotent = false;
        options.headers.insert("x-b", "2".parse().unwrap());
        options.reading = Some(Reading::default());
        call.extensions.insert(options);
        next.run(call)
    });
    let server = ServerProxy::over(transport(move |request| {
        *request_seen.lock().unwrap() = Some(request);
        // White space around a number is not for strict readers.
        let answer =
            "<methodResponse><params><param><value><int> 7 </int></value></param></params></methodResponse>";
        async move { Ok(Response::new(answer)) }
    }))
    .layer(layer)
    .build()
    .unwrap();
    let call = server
        .call::<i32>("m", ())
        .timeout(Duration::from_secs(7))
        .idempotent();
    let call = call.header("X-A", "1").reading(Reading::strict());
    assert_eq!(call.await.unwrap(), 7);

    let options = seen.lock().unwrap().take().unwrap();
    assert_eq!(options.timeout, Some(Duration::from_secs(7)));
    assert!(options.time_left().unwrap() <= Duration::from_secs(7));
    assert!(options.idempotent && options.headers["x-a"] == "1");
    assert_eq!(options.reading, Some(Reading::strict()));
    let request = requests.lock().unwrap().take().unwrap();
    assert_eq!(request.timeout, None);
    assert!(!request.idempotent);
    assert!(request.headers["x-a"] == "1" && request.headers["x-b"] == "2");
}

#[tokio::test]
async fn the_reading_of_a_call_holds_behind_layers_too() {
    let answer =
        "<methodResponse><params><param><value><int> 7 </int></value></param></params></methodResponse>";
    let server = ServerProxy::over(transport(move |_| async move { Ok(Response::new(answer)) }))
        .layer(FirstParameter::new(1))
        .build()
        .unwrap();
    assert_eq!(server.call::<i32>("m", ()).await.unwrap(), 7);
    let strict = server.call::<i32>("m", ()).reading(Reading::strict());
    assert!(strict.await.unwrap_err().is_decode());
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_call_goes_on_while_layers_make_it_again() {
    let slow = ServerProxy::over(transport(|_| async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        Ok(Response::new(
            MethodResponse::<i32>::Fault(Fault::new(1, "again"))
                .to_vec()
                .unwrap(),
        ))
    }));
    let again = from_fn(|call: Call, next: CallService| async move {
        loop {
            match next.run(call.clone()).await {
                Err(error) if error.fault().is_some() => {}
                outcome => return outcome,
            }
        }
    });
    let server = slow
        .layer(again)
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    assert!(server.call::<i32>("m", ()).await.unwrap_err().is_timeout());
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_layers_own_call_has_the_dialect_of_the_proxy() {
    let layer = from_fn(|call: Call, next: CallService| async move {
        assert_eq!(next.call::<Vec<String>>("own", ("ü",)).await.unwrap(), ["ü"]);
        assert_eq!(next.call::<Value>("none", ()).await.unwrap(), value!([]));
        assert!(next.call::<Value>("one", 1).await.unwrap_err().is_configuration());
        next.run(call).await
    });
    let latin1 = Dialect::default().encoding(Encoding::ISO_8859_1);
    let (builder, calls) = server(echo);
    let server = builder
        .dialect(latin1)
        .layer(layer)
        .layer(FirstParameter::new("é"))
        .build()
        .unwrap();
    assert_eq!(
        server.call::<Value>("m", ("à",)).await.unwrap(),
        value!(["é", "à"])
    );
    let expected = [
        called("own", value!(["ü"])),
        called("none", value!([])),
        called("m", value!(["é", "à"])),
    ];
    assert_eq!(taken(&calls), expected);
}

#[tokio::test]
async fn a_proxy_in_another_dialect_keeps_its_layers() {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let sent = bodies.clone();
    let server = ServerProxy::over(transport(move |request: Request| {
        sent.lock()
            .unwrap()
            .push(String::from_utf8(request.body.to_vec()).unwrap());
        async { Ok(Response::new(MethodResponse::Success(7).to_vec().unwrap())) }
    }))
    .layer(FirstParameter::new("t"))
    .build()
    .unwrap();
    let apache = server.with_dialect(Dialect::apache());
    assert_eq!(apache.call::<i32>("m", (1_i64 << 40,)).await.unwrap(), 7);
    let body = bodies.lock().unwrap().remove(0);
    assert!(
        body.contains("<string>t</string>")
            && body.contains("<ex:i8>1099511627776</ex:i8>")
            && body.contains("xmlns:ex="),
        "{body}"
    );
}

#[tokio::test]
async fn errors_say_as_much_behind_layers_as_without() {
    for (status, body) in [
        (200, "<oops"),
        (200, "<methodResponse><params><param><value><int>7</oops"),
        (503, "gone"),
    ] {
        let answering = || {
            ServerProxy::over(transport(move |_| async move {
                let status = http::StatusCode::from_u16(status).unwrap();
                Ok(Response::new(body).status(status))
            }))
        };
        let plain = answering()
            .build()
            .unwrap()
            .call::<i32>("m", ())
            .await
            .unwrap_err();
        let layered = answering().layer(FirstParameter::new(1)).build().unwrap();
        let layered = layered.call::<i32>("m", ()).await.unwrap_err();
        assert_eq!(format!("{plain:#}"), format!("{layered:#}"));
        assert_eq!(
            (plain.status(), plain.is_decode()),
            (layered.status(), layered.is_decode())
        );
    }
}

#[tokio::test]
async fn a_proxy_as_a_service_has_its_layers_too() {
    let (builder, calls) = server(echo);
    let mut server = builder.layer(FirstParameter::new("t")).build().unwrap();
    let call = Call::new("m".try_into().unwrap(), Params::from_values(vec![1.into()]));
    let result = tower_service::Service::call(&mut server, call).await.unwrap();
    assert_eq!(result.parse::<(String, i32)>().unwrap(), ("t".to_owned(), 1));
    assert_eq!(taken(&calls), [called("m", value!(["t", 1]))]);
}

mod multicalls {
    use super::*;

    #[tokio::test]
    async fn layers_run_for_the_multicall_and_for_each_entry_and_entries_are_sent_together() {
        let list = Arc::default();
        let (builder, calls) = server(echo);
        let server = builder.layer(from_fn(noting(&list, "layer"))).build().unwrap();
        let mut batch = server.multicall();
        let a = batch.add::<Vec<i32>>("a", (1,)).unwrap();
        let b = batch.add::<Vec<String>>("b", ("x", "y")).unwrap();
        let mut results = within(batch.send()).await.unwrap();
        assert_eq!(results.take(a).unwrap(), [1]);
        assert_eq!(results.take(b).unwrap(), ["x", "y"]);
        let entries = value!([[
            { "methodName": "a", "params": [1] },
            { "methodName": "b", "params": ["x", "y"] },
        ]]);
        assert_eq!(taken(&calls), [called("system.multicall", entries)]);
        assert_eq!(
            *list.lock().unwrap(),
            [
                "layer system.multicall",
                "layer a",
                "layer b",
                "a layer",
                "b layer",
                "system.multicall layer"
            ]
        );
    }

    #[tokio::test]
    async fn a_multicall_made_by_hand_is_no_way_around() {
        let (builder, calls) = server(echo);
        let server = builder
            .layer(FirstParameter::new("token:SECRET"))
            .build()
            .unwrap();
        let entries = value!([{ "methodName": "a", "params": [1] }, "no entry", { "methodName": "b" }]);
        let results: Vec<Value> = within(server.call("system.multicall", (entries,)).into_future())
            .await
            .unwrap();
        assert_eq!(results[0], value!([["token:SECRET", 1]]));
        assert_eq!(results[1]["faultCode"], -32600);
        assert_eq!(results[2], value!([["token:SECRET"]]));
        let entries = value!([[
            { "methodName": "a", "params": ["token:SECRET", 1] },
            { "methodName": "b", "params": ["token:SECRET"] },
        ]]);
        assert_eq!(taken(&calls), [called("system.multicall", entries)]);
    }

    #[tokio::test]
    async fn an_empty_multicall_made_by_hand_is_sent() {
        let (builder, calls) = server(echo);
        let server = builder.layer(FirstParameter::new("t")).build().unwrap();
        let call = server.call::<Vec<Value>>("system.multicall", ([(); 0],));
        assert!(within(call.into_future()).await.unwrap().is_empty());
        assert_eq!(taken(&calls), [called("system.multicall", value!([[]]))]);
    }

    #[tokio::test]
    async fn an_entry_that_a_layer_answers_is_not_sent() {
        let layer = from_fn(|call: Call, next: CallService| async move {
            match &*call.method {
                "b" => Err(Fault::new(5, "not allowed").into()),
                "c" => Ok(Encoder::new().result(&"from here").unwrap()),
                _ => next.run(call).await,
            }
        });
        let (builder, calls) = server(|method, params| match method {
            "d" => Err(Fault::new(6, "failed")),
            method => echo(method, params),
        });
        let server = builder.layer(layer).build().unwrap();
        let mut batch = server.multicall();
        let a = batch.add::<Vec<i32>>("a", (1,)).unwrap();
        let b = batch.add::<i32>("b", ()).unwrap();
        let c = batch.add::<String>("c", ()).unwrap();
        let d = batch.add::<i32>("d", ()).unwrap();
        let mut results = within(batch.send()).await.unwrap();
        assert_eq!(
            results.take(d).unwrap_err().fault(),
            Some(&Fault::new(6, "failed"))
        );
        assert_eq!(results.take(c).unwrap(), "from here");
        assert_eq!(
            results.take(b).unwrap_err().fault(),
            Some(&Fault::new(5, "not allowed"))
        );
        assert_eq!(results.take(a).unwrap(), [1]);
        let entries = value!([[{ "methodName": "a", "params": [1] }, { "methodName": "d", "params": [] }]]);
        assert_eq!(taken(&calls), [called("system.multicall", entries)]);
    }

    #[tokio::test]
    async fn a_fault_of_an_entry_keeps_what_the_server_said_beyond_code_and_text() {
        let answer = "<methodResponse><params><param><value><array><data><value><struct>\
            <member><name>faultCode</name><value>12</value></member><member><name>faultString</name><value>x</value></member>\
            <member><name>detail</name><value>y</value></member></struct></value></data></array></value></param></params></methodResponse>";
        let server = ServerProxy::over(transport(move |_| async move { Ok(Response::new(answer)) }))
            .layer(FirstParameter::new(1))
            .build()
            .unwrap();
        let mut batch = server.multicall();
        let handle = batch.add::<i32>("m", ()).unwrap();
        let error = within(batch.send()).await.unwrap().take(handle).unwrap_err();
        let fault = error.into_fault().unwrap();
        assert_eq!(
            (fault.code(), fault.raw().unwrap()["detail"].as_str()),
            (12, Some("y"))
        );
    }

    #[tokio::test]
    async fn results_without_an_array_around_them_stay_as_they_are() {
        let answer = value!([{ "name": "web" }, [["x"]], 7, { "faultCode": 3, "faultString": "no" }]);
        let server = ServerProxy::over(transport(move |_| {
            let answer = MethodResponse::Success(answer.clone()).to_vec().unwrap();
            async { Ok(Response::new(answer)) }
        }))
        .layer(FirstParameter::new(1))
        .build()
        .unwrap();
        let mut batch = server.multicall().bare_results();
        let handles = [(); 4].map(|()| batch.add::<Value>("m", ()).unwrap());
        let mut results = within(batch.send()).await.unwrap();
        let [a, b, c, d] = handles.map(|handle| results.take(handle));
        assert_eq!(a.unwrap(), value!({ "name": "web" }));
        assert_eq!(b.unwrap(), value!([["x"]]));
        assert_eq!(c.unwrap(), 7);
        assert_eq!(d.unwrap_err().fault().map(Fault::code), Some(3));
    }

    #[tokio::test]
    async fn results_of_which_none_can_be_read_fail_one_by_one() {
        let answer = value!([[], [1, 2], { "code": 1 }]);
        let server = ServerProxy::over(transport(move |_| {
            let answer = MethodResponse::Success(answer.clone()).to_vec().unwrap();
            async { Ok(Response::new(answer)) }
        }))
        .layer(FirstParameter::new(1))
        .build()
        .unwrap();
        let mut batch = server.multicall();
        let handles = [(); 3].map(|()| batch.add::<Value>("m", ()).unwrap());
        let mut results = within(batch.send()).await.unwrap();
        for (index, handle) in handles.into_iter().enumerate() {
            let error = results.take(handle).unwrap_err();
            let start = format!("result {index} of system.multicall is neither ");
            assert!(
                error.is_decode() && error.to_string().starts_with(&start),
                "{error:#}"
            );
        }
    }

    #[tokio::test]
    async fn entries_that_a_layer_makes_again_are_sent_together_again() {
        let again = from_fn(|call: Call, next: CallService| async move {
            match next.run(call.clone()).await {
                Err(error) if error.fault().is_some() => next.run(call).await,
                outcome => outcome,
            }
        });
        let failures = AtomicU32::new(0);
        let (builder, calls) = server(move |method, params| {
            match method == "late" && failures.fetch_add(1, Ordering::SeqCst) < 2 {
                true => Err(Fault::new(1, "later")),
                false => echo(method, params),
            }
        });
        let server = builder.layer(again).build().unwrap();
        let mut batch = server.multicall();
        let handles =
            ["late", "a", "late"].map(|method| batch.add::<Vec<String>>(method, (method,)).unwrap());
        let mut results = within(batch.send()).await.unwrap();
        assert_eq!(
            handles.map(|handle| results.take(handle).unwrap().concat()),
            ["late", "a", "late"]
        );
        let entry = |method: &str| value!({ "methodName": method, "params": [method] });
        let expected = [
            called(
                "system.multicall",
                value!([[entry("late"), entry("a"), entry("late")]]),
            ),
            called("system.multicall", value!([[entry("late"), entry("late")]])),
        ];
        assert_eq!(taken(&calls), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_on_concurrency_holds_no_multicall_up_for_ever() {
        let (builder, calls) = server(echo);
        let server = builder.layer(ConcurrencyLimitLayer::new(3)).build().unwrap();
        let mut batch = server.multicall();
        let handles: Vec<_> = (0..6)
            .map(|number| batch.add::<Vec<i32>>("m", (number,)).unwrap())
            .collect();
        // The multicall itself holds one of the three.
        let mut results = within(batch.send()).await.unwrap();
        for (number, handle) in handles.into_iter().enumerate() {
            assert_eq!(results.take(handle).unwrap(), [i32::try_from(number).unwrap()]);
        }
        let sizes = taken(&calls).into_iter().map(|(_, params)| match &params[0] {
            Value::Array(entries) => entries.len(),
            other => panic!("{other}"),
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [2, 2, 2]);
    }

    #[tokio::test]
    async fn what_fails_for_all_entries_is_the_error_of_the_multicall() {
        let failing = |_| async { Ok(Response::new("gone").status(http::StatusCode::BAD_GATEWAY)) };
        let plain = ServerProxy::over(transport(failing)).build().unwrap();
        let layered = ServerProxy::over(transport(failing))
            .layer(FirstParameter::new(1))
            .build()
            .unwrap();
        let mut errors = Vec::new();
        for server in [plain, layered] {
            let mut batch = server.multicall();
            let _handles = [(); 3].map(|()| batch.add::<i32>("m", ()).unwrap());
            errors.push(within(batch.send()).await.unwrap_err());
        }
        assert_eq!(format!("{:#}", errors[0]), format!("{:#}", errors[1]));
        assert_eq!(errors[1].status(), Some(http::StatusCode::BAD_GATEWAY));
    }

    #[tokio::test]
    async fn an_error_of_a_layer_is_that_of_its_entry_or_of_a_multicall_made_by_hand() {
        let layer = from_fn(|call: Call, next: CallService| async move {
            match &*call.method {
                "b" => Err(Error::connect("elsewhere", "no way")),
                _ => next.run(call).await,
            }
        });
        let (builder, _) = server(echo);
        let server = builder.layer(layer).build().unwrap();
        let mut batch = server.multicall();
        let [a, b] = ["a", "b"].map(|method| batch.add::<Value>(method, ()).unwrap());
        let mut results = within(batch.send()).await.unwrap();
        assert_eq!(results.take(a).unwrap(), value!([]));
        let error = results.take(b).unwrap_err();
        assert_eq!(error.to_string(), "no connection to elsewhere");

        let entries = value!([{ "methodName": "a" }, { "methodName": "b" }]);
        let call = server.call::<Value>("system.multicall", (entries,));
        assert!(within(call.into_future()).await.unwrap_err().is_connect());

        let mut batch = server.multicall();
        let _handles = ["b", "b"].map(|method| batch.add::<Value>(method, ()).unwrap());
        assert!(within(batch.send()).await.unwrap_err().is_connect());
    }

    #[tokio::test]
    async fn calls_that_are_made_one_by_one_have_layers_too() {
        let calls = Calls::default();
        let received = calls.clone();
        let without_multicall = transport(move |request: Request| {
            let call = MethodCall::<Vec<Value>>::from_slice(&request.body).unwrap();
            let answer = match call.method == "system.multicall" {
                true => MethodResponse::Fault(Fault::new(-32601, "unknown method: system.multicall")),
                false => MethodResponse::Success(Value::from(call.params.clone())),
            };
            received.lock().unwrap().push(call);
            async move { Ok(Response::new(answer.to_vec().unwrap())) }
        });
        let server = ServerProxy::over(without_multicall)
            .layer(FirstParameter::new("t"))
            .build()
            .unwrap();
        for _ in 0..2 {
            let mut batch = server.multicall();
            let handle = batch.add::<Value>("m", (1,)).unwrap();
            assert_eq!(
                within(batch.send()).await.unwrap().take(handle).unwrap(),
                value!(["t", 1])
            );
        }
        let entries = value!([[{ "methodName": "m", "params": ["t", 1] }]]);
        let single = || called("m", value!(["t", 1]));
        assert_eq!(
            taken(&calls),
            [called("system.multicall", entries), single(), single()]
        );
    }

    /// What comes of three calls of a batch, in words; without the place in the document, which is another one behind layers.
    async fn outcomes(server: &ServerProxy) -> String {
        let mut batch = server.multicall().without_fallback();
        let handles = [(); 3].map(|()| batch.add::<i32>("m", ()).unwrap());
        let words = match within(batch.send()).await {
            Err(error) => format!("{error:#}"),
            Ok(mut results) => format!("{:#?}", handles.map(|handle| results.take(handle))),
        };
        let lines = words
            .lines()
            .map(|line| line.split(" at line ").next().unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn answers_of_any_shape_mean_the_same_behind_layers() {
        for answer in [
            value!([[1], [2], [3]]),
            value!([1, [2], 3]),
            value!([[1], [2]]),
            value!([[1], [2], [3], [4]]),
            value!([]),
            value!("no array"),
            value!([[1], [], [3]]),
            value!([[1], [2, 3], [3]]),
            value!([[1], { "faultCode": 4, "faultString": "no" }, [3]]),
            value!([[1], { "other": 4 }, [3]]),
            value!([[1], ["text"], [3]]),
            value!([[1], [7.5], [[]]]),
        ] {
            let answering = || {
                let document = MethodResponse::Success(answer.clone()).to_vec().unwrap();
                ServerProxy::over(transport(move |_| {
                    let document = document.clone();
                    async { Ok(Response::new(document)) }
                }))
            };
            let plain = outcomes(&answering().build().unwrap()).await;
            let layered = answering().layer(FirstParameter::new(1)).build().unwrap();
            assert_eq!(outcomes(&layered).await, plain, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_layer_may_pass_entries_on_from_tasks_of_its_own() {
        let spawned = from_fn(|call: Call, next: CallService| async move {
            tokio::spawn(next.run(call)).await.map_err(Error::transport)?
        });
        let (builder, calls) = server(echo);
        let server = builder.layer(spawned).build().unwrap();
        let mut batch = server.multicall();
        let handles: Vec<_> = (0..50)
            .map(|number| batch.add::<Vec<i32>>("m", (number,)).unwrap())
            .collect();
        let mut results = within(batch.send()).await.unwrap();
        for (number, handle) in handles.into_iter().enumerate() {
            assert_eq!(results.take(handle).unwrap(), [i32::try_from(number).unwrap()]);
        }
        assert!(!taken(&calls).is_empty());
    }
}

mod parameters {
    use super::*;

    #[tokio::test]
    async fn a_secret_goes_before_all_parameters_but_those_of_system_methods() {
        let (builder, calls) = server(echo);
        let server = builder
            .layer(FirstParameter::new("token:SECRET"))
            .build()
            .unwrap();
        server
            .call::<Value>("aria2.addUri", (["http://x/"],))
            .await
            .unwrap();
        server.call::<Value>("system.listMethods", ()).await.unwrap();
        let mut batch = server.multicall();
        let _handle = batch.add::<Value>("aria2.tellStatus", ("gid",)).unwrap();
        within(batch.send()).await.unwrap();
        let expected = [
            called("aria2.addUri", value!(["token:SECRET", ["http://x/"]])),
            called("system.listMethods", value!([])),
            called(
                "system.multicall",
                value!([[{ "methodName": "aria2.tellStatus", "params": ["token:SECRET", "gid"] }]]),
            ),
        ];
        assert_eq!(taken(&calls), expected);
    }

    #[tokio::test]
    async fn methods_are_chosen_by_name() {
        let (builder, calls) = server(echo);
        let layers = builder
            .layer(FirstParameter::new("key").methods(|method| method != "login"))
            .layer(AddedMember::new("token", "t").methods(|method| method == "login"));
        let server = layers.build().unwrap();
        server.call::<Value>("login", ("ada",)).await.unwrap();
        server.call::<Value>("system.list", ()).await.unwrap();
        let expected = [
            called("login", value!(["ada", { "token": "t" }])),
            called("system.list", value!(["key"])),
        ];
        assert_eq!(taken(&calls), expected);
    }

    #[tokio::test]
    async fn a_member_goes_into_every_struct_or_into_one_more() {
        let (builder, calls) = server(echo);
        let server = builder
            .layer(AddedMember::new("Bugzilla_token", "SECRET"))
            .build()
            .unwrap();
        for params in [
            value!([{ "ids": [1] }]),
            value!([1, { "a": { "b": 1 } }, { "Bugzilla_token": "old" }]),
            value!([]),
            value!(["x"]),
        ] {
            server.call::<Value>("Bug.get", params).await.unwrap();
        }
        server.call::<Value>("system.listMethods", ()).await.unwrap();
        let mut batch = server.multicall();
        let _handle = batch.add::<Value>("Bug.get", ()).unwrap();
        within(batch.send()).await.unwrap();
        let expected = [
            called("Bug.get", value!([{ "ids": [1], "Bugzilla_token": "SECRET" }])),
            called(
                "Bug.get",
                value!([1, { "a": { "b": 1 }, "Bugzilla_token": "SECRET" }, { "Bugzilla_token": "SECRET" }]),
            ),
            called("Bug.get", value!([{ "Bugzilla_token": "SECRET" }])),
            called("Bug.get", value!(["x", { "Bugzilla_token": "SECRET" }])),
            called("system.listMethods", value!([])),
            called(
                "system.multicall",
                value!([[{ "methodName": "Bug.get", "params": [{ "Bugzilla_token": "SECRET" }] }]]),
            ),
        ];
        assert_eq!(taken(&calls), expected);
    }

    #[test]
    fn layers_show_no_secrets() {
        let first = FirstParameter::new("SECRET");
        let member = AddedMember::new("Bugzilla_token", "SECRET");
        let session = Session::xenapi("root", "SECRET");
        let shown = format!("{first:?} {member:?} {session:?}");
        assert!(
            !shown.contains("SECRET") && shown.contains("Bugzilla_token"),
            "{shown}"
        );
    }

    #[tokio::test]
    async fn a_value_that_the_dialect_cannot_carry_is_an_error_of_the_call() {
        let (builder, calls) = server(echo);
        let server = builder
            .dialect(Dialect::spec())
            .layer(FirstParameter::new(Value::Nil))
            .build()
            .unwrap();
        assert!(server.call::<Value>("m", ()).await.unwrap_err().is_encode());
        assert_eq!(taken(&calls), []);
    }
}

mod sessions {
    use std::task::Poll;

    use xmlrpc_client::CallFuture;

    use super::*;

    const OVER: i32 = 401;

    /// A server that knows the session of the last login alone, and one whose sessions end when they are told to.
    fn with_sessions() -> (ServerProxyBuilder, Calls, Arc<AtomicU32>) {
        let current = Arc::new(AtomicU32::new(0));
        let session = current.clone();
        let (builder, calls) = server(move |method, params| match method {
            "login" => Ok(format!("session {}", session.fetch_add(1, Ordering::SeqCst) + 1).into()),
            _ if params[0] == format!("session {}", session.load(Ordering::SeqCst)) => echo(method, params),
            _ => Err(Fault::new(OVER, "log in")),
        });
        (builder, calls, current)
    }

    fn session() -> Session {
        let login =
            |server: CallService| async move { server.call::<String>("login", ("ada", "secret")).await };
        Session::new(login).renew_on_fault(OVER)
    }

    /// Polls a call once.
    async fn is_pending(call: &mut CallFuture<Value>) -> bool {
        std::future::poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await
    }

    fn methods(calls: &Calls) -> Vec<String> {
        taken(calls).into_iter().map(|(method, _)| method).collect()
    }

    #[tokio::test]
    async fn the_first_call_logs_in_and_all_calls_have_the_key() {
        let (builder, calls, _) = with_sessions();
        let server = builder.layer(session()).build().unwrap();
        for number in 0..3 {
            let result: (String, i32) = server.call("m", (number,)).await.unwrap();
            assert_eq!(result, ("session 1".to_owned(), number));
        }
        assert_eq!(methods(&calls), ["login", "m", "m", "m"]);
    }

    #[tokio::test]
    async fn a_session_that_has_ended_is_renewed_and_the_call_made_again() {
        let (builder, calls, current) = with_sessions();
        let server = builder.layer(session()).build().unwrap();
        server.call::<Value>("m", ()).await.unwrap();
        current.fetch_add(1, Ordering::SeqCst);
        assert_eq!(server.call::<Vec<String>>("m", ()).await.unwrap(), ["session 3"]);
        assert_eq!(methods(&calls), ["login", "m", "m", "login", "m"]);
    }

    #[tokio::test]
    async fn calls_that_find_the_end_of_a_session_together_log_in_once() {
        const CALLS: usize = 20;
        let (builder, calls, current) = with_sessions();
        let barrier = Arc::new(Barrier::new(CALLS));
        // Holds outcomes back until all calls have theirs, the first time.
        let together = from_fn(move |call: Call, next: CallService| {
            let barrier = barrier.clone();
            async move {
                let outcome = next.run(call).await;
                if outcome.is_err() {
                    barrier.wait().await;
                }
                outcome
            }
        });
        let server = builder.layer(together).layer(session()).build().unwrap();
        server.call::<Value>("m", ()).await.unwrap();
        current.fetch_add(1, Ordering::SeqCst);
        let running = (0..CALLS).map(|_| tokio::spawn(server.call::<Value>("m", ()).into_future()));
        for call in running.collect::<Vec<_>>() {
            within(call).await.unwrap().unwrap();
        }
        let logins = methods(&calls)
            .into_iter()
            .filter(|method| method == "login")
            .count();
        assert_eq!(logins, 2);
    }

    #[tokio::test]
    async fn a_call_is_made_again_no_more_often_than_allowed() {
        for (renewals, logins) in [(0, 1), (1, 2), (3, 4)] {
            let (builder, calls) = server(|method, _| match method {
                "login" => Ok("key".into()),
                _ => Err(Fault::new(OVER, "never")),
            });
            let server = builder.layer(session().renewals(renewals)).build().unwrap();
            let error = server.call::<Value>("m", ()).await.unwrap_err();
            assert_eq!(error.fault().map(Fault::code), Some(OVER));
            let methods = methods(&calls);
            assert_eq!(methods.len(), 2 * logins);
            assert_eq!(methods.iter().filter(|method| *method == "login").count(), logins);
        }
    }

    #[tokio::test]
    async fn entries_of_a_multicall_are_sent_again_together_with_a_new_session() {
        let (builder, calls, current) = with_sessions();
        let server = builder.layer(session()).build().unwrap();
        server.call::<Value>("m", ()).await.unwrap();
        current.fetch_add(1, Ordering::SeqCst);
        let mut batch = server.multicall();
        let handles = [1, 2].map(|number| batch.add::<(String, i32)>("m", (number,)).unwrap());
        let mut results = within(batch.send()).await.unwrap();
        let results = handles.map(|handle| results.take(handle).unwrap().1);
        assert_eq!(results, [1, 2]);
        assert_eq!(
            methods(&calls),
            ["login", "m", "system.multicall", "login", "system.multicall"]
        );
    }

    #[tokio::test]
    async fn a_login_that_fails_is_the_error_of_all_that_wait_for_it_and_the_next_call_tries_again() {
        const CALLS: usize = 10;
        let logins = Arc::new(AtomicU32::new(0));
        let (attempts, gate) = (logins.clone(), Arc::new(tokio::sync::Semaphore::new(0)));
        let open = gate.clone();
        let login = move |_: CallService| {
            let (attempts, gate) = (attempts.clone(), gate.clone());
            async move {
                attempts.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                Err::<String, Error>(Fault::new(7, "wrong password").into())
            }
        };
        let (builder, calls) = server(echo);
        let server = builder.layer(Session::new(login)).build().unwrap();
        let mut running: Vec<_> = (0..CALLS)
            .map(|_| server.call::<Value>("m", ()).into_future())
            .collect();
        // Each has begun to wait by the time that the first one goes on.
        for call in &mut running {
            assert!(is_pending(call).await);
        }
        open.add_permits(1);
        for call in running {
            let error = within(call).await.unwrap_err();
            assert_eq!(error.to_string(), "logging in failed");
            assert_eq!(error.fault().map(Fault::code), Some(7));
            assert!(!error.is_maybe_sent());
        }
        assert_eq!(logins.load(Ordering::SeqCst), 1);
        open.add_permits(1);
        assert!(within(server.call::<Value>("m", ()).into_future()).await.is_err());
        assert_eq!(logins.load(Ordering::SeqCst), 2);
        assert_eq!(taken(&calls), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_takes_of_the_time_of_its_call_and_is_left_to_the_next() {
        let first = Arc::new(AtomicU32::new(0));
        let login = move |_: CallService| {
            let first = first.fetch_add(1, Ordering::SeqCst);
            async move {
                match first {
                    0 => std::future::pending().await,
                    _ => Ok("key"),
                }
            }
        };
        let (builder, _) = server(echo);
        let server = builder.layer(Session::new(login)).build().unwrap();
        let hasty = server.call::<Value>("m", ()).timeout(Duration::from_secs(1));
        let patient = server.call::<Value>("m", ()).timeout(Duration::from_secs(100));
        let (hasty, patient) = tokio::join!(hasty.into_future(), patient.into_future());
        let error = hasty.unwrap_err();
        assert!(error.is_timeout() && !error.is_maybe_sent(), "{error}");
        assert_eq!(patient.unwrap(), value!(["key"]));
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_while_it_logs_in_leaves_that_to_the_next() {
        let count = Arc::new(AtomicU32::new(0));
        let login = move |_: CallService| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match number {
                    0 => std::future::pending().await,
                    _ => Ok("key"),
                }
            }
        };
        let (builder, _) = server(echo);
        let server = builder.layer(Session::new(login)).build().unwrap();
        let mut dropped = server.call::<Value>("m", ()).into_future();
        assert!(is_pending(&mut dropped).await);
        drop(dropped);
        assert_eq!(
            within(server.call::<Value>("m", ()).into_future()).await.unwrap(),
            value!(["key"])
        );
    }

    #[tokio::test]
    async fn the_key_can_be_a_member() {
        let (builder, calls) = server(|method, params| match method {
            "User.login" => Ok("12-token".into()),
            method => echo(method, params),
        });
        let login =
            |server: CallService| async move { server.call::<String>("User.login", ("ada", "secret")).await };
        let server = builder
            .layer(Session::new(login).as_member("Bugzilla_token"))
            .build()
            .unwrap();
        server
            .call::<Value>("Bug.get", (value!({ "ids": [1] }),))
            .await
            .unwrap();
        let calls = taken(&calls);
        assert_eq!(
            calls[1],
            called("Bug.get", value!([{ "ids": [1], "Bugzilla_token": "12-token" }]))
        );
    }

    #[tokio::test]
    async fn xenapi_logs_in_again_when_a_result_says_that_the_session_is_invalid() {
        let logins = AtomicU32::new(0);
        let (builder, calls) = server(move |method, params| {
            Ok(match method {
                "session.login_with_password" if params[1] == "wrong" => {
                    value!({ "Status": "Failure", "ErrorDescription": ["SESSION_AUTHENTICATION_FAILED", "root"] })
                }
                "session.login_with_password" => {
                    let key = format!("OpaqueRef:{}", logins.fetch_add(1, Ordering::SeqCst));
                    value!({ "Status": "Success", "Value": key })
                }
                _ if params[0] == "OpaqueRef:0" => {
                    value!({ "Status": "Failure", "ErrorDescription": ["SESSION_INVALID", "OpaqueRef:0"] })
                }
                "VM.start" => {
                    value!({ "Status": "Failure", "ErrorDescription": ["VM_BAD_POWER_STATE", "x"] })
                }
                _ => value!({ "Status": "Success", "Value": ["OpaqueRef:vm"] }),
            })
        });
        let server = builder.layer(Session::xenapi("root", "secret")).build().unwrap();
        let all = server.call::<Value>("VM.get_all", ()).await.unwrap();
        assert_eq!(all["Value"], value!(["OpaqueRef:vm"]));
        let start = server
            .call::<Value>("VM.start", ("OpaqueRef:vm", false))
            .await
            .unwrap();
        assert_eq!(start["ErrorDescription"][0], "VM_BAD_POWER_STATE");
        let expected = [
            "session.login_with_password",
            "VM.get_all",
            "session.login_with_password",
            "VM.get_all",
            "VM.start",
        ];
        assert_eq!(methods(&calls), expected);

        let (builder, _) = server_refusing();
        let server = builder.layer(Session::xenapi("root", "wrong")).build().unwrap();
        let error = server.call::<Value>("VM.get_all", ()).await.unwrap_err();
        assert_eq!(
            error.fault().map(Fault::string),
            Some("SESSION_AUTHENTICATION_FAILED")
        );
    }

    fn server_refusing() -> (ServerProxyBuilder, Calls) {
        server(|_, _| {
            Ok(value!({ "Status": "Failure", "ErrorDescription": ["SESSION_AUTHENTICATION_FAILED", "root"] }))
        })
    }
}

#[test]
fn layers_run_for_calls_that_block_too() {
    let (builder, calls) = server(echo);
    let server = builder.layer(FirstParameter::new("t")).build().unwrap();
    let server = xmlrpc_client::blocking::ServerProxy::from(server);
    assert_eq!(server.call::<Value>("m", (1,)).unwrap(), value!(["t", 1]));
    let mut batch = server.multicall();
    let handle = batch.add::<Value>("m", (2,)).unwrap();
    assert_eq!(batch.send().unwrap().take(handle).unwrap(), value!(["t", 2]));
    assert_eq!(taken(&calls).len(), 2);
}
