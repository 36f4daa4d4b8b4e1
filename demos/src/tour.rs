//! The whole course, from the first slide to the last.
//!
//! A slide shows a program and, sometimes, what it prints. The tour runs each program's Rust counterpart as a
//! process on the loopback interface and holds its output against the slide's; the table of programs is in
//! [`stages`]. Python has `doctest` for this kind of promise.

mod stages;

use std::fmt::Write as _;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::program::{self, Server};
use crate::terminal;
use stages::{STAGES, Stage};

/// Longest time for a server to get ready and for a stage to finish.
const PATIENCE: Duration = Duration::from_secs(60);

/// The whole course: runs every demo on the loopback interface and compares its output with the slide's.
///
/// Ends with status 1 when an output differs from what was expected. A stage that needs a program which is not
/// there is skipped, and said to be.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the transcript as Markdown.
    #[arg(long)]
    markdown: bool,
    /// Run only the stages whose title contains this.
    #[arg(long, default_value = "")]
    only: String,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let chosen: Vec<_> = STAGES
        .iter()
        .filter(|stage| stage.title.contains(&args.only))
        .collect();
    program::end_all_on_ctrl_c()?;
    ensure!(!chosen.is_empty(), "no stage has {:?} in its title", args.only);
    let (mut different, mut skipped) = (0, 0);
    for stage in &chosen {
        let text = match missing(stage) {
            Some(program) => {
                skipped += 1;
                terminal::note(&format!("SKIPPED: stage \"{}\" needs {program}", stage.title));
                skipped_text(stage, program, args.markdown)
            }
            None => {
                let record = perform(stage).with_context(|| format!("stage \"{}\"", stage.title))?;
                different += usize::from(!record.agrees());
                match args.markdown {
                    true => record.markdown(),
                    false => record.plain(),
                }
            }
        };
        out.write_all(text.as_bytes())?;
        out.flush()?;
    }
    ensure!(
        different == 0,
        "{different} of {} stages differ from what was expected",
        chosen.len()
    );
    if !args.markdown {
        match skipped {
            0 => writeln!(out, "All {} stages print what was expected.", chosen.len())?,
            _ => writeln!(
                out,
                "{} stages print what was expected, {skipped} SKIPPED.",
                chosen.len() - skipped
            )?,
        }
    }
    Ok(())
}

/// The program that a stage needs and this machine does not have.
fn missing(stage: &Stage) -> Option<&'static str> {
    let [program, args @ ..] = stage.needs? else {
        return None;
    };
    let mut command = Command::new(program);
    command.args(args);
    match program::run_command(command, program, "", PATIENCE) {
        Ok(finished) if finished.status.success() => None,
        _ => Some(program),
    }
}

fn skipped_text(stage: &Stage, program: &str, markdown: bool) -> String {
    let (title, command) = (stage.title, shown(stage.program));
    match markdown {
        true => format!(
            "### {title}\n\n```text\n$ {command}\n```\n\nSKIPPED: needs {program}, which is not here.\n\n"
        ),
        false => {
            format!("== {title}\n  input\n    $ {command}\n  SKIPPED: needs {program}, which is not here\n\n")
        }
    }
}

/// What happened at one stage.
struct Record {
    title: &'static str,
    /// The commands, and what was typed into the last of them.
    input: String,
    expected: &'static str,
    actual: String,
}

/// Starts a stage's servers, runs its program, and lets the servers go.
fn perform(stage: &Stage) -> Result<Record> {
    let mut servers: Vec<Server> = Vec::new();
    let mut input = String::new();
    for command in stage.servers {
        let args = with_addresses(command, &servers);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let _ = writeln!(input, "$ {} &", shown(&args));
        servers.push(Server::start(&args, PATIENCE)?);
    }
    let args = with_addresses(stage.program, &servers);
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let _ = writeln!(input, "$ {}", shown(&args));
    input.push_str(stage.input);
    let finished = program::run(&args, stage.input, PATIENCE)?;
    let mut actual = finished.out;
    for line in finished.err.lines() {
        let _ = writeln!(actual, "stderr: {line}");
    }
    match finished.status.code() {
        Some(0) => {}
        Some(code) => _ = writeln!(actual, "exit status {code}"),
        None => _ = writeln!(actual, "{}", finished.status),
    }
    Ok(Record {
        title: stage.title,
        input,
        expected: stage.expected,
        actual,
    })
}

