//! Framing, with peers that keep the rules and peers that do not.

use std::io::Write;
use std::net::{Shutdown, TcpStream};

use crate::support::{Finished, Server, has_ipv6, run};

/// Starts a receiver, hands its connection to the peer, and waits for its end.
#[track_caller]
fn received(options: &[&str], peer: impl FnOnce(TcpStream)) -> Finished {
    let server = Server::start(&[&["framing", "--listen", "127.0.0.1:0"], options].concat());
    peer(server.connect());
    server.process.finish()
}

fn bytes(wire: &[u8]) -> impl FnOnce(TcpStream) {
    move |mut stream| {
        // The receiver may have refused before everything was sent.
        let _ = stream.write_all(wire);
        let _ = stream.shutdown(Shutdown::Write);
    }
}

#[test]
fn without_options_all_three_ways_are_shown() {
    let printed = run(&["framing"]).text();
    for line in [
        "fixed size      b'12345678' b'abcdefgh'",
        r"announced size  b'hello' b'' b'two\nlines'",
        "delimiter       b'hello' b'' b'world'",
        "tokio-util      the same",
        "early end       socket closed with 95 bytes left in this block",
        "huge length     a block of 4294967295 bytes is beyond the limit of 1048576",
    ] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{line} in\n{printed}"
        );
    }
}

#[test]
fn one_demo_sends_to_another() {
    let cases: [(&[&str], &[&str]); 3] = [
        (&["--by", "fixed", "--size", "3"], &["abc", "déf"]),
        (&["--by", "announced"], &["", "two\nlines", "déf"]),
        (&["--by", "delimiter"], &["", "one line", "déf"]),
    ];
    for (options, messages) in cases {
        for codec in [&[][..], &["--codec"]] {
            let server = Server::start(&[&["framing", "--listen", "127.0.0.1:0"], options, codec].concat());
            let address = server.address.to_string();
            let sent = run(&[&["framing", "--connect", &address], options, messages].concat());
            let printed = server.process.finish();
            if options.contains(&"fixed") {
                // `é` has two bytes.
                assert_eq!(
                    sent.refusal(),
                    "sending \"déf\": a message of 4 bytes where all have 3"
                );
                assert_eq!(printed.text(), "b'abc'\n");
            } else {
                assert_eq!(sent.text(), "");
                let shown =
                    format!(r"b''|b'{}'|b'd\xc3\xa9f'|", messages[1].replace('\n', r"\n")).replace('|', "\n");
                assert_eq!(printed.text(), shown);
            }
        }
    }
}

#[test]
fn both_speak_ipv6() {
    if has_ipv6() {
        for codec in [&[][..], &["--codec"]] {
            let server = Server::start(&[&["framing", "--listen", "[::1]:0"], codec].concat());
            let address = server.address.to_string();
            run(&["framing", "--connect", &address, "a", "b"]).text();
            assert_eq!(server.process.finish().text(), "b'a'\nb'b'\n");
        }
    }
}

#[test]
fn what_breaks_the_rules_is_refused_by_both_receivers() {
    let line = [b'a'; 101];
    let announced_wrongly = [&[0, 0, 0, 2][..], b"hi", &[0xff; 4], &[b'a'; 1 << 16]].concat();
    let cases: [(&[&str], &[u8], &str, &str); 11] = [
        (
            &["--by", "announced"],
            b"\0\0",
            "",
            "socket closed with 2 bytes left in this block",
        ),
        (
            &["--by", "announced"],
            b"\0\0\0\x05hel",
            "",
            "socket closed with 2 bytes left in this block",
        ),
        (
            &["--by", "announced"],
            b"\0\0\0\x01a\0\0\x01\0",
            "b'a'\n",
            "socket closed with 256 bytes left in this block",
        ),
        (
            &["--by", "announced"],
            &announced_wrongly,
            "b'hi'\n",
            "a block of 4294967295 bytes is beyond the limit of 1048576",
        ),
        (
            &["--by", "announced", "--limit", "4"],
            b"\0\0\0\x05hello",
            "",
            "a block of 5 bytes is beyond the limit of 4",
        ),
        (
            &["--by", "announced"],
            b"GET / HTTP/1.1\r\n",
            "",
            "a block of 1195725856 bytes is beyond the limit of 1048576",
        ),
        (
            &["--by", "fixed", "--size", "4"],
            b"abcdef",
            "b'abcd'\n",
            "socket closed with 2 bytes left in this block",
        ),
        (
            &["--by", "delimiter"],
            b"a\nb",
            "b'a'\n",
            "socket closed after 1 bytes without a delimiter",
        ),
        (
            &["--by", "delimiter", "--limit", "100"],
            &line,
            "",
            "no delimiter within the limit of 100 bytes",
        ),
        (
            &["--by", "delimiter", "--limit", "100"],
            &line[..100],
            "",
            "socket closed after 100 bytes without a delimiter",
        ),
        (
            &["--by", "delimiter", "--timeout", "5"],
            b"\xff\xfe\0",
            "",
            "socket closed after 3 bytes without a delimiter",
        ),
    ];
    for (options, wire, printed, refusal) in cases {
        for codec in [&[][..], &["--codec"]] {
            let finished = received(&[options, codec].concat(), bytes(wire));
            assert_eq!(
                String::from_utf8_lossy(&finished.out),
                printed,
                "{options:?} {codec:?} {wire:.20?}"
            );
            assert_eq!(finished.refusal(), refusal, "{options:?} {codec:?} {wire:.20?}");
        }
    }
}

#[test]
fn messages_exactly_at_the_limit_are_accepted() {
    for codec in [&[][..], &["--codec"]] {
        let wire = [&[0, 0, 0, 5][..], b"hello"].concat();
        let finished = received(
            &[&["--by", "announced", "--limit", "5"], codec].concat(),
            bytes(&wire),
        );
        assert_eq!(finished.text(), "b'hello'\n");
        let finished = received(
            &[&["--by", "delimiter", "--limit", "5"], codec].concat(),
            bytes(b"hello\n"),
        );
        assert_eq!(finished.text(), "b'hello'\n");
    }
}

#[test]
fn a_silent_peer_is_given_up() {
    for codec in [&[][..], &["--codec"]] {
        let mut kept = None;
        let options = [&["--by", "announced", "--timeout", "0.2"], codec].concat();
        let finished = received(&options, |mut stream| {
            stream.write_all(b"\0\0").unwrap();
            kept = Some(stream);
        });
        assert!(finished.refusal().starts_with("the connection failed: "));
    }
}

#[test]
fn blocks_may_arrive_byte_by_byte() {
    for codec in [&[][..], &["--codec"]] {
        let server = Server::start(&[&["framing", "--listen", "127.0.0.1:0"], codec].concat());
        let mut stream = server.connect();
        for byte in b"\0\0\0\x02hi" {
            stream.write_all(&[*byte]).unwrap();
        }
        assert_eq!(server.process.line(), "b'hi'");
        drop(stream);
        assert_eq!(server.process.finish().text(), "");
    }
}
