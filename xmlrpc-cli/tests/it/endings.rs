//! How the program ends: its status, closed pipes, interrupts, terminals.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

#[cfg(unix)]
use crate::support::{Running, on_terminal, on_terminal_of};
use crate::support::{command, server, xmlrpc, xmlrpc_with};

#[test]
fn the_status_says_what_happened() {
    let server = server();
    let url = server.url();
    for (args, status) in [
        (&["call", &url, "add", "1", "2"][..], 0),
        (&["call", &url, "nosuch"], 1),
        (&["call", &url, "add", "1"], 1),
        (&["call", &url], 2),
        (&["call", &url, "add", "-x"], 2),
        (&["nonsense"], 2),
        (&[], 2),
        (&["call", "nonsense", "add"], 2),
        (&["call", "ftp://127.0.0.1/", "add"], 2),
        (&["call", &url, "add", "--timeout", "0"], 2),
        (&["call", &url, "add", "--header", "X"], 2),
        (&["call", &url, "add", "--header", "X Y: 1"], 2),
        (&["call", &url, "add", "--profile", "nobody"], 2),
        (&["call", &url, ""], 2),
        (&["call", "http://127.0.0.1:1/RPC2", "add"], 3),
        (&["call", &url.replace("RPC2", "nowhere"), "add"], 3),
        (&["decode", "--max-response", "1K"], 3),
        (&["--help"], 0),
        (&["call", "--help"], 0),
        (&["--version"], 0),
    ] {
        let ran = xmlrpc_with(args, b"no document");
        assert_eq!(ran.status.code(), Some(status), "{args:?}: {ran:?}");
        assert_eq!(ran.err.is_empty(), status == 0, "{args:?}: {ran:?}");
    }
}

#[test]
fn a_fault_is_a_fault_whatever_the_status_of_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serve = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"</methodCall>") {
            let mut bytes = [0; 1024];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "a call");
            request.extend_from_slice(&bytes[..read]);
        }
        let body = xmlrpc_server::Fault::new(3, "broken");
        let body = xmlrpc_server::MethodResponse::<()>::Fault(body).to_vec().unwrap();
        let head = format!(
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    });
    assert_eq!(xmlrpc(&["call", &url, "m"]).failed(1), "fault 3: broken\n");
    serve.join().unwrap();
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = command(&["man"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(err, "");
}

/// A server that takes the call and never answers.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_130() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let running = Running::start(&mut command(&["call", &url, "m"]), b"");
    // The call has come, so that the program waits.
    let (_stream, _) = listener.accept().unwrap();
    running.interrupt();
    assert_eq!(running.finish().failed(130), "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_what_reads_standard_input_too() {
    let mut child = command(&["decode", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    input
        .write_all(b"{\"id\":1,\"kind\":\"call\",\"xml_b64\":\"\"}\n")
        .unwrap();
    // It has answered, and waits for more.
    assert_eq!(output.read(&mut [0]).unwrap(), 1);
    let kill = format!("kill -INT {}", child.id());
    assert!(
        std::process::Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_call_that_takes_too_long_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let message = xmlrpc(&["call", "--timeout", "0.05", &url, "m"]).failed(3);
    assert!(message.contains("no answer within 50ms"), "{message}");
}

#[cfg(unix)]
#[test]
fn json_is_laid_out_and_coloured_on_a_terminal_alone() {
    let server = server();
    let program = env!("CARGO_BIN_EXE_xmlrpc");
    let line = format!("{program} call {} echo '{{\"a\":[1]}}'", server.url());
    let Some(shown) = on_terminal(&line) else { return };
    assert_eq!(
        shown,
        "{\n  \x1b[34;1m\"a\"\x1b[0m: [\n    \x1b[36m1\x1b[0m\n  ]\n}\n"
    );
    let Some(shown) = on_terminal(&format!("NO_COLOR=1 {line}")) else {
        return;
    };
    assert_eq!(shown, "{\n  \"a\": [\n    1\n  ]\n}\n");
    let Some(shown) = on_terminal(&format!("{line} | cat")) else {
        return;
    };
    assert_eq!(shown, "{\"a\":[1]}\n");
}

#[cfg(unix)]
#[test]
fn the_long_list_ends_at_the_edge_of_the_terminal() {
    let server = server();
    let line = format!("{} list --long {}", env!("CARGO_BIN_EXE_xmlrpc"), server.url());
    for columns in [80, 40, 12] {
        let Some(shown) = on_terminal_of(columns, &line) else {
            return;
        };
        assert!(shown.lines().count() > 5, "{shown}");
        assert!(
            shown.lines().all(|line| line.chars().count() <= columns),
            "{shown}"
        );
        assert!(shown.contains('…'), "{shown}");
    }
}
