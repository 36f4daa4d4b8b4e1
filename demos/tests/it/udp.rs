//! The UDP programs, against each other and against peers that misbehave.

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;

use crate::support::{LIMIT, Running, Server, has_ipv6, run, run_with_input};

/// A socket of the test's own, with a limit on every read.
fn socket() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65_536];
    let (length, peer) = socket.recv_from(&mut buffer).unwrap();
    buffer.truncate(length);
    (buffer, peer)
}

fn client(args: &[&str]) -> Running {
    Running::start(
        Command::new(env!("CARGO_BIN_EXE_demos"))
            .arg("udp-client")
            .args(args),
        b"",
    )
}

#[test]
fn the_pair_talks_over_both_families() {
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        if listen == "127.0.0.1:0" || has_ipv6() {
            let server = Server::start(&["udp-server", "--listen", listen]);
            let address = server.address.to_string();
            let finished = run(&["udp-client", "--server", &address, "lowercase sentence: straße"]);
            assert_eq!(finished.err, "27 bytes sent, 27 bytes received\n");
            assert_eq!(finished.text(), "LOWERCASE SENTENCE: STRASSE\n");
        }
    }
}

#[test]
fn the_client_asks_for_the_sentence() {
    let server = Server::start(&["udp-server", "--listen", "127.0.0.1:0"]);
    let address = server.address.to_string();
    let finished = run_with_input(&["udp-client", "--server", &address], "aé\nnot this".as_bytes());
    assert!(
        finished.err.starts_with("lowercase sentence: "),
        "{}",
        finished.err
    );
    assert_eq!(finished.text(), "AÉ\n");
    assert_eq!(
        run(&["udp-client", "--server", &address]).refusal(),
        "no sentence to send"
    );
}

#[test]
fn bytes_that_are_no_text_survive() {
    let server = Server::start(&["udp-server", "--listen", "127.0.0.1:0"]);
    let address = server.address.to_string();
    let answer = run(&["udp-client", "--server", &address, "--hex", "61ff00c3"]).text();
    assert_eq!(answer, "b'A\\xff\\x00\\xc3'\n");
    let answer = run(&["udp-client", "--server", &address, "--hex", "1b5b33316d07"]).text();
    assert_eq!(answer, "\\u{1b}[31M\\u{7}\n");
}

#[test]
fn datagrams_of_every_size_arrive_whole() {
    let server = Server::start(&["udp-server", "--listen", "127.0.0.1:0"]);
    let address = server.address.to_string();
    for size in [0, 1, 2048, 2049, 65_507] {
        let answer = run(&["udp-client", "--server", &address, "--size", &size.to_string()]).text();
        assert_eq!(answer, "A".repeat(size) + "\n");
    }
    let refusal = run(&["udp-client", "--server", &address, "--size", "65508"]).refusal();
    assert!(refusal.starts_with("sending 65508 bytes: "), "{refusal}");
}

#[test]
fn an_answer_too_long_for_a_datagram_does_not_end_the_server() {
    let server = Server::start(&["udp-server", "--listen", "127.0.0.1:0"]);
    let (socket, _) = socket();
    // Each of these letters becomes three when it is upper-cased.
    socket
        .send_to("ΐ".repeat(30_000).as_bytes(), server.address)
        .unwrap();
    socket.send_to(b"still there?", server.address).unwrap();
    assert_eq!(receive(&socket).0, b"STILL THERE?");
}

#[test]
fn garbage_does_not_end_the_server() {
    let server = Server::start(&["udp-server", "--listen", "127.0.0.1:0"]);
    let (socket, _) = socket();
    for seed in 0_u8..=255 {
        let garbage: Vec<u8> = (0..seed).map(|index| index.wrapping_mul(seed) ^ 0xa5).collect();
        socket.send_to(&garbage, server.address).unwrap();
        receive(&socket);
    }
}

