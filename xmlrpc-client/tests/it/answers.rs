//! What servers answer, and what becomes of it.

use std::time::Duration;

use xmlrpc_client::{Fault, Limits, ServerProxy, Value};

use crate::support::{Peer, SEVEN, chain, fault, http, ok, result, within};

async fn call(peer: &Peer) -> xmlrpc_client::Result<i32> {
    within(
        ServerProxy::new(&peer.url())
            .expect("a proxy")
            .call("m", ())
            .into_future(),
    )
    .await
}

#[tokio::test]
async fn a_result_comes_back() {
    let peer = Peer::answering(ok(result(SEVEN))).await;
    assert_eq!(call(&peer).await.unwrap(), 7);
}

#[tokio::test]
async fn a_fault_is_an_error_with_code_and_string() {
    let peer = Peer::answering(ok(fault(4, "Too many parameters."))).await;
    let error = call(&peer).await.unwrap_err();
    assert_eq!(error.fault(), Some(&Fault::new(4, "Too many parameters.")));
    assert_eq!(error.to_string(), "fault 4: Too many parameters.");
    assert!(error.is_maybe_sent() && !error.is_decode() && error.status().is_none());
}

#[tokio::test]
async fn a_fault_counts_whatever_the_status() {
    for status in [
        "500 Internal Server Error",
        "401 Unauthorized",
        "404 Not Found",
        "302 Found",
    ] {
        let peer = Peer::answering(http(status, "", fault(9, "x"))).await;
        let error = call(&peer).await.unwrap_err();
        assert_eq!(error.fault().map(Fault::code), Some(9), "{status}");
    }
}

#[tokio::test]
async fn a_result_under_an_error_status_does_not_count() {
    let peer = Peer::answering(http(
        "500 Internal Server Error",
        "Content-Type: text/xml\r\n",
        result(SEVEN),
    ))
    .await;
    let error = call(&peer).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
}

#[tokio::test]
async fn html_under_404_gives_status_type_and_excerpt() {
    let page = format!("<html>\n<body>{}</body></html>", "not here ".repeat(100));
    let peer = Peer::answering(http(
        "404 Not Found",
        "Content-Type: text/html; charset=utf-8\r\n",
        page,
    ))
    .await;
    let error = call(&peer).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    let text = error.to_string();
    let start = "the server refused the call with status 404 Not Found, text/html; charset=utf-8: \"<html>\\n<body>not here ";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("…\"") && text.len() < 330, "{text}");
    assert!(!error.is_decode());
}

#[tokio::test]
async fn html_under_200_is_a_decode_error_that_shows_it() {
    let peer = Peer::answering(http(
        "200 OK",
        "Content-Type: text/html\r\n",
        "<!DOCTYPE html><html>Log in</html>",
    ))
    .await;
    let error = call(&peer).await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert_eq!(
        error.to_string(),
        "the answer is no XML-RPC response: status 200 OK, text/html: \"<!DOCTYPE html><html>Log in</html>\""
    );
    let source =
        std::error::Error::source(&error).and_then(|source| source.downcast_ref::<xmlrpc_core::Error>());
    assert!(source.is_some(), "{error:?}");
}

#[tokio::test]
async fn an_empty_answer_says_so() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let error = call(&peer).await.unwrap_err();
    assert!(error.is_decode());
    assert!(
        error
            .to_string()
            .ends_with("status 200 OK, no content type, empty body"),
        "{error}"
    );
}

#[tokio::test]
async fn a_result_of_another_type_names_its_place() {
    let peer = Peer::answering(ok(result(
        "<value><array><data><value>x</value></data></array></value>",
    )))
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let error = within(server.call::<Vec<i32>>("m", ()).into_future())
        .await
        .unwrap_err();
    assert!(error.is_decode());
    let text = chain(&error);
    assert!(
        text.starts_with("the result is not of the type asked for: expected i32, found string \"x\" in [0]"),
        "{text}"
    );
}

#[tokio::test]
async fn bodies_without_a_length_and_in_chunks_are_read_to_their_end() {
    let document = result(SEVEN);
    let (front, back) = document.split_at(30);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{front}\r\n{:x}\r\n{back}\r\n0\r\n\r\n",
        front.len(),
        back.len()
    );
    let until_close = format!("HTTP/1.0 200 OK\r\n\r\n{document}");
    let bare_line_feeds = format!(
        "HTTP/1.1 200 OK\nContent-Length: {}\n\n{document}",
        document.len()
    );
    for answer in [chunked, until_close, bare_line_feeds] {
        let peer = Peer::answering(answer.clone()).await;
        assert_eq!(call(&peer).await.unwrap(), 7, "{answer}");
    }
}

