//! Connections that mean no good, against a server in a process of its own. After each attack a normal call succeeds, and the process
//! holds no more memory than before.
#![cfg(unix)]

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use xmlrpc_tests::{Connection, LIMIT, ServerProcess, first_line};

const GOOD: &str = "<methodCall><methodName>add</methodName><params><param><value><int>1</int></value></param>\
    <param><value><int>2</int></value></param></params></methodCall>";

/// How long a server of these tests waits for heads and bodies.
const SHORT: [&str; 4] = ["--header-timeout", "1000", "--body-timeout", "1000"];
/// How long a client waits between two bytes that it has no hurry to send.
const PAUSE: Duration = Duration::from_millis(10);
/// More bytes than that a server does not wait for: at a byte a [`PAUSE`] these are seconds.
const PATIENCE: usize = 1000;

/// A server, and what it holds when nobody attacks it.
struct Siege {
    server: ServerProcess,
    heap: u64,
}

impl Siege {
    fn with(arguments: &[&str]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_server"));
        Self::of(command, arguments)
    }

    /// In a process that may have no more than so many descriptors.
    fn with_descriptors(count: usize, arguments: &[&str]) -> Self {
        let command = limited(count, env!("CARGO_BIN_EXE_server"));
        Self::of(command, arguments)
    }

    fn of(mut command: Command, arguments: &[&str]) -> Self {
        // What the trace of a panic is made from would be kept for the next one.
        let server = ServerProcess::start(command.args(arguments).env("RUST_BACKTRACE", "0"));
        // What a process makes once and keeps is there after a few calls, on more connections than one.
        for _ in 0..20 {
            let (mut one, mut other) = (server.connect(), server.connect());
            assert_good(&mut one);
            assert_good(&mut other);
            one.post(call("block", "<int>0</int>")).unwrap();
        }
        let heap = heap(&server);
        Self { server, heap }
    }

    /// Asserts that a normal call succeeds, on a new connection, and that memory is back to what it was.
    fn assert_unharmed(&self) {
        assert_good(&mut self.server.connect());
        let most = self.heap + self.heap / 10;
        let deadline = std::time::Instant::now() + LIMIT;
        loop {
            let held = heap(&self.server);
            if held <= most {
                return;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "{held} bytes are held, {} were before",
                self.heap
            );
        }
    }
}

/// A program in a process with another limit on descriptors.
fn limited(descriptors: usize, program: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {descriptors} && exec \"$@\"");
    command.args(["-c", &script, "sh", program]);
    command
}

/// Bytes that the process has allocated and not freed.
fn heap(server: &ServerProcess) -> u64 {
    let answer = server.connect().post(call("heap", "")).unwrap();
    let number = answer.body.split(['<', '>']).find_map(|text| text.parse().ok());
    number.unwrap_or_else(|| panic!("{}", answer.body))
}

fn call(method: &str, value: &str) -> String {
    let param = match value {
        "" => String::new(),
        value => format!("<param><value>{value}</value></param>"),
    };
    format!("<methodCall><methodName>{method}</methodName><params>{param}</params></methodCall>")
}

