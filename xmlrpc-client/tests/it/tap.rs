//! The wire tap.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::{Error, ServerProxy};

use crate::support::{Peer, SEVEN, http, result, within};

#[tokio::test]
async fn an_exchange_is_shown_as_it_went_over_the_wire_without_credentials() {
    let peer = Peer::answering(http(
        "200 OK",
        "Content-Type: text/xml\r\nX-A: b\r\n",
        result(SEVEN),
    ))
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tapped = seen.clone();
    let server = ServerProxy::builder(&peer.url().replace("http://", "http://ada:secret@"))
        .tap(move |exchange| {
            assert_eq!(exchange.status().map(|status| status.as_u16()), Some(200));
            assert!(exchange.error().is_none());
            let about = format!("{exchange:?} {:?}", exchange.request_headers());
            assert!(
                !about.contains("secret") && !about.contains("YWRhOnNlY3JldA"),
                "{about}"
            );
            let mut seen = tapped.lock().unwrap();
            seen.push((
                exchange.method().to_owned(),
                exchange.url().map(str::to_owned),
                exchange.to_string(),
            ));
        })
        .build()
        .unwrap();
    within(server.call::<i32>("m", ()).into_future()).await.unwrap();

    let authority = &peer.authority;
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "POST /RPC2 HTTP/1.1\nhost: {authority}\nuser-agent: xmlrpc-client/{version}\naccept: */*\naccept-encoding: gzip, deflate\n\
         content-type: text/xml; charset=utf-8\nauthorization: ***\ncontent-length: 107\n\n\
         <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>m</methodName><params></params></methodCall>\n\
         \nHTTP/1.1 200 OK\ncontent-type: text/xml\nx-a: b\ncontent-length: 114\n\n\
         <?xml version=\"1.0\"?>\n<methodResponse><params><param>{SEVEN}</param></params></methodResponse>"
    );
    let seen = seen.lock().unwrap();
    let [(method, url, shown)] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (method.as_str(), url.as_deref()),
        ("m", Some(&*format!("http://{authority}/RPC2")))
    );
    assert_eq!(*shown, expected);
}

#[tokio::test]
async fn a_failed_exchange_is_shown_with_its_error() {
    let (seen, failure) = (Arc::new(Mutex::new(String::new())), "the exchange failed");
    let tapped = seen.clone();
    let broken = from_fn(|_| async { Err::<Response, _>(Error::transport("the pigeon is lost")) });
    let server = ServerProxy::over(broken)
        .tap(move |exchange| *tapped.lock().unwrap() = exchange.to_string())
        .build()
        .unwrap();
    let error = server.call::<i32>("m", ()).await.unwrap_err();
    assert_eq!(error.to_string(), failure);
    assert!(seen.lock().unwrap().ends_with(failure));
}

#[tokio::test]
async fn a_call_that_runs_out_of_time_is_shown_without_an_answer() {
    let peer = Peer::start(|mut connection| async move {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tapped = seen.clone();
    let server = ServerProxy::builder(&peer.url())
        .tap(move |exchange| {
            assert!(exchange.error().is_some_and(Error::is_timeout) && exchange.response_body().is_none());
            tapped.lock().unwrap().push(exchange.request_head());
        })
        .build()
        .unwrap();
    let call = server
        .call::<i32>("m", ())
        .secret_header("X-Token", "secret")
        .timeout(Duration::from_millis(20));
    assert!(within(call.into_future()).await.unwrap_err().is_timeout());
    let seen = seen.lock().unwrap();
    assert!(
        seen.len() == 1
            && seen[0].starts_with("POST /RPC2 HTTP/1.1\n")
            && seen[0].ends_with("x-token: ***\n"),
        "{seen:?}"
    );
}
