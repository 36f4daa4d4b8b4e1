//! Exchanges recorded, and answered from.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use xmlrpc_client::record::{Loader, Order, Recorder, Recording};
use xmlrpc_client::transport::{Response, Transport, from_fn};
use xmlrpc_client::{
    Dialect, Encoding, Error, Fault, MethodCall, MethodResponse, ServerProxy, Value, blocking, profile, value,
};

use crate::support::{Peer, SEVEN, chain, http, result, within};

/// What was written, for all to see.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is removed at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("xmlrpc-client-{}-{name}.jsonl", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn document(value: &Value) -> Vec<u8> {
    MethodResponse::Success(value).to_vec().unwrap()
}

/// A server that gives its parameters back.
fn echo() -> impl Transport {
    from_fn(|request| async move {
        let call: MethodCall = MethodCall::from_slice(&request.body).map_err(Error::transport)?;
        let answer = match call.method.as_str() {
            "fail" => MethodResponse::Fault(Fault::new(3, "no")),
            _ => MethodResponse::Success(call.params),
        };
        Ok(Response::new(answer.to_vec().map_err(Error::transport)?))
    })
}

/// The text of a recording of calls, each answered with its number.
fn recording(calls: &[(&str, Vec<Value>)]) -> String {
    let written = Written::default();
    let recorder = Recorder::to_writer(written.clone());
    for ((method, params), number) in calls.iter().zip(1..) {
        let request = MethodCall::new(method, params).unwrap().to_vec().unwrap();
        let response = Response::new(document(&Value::Int(number)));
        recorder.record(&request, &HeaderMap::new(), &response).unwrap();
    }
    assert_eq!(recorder.finish().unwrap(), calls.len());
    written.text()
}

fn replay(text: &str) -> Recording {
    text.parse().unwrap()
}

fn proxy(recording: &Recording) -> ServerProxy {
    ServerProxy::over(recording.clone()).build().unwrap()
}

