use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;
use xmlrpc_server::{CallContext, HttpService, MediaTypes, Methods, Value};

use crate::support::{TestServer, plain_call, post, within};

fn methods() -> Methods {
    Methods::new()
        .method("echo", |x: Value| x)
        .method("port", |context: CallContext| {
            context.peer().map(|peer| peer.port())
        })
        .method("agent", |context: CallContext| {
            context
                .headers()
                .get("user-agent")
                .map(|agent| format!("{agent:?}"))
        })
        .method("panic", || -> i32 { panic!("secret") })
}

fn echo(text: &str) -> String {
    format!(
        "<methodCall><methodName>echo</methodName><params><param><value>{text}</value></param></params></methodCall>"
    )
}

#[tokio::test]
async fn a_call_is_answered_with_xml_and_its_length() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client.post(&echo("<int>7</int>")).await;
    let response = client.response().await;
    assert_eq!((response.status, response.version.as_str()), (200, "HTTP/1.1"));
    assert_eq!(response.header("content-type"), Some("text/xml; charset=utf-8"));
    assert_eq!(response.header("transfer-encoding"), None);
    assert!(
        response
            .body
            .starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse>")
    );
    assert!(response.body.contains("<value><int>7</int></value>"));
    server.stopped().await;
}

#[tokio::test]
async fn a_connection_stays_usable_after_every_fault() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for (body, code) in [
        ("garbage".to_owned(), "-32700"),
        (String::new(), "-32700"),
        ("<html/>".to_owned(), "-32600"),
        (plain_call("nothing"), "-32601"),
        (plain_call("echo"), "-32602"),
        (plain_call("panic"), "-32603"),
    ] {
        client.post(&body).await;
        let response = client.response().await;
        assert_eq!(response.status, 200, "{body}");
        assert!(response.body.contains(code), "{body}: {}", response.body);
        assert!(!response.body.contains("secret"));
        client.post(&echo("still here")).await;
        assert!(client.response().await.body.contains("still here"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn pipelined_calls_are_answered_in_order() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let requests: String = (0..50).map(|i| post(&echo(&format!("call {i}.")))).collect();
    client.send(requests).await;
    for i in 0..50 {
        assert!(client.response().await.body.contains(&format!("call {i}.")));
    }
    server.stopped().await;
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_and_the_connection_stays() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for (request, status) in [
        (
            "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz",
            404,
        ),
        (
            "POST /RPC2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            404,
        ),
        ("DELETE /RPC2 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", 405),
        ("GET /other HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    ] {
        client.send(request).await;
        let response = client.response().await;
        assert_eq!(response.status, status, "{request}");
        let allow = (status == 405).then_some("GET, HEAD, POST");
        assert_eq!(response.header("allow"), allow);
        assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    client
        .send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz")
        .await;
    assert_eq!(client.response().await.status, 200);
    server.stopped().await;
}

#[tokio::test]
async fn any_content_type_or_none_will_do() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("here");
    for header in [
        "",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: nonsense\r\n",
        "Content-Type: \r\n",
    ] {
        let length = body.len();
        client
            .send(format!(
                "POST /RPC2 HTTP/1.1\r\nHost: x\r\n{header}Content-Length: {length}\r\n\r\n{body}"
            ))
            .await;
        assert!(client.response().await.body.contains("here"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn an_xml_type_can_be_demanded() {
    let service = HttpService::new(methods()).media_types(MediaTypes::Xml);
    let server = TestServer::start(service).await;
    let mut client = server.connect().await;
    let body = echo("here");
    for (header, status) in [
        ("Content-Type: text/xml; charset=utf-8\r\n", 200),
        ("Content-Type: application/xml\r\n", 200),
        ("Content-Type: text/plain\r\n", 415),
        ("", 415),
    ] {
        let length = body.len();
        client
            .send(format!(
                "POST /RPC2 HTTP/1.1\r\nHost: x\r\n{header}Content-Length: {length}\r\n\r\n{body}"
            ))
            .await;
        let response = client.response().await;
        assert_eq!(response.status, status, "{header}");
        assert_eq!(
            response.body.contains("media_types"),
            status == 415,
            "{}",
            response.body
        );
    }
    server.stopped().await;
}

#[tokio::test]
async fn the_charset_of_the_content_type_is_obeyed() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let mut body = echo("~").into_bytes();
    let place = body.iter().position(|&byte| byte == b'~').unwrap();
    body[place] = 0xFC;
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml; charset=\"ISO-8859-1\"\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    client.send([head.as_bytes(), &body].concat()).await;
    assert!(client.response().await.body.contains("<string>ü</string>"));
    server.stopped().await;
}

#[tokio::test]
async fn handlers_see_peer_and_headers() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let port = client.0.local_addr().unwrap().port();
    client.post(&plain_call("port")).await;
    assert!(
        client
            .response()
            .await
            .body
            .contains(&format!("<int>{port}</int>"))
    );
    let body = plain_call("agent");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nUser-Agent: me\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    client.send(head + &body).await;
    assert!(client.response().await.body.contains("\"me\""));
    server.stopped().await;
}

#[tokio::test]
async fn chunked_bodies_are_read() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("chunked");
    let (first, second) = body.split_at(30);
    client
        .send("POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    for chunk in [first, second] {
        client.send(format!("{:x}\r\n{chunk}\r\n", chunk.len())).await;
    }
    client.send("0\r\n\r\n").await;
    assert!(client.response().await.body.contains("chunked"));
    client.post(&echo("next")).await;
    assert!(client.response().await.body.contains("next"));
    server.stopped().await;
}

#[tokio::test]
async fn expect_continue_is_told_to_go_on() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("waited");
    client
        .send(format!(
            "POST /RPC2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ))
        .await;
    client.interim().await;
    client.send(body).await;
    assert!(client.response().await.body.contains("waited"));
    server.stopped().await;
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("old");
    client
        .send(format!(
            "POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    let response = client.response().await;
    assert!(response.body.contains("old"));
    assert_eq!(response.version, "HTTP/1.0");
    assert_eq!(client.rest().await, "");
    server.stopped().await;
}

#[tokio::test]
async fn http_1_0_stays_open_when_asked_to() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("old");
    for _ in 0..3 {
        let length = body.len();
        client
            .send(format!(
                "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: {length}\r\n\r\n{body}"
            ))
            .await;
        assert!(client.response().await.body.contains("old"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_a_byte_is_sent() {
    let server = TestServer::start(HttpService::new(methods()).body_bytes(1000)).await;
    for length in ["1001", "9223372036854775807"] {
        let mut client = server.connect().await;
        client
            .send(format!(
                "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
            ))
            .await;
        let response = client.response().await;
        assert_eq!(response.status, 413);
        assert_eq!(
            response.body,
            "the request body is longer than 1000 bytes; body_bytes raises this limit\n"
        );
        assert_eq!(response.header("connection"), Some("close"));
        client.0.shutdown().await.unwrap();
        assert_eq!(client.rest().await, "");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_body_of_just_the_limit_is_taken() {
    let body = echo(&"x".repeat(100));
    let length = body.len();
    let server = TestServer::start(HttpService::new(methods()).body_bytes(length)).await;
    let mut client = server.connect().await;
    client.post(&body).await;
    assert_eq!(client.response().await.status, 200);
    client.post(&format!("{body} ")).await;
    assert_eq!(client.response().await.status, 413);
    drop(client);
    server.stopped().await;
}

#[tokio::test]
async fn a_chunked_body_is_read_no_further_than_the_limit() {
    let server = TestServer::start(HttpService::new(methods()).body_bytes(1000)).await;
    let mut client = server.connect().await;
    client
        .send("POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    // The body has no end, and yet there is an answer.
    client
        .send(format!("3e8\r\n{}\r\n1\r\nx\r\n", "x".repeat(1000)))
        .await;
    let response = client.response().await;
    assert_eq!(response.status, 413);
    assert!(response.body.contains("1000 bytes"));
    drop(client);
    server.stopped().await;
}

#[tokio::test]
async fn a_client_that_sends_too_much_at_once_still_gets_its_answer() {
    let server = TestServer::start(HttpService::new(methods()).body_bytes(1000)).await;
    let mut client = server.connect().await;
    client.post(&"x".repeat(8 * 1024 * 1024)).await;
    assert_eq!(client.response().await.status, 413);
    drop(client);
    server.stopped().await;
}

#[tokio::test]
async fn a_body_that_ends_too_early_runs_nothing() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("cut");
    client
        .send(format!(
            "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len() + 1
        ))
        .await;
    client.0.shutdown().await.unwrap();
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 400 ") || rest.is_empty(), "{rest}");
    assert!(!rest.contains("cut"));
    let mut client = server.connect().await;
    client.post(&echo("next")).await;
    assert!(client.response().await.body.contains("next"));
    server.stopped().await;
}

#[tokio::test]
async fn a_client_that_closes_its_half_gets_its_answer() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client.post(&echo("half")).await;
    client.0.shutdown().await.unwrap();
    assert!(client.response().await.body.contains("half"));
    assert_eq!(client.rest().await, "");
    server.stopped().await;
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_others_are_served() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client.send("<methodCall>\r\n\r\n\r\n").await;
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 400 "), "{rest:?}");
    let mut client = server.connect().await;
    client.post(&echo("next")).await;
    assert!(client.response().await.body.contains("next"));
    server.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_too_long_is_cut_off() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client.send("POST /RPC2 HTTP/1.1\r\nHo").await;
    client.rest_after_silence().await;
    server.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_takes_too_long_is_answered_408() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client
        .send("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nxyz")
        .await;
    let text = client.rest_after_silence().await;
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(text.contains("body_timeout"), "{text}");
    server.stopped().await;
}

#[tokio::test]
async fn connections_beyond_the_cap_wait() {
    let server = TestServer::with(methods(), |server| server.connections(1)).await;
    let mut first = server.connect().await;
    first.post(&echo("first")).await;
    assert!(first.response().await.body.contains("first"));
    let mut second = server.connect().await;
    second.post(&echo("second")).await;
    // The first connection is served on, while the second one waits for its end.
    first.post(&echo("again")).await;
    assert!(first.response().await.body.contains("again"));
    drop(first);
    assert!(second.response().await.body.contains("second"));
    server.stopped().await;
}

#[tokio::test]
async fn calls_beyond_their_number_wait_with_their_bodies_read() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let methods = Methods::new().async_method("wait", {
        let gate = gate.clone();
        move |number: i32| {
            let (arrived, gate) = (arrived.clone(), gate.clone());
            async move {
                arrived.send(number).unwrap();
                gate.acquire().await.unwrap().forget();
                number
            }
        }
    });
    let server = TestServer::start(HttpService::new(methods).concurrent_calls(2)).await;
    let mut clients = Vec::new();
    for number in 1..=4 {
        let body = format!(
            "<methodCall><methodName>wait</methodName><params><param><value><int>{number}</int></value></param></params></methodCall>"
        );
        let mut client = server.connect().await;
        client
            .send(format!(
                "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
                body.len()
            ))
            .await;
        client.interim().await;
        client.send(body).await;
        if number <= 2 {
            assert_eq!(within(arrivals.recv()).await, Some(number));
        }
        clients.push(client);
    }
    // What is no call has nothing to wait for.
    let mut other = server.connect().await;
    other.send("PUT / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(other.response().await.status, 405);
    assert!(arrivals.try_recv().is_err(), "two run, and no more");
    for (number, mut client) in (1..).zip(clients) {
        gate.add_permits(if number <= 2 { 1 } else { 2 });
        assert!(
            client
                .response()
                .await
                .body
                .contains(&format!("<int>{number}</int>"))
        );
        if number <= 2 {
            within(arrivals.recv()).await.unwrap();
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_reply_does_not_wait_for_the_rest_of_what_was_sent() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let next = post(&echo("second"));
    for behind in ["\r\n", &next[..20], &next[..next.len() - 1]] {
        let mut client = server.connect().await;
        client.send(post(&echo("first")) + behind).await;
        assert!(client.response().await.body.contains("first"));
    }
    client.send(post(&echo("first")) + "\r\n" + &next[..30]).await;
    assert!(client.response().await.body.contains("first"));
    client.send(&next[30..]).await;
    assert!(client.response().await.body.contains("second"));
    server.stopped().await;
}

#[tokio::test]
async fn garbage_behind_a_call_does_not_swallow_its_reply() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client.send(post(&echo("first")) + "<garbage>\r\n\r\n").await;
    assert!(client.response().await.body.contains("first"));
    assert!(client.rest().await.starts_with("HTTP/1.1 400 "));
    server.stopped().await;
}
