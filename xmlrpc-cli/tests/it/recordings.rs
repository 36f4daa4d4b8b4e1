//! `xmlrpc proxy` and `xmlrpc serve`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use xmlrpc_server::{CallContext, Methods};
use xmlrpc_tests::{LIMIT, TestServer, python};

use crate::support::{Listening, Ran, Scratch, python_server, server, xmlrpc, xmlrpc_with};

#[test]
fn a_proxy_shows_both_sides_of_every_call() {
    let server = server();
    let proxy = Listening::start(&["proxy", "--listen", "127.0.0.1:0", &server.url()]);
    assert_eq!(xmlrpc(&["call", proxy.url(), "add", "2", "3"]).text(), "5\n");
    assert_eq!(
        xmlrpc(&["call", proxy.url(), "fail", "9", "no \\ luck"]).failed(1),
        "fault 9: no \\ luck\n"
    );
    let shown = proxy.interrupted().out;
    let parts = [
        "#1\nPOST /RPC2 HTTP/1.1\n",
        "<methodName>add</methodName>\n",
        "<param><value><int>2</int></value></param>\n",
        "HTTP/1.1 200 OK\n",
        "<param><value><int>5</int></value></param>\n",
        "\nadd: ",
        " bytes sent, ",
        " bytes received, ",
        "#2\nPOST ",
        "<methodName>fail</methodName>",
        "<fault>",
        "no \\ luck",
        "\nfail: ",
    ];
    let mut rest = shown.as_str();
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            panic!("{part} in {shown}")
        };
        rest = behind;
    }
}