/// Why a recording has no answer.
async fn refused(server: &ServerProxy, method: &str, params: impl serde::Serialize) -> String {
    let error = server.call::<Value>(method, params).await.unwrap_err();
    assert_eq!(error.to_string(), "the recording has no answer to this call");
    assert!(!error.is_maybe_sent());
    let why = chain(&error);
    why.strip_prefix("the recording has no answer to this call: ")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn what_a_tap_recorded_answers_the_same_calls() {
    let peer = Peer::answering(http(
        "200 OK",
        "Content-Type: text/xml\r\nSet-Cookie: id=7\r\n",
        result(SEVEN),
    ))
    .await;
    let written = Written::default();
    let recorder = Recorder::to_writer(written.clone());
    let server = ServerProxy::builder(&peer.url().replace("http://", "http://ada:s3cret@"))
        .secret_header("X-Token", "s3cret")
        .compress_requests(10)
        .tap(recorder.tap())
        .build()
        .unwrap();
    within(server.call::<i32>("m", ("a\"b", 1)).into_future())
        .await
        .unwrap();
    assert_eq!(recorder.finish().unwrap(), 1);

    let expected = concat!(
        r#"{"xmlrpc_recording":1}"#,
        "\n",
        r#"{"method":"m","request":{"content_type":"text/xml; charset=utf-8","body":"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"#,
        r#"<methodCall><methodName>m</methodName><params><param><value><string>a\"b</string></value></param>"#,
        r#"<param><value><int>1</int></value></param></params></methodCall>"},"response":{"content_type":"text/xml","#,
        r#""body":"<?xml version=\"1.0\"?>\n<methodResponse><params><param><value><int>7</int></value></param></params></methodResponse>"}}"#,
        "\n",
    );
    assert_eq!(written.text(), expected);

    let recording = replay(expected);
    assert_eq!(
        (recording.len(), recording.methods().collect::<Vec<_>>()),
        (1, vec!["m"])
    );
    assert_eq!(recording.unused(), ["m"]);
    // The parameters are the same in another dialect and encoding.
    let server = ServerProxy::over(recording.clone())
        .profile(profile::homematic())
        .build()
        .unwrap();
    assert_eq!(server.call::<i32>("m", ("a\"b", 1_i64)).await.unwrap(), 7);
    assert!(recording.unused().is_empty());
}

#[tokio::test]
async fn a_transport_is_recorded_with_faults_and_statuses() {
    let written = Written::default();
    let recorder = Recorder::to_writer(written.clone());
    let server = ServerProxy::over(recorder.around(echo())).build().unwrap();
    let struct_ = value!({ "a": [1, 2.5], "b": "ü" });
    assert_eq!(
        server.call::<Vec<Value>>("m", (&struct_,)).await.unwrap()[0],
        struct_
    );
    assert_eq!(
        server.call::<Value>("fail", ()).await.unwrap_err().fault(),
        Some(&Fault::new(3, "no"))
    );
    let gone = from_fn(|_| async { Ok(Response::new("go\u{7}ne").status(StatusCode::GONE)) });
    let server = ServerProxy::over(recorder.around(gone)).build().unwrap();
    server.call::<Value>("gone", ()).await.unwrap_err();
    assert_eq!(recorder.finish().unwrap(), 3);

    let recording = replay(&written.text());
    let server = proxy(&recording);
    // Whatever the order of members.
    let turned = value!({ "b": "ü", "a": [1, 2.5] });
    assert_eq!(
        server.call::<Vec<Value>>("m", (&turned,)).await.unwrap()[0],
        struct_
    );
    assert_eq!(
        server
            .call::<Value>("fail", ())
            .await
            .unwrap_err()
            .fault()
            .map(Fault::code),
        Some(3)
    );
    assert_eq!(
        server.call::<Value>("gone", ()).await.unwrap_err().status(),
        Some(StatusCode::GONE)
    );
    let blocking = blocking::ServerProxy::over(recording).build().unwrap();
    assert_eq!(blocking.call::<Vec<Value>>("m", (&turned,)).unwrap()[0], struct_);
}

#[tokio::test]
async fn redirects_and_calls_without_an_answer_are_not_recorded() {
    let written = Written::default();
    let recorder = Recorder::to_writer(written.clone());
    let broken = from_fn(|_| async { Err::<Response, _>(Error::transport("lost")) });
    let server = ServerProxy::over(broken).tap(recorder.tap()).build().unwrap();
    server.call::<Value>("m", ()).await.unwrap_err();

    let peer = Peer::start(|mut connection| async move {
        let request = connection.request().await;
        let answer = match request.head.starts_with("POST /RPC2 ") {
            true => http(
                "308 Permanent Redirect",
                "Location: /there\r\nConnection: close\r\n",
                "",
            ),
            false => http("200 OK", "", result(SEVEN)),
        };
        connection.send(answer).await;
    })
    .await;
    let server = ServerProxy::builder(&peer.url())
        .tap(recorder.tap())
        .build()
        .unwrap();
    assert_eq!(
        within(server.call::<i32>("m", ()).into_future()).await.unwrap(),
        7
    );
    assert_eq!(recorder.finish().unwrap(), 1);
    assert_eq!(
        proxy(&replay(&written.text()))
            .call::<i32>("m", ())
            .await
            .unwrap(),
        7
    );
}

#[tokio::test]
async fn bodies_that_are_not_utf_8_come_back_byte_by_byte() {
    let written = Written::default();
    let recorder = Recorder::to_writer(written.clone());
    let latin1 = xmlrpc_core::Encoder::new().dialect(Dialect::default().encoding(Encoding::ISO_8859_1));
    let request = latin1.method_call("m", &("Küche",)).unwrap();
    let headers = |charset: &str| {
        let content_type = HeaderValue::try_from(format!("text/xml; charset={charset}")).unwrap();
        HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)])
    };
    let every_byte: Vec<u8> = (0..=255).collect();
    let response = Response::new(every_byte.clone()).headers(headers("iso-8859-1"));
    recorder
        .record(&request, &headers("iso-8859-1"), &response)
        .unwrap();
    assert!(written.text().contains("{\"latin1\":\"<?xml") && written.text().contains("Küche"));

    let recording = replay(&written.text());
    let utf8 = MethodCall::new("m", ("Küche",)).unwrap().to_vec().unwrap();
    let answer = recording.answer(&utf8, None).unwrap();
    assert_eq!(answer.body, every_byte);
    assert_eq!(answer.charset.as_deref(), Some("iso-8859-1"));
    assert_eq!(
        recording.answer(&request, Some("iso-8859-1")).unwrap().body,
        every_byte
    );
}

