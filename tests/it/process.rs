//! The server as a process: how it ends on signals.
#![cfg(unix)]

use std::io::ErrorKind;
use std::process::Command;

use xmlrpc_tests::{Connection, ServerProcess};

fn server(arguments: &[&str]) -> ServerProcess {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    ServerProcess::start(command.args(arguments))
}

fn call(method: &str, milliseconds: u32) -> String {
    format!(
        "<methodCall><methodName>{method}</methodName><params><param><value><int>{milliseconds}</int></value></param></params></methodCall>"
    )
}

/// Asks until as many calls run.
fn until_running(connection: &mut Connection, count: u32) {
    let expected = format!("<int>{count}</int>");
    let question = "<methodCall><methodName>running</methodName></methodCall>";
    while !connection.post(question).unwrap().body.contains(&expected) {}
}

#[test]
fn either_signal_ends_the_process_well_after_the_calls_that_run() {
    for signal in ["TERM", "INT"] {
        let server = server(&[]);
        let (mut busy, mut idle) = (server.connect(), server.connect());
        let waiting = std::thread::spawn(move || (busy.post(call("wait", 300)), busy));
        until_running(&mut idle, 1);
        server.signal(signal);
        assert!(idle.is_closed().unwrap(), "idle connections are closed at once");
        let (answer, mut busy) = waiting.join().unwrap();
        assert!(answer.unwrap().body.contains("<int>300</int>"));
        assert!(busy.is_closed().unwrap());
        assert!(server.ended());
    }
}

#[test]
fn a_call_that_does_not_end_keeps_no_process_alive() {
    let server = server(&["--shutdown-timeout", "50"]);
    let (mut busy, mut other) = (server.connect(), server.connect());
    let waiting = std::thread::spawn(move || busy.post(call("wait", 1_000_000)));
    until_running(&mut other, 1);
    server.signal("TERM");
    assert!(server.ended());
    let error = waiting.join().unwrap().unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
        ),
        "{error}"
    );
}
