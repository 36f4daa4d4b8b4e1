//! What the options put on the wire, and what is refused.

use std::sync::Mutex;

use tokio::sync::mpsc;
use xmlrpc_client::{Dialect, Encoding, MethodResponse, ServerProxy, ServerProxyBuilder, proxy};

use crate::support::{Peer, Received, SEVEN, ok, result, within};

/// The request that a proxy with some options sends.
async fn sent(
    url: impl Fn(&Peer) -> String,
    options: impl Fn(ServerProxyBuilder) -> ServerProxyBuilder,
) -> Received {
    let (requests, mut received) = mpsc::unbounded_channel();
    let requests = Mutex::new(requests);
    let peer = Peer::start(move |mut connection| {
        let requests = requests.lock().unwrap().clone();
        async move {
            requests.send(connection.request().await).unwrap();
            connection.send(ok(result(SEVEN))).await;
        }
    })
    .await;
    let server = options(ServerProxy::builder(&url(&peer))).build().unwrap();
    within(
        server
            .call::<i32>("m", ("ü",))
            .header("X-Trace", "7")
            .into_future(),
    )
    .await
    .unwrap();
    within(received.recv()).await.unwrap()
}

#[tokio::test]
async fn the_default_request_is_this() {
    let request = sent(Peer::url, |builder| builder).await;
    let host = request.header("host").unwrap().to_owned();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        request.head.replace("\r\n", "\n"),
        format!(
            "POST /RPC2 HTTP/1.1\nhost: {host}\nuser-agent: xmlrpc-client/{version}\naccept: */*\naccept-encoding: gzip, deflate\n\
             content-type: text/xml; charset=utf-8\ncontent-length: {}\nx-trace: 7",
            request.body.len()
        )
    );
    assert_eq!(
        request.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>m</methodName><params>\
         <param><value><string>ü</string></value></param></params></methodCall>"
    );
}

