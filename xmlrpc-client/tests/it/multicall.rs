//! `Multicall`: the shapes of its answers, chunks and failures.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use xmlrpc_client::http::StatusCode;
use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::{
    Dialect, Encoding, Error, Fault, MethodCall, MethodResponse, NonFinite, ServerProxy, Value, value,
};

/// A server whose answers to `system.multicall` come from a function of the entries and of how many batches came before.
fn server(
    answer: impl Fn(&Value, usize) -> MethodResponse + Send + Sync + 'static,
) -> (ServerProxy, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (answer, batches) = (Arc::new(answer), count.clone());
    let transport = from_fn(move |request| {
        let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
        assert_eq!(call.method, "system.multicall");
        assert_eq!(call.params.len(), 1);
        let answer = answer(&call.params[0], batches.fetch_add(1, Ordering::SeqCst)).to_vec();
        async move { answer.map(Response::new).map_err(Error::transport) }
    });
    (ServerProxy::over(transport).build().unwrap(), count)
}

/// Each call's parameters, as its result.
fn echo(entries: &Value, _: usize) -> MethodResponse {
    let Value::Array(entries) = entries else {
        panic!("{entries}")
    };
    let results = entries.iter().map(|entry| value!([entry["params"].clone()]));
    MethodResponse::Success(Value::Array(results.collect()))
}

#[tokio::test]
async fn calls_of_different_types_give_their_results() {
    let (server, _) = server(|entries, _| {
        assert_eq!(
            *entries,
            value!([
                { "methodName": "add", "params": [1, 2] },
                { "methodName": "name", "params": [] },
                { "methodName": "list", "params": [["x"]] },
            ])
        );
        MethodResponse::Success(value!([[3], ["Ada"], [[1, 2]]]))
    });
    let mut batch = server.multicall();
    let sum = batch.add::<i64>("add", (1, 2)).unwrap();
    let name = batch.add::<String>("name", ()).unwrap();
    let list = batch.add::<Vec<i32>>("list", (["x"],)).unwrap();
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results.take(list).unwrap(), [1, 2]);
    assert_eq!(results.take(sum).unwrap(), 3);
    assert_eq!(results.take(name).unwrap(), "Ada");
}

#[tokio::test]
async fn a_fault_belongs_to_its_call() {
    let fault = value!({ "faultCode": 4, "faultString": "no" });
    let (server, _) = server(move |_, _| MethodResponse::Success(value!([[1], (fault.clone()), [3]])));
    let mut batch = server.multicall();
    let handles: Vec<_> = (0..3)
        .map(|number| batch.add::<i32>("m", (number,)).unwrap())
        .collect();
    let mut results = batch.send().await.unwrap();
    let results: Vec<_> = handles.into_iter().map(|handle| results.take(handle)).collect();
    assert_eq!(results[0].as_ref().unwrap(), &1);
    assert_eq!(
        results[1].as_ref().unwrap_err().fault(),
        Some(&Fault::new(4, "no"))
    );
    assert_eq!(results[2].as_ref().unwrap(), &3);
}

#[tokio::test]
async fn answers_of_a_wrong_shape_fail_as_a_whole() {
    for (answer, expected) in [
        (
            value!([[1]]),
            "system.multicall answered with 1 results to 2 calls",
        ),
        (
            value!([[1], [2], [3]]),
            "system.multicall answered with 3 results to 2 calls",
        ),
        (value!([]), "system.multicall answered with 0 results to 2 calls"),
        (
            value!({ "a": 1 }),
            "system.multicall must answer with an array: expected an array with an element for each call, found struct",
        ),
        (
            value!(nil),
            "system.multicall must answer with an array: expected an array with an element for each call, found nil",
        ),
    ] {
        let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
        let mut batch = server.multicall();
        let _a = batch.add::<i32>("m", ()).unwrap();
        let _b = batch.add::<i32>("m", ()).unwrap();
        let error = batch.send().await.unwrap_err();
        assert!(error.is_decode() && error.is_maybe_sent());
        assert!(format!("{error:#}").starts_with(expected), "{error:#}");
    }
}

