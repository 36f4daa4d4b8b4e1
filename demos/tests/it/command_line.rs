//! What all subcommands have in common.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{self, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::support::{LIMIT, Running, Server, run};

const SUBCOMMANDS: [&str; 21] = [
    "names",
    "connect",
    "text",
    "udp-server",
    "udp-client",
    "udp-broadcast-client",
    "byte-order",
    "errors",
    "tcp-send",
    "framing",
    "json",
    "compress",
    "tcp-server",
    "tcp-client",
    "compare",
    "rpc-server",
    "rpc-client",
    "rpc",
    "wire",
    "scale-out",
    "tour",
];

#[test]
fn every_subcommand_has_help_that_names_its_slide() {
    let list = run(&["--help"]).text();
    for subcommand in SUBCOMMANDS {
        assert!(
            list.contains(&format!("\n  {subcommand} ")),
            "{subcommand} in\n{list}"
        );
        let help = run(&[subcommand, "--help"]).text();
        let slide = help.starts_with("Slide")
            || help.starts_with("The architectures' picture")
            || help.starts_with("Beyond the slides")
            || help.starts_with("The whole course");
        assert!(slide && help.contains("Usage: demos "), "{help}");
    }
}

#[test]
fn servers_listen_on_the_loopback_interface_by_default() {
    for (server, port) in [("udp-server", 1234), ("tcp-server", 1234), ("rpc-server", 7001)] {
        let help = run(&[server, "--help"]).text();
        assert!(
            help.contains(&format!("[default: 127.0.0.1:{port}]")),
            "{server}: {help}"
        );
    }
}

#[test]
fn wrong_options_are_plain_errors_with_status_1() {
    let cases: [&[&str]; 14] = [
        &["no-such-demo"],
        &["byte-order", "2147483648"],
        &["udp-server", "--drop", "1.5"],
        &["udp-server", "--listen", "nowhere"],
        &["udp-client", "--timeout", "0"],
        &["udp-client", "--hex", "0g"],
        &["tcp-server", "--kind", "magic"],
        &["tcp-server", "--workers", "0"],
        &["compare", "--clients", "0"],
        &["framing", "--size", "0"],
        &["rpc-server", "--listen", "127.0.0.1"],
        &["rpc-client", "--timeout", "never"],
        &["wire", "--call", "5"],
        &["wire", "--alone", "--python", "python3"],
    ];
    for args in cases {
        let finished = run(args);
        assert_eq!(finished.status.code(), Some(1), "{args:?}: {finished:?}");
        assert!(finished.err.starts_with("error: "), "{args:?}: {}", finished.err);
    }
}

#[test]
fn bad_input_is_a_plain_error_with_status_1() {
    let cases: [(&[&str], &str); 6] = [
        (
            &["udp-client", "--server", "127.0.0.1", "a"],
            "looking up 127.0.0.1: ",
        ),
        (
            &["udp-client", "--server", "127.0.0.1:65536", "a"],
            "looking up 127.0.0.1:65536: ",
        ),
        (
            &["tcp-client", "--server", "a..b:80", "a"],
            "looking up a..b:80: ",
        ),
        (
            &["tcp-server", "--listen", "192.0.2.1:1234"],
            "listening on 192.0.2.1:1234: ",
        ),
        (
            &["udp-server", "--listen", "192.0.2.1:1234"],
            "listening on 192.0.2.1:1234: ",
        ),
        (
            &["tour", "--only", "no such slide"],
            "no stage has \"no such slide\" in its title",
        ),
    ];
    for (args, refusal) in cases {
        let finished = run(args);
        let message = finished.refusal();
        assert!(message.starts_with(refusal), "{args:?}: {message}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_demos"));
    let mut child = child
        .args(["tour", "--only", "JSON"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn servers_end_cleanly_on_ctrl_c() {
    let mut servers: Vec<Vec<&str>> = vec![vec!["udp-server"], vec!["framing"], vec!["rpc-server"]];
    for kind in ["sequential", "threads", "pool", "poll", "tokio"] {
        servers.push(vec!["tcp-server", "--kind", kind]);
    }
    for mut args in servers {
        args.extend(["--listen", "127.0.0.1:0"]);
        let server = Server::start(&args);
        let finished = server.process.interrupt();
        assert!(finished.status.success(), "{args:?}: {finished:?}");
        assert!(finished.err.starts_with("stopped"), "{args:?}: {}", finished.err);
    }
}

/// A program that Ctrl-C reaches alone ends those it has started before it ends itself.
#[cfg(unix)]
#[test]
fn started_programs_end_with_the_one_that_started_them() {
    let script = env::temp_dir().join(format!("demos-no-python-{}", process::id()));
    let fifo = script.with_extension("fifo");
    let make = r#"mkfifo "$0.fifo" && cat > "$0" && chmod +x "$0""#;
    let text = b"#!/bin/sh\nexec 3> \"$0.fifo\"\necho started >&3\nexec sleep 600\n";
    // Written by another process: one that is open for writing here could not be run.
    let made = Running::start(Command::new("sh").args(["-c", make]).arg(&script), text).finish();
    assert!(made.status.success(), "{made:?}");

    let mut wire = Command::new(env!("CARGO_BIN_EXE_demos"));
    let wire = Running::start(wire.args(["wire", "--python"]).arg(&script), b"");
    let (sender, receiver) = mpsc::channel();
    let reading = fifo.clone();
    thread::spawn(move || {
        let mut lines = BufReader::new(File::open(reading).unwrap()).lines();
        // The second time is the end, when nobody has it open any more.
        for _ in 0..2 {
            let _ = sender.send(lines.next().map(Result::unwrap));
        }
    });
    assert_eq!(receiver.recv_timeout(LIMIT).unwrap().as_deref(), Some("started"));
    let finished = wire.interrupt();
    assert_eq!(receiver.recv_timeout(LIMIT).unwrap(), None);
    for file in [script, fifo] {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(finished.status.code(), Some(130), "{finished:?}");
    assert_eq!(finished.err, "stopped\n");
}
