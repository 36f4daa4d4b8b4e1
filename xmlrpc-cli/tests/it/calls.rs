//! `xmlrpc call`, against both servers.

use crate::support::{Ran, Scratch, bare_python_server, python_server, server, xmlrpc, xmlrpc_with};

/// The same calls give the same, whoever serves.
fn transcript(url: &str) {
    for (args, expected) in [
        (&["add", "2", "3"][..], "5"),
        (&["add", "2", "-3"], "-1"),
        (&["echo", "hello"], r#""hello""#),
        (&["echo", "\"5\""], r#""5""#),
        (&["echo", "\"@x\""], r#""@x""#),
        (&["echo", ""], r#""""#),
        (&["echo", "-1.5"], "-1.5"),
        (&["echo", "1.0"], "1.0"),
        (&["echo", "1e16"], "1e16"),
        (&["echo", "true"], "true"),
        (&["echo", "null"], "null"),
        (&["echo", "[1,[],{}]"], "[1,[],{}]"),
        (
            &["echo", r#"{"z":1,"__proto__":{"a":2},"a":"ü😀"}"#],
            r#"{"z":1,"__proto__":{"a":2},"a":"ü😀"}"#,
        ),
        (&["echo", r#"{"a":1,"a":2}"#], r#"{"a":2}"#),
        (&["moment"], r#""19980717T14:08:55""#),
        (&["bytes"], r#""QUJD""#),
        (
            &["moment", "--typed"],
            r#"{"dateTime.iso8601":"19980717T14:08:55"}"#,
        ),
        (&["--typed", "bytes"], r#"{"base64":"QUJD"}"#),
        (&["add", "--typed", "2", "3"], r#"{"int":5}"#),
        (
            &["echo", r#"{"array":[{"double":1},{"nil":null}]}"#, "--typed"],
            r#"{"array":[{"double":1.0},{"nil":null}]}"#,
        ),
    ] {
        let args = [&["call", url], args].concat();
        assert_eq!(xmlrpc(&args).text(), format!("{expected}\n"), "{args:?}");
    }
}

#[test]
fn calls_give_their_results_as_json() {
    let server = server();
    transcript(&server.url());
}

#[test]
fn calls_of_python_give_the_same() {
    let Some(server) = python_server() else { return };
    transcript(&server.url());
}

#[test]
fn numbers_are_not_mangled() {
    let server = server();
    let url = server.url();
    for number in ["9007199254740993", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(
            xmlrpc(&["call", &url, "echo", number]).text(),
            format!("{number}\n")
        );
        let typed = format!("{{\"i8\":{number}}}");
        assert_eq!(
            xmlrpc(&["call", &url, "echo", number, "--typed"]).text(),
            typed.clone() + "\n"
        );
        assert_eq!(
            xmlrpc(&["call", &url, "echo", &typed, "--typed"]).text(),
            typed + "\n"
        );
    }
    for number in [
        "9223372036854775808",
        "18446744073709551615",
        "[1,99999999999999999999]",
    ] {
        let message = xmlrpc(&["call", &url, "echo", number]).failed(2);
        assert!(
            message.contains("an integer beyond 64 bits") && message.contains('^'),
            "{message}"
        );
    }
}

#[test]
fn files_and_standard_input_are_sent_as_base64() {
    let server = server();
    let url = server.url();
    let file = Scratch::new(b"\x00\xFF\n");
    let argument = format!("@{}", file.path());
    assert_eq!(
        xmlrpc(&["call", "--typed", &url, "echo", &argument]).text(),
        "{\"base64\":\"AP8K\"}\n"
    );
    assert_eq!(
        xmlrpc_with(&["call", &url, "echo", "@-"], b"ABC").text(),
        "\"QUJD\"\n"
    );
    let message = xmlrpc(&["call", &url, "echo", "@/no/such/file"]).failed(2);
    assert!(message.contains("/no/such/file"), "{message}");
}

fn fault(ran: Ran, expected: &str) {
    assert_eq!(ran.out, "");
    assert_eq!(ran.failed(1), format!("{expected}\n"));
}

#[test]
fn faults_are_told_on_standard_error() {
    let server = server();
    fault(
        xmlrpc(&["call", &server.url(), "fail", "42", "no luck"]),
        "fault 42: no luck",
    );
    fault(
        xmlrpc(&["call", &server.url(), "nosuch"]),
        "fault -32601: there is no method \"nosuch\"",
    );
    let Some(server) = bare_python_server() else {
        return;
    };
    fault(
        xmlrpc(&["call", &server.url(), "fail", "-5", "Pech gehabt — ü"]),
        "fault -5: Pech gehabt — ü",
    );
}

#[test]
fn a_fault_cannot_steer_the_terminal() {
    let server = server();
    let ran = xmlrpc(&[
        "call",
        &server.url(),
        "fail",
        "1",
        r#""\u0085\u009b2J\u202egnp.exe""#,
    ]);
    fault(ran, "fault 1: \\u{85}\\u{9b}2J\\u{202e}gnp.exe");
}

#[test]
fn what_xml_cannot_carry_is_refused_before_anything_is_sent() {
    let message = xmlrpc(&["call", "http://127.0.0.1:1/", "echo", "[\"\\u0000\"]"]).failed(2);
    assert!(message.contains("params[0][0]"), "{message}");
    let message = xmlrpc(&[
        "call",
        "--profile",
        "supervisord",
        "http://127.0.0.1:1/",
        "echo",
        "null",
    ])
    .failed(2);
    assert!(message.contains("params[0]"), "{message}");
}

#[test]
fn standard_input_is_one_argument_at_most() {
    let message = xmlrpc_with(&["call", "http://127.0.0.1:1/", "m", "@-", "@-"], b"x").failed(2);
    assert!(message.contains("@- twice"), "{message}");
}

#[test]
fn doubles_that_are_no_numbers_are_sent_by_their_words() {
    let server = server();
    let url = server.url();
    let args = ["call", "--typed", "--wire", &url, "echo", r#"{"double":"-inf"}"#];
    let ran = xmlrpc(&args);
    assert!(ran.err.contains("<double>-inf</double>"), "{ran:?}");
}

#[test]
fn a_fault_is_told_on_one_line() {
    let server = server();
    let text = r#""no\nfault 0: forged\r\u2028a\u2029b\u200bc""#;
    assert_eq!(
        xmlrpc(&["call", &server.url(), "fail", "9", text]).failed(1),
        "fault 9: no\\nfault 0: forged\\r\\u{2028}a\\u{2029}b\\u{200b}c\n"
    );
    let calls = format!("{{\"method\":\"fail\",\"params\":[9,{text}]}}\n");
    let ran = xmlrpc_with(&["multicall", &server.url()], calls.as_bytes());
    assert!(
        ran.err.lines().count() == 1 && ran.err.ends_with(" (line 1)\n"),
        "{ran:?}"
    );
}
