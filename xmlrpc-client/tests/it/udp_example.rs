//! The example of a transport of one's own, against a service that answers datagrams.

use std::time::Duration;

use tokio::net::UdpSocket;
use xmlrpc_client::{ServerProxy, Value};
use xmlrpc_server::{CallContext, Methods};

use crate::support::within;

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/udp.rs"]
mod example;

#[tokio::test]
async fn calls_go_in_datagrams() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let methods = Methods::new().method("add", |a: i32, b: i32| a + b);
    let serving = tokio::spawn(async move {
        let mut datagram = vec![0; 64 * 1024];
        loop {
            let (length, from) = socket.recv_from(&mut datagram).await.unwrap();
            let reply = methods
                .dispatch(datagram[..length].to_vec(), CallContext::new())
                .await;
            socket.send_to(&reply.into_body(), from).await.unwrap();
        }
    });

    let server = ServerProxy::over(example::Udp(address)).build().unwrap();
    assert_eq!(
        within(server.call::<i32>("add", (1, 2)).into_future())
            .await
            .unwrap(),
        3
    );
    let fault = within(server.call::<Value>("subtract", (1, 2)).into_future())
        .await
        .unwrap_err();
    assert_eq!(fault.into_fault().unwrap().code(), -32601);

    // Nobody answers on a port of one's own.
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = ServerProxy::over(example::Udp(silent.local_addr().unwrap()))
        .build()
        .unwrap();
    let call = server
        .call::<Value>("add", (1, 2))
        .timeout(Duration::from_millis(20));
    assert!(within(call.into_future()).await.unwrap_err().is_timeout());
    serving.abort();
}
