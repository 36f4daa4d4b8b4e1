use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use xmlrpc_server::{CallContext, Fault, MethodResponse, Methods, Value, Variadic, value};

use crate::support::{call, dispatch, fault, within};

fn methods() -> Methods {
    Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .method("fail", || Err::<(), _>(Fault::new(4, "too bad\u{1}")))
        .method("panic", || -> i32 { panic!("secret") })
        .method("nan", || f64::NAN)
        .async_method("later", |x: Value| async {
            tokio::task::yield_now().await;
            x
        })
        .blocking_method("blocking", |x: i32| x * 2)
        .method("name", |context: CallContext| {
            context.method().unwrap_or_default().to_owned()
        })
}

async fn multicall(entries: Value) -> Result<Value, Fault> {
    call(&methods(), "system.multicall", (entries,)).await
}

fn code(result: &Value) -> i32 {
    match &result["faultCode"] {
        Value::Int(code) => *code,
        other => panic!("no fault: {result:?} with {other:?}"),
    }
}

#[tokio::test]
async fn results_stand_in_order_each_in_an_array() {
    let results = multicall(value!([
        { "methodName": "add", "params": [1, 2] },
        { "methodName": "later", "params": [{ "x": [nil] }] },
        { "methodName": "blocking", "params": [21] },
        { "methodName": "name", "params": [] },
        { "methodName": "system.methodSignature", "params": ["add"] },
    ]))
    .await;
    assert_eq!(
        results,
        Ok(value!([[3], [{ "x": [nil] }], [42], ["name"], [[["int", "int", "int"]]]]))
    );
}

#[tokio::test]
async fn an_empty_array_gives_an_empty_array() {
    assert_eq!(multicall(value!([])).await, Ok(value!([])));
}

#[tokio::test]
async fn one_bad_entry_never_spoils_the_others() {
    let entries = value!([
        { "methodName": "add", "params": [1, 2] },
        { "methodName": "fail", "params": [] },
        { "methodName": "panic", "params": [] },
        { "methodName": "nan", "params": [] },
        { "methodName": "nothing", "params": [] },
        { "methodName": "add", "params": ["1", 2] },
        { "methodName": "add", "params": [1] },
        { "methodName": "add", "params": [1, 2, 3] },
        { "methodName": "add", "params": 7 },
        { "methodName": "add" },
        { "methodName": 7, "params": [] },
        { "methodName": "", "params": [] },
        { "params": [] },
        {},
        [],
        "add",
        nil,
        { "methodName": "add", "params": [3, 4] },
    ]);
    let results = multicall(entries).await.unwrap();
    let results = results.as_array().unwrap();
    let (last, faults) = results[1..].split_last().unwrap();
    assert_eq!(results[0], value!([3]));
    assert_eq!(*last, value!([7]));
    let codes: Vec<_> = faults.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            4, -32603, -32603, -32601, -32602, -32602, -32602, -32602, -32602, -32601, -32601, -32601,
            -32601, -32600, -32600, -32600,
        ],
    );
    assert_eq!(
        faults[0],
        value!({ "faultCode": 4, "faultString": "too bad\u{FFFD}" })
    );
    assert!(faults[4]["faultString"].as_str().unwrap().contains("params[0]"));
    assert_eq!(faults[5]["faultString"], "add takes 2 parameters, but 1 came");
}

#[tokio::test]
async fn missing_params_are_none_and_extra_members_do_no_harm() {
    let results = multicall(value!([
        { "methodName": "name" },
        { "methodName": "name", "params": [], "id": 7, "comment": [] },
    ]))
    .await;
    assert_eq!(results, Ok(value!([["name"], ["name"]])));
}