fn request(body: &str) -> String {
    format!(
        "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[track_caller]
fn assert_good(connection: &mut Connection) {
    let answer = connection.post(GOOD).unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.body.contains("<int>3</int>"), "{}", answer.body);
}

/// Sends bytes one at a time, slowly, until the other side has enough of it; what it said.
fn trickle(connection: &mut Connection, bytes: &str) -> String {
    connection.patience(PAUSE).unwrap();
    for byte in bytes.bytes().cycle().take(PATIENCE) {
        if connection.send([byte]).is_err() {
            break;
        }
        match connection.is_readable() {
            Ok(false) => {}
            Ok(true) => break,
            Err(error) => panic!("{error}"),
        }
    }
    connection.patience(LIMIT).unwrap();
    connection.rest().unwrap()
}

#[test]
fn slow_heads_are_cut_off_while_others_are_served() {
    let siege = Siege::with(&SHORT);
    let mut slow: Vec<_> = (0..50).map(|_| siege.server.connect()).collect();
    for connection in &mut slow {
        connection.send("POST /RPC2 HTTP/1.1\r\nHost: test\r\n").unwrap();
    }
    assert_good(&mut siege.server.connect());
    for mut connection in slow {
        let answer = trickle(&mut connection, "X-A: b\r\n");
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    siege.assert_unharmed();
}

#[test]
fn slow_bodies_are_cut_off_while_others_are_served() {
    let siege = Siege::with(&SHORT);
    let mut slow: Vec<_> = (0..50).map(|_| siege.server.connect()).collect();
    for connection in &mut slow {
        let head = "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n";
        connection.send(head).unwrap();
    }
    assert_good(&mut siege.server.connect());
    for mut connection in slow {
        let answer = trickle(&mut connection, " ");
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("body_timeout"), "{answer}");
    }
    siege.assert_unharmed();
}

#[test]
fn a_connection_that_is_half_closed_at_any_byte_gets_an_answer_or_its_end() {
    let siege = Siege::with(&[]);
    let whole = request(GOOD);
    let body = whole.len() - GOOD.len();
    for sent in 0..=whole.len() {
        let mut connection = siege.server.connect();
        connection.send(&whole[..sent]).unwrap();
        connection.end().unwrap();
        let answer = connection.rest().unwrap();
        match sent {
            _ if sent == whole.len() => assert!(answer.contains("<int>3</int>"), "{answer}"),
            _ if sent >= body => assert!(answer.starts_with("HTTP/1.1 400"), "{sent}: {answer}"),
            _ => assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
                "{sent}: {answer}"
            ),
        }
    }
    siege.assert_unharmed();
}

#[test]
fn a_connection_that_is_reset_at_any_byte_is_forgotten() {
    let siege = Siege::with(&[]);
    let whole = request(GOOD);
    for sent in 0..=whole.len() {
        let mut connection = siege.server.connect();
        connection.send(&whole[..sent]).unwrap();
        connection.reset().unwrap();
    }
    siege.assert_unharmed();
}

#[test]
fn clients_that_go_while_their_call_runs_or_their_reply_is_written_leave_nothing() {
    let siege = Siege::with(&[]);
    for _ in 0..20 {
        for body in [
            call("wait", "<int>50</int>"),
            call("block", "<int>50</int>"),
            call("fill", "<int>20000000</int>"),
        ] {
            let mut connection = siege.server.connect();
            connection.send(request(&body)).unwrap();
            connection.reset().unwrap();
            let mut connection = siege.server.connect();
            connection.send(request(&body)).unwrap();
            drop(connection);
        }
        let mut connection = siege.server.connect();
        connection
            .send(request(&call("fill", "<int>20000000</int>")))
            .unwrap();
        assert!(connection.is_readable().unwrap());
        connection.reset().unwrap();
    }
    siege.assert_unharmed();
}

#[test]
fn garbage_before_a_request_is_refused_and_behind_one_never_taken_for_a_call() {
    let siege = Siege::with(&SHORT);
    for garbage in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "<methodCall/>\r\n\r\n",
        "PRI * HTTP/9.9\r\n\r\n",
        "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: 0 \0\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n",
    ] {
        let mut connection = siege.server.connect();
        connection.send(garbage).unwrap();
        connection.send(request(GOOD)).unwrap_or_default();
        let answers = connection.rest().unwrap();
        assert!(!answers.contains("<int>3</int>"), "{garbage:?}: {answers}");

        let mut connection = siege.server.connect();
        connection.send(request(GOOD) + garbage).unwrap();
        connection.end().unwrap();
        let answers = connection.rest().unwrap();
        assert!(answers.starts_with("HTTP/1.1 200 OK"), "{garbage:?}: {answers}");
        assert_eq!(
            answers.matches("HTTP/1.1 200").count(),
            1,
            "{garbage:?}: {answers}"
        );
    }
    // Line ends before a request are let through, as HTTP asks of servers.
    let mut connection = siege.server.connect();
    connection.send("\r\n\r\n").unwrap();
    assert_good(&mut connection);
    drop(connection);
    siege.assert_unharmed();
}

