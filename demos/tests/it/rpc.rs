//! The slides' XML-RPC pages: server, client, both, and other programs at either end.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::support::{Finished, LIMIT, Running, Server, has_ipv6, run, run_python};

/// What the slide's client prints.
const RESULTS: [&str; 4] = [
    "proxy.addtogether('x','y','z') → xyz",
    "proxy.addtogether(1,2,3,4,5) → 15",
    "proxy.quadratic(2,-4,0) → [0.0, 8.0]",
    "proxy.quadratic(1,2,1) → [-1.0]",
];

/// The body of the slide's first Wireshark page, byte for byte: 258 of them.
const REQUEST: &str = "<?xml version='1.0'?>\n<methodCall>\n<methodName>addtogether</methodName>\n<params>\n\
    <param>\n<value><string>x</string></value>\n</param>\n<param>\n<value><string>y</string></value>\n</param>\n\
    <param>\n<value><string>z</string></value>\n</param>\n</params>\n</methodCall>\n";

fn server() -> Server {
    Server::start(&["rpc-server", "--listen", "127.0.0.1:0"])
}

fn url(server: &Server) -> String {
    format!("http://{}/RPC2", server.address)
}

#[test]
fn the_client_prints_the_slides_results() {
    let server = server();
    let printed = run(&["rpc-client", &url(&server)]).text();
    assert_eq!(printed.lines().collect::<Vec<_>>(), RESULTS);
}

#[test]
fn one_trait_makes_a_server_and_a_client_with_the_slides_results() {
    let printed = run(&["rpc-typed"]).text();
    let results: Vec<_> = printed.lines().skip(1).take(4).collect();
    assert_eq!(
        results,
        [
            "slides.addtogether([\"x\", \"y\", \"z\"]) → xyz",
            "slides.addtogether([1, 2, 3, 4, 5]) → 15",
            "slides.quadratic(2.0, -4.0, 0.0) → [0.0, 8.0]",
            "slides.quadratic(1.0, 2.0, 1.0) → [-1.0]",
        ]
    );
    assert!(
        printed.contains("fault -32602: parameter b: expected f64"),
        "{printed}"
    );
}

#[test]
fn the_wire_shows_requests_and_responses_before_each_result() {
    let server = server();
    let printed = run(&["rpc-client", "--wire", &url(&server)]).text();
    let mut rest = printed.as_str();
    for expected in RESULTS {
        let (exchange, behind) = rest
            .split_once(expected)
            .unwrap_or_else(|| panic!("{expected} in\n{rest}"));
        for part in [
            "POST /RPC2 HTTP/1.1\n",
            "content-length: ",
            "<methodCall>\n",
            "HTTP/1.1 200 OK\n",
            "<methodResponse>\n",
        ] {
            assert!(exchange.contains(part), "{part} in\n{exchange}");
        }
        rest = behind;
    }
    assert_eq!(rest, "\n");
}

#[test]
fn both_in_one_process_show_the_wire_and_end() {
    let printed = run(&["rpc"]).text();
    assert!(printed.starts_with("Server ready on 127.0.0.1:"), "{printed}");
    assert_eq!(printed.matches("\n<methodCall>\n").count(), 4);
    for result in RESULTS {
        assert!(
            printed.contains(&format!("\n{result}\n")),
            "{result} in\n{printed}"
        );
    }
    let quiet = run(&["rpc", "--quiet"]).text();
    assert_eq!(quiet.lines().skip(1).collect::<Vec<_>>(), RESULTS);
}

#[test]
fn a_server_that_is_not_there_is_a_plain_error() {
    let refused = run(&["rpc-client", "http://127.0.0.1:1/RPC2"]).refusal();
    assert!(
        refused.starts_with("proxy.addtogether('x','y','z'): "),
        "{refused}"
    );
    let refused = run(&["rpc-client", "nonsense"]).refusal();
    assert!(refused.contains("address"), "{refused}");
    let server = server();
    let refused = run(&["rpc-server", "--listen", &server.address.to_string()]).refusal();
    assert!(refused.contains("listening on"), "{refused}");
}

