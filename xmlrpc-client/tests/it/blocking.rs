//! Calls without `await`, outside and inside of async runtimes.

use std::num::NonZeroUsize;
use std::time::Duration;

use xmlrpc_client::blocking::ServerProxy;
use xmlrpc_client::transport::{Memory, Response, from_fn};
use xmlrpc_client::{Error, Fault, Value, proxy};
use xmlrpc_server::Methods;

use crate::support::{Peer, SEVEN, ok, result};

fn methods() -> Methods {
    Methods::new()
        .method("add", |a: i32, b: i32| {
            a.checked_add(b).ok_or_else(|| Fault::new(7, "too large"))
        })
        .help("add", "Adds.")
        .async_method("sleep", |milliseconds: u64| async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            milliseconds
        })
}

fn server() -> ServerProxy {
    ServerProxy::over(Memory::new(methods())).build().unwrap()
}

/// All that the module has, by the names that the async proxy has for it.
fn use_all(server: &ServerProxy) {
    assert_eq!(server.call::<i32>("add", (1, 2)).unwrap(), 3);
    assert_eq!(proxy!(server.add(1, 2)).unwrap(), Value::Int(3));
    assert_eq!(proxy!(server.add(1, 2) -> i64).unwrap(), 3);
    assert_eq!(server.method("add").call::<i32>((3, 4)).unwrap(), 7);
    assert!(server.list_methods().unwrap().contains(&"add".to_owned()));
    assert_eq!(server.method_help("add").unwrap(), "Adds.");
    assert_eq!(
        server.method_signature("add").unwrap().to_string(),
        "int(int, int)"
    );

    let fault = server
        .call::<i32>("add", (i32::MAX, 1))
        .unwrap_err()
        .into_fault()
        .unwrap();
    assert_eq!(fault.code(), 7);
    let slow = server
        .prepare::<u64>("sleep", (60_000,))
        .timeout(Duration::from_millis(5));
    assert!(slow.wait().unwrap_err().is_timeout());

    let mut batch = server.multicall();
    let sum = batch.add::<i32>("add", (1, 2)).unwrap();
    let none = batch.add::<i32>("nothing", ()).unwrap();
    let mut results = batch.send().unwrap();
    assert_eq!(results.take(sum).unwrap(), 3);
    assert_eq!(
        results.take(none).unwrap_err().fault().map(Fault::code),
        Some(-32601)
    );
    let sums = server.batch::<i32>("add", [(1, 2), (i32::MAX, 1)]).unwrap();
    assert_eq!(sums[0].as_ref().unwrap(), &3);
    assert_eq!(sums[1].as_ref().unwrap_err().fault().map(Fault::code), Some(7));
    let singly = server.multicall().singly().concurrency(NonZeroUsize::MAX);
    let sums = singly
        .batch::<i32>("add", (0..50).map(|number| (number, 1)))
        .unwrap();
    assert_eq!(sums.into_iter().map(Result::unwrap).sum::<i32>(), 1275);
}

#[test]
fn calls_block_where_there_is_no_runtime() {
    use_all(&server());
}

#[tokio::test]
async fn calls_block_inside_of_a_runtime_of_one_thread() {
    use_all(&server());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_block_inside_of_a_runtime_of_several_threads() {
    use_all(&server());
    tokio::task::spawn_blocking(|| use_all(&server())).await.unwrap();
}

#[test]
fn calls_come_from_many_threads_at_a_time() {
    let server = server();
    std::thread::scope(|scope| {
        for thread in 0..20 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..20 {
                    assert_eq!(
                        server.call::<i32>("add", (thread, number)).unwrap(),
                        thread + number
                    );
                }
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_over_http_and_keep_their_connections() {
    let peer = Peer::start(|mut connection| async move {
        while connection.try_request().await.is_some() {
            let answer = match connection.number {
                0 => ok(result(SEVEN)),
                other => panic!("connection {other} is one too many"),
            };
            connection.send(answer).await;
        }
    })
    .await;
    let url = peer.url();
    let calls = tokio::task::spawn_blocking(move || {
        let server = ServerProxy::new(&url).unwrap();
        (0..5).map(|_| server.call::<i32>("m", ()).unwrap()).sum::<i32>()
    });
    assert_eq!(calls.await.unwrap(), 35);
}

#[test]
fn a_panic_in_a_transport_is_an_error_of_its_call() {
    let server = ServerProxy::over(from_fn(|_| async {
        if true {
            std::panic::resume_unwind(Box::new("a transport's panic"));
        }
        Ok::<Response, Error>(Response::new(""))
    }))
    .build()
    .unwrap();
    let error = server.call::<i32>("m", ()).unwrap_err();
    assert!(
        error.is_maybe_sent() && error.to_string().contains("panic"),
        "{error}"
    );
}

#[test]
fn a_tap_and_a_transport_of_a_call_may_make_others() {
    let (inner, counter) = (server(), server());
    let outer = ServerProxy::over(from_fn(move |_| {
        let sum = inner.call::<i32>("add", (3, 4));
        async move {
            Ok(Response::new(result(&format!(
                "<value><int>{}</int></value>",
                sum?
            ))))
        }
    }))
    .tap(move |_| assert_eq!(counter.call::<i32>("add", (1, 2)).unwrap(), 3))
    .build()
    .unwrap();
    let (sender, outcome) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(outer.call::<i32>("m", ())));
    let outcome = outcome.recv_timeout(Duration::from_secs(30));
    assert_eq!(outcome.expect("the calls wait for one another").unwrap(), 7);
}
