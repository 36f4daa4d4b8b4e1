//! The wire tap.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::{Error, Pretty, ServerProxy};

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

/// A writer that others can read from, up to a number of writes.
#[derive(Clone)]
struct Shared {
    written: Arc<Mutex<Vec<String>>>,
    writes: usize,
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.written.lock().unwrap();
        if written.len() == self.writes {
            return Err(io::Error::other("full"));
        }
        written.push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text without the duration in its last line.
fn timeless(shown: &str) -> &str {
    let (text, duration) = shown.rsplit_once(", ").unwrap();
    assert!(duration.trim_end().ends_with('s'), "{duration}");
    text
}

#[tokio::test]
async fn a_writer_gets_each_exchange_laid_out_in_one_piece() {
    let answer = "<methodResponse><params><param><value>K\u{fc}che</value></param></params></methodResponse>";
    let latin1: Vec<u8> = answer
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let answer = http("200 OK", "Content-Type: text/xml; charset=iso-8859-1\r\n", latin1);
    let peer = Peer::answering(answer).await;
    let writer = Shared {
        written: Arc::default(),
        writes: 2,
    };
    let calls = Arc::new(Mutex::new(0));
    let counted = calls.clone();
    let server = ServerProxy::builder(&peer.url())
        .tap_to(writer.clone())
        .tap(move |_| *counted.lock().unwrap() += 1)
        .build()
        .unwrap();
    for _ in 0..3 {
        // The writer fails the third time, which is no matter of the call's.
        assert_eq!(
            within(server.call::<String>("m", (1,)).into_future())
                .await
                .unwrap(),
            "Küche"
        );
    }
    assert_eq!(*calls.lock().unwrap(), 3);

    let written = writer.written.lock().unwrap();
    assert_eq!(written.len(), 2);
    let expected = "content-length: 149

<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<methodCall>
  <methodName>m</methodName>
  <params>
    <param><value><int>1</int></value></param>
  </params>
</methodCall>

HTTP/1.1 200 OK
content-type: text/xml; charset=iso-8859-1
content-length: 85

<methodResponse>
  <params>
    <param><value>Küche</value></param>
  </params>
</methodResponse>

m: 149 bytes sent, 85 bytes received";
    for text in written.iter() {
        assert!(
            text.starts_with("POST /RPC2 HTTP/1.1\n") && text.ends_with("s\n\n"),
            "{text}"
        );
        assert!(timeless(text).ends_with(expected), "{text}");
    }
}

#[tokio::test]
async fn no_peer_steers_the_terminal_on_which_exchanges_are_shown() {
    let hostile = "\u{1b}]0;x\u{7}\u{9b}2J";
    let answer = http("404 Not Found", "X-A: \u{9b}2J\r\n", format!("gone{hostile}"));
    let peer = Peer::answering(answer).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tapped = seen.clone();
    let server = ServerProxy::builder(&peer.url())
        .tap(move |exchange| {
            let shown = [
                exchange.to_string(),
                format!("{exchange:#}"),
                exchange.response_head(),
            ];
            tapped.lock().unwrap().extend(shown);
        })
        .build()
        .unwrap();
    within(server.call::<i32>("m", ("\u{9b}1m",)).into_future())
        .await
        .unwrap_err();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for shown in seen.iter() {
        assert!(shown.contains("x-a: \\u{9b}2J"), "{shown}");
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown}");
    }
    assert!(
        seen[..2]
            .iter()
            .all(|shown| shown.contains("gone\\u{1b}]0;x\\u{7}\\u{9b}2J")),
        "{seen:?}"
    );
}

#[tokio::test]
async fn long_bodies_are_cut_at_the_limit_of_the_pretty_form_only() {
    let long = "x".repeat(2 * Pretty::LIMIT);
    let peer = Peer::answering(http("200 OK", "", result(&format!("<value>{long}</value>")))).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tapped = seen.clone();
    let server = ServerProxy::builder(&peer.url())
        .tap(move |exchange| {
            let short = exchange.pretty().limit(20).to_string();
            tapped
                .lock()
                .unwrap()
                .extend([exchange.to_string(), format!("{exchange:#}"), short]);
        })
        .build()
        .unwrap();
    within(server.call::<String>("m", ()).into_future())
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen[0].contains(&long) && !seen[0].contains("not shown"));
    assert!(seen[1].contains("bytes are not shown]") && seen[1].len() < Pretty::LIMIT + 2000);
    assert_eq!(seen[2].matches("bytes are not shown]").count(), 2, "{}", seen[2]);
}

#[tokio::test]
async fn a_compressed_request_is_shown_as_its_document() {
    let peer = Peer::answering(http("200 OK", "", result(SEVEN))).await;
    let seen = Arc::new(Mutex::new(String::new()));
    let tapped = seen.clone();
    let server = ServerProxy::builder(&peer.url())
        .compress_requests(100)
        .tap(move |exchange| {
            assert!(exchange.request_body().len() < exchange.request_document().len());
            *tapped.lock().unwrap() = exchange.pretty().to_string();
        })
        .build()
        .unwrap();
    within(server.call::<i32>("m", ("x".repeat(1000),)).into_future())
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    assert!(
        seen.contains("content-encoding: gzip\n") && seen.contains("<methodCall>\n  <methodName>m<"),
        "{seen}"
    );
}
