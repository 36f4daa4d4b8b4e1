//! `xmlrpc list`, `help` and `signature`.

use crate::support::{bare_python_server, python_server, server, xmlrpc};

#[test]
fn methods_are_listed_one_a_line() {
    let server = server();
    let list = xmlrpc(&["list", &server.url()]).text();
    assert!(
        list.starts_with("add\nbytes\necho\nfail\nmoment\nsystem.getCapabilities\n"),
        "{list}"
    );
    let Some(server) = python_server() else { return };
    let expected = "add\nbytes\necho\nfail\nmoment\nsystem.listMethods\nsystem.methodHelp\nsystem.methodSignature\nsystem.multicall\n";
    assert_eq!(xmlrpc(&["list", &server.url()]).text(), expected);
}

#[test]
fn the_long_list_is_a_table_of_all_there_is_to_know() {
    let server = server();
    let table = xmlrpc(&["list", "--long", &server.url()]).text();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["METHOD", "SIGNATURE", "HELP"]
    );
    let row = |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap();
    let columns = |name: &str| {
        row(name)
            .split("  ")
            .filter(|cell| !cell.is_empty())
            .map(str::trim)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        columns("add "),
        ["add", "int(int, int)", "Adds two numbers. Small ones."]
    );
    assert_eq!(columns("echo "), ["echo", "undefined", "The value itself."]);
    assert_eq!(columns("moment "), ["moment", "dateTime.iso8601()"]);
    let Some(server) = python_server() else { return };
    let table = xmlrpc(&["list", "-l", &server.url()]).text();
    let add = table.lines().find(|line| line.starts_with("add ")).unwrap();
    assert!(
        add.contains("undefined") && add.ends_with("Adds two numbers. Small ones."),
        "{add}"
    );
}

#[test]
fn help_and_signatures_are_those_of_the_server() {
    let server = server();
    let url = server.url();
    assert_eq!(
        xmlrpc(&["help", &url, "add"]).text(),
        "Adds two numbers.\nSmall ones.\n"
    );
    assert_eq!(xmlrpc(&["signature", &url, "add"]).text(), "int(int, int)\n");
    assert_eq!(xmlrpc(&["signature", &url, "echo"]).text(), "undefined\n");
    let ran = xmlrpc(&["help", &url, "bytes"]);
    assert!(
        ran.status.success() && ran.out.is_empty() && ran.err.contains("no help"),
        "{ran:?}"
    );
    assert!(
        xmlrpc(&["help", &url, "nosuch"])
            .failed(1)
            .starts_with("fault -32601: ")
    );
    let Some(server) = python_server() else { return };
    assert_eq!(
        xmlrpc(&["help", &server.url(), "echo"]).text(),
        "The value itself.\n"
    );
    assert_eq!(
        xmlrpc(&["signature", &server.url(), "echo"]).text(),
        "undefined\n"
    );
}

#[test]
fn a_server_without_introspection_answers_with_its_fault() {
    let Some(server) = bare_python_server() else {
        return;
    };
    for command in ["list", "list --long"] {
        let args: Vec<&str> = command.split(' ').chain([server.url().leak() as &str]).collect();
        let message = xmlrpc(&args).failed(1);
        assert!(
            message.starts_with("fault 1: ") && message.contains("system.listMethods"),
            "{message}"
        );
    }
}
