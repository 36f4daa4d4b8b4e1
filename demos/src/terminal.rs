//! What the programs read from the terminal and print on it.
//!
//! Python's `input` prompts, reads one line and dies with `EOFError` without one; `print` writes whatever
//! text it gets, control characters too. Here the prompt goes to standard error, so that standard output
//! holds nothing but the result; a line has a longest length; and text that came from the network cannot move
//! the cursor or change colours, because its control characters are printed as escapes.

use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::process;

use anyhow::{Context, Result, bail};

use crate::python;

/// Longest line read from the terminal, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

/// Standard output was closed by its reader: the end of the program, not a failure.
#[derive(Debug)]
pub(crate) struct OutputClosed;

impl fmt::Display for OutputClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output was closed")
    }
}

impl std::error::Error for OutputClosed {}

/// Gives the message of the command line, or asks for one line as the slides' `input` does.
pub(crate) fn message(argument: Option<&str>) -> Result<Vec<u8>> {
    if let Some(text) = argument {
        return Ok(text.as_bytes().to_vec());
    }
    // A prompt that cannot be shown is no reason to stop.
    let _ = write!(io::stderr(), "lowercase sentence: ");
    let mut line = Vec::new();
    io::stdin()
        .lock()
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .context("reading the sentence")?;
    if line.is_empty() {
        note("");
        bail!("no sentence to send");
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(line)
}

/// Shows bytes from the network: text as text with its control characters escaped, anything else as Python
/// prints bytes.
pub(crate) fn printable(data: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(data) else {
        return python::bytes(data);
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            _ if c.is_control() => shown.extend(c.escape_default()),
            _ => shown.push(c),
        }
    }
    shown
}

/// Prints one line on standard output at once, from any thread.
pub(crate) fn log_line(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        result => Ok(result?),
    }
}

/// Writes a note for the reader on standard error; nothing depends on it.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Calls a function on Ctrl-C or a request to terminate.
///
/// Python raises `KeyboardInterrupt` in the main thread, wherever it is. Rust has no exceptions that arrive
/// from outside: a thread of its own waits for the signal and calls the function.
pub(crate) fn on_ctrl_c(stop: impl FnMut() + Send + 'static) -> Result<()> {
    ctrlc::set_handler(stop).context("waiting for Ctrl-C")
}

/// Ends the program with status 0 on Ctrl-C.
///
/// A server whose threads all block in system calls has nothing to tidy that the operating system would not,
/// so the process ends at once. Servers that wait in one place for everything are told instead, through
/// [`on_ctrl_c`].
pub(crate) fn end_on_ctrl_c() -> Result<()> {
    on_ctrl_c(|| {
        note("stopped");
        process::exit(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_control_the_terminal() {
        assert_eq!(printable("É\n\u{1b}[31m".as_bytes()), "É\n\\u{1b}[31m");
        assert_eq!(printable(b"a\xff"), r"b'a\xff'");
    }
}
