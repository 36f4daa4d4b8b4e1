use xmlrpc_server::{HttpService, Methods};

use crate::support::{Response, TestServer, plain_call};

fn service() -> HttpService {
    Methods::new().method("answer", || 42).into()
}

/// Sends a request with headers of a browser, and reads its answer.
async fn ask(server: &TestServer, method: &str, headers: &str) -> Response {
    let body = if method == "POST" {
        plain_call("answer")
    } else {
        String::new()
    };
    let mut client = server.connect().await;
    client
        .send(format!(
            "{method} /RPC2 HTTP/1.1\r\nHost: here:7001\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    client.response().await
}

/// The headers of CORS in a response.
fn cors(response: &Response) -> Vec<(&str, &str)> {
    let headers = response
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    headers
        .filter(|(name, _)| name.starts_with("access-control-") || *name == "vary")
        .collect()
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_and_nothing_runs() {
    let server = TestServer::start(service()).await;
    for (headers, status) in [
        ("", 200),
        ("Origin: http://here:7001\r\n", 200),
        ("Origin: https://HERE:7001\r\n", 200),
        ("Origin: http://elsewhere\r\nSec-Fetch-Site: same-origin\r\n", 200),
        ("Sec-Fetch-Site: none\r\n", 200),
        ("Origin: http://here\r\n", 403),
        ("Origin: http://here:7002\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Origin: \r\n", 403),
        ("Origin: http://here:7001\r\nOrigin: http://evil.example\r\n", 403),
        ("Origin: http://here:7001, http://evil.example\r\n", 403),
        ("Origin: http://here:7001\r\nSec-Fetch-Site: cross-site\r\n", 403),
        ("Origin: http://here:7001\r\nSec-Fetch-Site: same-site\r\n", 403),
        (
            "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n",
            403,
        ),
        ("Origin: \u{fc}\r\n", 403),
        (
            "Origin: http://here:7001\r\nContent-Type: text/plain\r\nCookie: a=b\r\nSec-Fetch-Site: cross-site\r\n",
            403,
        ),
    ] {
        let response = ask(&server, "POST", headers).await;
        assert_eq!(response.status, status, "{headers}");
        assert_eq!(cors(&response), [], "{headers}");
        assert_eq!(
            response.body.contains("<int>42</int>"),
            status == 200,
            "{headers}"
        );
        assert_eq!(response.body.contains("allow_origin"), status == 403, "{headers}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_page_without_a_host_to_hold_it_against_is_refused() {
    let server = TestServer::start(service()).await;
    let body = plain_call("answer");
    for (host, status) in [
        ("", 403),
        ("Host: here\r\nHost: there\r\n", 403),
        ("Host: there\r\n", 403),
        ("Host: here\r\n", 200),
        ("Host: here:80\r\n", 200),
    ] {
        let mut client = server.connect().await;
        let head = format!(
            "POST / HTTP/1.0\r\n{host}Origin: http://here\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        client.send(head + &body).await;
        assert_eq!(client.response().await.status, status, "{host}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_page_that_is_allowed_may_read_its_replies() {
    let server = TestServer::start(
        service()
            .allow_origin("https://good.example")
            .allow_origin("null"),
    )
    .await;
    for origin in ["https://good.example", "null"] {
        let response = ask(
            &server,
            "POST",
            &format!("Origin: {origin}\r\nSec-Fetch-Site: cross-site\r\n"),
        )
        .await;
        assert_eq!(response.status, 200);
        let expected = [("vary", "Origin"), ("access-control-allow-origin", origin)];
        assert_eq!(cors(&response), expected);
    }
    // Refusals can be read, too: the page is told what is wrong.
    let response = ask(&server, "PUT", "Origin: https://good.example\r\n").await;
    assert_eq!(
        (response.status, response.header("allow")),
        (405, Some("GET, HEAD, OPTIONS, POST"))
    );
    assert_eq!(
        response.header("access-control-allow-origin"),
        Some("https://good.example")
    );
    // Others learn only that it depends on the origin.
    for (headers, status) in [
        ("", 200),
        ("Origin: https://evil.example\r\n", 403),
        ("Origin: http://here:7001\r\n", 200),
    ] {
        let response = ask(&server, "POST", headers).await;
        assert_eq!(
            (response.status, &cors(&response)[..]),
            (status, &[("vary", "Origin")][..])
        );
    }
    server.stopped().await;
}

#[tokio::test]
async fn every_origin_can_be_let_in() {
    let server = TestServer::start(service().allow_origin("*")).await;
    for headers in [
        "Origin: https://any.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
    ] {
        let response = ask(&server, "POST", headers).await;
        assert_eq!(response.status, 200);
        assert_eq!(
            cors(&response),
            [("access-control-allow-origin", "*")],
            "{headers}"
        );
    }
    server.stopped().await;
}

#[tokio::test]
async fn browsers_are_told_beforehand_what_a_page_may_do() {
    let server = TestServer::start(service().allow_origin("https://good.example")).await;
    let preflight = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type\r\n";
    let response = ask(
        &server,
        "OPTIONS",
        &format!("Origin: https://good.example\r\n{preflight}"),
    )
    .await;
    assert_eq!(
        (response.status, response.header("content-length")),
        (200, Some("0"))
    );
    assert_eq!(
        cors(&response),
        [
            ("access-control-allow-methods", "POST"),
            ("access-control-max-age", "7200"),
            ("access-control-allow-headers", "authorization,content-type"),
            ("vary", "Access-Control-Request-Headers"),
            ("vary", "Origin"),
            ("access-control-allow-origin", "https://good.example"),
        ]
    );
    let response = ask(
        &server,
        "OPTIONS",
        &format!("Origin: https://evil.example\r\n{preflight}"),
    )
    .await;
    assert_eq!(
        (response.status, response.header("access-control-allow-origin")),
        (403, None)
    );
    let response = ask(&server, "OPTIONS", "").await;
    assert_eq!(
        (response.status, response.header("allow")),
        (200, Some("GET, HEAD, OPTIONS, POST"))
    );
    assert_eq!(cors(&response), [("vary", "Origin")]);
    server.stopped().await;
}

#[tokio::test]
async fn options_is_no_method_where_no_origin_is_allowed() {
    let server = TestServer::start(service()).await;
    let preflight = "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n";
    let response = ask(&server, "OPTIONS", preflight).await;
    assert_eq!(
        (response.status, response.header("allow")),
        (405, Some("GET, HEAD, POST"))
    );
    assert_eq!(cors(&response), []);
    server.stopped().await;
}
