//! One table of cases for all five architectures.
//!
//! Every architecture must do the same for its clients; they differ in how many they serve at once, and so in
//! what a client has to wait for. [`Architecture::at_once`] says how many; the cases hold each to its own
//! promise.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::support::{Server, has_ipv6};

/// An architecture and what it promises.
#[derive(Clone, Copy)]
struct Architecture {
    kind: &'static str,
    /// How many clients it serves at once; more have to wait for one of these to leave or to be idle for too
    /// long.
    at_once: usize,
}

macro_rules! table {
    ($($kind:ident serves $at_once:expr;)+) => { $(
        mod $kind {
            use super::Architecture;

            const IT: Architecture = Architecture { kind: stringify!($kind), at_once: $at_once };

            table! { cases
                answers_before_the_end_of_the_stream
                characters_arrive_in_pieces
                bytes_that_are_no_text_pass_unchanged
                long_texts_need_partial_sends
                two_hundred_clients_at_once
                a_client_that_never_reads
                a_client_that_sends_a_byte_at_a_time
                clients_that_vanish
                a_silent_client_is_disconnected
                descriptors_run_out
                both_families
            }
        }
    )+ };
    (cases $($case:ident)+) => { $(
        #[test]
        fn $case() {
            super::$case(IT);
        }
    )+ };
}

table! {
    sequential serves 1;
    threads serves 1000;
    pool serves 4;
    poll serves 1000;
    tokio serves 1000;
}

impl Architecture {
    fn start(self, idle: &str) -> Server {
        Server::start(&[
            "tcp-server",
            "--kind",
            self.kind,
            "--listen",
            "127.0.0.1:0",
            "--idle",
            idle,
        ])
    }
}

/// Sends and reads the answer, which must come before anything else is sent.
#[track_caller]
fn ask(stream: &mut TcpStream, question: &str) {
    stream.write_all(question.as_bytes()).unwrap();
    expect(stream, question.to_uppercase().as_bytes());
}

#[track_caller]
fn expect(stream: &mut TcpStream, answer: &[u8]) {
    let mut received = vec![0; answer.len()];
    stream.read_exact(&mut received).unwrap();
    assert_eq!(received, answer);
}

/// Says that nothing more will come, and reads what is left.
#[track_caller]
fn finish(mut stream: TcpStream) -> Vec<u8> {
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    rest
}

/// A whole visit.
#[track_caller]
fn visit(server: &Server) {
    let mut stream = server.connect();
    ask(&mut stream, "a short errand");
    assert_eq!(finish(stream), b"");
}

fn answers_before_the_end_of_the_stream(it: Architecture) {
    let server = it.start("30");
    let mut stream = server.connect();
    ask(&mut stream, "hello");
    ask(&mut stream, "straße, ŉ, ﬁn");
    assert_eq!(finish(stream), b"");
    visit(&server);
}

fn characters_arrive_in_pieces(it: Architecture) {
    let server = it.start("30");
    let mut stream = server.connect();
    for character in "é漢😀ΐ".chars() {
        for byte in character.to_string().bytes() {
            stream.write_all(&[byte]).unwrap();
        }
        // An answer to the character shows that its bytes were put together.
        expect(
            &mut stream,
            character.to_uppercase().collect::<String>().as_bytes(),
        );
    }
    stream.write_all(b"a\xf0\x9f").unwrap();
    expect(&mut stream, b"A");
    assert_eq!(
        finish(stream),
        b"\xf0\x9f",
        "what is unfinished at the end comes back as it is"
    );
}

fn bytes_that_are_no_text_pass_unchanged(it: Architecture) {
    let server = it.start("30");
    let mut stream = server.connect();
    stream.write_all(b"a\xff\xfe\x00b\xc3(\xed\xa0\x80c").unwrap();
    assert_eq!(finish(stream), b"A\xff\xfe\x00B\xc3(\xed\xa0\x80C");
    visit(&server);
}

fn long_texts_need_partial_sends(it: Architecture) {
    let server = it.start("30");
    let text = "ein längerer text, ".repeat(100_000);
    let stream = server.connect();
    let mut sending = stream.try_clone().unwrap();
    let answer = text.to_uppercase().into_bytes();
    // Sent without reading at first, so that the answers fill the stack.
    let sender = thread::spawn(move || {
        sending.write_all(text.as_bytes()).unwrap();
        sending.shutdown(Shutdown::Write).unwrap();
    });
    let mut received = Vec::new();
    (&stream).read_to_end(&mut received).unwrap();
    sender.join().unwrap();
    assert!(
        received == answer,
        "{} bytes instead of {}",
        received.len(),
        answer.len()
    );
}

fn two_hundred_clients_at_once(it: Architecture) {
    let server = it.start("30");
    let mut clients: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.write_all(format!("client {number}").as_bytes()).unwrap();
    }
    let answer = |number: usize| format!("CLIENT {number}").into_bytes();
    if it.at_once >= clients.len() {
        // All are served before the first has left, whatever the order.
        for (number, client) in clients.iter_mut().enumerate().rev() {
            expect(client, &answer(number));
        }
    } else {
        // The first ones are served together, the others in the order in which they came.
        nothing_comes(&mut clients[it.at_once], Duration::from_millis(100));
        for number in (0..it.at_once).rev() {
            expect(&mut clients[number], &answer(number));
        }
        for (number, mut client) in clients.into_iter().enumerate() {
            if number >= it.at_once {
                expect(&mut client, &answer(number));
            }
        }
    }
    visit(&server);
}