#[tokio::test]
async fn results_of_a_wrong_shape_fail_one_by_one() {
    let answer = value!([[], [1, 2], { "code": 1 }, ["x"], [[7]]]);
    let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
    let mut batch = server.multicall();
    let handles: Vec<_> = (0..4).map(|_| batch.add::<i32>("m", ()).unwrap()).collect();
    let nested = batch.add::<Vec<i32>>("m", ()).unwrap();
    let mut results = batch.send().await.unwrap();
    let errors: Vec<_> = handles
        .into_iter()
        .map(|handle| results.take(handle).unwrap_err())
        .collect();
    assert!(
        errors
            .iter()
            .all(|error| error.is_decode() && error.fault().is_none())
    );
    let texts: Vec<_> = errors.iter().map(|error| format!("{error:#}")).collect();
    for (text, start, cause) in [
        (
            &texts[0],
            "result 0 of system.multicall is neither ",
            "expected an array of one value, found one of 0 in [0]",
        ),
        (
            &texts[1],
            "result 1 of system.multicall is neither ",
            "found one of 2 in [1]",
        ),
        (
            &texts[2],
            "result 2 of system.multicall is neither ",
            "a fault without faultCode and faultString in [2]",
        ),
        (
            &texts[3],
            "the result is not of the type asked for: ",
            "expected i32, found string \"x\" in [3][0]",
        ),
    ] {
        assert!(text.starts_with(start) && text.contains(cause), "{text}");
    }
    assert!(
        texts[0].contains("Multicall::bare_results takes results without an array around them"),
        "{}",
        texts[0]
    );
    assert_eq!(results.take(nested).unwrap(), [7]);
}

#[tokio::test]
async fn results_without_an_array_around_them_are_taken_where_nothing_else_can_be_meant() {
    let answer = value!([1, "x", true, { "faultCode": 7, "faultString": "no" }]);
    let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
    let mut batch = server.multicall();
    let (int, text) = (
        batch.add::<i32>("m", ()).unwrap(),
        batch.add::<String>("m", ()).unwrap(),
    );
    let (truth, fault) = (
        batch.add::<bool>("m", ()).unwrap(),
        batch.add::<i32>("m", ()).unwrap(),
    );
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.take(int).unwrap(), 1);
    assert_eq!(results.take(text).unwrap(), "x");
    assert!(results.take(truth).unwrap());
    assert_eq!(results.take(fault).unwrap_err().fault().map(Fault::code), Some(7));
}

#[tokio::test]
async fn a_server_that_gives_bare_results_is_read_when_that_is_said() {
    let answer = value!([[1], [], { "code": 1 }, { "faultCode": 7, "faultString": "no" }]);
    let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
    let mut batch = server.multicall().bare_results();
    let (one, none) = (
        batch.add::<Vec<i32>>("m", ()).unwrap(),
        batch.add::<Vec<i32>>("m", ()).unwrap(),
    );
    let (members, fault) = (
        batch.add::<Value>("m", ()).unwrap(),
        batch.add::<Value>("m", ()).unwrap(),
    );
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.take(one).unwrap(), [1]);
    assert_eq!(results.take(none).unwrap(), [0; 0]);
    assert_eq!(results.take(members).unwrap(), value!({ "code": 1 }));
    assert_eq!(results.take(fault).unwrap_err().fault().map(Fault::code), Some(7));
}

#[tokio::test]
async fn a_fault_of_the_whole_is_the_error_of_send() {
    let (server, _) = server(|_, _| MethodResponse::Fault(Fault::new(7, "not today")));
    let mut batch = server.multicall();
    let _a = batch.add::<i32>("m", ()).unwrap();
    assert_eq!(batch.send().await.unwrap_err().fault().map(Fault::code), Some(7));
}

#[tokio::test]
async fn a_call_that_cannot_be_written_is_refused_and_the_batch_goes_on() {
    let (server, _) = server(echo);
    let mut batch = server.multicall();
    let first = batch.add::<Vec<i32>>("m", (1,)).unwrap();
    for error in [
        batch.add::<Value>("m", (1, [f64::NAN])).unwrap_err(),
        batch.add::<Value>("m", 5).unwrap_err(),
        batch.add::<Value>("", ()).unwrap_err(),
    ] {
        assert!(error.is_encode() && !error.is_maybe_sent(), "{error:?}");
    }
    let second = batch.add::<Vec<i32>>("m", (2,)).unwrap();
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.take(first).unwrap(), [1]);
    assert_eq!(results.take(second).unwrap(), [2]);
}

