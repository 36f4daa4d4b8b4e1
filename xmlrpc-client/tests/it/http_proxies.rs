//! Calls through HTTP proxies.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use xmlrpc_client::{ServerProxy, Tls};

use crate::support::{Peer, Received, SEVEN, chain, http, ok, result, within};
use crate::tls::{Authority, TlsServer};

type Requests = Arc<Mutex<Vec<Received>>>;

/// A proxy that answers calls itself, and opens tunnels to any address where it is told a password.
async fn proxy() -> (Peer, Requests) {
    let received = Requests::default();
    let requests = received.clone();
    let peer = Peer::start(move |mut connection| {
        let requests = requests.clone();
        async move {
            while let Some(request) = connection.try_request().await {
                let known = request.header("proxy-authorization").is_some();
                let first = request.head.lines().next().unwrap().to_owned();
                requests.lock().unwrap().push(request);
                match first.strip_prefix("CONNECT ") {
                    None => connection.send(ok(result(SEVEN))).await,
                    Some(_) if !known => {
                        let challenge = "Proxy-Authenticate: Basic realm=x\r\n";
                        connection
                            .send(http("407 Proxy Authentication Required", challenge, ""))
                            .await;
                    }
                    Some(to) => {
                        connection.send("HTTP/1.1 200 OK\r\n\r\n").await;
                        return connection.tunnel(to.split(' ').next().unwrap()).await;
                    }
                }
            }
        }
    })
    .await;
    (peer, received)
}