#[test]
fn lengths_that_are_none_or_contradict_each_other_are_refused() {
    let siege = Siege::with(&SHORT);
    let length = GOOD.len();
    for lengths in [
        "Content-Length: -1".to_owned(),
        "Content-Length: +5".to_owned(),
        "Content-Length: 0x10".to_owned(),
        "Content-Length: 18446744073709551616".to_owned(),
        "Content-Length: 99999999999999999999999999".to_owned(),
        "Content-Length:".to_owned(),
        format!("Content-Length: {length}, {}", length + 1),
        format!("Content-Length: {length}\r\nContent-Length: {}", length + 1),
        "Transfer-Encoding: chunked, identity".to_owned(),
        "Transfer-Encoding: cow".to_owned(),
    ] {
        let mut connection = siege.server.connect();
        let head = format!("POST /RPC2 HTTP/1.1\r\nHost: test\r\n{lengths}\r\n\r\n");
        connection.send(head + GOOD).unwrap();
        let answer = connection.rest().unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{lengths}: {answer}");
    }
    for huge in [
        "99999999999",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551614",
        "18446744073709551615",
    ] {
        let mut connection = siege.server.connect();
        let head = format!("POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: {huge}\r\n\r\n");
        connection.send(head).unwrap();
        let answer = connection.rest().unwrap();
        // The last two lengths are not too long for a body, but for hyper, which has a status of its own for them.
        let refused = ["413", "431"].map(|status| answer.starts_with(&format!("HTTP/1.1 {status}")));
        assert!(refused.contains(&true), "{huge}: {answer}");
    }
    // Shorter than what is sent: what is left over is no call. Longer: the body never ends.
    let mut connection = siege.server.connect();
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
        length - 3
    );
    connection.send(head + GOOD).unwrap();
    let answers = connection.rest().unwrap();
    assert!(
        answers.contains("-32700") && !answers.contains("<int>3</int>"),
        "{answers}"
    );
    let mut connection = siege.server.connect();
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
        length + 3
    );
    connection.send(head + GOOD).unwrap();
    let answers = connection.rest().unwrap();
    assert!(answers.starts_with("HTTP/1.1 408"), "{answers}");
    siege.assert_unharmed();
}

#[test]
fn a_length_beside_chunks_smuggles_no_call() {
    let siege = Siege::with(&SHORT);
    let smuggled = request(GOOD);
    let chunked = format!("{:x}\r\n{GOOD}\r\n0\r\n\r\n", GOOD.len());
    for head in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", GOOD.len()),
        "Transfer-Encoding: chunked\r\nContent-Length: 3".to_owned(),
        format!(
            "Transfer-Encoding: chunked\r\nContent-Length: {}",
            chunked.len() + smuggled.len()
        ),
    ] {
        let mut connection = siege.server.connect();
        let head = format!("POST /RPC2 HTTP/1.1\r\nHost: test\r\n{head}\r\n\r\n");
        connection.send(format!("{head}{chunked}{smuggled}")).unwrap();
        let answers = connection.rest().unwrap();
        assert!(answers.matches("HTTP/1.1 ").count() == 1, "{head}: {answers}");
        let lower = answers.to_lowercase();
        assert!(
            answers.starts_with("HTTP/1.1 400") || lower.contains("connection: close"),
            "{head}: {answers}"
        );
    }
    siege.assert_unharmed();
}