#[test]
fn python_calls_the_slides_functions() {
    let server = server();
    let script = format!(
        "from xmlrpc.client import *; p=ServerProxy('http://{}'); print(p.addtogether('x','y','z'), p.addtogether(1,2,3,4,5), \
         p.quadratic(2,-4,0), p.quadratic(1,2,1)); print(p.system.listMethods()); print(p.system.methodSignature('quadratic')); \
         print(p.roots(2,-4,0), p.echo([1,'x']))",
        server.address
    );
    let Some(printed) = run_python(&script) else {
        return;
    };
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[0], "xyz 15 [0.0, 8.0] [-1.0]");
    for name in [
        "addtogether",
        "quadratic",
        "roots",
        "echo",
        "system.multicall",
        "validator1.countTheEntities",
    ] {
        assert!(lines[1].contains(&format!("'{name}'")), "{name} in {}", lines[1]);
    }
    assert_eq!(lines[2], "[['array', 'double', 'double', 'double']]");
    assert_eq!(lines[3], "[0.0, 2.0] [1, 'x']");
}

#[test]
fn python_validates_with_the_eight_methods() {
    let server = server();
    let script = format!(
        r#"
from xmlrpc.client import *
from datetime import datetime
p = ServerProxy('http://{}', use_builtin_types=True).validator1
stooges = [{{'moe': i, 'larry': 10, 'curly': -i}} for i in range(5)]
print(p.arrayOfStructsTest(stooges))
print(sorted(p.countTheEntities("<<>&'\"''&>").items()))
print(p.easyStructTest({{'moe': 1, 'larry': 2, 'curly': 3, 'shemp': 4}}))
print(p.echoStructTest({{'a': [1, {{'b': ''}}]}}))
print(p.manyTypesTest(1, True, 'x', 2.5, datetime(1998, 7, 17, 14, 8, 55), b'\0\xff'))
print(p.moderateSizeArrayCheck([str(i) for i in range(150)]))
day = {{'moe': 1, 'larry': 2, 'curly': 4}}
print(p.nestedStructTest({{y: {{m: {{d: day for d in ('01', '02')}} for m in ('03', '04')}} for y in ('1999', '2000')}}))
print(sorted(p.simpleStructReturnTest(7).items()))
q = ServerProxy('http://{}')
names = [n for n in q.system.listMethods() if n.startswith('validator1.')]
print(len(names), all(q.system.methodHelp(n) for n in names))
"#,
        server.address, server.address
    );
    let Some(printed) = run_python(&script) else {
        return;
    };
    let expected = "-10\n\
        [('ctAmpersands', 2), ('ctApostrophes', 3), ('ctLeftAngleBrackets', 2), ('ctQuotes', 1), ('ctRightAngleBrackets', 2)]\n\
        6\n\
        {'a': [1, {'b': ''}]}\n\
        [1, True, 'x', 2.5, datetime.datetime(1998, 7, 17, 14, 8, 55), b'\\x00\\xff']\n\
        0149\n\
        7\n\
        [('times10', 70), ('times100', 700), ('times1000', 7000)]\n\
        8 True\n";
    assert_eq!(printed, expected);
}

#[test]
fn what_makes_no_sense_is_a_fault_that_says_so() {
    let server = server();
    let script = format!(
        r"
from xmlrpc.client import *
p = ServerProxy('http://{}')
for call in [lambda: p.addtogether(), lambda: p.addtogether(1, 'x'), lambda: p.addtogether(2**31 - 1, {{}}),
             lambda: p.quadratic(1, 0, 1), lambda: p.quadratic(1, 2), lambda: p.quadratic(1, 'x', 2), lambda: p.nothing()]:
    try:
        print(call())
    except Fault as f:
        print(f.faultCode, f.faultString)
",
        server.address
    );
    let Some(printed) = run_python(&script) else {
        return;
    };
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[0], "1 addtogether takes at least one thing");
    assert!(
        lines[1].starts_with("1 ") && lines[1].ends_with("a number was expected, string was given"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].ends_with("a number was expected, struct was given"),
        "{}",
        lines[2]
    );
    assert!(lines[3].starts_with("1 the discriminant"), "{}", lines[3]);
    assert!(
        lines[4].starts_with("-32602 ") && lines[4].contains('3') && lines[4].contains('2'),
        "{}",
        lines[4]
    );
    assert!(
        lines[5].starts_with("-32602 ") && lines[5].contains("params[1]") && lines[5].contains("f64"),
        "{}",
        lines[5]
    );
    assert!(
        lines[6].starts_with("-32601 ") && lines[6].contains("nothing"),
        "{}",
        lines[6]
    );
}

