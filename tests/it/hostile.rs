//! Documents and connections that mean no good. After each of them a normal call succeeds.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use xmlrpc_core::{Category, Limits, Value, from_slice};
use xmlrpc_server::{HttpService, Methods};
use xmlrpc_tests::{Answer, TestServer};

use crate::service;

pub(crate) const GOOD: &str = "<methodCall><methodName>add</methodName><params><param><value><int>1</int></value></param>\
    <param><value><int>2</int></value></param></params></methodCall>";

pub(crate) fn call_with(value: &str) -> String {
    format!("<methodCall><methodName>echo</methodName><params><param>{value}</param></params></methodCall>")
}

/// Posts a document, then a good one on the same connection and on a new one.
pub(crate) fn post(server: &TestServer, body: &str) -> Answer {
    let mut connection = server.connect();
    let answer = connection.post(body).unwrap();
    if answer.status() == 200 {
        assert_good(&connection.post(GOOD).unwrap());
    }
    assert_good(&server.connect().post(GOOD).unwrap());
    answer
}

pub(crate) fn assert_good(answer: &Answer) {
    assert_eq!(answer.status(), 200);
    assert!(answer.body.contains("<int>3</int>"), "{}", answer.body);
}

#[track_caller]
pub(crate) fn assert_fault(answer: &Answer, code: i32, text: &str) {
    assert_eq!(answer.status(), 200, "{}", answer.body);
    let expected = format!("<name>faultCode</name><value><int>{code}</int></value>");
    assert!(
        answer.body.contains(&expected) && answer.body.contains(text),
        "{}",
        answer.body
    );
    assert!(answer.body.len() < 1000, "{} bytes", answer.body.len());
}

#[test]
fn deep_nesting_is_read_and_written_where_the_limits_allow_it() {
    let methods = Methods::new()
        .limits(Limits::default().depth(200_000))
        .method("echo", |value: Value| value)
        .method("add", |a: i32, b: i32| a + b);
    let server = TestServer::start(methods);
    let deep = format!(
        "{}<value><int>1</int></value>{}",
        "<value><array><data>".repeat(100_000),
        "</data></array></value>".repeat(100_000)
    );
    let answer = post(&server, &call_with(&deep));
    assert!(answer.body.contains(&deep), "{} bytes", answer.body.len());
}

#[test]
fn a_deep_value_is_dropped_on_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    let dropped = small.spawn(|| {
        let mut value = Value::Nil;
        for _ in 0..100_000 {
            value = Value::from(vec![value]);
        }
        drop(value);
    });
    dropped.unwrap().join().unwrap();
}

#[test]
fn a_body_over_the_limit_is_413_and_names_limit_and_setter() {
    let server = TestServer::start(HttpService::new(service::methods()).body_bytes(10_000));
    let large = call_with(&format!("<value>{}</value>", "x".repeat(20_000)));
    let answer = post(&server, &large);
    assert_eq!(answer.status(), 413);
    assert!(
        answer.body.contains("10000") && answer.body.contains("body_bytes"),
        "{}",
        answer.body
    );

    // A length that is only claimed is refused before anything of the body is sent.
    let mut connection = server.connect();
    connection
        .send("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        .unwrap();
    assert_eq!(connection.answer().unwrap().status(), 413);

    // Of a chunked body no more than the limit is read.
    let mut connection = server.connect();
    connection
        .send("POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    for _ in 0..20 {
        // The server may close while the rest is on its way.
        if connection
            .send(format!("400\r\n{}\r\n", "x".repeat(1024)))
            .is_err()
        {
            break;
        }
    }
    assert_eq!(connection.answer().unwrap().status(), 413);
    assert_good(&server.connect().post(GOOD).unwrap());
}

#[test]
fn bodies_cut_short_run_nothing() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let server = TestServer::start(Methods::new().method("add", move |a: i32, b: i32| {
        counted.fetch_add(1, Ordering::Relaxed);
        a + b
    }));
    for (good_calls, sent) in (1..).zip([0, 1, GOOD.len() / 2, GOOD.len() - 1]) {
        let mut connection = server.connect();
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            GOOD.len()
        );
        connection.send(head + &GOOD[..sent]).unwrap();
        connection.end().unwrap();
        assert_eq!(connection.answer().unwrap().status(), 400);
        assert_good(&server.connect().post(GOOD).unwrap());
        assert_eq!(runs.load(Ordering::Relaxed), good_calls);
    }
    for sent in 0..GOOD.len() {
        let answer = server.connect().post(&GOOD[..sent]).unwrap();
        assert_fault(&answer, -32700, "");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 4);
}

