//! The examples of embedding, each as it stands in `examples/`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;
use xmlrpc_core::{MethodCall, MethodResponse, Value};
use xmlrpc_server::{HttpService, ReplyBody};

use crate::support::{Client, plain_call, within};

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/axum.rs"]
mod axum_example;
#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/hyper.rs"]
mod hyper_example;
#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/in_process.rs"]
mod in_process_example;

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn connect(address: SocketAddr) -> Client {
    Client(within(TcpStream::connect(address)).await.unwrap())
}

async fn call(client: &mut Client, method: &str, params: impl serde::Serialize) -> Value {
    let document = MethodCall::new(method, params).unwrap().to_vec().unwrap();
    client.post(&String::from_utf8(document).unwrap()).await;
    let response = client.response().await;
    assert_eq!(response.status, 200, "{response:?}");
    MethodResponse::from_slice(response.body.as_bytes())
        .unwrap()
        .into_result()
        .unwrap()
}

/// Holds at compile time.
fn takes<B>()
where
    HttpService: Service<Request<B>, Response = Response<ReplyBody>, Error = Infallible, Future: Send>,
{
}

#[test]
fn the_body_of_every_framework_fits() {
    takes::<hyper::body::Incoming>();
    takes::<axum::body::Body>();
    takes::<Full<Bytes>>();
    takes::<BoxBody<VecDeque<u8>, io::Error>>();
    takes::<UnsyncBoxBody<Bytes, Infallible>>();
    takes::<String>();
}

#[tokio::test]
async fn the_axum_example_serves_calls_beside_its_routes_from_one_state() {
    let (listener, address) = listen().await;
    let app = axum_example::app().into_make_service_with_connect_info::<SocketAddr>();
    let served = tokio::spawn(axum::serve(listener, app).into_future());

    let mut client = connect(address).await;
    assert_eq!(call(&mut client, "counter.add", (3,)).await, 3);
    assert_eq!(call(&mut client, "counter.add", (-1,)).await, 2);
    client.send("GET /counter HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!((response.status, response.body.as_str()), (200, "2\n"));
    let own = client.0.local_addr().unwrap().to_string();
    assert_eq!(call(&mut client, "whoami", ()).await, own);

    for (request, status) in [
        ("GET /RPC2", 200),
        ("POST /elsewhere", 404),
        ("POST /counter", 405),
    ] {
        let head = format!("{request} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        client.send(head).await;
        assert_eq!(client.response().await.status, status, "{request}");
    }
    served.abort();
}

#[tokio::test]
async fn the_hyper_example_serves_a_connection_to_its_end() {
    let (listener, address) = listen().await;
    let mut client = connect(address).await;
    let (stream, peer) = within(listener.accept()).await.unwrap();
    let served = tokio::spawn(hyper_example::serve(stream, peer, hyper_example::service()));

    assert_eq!(call(&mut client, "add", (1, 2)).await, 3);
    assert_eq!(call(&mut client, "whoami", ()).await, peer.to_string());
    client.post(&plain_call("nothing")).await;
    assert!(client.response().await.body.contains("-32601"));
    drop(client);
    within(served).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_in_process_example_needs_no_socket() {
    let methods = in_process_example::methods();
    let greeting = within(in_process_example::dispatched(&methods)).await;
    assert_eq!(greeting.unwrap(), "Hello, Ada!");
    let shouted = within(in_process_example::requested(&HttpService::new(methods))).await;
    assert_eq!(shouted.unwrap(), "HELLO");
}