#[test]
fn curl_posts_the_slides_bytes_with_any_content_type() {
    assert_eq!(REQUEST.len(), 258);
    let server = server();
    for header in ["Content-Type: text/xml", "Accept: */*"] {
        let Some(answer) = curl(
            &["-i", "-H", header, "--data-binary", "@-", &url(&server)],
            REQUEST,
        ) else {
            return;
        };
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_lowercase();
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: text/xml"), "{head}");
        assert!(
            head.contains(&format!("\r\ncontent-length: {}", body.len())),
            "{head}"
        );
        assert_eq!(
            body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse><params><param><value><string>xyz</string></value>\
             </param></params></methodResponse>",
        );
    }
}

/// Runs curl with a standard input, and gives what it prints; `None`, loudly, where there is no curl.
fn curl(args: &[&str], input: &str) -> Option<String> {
    let mut command = Command::new("curl");
    command.args(["-s", "-S", "--max-time", "20"]).args(args);
    if command.stdin(Stdio::null()).arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "the pipeline installs curl");
        eprintln!("SKIPPED: no curl to call with");
        return None;
    }
    let mut command = Command::new("curl");
    command.args(["-s", "-S", "--max-time", "20"]).args(args);
    Some(Running::start(&mut command, input.as_bytes()).finish().text())
}

#[test]
fn a_connection_stays_usable_after_faults() {
    let server = server();
    let mut stream = server.connect();
    let mut buffer = Vec::new();
    for (body, expected) in [
        (
            "<methodCall><methodName>nothing</methodName></methodCall>",
            "-32601",
        ),
        (
            "<methodCall><methodName>quadratic</methodName></methodCall>",
            "-32602",
        ),
        ("<methodCall><methodName>", "-32700"),
        ("<html></html>", "-32600"),
        (
            "<methodCall><methodName>echo</methodName><params><param><value>again</value></param></params></methodCall>",
            "again",
        ),
    ] {
        write!(
            stream,
            "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let answer = read_answer(&mut stream, &mut buffer);
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(expected),
            "{answer}"
        );
    }
}

/// Reads one answer by its Content-Length.
fn read_answer(stream: &mut impl Read, buffer: &mut Vec<u8>) -> String {
    buffer.clear();
    let mut byte = [0];
    while !buffer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        buffer.push(byte[0]);
    }
    let head = String::from_utf8(buffer.clone()).unwrap();
    let length = head
        .to_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

#[test]
fn a_closed_pipe_ends_the_pair_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_demos"))
        .arg("rpc")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let status = child.wait().unwrap();
    let finished = Finished {
        status,
        out: Vec::new(),
        err,
    };
    assert!(
        finished.status.success() && finished.err.is_empty(),
        "{finished:?}"
    );
}

#[test]
fn both_families() {
    if !has_ipv6() {
        return;
    }
    let server = Server::start(&["rpc-server", "--listen", "[::1]:0"]);
    assert!(server.address.is_ipv6());
    let printed = run(&["rpc-client", &url(&server)]).text();
    assert_eq!(printed.lines().collect::<Vec<_>>(), RESULTS);
}

/// Reads to the end, which a reset is too.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => rest,
    }
}

