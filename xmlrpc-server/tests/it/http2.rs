use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Request, StatusCode, Version};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use xmlrpc_server::{CallContext, HttpService, Methods, State, Value};

use crate::draining;
use crate::support::{TestServer, at_once, plain_call, server_has_read, within};

/// Calls that wait, and how many of them there are.
#[derive(Clone, Default)]
struct Gate {
    running: Arc<()>,
    entered: Arc<Notify>,
    open: Arc<Notify>,
}

impl Gate {
    fn running(&self) -> usize {
        // One is the gate's own, and one the table's.
        Arc::strong_count(&self.running) - 2
    }
}

fn methods(gate: &Gate) -> Methods {
    Methods::new()
        .state(gate.clone())
        .method("echo", |x: Value| x)
        .method("port", |context: CallContext| {
            context.peer().map(|peer| peer.port())
        })
        .async_method("wait", |gate: State<Gate>| async move {
            let _running = gate.running.clone();
            gate.entered.notify_one();
            gate.open.notified().await;
            "done"
        })
}

fn echo(text: &str) -> String {
    format!(
        "<methodCall><methodName>echo</methodName><params><param><value>{text}</value></param></params></methodCall>"
    )
}

/// A connection by HTTP/2 over any stream.
pub(crate) struct Client {
    requests: SendRequest<Bytes>,
    /// Ends with the connection.
    pub(crate) connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        Self {
            requests,
            connection: tokio::spawn(connection),
        }
    }

    async fn to(server: &TestServer) -> Self {
        Self::over(TcpStream::connect(server.address).await.unwrap()).await
    }

    /// Sends a request, once the server allows another one.
    async fn send(&mut self, body: &str) -> ResponseFuture {
        let request = Request::post("http://test/RPC2").body(()).unwrap();
        let mut requests = self.requests.clone().ready().await.unwrap();
        let (response, mut stream) = requests.send_request(request, false).unwrap();
        stream
            .send_data(Bytes::copy_from_slice(body.as_bytes()), true)
            .unwrap();
        response
    }

    /// Posts a document and reads what it is answered.
    pub(crate) async fn post(&mut self, body: &str) -> (StatusCode, HeaderMap, String) {
        let response = self.send(body).await;
        read(response).await.unwrap()
    }
}

async fn read(response: ResponseFuture) -> Result<(StatusCode, HeaderMap, String), h2::Error> {
    let (head, mut body) = response.await?.into_parts();
    assert_eq!(head.version, Version::HTTP_2);
    let mut text = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len()).unwrap();
        text.extend_from_slice(&data);
    }
    Ok((head.status, head.headers, String::from_utf8(text).unwrap()))
}

#[tokio::test]
async fn calls_are_answered_many_at_a_time_on_one_connection() {
    let server = TestServer::start(methods(&Gate::default())).await;
    let mut client = Client::to(&server).await;
    // A client that does not know yet how many it may send would send too many.
    within(client.post(&echo("to get the settings"))).await;
    let mut calls = Vec::new();
    for i in 0..250 {
        let response = within(client.send(&echo(&format!("call {i}.")))).await;
        calls.push(tokio::spawn(read(response)));
    }
    for (i, call) in calls.into_iter().enumerate() {
        let (status, headers, body) = within(call).await.unwrap().unwrap();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-length"], body.len().to_string());
        assert_eq!(headers.get("connection"), None);
        assert!(body.contains(&format!("call {i}.")), "{body}");
    }
    let (_, _, ports) = within(client.post(&plain_call("port"))).await;
    assert!(ports.contains("<int>"), "{ports}");
    server.stopped().await;
}

#[tokio::test]
async fn a_call_of_any_length_comes_and_goes() {
    let server = TestServer::start(methods(&Gate::default())).await;
    let mut client = Client::to(&server).await;
    let long = "x".repeat(3_000_000);
    let request = Request::post("http://test/RPC2").body(()).unwrap();
    let (response, mut stream) = client.requests.send_request(request, false).unwrap();
    let body = echo(&long);
    for piece in body.as_bytes().chunks(50_000) {
        stream.send_data(Bytes::copy_from_slice(piece), false).unwrap();
    }
    stream.send_data(Bytes::new(), true).unwrap();
    let (status, _, body) = within(read(response)).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains(&long));
    server.stopped().await;
}

