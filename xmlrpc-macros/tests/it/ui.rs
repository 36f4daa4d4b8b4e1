//! What is said of services that are none. The expected texts are written anew with `TRYBUILD=overwrite`.

use std::process::Command;

/// The compiler of which the words are that it says itself.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn errors_point_at_what_is_wrong_and_say_what_to_write() {
    if std::env::var_os("CI").is_none() {
        eprintln!("SKIPPED: builds a package with all dependencies, so that it runs where CI is set");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    if compiler().starts_with(COMPILER) {
        cases.compile_fail("tests/ui/compiler/*.rs");
    } else {
        eprintln!(
            "SKIPPED: tests/ui/compiler has the words of {COMPILER}, and this is {}",
            compiler()
        );
    }
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