#[test]
fn a_silent_server_is_given_up() {
    let (_silent, address) = socket();
    let refusal = run(&["udp-client", "--server", &address, "--timeout", "0.1", "a"]).refusal();
    assert_eq!(refusal, "no answer within 100ms");
}

#[test]
fn only_the_server_may_answer() {
    let (server, address) = socket();
    let client = client(&["--server", &address, "a"]);
    let (_, peer) = receive(&server);
    let (stranger, _) = socket();
    stranger.send_to(b"not from the server", peer).unwrap();
    server.send_to(b"from the server", peer).unwrap();
    assert_eq!(client.finish().text(), "from the server\n");
}

#[test]
fn retries_double_the_delay_and_end_with_an_answer() {
    let (server, address) = socket();
    let client = client(&[
        "--server",
        &address,
        "--retry",
        "--delay",
        "0.05",
        "--give-up",
        "20",
        "hello",
    ]);
    for _ in 0..3 {
        assert_eq!(receive(&server).0, b"hello");
    }
    let (_, peer) = receive(&server);
    server.send_to(b"at last", peer).unwrap();
    let finished = client.finish();
    let notes: Vec<_> = finished.err.lines().collect();
    assert_eq!(
        notes[..3],
        [
            "no answer within 50ms",
            "no answer within 100ms",
            "no answer within 200ms"
        ]
    );
    assert_eq!(finished.text(), "at last\n");
}

#[test]
fn a_dead_server_seems_down_after_five_attempts() {
    let (server, address) = socket();
    assert_eq!(
        run(&["udp-client", "--server", &address, "--retry", "hello"]).refusal(),
        "server seems down"
    );
    for _ in 0..5 {
        receive(&server);
    }
    server.set_nonblocking(true).unwrap();
    assert!(server.recv(&mut [0; 16]).is_err(), "a sixth attempt");
}

#[test]
fn a_port_where_nobody_listens_is_refused_at_once_or_after_the_retries() {
    let (closed, address) = socket();
    drop(closed);
    let refusal = run(&["udp-client", "--server", &address, "a"]).refusal();
    assert!(refusal.starts_with("waiting for the answer: "), "{refusal}");
    let args = [
        "udp-client",
        "--server",
        &address,
        "--retry",
        "--delay",
        "0.01",
        "--give-up",
        "0.05",
        "a",
    ];
    assert_eq!(run(&args).refusal(), "server seems down");
}

#[test]
fn what_is_dropped_depends_on_the_seed_alone() {
    let history = |seed| {
        let server = Server::start(&[
            "udp-server",
            "--listen",
            "127.0.0.1:0",
            "--drop",
            "0.5",
            "--seed",
            seed,
        ]);
        let (socket, _) = socket();
        let answer = |_| {
            socket.send_to(b"a", server.address).unwrap();
            server.process.line()
        };
        (0..30).map(answer).collect::<Vec<_>>()
    };
    let first = history("1");
    assert_eq!(first, history("1"));
    assert_ne!(first, history("2"));
    assert!(first.contains(&"dropped 1 bytes".to_owned()));
    assert!(first.contains(&"answered 1 bytes with 1".to_owned()));
}

/// The loopback interface of other systems has no broadcast address.
#[cfg(target_os = "linux")]
#[test]
fn all_servers_answer_a_broadcast() {
    let first = Server::start(&["udp-server", "--listen", "127.255.255.255:0", "--share"]);
    let address = first.address.to_string();
    let second = Server::start(&["udp-server", "--listen", &address, "--share"]);
    let answers = run(&["udp-broadcast-client", "--to", &address, "--window", "2", "hello"]).text();
    let line = format!("127.0.0.1:{}: HELLO\n", first.address.port());
    assert_eq!(answers, line.repeat(2));
    drop((first, second));
    let refusal = run(&[
        "udp-broadcast-client",
        "--to",
        &address,
        "--window",
        "0.1",
        "hello",
    ])
    .refusal();
    assert_eq!(refusal, "no answer within 100ms");
}
