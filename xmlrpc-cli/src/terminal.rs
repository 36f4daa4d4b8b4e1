//! Standard output and standard error: who reads them, and what may reach a terminal.
//!
//! Texts of peers are printed with the characters escaped that move a cursor, change colours or turn the direction of writing. Standard
//! output that is closed by its reader, as `head -1` does, ends the program without a word.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use xmlrpc_client::xmlrpc_core::Printable;

use crate::failure::{Failure, Result};
use crate::json::Json;
use crate::json::print::Style;

/// Whether a character does something to a terminal other than standing in its place.
pub(crate) fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// A text as it may be shown, with its lines.
pub(crate) fn printable(text: &str) -> String {
    Printable(text).to_string()
}

/// A text as it may be shown on one line.
pub(crate) fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Whether colours are wanted and understood.
fn takes_colours(is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    is_terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// How JSON is written on standard output: for eyes on a terminal, for programs anywhere else.
pub(crate) fn style() -> Style {
    match io::stdout().is_terminal() {
        true if takes_colours(true) => Style::Coloured,
        true => Style::Pretty,
        false => Style::Compact,
    }
}

/// Prints JSON on standard output.
pub(crate) fn print_json(json: &Json) -> Result {
    let mut text = style().print(json);
    text.push('\n');
    print(text.as_bytes())
}

/// Prints on standard output, at once.
pub(crate) fn print(bytes: &[u8]) -> Result {
    let mut out = io::stdout().lock();
    let printed = out.write_all(bytes).and_then(|()| out.flush());
    printed.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Exchange(format!("standard output: {error}")),
    })
}

/// Says something on standard error; nothing depends on it.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(text));
}
