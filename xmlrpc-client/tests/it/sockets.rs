//! Calls through Unix sockets, and by SCGI.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use xmlrpc_client::{Limits, MethodCall, MethodResponse, ServerProxy};

use crate::support::within;

/// A request by SCGI, as it came.
struct Received {
    /// Names and values in their order.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads a request to its last byte, as strictly as rTorrent does.
async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Received {
    let mut length = Vec::new();
    loop {
        match within(stream.read_u8()).await.unwrap() {
            b':' => break,
            digit => length.push(digit),
        }
    }
    let length: usize = String::from_utf8(length).unwrap().parse().unwrap();
    assert!((17..=2000).contains(&length), "{length} bytes of headers");
    let mut headers = vec![0; length];
    within(stream.read_exact(&mut headers)).await.unwrap();
    assert_eq!(within(stream.read_u8()).await.unwrap(), b',');
    let headers = String::from_utf8(headers).unwrap();
    let mut parts = headers.strip_suffix('\0').unwrap().split('\0');
    let mut pairs = Vec::new();
    while let Some(name) = parts.next() {
        pairs.push((name.to_owned(), parts.next().unwrap().to_owned()));
    }
    assert_eq!(pairs[0].0, "CONTENT_LENGTH", "it is the first");
    let mut body = vec![0; pairs[0].1.parse().unwrap()];
    within(stream.read_exact(&mut body)).await.unwrap();
    Received { headers: pairs, body }
}

/// Answers one request with bytes, and closes.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: Vec<u8>) -> Received {
    let received = receive(&mut stream).await;
    let _ = stream.write_all(&bytes).await;
    received
}

/// What comes of a call that an SCGI server answers with bytes.
async fn answered(bytes: impl Into<Vec<u8>>) -> (Result<i32, xmlrpc_client::Error>, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("scgi://{}", listener.local_addr().unwrap());
    let bytes = bytes.into();
    let serving =
        tokio::spawn(async move { answer(within(listener.accept()).await.unwrap().0, bytes).await });
    let server = ServerProxy::new(&url).unwrap();
    let outcome = within(server.call::<i32>("add", (1, 2)).into_future()).await;
    (outcome, within(serving).await.unwrap())
}

fn three() -> String {
    String::from_utf8(MethodResponse::Success(3).to_vec().unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_by_scgi_has_the_headers_that_rtorrent_wants() {
    let (outcome, received) = answered(format!(
        "Status: 200 OK\r\nContent-Type: text/xml\r\n\r\n{}",
        three()
    ))
    .await;
    assert_eq!(outcome.unwrap(), 3);
    let call = MethodCall::<(i32, i32)>::from_slice(&received.body).unwrap();
    assert_eq!((&*call.method, call.params), ("add", (1, 2)));
    assert_eq!(received.header("SCGI"), Some("1"));
    assert_eq!(received.header("REQUEST_METHOD"), Some("POST"));
    assert_eq!(received.header("REQUEST_URI"), Some("/RPC2"));
    assert_eq!(received.header("CONTENT_TYPE"), Some("text/xml; charset=utf-8"));
    assert_eq!(received.header("HTTP_HOST"), None);
}

#[tokio::test]
async fn answers_by_scgi_are_read_in_every_form() {
    let (body, length) = (three(), three().len());
    for head in [
        "Status: 200 OK\r\nContent-Type: text/xml\r\n\r\n".to_owned(),
        format!("Status: 200 OK\r\nContent-Length: {length}\r\n\r\n"),
        format!("Content-Length: {length}\r\n\r\n"),
        "Status: 200 OK\nContent-Type: text/xml\n\n".to_owned(),
        "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n".to_owned(),
        "no header at all\r\n\r\n".to_owned(),
        "\r\n\r\n".to_owned(),
        format!("Status: 200\r\nContent-Length: {}\r\n\r\n", length + 100),
        format!("Status: 200 OK\r\nContent-Length: {}\r\n\r\n", length - 1),
    ] {
        let (outcome, _) = answered(head.clone() + &body).await;
        assert_eq!(outcome.unwrap(), 3, "{head}");
    }
    let (outcome, _) = answered(format!(
        "Content-Length: {length}\r\n\r\n{body}and what is no part of it"
    ))
    .await;
    assert_eq!(outcome.unwrap(), 3);
}

#[tokio::test]
async fn answers_by_scgi_that_are_none_are_errors() {
    let (outcome, _) =
        answered("Status: 500 Internal Server Error\r\nContent-Type: text/html\r\n\r\n<p>no").await;
    let error = outcome.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(error.to_string().contains("text/html"), "{error}");
    for cut in ["", "Status: 200 OK\r\nContent-"] {
        let error = answered(cut).await.0.unwrap_err();
        assert!(
            error.is_maybe_sent() && error.to_string().contains("closed"),
            "{error}"
        );
    }
    let error = answered(format!("Status: 200 OK\r\n\r\n{}", &three()[..50]))
        .await
        .0
        .unwrap_err();
    assert!(error.is_decode(), "{error}");
    let error = answered(vec![b'x'; 100_000]).await.0.unwrap_err();
    assert!(format!("{error:#}").contains("64 KiB"), "{error:#}");
}

#[tokio::test]
async fn an_answer_by_scgi_is_read_no_further_than_the_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("scgi://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = within(listener.accept()).await.unwrap();
        receive(&mut stream).await;
        within(stream.write_all(b"Status: 200 OK\r\n\r\n")).await.unwrap();
        // As much as is taken: without a limit this would not end.
        while within(stream.write_all(&[b' '; 10_000])).await.is_ok() {}
    });
    let limits = Limits::client().document_bytes(100_000);
    let server = ServerProxy::builder(&url).limits(limits).build().unwrap();
    let error = within(server.call::<i32>("add", (1, 2)).into_future())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Limits::document_bytes"), "{error}");
    within(serving).await.unwrap();
}

