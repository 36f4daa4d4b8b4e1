//! The comparison of the architectures.

use std::env;
use std::fs;
use std::process;

use crate::support::run;

#[test]
fn measures_all_five_and_draws_a_chart() {
    let path = env::temp_dir().join(format!("demos-compare-{}.svg", process::id()));
    let file = path.to_str().unwrap();
    let table = run(&[
        "compare",
        "--clients",
        "4,1",
        "--seconds",
        "0.2",
        "--pause",
        "0.001",
        "--svg",
        file,
    ])
    .text();
    let svg = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    for kind in ["sequential", "threads", "pool", "poll", "tokio"] {
        for pace in ["fast", "slow"] {
            let row = format!("| {kind} | 1 | {pace} | ");
            let row = table
                .lines()
                .find_map(|line| line.strip_prefix(&row))
                .unwrap_or_else(|| panic!("{table}"));
            assert!(
                row.ends_with("| 0 |") && !row.starts_with("0 "),
                "a single client was not served: {row}"
            );
        }
        assert!(svg.contains(kind), "no {kind} in the chart");
    }
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("requests per second") && svg.contains("milliseconds"));
}

#[test]
fn a_chart_that_cannot_be_written_is_an_error() {
    let args = [
        "compare",
        "--clients",
        "1",
        "--seconds",
        "0.01",
        "--kinds",
        "poll",
        "--svg",
        "no/such/folder.svg",
    ];
    assert!(run(&args).refusal().starts_with("writing no/such/folder.svg: "));
}