#[tokio::test]
async fn equal_calls_get_their_answers_in_order_and_the_last_one_from_then_on() {
    let text = recording(&[("a", vec![]), ("b", vec![]), ("a", vec![]), ("a", vec![1.into()])]);
    let server = proxy(&replay(&text));
    assert_eq!(server.call::<i32>("a", (1,)).await.unwrap(), 4);
    for expected in [1, 3, 3, 3] {
        assert_eq!(server.call::<i32>("a", ()).await.unwrap(), expected);
    }
    for _ in 0..2 {
        assert_eq!(server.call::<i32>("b", ()).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn each_exchange_can_be_used_once_only() {
    let text = recording(&[("a", vec![]), ("b", vec![]), ("a", vec![])]);
    let recording = replay(&text).order(Order::Once);
    let server = proxy(&recording);
    assert_eq!(server.call::<i32>("b", ()).await.unwrap(), 2);
    assert_eq!(server.call::<i32>("a", ()).await.unwrap(), 1);
    assert_eq!(recording.unused(), ["a"]);
    assert_eq!(server.call::<i32>("a", ()).await.unwrap(), 3);
    assert_eq!(
        refused(&server, "a", ()).await,
        "all answers to `a` with these parameters were given"
    );
}

#[tokio::test]
async fn the_recorded_order_can_be_demanded() {
    let text = recording(&[("a", vec![1.into()]), ("b", vec![])]);
    let server = proxy(&replay(&text).order(Order::AsRecorded));
    assert_eq!(
        refused(&server, "b", ()).await,
        "it goes on with `a`, and not with `b`"
    );
    assert_eq!(
        refused(&server, "a", (2,)).await,
        "`a` was recorded with other parameters: params[0] is int 1 in the recording, and int 2 in the call"
    );
    assert_eq!(server.call::<i32>("a", (1,)).await.unwrap(), 1);
    assert_eq!(server.call::<i32>("b", ()).await.unwrap(), 2);
    assert_eq!(
        refused(&server, "b", ()).await,
        "it ends after 2 exchanges, all of which were asked for"
    );
}

#[tokio::test]
async fn a_call_that_matches_nothing_is_told_what_is_different() {
    let user = value!({ "name": "Ada", "born": 1815, "tags": ["x", true] });
    let text = recording(&[
        ("far", vec![]),
        ("set", vec![1.into(), 2.into(), 3.into()]),
        ("set", vec!["db".into(), user]),
    ]);
    let server = proxy(&replay(&text));
    let called = value!({ "name": "Bob", "tags": ["x", 1, nil], "odd\u{9b}": 1.5 });
    assert_eq!(
        refused(&server, "set", ("db", called)).await,
        "`set` was recorded with other parameters: \
         params[1].name is string \"Ada\" in the recording, and string \"Bob\" in the call; \
         params[1].born is int 1815 in the recording, and nothing in the call; \
         params[1].tags[1] is boolean true in the recording, and int 1 in the call; \
         params[1].tags[2] is nothing in the recording, and nil in the call; \
         params[1].odd\\u{9b} is nothing in the recording, and double 1.5 in the call"
    );
    let long = "x".repeat(1000);
    let why = refused(&server, "set", (long, 2, 3, 4)).await;
    assert!(
        why.len() < 300 && why.contains("xxx…") && why.contains("params[3] is nothing"),
        "{why}"
    );
    let many: Vec<i32> = (10..30).collect();
    let why = refused(&server, "set", many).await;
    assert!(why.ends_with("; and 15 more differences"), "{why}");
    assert_eq!(
        refused(&server, "other", ()).await,
        "`other` is not in it; there are `far`, `set`"
    );

    let methods: Vec<String> = (0..30).map(|number| format!("m{number}")).collect();
    let calls: Vec<(&str, Vec<Value>)> = methods.iter().map(|name| (name.as_str(), vec![])).collect();
    let why = refused(&proxy(&replay(&recording(&calls))), &"o".repeat(500), ()).await;
    assert!(
        why.starts_with("`oooo") && why.contains("…` is not in it; there are `m0`, `m1`, "),
        "{why}"
    );
    assert!(why.ends_with("`m19` and 10 more"), "{why}");
    let empty = proxy(&replay("{\"xmlrpc_recording\":1}"));
    assert_eq!(refused(&empty, "m", ()).await, "`m` is not in it");
}

#[test]
fn what_is_no_call_gets_no_answer() {
    let recording = replay(&recording(&[("a", vec![])]));
    let error = recording.answer(b"<html/>", None).unwrap_err();
    assert_eq!(error.to_string(), "the request is no call");
    let recorder = Recorder::to_writer(Written::default());
    let error = recorder
        .record(b"junk", &HeaderMap::new(), &Response::new(""))
        .unwrap_err();
    assert_eq!(error.to_string(), "an exchange that cannot be recorded");
    assert_eq!(recorder.finish().unwrap(), 0);
}

#[tokio::test]
async fn secrets_are_masked_in_calls_and_answers_and_match_any_text() {
    let written = Written::default();
    let recorder = Recorder::to_writer(written.clone())
        .secret("p<&>w")
        .secret("tök€n")
        .secret("");
    let server = ServerProxy::over(recorder.around(echo())).build().unwrap();
    let login = (
        "db",
        value!({ "password": "p<&>w", "p<&>w": ["token:tök€n!"] }),
        1,
    );
    server.call::<Value>("login", login).await.unwrap();
    // The same in other encodings and with other references.
    let ascii = xmlrpc_core::Encoder::new().dialect(Dialect::default().encoding(Encoding::US_ASCII));
    let request = ascii.method_call("again", &("x tök€n y",)).unwrap();
    let fault = MethodResponse::<()>::Fault(Fault::new(1, "p<&>w is wrong"))
        .to_vec()
        .unwrap();
    let fault = String::from_utf8(fault).unwrap().replace("&amp;", "&#38;");
    recorder
        .record(&request, &HeaderMap::new(), &Response::new(fault))
        .unwrap();

    let text = written.text();
    for secret in [
        "p<&>w",
        "p&lt;&amp;",
        "p&lt;&#38;",
        "tök€n",
        "t&#246;k",
        "t\u{f6}k",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(text.matches("***").count(), 8, "{text}");
    let server = proxy(&replay(&text));
    let login = ("db", value!({ "password": "another", "***": ["token:?!"] }), 1);
    server.call::<Value>("login", login).await.unwrap();
    let login = ("db", value!({ "password": "another", "***": ["tokn:?!"] }), 1);
    assert!(
        refused(&server, "login", login)
            .await
            .contains("params[1].***[0] is string \"token:***!\"")
    );
    let fault = server
        .call::<Value>("again", ("x  y",))
        .await
        .unwrap_err()
        .into_fault()
        .unwrap();
    assert_eq!(fault.string(), "*** is wrong");
    assert!(refused(&server, "again", ("x y",)).await.contains("\"x *** y\""));
}

#[tokio::test]
async fn of_a_secret_that_begins_with_another_one_nothing_is_left() {
    for secrets in [["ada", "ada-1815"], ["ada-1815", "ada"]] {
        let written = Written::default();
        let recorder = secrets
            .into_iter()
            .fold(Recorder::to_writer(written.clone()), Recorder::secret);
        let server = ServerProxy::over(recorder.around(echo())).build().unwrap();
        server.call::<Value>("login", ("ada", "ada-1815")).await.unwrap();
        let text = written.text();
        assert!(!text.contains("ada") && !text.contains("1815"), "{text}");
    }
}

#[test]
fn several_masks_in_one_text_match_in_order() {
    let recording = replay(&recording(&[("m", vec!["a***b***c".into()])]));
    let matches = |text: &str| {
        let call = MethodCall::new("m", (text,)).unwrap().to_vec().unwrap();
        recording.answer(&call, None).is_ok()
    };
    for text in ["abc", "a1b2c", "abbc", "acbc", "a***b***c"] {
        assert!(matches(text), "{text}");
    }
    for text in ["ab", "bc", "ac", "", "xabc", "abcx", "acb"] {
        assert!(!matches(text), "{text}");
    }
}

#[test]
fn files_that_are_none_are_refused_with_their_line() {
    let good = recording(&[("a", vec![])]);
    let line = good.lines().nth(1).unwrap();
    let call = r#"{"body":"<methodCall><methodName>a</methodName></methodCall>"}"#;
    for (text, expected) in [
        (
            String::new(),
            "line 1 of the recording: no first line with the format",
        ),
        (
            format!("\n\n{line}"),
            r#"line 3 of the recording: not {"xmlrpc_recording":1}, with which a recording begins"#,
        ),
        (
            "{\"xmlrpc_recording\":2}".to_owned(),
            "line 1 of the recording: format 2, of which this version knows 1 only",
        ),
        (
            format!("{good}\n{{\"method\":\"a\""),
            "line 4 of the recording, column 13: EOF while parsing an object",
        ),
        (
            format!(
                "{good}{{\"method\":\"a\",\"request\":{call},\"response\":{{\"status\":9,\"body\":\"\"}}}}"
            ),
            "line 3 of the recording: a status that is none of HTTP",
        ),
        (
            format!(
                "{good}{{\"method\":\"a\",\"request\":{call},\"response\":{{\"content_type\":\"\\n\",\"body\":\"\"}}}}"
            ),
            "line 3 of the recording: a content_type that is no header",
        ),
        (
            format!(
                "{good}{{\"method\":\"a\",\"request\":{call},\"response\":{{\"body\":{{\"latin1\":\"€\"}}}}}}"
            ),
            "line 3 of the recording: a character in latin1 that is no byte",
        ),
        (
            format!("{good}{{\"method\":\"b\",\"request\":{call},\"response\":{{\"body\":\"\"}}}}"),
            "line 3 of the recording: the method `b`, where the request has `a`",
        ),
        (
            format!(
                "{good}{{\"method\":\"b\",\"request\":{{\"body\":\"<a/>\"}},\"response\":{{\"body\":\"\"}}}}"
            ),
            "line 3 of the recording: a request that is no call: expected <methodCall>, found <a/> at line 1, column 1 (byte 0)",
        ),
    ] {
        let error = text.parse::<Recording>().unwrap_err();
        assert!(error.is_configuration());
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn limits_on_files_name_their_setter() {
    let text = recording(&[("a", vec![]), ("b", vec![])]);
    let file = File::new("limits", text.as_bytes());
    assert_eq!(Recording::load(&file.0).unwrap().len(), 2);
    assert_eq!(
        Loader::new()
            .exchanges(2)
            .file_bytes(text.len())
            .load(&file.0)
            .unwrap()
            .len(),
        2
    );
    let error = Loader::new().exchanges(1).load(&file.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3 of the recording: more than 1 exchanges; Loader::exchanges raises this limit"
    );
    let error = Loader::new().file_bytes(100).load(&file.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the recording is longer than 100 bytes; Loader::file_bytes raises this limit"
    );
    let error = Loader::new().file_bytes(100).parse(&text).unwrap_err();
    assert!(error.is_configuration());

    let file = File::new("bytes", b"{\"xmlrpc_recording\":1}\n\xFF");
    let error = Recording::load(&file.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2 of the recording: bytes that are not UTF-8"
    );
    let error = Recording::load(file.0.join("none")).unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().starts_with("the recording /"),
        "{error}"
    );
}

#[tokio::test]
async fn a_writer_that_fails_troubles_no_call_and_is_told_at_the_end() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recorder = Recorder::to_writer(Full(2));
    let server = ServerProxy::over(echo()).tap(recorder.tap()).build().unwrap();
    for _ in 0..3 {
        server.call::<Value>("m", ()).await.unwrap();
    }
    for _ in 0..2 {
        let error = recorder.finish().unwrap_err();
        assert_eq!(error.to_string(), "the recording cannot be written");
    }
    let error = Recorder::create(std::env::temp_dir()).unwrap_err();
    assert!(error.is_configuration(), "{error}");
}
