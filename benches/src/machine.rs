//! On what the figures were made: machine, compiler, crates, day.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use xmlrpc_core::DateTime;

/// The lock file that this program was built by.
const LOCK: &str = include_str!("../Cargo.lock");

/// A list in Markdown for the head of the figures.
pub fn description() -> String {
    let mut text = String::new();
    // Writing to a String gives no error.
    let _ = writeln!(text, "- date: {}", today());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let _ = writeln!(
        text,
        "- machine: {}, {cores} threads, {}",
        processor(),
        std::env::consts::ARCH
    );
    let _ = writeln!(
        text,
        "- compiler: {}, release profile without further settings",
        output("rustc", "-V")
    );
    let _ = writeln!(text, "- Python: {}", output("python3", "-V"));
    let _ = writeln!(text, "- crates: {}", crates().join(", "));
    text
}

fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_secs());
    let day = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_unix(seconds, 0));
    day.map_or_else(String::new, |day| {
        format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
    })
}

/// The name that Linux gives to the processor.
fn processor() -> String {
    let facts = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = facts
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or("unknown processor", |(_, name)| name.trim())
        .to_owned()
}

fn output(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    if text.is_empty() {
        format!("no {program}")
    } else {
        text
    }
}

/// Name and version of what this package itself depends on, save what it needs for its own sake.
fn crates() -> Vec<String> {
    let packages: Vec<&str> = LOCK.split("[[package]]").collect();
    let field = |package: &str, field: &str| {
        let line = package
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(" = "));
        line.map(|quoted| quoted.trim_matches('"').to_owned())
    };
    let version_of = |name: &str| {
        let package = packages
            .iter()
            .find(|package| field(package, "name").as_deref() == Some(name));
        package
            .and_then(|package| field(package, "version"))
            .unwrap_or_default()
    };
    let own = packages
        .iter()
        .find(|package| field(package, "name").as_deref() == Some("benches"));
    let lines = own.map_or("", |own| own).lines();
    let quoted = lines.filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
    // A version stands behind the name where the lock file has several.
    let versions = quoted.map(|entry| match entry.split_once(' ') {
        Some(_) => entry.to_owned(),
        None => format!("{entry} {}", version_of(entry)),
    });
    versions
        .filter(|entry| !entry.starts_with("criterion "))
        .collect()
}