#[tokio::test]
async fn calls_by_http_are_handed_to_the_proxy_with_its_password() {
    let (peer, requests) = proxy().await;
    let server = ServerProxy::builder("http://bob:builder@peer.test/RPC2?a=b")
        .http_proxy(&format!("http://ada:s%C3%A9cret@{}", peer.authority))
        .build()
        .unwrap();
    assert_eq!(
        within(server.call::<i32>("m", ()).into_future()).await.unwrap(),
        7
    );
    let requests = requests.lock().unwrap();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert!(
        request
            .head
            .starts_with("POST http://peer.test/RPC2?a=b HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    assert_eq!(request.header("host"), Some("peer.test"));
    assert_eq!(
        request.header("proxy-authorization"),
        Some("Basic YWRhOnPDqWNyZXQ=")
    );
    assert_eq!(request.header("authorization"), Some("Basic Ym9iOmJ1aWxkZXI="));
    assert!(!format!("{server:?}").contains("cret"), "{server:?}");
}

#[tokio::test]
async fn calls_by_https_are_tunnelled_and_the_password_stays_with_the_proxy() {
    let authority = Authority::new();
    let target = TlsServer::of(&authority).await;
    let (peer, requests) = proxy().await;
    let server = ServerProxy::builder(&target.url())
        .tls(Tls::new().authorities(authority.pem()).unwrap())
        .http_proxy(&format!("http://ada:secret@{}", peer.authority))
        .build()
        .unwrap();
    for _ in 0..3 {
        let shown = within(server.call::<i32>("certificates", ()).into_future()).await;
        assert_eq!(shown.unwrap(), 0);
    }
    let requests = requests.lock().unwrap();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    let connect = format!("CONNECT localhost:{} HTTP/1.1\r\n", target.port);
    assert!(request.head.starts_with(&connect), "{}", request.head);
    assert_eq!(
        request.header("proxy-authorization"),
        Some("Basic YWRhOnNlY3JldA==")
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_is_a_connect_error_that_names_it_without_its_password() {
    let (peer, _) = proxy().await;
    let named = format!(
        "https://localhost:9 through the HTTP proxy http://{}",
        peer.authority
    );
    let server = ServerProxy::builder("https://localhost:9/RPC2")
        .tls(Tls::new().danger_accept_invalid_certificates())
        .http_proxy(&format!("http://{}", peer.authority))
        .build()
        .unwrap();
    let error = within(server.call::<i32>("m", ()).into_future())
        .await
        .unwrap_err();
    assert!(error.is_connect() && !error.is_maybe_sent(), "{error:?}");
    assert_eq!(error.to_string(), format!("no connection to {named}"));
    assert!(
        chain(&error).contains("proxy authorization required"),
        "{}",
        chain(&error)
    );

    let gone = Peer::answering("").await;
    let url = format!("http://ada:secret@{}", gone.authority);
    drop(gone);
    let server = ServerProxy::builder("http://peer.test/")
        .http_proxy(&url)
        .build()
        .unwrap();
    // The listener is gone once its task has been dropped.
    let error = loop {
        match within(server.call::<i32>("m", ()).into_future()).await {
            Err(error) if error.is_connect() => break error,
            _ => tokio::task::yield_now().await,
        }
    };
    let text = format!("{} {error:?}", chain(&error));
    assert!(
        text.contains("http://peer.test through the HTTP proxy http://127.0.0.1:"),
        "{text}"
    );
    assert!(!text.contains("secret") && !text.contains("ada"), "{text}");
}

#[test]
fn what_is_no_proxy_and_where_none_can_be_is_refused() {
    for (url, expected) in [
        ("nonsense", "not the URL of an HTTP proxy"),
        (
            "socks5://ada:secret@127.0.0.1:1080",
            "must begin with http:// or https://",
        ),
    ] {
        let error = ServerProxy::builder("http://peer.test/")
            .http_proxy(url)
            .build()
            .unwrap_err();
        assert!(
            error.is_configuration() && error.to_string().contains(expected),
            "{error}"
        );
        assert!(!chain(&error).contains("secret"), "{error}");
    }
    for url in [
        "scgi://localhost:5000",
        #[cfg(unix)]
        "http+unix://%2Frun%2Fs.sock/",
    ] {
        let builder = || ServerProxy::builder(url);
        let error = builder().http_proxy("http://127.0.0.1:3128").build().unwrap_err();
        assert!(error.is_configuration(), "{error:?}");
        let text = "HTTP proxies are of effect with http:// and https:// URLs only, and this is an ";
        assert!(error.to_string().starts_with(text), "{error}");
        builder().http_proxy_from_environment().build().unwrap();
    }
}

#[tokio::test]
async fn options_for_tls_hold_for_a_proxy_by_https() {
    let authority = Authority::new();
    // It takes calls for itself whatever the host in them.
    let target = TlsServer::of(&authority).await;
    let trusting = || {
        let tls = Tls::new().authorities(authority.pem()).unwrap();
        ServerProxy::builder("http://peer.test/RPC2").tls(tls)
    };
    let server = trusting().http_proxy(&target.url()).build().unwrap();
    let shown = within(server.call::<i32>("certificates", ()).into_future()).await;
    assert_eq!(shown.unwrap(), 0);
    let error = trusting()
        .http_proxy("http://127.0.0.1:3128")
        .redirects(0)
        .build()
        .unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
}

/// Where this variable is set, this is the process with the proxy in its environment.
const TARGET: &str = "XMLRPC_CLIENT_TEST_TARGET";

/// The variables cannot be set within this process, whose other threads may read them.
#[tokio::test]
async fn the_environments_proxy_is_used_when_asked_for_and_never_for_this_machine() {
    if let Ok(target) = std::env::var(TARGET) {
        return call_with_the_environments_proxy(&target).await;
    }
    let (peer, requests) = proxy().await;
    let direct = Peer::answering(ok(result("<value><int>8</int></value>"))).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args([
            "--exact",
            "http_proxies::the_environments_proxy_is_used_when_asked_for_and_never_for_this_machine",
        ])
        .env("http_proxy", format!("http://ada:secret@{}", peer.authority))
        .env_remove("HTTP_PROXY")
        .env_remove("NO_PROXY")
        .env("no_proxy", "other.test")
        .env(TARGET, direct.url())
        .stdin(Stdio::null());
    let output = within(tokio::task::spawn_blocking(move || child.output()))
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    let requests = requests.lock().unwrap();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(
        request.header("proxy-authorization"),
        Some("Basic YWRhOnNlY3JldA==")
    );
}

async fn call_with_the_environments_proxy(direct: &str) {
    let answer = async |url: &str| {
        let server = ServerProxy::builder(url)
            .http_proxy_from_environment()
            .build()
            .unwrap();
        within(server.call::<i32>("m", ()).into_future()).await
    };
    assert_eq!(answer("http://peer.test/").await.unwrap(), 7);
    assert_eq!(answer(direct).await.unwrap(), 8);
    assert!(answer("http://other.test/").await.unwrap_err().is_connect());
    let unasked = ServerProxy::new("http://peer.test/").unwrap();
    let error = within(unasked.call::<i32>("m", ()).into_future())
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}
