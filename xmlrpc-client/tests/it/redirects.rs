//! Redirects: which repeat the call, and what goes with it.

use std::sync::{Arc, Mutex};

use xmlrpc_client::{Error, ServerProxy};

use crate::support::{Peer, Received, SEVEN, chain, http, ok, result, within};

/// A server that answers, and the requests it got.
async fn target() -> (Peer, Arc<Mutex<Vec<Received>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let requests = received.clone();
    let peer = Peer::start(move |mut connection| {
        let requests = requests.clone();
        async move {
            let request = connection.request().await;
            requests.lock().unwrap().push(request);
            connection.send(ok(result(SEVEN))).await;
        }
    })
    .await;
    (peer, received)
}

fn redirect(status: &str, location: &str) -> Vec<u8> {
    http(status, &format!("Location: {location}\r\n"), "moved")
}

async fn call(peer: &Peer) -> Result<i32, Error> {
    let url = peer.url().replace("http://", "http://ada:secret@");
    let server = ServerProxy::builder(&url)
        .header("X-Api-Key", "secret")
        .build()
        .unwrap();
    within(server.call("m", (1,)).into_future()).await
}

#[tokio::test]
async fn moved_calls_are_repeated_as_post_without_credentials_at_another_origin() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let (end, received) = target().await;
        let peer = Peer::answering(redirect(
            status,
            &format!("http://eve:x@{}/new?a=b", end.authority),
        ))
        .await;
        assert_eq!(call(&peer).await.unwrap(), 7, "{status}");
        let received = received.lock().unwrap();
        let [request] = &received[..] else {
            panic!("{received:?}")
        };
        assert!(
            request.head.starts_with("POST /new?a=b HTTP/1.1"),
            "{}",
            request.head
        );
        assert!(request.body.contains("<int>1</int>"));
        assert_eq!(request.header("host"), Some(&*end.authority));
        assert_eq!(request.header("content-type"), Some("text/xml; charset=utf-8"));
        assert!(
            !request.head.contains("secret") && request.header("authorization").is_none(),
            "{}",
            request.head
        );
    }
}

#[tokio::test]
async fn a_compressed_call_is_declared_as_such_at_another_origin() {
    let (end, received) = target().await;
    let peer = Peer::answering(redirect("307 Temporary Redirect", &end.url())).await;
    let server = ServerProxy::builder(&peer.url())
        .compress_requests(1)
        .build()
        .unwrap();
    let seven: i32 = within(server.call("m", (1,)).into_future()).await.unwrap();
    assert_eq!(seven, 7);
    assert_eq!(
        received.lock().unwrap()[0].header("content-encoding"),
        Some("gzip")
    );
}

#[tokio::test]
async fn credentials_stay_with_the_call_at_the_same_origin() {
    let peer = Peer::start(|mut connection| async move {
        while let Some(request) = connection.try_request().await {
            if request.head.starts_with("POST /RPC2/ ") {
                assert_eq!(request.header("x-api-key"), Some("secret"));
                assert!(request.header("authorization").is_some());
                connection.send(ok(result(SEVEN))).await;
            } else {
                connection.send(redirect("301 Moved Permanently", "/RPC2/")).await;
            }
        }
    })
    .await;
    assert_eq!(call(&peer).await.unwrap(), 7);
}

#[tokio::test]
async fn ways_that_no_call_can_follow_are_errors() {
    for (status, location, expected) in [
        (
            "303 See Other",
            "/x",
            "the server answered with status 303 See Other, which no call can follow",
        ),
        (
            "302 Found",
            "ftp://host/",
            "the server redirects to another protocol than HTTP",
        ),
        (
            "302 Found",
            "http://",
            "the server redirects to what is no address",
        ),
        ("302 Found", "/RPC2", "more than 10 redirects"),
    ] {
        let answer = redirect(status, location);
        let peer = Peer::answering(answer).await;
        let error = call(&peer).await.unwrap_err();
        assert_eq!(chain(&error), expected);
        assert!(error.is_maybe_sent());
    }
}

#[tokio::test]
async fn without_redirects_the_status_is_the_error() {
    let peer = Peer::answering(redirect("302 Found", "/x")).await;
    let server = ServerProxy::builder(&peer.url()).redirects(0).build().unwrap();
    let error = within(server.call::<i32>("m", ()).into_future())
        .await
        .unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(302));
}