#[tokio::test]
async fn a_server_by_scgi_that_is_not_there_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("scgi://ada:secret@{}/RPC2", listener.local_addr().unwrap());
    drop(listener);
    let server = ServerProxy::new(&url).unwrap();
    let error = within(server.call::<i32>("add", (1, 2)).into_future())
        .await
        .unwrap_err();
    assert!(error.is_connect() && !error.is_maybe_sent(), "{error}");
    assert!(!format!("{error:?} {server:?}").contains("secret"));
}

#[tokio::test]
async fn a_server_by_scgi_that_does_not_answer_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("scgi://{}", listener.local_addr().unwrap());
    let server = ServerProxy::builder(&url)
        .timeout(Duration::from_millis(20))
        .build()
        .unwrap();
    let error = within(server.call::<i32>("add", (1, 2)).into_future())
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[cfg(unix)]
mod unix {
    use std::path::PathBuf;

    use tokio::net::UnixListener;
    use xmlrpc_client::ServerProxy;

    use super::{answer, three};
    use crate::support::within;

    /// A path that no other test uses, removed at the end.
    struct Path(PathBuf);

    impl Path {
        fn new(name: &str) -> Self {
            let name = format!("xmlrpc-client-{}-{name}.sock", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn encoded(&self) -> String {
            self.0.to_str().unwrap().replace('/', "%2F")
        }
    }

    impl Drop for Path {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[tokio::test]
    async fn scgi_goes_through_a_unix_socket_in_both_forms_of_url() {
        let path = Path::new("scgi");
        let listener = UnixListener::bind(&path.0).unwrap();
        let urls = [
            format!("scgi+unix://{}", path.0.display()),
            format!("scgi+unix://{}/RPC2", path.encoded()),
        ];
        for url in urls {
            let server = ServerProxy::new(&url).unwrap();
            let serving = async {
                let (stream, _) = within(listener.accept()).await.unwrap();
                let bytes = format!("Status: 200 OK\r\n\r\n{}", three());
                answer(stream, bytes.into_bytes()).await
            };
            let call = within(server.call::<i32>("add", (1, 2)).into_future());
            let (outcome, received) = tokio::join!(call, serving);
            assert_eq!(outcome.unwrap(), 3, "{url}");
            assert_eq!(received.header("REQUEST_URI"), Some("/RPC2"), "{url}");
        }
    }

    #[tokio::test]
    async fn http_goes_through_a_unix_socket_with_credentials_and_a_tap() {
        use std::sync::{Arc, Mutex};
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let path = Path::new("http");
        let listener = UnixListener::bind(&path.0).unwrap();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = within(listener.accept()).await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"</methodCall>") {
                assert_ne!(within(stream.read_buf(&mut request)).await.unwrap(), 0);
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", three().len());
            stream.write_all((head + &three()).as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let seen = Arc::<Mutex<String>>::default();
        let told = seen.clone();
        let url = format!("http+unix://ada:secret@{}/RPC2?x=1", path.encoded());
        let server = ServerProxy::builder(&url)
            .tap(move |exchange| *told.lock().unwrap() = format!("{:?}\n{exchange}", exchange.url()))
            .build()
            .unwrap();
        let sum: i32 = within(server.call("add", (1, 2)).into_future()).await.unwrap();
        assert_eq!(sum, 3);
        let request = within(serving).await.unwrap().to_lowercase();
        assert!(request.starts_with("post /rpc2?x=1 http/1.1\r\n"), "{request}");
        assert!(request.contains("host: localhost\r\n"), "{request}");
        assert!(
            request.contains("authorization: basic ywrhonnly3jlda==\r\n"),
            "{request}"
        );
        let seen = seen.lock().unwrap();
        assert!(seen.contains("http+unix://%2F"), "{seen}");
        assert!(!seen.contains("secret") && !seen.contains("YWRhOn"), "{seen}");
        assert!(!format!("{server:?}").contains("secret"));
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_is_a_connect_error_that_names_it() {
        let path = Path::new("none");
        for url in [
            format!("http+unix://ada:secret@{}/RPC2", path.encoded()),
            format!("scgi+unix://{}", path.0.display()),
        ] {
            let server = ServerProxy::new(&url).unwrap();
            let error = within(server.call::<i32>("add", (1, 2)).into_future())
                .await
                .unwrap_err();
            assert!(error.is_connect() && !error.is_maybe_sent(), "{error:#}");
            assert!(error.to_string().contains("none.sock"), "{error}");
            assert!(!format!("{error:?}").contains("secret"));
        }
    }
}
