//! What balancers are told, and how a server stops behind one.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;
use xmlrpc_server::{Methods, Server};

use crate::support::{Client, Response, TestServer, plain_call, within};

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(3600);

async fn draining(time: Duration) -> TestServer {
    let methods = Methods::new().method("ping", || "pong");
    TestServer::with(methods, |server| server.health_path("/health").drain_time(time)).await
}

async fn request(client: &mut Client, line: &str) -> Response {
    client.send(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    client.response().await
}

async fn ping(client: &mut Client) -> Response {
    client.post(&plain_call("ping")).await;
    let response = client.response().await;
    assert!(response.body.contains("pong"), "{response:?}");
    response
}

/// Asks the server to stop, and waits until it has noticed.
pub(crate) async fn stop(server: &mut TestServer) {
    server.stop();
    while request(&mut server.connect().await, "GET /health").await.status == 200 {}
}

#[tokio::test]
async fn health_checks_succeed_until_the_server_is_to_stop() {
    let mut server = draining(LONG).await;
    let mut client = server.connect().await;
    for (line, status) in [
        ("GET /health", 200),
        ("GET /health?from=haproxy", 200),
        ("GET /healthy", 404),
        ("POST /health", 404),
        ("DELETE /RPC2", 405),
    ] {
        let response = request(&mut client, line).await;
        assert_eq!(response.status, status, "{line}");
        assert_eq!(response.header("connection"), None, "{line}");
    }
    assert_eq!(request(&mut client, "GET /health").await.body, "");
    stop(&mut server).await;
    let response = request(&mut client, "GET /health").await;
    assert_eq!(response.status, 503);
    assert_eq!(response.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_head_request_is_a_health_check() {
    let server = draining(LONG).await;
    let mut client = server.connect().await;
    client
        .send("HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await;
    assert!(client.rest().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn no_path_is_one_of_health_checks_unless_set() {
    let server = TestServer::start(Methods::new()).await;
    let response = request(&mut server.connect().await, "GET /health").await;
    assert_eq!(response.status, 404);
}

#[tokio::test]
async fn a_server_that_drains_answers_every_connection_once_more_and_closes_it() {
    let mut server = draining(LONG).await;
    let (mut idle, mut untouched) = (server.connect().await, server.connect().await);
    assert_eq!(ping(&mut idle).await.header("connection"), None);
    stop(&mut server).await;
    let mut new = server.connect().await;
    for client in [&mut idle, &mut untouched, &mut new] {
        assert_eq!(ping(client).await.header("connection"), Some("close"));
        assert_eq!(client.rest().await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_idle_at_the_end_of_draining_is_closed() {
    let time = Duration::from_secs(10);
    let mut server = draining(time).await;
    let mut idle = server.connect().await;
    ping(&mut idle).await;
    let stopped = Instant::now();
    server.stop();
    assert_eq!(idle.rest_after_silence().await, "");
    assert!(stopped.elapsed() >= time);
    server.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drains_does_not_wait_for_connections_that_are_gone() {
    let time = Duration::from_secs(10);
    let server = draining(time).await;
    let stopped = Instant::now();
    server.stopped().await;
    assert!(stopped.elapsed() < time + Duration::from_secs(1));
}

#[tokio::test]
async fn a_listener_that_was_handed_over_goes_on_with_whoever_holds_it_next() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let next = listener.try_clone().unwrap();
    let server = Server::from_listener(listener).unwrap();
    let address = server.local_addr();
    let server = server.drain_time(Duration::from_millis(1));
    within(server.serve_with_shutdown(Methods::new(), async {}))
        .await
        .unwrap();
    let server = Server::from_listener(next).unwrap();
    let served = tokio::spawn(server.serve(Methods::new().method("ping", || "pong")));
    ping(&mut Client(within(TcpStream::connect(address)).await.unwrap())).await;
    served.abort();
}

#[cfg(target_os = "linux")]
mod under_load {
    use std::io::{self, Read as _, Write as _};
    use std::thread;

    use socket2::{SockAddr, Socket, Type};
    use tokio::sync::mpsc::{self, UnboundedSender};
    use tokio::sync::oneshot;
    use xmlrpc_server::{Address, Listener};

    use super::*;
    use crate::support::post;

    const CLIENTS: usize = 32;

    /// Calls over one connection after the other, until none can be made. Whatever was sent must be answered.
    fn call_until_refused(address: &SockAddr, answered: &UnboundedSender<()>) -> io::Result<()> {
        loop {
            let mut stream = Socket::new(address.domain(), Type::STREAM, None)?;
            match stream.connect(address).map_err(|error| error.kind()) {
                Ok(()) => {}
                Err(io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => return Ok(()),
                Err(kind) => return Err(kind.into()),
            }
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.write_all(post(&plain_call("ping")).as_bytes())?;
            stream.shutdown(std::net::Shutdown::Write)?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            if !answer.contains("pong") {
                return Err(io::Error::other(format!("no answer, but {answer:?}")));
            }
            // It is listened to until the server is to stop.
            let _ = answered.send(());
        }
    }

    async fn stop_under_load(server: Server) {
        let address = match server.addresses().next().unwrap() {
            Address::Tcp(address) => SockAddr::from(*address),
            Address::Unix(path) => SockAddr::unix(path.as_ref().unwrap()).unwrap(),
            other => panic!("{other}"),
        };
        let methods = Methods::new().method("ping", || "pong");
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(server.drain_time(Duration::from_millis(200)).serve_with_shutdown(
            methods,
            async {
                let _ = stopped.await;
            },
        ));
        let (answered, mut answers) = mpsc::unbounded_channel();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (address, answered) = (address.clone(), answered.clone());
                thread::spawn(move || call_until_refused(&address, &answered))
            })
            .collect();
        for _ in 0..CLIENTS {
            within(answers.recv()).await.unwrap();
        }
        stop.send(()).unwrap();
        within(served).await.unwrap().unwrap();
        for client in clients {
            client.join().unwrap().unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_connection_by_tcp_is_reset_by_the_end_of_draining() {
        stop_under_load(Server::bind("127.0.0.1:0").await.unwrap()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_connection_to_a_unix_socket_is_reset_by_the_end_of_draining() {
        let path = std::env::temp_dir().join(format!("xmlrpc-{}-draining", std::process::id()));
        let listener = Listener::bind_unix(&path).unwrap();
        stop_under_load(Server::from_listener(listener).unwrap()).await;
        assert!(!path.exists());
    }
}