#[tokio::test]
async fn refusals_leave_the_connection_as_it_is() {
    let service = HttpService::new(methods(&Gate::default())).body_bytes(1000);
    let server = TestServer::with(service, |server| server.header_bytes(10_000)).await;
    let mut client = Client::to(&server).await;
    let long = echo(&"x".repeat(1000));
    let (status, _, _) = within(client.post(&long)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    for (path, header, status) in [
        ("/other", 1, StatusCode::NOT_FOUND),
        ("/RPC2", 20_000, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
    ] {
        let request = Request::post(format!("http://test{path}")).header("x", "x".repeat(header));
        let request = request.body(()).unwrap();
        let (response, _) = client.requests.send_request(request, true).unwrap();
        assert_eq!(within(response).await.unwrap().status(), status);
    }
    let (status, _, body) = within(client.post(&echo("still here"))).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("still here"));
    server.stopped().await;
}

#[tokio::test]
async fn the_page_of_a_browser_is_held_against_the_authority() {
    let server = TestServer::start(methods(&Gate::default())).await;
    let mut client = Client::to(&server).await;
    for (origin, status) in [
        ("http://test", StatusCode::OK),
        ("http://test:80", StatusCode::OK),
        ("http://test.evil.example", StatusCode::FORBIDDEN),
        ("http://test:8080", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
    ] {
        let request = Request::post("http://test/RPC2").header("origin", origin);
        let request = request.body(()).unwrap();
        let (response, _) = client.requests.send_request(request, true).unwrap();
        assert_eq!(within(response).await.unwrap().status(), status, "{origin}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn the_first_bytes_tell_the_protocols_apart_however_they_come() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
    let server = TestServer::start(methods(&Gate::default())).await;
    for pieces in [1, 5, 23, 24] {
        let mut client = server.connect().await;
        for piece in PREFACE.chunks(pieces) {
            client.send(piece).await;
            tokio::task::yield_now().await;
        }
        client.send(SETTINGS).await;
        // What the server sends first are its own settings.
        let mut frame = [0; 9];
        within(client.0.read_exact(&mut frame)).await.unwrap();
        assert_eq!(frame[3], 4, "{frame:?}");
    }
    for request in [
        "PRI / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "P / HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        for piece in request.as_bytes().chunks(3) {
            client.send(piece).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(client.response().await.status, 405, "{request}");
    }
    for garbage in [&PREFACE[..20], b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"P"] {
        let mut client = server.connect().await;
        client.send(garbage).await;
        client.0.shutdown().await.unwrap();
        let rest = client.rest().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{rest}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn requests_at_a_time_are_limited() {
    let gate = Gate::default();
    let server = TestServer::with(methods(&gate), |server| server.http2_streams(2)).await;
    let mut client = Client::to(&server).await;
    within(client.post(&echo("to get the settings"))).await;
    assert_eq!(client.requests.current_max_send_streams(), 2);
    let first = within(client.send(&plain_call("wait"))).await;
    let second = within(client.send(&plain_call("wait"))).await;
    // The client holds back what the server would refuse.
    let third = within(client.send(&echo("third"))).await;
    while gate.running() < 2 {
        tokio::task::yield_now().await;
    }
    gate.open.notify_waiters();
    for response in [first, second] {
        assert!(within(read(response)).await.unwrap().2.contains("done"));
    }
    assert!(within(read(third)).await.unwrap().2.contains("third"));
    server.stopped().await;
}

/// CVE-2023-44487: requests that are given up at once, so that they count to no limit of what runs at a time.
#[tokio::test]
async fn a_client_that_gives_up_request_after_request_is_disconnected() {
    let gate = Gate::default();
    let server = TestServer::with(methods(&gate), |server| server.http2_resets(20)).await;
    let client = Client::to(&server).await;
    let mut sent = 0;
    while sent < 10_000 && !client.connection.is_finished() {
        let request = Request::post("http://test/RPC2").body(()).unwrap();
        let Ok(mut requests) = client.requests.clone().ready().await else {
            break;
        };
        let Ok((_, mut stream)) = requests.send_request(request, false) else {
            break;
        };
        let body = Bytes::from(plain_call("wait"));
        let _ = stream.send_data(body, true);
        tokio::task::yield_now().await;
        stream.send_reset(h2::Reason::CANCEL);
        sent += 1;
    }
    assert!(sent < 10_000);
    let _ = within(client.connection).await;
    while gate.running() > 0 {
        tokio::task::yield_now().await;
    }
    // Others are served, and may give up now and then.
    let mut client = Client::to(&server).await;
    for _ in 0..100 {
        let mut given_up = within(client.send(&plain_call("wait"))).await;
        within(gate.entered.notified()).await;
        drop(std::mem::replace(
            &mut given_up,
            within(client.send(&echo("x"))).await,
        ));
        assert_eq!(within(read(given_up)).await.unwrap().0, StatusCode::OK);
    }
    server.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let gate = Gate::default();
    let methods = methods(&gate).handler_timeout(None);
    let server = TestServer::with(methods, |server| {
        // The paused clock would leap from a ping over its answer.
        let server = server.http2_ping_interval(Duration::from_secs(1_000_000));
        server.idle_timeout(Duration::from_secs(310))
    })
    .await;
    let (mut idle, busy, response) = at_once(async {
        let (idle, mut busy) = (Client::to(&server).await, Client::to(&server).await);
        let response = busy.send(&plain_call("wait")).await;
        gate.entered.notified().await;
        (idle, busy, response)
    })
    .await;
    for _ in 0..3 {
        assert_eq!(at_once(idle.post(&echo("x"))).await.0, StatusCode::OK);
        tokio::time::sleep(Duration::from_secs(300)).await;
    }
    assert!(!idle.connection.is_finished());
    tokio::time::sleep(Duration::from_secs(11)).await;
    at_once(idle.connection).await.unwrap().unwrap();

    tokio::time::sleep(Duration::from_secs(5000)).await;
    assert!(!busy.connection.is_finished());
    gate.open.notify_one();
    assert!(at_once(read(response)).await.unwrap().2.contains("done"));
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert!(!busy.connection.is_finished());
    tokio::time::sleep(Duration::from_secs(11)).await;
    at_once(busy.connection).await.unwrap().unwrap();
    at_once(server.stopped()).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_makes_no_room_for_its_reply_is_disconnected_and_a_slow_one_is_not() {
    let gate = Gate::default();
    let methods = methods(&gate).method("long", || "x".repeat(500_000));
    let server = TestServer::with(methods, |server| {
        let server = server.http2_ping_interval(Duration::from_secs(1_000_000));
        server.write_timeout(Duration::from_secs(30))
    })
    .await;
    let mut slow = at_once(Client::to(&server)).await;
    let response = at_once(async { slow.send(&plain_call("long")).await.await })
        .await
        .unwrap();
    let mut body = response.into_body();
    let (mut length, mut taken) = (0, 0);
    // Longer than any timeout of a connection, in all.
    while let Some(data) = at_once(body.data()).await {
        taken += data.unwrap().len();
        if taken > 10_000 {
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
        if taken > 10_000 || body.is_end_stream() {
            length += taken;
            body.flow_control()
                .release_capacity(std::mem::take(&mut taken))
                .unwrap();
            at_once(server_has_read()).await;
        }
    }
    assert!(length > 500_000);

    let mut stuck = at_once(Client::to(&server)).await;
    let response = at_once(async { stuck.send(&plain_call("long")).await.await })
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert!(!stuck.connection.is_finished());
    tokio::time::sleep(Duration::from_secs(31)).await;
    let _ = at_once(stuck.connection).await;
    drop(response);
    at_once(server.stopped()).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_no_ping_is_disconnected() {
    let server = TestServer::start(methods(&Gate::default())).await;
    let begin = Instant::now();
    let mut client = server.connect().await;
    client
        .send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest).await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), 30 + 20);
    server.stopped().await;
}

#[tokio::test]
async fn the_shutdown_finishes_what_runs_and_sends_no_one_away_without_a_word() {
    let gate = Gate::default();
    let mut server = TestServer::start(methods(&gate)).await;
    let (mut idle, mut busy) = (Client::to(&server).await, Client::to(&server).await);
    within(idle.post(&echo("x"))).await;
    let response = within(busy.send(&plain_call("wait"))).await;
    within(gate.entered.notified()).await;
    server.stop();
    within(idle.connection).await.unwrap().unwrap();
    gate.open.notify_one();
    assert!(within(read(response)).await.unwrap().2.contains("done"));
    within(busy.connection).await.unwrap().unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn a_call_that_does_not_end_is_dropped_at_the_deadline_of_the_shutdown() {
    let gate = Gate::default();
    let server = TestServer::with(methods(&gate), |server| {
        server.shutdown_timeout(Duration::from_millis(20))
    })
    .await;
    let mut client = Client::to(&server).await;
    let response = within(client.send(&plain_call("wait"))).await;
    within(gate.entered.notified()).await;
    server.stopped().await;
    assert_eq!(Arc::strong_count(&gate.running), 1, "call and table are gone");
    assert!(within(read(response)).await.is_err());
}

#[tokio::test]
async fn a_connection_goes_on_while_the_server_drains() {
    let methods = methods(&Gate::default());
    let mut server = TestServer::with(methods, |server| {
        server
            .health_path("/health")
            .drain_time(Duration::from_secs(3600))
    })
    .await;
    let mut client = Client::to(&server).await;
    within(client.post(&echo("before"))).await;
    draining::stop(&mut server).await;
    for text in ["now", "and once more"] {
        let (status, headers, answer) = within(client.post(&echo(text))).await;
        assert_eq!(status, StatusCode::OK);
        assert!(answer.contains(text));
        assert!(!headers.contains_key("connection"));
    }
}
