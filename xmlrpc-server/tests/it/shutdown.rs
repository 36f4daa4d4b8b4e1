use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use xmlrpc_server::{Methods, Server, State};

use crate::support::{TestServer, plain_call, within};

#[derive(Clone, Default)]
struct Gate {
    entered: Arc<Notify>,
    open: Arc<Notify>,
    left: Arc<Notify>,
}

fn methods(gate: &Gate) -> Methods {
    Methods::new()
        .state(gate.clone())
        .method("ping", || "pong")
        .async_method("wait", |gate: State<Gate>| async move {
            gate.entered.notify_one();
            gate.open.notified().await;
            gate.left.notify_one();
            "done"
        })
}

#[tokio::test]
async fn a_running_call_is_finished_and_then_the_connection_is_closed() {
    let gate = Gate::default();
    let mut server = TestServer::start(methods(&gate)).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.post(&plain_call("ping")).await;
    assert!(idle.response().await.body.contains("pong"));
    busy.post(&plain_call("wait")).await;
    within(gate.entered.notified()).await;

    server.stop();
    assert_eq!(idle.rest().await, "", "an idle connection is closed at once");
    assert!(
        within(TcpStream::connect(server.address)).await.is_err(),
        "no further connection is taken"
    );
    gate.open.notify_one();
    assert!(busy.response().await.body.contains("done"));
    assert_eq!(busy.rest().await, "");
    server.stopped().await;
}

#[tokio::test]
async fn a_call_that_does_not_end_is_cut_off_at_the_deadline() {
    let gate = Gate::default();
    let server = TestServer::with(methods(&gate), |server| {
        server.shutdown_timeout(Duration::from_millis(20))
    })
    .await;
    let mut client = server.connect().await;
    client.post(&plain_call("wait")).await;
    within(gate.entered.notified()).await;
    server.stopped().await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_call_runs_to_its_end_when_its_client_is_gone() {
    let gate = Gate::default();
    let server = TestServer::start(methods(&gate)).await;
    let mut client = server.connect().await;
    client.post(&plain_call("wait")).await;
    within(gate.entered.notified()).await;
    drop(client);
    // The answer on another connection shows that the server had a turn in which to see this one end.
    let mut other = server.connect().await;
    other.post(&plain_call("ping")).await;
    assert!(other.response().await.body.contains("pong"));
    gate.open.notify_one();
    within(gate.left.notified()).await;
    server.stopped().await;
}

#[tokio::test]
async fn a_dropped_server_closes_its_listener_and_finishes_what_runs() {
    let gate = Gate::default();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    let served = tokio::spawn(server.serve(methods(&gate)));
    let mut client = crate::support::Client(within(TcpStream::connect(address)).await.unwrap());
    client.post(&plain_call("wait")).await;
    within(gate.entered.notified()).await;
    served.abort();
    assert!(within(served).await.unwrap_err().is_cancelled());
    assert!(within(TcpStream::connect(address)).await.is_err());
    gate.open.notify_one();
    assert!(client.response().await.body.contains("done"));
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_address_in_use_is_an_error_with_its_cause() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let error = Server::bind(server.local_addr()).await.unwrap_err();
    assert!(error.is_bind());
    assert_eq!(
        error.to_string(),
        format!("{} cannot be bound", server.local_addr())
    );
    let cause = std::error::Error::source(&error).unwrap();
    let cause = cause.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(cause.kind(), std::io::ErrorKind::AddrInUse);
}