#[tokio::test]
async fn the_charset_of_the_content_type_goes_before_the_declaration() {
    let document = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodResponse><params><param><value>K\xFCche</value></param></params></methodResponse>";
    let peer = Peer::answering(http(
        "200 OK",
        "Content-Type: text/xml; charset=ISO-8859-1\r\n",
        document,
    ))
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    assert_eq!(
        within(server.call::<String>("m", ()).into_future())
            .await
            .unwrap(),
        "Küche"
    );
}

#[tokio::test]
async fn reading_stops_at_the_limit() {
    let (ended, end) = tokio::sync::oneshot::channel();
    let ended = std::sync::Mutex::new(Some(ended));
    let peer = Peer::start(move |mut connection| {
        let ended = ended.lock().unwrap().take();
        async move {
            connection.request().await;
            connection
                .send("HTTP/1.1 200 OK\r\n\r\n<?xml version=\"1.0\"?>")
                .await;
            // The answer never ends; the client must.
            while connection.try_send([b' '; 4096]).await {}
            ended.unwrap().send(()).unwrap();
        }
    })
    .await;
    let limits = Limits::client().document_bytes(100_000);
    let server = ServerProxy::builder(&peer.url()).limits(limits).build().unwrap();
    let error = within(server.call::<i32>("m", ()).into_future())
        .await
        .unwrap_err();
    assert!(error.is_decode() && error.is_maybe_sent());
    assert_eq!(
        error.to_string(),
        "the answer is longer than 100000 bytes; Limits::document_bytes raises this limit"
    );
    within(end).await.unwrap();
}

#[tokio::test]
async fn a_claimed_length_takes_no_memory_and_a_body_at_the_limit_is_read() {
    let document = result(SEVEN);
    let exact = Limits::client().document_bytes(document.len());
    let peer = Peer::answering(ok(&document)).await;
    let server = ServerProxy::builder(&peer.url()).limits(exact).build().unwrap();
    assert_eq!(
        within(server.call::<i32>("m", ()).into_future()).await.unwrap(),
        7
    );

    let claim = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n<?xml", u64::MAX - 1);
    let peer = Peer::answering(claim).await;
    let error = call(&peer).await.unwrap_err();
    assert!(error.is_maybe_sent(), "{error}");
}

#[tokio::test]
async fn a_claimed_length_that_is_too_long_does_not_harm_a_complete_document() {
    let document = result(SEVEN);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{document}\n",
        document.len() + 2
    );
    let peer = Peer::answering(answer).await;
    assert_eq!(call(&peer).await.unwrap(), 7);
}

#[tokio::test]
async fn an_error_page_beyond_the_limit_still_gives_its_status() {
    let peer = Peer::answering(http("502 Bad Gateway", "", "x".repeat(5000))).await;
    let limits = Limits::client().document_bytes(1000);
    let server = ServerProxy::builder(&peer.url()).limits(limits).build().unwrap();
    let error = within(server.call::<i32>("m", ()).into_future())
        .await
        .unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert!(error.to_string().contains(": \"xxx"), "{error}");
}

#[tokio::test]
async fn a_body_in_many_frames_comes_back_whole() {
    let text = "x".repeat(3_000_000);
    for headers in ["", "Content-Type: text/xml\r\n"] {
        let document = result(&format!("<value>{text}</value>"));
        let answer = match headers {
            "" => format!("HTTP/1.1 200 OK\r\n\r\n{document}").into_bytes(),
            headers => http("200 OK", headers, document),
        };
        let peer = Peer::answering(answer).await;
        let server = ServerProxy::new(&peer.url()).unwrap();
        let back = within(server.call::<String>("m", ()).into_future())
            .await
            .unwrap();
        assert!(back == text);
    }
}

#[tokio::test]
async fn a_slow_answer_runs_into_the_timeout() {
    let peer = Peer::start(|mut connection| async move {
        connection.request().await;
        connection
            .send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<?xml")
            .await;
        connection.closed().await;
    })
    .await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let call = server.call::<Value>("m", ()).timeout(Duration::from_millis(50));
    let error = within(call.into_future()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_maybe_sent() && !error.is_connect());
    assert_eq!(error.to_string(), "no answer within 50ms");
}

