//! What the connections of HTTP/1 owe and endure: timeouts, heads, lengths.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;
use xmlrpc_server::{Methods, Server, Value};

use crate::support::{Client, TestServer, at_once, plain_call, post, server_has_read, within};

fn methods() -> Methods {
    Methods::new().method("echo", |x: Value| x)
}

fn echo(text: &str) -> String {
    format!(
        "<methodCall><methodName>echo</methodName><params><param><value>{text}</value></param></params></methodCall>"
    )
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_later_than_one_that_stays_in_a_head() {
    let timeouts = |server: Server| {
        server
            .header_timeout(Duration::from_secs(10))
            .idle_timeout(Duration::from_secs(1000))
    };
    let server = TestServer::with(methods(), timeouts).await;
    for (begun, calls, seconds) in [("", 0, 10), ("POST", 0, 10), ("", 1, 1000), ("", 2, 1000)] {
        let mut client = server.connect().await;
        for _ in 0..calls {
            at_once(call(&mut client)).await;
        }
        client.send(begun).await;
        at_once(server_has_read()).await;
        let begin = Instant::now();
        client.rest_after_silence().await;
        assert_eq!(begin.elapsed().as_secs(), seconds, "{begun} after {calls} calls");
    }
    // The time for a head begins with its first byte, however long the connection was idle before, and ends whatever follows.
    let mut client = server.connect().await;
    for pause in [900, 900, 5] {
        at_once(call(&mut client)).await;
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
    let begin = Instant::now();
    client.send("POST / HT").await;
    at_once(server_has_read()).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    client.send("TP/1.1\r\n").await;
    at_once(server_has_read()).await;
    assert_eq!(client.rest_after_silence().await, "");
    assert_eq!(begin.elapsed().as_secs(), 10);
    server.stopped().await;
}

async fn call(client: &mut Client) {
    client.post(&echo("again")).await;
    assert_eq!(client.paused_response().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_may_take_longer_than_any_timeout_of_the_connection() {
    let methods = Methods::new().async_method("sleep", || tokio::time::sleep(Duration::from_secs(200)));
    let server = TestServer::start(methods).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.post(&plain_call("sleep")).await;
        assert_eq!(client.paused_response().await.status, 200);
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_head_over_the_limit_is_answered_431() {
    let server = TestServer::with(methods(), |server| server.header_bytes(10_000)).await;
    for (filler, status) in [
        ("a".repeat(9_000), "200"),
        ("a".repeat(10_000), "431"),
        ("a".repeat(1_000_000), "431"),
        ("\r\nh: v".repeat(95), "200"),
        ("\r\nh: v".repeat(101), "431"),
    ] {
        let mut client = server.connect().await;
        let body = echo("filled");
        let head = format!(
            "POST / HTTP/1.1\r\nx: {filler}\r\nContent-Length: {}\r\nConnection: close",
            body.len()
        );
        // A refusal may come before all is written.
        let _ = within(client.0.write_all(format!("{head}\r\n\r\n{body}").as_bytes())).await;
        let rest = client.rest().await;
        assert!(rest.starts_with(&format!("HTTP/1.1 {status} ")), "{rest}");
    }
    // One without an end is not waited for.
    let mut client = server.connect().await;
    client
        .send(format!("POST / HTTP/1.1\r\nx: {}", "a".repeat(64 * 1024)))
        .await;
    assert!(client.rest().await.starts_with("HTTP/1.1 431 "));
    server.stopped().await;
}

#[tokio::test]
async fn length_and_chunks_together_are_read_as_chunks_and_nothing_behind_them_is_a_request() {
    let server = TestServer::start(methods()).await;
    let (length, chunked) = ("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n");
    let body = echo("chunks");
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for headers in [format!("{length}{chunked}"), format!("{chunked}{length}")] {
        let mut client = server.connect().await;
        let smuggled = post(&echo("smuggled"));
        client
            .send(format!(
                "POST / HTTP/1.1\r\nHost: x\r\n{headers}\r\n{chunks}{smuggled}"
            ))
            .await;
        let response = client.response().await;
        assert!(response.body.contains("chunks"), "{response:?}");
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(client.rest().await, "");
    }
    for headers in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
    ] {
        let mut client = server.connect().await;
        client
            .send(format!("POST / HTTP/1.1\r\nHost: x\r\n{headers}\r\n12345"))
            .await;
        let rest = client.rest().await;
        assert!(rest.starts_with("HTTP/1.1 400 "), "{headers}: {rest}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn expect_continue_is_not_told_to_go_on_with_what_would_be_refused() {
    let server = TestServer::start(methods()).await;
    for (path, length, status) in [("/RPC2", 99_999_999, 413), ("/other", 10, 404)] {
        let mut client = server.connect().await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        );
        client.send(head).await;
        assert_eq!(client.response().await.status, status);
        client.0.shutdown().await.unwrap();
        assert_eq!(client.rest().await, "");
    }
    server.stopped().await;
}