#[tokio::test]
async fn a_nested_multicall_is_refused_in_every_spelling() {
    let other = Methods::new().alias("all", "system.multicall");
    let methods = methods()
        .alias("batch", "system.multicall")
        .alias("batch.again", "batch")
        .hidden("batch.again")
        .merge_under("other", other.clone())
        .merge_under("layered", other.layer(tower_layer::Identity::new()))
        .fallback(|_: Variadic<Value>| -> Result<(), Fault> { Err(Fault::new(9, "fallback")) });
    let entries = |name: &str| {
        value!([
            { "methodName": (name), "params": [[{ "methodName": "add", "params": [1, 2] }]] },
            { "methodName": "add", "params": [1, 2] },
        ])
    };
    for (name, expected) in [
        ("system.multicall", -32600),
        (" system.multicall", -32600),
        ("system.multicall\n", -32600),
        ("\tsystem.multicall ", -32600),
        ("batch", -32600),
        ("batch.again", -32600),
        ("other.all", -32600),
        ("layered.all", -32600),
        ("System.Multicall", 9),
        ("system.multicall.", 9),
    ] {
        for outer in ["system.multicall", "batch.again", "other.all"] {
            let results: Value = call(&methods, outer, (entries(name),)).await.unwrap();
            assert_eq!(code(&results[0]), expected, "{name:?}");
            assert_eq!(results[1], value!([3]));
        }
    }
}

/// A document with these entries, which are XML.
fn document(entries: &str) -> String {
    format!(
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>{entries}</data></array>\
         </value></param></params></methodCall>"
    )
}

/// An entry that calls a method with these parameters, which are XML.
fn entry(method: &str, params: &str) -> String {
    format!(
        "<value><struct><member><name>methodName</name><value>{method}</value></member><member><name>params</name>\
         <value><array><data>{params}</data></array></value></member></struct></value>"
    )
}

#[tokio::test]
async fn what_is_wrong_inside_of_an_entry_is_its_fault_alone() {
    let good = entry("add", "<value><int>1</int></value><value><int>2</int></value>");
    for (wrong, expected) in [
        (entry("later", "<value><int>x</int></value>"), -32602),
        (
            entry("later", "<value><int>9223372036854775808</int></value>"),
            -32602,
        ),
        (entry("later", "<value><base64>?</base64></value>"), -32602),
        (entry("later", "<value><unknown/></value>"), -32600),
        (entry("later", "<value>text<int>1</int></value>"), -32600),
        (entry("nothing", "<value><int>x</int></value>"), -32601),
        (
            entry("add", "<value>1</value><value><int>x</int></value>"),
            -32602,
        ),
    ] {
        let reply =
            within(methods().dispatch(document(&format!("{good}{wrong}{good}")), CallContext::new())).await;
        let results = MethodResponse::<Value>::from_slice(reply.body())
            .unwrap()
            .into_result()
            .unwrap();
        assert_eq!(code(&results[1]), expected, "{wrong}");
        assert_eq!(
            (&results[0], &results[2]),
            (&value!([3]), &value!([3])),
            "{wrong}"
        );
    }
    let broken = document(&format!("{good}<value><int>1</i4></value>{good}"));
    assert!(dispatch(&methods(), broken).await.contains("-32700"));
}

#[tokio::test]
async fn an_entrys_fault_tells_the_place_in_the_document() {
    let text = document(&format!(
        "{}\n{}",
        entry("later", "<value/>"),
        entry("add", "<value><int>1</int></value><value><int>x</int></value>")
    ));
    let reply = dispatch(&methods(), text).await;
    assert!(
        reply.contains("expected int, found \"x\" in params[1] at line 2, column"),
        "{reply}"
    );
}

#[tokio::test]
async fn what_is_no_array_is_refused_as_a_whole() {
    let methods = methods();
    for params in [
        value!([1]),
        value!(["x"]),
        value!([{}]),
        value!([]),
        value!([[], []]),
    ] {
        let Value::Array(params) = params else {
            unreachable!()
        };
        assert_eq!(fault(&methods, "system.multicall", params).await.code(), -32602);
    }
}