#[tokio::test]
async fn garbage_is_an_error_of_the_exchange() {
    let peer = Peer::answering("SSH-2.0-OpenSSH_9.2\r\n").await;
    let error = call(&peer).await.unwrap_err();
    assert!(
        error.is_maybe_sent() && !error.is_connect() && error.status().is_none(),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_int_beyond_32_bits_is_read_exactly_and_never_cut() {
    // As Ruby answers with big integers on, and JavaScript always.
    let peer = Peer::answering(ok(result("<value><int>1700000000000</int></value>"))).await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let time = within(server.call::<i64>("m", ()).into_future()).await.unwrap();
    assert_eq!(time, 1_700_000_000_000);
    let narrow = within(server.call::<i32>("m", ()).into_future()).await;
    assert!(narrow.unwrap_err().is_decode());
}

#[tokio::test]
async fn a_string_in_which_no_greater_than_is_escaped_is_read() {
    // As Kamailio writes, by the letter of XML-RPC.
    let value = "<value><string>a&lt;b>&amp;\"'c]]></string></value>";
    let peer = Peer::answering(ok(result(value))).await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    let text = within(server.call::<String>("m", ()).into_future())
        .await
        .unwrap();
    assert_eq!(text, "a<b>&\"'c]]>");
}

#[tokio::test]
async fn a_doctype_is_refused() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"aaaa\">]>\
                <methodResponse><params><param><value>&a;</value></param></params></methodResponse>";
    let peer = Peer::answering(ok(bomb)).await;
    assert!(call(&peer).await.unwrap_err().is_decode());
}

/// What a call gives that is answered by a document with these bytes as its value.
async fn value<T: serde::de::DeserializeOwned + 'static>(value: &str) -> xmlrpc_client::Result<T> {
    let peer = Peer::answering(ok(result(value))).await;
    let server = ServerProxy::new(&peer.url()).unwrap();
    within(server.call("m", ()).into_future()).await
}

