//! The whole course.

use std::env;

use crate::support::run;

#[test]
fn every_stage_prints_what_was_expected_and_stands_in_the_readme() {
    let finished = run(&["tour", "--markdown"]);
    if !finished.err.is_empty() {
        assert!(
            env::var_os("CI").is_none(),
            "the pipeline installs what stages need: {}",
            finished.err
        );
        eprint!("{}", finished.err);
    }
    let transcript = finished.text();
    let titles: Vec<_> = transcript
        .lines()
        .filter(|line| line.starts_with("### "))
        .collect();
    assert!(titles.len() >= 23, "{transcript}");
    if !cfg!(target_os = "linux") {
        eprintln!("SKIPPED: the README holds a transcript from Linux");
        return;
    }
    let readme = include_str!("../../README.md");
    let in_readme: Vec<_> = readme.lines().filter(|line| line.starts_with("### ")).collect();
    assert_eq!(
        titles, in_readme,
        "write the README's transcript anew with `demos tour --markdown`"
    );
}

#[test]
fn a_stage_shows_input_expected_and_actual_output() {
    let shown = run(&["tour", "--only", "Byte Order"]).text();
    let parts = [
        "== Byte Order",
        "  input\n",
        "$ demos byte-order 1234\n",
        "  expected\n",
        "  actual: as expected\n",
        "0x4d2\n",
    ];
    let mut rest = shown.as_str();
    for part in parts {
        rest = rest
            .split_once(part)
            .unwrap_or_else(|| panic!("{part:?} in\n{shown}"))
            .1;
    }
    assert!(
        shown.ends_with("All 1 stages print what was expected.\n"),
        "{shown}"
    );
}
