use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use xmlrpc_server::{CallContext, Fault, Methods, Value, value};

use crate::support::{call, dispatch, fault};

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
    for name in [
        "system.multicall",
        " system.multicall",
        "system.multicall\n",
        "\tsystem.multicall ",
    ] {
        let results = multicall(value!([
            { "methodName": name, "params": [[{ "methodName": "add", "params": [1, 2] }]] },
            { "methodName": "add", "params": [1, 2] },
        ]))
        .await
        .unwrap();
        assert_eq!(code(&results[0]), -32600, "{name:?}");
        assert_eq!(results[1], value!([3]));
    }
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
    let methods = Methods::new().multicall_reply_bytes(300).method("big", move || {
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
            text.contains("300 bytes; Methods::multicall_reply_bytes"),
            "{text}"
        );
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3);
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