/// Replaces `{0}` by the address of the first server and `{0.port}` by its port, `{1}` by the second's, and
/// so on.
fn with_addresses(args: &[&str], servers: &[Server]) -> Vec<String> {
    let mut args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
    for (index, Server { address, .. }) in servers.iter().enumerate() {
        let (_, port) = address.rsplit_once(':').unwrap_or_default();
        for arg in &mut args {
            *arg = arg
                .replace(&format!("{{{index}}}"), address)
                .replace(&format!("{{{index}.port}}"), port);
        }
    }
    args
}

/// The command as one would type it.
fn shown(args: &[&str]) -> String {
    let quoted = args.iter().map(|arg| {
        match arg
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.:/=,[]_".contains(c))
        {
            true => (*arg).to_owned(),
            false => format!("'{arg}'"),
        }
    });
    format!("demos {}", quoted.collect::<Vec<_>>().join(" "))
}

impl Record {
    fn agrees(&self) -> bool {
        let (expected, actual): (Vec<_>, Vec<_>) =
            (self.expected.lines().collect(), self.actual.lines().collect());
        expected.len() == actual.len()
            && expected
                .iter()
                .zip(actual)
                .all(|(expected, line)| fits(expected, line))
    }

    fn verdict(&self) -> &'static str {
        if self.agrees() { "as expected" } else { "DIFFERENT" }
    }

    fn plain(&self) -> String {
        let Self {
            title,
            input,
            expected,
            actual,
        } = self;
        let indented = |text: &str| {
            text.lines()
                .map(|line| format!("    {line}\n"))
                .collect::<String>()
        };
        format!(
            "== {title}\n  input\n{}  expected\n{}  actual: {}\n{}\n",
            indented(input),
            indented(expected),
            self.verdict(),
            indented(actual)
        )
    }

    fn markdown(&self) -> String {
        let Self {
            title,
            input,
            expected,
            actual,
        } = self;
        let mut text = format!("### {title}\n\n```text\n{input}{actual}```\n\n");
        if expected != actual {
            let verdict = if self.agrees() {
                "It is as expected"
            } else {
                "It is DIFFERENT from what was expected"
            };
            let _ = write!(
                text,
                "{verdict}, where `…` stands for what changes from run to run:\n\n"
            );
            let _ = write!(text, "```text\n{expected}```\n\n");
        }
        text
    }
}

/// Whether a line is the expected one, where `…` stands for any text but none.
fn fits(expected: &str, line: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else {
        return expected == line;
    };
    let Some(line) = line.strip_prefix(start) else {
        return false;
    };
    line.char_indices()
        .skip(1)
        .any(|(index, _)| fits(rest, &line[index..]))
        || (rest.is_empty() && !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ellipsis_stands_for_some_text() {
        let cases = [
            ("abc", "abc", true),
            ("abc", "abd", false),
            ("a…c", "abc", true),
            ("a…c", "aéèc", true),
            ("a…c", "ac", false),
            ("…", "é", true),
            ("…", "", false),
            ("a…", "a", false),
            ("…-…!", "1-2-3!", true),
            ("…-…!", "1-!", false),
        ];
        for (expected, line, fit) in cases {
            assert_eq!(fits(expected, line), fit, "{expected} and {line}");
        }
    }

    #[test]
    fn a_missing_line_is_a_difference() {
        let record = |actual: &str| Record {
            title: "",
            input: String::new(),
            expected: "a\nb\n",
            actual: actual.to_owned(),
        };
        assert!(record("a\nb\n").agrees());
        assert!(!record("a\n").agrees());
        assert!(!record("a\nb\nc\n").agrees());
    }
}