#[tokio::test]
async fn more_entries_than_allowed_are_refused_and_none_runs() {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let methods = Methods::new().multicall_entries(3).method("count", move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let entries = |count| (vec![value!({ "methodName": "count" }); count],);
    assert!(
        call::<Value>(&methods, "system.multicall", entries(3))
            .await
            .is_ok()
    );
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    let refused = fault(&methods, "system.multicall", entries(5)).await;
    assert_eq!(refused.code(), -32600);
    assert!(refused.string().contains("more than 3 entries"), "{refused}");
    assert!(
        refused.string().contains("Methods::multicall_entries"),
        "{refused}"
    );
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_thousand_entries_are_allowed_unless_said_otherwise() {
    let entries = |count| (vec![value!({ "methodName": "name" }); count],);
    let results: Vec<[String; 1]> = call(&methods(), "system.multicall", entries(1000)).await.unwrap();
    assert_eq!(results.len(), 1000);
    assert_eq!(
        fault(&methods(), "system.multicall", entries(1001)).await.code(),
        -32600
    );
}

#[tokio::test]
async fn entries_run_one_after_the_other() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let entry_log = log.clone();
    let methods = Methods::new().async_method("log", move |x: i32| {
        let log = entry_log.clone();
        async move {
            log.lock().unwrap().push(x);
            tokio::task::yield_now().await;
            log.lock().unwrap().push(-x);
        }
    });
    let entries = [1, 2, 3].map(|x| value!({ "methodName": "log", "params": [x] }));
    call::<Value>(&methods, "system.multicall", (entries,))
        .await
        .unwrap();
    assert_eq!(*log.lock().unwrap(), [1, -1, 2, -2, 3, -3]);
}

#[tokio::test]
async fn no_entry_runs_unless_the_document_is_whole() {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let methods = Methods::new().method("count", move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let entry =
        "<value><struct><member><name>methodName</name><value>count</value></member></struct></value>";
    let whole = format!(
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>{entry}</data></array></value></param></params></methodCall>"
    );
    assert!(
        dispatch(&methods, &whole[..whole.len() - 2])
            .await
            .contains("-32700")
    );
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert!(!dispatch(&methods, whole).await.contains("fault"));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn apaches_types_in_one_entry_are_answered_in_kind_in_all() {
    let entry = |value| {
        format!(
            "<value><struct><member><name>methodName</name><value>later</value></member><member><name>params</name>\
             <value><array><data><value>{value}</value></data></array></value></member></struct></value>"
        )
    };
    let body = format!(
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>{}{}</data></array>\
         </value></param></params></methodCall>",
        entry("<ex:nil/>"),
        entry("<i8>1</i8>"),
    );
    let reply = dispatch(&methods(), body).await;
    assert!(reply.contains("<value><ex:nil/></value>"), "{reply}");
    assert!(reply.contains("<value><ex:i8>1</ex:i8></value>"), "{reply}");
    assert!(reply.contains("<methodResponse xmlns:ex="), "{reply}");
}

#[tokio::test]
async fn results_beyond_the_reply_limit_are_faults_and_later_entries_do_not_run() {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let methods = Methods::new().multicall_reply_bytes(400).method("big", move || {
        counter.fetch_add(1, Ordering::Relaxed);
        "x".repeat(100)
    });
    let entries = (vec![value!({ "methodName": "big" }); 5],);
    let results: Vec<Value> = call(&methods, "system.multicall", entries).await.unwrap();
    assert_eq!(results[1][0], "x".repeat(100));
    for (result, word) in results[2..].iter().zip(["left out", "not called", "not called"]) {
        assert_eq!(code(result), -32603);
        let text = result["faultString"].as_str().unwrap();
        assert!(text.starts_with(word) || text.contains(word), "{word} in {text}");
        assert!(
            text.contains("400 bytes; Methods::multicall_reply_bytes"),
            "{text}"
        );
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn faults_count_as_results_do() {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let methods = Methods::new()
        .multicall_reply_bytes(2000)
        .method("fail", move || -> Result<(), Fault> {
            counter.fetch_add(1, Ordering::Relaxed);
            Err(Fault::new(1, "x".repeat(500)))
        });
    let entries = (vec![value!({ "methodName": "fail" }); 100],);
    let results: Vec<Value> = call(&methods, "system.multicall", entries).await.unwrap();
    let codes: Vec<_> = results.iter().map(code).collect();
    assert_eq!(codes[..2], [1, 1]);
    assert!(codes[3..].iter().all(|code| *code == -32603), "{codes:?}");
    assert!(runs.load(Ordering::Relaxed) < 5);
}

/// A method that waits until as many calls of it run as it is told.
fn meeting(methods: Methods) -> (Methods, Arc<AtomicU32>) {
    let running = Arc::new(AtomicU32::new(0));
    let most = Arc::new(AtomicU32::new(0));
    let seen = most.clone();
    let methods = methods.async_method("meet", move |x: i32, others: u32| {
        let (running, most) = (running.clone(), most.clone());
        async move {
            let now = running.fetch_add(1, Ordering::Relaxed) + 1;
            most.fetch_max(now, Ordering::Relaxed);
            while most.load(Ordering::Relaxed) < others {
                tokio::task::yield_now().await;
            }
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::Relaxed);
            x
        }
    });
    (methods, seen)
}

#[tokio::test]
async fn entries_run_together_on_request_up_to_a_number_and_results_keep_their_order() {
    for layered in [false, true] {
        let (methods, most) = meeting(methods().multicall_concurrency(4));
        let methods = match layered {
            false => methods,
            true => methods.layer(tower_layer::Identity::new()),
        };
        let entries: Vec<_> = (0..20)
            .map(|x| value!({ "methodName": "meet", "params": [(x), 4] }))
            .collect();
        let results: Vec<[i32; 1]> = call(&methods, "system.multicall", (entries,)).await.unwrap();
        assert_eq!(results, (0..20).map(|x| [x]).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::Relaxed), 4);
    }
}

#[tokio::test]
async fn no_entries_at_a_time_are_taken_for_one() {
    let (methods, most) = meeting(methods().multicall_concurrency(0));
    let entries = [1, 2, 3].map(|x| value!({ "methodName": "meet", "params": [(x), 1] }));
    let results: Vec<[i32; 1]> = call(&methods, "system.multicall", (entries,)).await.unwrap();
    assert_eq!(results, [[1], [2], [3]]);
    assert_eq!(most.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_runs_together_keeps_to_the_reply_limit_together() {
    let (methods, _) = meeting(
        methods()
            .multicall_concurrency(3)
            .multicall_reply_bytes(1000)
            .method("big", || "x".repeat(900)),
    );
    let mut entries = vec![value!({ "methodName": "big" }); 2];
    entries.extend((0..10).map(|x| value!({ "methodName": "meet", "params": [(x), 1] })));
    let results: Vec<Value> = call(&methods, "system.multicall", (entries,)).await.unwrap();
    assert_eq!(results.len(), 12);
    assert_eq!(results[0][0], "x".repeat(900));
    for result in &results[1..] {
        assert_eq!(code(result), -32603);
    }
    let last = results[11]["faultString"].as_str().unwrap();
    assert!(last.starts_with("not called"), "{last}");
}

#[tokio::test]
async fn a_fault_quotes_no_more_than_the_beginning_of_a_long_method_name() {
    let name = "x".repeat(10_000);
    for params in [value!([]), value!(5)] {
        let entries = Value::from(vec![
            value!({ "methodName": (name.as_str()), "params": (params) }),
        ]);
        let results = multicall(entries).await.unwrap();
        let text = results[0]["faultString"].as_str().unwrap();
        assert!(text.len() < 200, "{} bytes", text.len());
    }
}