#[tokio::test]
async fn a_long_batch_travels_in_chunks_and_keeps_its_order() {
    for (chunk, calls, expected) in [(None, 1250, 3), (Some(1), 5, 5), (Some(7), 14, 2), (None, 0, 0)] {
        let (server, batches) = server(echo);
        let mut batch = server.multicall();
        if let Some(chunk) = chunk.and_then(NonZeroUsize::new) {
            batch = batch.chunk(chunk);
        }
        let handles: Vec<_> = (0..calls)
            .map(|number| batch.add::<(i32,)>("m", (number,)).unwrap())
            .collect();
        let mut results = batch.send().await.unwrap();
        for (number, handle) in handles.into_iter().enumerate() {
            assert_eq!(results.take(handle).unwrap().0, i32::try_from(number).unwrap());
        }
        assert_eq!(batches.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn what_came_before_a_chunk_that_failed_is_kept() {
    let (server, batches) = server(|entries, number| match number {
        1 => MethodResponse::Fault(Fault::new(5, "tired")),
        _ => echo(entries, number),
    });
    let mut batch = server.multicall().chunk(NonZeroUsize::new(2).unwrap());
    let mut handles: Vec<_> = (0..6)
        .map(|number| batch.add::<(i32,)>("m", (number,)).unwrap())
        .collect();
    let mut results = batch.send().await.unwrap();
    let last = results.take(handles.pop().unwrap()).unwrap_err();
    assert!(!last.is_maybe_sent() && last.fault().is_none());
    assert_eq!(
        last.to_string(),
        "not sent, since an earlier part of the batch failed"
    );
    assert_eq!(
        results
            .take(handles.remove(3))
            .unwrap_err()
            .fault()
            .map(Fault::code),
        Some(5)
    );
    assert_eq!(results.take(handles.remove(1)).unwrap(), (1,));
    assert_eq!(batches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
#[should_panic(expected = "a handle of another batch")]
async fn a_handle_of_another_batch_is_not_taken() {
    let (server, _) = server(echo);
    let (mut one, mut other) = (server.multicall(), server.multicall());
    let _own = one.add::<i32>("m", ()).unwrap();
    let foreign = other.add::<i32>("m", ()).unwrap();
    let mut results = one.send().await.unwrap();
    let _ = results.take(foreign);
}

#[tokio::test]
async fn a_chunk_has_no_more_bytes_than_allowed_and_a_long_call_travels_alone() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = sizes.clone();
    let (server, _) = server(move |entries, number| {
        let Value::Array(entries_of_chunk) = entries else {
            panic!("{entries}")
        };
        seen.lock().unwrap().push(entries_of_chunk.len());
        echo(entries, number)
    });
    let long = "x".repeat(3000);
    let texts = ["a", "b", &long, "c", "d", "e"];
    let mut batch = server.multicall().chunk_bytes(1000);
    let handles = texts.map(|text| batch.add::<(String,)>("m", (text,)).unwrap());
    let mut results = batch.send().await.unwrap();
    for (text, handle) in texts.into_iter().zip(handles) {
        assert_eq!(results.take(handle).unwrap().0, text);
    }
    assert_eq!(*sizes.lock().unwrap(), [2, 1, 3]);

    // 256 KiB unless another limit is set.
    sizes.lock().unwrap().clear();
    let texts = (0..5).map(|_| ("x".repeat(100_000),));
    assert_eq!(server.batch::<(String,)>("m", texts).await.unwrap().len(), 5);
    assert_eq!(*sizes.lock().unwrap(), [2, 2, 1]);
}

#[tokio::test]
async fn a_batch_of_one_method_gives_its_results_in_order() {
    let (server, batches) = server(echo);
    let results = server
        .batch::<(i32,)>("m", (0..1250).map(|number| (number,)))
        .await
        .unwrap();
    let numbers: Vec<_> = results.into_iter().map(|result| result.unwrap().0).collect();
    assert_eq!(numbers, (0..1250).collect::<Vec<_>>());
    assert_eq!(batches.load(Ordering::SeqCst), 3);
    let none = server.batch::<i32>("m", [(); 0]).await.unwrap();
    assert!(none.is_empty());

    let results = server
        .batch::<(f64,)>("m", [(1.0,), (f64::NAN,), (2.0,)])
        .await
        .unwrap();
    assert_eq!(results[0].as_ref().unwrap(), &(1.0,));
    assert!(results[1].as_ref().unwrap_err().is_encode());
    assert_eq!(results[2].as_ref().unwrap(), &(2.0,));
}

/// A server without `system.multicall`, which says so in some way, and answers other calls with their parameters; and what it was asked.
fn without_multicall(
    missing: impl Fn() -> Response + Send + Sync + 'static,
) -> (ServerProxy, Arc<Mutex<Vec<String>>>) {
    let methods = Arc::new(Mutex::new(Vec::new()));
    let asked = methods.clone();
    let transport = from_fn(move |request| {
        asked.lock().unwrap().push(request.method.as_str().to_owned());
        let answer = match request.method.as_str() {
            "system.multicall" => missing(),
            "fail" => Response::new(
                MethodResponse::<Value>::Fault(Fault::new(4, "no"))
                    .to_vec()
                    .unwrap(),
            ),
            _ => {
                let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
                Response::new(MethodResponse::Success(call.params).to_vec().unwrap())
            }
        };
        async { Ok(answer) }
    });
    (ServerProxy::over(transport).build().unwrap(), methods)
}

fn fault(code: i32, text: &str) -> impl Fn() -> Response + Send + Sync + 'static {
    let answer = MethodResponse::<Value>::Fault(Fault::new(code, text))
        .to_vec()
        .unwrap();
    move || Response::new(answer.clone())
}

#[tokio::test]
async fn calls_are_made_one_by_one_where_there_is_no_multicall_and_it_is_not_asked_for_again() {
    let node = || Response::new("").status(StatusCode::NOT_FOUND);
    let servers = [
        without_multicall(fault(-32601, "method not found")),
        without_multicall(fault(
            1,
            "<class 'Exception'>:method \"system.multicall\" is not supported",
        )),
        without_multicall(node),
    ];
    for (server, methods) in servers {
        let mut batch = server.multicall();
        let number = batch.add::<(i32,)>("a", (1,)).unwrap();
        let failure = batch.add::<i32>("fail", ()).unwrap();
        let text = batch
            .add::<(String, Option<i32>)>("b", ("x", None::<i32>))
            .unwrap();
        let wrong = batch.add::<i32>("c", ()).unwrap();
        let mut results = batch.send().await.unwrap();
        assert_eq!(results.take(number).unwrap(), (1,));
        assert_eq!(
            results.take(failure).unwrap_err().fault(),
            Some(&Fault::new(4, "no"))
        );
        assert_eq!(results.take(text).unwrap(), ("x".to_owned(), None));
        assert!(results.take(wrong).unwrap_err().is_decode());
        let again = server.clone().batch::<(i32,)>("a", [(2,), (3,)]).await.unwrap();
        assert_eq!(
            again
                .into_iter()
                .map(|result| result.unwrap().0)
                .collect::<Vec<_>>(),
            [2, 3]
        );
        assert_eq!(
            *methods.lock().unwrap(),
            ["system.multicall", "a", "fail", "b", "c", "a", "a"]
        );
    }
}

#[tokio::test]
async fn the_fallback_can_be_turned_off_and_asked_for_from_the_start() {
    let (server, methods) = without_multicall(fault(-32601, "method not found"));
    let error = server
        .multicall()
        .without_fallback()
        .batch::<(i32,)>("a", [(1,)])
        .await
        .unwrap_err();
    assert_eq!(error.fault().map(Fault::code), Some(-32601));
    let singly = server
        .multicall()
        .singly()
        .batch::<(i32,)>("a", [(1,)])
        .await
        .unwrap();
    assert_eq!(singly[0].as_ref().unwrap(), &(1,));
    assert_eq!(*methods.lock().unwrap(), ["system.multicall", "a"]);
}

#[tokio::test]
async fn other_failures_of_the_whole_call_nothing_again() {
    for missing in [
        fault(-32601, "no method a"),
        fault(-507, "Recursive system.multicall forbidden"),
    ] {
        let (server, methods) = without_multicall(missing);
        assert!(
            server
                .batch::<(i32,)>("a", [(1,)])
                .await
                .unwrap_err()
                .fault()
                .is_some()
        );
        assert_eq!(*methods.lock().unwrap(), ["system.multicall"]);
    }
}

#[tokio::test]
async fn a_wrong_url_is_not_remembered_as_a_server_without_multicall() {
    let methods = Arc::new(Mutex::new(Vec::new()));
    let seen = methods.clone();
    let transport = from_fn(move |request| {
        seen.lock().unwrap().push(request.method.as_str().to_owned());
        async { Ok(Response::new("<html>").status(StatusCode::NOT_FOUND)) }
    });
    let server = ServerProxy::over(transport).build().unwrap();
    for _ in 0..2 {
        let results = server.batch::<i32>("a", [()]).await.unwrap();
        assert_eq!(
            results[0].as_ref().unwrap_err().status(),
            Some(StatusCode::NOT_FOUND)
        );
    }
    assert_eq!(
        *methods.lock().unwrap(),
        ["system.multicall", "a", "system.multicall", "a"]
    );
}

#[tokio::test]
async fn single_calls_run_some_at_a_time_where_that_is_asked_for() {
    for (concurrency, expected) in [(None, 1), (NonZeroUsize::new(3), 3), (NonZeroUsize::new(100), 10)] {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (now, seen) = (running.clone(), most.clone());
        let transport = from_fn(move |request| {
            let (now, seen) = (now.clone(), seen.clone());
            async move {
                seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
                Ok(Response::new(
                    MethodResponse::Success(call.params).to_vec().unwrap(),
                ))
            }
        });
        let server = ServerProxy::over(transport).build().unwrap();
        let mut batch = server.multicall().singly();
        if let Some(calls) = concurrency {
            batch = batch.concurrency(calls);
        }
        let results = batch
            .batch::<(i32,)>("m", (0..10).map(|number| (number,)))
            .await
            .unwrap();
        assert_eq!(
            results
                .into_iter()
                .map(|result| result.unwrap().0)
                .collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
        assert_eq!(most.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn single_calls_behind_one_that_did_not_get_through_are_not_made() {
    for first in [0, 2] {
        let count = Arc::new(AtomicUsize::new(0));
        let calls = count.clone();
        let transport = from_fn(move |request| {
            let number = calls.fetch_add(1, Ordering::SeqCst);
            async move {
                if number == first {
                    return Err(Error::transport("cut"));
                }
                let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
                Ok(Response::new(
                    MethodResponse::Success(call.params).to_vec().unwrap(),
                ))
            }
        });
        let server = ServerProxy::over(transport).build().unwrap();
        let results = server
            .multicall()
            .singly()
            .batch::<(i32,)>("m", (0..5).map(|number| (number,)))
            .await;
        assert_eq!(count.load(Ordering::SeqCst), first + 1);
        if first == 0 {
            let error = results.unwrap_err();
            assert_eq!(error.to_string(), "the exchange failed");
            continue;
        }
        let results = results.unwrap();
        assert_eq!(results[1].as_ref().unwrap(), &(1,));
        assert!(results[2].as_ref().unwrap_err().is_maybe_sent());
        for unsent in &results[3..] {
            assert!(!unsent.as_ref().unwrap_err().is_maybe_sent());
        }
    }
}

#[tokio::test]
async fn the_dialect_holds_for_single_calls() {
    let bodies = Arc::new(Mutex::new(String::new()));
    let seen = bodies.clone();
    let transport = from_fn(move |request| {
        *seen.lock().unwrap() = String::from_utf8(request.body.to_vec()).unwrap();
        async { Ok(Response::new(MethodResponse::Success(1).to_vec().unwrap())) }
    });
    let dialect = Dialect::apache()
        .non_finite(NonFinite::Text)
        .encoding(Encoding::US_ASCII);
    let server = ServerProxy::over(transport).dialect(dialect).build().unwrap();
    let params = (1_i64 << 40, None::<i32>, f64::INFINITY, "ü", 1_i64);
    let results = server
        .multicall()
        .singly()
        .batch::<i32>("m", [params])
        .await
        .unwrap();
    assert_eq!(results[0].as_ref().unwrap(), &1);
    let singly = bodies.lock().unwrap().clone();
    assert_eq!(server.call::<i32>("m", params).await.unwrap(), 1);
    assert_eq!(singly, *bodies.lock().unwrap());
}
