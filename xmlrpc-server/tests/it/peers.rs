//! What real clients put on the wire, as raw bytes over a socket, and what they must find in the answers. Every case is named by those who
//! send it so; the documents are written anew in their form.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use xmlrpc_server::{Fault, Methods, Struct, Value, Variadic};

use crate::support::{Client, Response, TestServer};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const APACHE: &str = " xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"";

fn methods() -> Methods {
    Methods::new()
        .method("echo", |params: Variadic<Value>| params.0)
        .method("answer", || 42)
        .method("nil", || ())
        .method("wide", || 5_000_000_000_i64)
        .method("fail", || -> Result<i32, Fault> { Err(Fault::new(1, "a\r\nb")) })
        .method("empty", || {
            (String::new(), Vec::<i32>::new(), Value::Struct(Struct::new()))
        })
        .method("line_ends", || "a\r\nb\rc\nd")
}

/// The reply to `echo`.
fn echoed(values: &str) -> String {
    reply(&format!("<array><data>{values}</data></array>"))
}

fn reply(value: &str) -> String {
    format!(
        "{DECLARATION}<methodResponse><params><param><value>{value}</value></param></params></methodResponse>"
    )
}

/// The body of a call in the plainest form.
fn echo(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<methodCall>\n<methodName>echo</methodName>\n<params>\n<param>\n<value>{value}</value>\n</param>\n</params>\n</methodCall>\n"
    )
}