#[tokio::test]
async fn answers_by_http_1_0_are_read_with_a_length_and_without() {
    let document = result(SEVEN);
    let length = document.len();
    for answer in [
        format!("HTTP/1.0 200 OK\r\nServer: BaseHTTP/0.6\r\nContent-Length: {length}\r\n\r\n{document}"),
        format!("HTTP/1.0 200 OK\r\nConnection: close\r\nContent-type: text/xml\r\n\r\n{document}"),
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{document}\n"),
        format!("HTTP/1.1 200\r\nContent-Length: {length}\r\n\r\n{document}"),
    ] {
        let peer = Peer::answering(answer.clone()).await;
        let server = ServerProxy::new(&peer.url()).unwrap();
        for _ in 0..3 {
            let seven = within(server.call::<i32>("m", ()).into_future()).await;
            assert_eq!(seven.unwrap(), 7, "{answer}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_type_and_with_headers_of_another_protocol_is_read() {
    let document = result(SEVEN);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nSia: SIP/2.0/TCP 127.0.0.1:40036\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK\r\n\
         Server: kamailio (5.6.3 (x86_64/linux))\r\nX-Odd: (a) \"b\"; c\r\nContent-Length: {}\r\n\r\n{document}",
        document.len()
    );
    let peer = Peer::answering(answer).await;
    assert_eq!(call(&peer).await.unwrap(), 7);
}

#[tokio::test]
async fn a_refusal_without_xml_gives_its_status_and_a_fault_in_one_is_a_fault() {
    let challenge = "WWW-Authenticate: Basic realm=\"default\"\r\nContent-Type: text/html\r\n";
    let peer = Peer::answering(http(
        "401 Unauthorized",
        challenge,
        "<html><body>Unauthorized</body></html>",
    ))
    .await;
    let error = call(&peer).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    assert!(
        error.fault().is_none() && error.to_string().contains("Unauthorized"),
        "{error}"
    );

    // A method that is not there: no body at all.
    let peer = Peer::answering("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").await;
    let error = call(&peer).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert!(
        error.to_string().ends_with("no content type, empty body"),
        "{error}"
    );

    for status in ["401 Unauthorized", "500 Internal Server Error", "403 Forbidden"] {
        let peer = Peer::answering(http(status, challenge, fault(-32603, "not allowed"))).await;
        let error = call(&peer).await.unwrap_err();
        assert_eq!(error.fault().map(Fault::code), Some(-32603), "{status}");
    }
}

/// A server that keeps connections, and answers every request with the same bytes.
async fn keeping(answer: String) -> Peer {
    Peer::start(move |mut connection| {
        let answer = answer.clone();
        async move {
            while connection.try_request().await.is_some() {
                if !connection.try_send(&answer).await {
                    return;
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_length_that_is_too_short_cuts_nothing_of_the_result() {
    let text = "Grüße aus Köln, ½ ≥ ¼";
    let document = result(&format!("<value><string>{text}</string></value>"));
    let refusal = fault(4, text);
    // One byte short, and as long as the document has characters, of which some have two or three bytes.
    for (document, length) in [
        (&document, document.len() - 1),
        (&document, document.chars().count()),
        (&refusal, refusal.len() - 1),
        (&refusal, refusal.chars().count()),
    ] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{document}"
        );
        let peer = keeping(answer).await;
        let server = ServerProxy::new(&peer.url()).unwrap();
        for _ in 0..10 {
            let outcome = within(server.call::<String>("m", ()).into_future()).await;
            match outcome {
                Ok(received) => assert_eq!(received, text),
                Err(error) => assert_eq!(error.fault(), Some(&Fault::new(4, text)), "{error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_length_that_is_too_long_holds_a_result_up_for_a_while_only() {
    let document = result(SEVEN);
    for headers in [
        format!("Content-Length: {}", document.len() + 1),
        "Transfer-Encoding: chunked".to_owned(),
        "X-No: length".to_owned(),
    ] {
        let body = match headers.starts_with("Transfer") {
            true => format!("{:x}\r\n{document}\r\n", document.len()),
            false => document.clone(),
        };
        // The connection stays open, and nothing more comes.
        let peer = keeping(format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}")).await;
        let server = ServerProxy::builder(&peer.url()).no_timeout().build().unwrap();
        let seven = within(server.call::<i32>("m", ()).into_future()).await;
        assert_eq!(seven.unwrap(), 7, "{headers}");
    }
}

#[tokio::test]
async fn a_document_that_is_cut_in_its_value_is_an_error() {
    let document = result(SEVEN);
    let length = document.find("</int>").unwrap() + 3;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{document}");
    let peer = Peer::answering(answer).await;
    let error = call(&peer).await.unwrap_err();
    assert!(error.is_decode() && error.is_maybe_sent(), "{error:?}");
}

#[tokio::test]
async fn fault_codes_that_are_no_integers_are_read() {
    for (code, expected) in [
        ("<value><string>Client</string></value>", 0),
        ("<value>-32601</value>", -32601),
        ("<value><i8>7</i8></value>", 7),
        ("<value><double>8.0</double></value>", 8),
    ] {
        let document =
            fault(1, "Failed to access class (system)").replace("<value><int>1</int></value>", code);
        let peer = Peer::answering(ok(document)).await;
        let error = call(&peer).await.unwrap_err();
        let fault = error.fault().expect(code);
        assert_eq!(
            (fault.code(), fault.string()),
            (expected, "Failed to access class (system)"),
            "{code}"
        );
        assert!(fault.raw().is_some());
    }
}

#[tokio::test]
async fn odd_values_are_read() {
    assert_eq!(
        value::<Option<i32>>("<value><nil></nil></value>").await.unwrap(),
        None
    );
    value::<()>("<value><nil></nil></value>").await.unwrap();
    assert_eq!(
        value::<Vec<i32>>("<value><array><data/></array></value>")
            .await
            .unwrap(),
        [0; 0]
    );
    let eights =
        "<value><array><data><value><i8>1</i8></value><value><i8>-2</i8></value></data></array></value>";
    assert_eq!(value::<(u8, i32)>(eights).await.unwrap(), (1, -2));
    let error = value::<(u8, u8)>(eights).await.unwrap_err();
    assert!(chain(&error).contains("in [1]"), "{}", chain(&error));
}

#[tokio::test]
async fn an_answer_without_a_value_is_an_error_that_shows_it() {
    let document = "<?xml version=\"1.0\"?>\n<methodResponse>\n<params/>\n</methodResponse>";
    let peer = Peer::answering(ok(document)).await;
    let error = call(&peer).await.unwrap_err();
    assert!(error.is_decode());
    let text = chain(&error);
    assert!(
        text.contains("<params/>") && text.contains("expected <param"),
        "{text}"
    );
}

#[tokio::test]
async fn a_header_that_a_server_demands_is_sent() {
    let peer = Peer::start(|mut connection| async move {
        let answer = match connection.request().await.header("x-requested-with") {
            Some(_) => ok(result(SEVEN)),
            None => http("403 Forbidden", "", "Required Header Missing"),
        };
        connection.send(answer).await;
    })
    .await;
    let error = call(&peer).await.unwrap_err();
    assert!(error.to_string().contains("Required Header Missing"), "{error}");
    let server = ServerProxy::builder(&peer.url())
        .header("X-Requested-With", "XMLHttpRequest")
        .build()
        .unwrap();
    assert_eq!(
        within(server.call::<i32>("m", ()).into_future()).await.unwrap(),
        7
    );
}
