//! Connections that are kept, closed and refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use xmlrpc_client::ServerProxy;

use crate::support::{Connection, Peer, SEVEN, chain, ok, result, within};

async fn call(server: &ServerProxy) -> xmlrpc_client::Result<i32> {
    within(server.call("m", ()).into_future()).await
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_call() {
    let count = Arc::new(AtomicUsize::new(0));
    let connections = count.clone();
    let peer = Peer::start(move |mut connection| {
        connections.fetch_add(1, Ordering::SeqCst);
        async move {
            while connection.try_request().await.is_some() {
                connection.send(ok(result(SEVEN))).await;
            }
        }
    })
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    for _ in 0..5 {
        assert_eq!(call(&server.clone()).await.unwrap(), 7);
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_call_has_a_connection_of_its_own_where_that_is_asked_for() {
    let count = Arc::new(AtomicUsize::new(0));
    let connections = count.clone();
    // One that closes a kept connection at the next request, and serves none beside an open one: each call would be lost, or wait.
    let one_at_a_time = Arc::new(tokio::sync::Mutex::new(()));
    let peer = Peer::start(move |mut connection| {
        connections.fetch_add(1, Ordering::SeqCst);
        let one_at_a_time = one_at_a_time.clone();
        async move {
            let _alone = one_at_a_time.lock().await;
            let request = connection.request().await;
            assert_eq!(request.header("connection"), Some("close"));
            connection.send(ok(result(SEVEN))).await;
            connection.closed().await;
        }
    })
    .await;
    let server = ServerProxy::builder(&peer.url()).connection_per_call();
    let server = server.build().unwrap();
    for _ in 0..5 {
        assert_eq!(call(&server).await.unwrap(), 7);
    }
    let others = ServerProxy::builder(&peer.url()).connection_per_call();
    assert_eq!(call(&others.build().unwrap()).await.unwrap(), 7);
    assert_eq!(count.load(Ordering::SeqCst), 6);
}

/// A server that closes after each answer without a word; each close is reported once it is done.
async fn closing_peer() -> (Peer, mpsc::UnboundedReceiver<()>) {
    let (closes, closed) = mpsc::unbounded_channel();
    let peer = Peer::start(move |mut connection| {
        let closes = closes.clone();
        async move {
            connection.request().await;
            connection.send(ok(result(SEVEN))).await;
            drop(connection);
            let _ = closes.send(());
        }
    })
    .await;
    (peer, closed)
}

#[tokio::test]
async fn a_connection_closed_before_the_call_is_replaced_silently() {
    let (peer, mut closed) = closing_peer().await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    for round in 0..300 {
        assert_eq!(
            call(&server)
                .await
                .unwrap_or_else(|error| panic!("{round}: {}", chain(&error))),
            7
        );
        within(closed.recv()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_closed_before_the_call_is_replaced_silently_on_many_threads() {
    let (closes, mut closed) = mpsc::unbounded_channel();
    let peer = Peer::start(move |mut connection| {
        let closes = closes.clone();
        async move {
            connection.request().await;
            connection.send(ok(result(SEVEN))).await;
            connection.finish().await;
            // The other threads see the close in their own time: here they have.
            connection.closed().await;
            let _ = closes.send(());
        }
    })
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    for round in 0..300 {
        let result = call(&server).await;
        assert_eq!(
            result.unwrap_or_else(|error| panic!("{round}: {}", chain(&error))),
            7
        );
        within(closed.recv()).await.unwrap();
    }
}

/// A server that takes the first request of all and closes; every later one it answers.
async fn dropping_peer() -> (Peer, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let requests = count.clone();
    let peer = Peer::start(move |mut connection: Connection| {
        let requests = requests.clone();
        async move {
            connection.request().await;
            if requests.fetch_add(1, Ordering::SeqCst) > 0 {
                connection.send(ok(result(SEVEN))).await;
            }
        }
    })
    .await;
    (peer, count)
}

#[tokio::test]
async fn a_close_instead_of_an_answer_is_an_error_and_sends_nothing_twice() {
    let (peer, requests) = dropping_peer().await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let error = call(&server).await.unwrap_err();
    assert!(error.is_maybe_sent() && !error.is_connect() && !error.is_timeout());
    assert_eq!(
        error.to_string(),
        "the connection was closed before the answer was complete"
    );
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_idempotent_call_is_sent_once_more_after_a_close() {
    let (peer, requests) = dropping_peer().await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let result = within(server.call::<i32>("m", ()).idempotent().into_future()).await;
    assert_eq!(result.unwrap(), 7);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_close_on_a_kept_connection_after_the_request_is_an_error() {
    let peer = Peer::start(|mut connection| async move {
        connection.request().await;
        connection.send(ok(result(SEVEN))).await;
        connection.request().await;
    })
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    assert_eq!(call(&server).await.unwrap(), 7);
    assert!(call(&server).await.unwrap_err().is_maybe_sent());
}

#[tokio::test]
async fn an_answer_cut_short_is_an_error_of_the_connection() {
    let peer =
        Peer::answering("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<?xml version=\"1.0\"?><methodRes")
            .await;
    let error = call(&ServerProxy::new(&peer.url()).unwrap()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the connection was closed before the answer was complete"
    );
}

#[tokio::test]
async fn a_refused_connection_is_a_connect_error_and_sent_nothing() {
    let peer = Peer::answering("").await;
    let url = peer.url().replace("http://", "http://ada:secret@");
    let address = format!("http://{}", peer.authority);
    drop(peer);
    let server = ServerProxy::new(&url).unwrap();
    // The listener is gone once its task has been dropped.
    let error = loop {
        match call(&server).await {
            Err(error) if error.is_connect() => break error,
            _ => tokio::task::yield_now().await,
        }
    };
    assert!(!error.is_maybe_sent() && !error.is_timeout());
    assert_eq!(error.to_string(), format!("no connection to {address}"));
    assert!(!format!("{} {error:?}", chain(&error)).contains("secret"));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_connection_that_does_not_come_about_in_time_is_a_connect_error_and_a_timeout() {
    use std::time::Duration;
    use tokio::net::{TcpSocket, TcpStream};
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts: once the queue is full, connecting hangs.
    let mut queue = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        queue.push(stream.unwrap());
    }
    let server = ServerProxy::builder(&format!("http://{address}/"))
        .connect_timeout(Duration::from_millis(20))
        .build()
        .unwrap();
    let error = call(&server).await.unwrap_err();
    assert!(
        error.is_connect() && error.is_timeout() && !error.is_maybe_sent(),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("no connection to http://{address} in time")
    );
}

#[tokio::test]
async fn a_dropped_call_leaves_the_proxy_usable() {
    let peer = Peer::start(|mut connection| async move {
        connection.request().await;
        match connection.number {
            0 => connection.closed().await,
            _ => connection.send(ok(result(SEVEN))).await,
        }
    })
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let first = server.call::<i32>("m", ()).into_future();
    tokio::select! {
        biased;
        _ = first => panic!("it has no answer"),
        () = async { for _ in 0..20 { tokio::task::yield_now().await; } } => {}
    }
    let second = loop {
        // Until the dropped call has reached the server, that takes this one for the first.
        match call(&server).await {
            Ok(second) => break second,
            Err(error) => assert!(error.is_maybe_sent(), "{error}"),
        }
    };
    assert_eq!(second, 7);
}

#[tokio::test]
async fn a_close_is_noticed_although_the_runtime_had_no_time_to_look() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (answered, answer) = std::sync::mpsc::channel();
    let (closes, closed) = std::sync::mpsc::channel();
    let peer = std::thread::spawn(move || {
        while answer.recv().is_ok() {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"</methodCall>") {
                let mut piece = [0; 1024];
                let length = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..length]);
            }
            stream.write_all(&ok(result(SEVEN))).unwrap();
            answer.recv().unwrap();
            drop(stream);
            closes.send(()).unwrap();
        }
    });
    let server = ServerProxy::new(&url).unwrap();
    for round in 0..100 {
        answered.send(()).unwrap();
        let result = call(&server).await;
        assert_eq!(
            result.unwrap_or_else(|error| panic!("{round}: {}", chain(&error))),
            7
        );
        answered.send(()).unwrap();
        // This holds up the only thread of the runtime.
        closed.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    }
    drop(answered);
    peer.join().unwrap();
}

/// A proxy whose calls go out by reqwest, and one whose calls go straight to hyper's pool.
fn both(url: &str) -> [ServerProxy; 2] {
    let by_reqwest = ServerProxy::builder(url).http_proxy_from_environment();
    [by_reqwest, ServerProxy::builder(url)].map(|builder| builder.build().unwrap())
}

#[tokio::test]
async fn requests_are_the_same_whoever_sends_them() {
    let (sender, mut requests) = mpsc::unbounded_channel();
    let peer = Peer::start(move |mut connection| {
        let sender = sender.clone();
        async move {
            while let Some(request) = connection.try_request().await {
                sender.send(request).unwrap();
                connection.send(ok(result(SEVEN))).await;
            }
        }
    })
    .await;
    for server in both(&peer.url().replace("http://", "http://user:password@")) {
        let call = server.call::<i32>("m", ("a", 1)).header("X-Own", "value");
        assert_eq!(within(call.into_future()).await.unwrap(), 7);
    }
    let (first, second) = (requests.recv().await.unwrap(), requests.recv().await.unwrap());
    assert_eq!(first.head, second.head);
    assert_eq!(first.body, second.body);
}

/// What comes of a call: the result or the error, whether it may have been sent, whether there was no connection, and the status.
async fn outcome(server: &ServerProxy) -> (String, bool, bool, Option<http::StatusCode>) {
    match call(server).await {
        Ok(number) => (number.to_string(), true, false, None),
        Err(error) => {
            // What reqwest puts before hyper's reason says no more than that.
            let words = [
                "error sending request: ",
                "error decoding response body: ",
                "request or response body error: ",
            ];
            let text = words
                .iter()
                .fold(error.to_string(), |text, words| text.replace(words, ""));
            (text, error.is_maybe_sent(), error.is_connect(), error.status())
        }
    }
}

#[tokio::test]
async fn answers_and_errors_are_the_same_whoever_receives_them() {
    let whole = ok(result(SEVEN));
    let informed = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
    for answer in [
        &whole[..],
        &[informed, &whole[..]].concat(),
        &whole[..whole.len() - 5],
        &whole[..20],
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<met",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ] {
        let peer = Peer::answering(answer.to_vec()).await;
        let [by_reqwest, direct] = both(&peer.url());
        assert_eq!(
            outcome(&by_reqwest).await,
            outcome(&direct).await,
            "{}",
            answer.escape_ascii()
        );
    }
    let [by_reqwest, direct] = both("http://127.0.0.1:1/");
    assert_eq!(outcome(&by_reqwest).await, outcome(&direct).await);
}