#[test]
fn hostile_clients_concern_nobody_else() {
    let server = Server::start(&["rpc-server", "--listen", "127.0.0.1:0", "--idle", "0.5"]);
    let head = "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n";
    let cases: [(String, &str); 7] = [
        ("\0\u{1}garbage\r\n\r\n".to_owned(), "HTTP/1.1 400 "),
        // A line without an end. What is unread when the server closes may take its answer away.
        ("A".repeat(1 << 20), ""),
        // More than the server takes is refused before it comes.
        (
            format!("{head}Content-Length: 99999999999\r\n\r\n"),
            "HTTP/1.1 413 ",
        ),
        (
            format!("{head}Content-Length: 99999999999999999999999\r\n\r\n"),
            "HTTP/1.1 400 ",
        ),
        (format!("{head}Content-Length: -1\r\n\r\n"), "HTTP/1.1 400 "),
        // Silent in the middle of a body.
        (format!("{head}Content-Length: 100\r\n\r\n<?xml"), "HTTP/1.1 408 "),
        // Silent in the middle of a head, or at once.
        (head.to_owned(), ""),
    ];
    for (request, expected) in &cases {
        let mut stream = server.connect();
        // The server may have seen enough before all of it is sent.
        let _ = stream.write_all(request.as_bytes());
        let answer = String::from_utf8(rest(&mut stream)).unwrap();
        let sent = &request[..request.len().min(200)];
        assert!(answer.starts_with(expected), "{sent:?} gave {answer:?}");
    }
    assert_eq!(
        rest(&mut server.connect()),
        b"",
        "who says nothing is disconnected"
    );
    for (request, _) in &cases {
        let mut stream = server.connect();
        let _ = stream.write_all(request.as_bytes());
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    let printed = run(&["rpc-client", &url(&server)]).text();
    assert_eq!(printed.lines().collect::<Vec<_>>(), RESULTS);
}

#[cfg(unix)]
#[test]
fn a_silent_client_does_not_hold_up_the_end() {
    let server = server();
    let mut silent = server.connect();
    let mut half = server.connect();
    half.write_all(b"POST /RPC2 HTTP/1.1\r\nContent-Length: 10\r\n\r\n<")
        .unwrap();
    // Both are accepted: the one after them was answered.
    let printed = run(&["rpc-client", &url(&server)]).text();
    assert_eq!(printed.lines().count(), RESULTS.len());
    let finished = server.process.interrupt();
    assert!(finished.status.success(), "{finished:?}");
    assert_eq!(finished.err, "stopped\n");
    assert_eq!(rest(&mut silent), b"");
}

/// Answers the first request with these bytes, and closes the connection or keeps it open in silence.
fn hostile_server(answer: &'static [u8], closes: bool) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/RPC2", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut received = Vec::new();
        let mut piece = [0; 4096];
        while !received.ends_with(b"</methodCall>") {
            let length = stream.read(&mut piece).unwrap();
            assert_ne!(length, 0, "the request ended early");
            received.extend_from_slice(&piece[..length]);
        }
        // The client may have gone when it had read enough.
        let _ = stream.write_all(answer);
        if !closes {
            // Until the client leaves.
            let _ = stream.read(&mut piece);
        }
    });
    (url, serving)
}

#[test]
fn hostile_servers_are_plain_errors() {
    let cases: [(&[u8], bool, &str); 9] = [
        (b"", true, "connection"),
        (b"", false, "no answer within 1s"),
        (b"\0\xff garbage\r\n\r\n", true, ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<?xml", true, "connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<?xml", false, "no answer within 1s"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 99999999999\r\n\r\n", false, "no answer within 1s"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n<html", true, ""),
        (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", true, "500"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 38\r\n\r\n<methodResponse><fault></methodRespons", true, ""),
    ];
    for (answer, closes, reason) in cases {
        let (url, serving) = hostile_server(answer, closes);
        let refused = run(&["rpc-client", &url, "--timeout", "1"]).refusal();
        assert!(
            refused.starts_with("proxy.addtogether('x','y','z'): ") && refused.contains(reason),
            "{}: {refused}",
            answer.escape_ascii()
        );
        serving.join().unwrap();
    }
}

#[test]
fn a_server_cannot_control_the_terminal() {
    let document = "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value></member>\
        <member><name>faultString</name><value><string>\u{9b}2J</string></value></member></struct></value></fault></methodResponse>";
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nX: \u{9b}\r\nContent-Length: {}\r\n\r\n{document}",
        document.len()
    );
    let (url, serving) = hostile_server(answer.leak().as_bytes(), true);
    let finished = run(&["rpc-client", "--wire", &url]);
    assert_eq!(finished.status.code(), Some(1));
    for text in [&finished.err, &String::from_utf8(finished.out).unwrap()] {
        assert!(!text.contains('\u{9b}'), "{text:?}");
        assert!(text.contains(r"\u{9b}2J"), "{text:?}");
    }
    serving.join().unwrap();
}
