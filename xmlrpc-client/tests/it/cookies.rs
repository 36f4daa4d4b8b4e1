//! Cookies: kept on request, and sent where they belong.

use std::sync::{Arc, Mutex};

use xmlrpc_client::ServerProxy;

use crate::support::{Peer, SEVEN, http, result, within};

/// A server that sets a cookie with each answer, and what came in the header `Cookie` with each request.
async fn counting() -> (Peer, Arc<Mutex<Vec<Option<String>>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let cookies = received.clone();
    let peer = Peer::start(move |mut connection| {
        let cookies = cookies.clone();
        async move {
            while let Some(request) = connection.try_request().await {
                let number = {
                    let mut cookies = cookies.lock().unwrap();
                    cookies.push(request.header("cookie").map(str::to_owned));
                    cookies.len()
                };
                let headers =
                    format!("Set-Cookie: session=s3cret{number}; Path=/; HttpOnly\r\nSet-Cookie: b=1\r\n");
                connection.send(http("200 OK", &headers, result(SEVEN))).await;
            }
        }
    })
    .await;
    (peer, received)
}

async fn call(server: &ServerProxy) -> i32 {
    within(server.call("m", ()).into_future()).await.unwrap()
}

#[tokio::test]
async fn cookies_are_sent_back_where_that_is_asked_for() {
    let (peer, received) = counting().await;
    let shown = Arc::new(Mutex::new(String::new()));
    let text = shown.clone();
    let server = ServerProxy::builder(&peer.url())
        .cookies()
        .header("Cookie", "own=0")
        .tap(move |exchange| *text.lock().unwrap() += &exchange.to_string())
        .build()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(call(&server).await, 7);
    }
    assert_eq!(call(&server.clone()).await, 7);
    let expected = [
        Some("own=0".to_owned()),
        Some("own=0; session=s3cret1; b=1".to_owned()),
        Some("own=0; session=s3cret2; b=1".to_owned()),
    ];
    assert_eq!(*received.lock().unwrap(), expected);
    let shown = shown.lock().unwrap();
    assert!(
        shown.contains("set-cookie: ***\n") && shown.contains("cookie: ***\n"),
        "{shown}"
    );
    assert!(
        !shown.contains("s3cret") && !format!("{server:?}").contains("s3cret"),
        "{shown}"
    );
}

#[tokio::test]
async fn cookies_are_forgotten_unless_they_are_asked_for_and_by_another_proxy() {
    let (peer, received) = counting().await;
    let without = ServerProxy::new(&peer.url()).unwrap();
    let (one, other) = (
        ServerProxy::builder(&peer.url()).cookies().build().unwrap(),
        ServerProxy::builder(&peer.url()).cookies().build().unwrap(),
    );
    for server in [&without, &without, &one, &other] {
        assert_eq!(call(server).await, 7);
    }
    assert_eq!(*received.lock().unwrap(), [None, None, None, None]);
}

#[tokio::test]
async fn cookies_stay_with_their_origin_through_redirects() {
    let (target, received) = counting().await;
    let location = target.url();
    let peer = Peer::start(move |mut connection| {
        let headers = format!("Location: {location}\r\nSet-Cookie: first=1\r\n");
        async move {
            let request = connection.request().await;
            let expected = match connection.number {
                0 => None,
                _ => Some("first=1"),
            };
            assert_eq!(request.header("cookie"), expected);
            connection
                .send(http("307 Temporary Redirect", &headers, ""))
                .await;
        }
    })
    .await;
    let server = ServerProxy::builder(&peer.url()).cookies().build().unwrap();
    for _ in 0..2 {
        assert_eq!(call(&server).await, 7);
    }
    assert_eq!(
        *received.lock().unwrap(),
        [None, Some("session=s3cret1; b=1".to_owned())]
    );
}

#[tokio::test]
async fn no_more_cookies_are_kept_than_the_limit_allows() {
    let (peer, received) = counting().await;
    let server = ServerProxy::builder(&peer.url())
        .cookie_bytes(64)
        .build()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(call(&server).await, 7);
    }
    assert_eq!(*received.lock().unwrap(), [None, Some("b=1".to_owned())]);
}

#[test]
fn cookies_need_http() {
    let error = ServerProxy::builder("scgi://localhost:5000")
        .cookies()
        .build()
        .unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "cookies are kept with HTTP only, and this is an scgi:// URL"
    );
}
