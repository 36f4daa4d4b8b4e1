//! The TCP client, and the demo of sending.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use crate::support::{LIMIT, Running, Server, has_ipv6, run, run_with_input};

#[test]
fn the_client_sends_a_message_or_its_input() {
    let server = Server::start(&["tcp-server", "--kind", "threads", "--listen", "127.0.0.1:0"]);
    let address = server.address.to_string();
    assert_eq!(
        run(&["tcp-client", "--server", &address, "straße"]).text(),
        "STRASSE\n"
    );
    assert_eq!(run(&["tcp-client", "--server", &address, ""]).text(), "");
    let long = "no end of text, ".repeat(200_000);
    assert_eq!(
        run_with_input(&["tcp-client", "--server", &address], long.as_bytes()).text(),
        long.to_uppercase() + "\n"
    );
}

#[test]
fn the_client_speaks_ipv6() {
    if has_ipv6() {
        let server = Server::start(&["tcp-server", "--kind", "poll", "--listen", "[::1]:0"]);
        assert_eq!(
            run(&["tcp-client", "--server", &server.address.to_string(), "a"]).text(),
            "A\n"
        );
    }
}

#[test]
fn the_client_gives_up_on_a_silent_server() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let refusal = run(&["tcp-client", "--server", &address, "--timeout", "0.2", "a"]).refusal();
    assert!(refusal.starts_with("receiving: "), "{refusal}");
    drop(silent);
    let refusal = run(&["tcp-client", "--server", &address, "a"]).refusal();
    assert!(refusal.starts_with("connecting to 127.0.0.1:"), "{refusal}");
}

#[test]
fn the_client_ends_with_a_server_that_closes_early() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let args = ["tcp-client", "--server", &address, "a question"];
    let client = Running::start(Command::new(env!("CARGO_BIN_EXE_demos")).args(args), b"");
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut question = String::new();
    stream.read_to_string(&mut question).unwrap();
    assert_eq!(question, "a question");
    stream.write_all(b"half an ans").unwrap();
    drop(stream);
    assert_eq!(client.finish().text(), "half an ans\n");
}

#[test]
fn sending_shows_partial_sends_and_loses_nothing() {
    let printed = run(&["tcp-send", "--size", "8388608"]).text();
    let lines: Vec<_> = printed.lines().collect();
    let number = |line: &str, before: &str| -> u64 {
        let start = line.split(before).next().unwrap().trim_end();
        start
            .rsplit(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("{line}"))
    };
    assert!(number(lines[0], "partial") >= 1, "{printed}");
    let sent = number(lines[0], "bytes") + number(lines[1], "bytes");
    assert_eq!(sent, 8_388_608, "{printed}");
    assert_eq!(lines[2], "received:     8388608 bytes, all as sent");
    assert_eq!(lines[3], "write_all:    1 call, 8388608 bytes, all as sent");
}
