//! Help, completions and the manual page.

use std::process::{Command, Stdio};

use xmlrpc_tests::found;

use crate::support::{Scratch, xmlrpc};

const COMMANDS: [&str; 12] = [
    "call",
    "list",
    "help",
    "signature",
    "multicall",
    "decode",
    "encode",
    "proxy",
    "serve",
    "generate",
    "completions",
    "man",
];

#[test]
fn the_help_fits_a_screen_of_24_lines_and_80_columns() {
    let help = xmlrpc(&["--help"]).text();
    assert!(
        help.lines().count() <= 24 && help.lines().all(|line| line.chars().count() <= 80),
        "{help}"
    );
    assert_eq!(xmlrpc(&["-h"]).text(), help);
    assert_eq!(xmlrpc(&["help"]).text(), help);
}

#[test]
fn every_command_has_a_help_of_its_own() {
    for name in COMMANDS {
        let help = xmlrpc(&[name, "--help"]).text();
        assert!(help.contains(&format!("Usage: xmlrpc {name}")), "{help}");
        assert_eq!(xmlrpc(&["help", name]).text(), help);
    }
}

/// The program that reads the script says whether it can.
fn checked(shell: &str, script: &str) {
    let file = Scratch::new(script.as_bytes());
    let output = Command::new(shell)
        .args(["-n", file.path()])
        .stdin(Stdio::null())
        .output();
    let Some(output) = found(shell, output) else {
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn completions_are_scripts_with_all_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = xmlrpc(&["completions", shell]).text();
        for name in COMMANDS {
            assert!(script.contains(name), "{shell}: {name}");
        }
        if shell == "bash" {
            checked(shell, &script);
        }
    }
    assert!(xmlrpc(&["completions", "dos"]).failed(2).contains("bash"));
}

#[test]
fn the_manual_page_is_one_that_man_can_show() {
    let page = xmlrpc(&["man"]).text();
    assert!(
        page.starts_with(".ie ") || page.starts_with(".TH"),
        "{}",
        &page[..80]
    );
    for heading in [
        "COMMANDS",
        "COMMON OPTIONS",
        "ENVIRONMENT",
        "EXIT STATUS",
        "EXAMPLES",
    ] {
        assert!(page.contains(heading), "{heading}");
    }
    assert!(page.contains("xmlrpc call URL METHOD [ARG]..."), "{page}");
    let file = Scratch::new(page.as_bytes());
    let output = Command::new("man")
        .args(["--warnings", "-l", file.path()])
        .env("MANWIDTH", "80")
        .output();
    let Some(output) = found("man", output) else {
        return;
    };
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && shown.contains("xmlrpc multicall URL [FILE]"),
        "{output:?}"
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
