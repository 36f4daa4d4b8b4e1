//! Our client calls Python's `SimpleXMLRPCServer`.

use xmlrpc_client::{Base64, DateTime, ServerProxy, Value, proxy, value};
use xmlrpc_tests::{PythonServer, within};

use crate::service::{self, Record};

const SERVER: &str = "
from xmlrpc.server import SimpleXMLRPCServer
from xmlrpc.client import Fault
server = SimpleXMLRPCServer(('127.0.0.1', 0), logRequests=False, allow_none=True, use_builtin_types=True)
server.register_introspection_functions()
server.register_multicall_functions()
def divide(a, b):
    'Divides.'
    if b == 0:
        raise Fault(8, 'division by zero — ÷')
    return a / b
server.register_function(lambda value: value, 'echo')
server.register_function(lambda a, b: a + b, 'add')
server.register_function(lambda: None, 'nothing')
server.register_function(lambda *things: len(things), 'count')
server.register_function(divide)
print('%s:%d' % server.server_address, flush=True)
server.serve_forever()
";

fn server() -> Option<(PythonServer, ServerProxy)> {
    let server = PythonServer::start(SERVER)?;
    let proxy = ServerProxy::new(&server.url()).unwrap();
    Some((server, proxy))
}

#[tokio::test]
async fn all_types_come_back() {
    let Some((_server, server)) = server() else { return };
    for sent in [
        value!(0),
        value!(i32::MIN),
        value!(true),
        value!(""),
        value!("Grüße, 世界 \u{1F600} <&>\n ]]>"),
        value!(0.0),
        value!(1e300),
        value!(5e-324),
        value!([]),
        value!([1, ["x", []], nil]),
        value!({}),
        value!({ "a": { "b": [1.5] }, "": "odd" }),
        value!(Base64::from(vec![0, 255, 10])),
        value!("19980717T14:08:55".parse::<DateTime>().unwrap()),
        value!(nil),
    ] {
        assert_eq!(
            within(async { proxy!(server.echo(&sent)).await }).await.unwrap(),
            sent
        );
    }
}

#[tokio::test]
async fn typed_structs_come_back() {
    let Some((_server, server)) = server() else { return };
    let mut sent = service::record();
    // Python's own server does not write what is beyond 32 bits.
    sent.parent = None;
    // And it writes carriage returns raw, which XML reads as line feeds.
    sent.name = sent.name.replace('\r', "");
    let record: Record = within(async { server.call("echo", (&sent,)).await })
        .await
        .unwrap();
    assert_eq!(record, sent);
}

#[tokio::test]
async fn the_slides_calls_have_their_results() {
    let Some((_server, server)) = server() else { return };
    assert_eq!(
        within(async { proxy!(server.add("x", "y")).await })
            .await
            .unwrap(),
        "xy"
    );
    assert_eq!(
        within(async { proxy!(server.add(1, 2) -> i64).await })
            .await
            .unwrap(),
        3
    );
    assert_eq!(
        within(async { proxy!(server.divide(1, 4) -> f64).await })
            .await
            .unwrap(),
        0.25
    );
    assert_eq!(
        within(async { proxy!(server.count(1, "x", nil()) -> i32).await })
            .await
            .unwrap(),
        3
    );
    within(async { proxy!(server.nothing() -> ()).await })
        .await
        .unwrap();
}

fn nil() -> Value {
    Value::Nil
}

#[tokio::test]
async fn faults_have_code_and_text() {
    let Some((_server, server)) = server() else { return };
    let error = within(async { proxy!(server.divide(1, 0)).await })
        .await
        .unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((fault.code(), fault.string()), (8, "division by zero — ÷"));
    let error = within(async { proxy!(server.nope()).await }).await.unwrap_err();
    assert!(error.fault().unwrap().string().contains("nope"), "{error}");
}

#[tokio::test]
async fn a_multicall_gives_each_result_its_type() {
    let Some((_server, server)) = server() else { return };
    let mut batch = server.multicall();
    let sum = batch.add::<i32>("add", (1, 2)).unwrap();
    let text = batch.add::<String>("add", ("x", "y")).unwrap();
    let fault = batch.add::<f64>("divide", (1, 0)).unwrap();
    let mut results = within(batch.send()).await.unwrap();
    assert_eq!(results.take(sum).unwrap(), 3);
    assert_eq!(results.take(text).unwrap(), "xy");
    assert_eq!(results.take(fault).unwrap_err().fault().unwrap().code(), 8);
}

#[tokio::test]
async fn introspection_answers() {
    let Some((_server, server)) = server() else { return };
    let names = within(async { proxy!(server.system.listMethods() -> Vec<String>).await })
        .await
        .unwrap();
    assert!(names.iter().any(|name| name == "divide"), "{names:?}");
    assert_eq!(
        within(async { proxy!(server.system.methodHelp("divide")).await })
            .await
            .unwrap(),
        "Divides."
    );
    let signature = within(async { proxy!(server.system.methodSignature("divide")).await })
        .await
        .unwrap();
    assert_eq!(signature, "signatures not supported");
}

#[tokio::test]
async fn a_connection_that_the_server_closes_is_replaced() {
    // Python's server speaks HTTP/1.0 and closes after every answer.
    let Some((_server, server)) = server() else { return };
    for number in 0..20 {
        assert_eq!(
            within(async { proxy!(server.add(number, 1) -> i32).await })
                .await
                .unwrap(),
            number + 1
        );
    }
}