#[test]
fn garbage_is_a_fault_and_never_ends_the_server() {
    let server = TestServer::start(service::methods());
    for body in [
        "",
        " ",
        "\0",
        "{}",
        "method=add&a=1",
        "<",
        "<methodCall",
        "]]>",
        "<methodCall>\u{1}</methodCall>",
    ] {
        assert_fault(&post(&server, body), -32700, "");
    }
    for body in [
        "<html></html>",
        "<methodResponse/>",
        "<methodCall></methodCall>",
        "<methodCall><methodName/></methodCall>",
    ] {
        assert_fault(&post(&server, body), -32600, "");
    }
    let mut connection = server.connect();
    connection
        .send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        .unwrap();
    connection.end().unwrap();
    let _ = connection.answer();
    assert_good(&server.connect().post(GOOD).unwrap());
}

#[test]
fn bytes_in_no_known_encoding_are_told_apart() {
    let server = TestServer::start(service::methods());
    let mut connection = server.connect();
    let answer = connection
        .post(b"<methodCall><methodName>\xFF</methodName></methodCall>")
        .unwrap();
    assert_fault(&answer, -32702, "UTF-8");
    let answer = connection
        .post("<?xml version=\"1.0\" encoding=\"x-klingon\"?><methodCall/>")
        .unwrap();
    assert_fault(&answer, -32701, "x-klingon");
}

#[test]
fn deep_answers_are_refused_by_the_client_side_as_well() {
    let deep = format!(
        "{}<value/>{}",
        "<value><array><data>".repeat(100_000),
        "</data></array></value>".repeat(100_000)
    );
    let error = from_slice::<Value>(deep.as_bytes()).unwrap_err();
    assert_eq!(error.category(), Category::Limit);
}

#[test]
fn a_body_that_is_not_compressed_as_it_says_is_a_fault() {
    let server = TestServer::start(service::methods());
    let mut connection = server.connect();
    for (name, code) in [("gzip", "-32300"), ("identity", "<int>3</int>")] {
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Encoding: {name}\r\nContent-Length: {}\r\n\r\n",
            GOOD.len()
        );
        connection.send(head).unwrap();
        connection.send(GOOD).unwrap();
        let answer = connection.answer().unwrap();
        assert!(answer.body.contains(code), "{}", answer.body);
        assert!(
            name == "identity" || answer.body.contains(name),
            "{}",
            answer.body
        );
    }
}

#[test]
fn a_client_that_never_reads_its_reply_is_disconnected() {
    let methods = service::methods().method("big", || "x".repeat(32 << 20));
    let server = TestServer::start_with(methods, |server| server.write_timeout(Duration::from_millis(200)));
    let mut connection = server.connect();
    let call = "<methodCall><methodName>big</methodName></methodCall>";
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        call.len()
    );
    connection.send(head + call).unwrap();
    // A server that waits for its reply to be taken reads nothing: writing goes on until it has closed the connection.
    let chunk = vec![b'x'; 1 << 20];
    let end = (0..1000).find_map(|_| connection.send(&chunk).err());
    let kind = end.map(|error| error.kind());
    assert!(
        matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)),
        "{kind:?}"
    );
    assert_good(&server.connect().post(GOOD).unwrap());
}

#[test]
fn pages_of_other_origins_are_refused_unless_allowed() {
    let server = TestServer::start(HttpService::new(service::methods()).allow_origin("https://good.example"));
    let mut connection = server.connect();
    for (headers, status) in [
        ("", 200),
        ("Origin: http://test\r\n", 200),
        ("Origin: http://test\r\nSec-Fetch-Site: same-origin\r\n", 200),
        ("Sec-Fetch-Site: none\r\n", 200),
        (
            "Origin: https://good.example\r\nSec-Fetch-Site: cross-site\r\n",
            200,
        ),
        ("Origin: http://evil.example\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Origin: http://test:8080\r\n", 403),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Origin: http://test\r\nSec-Fetch-Site: same-site\r\n", 403),
    ] {
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: test\r\n{headers}Content-Length: {}\r\n\r\n",
            GOOD.len()
        );
        connection.send(head + GOOD).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status(), status, "{headers}");
        assert!(
            status == 200 || answer.body.contains("allow_origin"),
            "{}",
            answer.body
        );
    }
}