/// Clients send without ever reading, until the stack in both directions and the server's buffers are full.
///
/// Where a place is left, the next client must not notice; where none is left, it is served when the idle limit has
/// freed one.
fn a_client_that_never_reads(it: Architecture) {
    if it.at_once > 1 {
        let server = it.start("30");
        let stuck: Vec<_> = (0..(it.at_once - 1).min(3)).map(|_| flooded(&server)).collect();
        visit(&server);
        drop(stuck);
    }
    let one_place = ["--clients", "1", "--workers", "1", "--idle", "0.5"];
    let server = ["tcp-server", "--kind", it.kind, "--listen", "127.0.0.1:0"];
    let server = Server::start(&[&server[..], &one_place].concat());
    let stuck = flooded(&server);
    visit(&server);
    drop(stuck);
}

/// A connection into which nothing more can be written.
fn flooded(server: &Server) -> TcpStream {
    let mut stream = server.connect();
    stream
        .set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let piece = vec![b'a'; 1 << 16];
    let mut sent = 0;
    loop {
        match stream.write(&piece) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return stream,
            // An idle limit may strike first.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                return stream;
            }
            Err(error) => panic!("{error}"),
        }
        assert!(sent < 100 << 20, "the server takes in without bounds");
    }
}

/// A slow client is alive: it keeps its place for longer than the idle limit, and others are served
/// meanwhile.
fn a_client_that_sends_a_byte_at_a_time(it: Architecture) {
    let server = it.start("2");
    let mut slow = server.connect();
    for byte in b"byte by byte" {
        slow.write_all(&[*byte]).unwrap();
        expect(&mut slow, &[byte.to_ascii_uppercase()]);
        nothing_comes(&mut slow, Duration::from_millis(200));
        if it.at_once > 1 {
            visit(&server);
        }
    }
    assert_eq!(finish(slow), b"");
    visit(&server);
}

/// No answer may come within the interval: nothing was asked, or it is not this client's turn.
#[track_caller]
fn nothing_comes(stream: &mut TcpStream, interval: Duration) {
    let limit = stream.read_timeout().unwrap();
    stream.set_read_timeout(Some(interval)).unwrap();
    let error = loop {
        match stream.read(&mut [0; 16]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read.expect_err("an answer to nothing, or the end"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(limit).unwrap();
}

/// Clients that are gone without a goodbye: at once, with a question unanswered, with answers unread.
fn clients_that_vanish(it: Architecture) {
    let server = it.start("30");
    for round in 0..20 {
        let mut stream = server.connect();
        match round % 3 {
            0 => {}
            1 => stream.write_all(b"never mind").unwrap(),
            _ => stream.write_all(&[b'a'; 50_000]).unwrap(),
        }
        // Closing with a linger time of zero resets the connection.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    visit(&server);
}

fn a_silent_client_is_disconnected(it: Architecture) {
    let server = it.start("0.3");
    let mut silent = server.connect();
    let mut half = server.connect();
    half.write_all(b"\xf0").unwrap();
    for stream in [&mut silent, &mut half] {
        match stream.read(&mut [0; 16]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            result => panic!("{result:?}"),
        }
    }
    visit(&server);
}

/// More clients than the process has descriptors: the server must neither end nor stay deaf when they have
/// left.
#[cfg(unix)]
fn descriptors_run_out(it: Architecture) {
    let script = r#"ulimit -n 24; exec "$0" tcp-server --kind "$1" --listen 127.0.0.1:0"#;
    let mut shell = Command::new("sh");
    let server = Server::start_command(shell.args(["-c", script, env!("CARGO_BIN_EXE_demos"), it.kind]));
    let mut clients: Vec<_> = (0..40).map(|_| server.connect()).collect();
    // The first one is served, so the others are on their way too.
    ask(&mut clients[0], "first");
    drop(clients);
    visit(&server);
}

#[cfg(not(unix))]
fn descriptors_run_out(_: Architecture) {
    eprintln!("SKIPPED: this system has no ulimit");
}

fn both_families(it: Architecture) {
    if has_ipv6() {
        let server = Server::start(&["tcp-server", "--kind", it.kind, "--listen", "[::1]:0"]);
        visit(&server);
    }
}

#[test]
fn at_the_limit_the_next_client_waits_for_a_place() {
    for kind in ["threads", "poll", "tokio"] {
        let server = Server::start(&[
            "tcp-server",
            "--kind",
            kind,
            "--listen",
            "127.0.0.1:0",
            "--clients",
            "2",
        ]);
        let mut first = server.connect();
        ask(&mut first, "first");
        let mut second = server.connect();
        ask(&mut second, "second");
        let mut third = server.connect();
        third.write_all(b"third").unwrap();
        nothing_comes(&mut third, Duration::from_millis(100));
        assert_eq!(finish(first), b"");
        expect(&mut third, b"THIRD");
        ask(&mut second, "still here");
    }
}

/// One client that never reads and one that is silent, until both are disconnected: the loop must have
/// rested.
#[cfg(unix)]
#[test]
fn the_poll_server_does_not_turn_round_in_vain() {
    let server = Server::start(&[
        "tcp-server",
        "--kind",
        "poll",
        "--listen",
        "127.0.0.1:0",
        "--idle",
        "1",
    ]);
    let mut silent = server.connect();
    ask(&mut silent, "are you there?");
    let stuck = flooded(&server);
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0);
    visit(&server);
    let finished = server.process.interrupt();
    let rounds = finished
        .err
        .lines()
        .find_map(|line| line.strip_prefix("stopped after "))
        .unwrap();
    let rounds: u32 = rounds.trim_end_matches(" rounds").parse().unwrap();
    drop(stuck);
    // A loop that never rests makes hundreds of thousands in that time.
    assert!(rounds < 5_000, "{rounds} rounds");
}