#[tokio::test]
async fn user_and_password_of_the_url_become_basic_authentication() {
    let url = |peer: &Peer| peer.url().replace("http://", "http://ada:s%C3%A9cret%3A@");
    let request = sent(url, |builder| builder).await;
    assert_eq!(request.header("authorization"), Some("Basic YWRhOnPDqWNyZXQ6"));
    assert!(request.header("host").unwrap().starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn options_set_the_headers() {
    let basic = sent(Peer::url, |builder| builder.basic_auth("ada", "x")).await;
    assert_eq!(basic.header("authorization"), Some("Basic YWRhOng="));
    let other = sent(Peer::url, |builder| {
        builder
            .bearer_auth("t0k")
            .user_agent("robot")
            .header("Content-Type", "text/xml")
            .header("X-Requested-With", "XMLHttpRequest")
    })
    .await;
    assert_eq!(other.header("authorization"), Some("Bearer t0k"));
    assert_eq!(other.header("user-agent"), Some("robot"));
    assert_eq!(other.header("content-type"), Some("text/xml"));
    assert_eq!(other.header("x-requested-with"), Some("XMLHttpRequest"));
}

#[tokio::test]
async fn the_dialects_encoding_is_named_in_the_content_type() {
    let latin1 = Dialect::default().encoding(Encoding::ISO_8859_1);
    let request = sent(Peer::url, |builder| builder.dialect(latin1.clone())).await;
    assert_eq!(
        request.header("content-type"),
        Some("text/xml; charset=iso-8859-1")
    );
    assert!(
        request
            .body
            .starts_with("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>")
    );
}

#[test]
fn urls_that_cannot_be_called_are_refused_without_being_quoted() {
    let wrong_scheme = "the URL must begin with http://, https://, http+unix://, scgi:// or scgi+unix://";
    for (url, expected) in [
        ("ada:secret@host/RPC2", wrong_scheme),
        ("ftp://ada:secret@host/", wrong_scheme),
        ("localhost:7001", wrong_scheme),
        ("127.0.0.1:7001", wrong_scheme),
        ("//ada:secret@host", wrong_scheme),
        ("", wrong_scheme),
        (
            "http://ada:12#secret@host/",
            "the URL has a fragment, which no server sees; a `#` in a password is written %23",
        ),
        (
            "http://ada:secret@",
            "not a URL, such as http://127.0.0.1:7001/RPC2: empty host",
        ),
    ] {
        let error = ServerProxy::new(url).unwrap_err();
        assert!(error.is_configuration() && !error.is_maybe_sent());
        assert_eq!(error.to_string(), expected, "{url}");
    }
}

#[test]
#[cfg(not(feature = "tls"))]
fn https_names_the_feature_that_it_needs() {
    let error = ServerProxy::new("https://host/RPC2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "https needs the feature `tls` of xmlrpc-client"
    );
}

#[test]
fn line_breaks_in_headers_are_refused_without_being_quoted() {
    let builder = || ServerProxy::builder("http://127.0.0.1/");
    for refused in [
        builder().header("X-A", "secret\r\nX-B: 1"),
        builder().header("X-A\r\nX-B", "secret"),
        builder().user_agent("secret\n"),
        builder().bearer_auth("secret\r"),
        builder().secret_header("X-A", "secret\0"),
        builder().header("Content-Length", "secret"),
        builder().basic_auth("a:b", "secret"),
    ] {
        let error = refused.build().unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_bad_header_of_one_call_is_an_error_of_that_call() {
    let server = ServerProxy::new("http://127.0.0.1:9/").unwrap();
    let error = server
        .call::<i32>("m", ())
        .header("X-A", "1\r\n2")
        .await
        .unwrap_err();
    assert!(error.is_configuration());
}

#[tokio::test]
async fn parameters_that_cannot_be_written_are_an_error_before_anything_is_sent() {
    let server = ServerProxy::new("http://127.0.0.1:9/").unwrap();
    for call in [
        server.call::<i32>("m", (f64::NAN,)),
        server.call::<i32>("m", 1),
        server.call::<i32>("", ()),
        proxy!(server.m("\0") -> i32),
    ] {
        let error = call.await.unwrap_err();
        assert!(error.is_encode() && !error.is_maybe_sent(), "{error}");
        assert_eq!(error.to_string(), "the call cannot be written");
    }
}

#[test]
fn debug_shows_no_secrets() {
    let server = ServerProxy::builder("http://ada:secret@127.0.0.1/RPC2")
        .secret_header("X-Api-Key", "secret")
        .header("Cookie", "secret")
        .build()
        .unwrap();
    let shown = format!("{server:?} {:?}", server.call::<i32>("m", ()));
    assert!(
        !shown.contains("secret") && !shown.contains("c2VjcmV0"),
        "{shown}"
    );
    assert!(shown.contains("http://127.0.0.1/RPC2"), "{shown}");
}

#[test]
fn what_is_shared_between_threads_may_be() {
    fn check<T: Send + Sync + 'static>(_: T) {}
    fn send<T: Send + 'static>(_: T) {}
    let server = ServerProxy::new("http://127.0.0.1/").unwrap();
    let text = String::from("borrowed");
    let call = server.call::<std::collections::HashMap<String, Vec<u8>>>("m", (text.as_str(),));
    drop(text);
    send(call.into_future());
    send(server.multicall().send());
    check(server);
}

#[tokio::test]
async fn a_dialect_and_a_reading_can_be_chosen_for_one_call() {
    use xmlrpc_client::transport::{Response, from_fn};
    use xmlrpc_client::{Reading, Value};

    // Gives the call back as the text of a result, with the call's media type before it.
    let server = ServerProxy::over(from_fn(|request| async move {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let media_type = request.headers["content-type"].to_str().unwrap().to_owned();
        Ok(Response::new(
            MethodResponse::Success(media_type + &text).to_vec().unwrap(),
        ))
    }))
    .build()
    .unwrap();
    let sent = server.call::<String>("m", (1_i64 << 40,)).await.unwrap();
    assert!(
        sent.starts_with("text/xml; charset=utf-8<?xml") && sent.contains("<i8>"),
        "{sent}"
    );
    let latin = Dialect::apache().encoding(Encoding::ISO_8859_1);
    let other = server.with_dialect(latin);
    let sent = other.call::<String>("m", (1_i64 << 40,)).await.unwrap();
    assert!(
        sent.starts_with("text/xml; charset=iso-8859-1<?xml") && sent.contains("<ex:i8>"),
        "{sent}"
    );
    let error = server
        .with_dialect(Dialect::spec())
        .call::<String>("m", (1_i64 << 40,))
        .await
        .unwrap_err();
    assert!(error.is_encode(), "{error}");

    let lenient = "<methodResponse><params><param><value><boolean>true</boolean></value></param></params></methodResponse>";
    let server = ServerProxy::over(from_fn(move |_| async move { Ok(Response::new(lenient)) }))
        .build()
        .unwrap();
    assert!(server.call::<bool>("m", ()).await.unwrap());
    let error = server
        .call::<Value>("m", ())
        .reading(Reading::strict())
        .await
        .unwrap_err();
    assert!(error.is_decode(), "{error}");
}

#[tokio::test]
async fn a_method_is_a_handle_that_can_be_kept() {
    let peer = Peer::start(|mut connection| async move {
        while let Some(request) = connection.try_request().await {
            assert!(
                request.body.contains("<methodName>a.b/c</methodName>"),
                "{}",
                request.body
            );
            connection.send(ok(result(SEVEN))).await;
        }
    })
    .await;
    let method = ServerProxy::new(&peer.url()).unwrap().method("a.b/c");
    assert_eq!(method.name(), "a.b/c");
    for method in [method.clone(), method] {
        assert_eq!(within(method.call::<i32>((1,)).into_future()).await.unwrap(), 7);
    }
}