#[test]
fn thousands_of_idle_connections_are_held_and_forgotten() {
    const COUNT: usize = 10_000;
    let hard = Command::new("sh").args(["-c", "ulimit -Hn"]).output().unwrap();
    let hard = String::from_utf8(hard.stdout).unwrap();
    let room = hard.trim().parse().unwrap_or(usize::MAX);
    if room < COUNT + 500 {
        eprintln!("SKIPPED: {COUNT} connections need more descriptors than the {room} that are allowed here");
        return;
    }
    let room = (COUNT + 500).to_string();
    let siege = Siege::with_descriptors(COUNT + 500, &["--connections", &room]);
    let mut holder = limited(COUNT + 500, env!("CARGO_BIN_EXE_holder"))
        .arg(siege.server.address().to_string())
        .arg(COUNT.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(first_line(&mut holder), COUNT.to_string());
    assert_good(&mut siege.server.connect());
    let each = (heap(&siege.server) - siege.heap) / u64::try_from(COUNT).unwrap();
    assert!(each < 32 * 1024, "an idle connection holds {each} bytes");
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    siege.assert_unharmed();
}

#[test]
fn a_server_out_of_descriptors_serves_again_once_there_are_some() {
    let siege = Siege::with_descriptors(64, &[]);
    let mut served = siege.server.connect();
    assert_good(&mut served);
    let mut waiting: Vec<_> = (0..100).map(|_| siege.server.connect()).collect();
    for connection in &mut waiting {
        connection.send(request(GOOD)).unwrap();
    }
    assert_good(&mut served);
    drop((served, waiting));
    siege.assert_unharmed();
}

#[test]
fn connections_beyond_their_number_wait_and_are_served_in_the_end() {
    let siege = Siege::with(&["--connections", "4"]);
    let mut first: Vec<_> = (0..4).map(|_| siege.server.connect()).collect();
    for connection in &mut first {
        assert_good(connection);
    }
    let mut fifth = siege.server.connect();
    fifth.send(request(GOOD)).unwrap();
    fifth.patience(PAUSE).unwrap();
    assert!(!fifth.is_readable().unwrap(), "the fifth waits");
    fifth.patience(LIMIT).unwrap();
    drop(first.pop());
    assert!(fifth.answer().unwrap().body.contains("<int>3</int>"));
    drop((first, fifth));
    siege.assert_unharmed();
}

#[test]
fn handlers_that_panic_or_hang_harm_nobody_else() {
    let siege = Siege::with(&[]);
    let mut connection = siege.server.connect();
    for _ in 0..100 {
        let answer = connection.post(call("panic", "secret")).unwrap();
        assert!(
            answer.body.contains("-32603") && !answer.body.contains("secret"),
            "{}",
            answer.body
        );
    }
    let mut hanging: Vec<_> = (0..100).map(|_| siege.server.connect()).collect();
    for connection in &mut hanging {
        connection
            .send(request(&call("wait", "<int>1000</int>")))
            .unwrap();
    }
    assert_good(&mut connection);
    for connection in &mut hanging {
        assert!(connection.answer().unwrap().body.contains("<int>1000</int>"));
    }
    drop((connection, hanging));
    siege.assert_unharmed();
}

#[test]
fn handlers_that_never_end_are_answered_for_when_their_time_is_up() {
    let siege = Siege::with(&["--handler-timeout", "200"]);
    let mut hanging: Vec<_> = (0..50).map(|_| siege.server.connect()).collect();
    for connection in &mut hanging {
        connection
            .send(request(&call("wait", "<int>100000000</int>")))
            .unwrap();
    }
    assert_good(&mut siege.server.connect());
    for connection in &mut hanging {
        let answer = connection.answer().unwrap();
        assert!(
            answer.body.contains("-32400") && answer.body.contains("handler_timeout"),
            "{}",
            answer.body
        );
    }
    drop(hanging);
    siege.assert_unharmed();
}

/// What bytes are in gzip.
fn gzip(pieces: &[(&[u8], usize)]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for (piece, times) in pieces {
        for _ in 0..*times {
            encoder.write_all(piece).unwrap();
        }
    }
    encoder.finish().unwrap()
}

#[test]
fn gzip_bombs_are_refused_while_they_inflate() {
    let siege = Siege::with(&[]);
    let call = GOOD.as_bytes();
    let white = vec![b' '; 1 << 20];
    let bomb = gzip(&[(&white, 200)]);
    assert!(bomb.len() < 300_000, "{} bytes", bomb.len());
    // One that keeps to the limit on bytes, but not to that on the ratio.
    let dense = gzip(&[(&white, 10)]);
    let doctype = gzip(&[(b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]>", 1), (call, 1)]);
    let twice = gzip(&[(&gzip(&[(call, 1)]), 1)]);
    let (good, cut) = (gzip(&[(call, 1)]), gzip(&[(call, 1)]));
    for (encoding, body, expected) in [
        ("gzip", &bomb[..], "413"),
        ("gzip", &dense, "413"),
        ("gzip", &doctype, "-32700"),
        ("gzip", &cut[..cut.len() / 2], "-32300"),
        ("gzip", call, "-32300"),
        ("gzip, gzip", &twice, "-32300"),
        ("br", &good, "-32300"),
        ("gzip", &good, "<int>3</int>"),
    ] {
        let mut connection = siege.server.connect();
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        connection.send(head).unwrap();
        // The server may have closed before it has all of a bomb.
        let _ = connection.send(body);
        let answer = connection.answer().unwrap();
        let text = format!("{}{}", answer.head, answer.body);
        assert!(text.contains(expected), "{encoding}, {expected}: {text}");
    }
    siege.assert_unharmed();
}

#[test]
fn hostile_documents_leave_nothing_behind() {
    let siege = Siege::with(&[]);
    let mut bomb = "<?xml version=\"1.0\"?><!DOCTYPE z [<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..20 {
        bomb += &format!(
            "<!ENTITY a{level} \"{}\">",
            format!("&a{};", level - 1).repeat(10)
        );
    }
    let deep = |levels| {
        format!(
            "<methodCall><methodName>echo</methodName><params><param>{}<value/>{}</param></params></methodCall>",
            "<value><array><data>".repeat(levels),
            "</data></array></value>".repeat(levels)
        )
    };
    let entry = "<value><struct><member><name>methodName</name><value>ping</value></member></struct></value>";
    let multicall = |count| {
        call(
            "system.multicall",
            &format!("<array><data>{}</data></array>", entry.repeat(count)),
        )
    };
    let members = (0..100_000).map(|n| format!("<member><name>{n}</name><value/></member>"));
    let members: String = members.collect();
    let attributes = (0..200_000).map(|n| format!(" a{n}='x'")).collect::<String>();
    let spaces = (0..200_000)
        .map(|n| format!(" xmlns:a{n}='x'"))
        .collect::<String>();
    for (document, code) in [
        (bomb + GOOD, "-32700"),
        (deep(129), "-32600"),
        (deep(300_000), "-32600"),
        (multicall(1001), "-32600"),
        (multicall(150_000), "-32600"),
        (
            call(
                "system.multicall",
                &format!(
                    "<array><data>{}</data></array>",
                    "<value></value>".repeat(1_000_000)
                ),
            ),
            "multicall_entries",
        ),
        (
            call("echo", &format!("<struct>{members}</struct>")),
            "<name>99999</name>",
        ),
        (format!("<methodCall{attributes}/>"), "-32600"),
        (format!("<methodCall{spaces}/>"), "-32600"),
        ("<".repeat(1_000_000), "-32700"),
        (call("echo", &"&#65;".repeat(1_000_000)), "A"),
        ("x".repeat(16 << 20), "-32700"),
    ] {
        let mut connection = siege.server.connect();
        let answer = connection.post(&document).unwrap();
        let begin = &document[..100];
        assert_eq!(answer.status(), 200, "{begin}");
        assert!(answer.body.contains(code), "{begin}: {:.1000}", answer.body);
        assert_good(&mut connection);
    }
    siege.assert_unharmed();
}

#[test]
fn a_client_that_takes_nothing_of_its_replies_is_disconnected() {
    let siege = Siege::with(&["--write-timeout", "200"]);
    let mut connection = siege.server.connect();
    // A server that waits for its reply to be taken reads nothing: writing goes on until it has closed the connection.
    let request = request(&call("fill", "<int>30000000</int>"));
    let end = (0..1_000_000).find_map(|_| connection.send(&request).err());
    let kind = end.map(|error| error.kind());
    assert!(
        matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)),
        "{kind:?}"
    );
    siege.assert_unharmed();
}