#[test]
fn a_proxy_hands_on_credentials_and_shows_none() {
    let methods = Methods::new().method("header", |context: CallContext, name: String| {
        let value = context
            .headers()
            .get(&name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        value.unwrap_or_default()
    });
    let server = TestServer::start(methods);
    // The path is the client's here.
    let proxy = Listening::start(&["proxy", "--listen", "0", server.url().trim_end_matches("/RPC2")]);
    let call = |name: &str| {
        let options = [
            "--user",
            "ada:s3cret",
            "--header",
            "X-Api-Key: s3cret",
            "--header",
            "X-Seen: plain",
        ];
        xmlrpc(&[&["call", proxy.url(), "header", name][..], &options].concat()).text()
    };
    assert_eq!(call("authorization"), "\"Basic YWRhOnMzY3JldA==\"\n");
    assert_eq!(call("x-seen"), "\"plain\"\n");
    let shown = proxy.interrupted().out;
    assert!(
        shown.contains("authorization: ***\n") && shown.contains("x-api-key: ***\n"),
        "{shown}"
    );
    assert!(
        shown.contains("x-seen: plain\n") && !shown.contains("s3cret"),
        "{shown}"
    );
    // Bodies are shown with all that is in them: here the answer of a method that tells a header.
    assert_eq!(shown.matches("YWRhOnMzY3JldA==").count(), 1, "{shown}");
}

#[test]
fn what_a_proxy_records_a_mock_server_answers() {
    let server = server();
    let file = Scratch::new(b"");
    let proxy = Listening::start(&[
        "proxy",
        "--listen",
        "127.0.0.1:0",
        "--record",
        file.path(),
        &server.url(),
    ]);
    let calls = [
        &["add", "2", "3"][..],
        &["echo", "{\"a\":[null,1.5]}"],
        &["moment", "--typed"],
        &["fail", "9", "no"],
        &["nosuch"],
    ];
    let through = |url: &str| {
        let run = |call: &&[&str]| {
            let ran = xmlrpc(&[&["call", url], *call].concat());
            (ran.status.code(), ran.out, ran.err)
        };
        calls.iter().map(run).collect::<Vec<_>>()
    };
    let recorded = through(proxy.url());
    assert_eq!(recorded[0], (Some(0), "5\n".to_owned(), String::new()));
    proxy.interrupted();
    drop(server);
    assert_eq!(
        fs::read_to_string(file.path()).unwrap().lines().count(),
        1 + calls.len()
    );

    let mock = Listening::start(&["serve", "--record", file.path(), "--listen", "127.0.0.1:0"]);
    assert_eq!(through(mock.url()), recorded);
    let err = xmlrpc(&["call", mock.url(), "add", "2", "4"]).failed(1);
    assert!(
        err.starts_with("fault -32602: ")
            && err.contains("params[1] is int 3 in the recording, and int 4 in the call"),
        "{err}"
    );
    let err = xmlrpc(&["call", mock.url(), "sub", "2", "4"]).failed(1);
    assert!(
        err.starts_with("fault -32601: ") && err.contains("`sub` is not in it"),
        "{err}"
    );
    let said = mock.interrupted().err;
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn python_calls_through_a_proxy_with_bodies_in_gzip() {
    let server = server();
    let proxy = Listening::start(&["proxy", "--listen", "127.0.0.1:0", &server.url()]);
    let script = "
import sys, xmlrpc.client
class Compressing(xmlrpc.client.Transport):
    encode_threshold = 1
with xmlrpc.client.ServerProxy(sys.argv[1], transport=Compressing(), allow_none=True) as server:
    print(server.add(1, 2), server.echo(['é', None, 1.5]))
    try:
        server.fail(3, 'no')
    except xmlrpc.client.Fault as fault:
        print(fault.faultCode, fault.faultString)
";
    let Some(printed) = python(script, [proxy.url()]) else {
        return;
    };
    assert_eq!(printed, "3 ['é', None, 1.5]\n3 no\n");
    let shown = proxy.interrupted().out;
    assert!(
        shown.contains("<methodName>add</methodName>") && shown.contains("<string>é</string>"),
        "{shown}"
    );
}

#[test]
fn a_recording_hides_what_is_called_a_secret() {
    let server = server();
    let file = Scratch::new(b"");
    let options = ["--record", file.path(), "--secret", "t0ken", "--secret", "other"];
    let proxy = Listening::start(&[&["proxy", "--listen", "0", &server.url()][..], &options].concat());
    xmlrpc(&["call", proxy.url(), "echo", "[\"t0ken\",\"an other one\"]"]).text();
    proxy.interrupted();
    let recorded = fs::read_to_string(file.path()).unwrap();
    assert!(
        recorded.contains("***") && !recorded.contains("t0ken") && !recorded.contains("other"),
        "{recorded}"
    );
}

#[test]
fn a_python_server_answers_through_a_proxy_and_from_its_recording() {
    let Some(server) = python_server() else { return };
    let file = Scratch::new(b"");
    let proxy = Listening::start(&["proxy", "--listen", "0", "--record", file.path(), &server.url()]);
    let commands = |url: &str| {
        let ran = [
            xmlrpc(&["list", url]),
            xmlrpc(&["help", url, "echo"]),
            xmlrpc(&["call", url, "add", "2", "3"]),
            xmlrpc_with(
                &["multicall", url],
                b"{\"method\":\"add\",\"params\":[1,2]}\n{\"method\":\"moment\"}",
            ),
        ];
        ran.map(Ran::text)
    };
    let recorded = commands(proxy.url());
    assert_eq!(
        recorded[1..],
        ["The value itself.\n", "5\n", "3\n\"19980717T14:08:55\"\n"]
    );
    proxy.interrupted();
    drop(server);
    let mock = Listening::start(&[
        "serve",
        "--record",
        file.path(),
        "--listen",
        "0",
        "--order",
        "recorded",
    ]);
    assert_eq!(commands(mock.url()), recorded);
}

fn exchange(url: &str, request: &str) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches("/RPC2");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn requests_that_are_no_programs_calls_come_no_further() {
    let server = server();
    let proxy = Listening::start(&[
        "proxy",
        "--listen",
        "127.0.0.1:0",
        "--max-response",
        "1K",
        &server.url(),
    ]);
    for (request, status) in [
        ("GET / HTTP/1.0\r\n\r\n", "405"),
        (
            "POST /RPC2 HTTP/1.0\r\nOrigin: http://evil.example\r\nContent-Length: 1\r\n\r\nx",
            "403",
        ),
        (
            "POST /RPC2 HTTP/1.0\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 1\r\n\r\nx",
            "403",
        ),
        ("POST /RPC2 HTTP/1.0\r\nContent-Length: 2000\r\n\r\n", "413"),
        (
            "POST /RPC2 HTTP/1.0\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
            "415",
        ),
    ] {
        let answer = exchange(proxy.url(), request);
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request}: {answer}");
    }
    // What is no call goes to the server, whose fault comes back.
    let answer = exchange(
        proxy.url(),
        "POST /RPC2 HTTP/1.0\r\nContent-Length: 4\r\n\r\n<a/>",
    );
    assert!(answer.contains("200") && answer.contains("-32600"), "{answer}");
    let ran = proxy.interrupted();
    assert!(
        ran.out.starts_with("#1\n") && !ran.out.contains("#2"),
        "{}",
        ran.out
    );
}

#[test]
fn a_server_that_is_not_there_is_told_to_both_sides() {
    let proxy = Listening::start(&["proxy", "--listen", "127.0.0.1:0", "http://127.0.0.1:1/RPC2"]);
    let err = xmlrpc(&["call", proxy.url(), "add"]).failed(3);
    assert!(
        err.contains("502") && err.contains("no connection to http://127.0.0.1:1"),
        "{err}"
    );
    assert!(
        proxy
            .interrupted()
            .out
            .contains("no connection to http://127.0.0.1:1")
    );
}

#[test]
fn addresses_and_files_that_cannot_be_used_are_told_at_once() {
    let server = server();
    let taken = server.address().to_string();
    let err = xmlrpc(&["proxy", "--listen", &taken, &server.url()]).failed(2);
    assert!(err.contains(&taken), "{err}");
    assert!(
        xmlrpc(&["proxy", "--listen", "nowhere", "http://h/"])
            .failed(2)
            .contains("HOST:PORT")
    );
    assert!(
        xmlrpc(&["proxy", "--listen", "0", "ftp://h/"])
            .failed(2)
            .contains("http://")
    );
    assert!(
        xmlrpc(&["serve", "--record", "/no/such/file"])
            .failed(2)
            .contains("/no/such/file")
    );
    let file = Scratch::new(b"{\"xmlrpc_recording\":1}\n{}\n");
    assert!(
        xmlrpc(&["serve", "--record", file.path()])
            .failed(2)
            .contains("line 2")
    );
    assert!(
        xmlrpc(&[
            "proxy",
            "--listen",
            "0",
            "--record",
            "/no/such/folder/x",
            "http://h/"
        ])
        .failed(2)
        .contains("/no/such/folder")
    );
}

/// The recording of a test is a file that people can read and write.
#[test]
fn a_recording_can_be_written_by_hand_with_xmlrpc_encode() {
    let document = |json: &str| xmlrpc_with(&["encode"], json.as_bytes()).text();
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let call = document(r#"{"method":"add","params":[1,2]}"#);
    let lines: String = [3, 4]
        .iter()
        .map(|result| {
            let answer = document(&format!("{{\"params\":[{result}]}}"));
            format!(
                "{{\"method\":\"add\",\"request\":{{\"body\":{}}},\"response\":{{\"body\":{}}}}}\n",
                quoted(&call),
                quoted(&answer)
            )
        })
        .collect();
    let file = Scratch::new(format!("{{\"xmlrpc_recording\":1}}\n{lines}").as_bytes());
    let mock = Listening::start(&[
        "serve",
        "--record",
        file.path(),
        "--listen",
        "0",
        "--order",
        "once",
    ]);
    let call = || xmlrpc(&["call", mock.url(), "add", "1", "2"]);
    assert_eq!(
        (call().text(), call().text()),
        ("3\n".to_owned(), "4\n".to_owned())
    );
    assert!(call().failed(1).contains("all answers to `add`"), "no third one");
}

#[test]
fn documents_pass_in_the_encoding_that_they_name() {
    let server = server();
    let proxy = Listening::start(&["proxy", "--listen", "127.0.0.1:0", &server.url()]);
    let call = xmlrpc_with(
        &["encode", "--profile", "homematic"],
        "{\"method\":\"echo\",\"params\":[\"Küche\"]}".as_bytes(),
    );
    assert!(call.bytes.contains(&0xFC), "ü is one byte");
    let address = proxy
        .url()
        .trim_start_matches("http://")
        .trim_end_matches("/RPC2");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let head = format!(
        "POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n",
        call.bytes.len()
    );
    stream
        .write_all(&[head.as_bytes(), &call.bytes].concat())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("<string>Küche</string>"), "{answer}");
    let shown = proxy.interrupted().out;
    assert_eq!(shown.matches("<string>Küche</string>").count(), 2, "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_proxy_says_when_its_output_is_full_and_ends() {
    let server = server();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let proxy = Listening::writing_to(full.into(), &["proxy", "--listen", "0", &server.url()]);
    assert_eq!(xmlrpc(&["call", proxy.url(), "add", "2", "3"]).text(), "5\n");
    let message = proxy.ended().failed(3);
    assert!(message.starts_with("xmlrpc: standard output: "), "{message}");
}
