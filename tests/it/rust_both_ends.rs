//! Rust calls Rust: over a socket and in memory.

use xmlrpc_client::transport::Memory;
use xmlrpc_client::{ServerProxy, Value, proxy, value};
use xmlrpc_tests::{TestServer, within};

use crate::service::{self, Record};

fn proxies() -> (TestServer, [ServerProxy; 2]) {
    let server = TestServer::start(service::methods());
    let over_tcp = ServerProxy::new(&server.url()).unwrap();
    let in_memory = ServerProxy::over(Memory::new(service::methods()))
        .build()
        .unwrap();
    (server, [over_tcp, in_memory])
}

#[tokio::test]
async fn values_of_all_types_come_back() {
    let (_server, proxies) = proxies();
    let all = value!({
        "int": -5, "i8": 5_000_000_000_i64, "true": true, "text": "ü & <b> \u{1F600}\r\n", "double": 2.5, "nil": nil,
        "array": [[], {}, "x"], "": "no name",
    });
    for proxy in proxies {
        assert_eq!(
            within(async { proxy!(proxy.echo(all.clone())).await })
                .await
                .unwrap(),
            all
        );
        assert_eq!(
            within(async { proxy.call::<Value>("echo", (&all,)).await })
                .await
                .unwrap(),
            all
        );
    }
}

#[tokio::test]
async fn typed_structs_come_back() {
    let (_server, proxies) = proxies();
    for proxy in proxies {
        let record: Record = within(async { proxy.call("echo_record", (service::record(),)).await })
            .await
            .unwrap();
        assert_eq!(record, service::record());
    }
}

#[tokio::test]
async fn every_kind_of_handler_answers() {
    let (_server, proxies) = proxies();
    for proxy in proxies {
        assert_eq!(
            within(async { proxy!(proxy.add(2, 3) -> i32).await })
                .await
                .unwrap(),
            5
        );
        assert_eq!(
            within(async { proxy!(proxy.greet("Ada") -> String).await })
                .await
                .unwrap(),
            "Hello, Ada!"
        );
        assert_eq!(
            within(async { proxy!(proxy.slow(41) -> i64).await })
                .await
                .unwrap(),
            42
        );
        assert_eq!(
            within(async { proxy!(proxy.count(1, "x", [2], nil()) -> i32).await })
                .await
                .unwrap(),
            4
        );
        within(async { proxy!(proxy.nothing() -> ()).await })
            .await
            .unwrap();
    }
}

fn nil() -> Value {
    Value::Nil
}

#[tokio::test]
async fn faults_arrive_with_code_and_text() {
    let (_server, proxies) = proxies();
    for proxy in proxies {
        for (call, code, text) in [
            (proxy.call::<Value>("divide", (1, 0)), 8, "division by zero — ÷"),
            (proxy.call("no.such", ()), -32601, "no.such"),
            (proxy.call("add", (1,)), -32602, "2"),
            (proxy.call("add", (1, "x")), -32602, "params[1]"),
            (proxy.call("add", (1, 2.5)), -32602, "params[1]"),
            (proxy.call("panic", ("secret",)), -32603, ""),
        ] {
            let error = within(async { call.await }).await.unwrap_err();
            let fault = error.fault().unwrap_or_else(|| panic!("{error}"));
            assert_eq!(fault.code(), code, "{fault}");
            assert!(
                fault.string().contains(text) && !fault.string().contains("secret"),
                "{fault}"
            );
        }
    }
}

#[tokio::test]
async fn a_multicall_gives_each_result_its_type() {
    let (_server, proxies) = proxies();
    for proxy in proxies {
        let mut batch = proxy.multicall();
        let sum = batch.add::<i32>("add", (1, 2)).unwrap();
        let text = batch.add::<String>("greet", ("you",)).unwrap();
        let fault = batch.add::<f64>("divide", (1, 0)).unwrap();
        let wrong = batch.add::<bool>("add", (1, 2)).unwrap();
        let mut results = within(batch.send()).await.unwrap();
        assert_eq!(results.take(sum).unwrap(), 3);
        assert_eq!(results.take(text).unwrap(), "Hello, you!");
        assert_eq!(results.take(fault).unwrap_err().fault().unwrap().code(), 8);
        assert!(results.take(wrong).unwrap_err().is_decode());
    }
}

#[tokio::test]
async fn introspection_tells_names_signatures_and_help() {
    let (_server, proxies) = proxies();
    for proxy in proxies {
        let names = within(async { proxy!(proxy.system.listMethods() -> Vec<String>).await })
            .await
            .unwrap();
        assert!(
            names.is_sorted() && names.iter().any(|name| name == "greet"),
            "{names:?}"
        );
        let signature = within(async { proxy!(proxy.system.methodSignature("add")).await })
            .await
            .unwrap();
        assert_eq!(signature, value!([["int", "int", "int"]]));
        let signature = within(async { proxy!(proxy.system.methodSignature("echo")).await })
            .await
            .unwrap();
        assert_eq!(signature, "undef");
        let help = within(async { proxy!(proxy.system.methodHelp("add")).await })
            .await
            .unwrap();
        assert_eq!(help, "Adds <two> numbers & returns the sum.");
    }
}

#[tokio::test]
async fn handlers_see_the_peer() {
    let (_server, [over_tcp, in_memory]) = proxies();
    assert_eq!(
        within(async { proxy!(over_tcp.peer()).await }).await.unwrap(),
        "127.0.0.1"
    );
    assert_eq!(
        within(async { proxy!(in_memory.peer()).await }).await.unwrap(),
        Value::Nil
    );
}

#[tokio::test]
async fn a_hundred_calls_at_once_are_all_answered() {
    let (_server, proxies) = proxies();
    for proxy in proxies {
        let calls: Vec<_> = (0..100)
            .map(|number| {
                let proxy = proxy.clone();
                tokio::spawn(async move { proxy.call::<i64>("slow", (number,)).await })
            })
            .collect();
        for (number, call) in (1..).zip(calls) {
            assert_eq!(within(call).await.unwrap().unwrap(), number);
        }
    }
}