fn gzip(data: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A request: its head, in which `{}` is the length of the body, and its body.
fn request(head: &str, body: &[u8]) -> Vec<u8> {
    let head = head.replace("{}", &body.len().to_string());
    [head.as_bytes(), body].concat()
}

/// Every answer has its length, is not chunked, and is of one type.
async fn answer(client: &mut Client, peer: &str) -> Response {
    let response = client.response().await;
    assert_eq!(response.status, 200, "{peer}");
    assert_eq!(response.header("transfer-encoding"), None, "{peer}");
    assert_eq!(
        response.header("content-type"),
        Some("text/xml; charset=utf-8"),
        "{peer}"
    );
    response
}

#[tokio::test]
async fn requests_of_every_form_are_answered() {
    let server = TestServer::start(methods()).await;
    let seven = echo("<int>7</int>");
    for (peer, head, body, closes) in [
        (
            "Twisted",
            "POST /RPC2 HTTP/1.0\r\nUser-Agent: Twisted/XMLRPClib\r\nHost: localhost:7001\r\nContent-Length: {}\r\nContent-Type: text/xml\r\n\r\n",
            seven.clone().into_bytes(),
            true,
        ),
        (
            "phpxmlrpc",
            "POST /RPC2 HTTP/1.0\r\nUser-Agent: XML-RPC for PHP 4.10.3\r\nHost: localhost:7001\r\nAccept-Encoding: gzip, deflate\r\n\
             Accept-Charset: UTF-8,ISO-8859-1,US-ASCII\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            seven.clone().into_bytes(),
            true,
        ),
        (
            "Tcl",
            "POST /RPC2 HTTP/1.0\nContent-Type: text/xml\nContent-length: {}\n\n",
            seven.clone().into_bytes(),
            true,
        ),
        (
            "Python",
            "POST /RPC2 HTTP/1.1\r\nHost: localhost:7001\r\nAccept-Encoding: gzip\r\nContent-Type: text/xml\r\n\
             User-Agent: Python-xmlrpc/3.13\r\nContent-Length: {}\r\n\r\n",
            seven.clone().into_bytes(),
            false,
        ),
        (
            "Python with encode_threshold",
            "POST /RPC2 HTTP/1.1\r\nHost: localhost:7001\r\nAccept-Encoding: gzip\r\nContent-Type: text/xml\r\n\
             User-Agent: Python-xmlrpc/3.13\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            gzip(&seven),
            false,
        ),
        (
            "phpxmlrpc with gzip",
            "POST /RPC2 HTTP/1.0\r\nHost: localhost:7001\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            gzip(&seven),
            true,
        ),
        (
            "phpxmlrpc with deflate",
            "POST /RPC2 HTTP/1.0\r\nHost: localhost:7001\r\nContent-Type: text/xml\r\nContent-Encoding: deflate\r\nContent-Length: {}\r\n\r\n",
            zlib(&seven),
            true,
        ),
        (
            "Apache with gzip",
            "POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nUser-Agent: Apache XML RPC 3.1.3\r\nContent-Encoding: gzip\r\nAccept-Encoding: gzip\r\n\
             Host: localhost:7001\r\nConnection: keep-alive\r\nContent-Length: {}\r\n\r\n",
            gzip(&seven),
            false,
        ),
        (
            "curl -d",
            "POST /RPC2 HTTP/1.1\r\nHost: localhost:7001\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            seven.clone().into_bytes(),
            false,
        ),
        (
            "davexmlrpc",
            "POST /RPC2 HTTP/1.1\r\nhost: localhost:7001\r\ncontent-length: {}\r\nConnection: close\r\n\r\n",
            seven.clone().into_bytes(),
            true,
        ),
        (
            "aiohttp-xmlrpc",
            "POST / HTTP/1.1\r\nHost: localhost:7001\r\nContent-Type: text/xml; charset=utf-8\r\nAccept: */*\r\n\
             Accept-Encoding: gzip, deflate\r\nContent-Length: {}\r\n\r\n",
            seven.clone().into_bytes(),
            false,
        ),
        (
            "xmlrpcpp",
            "POST /RPC2 HTTP/1.1\r\nUser-Agent: XMLRPC++ 0.7\r\nHost: localhost:7001\r\nContent-Type: text/xml\r\nContent-length: {}\r\n\r\n",
            seven.clone().into_bytes(),
            false,
        ),
    ] {
        let mut client = server.connect().await;
        client.send(request(head, &body)).await;
        let response = answer(&mut client, peer).await;
        assert_eq!(response.body, echoed("<value><int>7</int></value>"), "{peer}");
        if closes {
            assert_eq!(client.rest().await, "", "{peer}");
        } else {
            client.send(request(head, &body)).await;
            answer(&mut client, peer).await;
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn curl_sends_in_chunks_and_waits_to_be_told_to() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let body = echo("<int>7</int>");
    for _ in 0..2 {
        client
            .send(
                "POST /RPC2 HTTP/1.1\r\nHost: localhost:7001\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\
                 Transfer-Encoding: chunked\r\nContent-Type: text/xml\r\nExpect: 100-continue\r\n\r\n",
            )
            .await;
        client.interim().await;
        let (first, second) = body.split_at(100);
        let chunks = format!(
            "{:x}\r\n{first}\r\n{:X};x=y\r\n{second}\r\n0\r\nTrailer: x\r\n\r\n",
            first.len(),
            second.len()
        );
        client.send(chunks).await;
        let response = answer(&mut client, "curl").await;
        assert_eq!(response.body, echoed("<value><int>7</int></value>"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn calls_without_parameters_take_every_form() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for (peer, body) in [
        (
            "go-kolo",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>answer</methodName></methodCall>",
        ),
        (
            "xmlrpcpp",
            "<?xml version=\"1.0\"?>\r\n<methodCall><methodName>answer</methodName>\r\n</methodCall>\r\n",
        ),
        (
            "OCaml",
            "<?xml version=\"1.0\"?><methodCall><methodName>answer</methodName><params/></methodCall>",
        ),
        (
            "Haskell",
            "<?xml version='1.0' ?>\n<methodCall><methodName>answer</methodName><params/></methodCall>",
        ),
        (
            "XMLRPC::Lite",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>answer</methodName><params /></methodCall>",
        ),
        (
            "Python",
            "<?xml version='1.0'?>\n<methodCall>\n<methodName>answer</methodName>\n<params>\n</params>\n</methodCall>\n",
        ),
    ] {
        client.post(body).await;
        assert_eq!(
            answer(&mut client, peer).await.body,
            reply("<int>42</int>"),
            "{peer}"
        );
    }
    server.stopped().await;
}

#[tokio::test]
async fn values_of_every_form_are_understood() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for (peer, sent, understood) in [
        ("Perl, Java, PHP", "<i4>-7</i4>", "<int>-7</int>"),
        ("Python, Go", "<int>-7</int>", "<int>-7</int>"),
        (
            "Apache, xmlrpcpp: no tag",
            "a &amp; b ",
            "<string>a &amp; b </string>",
        ),
        ("node, PHP: an empty string", "<string/>", "<string></string>"),
        ("Apache: an empty string without a tag", "", "<string></string>"),
        (
            "xmlrpc-c, RPC::XML, aXMLRPC, phpxmlrpc",
            "<i8>5000000000</i8>",
            "<i8>5000000000</i8>",
        ),
        (
            "node and its kin, Go, Ruby with big integers",
            "<int>1700000000000</int>",
            "<i8>1700000000000</i8>",
        ),
        ("Python, Ruby, node", "<nil/>", "<nil/>"),
        ("homematic", "<nil></nil>", "<nil/>"),
        (
            "node and its kin",
            "<string><![CDATA[<b> & ]]></string>",
            "<string>&lt;b&gt; &amp; </string>",
        ),
        (
            "homematic-xmlrpc, PHP: a CDATA section that ends in the text",
            "<string><![CDATA[<b>]]>]]></string>",
            "<string>&lt;b&gt;]]&gt;</string>",
        ),
        (
            "aiohttp-xmlrpc, phpxmlrpc, Apache",
            "<string>Gr&#252;&#223;e &#8364;</string>",
            "<string>Grüße €</string>",
        ),
        (
            "Apache: a pair of surrogates",
            "<string>&#55357;&#56832;</string>",
            "<string>\u{1F600}</string>",
        ),
        (
            "Python",
            "<string>a&#13;\nb</string>",
            "<string>a&#13;\nb</string>",
        ),
        (
            "Python",
            "<base64>\nAAECAwQFBgcICQoLDA0ODw==\n</base64>",
            "<base64>AAECAwQFBgcICQoLDA0ODw==</base64>",
        ),
        (
            "Apache, Perl: wrapped",
            "<base64>AAECAwQFBgcI\r\nCQoLDA0O\r\n Dw==</base64>",
            "<base64>AAECAwQFBgcICQoLDA0ODw==</base64>",
        ),
        ("C", "<double>2.500000</double>", "<double>2.5</double>"),
        ("PHP, Perl", "<double>0</double>", "<double>0.0</double>"),
        ("node", "<double>3</double>", "<double>3.0</double>"),
        (
            "Python",
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
        ),
        (
            "aXMLRPC",
            "<dateTime.iso8601>19980717T140855</dateTime.iso8601>",
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
        ),
        (
            "foxglove, davexmlrpc",
            "<dateTime.iso8601>1998-07-17T14:08:55.000Z</dateTime.iso8601>",
            "<dateTime.iso8601>19980717T14:08:55Z</dateTime.iso8601>",
        ),
        (
            "DokuWiki",
            "<dateTime.iso8601>2020-01-02T03:04:05+00:00</dateTime.iso8601>",
            "<dateTime.iso8601>20200102T03:04:05+0000</dateTime.iso8601>",
        ),
        ("Python, PHP", "<boolean>1</boolean>", "<boolean>1</boolean>"),
        ("davexmlrpc", "<boolean>true</boolean>", "<boolean>1</boolean>"),
        ("davexmlrpc", "<boolean>false</boolean>", "<boolean>0</boolean>"),
        (
            "ejabberd",
            "<array><data/></array>",
            "<array><data></data></array>",
        ),
        ("PHP", "<struct/>", "<struct></struct>"),
    ] {
        client.post(&echo(sent)).await;
        let response = answer(&mut client, peer).await;
        assert_eq!(
            response.body,
            echoed(&format!("<value>{understood}</value>")),
            "{peer}: {sent}"
        );
    }
    server.stopped().await;
}

#[tokio::test]
async fn documents_in_every_encoding_are_understood() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for (peer, declaration, content_type, text, understood) in [
        (
            "Homematic",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
            "text/xml",
            &b"\xFC"[..],
            "ü",
        ),
        (
            "Perl",
            "<?xml version='1.0' encoding='iso-8859-1'?>",
            "text/xml",
            b"\xFC",
            "ü",
        ),
        (
            "PHP",
            "<?xml version=\"1.0\" encoding=\"iso-8859-15\" ?>",
            "text/xml",
            b"\xA4",
            "€",
        ),
        (
            "Tcl",
            "<?xml version=\"1.0\" encoding='ASCII'?>",
            "text/xml",
            b"&#252;",
            "ü",
        ),
        (
            "phpxmlrpc",
            "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>",
            "text/xml",
            b"&#252;",
            "ü",
        ),
        (
            "Go",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "text/xml",
            "ü".as_bytes(),
            "ü",
        ),
        (
            "Python",
            "<?xml version='1.0'?>\n",
            "text/xml",
            "ü".as_bytes(),
            "ü",
        ),
        ("none", "", "text/xml", "ü".as_bytes(), "ü"),
        (
            "Java",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "text/xml; charset=utf-8",
            "ü".as_bytes(),
            "ü",
        ),
        // What HTTP says goes first.
        (
            "a proxy that recodes",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
            "text/xml; charset=UTF-8",
            "ü".as_bytes(),
            "ü",
        ),
        (
            ".NET: a byte-order mark",
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "text/xml",
            "ü".as_bytes(),
            "ü",
        ),
    ] {
        let call = echo("<string>~</string>").replace("<?xml version=\"1.0\"?>\n", declaration);
        let (before, after) = call.split_once('~').unwrap();
        let body = [before.as_bytes(), text, after.as_bytes()].concat();
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: {{}}\r\n\r\n"
        );
        client.send(request(&head, &body)).await;
        let response = answer(&mut client, peer).await;
        let expected = format!("<value><string>{understood}</string></value>");
        assert_eq!(response.body, echoed(&expected), "{peer}: {declaration}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn apache_is_answered_in_its_own_types() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    let root = |reply: String| reply.replace("<methodResponse>", &format!("<methodResponse{APACHE}>"));
    let call = |method: &str, params: &str, namespace: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall{namespace}><methodName>{method}</methodName><params>{params}</params></methodCall>"
        )
    };
    let param = |value: &str| format!("<param><value>{value}</value></param>");
    let other_prefix = APACHE.replace("ex=", "a=");
    let nested = "<array><data><value><struct><member><name>methodName</name><value>nil</value></member></struct></value></data></array>";
    for (what, body, expected) in [
        (
            "what it sends",
            call("echo", &param("<ex:i8>5000000000</ex:i8>"), APACHE),
            root(echoed("<value><ex:i8>5000000000</ex:i8></value>")),
        ),
        (
            "nil",
            call("echo", &param("<ex:nil/>"), APACHE),
            root(echoed("<value><ex:nil/></value>")),
        ),
        (
            "a small i8",
            call("echo", &param("<ex:i8>5</ex:i8>"), APACHE),
            root(echoed("<value><ex:i8>5</ex:i8></value>")),
        ),
        // Who declares the namespace knows what is in it, whether or not there was use for it in the call.
        ("no parameters", call("nil", "", APACHE), root(reply("<ex:nil/>"))),
        (
            "no parameters, another type",
            call("wide", "", APACHE),
            root(reply("<ex:i8>5000000000</ex:i8>")),
        ),
        (
            "plain parameters",
            call("echo", &param("<i8>5</i8>"), APACHE),
            root(echoed("<value><ex:i8>5</ex:i8></value>")),
        ),
        (
            "another prefix",
            call("echo", &param("<a:nil/>"), &other_prefix),
            root(echoed("<value><ex:nil/></value>")),
        ),
        (
            "a prefix that nothing binds",
            call("echo", &param("<ex:nil/>"), ""),
            root(echoed("<value><ex:nil/></value>")),
        ),
        (
            "in a multicall",
            call("system.multicall", &param(nested), APACHE),
            root(reply(
                "<array><data><value><array><data><value><ex:nil/></value></data></array></value></data></array>",
            )),
        ),
        // Others are not troubled with it.
        ("no namespace", call("nil", "", ""), reply("<nil/>")),
        (
            "another namespace",
            call("nil", "", " xmlns:ex=\"urn:x\""),
            reply("<nil/>"),
        ),
    ] {
        client.post(&body).await;
        let response = answer(&mut client, what).await;
        assert_eq!(response.body, expected, "{what}");
    }
    // A fault has no types of its own, and stays as every client reads it.
    client.post(&call("fail", "", APACHE)).await;
    let response = answer(&mut client, "a fault").await;
    assert!(
        response
            .body
            .contains("<name>faultCode</name><value><int>1</int></value>"),
        "{}",
        response.body
    );
    server.stopped().await;
}

#[tokio::test]
async fn answers_have_what_others_break_without() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for (peer, method, parts) in [
        (
            "ROS: empty elements in two tags",
            "empty",
            &[
                "<string></string>",
                "<array><data></data></array>",
                "<struct></struct>",
            ][..],
        ),
        (
            "aXMLRPC, go-kolo, haxr: every value has its type",
            "system.listMethods",
            &["<value><string>answer</string></value>"],
        ),
        (
            "everyone: a carriage return",
            "line_ends",
            &["<string>a&#13;\nb&#13;c\nd</string>"],
        ),
        (
            "everyone: a carriage return in a fault",
            "fail",
            &["<value><string>a&#13;\nb</string></value>"],
        ),
        (
            "Tcl: a declaration, in faults too",
            "nothing",
            &["<methodResponse><fault>"],
        ),
    ] {
        client
            .post(&format!(
                "<methodCall><methodName>{method}</methodName></methodCall>"
            ))
            .await;
        let response = answer(&mut client, peer).await;
        assert!(
            response.body.starts_with(DECLARATION),
            "{peer}: {}",
            response.body
        );
        assert!(
            !response.body.contains("/>") && !response.body.contains("<value></value>"),
            "{peer}: {}",
            response.body
        );
        for part in parts {
            assert!(response.body.contains(part), "{peer}: {}", response.body);
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn every_answer_has_its_length() {
    let server = TestServer::start(methods()).await;
    let body = echo("x");
    for (what, request, status) in [
        (
            "a call",
            format!(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
            200,
        ),
        (
            "a call by HTTP/1.0",
            format!("POST / HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            200,
        ),
        ("no body", "POST / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 200),
        ("no body by HTTP/1.0", "POST / HTTP/1.0\r\n\r\n".to_owned(), 200),
        ("the page", "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 200),
        (
            "another path",
            "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".to_owned(),
            404,
        ),
        (
            "another method",
            "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".to_owned(),
            405,
        ),
        (
            "a page elsewhere",
            "POST / HTTP/1.1\r\nHost: x\r\nOrigin: null\r\nContent-Length: 0\r\n\r\n".to_owned(),
            403,
        ),
        (
            "too much",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".to_owned(),
            413,
        ),
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        // It panics for one that does not say its length.
        assert_eq!(client.response().await.status, status, "{what}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_body_nobody_wants_is_not_asked_for() {
    let server = TestServer::start(methods()).await;
    for (head, status) in [
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n",
            413,
        ),
        ("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n", 404),
        ("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n", 405),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nTransfer-Encoding: chunked\r\n",
            403,
        ),
    ] {
        let mut client = server.connect().await;
        client.send(format!("{head}Expect: 100-continue\r\n\r\n")).await;
        // A word to go on would come first, and be taken for the answer.
        assert_eq!(client.response().await.status, status, "{head}");
    }
    server.stopped().await;
}
