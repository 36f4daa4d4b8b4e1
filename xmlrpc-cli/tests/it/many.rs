//! `xmlrpc multicall`.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use xmlrpc_server::Call;
use xmlrpc_server::layer::{CallService, from_fn};
use xmlrpc_tests::{LIMIT, TestServer};

use crate::support::{
    Scratch, bare_python_server, command, methods, python_server, server, xmlrpc, xmlrpc_with,
};

const CALLS: &str = r#"{"method":"add","params":[1,2]}
{"method":"fail","params":[9,"no"]}

{"method":"echo","params":[{"b":[null,1.0],"a":7}]}
{"method":"moment"}
"#;

fn transcript(url: &str) {
    let ran = xmlrpc_with(&["multicall", url], CALLS.as_bytes());
    let expected = r#"3
{"fault":{"code":9,"string":"no"}}
{"b":[null,1.0],"a":7}
"19980717T14:08:55"
"#;
    assert_eq!(ran.out, expected);
    assert!(ran.failed(1).contains("fault 9: no (line 2)\n"));
}

#[test]
fn lines_of_calls_give_lines_of_results() {
    let server = server();
    transcript(&server.url());
    let typed = r#"{"method":"add","params":[{"int":1},{"int":2}]}"#;
    assert_eq!(
        xmlrpc_with(&["multicall", "--typed", &server.url()], typed.as_bytes()).text(),
        "{\"int\":3}\n"
    );
    assert_eq!(xmlrpc_with(&["multicall", &server.url()], b"").text(), "");
}

#[test]
fn python_gives_the_same_with_and_without_system_multicall() {
    let Some(server) = python_server() else { return };
    transcript(&server.url());
    let Some(server) = bare_python_server() else {
        return;
    };
    transcript(&server.url());
}

/// Counts the exchanges, by a layer that sees each `system.multicall`.
#[test]
fn calls_travel_in_chunks() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let (calls, exchanges) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (seen, exchanged) = (calls.clone(), exchanges.clone());
    let layer = from_fn(move |call: Call, next: CallService| {
        let counter = if call.method == "system.multicall" {
            &exchanged
        } else {
            &seen
        };
        counter.fetch_add(1, Ordering::Relaxed);
        next.run(call)
    });
    let server = TestServer::start(methods().layer(layer));
    let mut input = String::new();
    let mut expected = String::new();
    for number in 0..250 {
        writeln!(input, "{{\"method\":\"add\",\"params\":[{number},1]}}").unwrap();
        writeln!(expected, "{}", number + 1).unwrap();
    }
    let file = Scratch::new(input.as_bytes());
    assert_eq!(
        xmlrpc(&["multicall", &server.url(), file.path()]).text(),
        expected
    );
    assert_eq!(
        (
            calls.swap(0, Ordering::Relaxed),
            exchanges.swap(0, Ordering::Relaxed)
        ),
        (250, 3)
    );
    let args = ["multicall", &server.url(), "--chunk", "125", file.path()];
    assert_eq!(xmlrpc(&args).text(), expected);
    assert_eq!(
        (calls.load(Ordering::Relaxed), exchanges.load(Ordering::Relaxed)),
        (250, 2)
    );
}

#[test]
fn a_line_that_is_no_call_ends_it_behind_the_calls_before_it() {
    let server = server();
    for (line, part) in [
        ("{\"method\":\"add\",\"params\":[1,}", "column 29"),
        ("{\"params\":[1]}", "expected a call"),
        ("7", "expected {\"method\""),
    ] {
        let input = format!("{{\"method\":\"add\",\"params\":[1,2]}}\n{line}\n");
        let ran = xmlrpc_with(&["multicall", &server.url()], input.as_bytes());
        assert_eq!(ran.out, "3\n");
        let message = ran.failed(2);
        assert!(
            message.contains("line 2: ") && message.contains(part),
            "{message}"
        );
    }
}

#[test]
fn a_call_from_a_pipe_is_answered_while_the_pipe_stays_open() {
    let server = server();
    let mut command = command(&["multicall", &server.url()]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(output)
            .lines()
            .try_for_each(|line| sender.send(line.unwrap()))
    });
    for number in 0..3 {
        writeln!(input, "{{\"method\":\"add\",\"params\":[{number},1]}}").unwrap();
        assert_eq!(lines.recv_timeout(LIMIT).unwrap(), (number + 1).to_string());
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}
