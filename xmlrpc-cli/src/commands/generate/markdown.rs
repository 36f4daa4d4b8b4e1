//! A server's documentation in Markdown, and its help as comments of Rust, which are Markdown, too.

use std::fmt::Write as _;

use xmlrpc_client::Signatures;

use crate::introspection::Method;
use crate::terminal;

/// The most lines of help that are taken, and the most characters of one.
const LINES: usize = 100;
const LINE: usize = 1_000;

pub(super) fn document(address: &str, methods: &[Method]) -> String {
    let mut out = format!("# Methods of {}\n", escaped(address));
    for method in methods {
        // Writing to a string does not fail.
        let _ = write!(out, "\n## {}\n\n", shown(&method.name));
        match &method.signatures {
            Signatures::Known(signatures) => {
                for signature in signatures {
                    let params: Vec<String> = signature.params.iter().map(|name| shown(name)).collect();
                    let _ = writeln!(out, "- ({}) → {}", params.join(", "), shown(&signature.result));
                }
            }
            Signatures::Undefined => out.push_str("- any parameters\n"),
        }
        let help = help(&method.help);
        if !help.is_empty() {
            out.push('\n');
        }
        for line in help {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// A name, or a sign that there is none to be seen.
fn shown(name: &str) -> String {
    match escaped(name).as_str() {
        "" => "(no name)".to_owned(),
        name => name.to_owned(),
    }
}

/// Help in lines that are text and nothing else, without empty ones at the ends.
pub(super) fn help(text: &str) -> Vec<String> {
    let text = text.trim();
    let mut lines: Vec<String> = text.lines().take(LINES).map(escaped).collect();
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    if text.lines().nth(LINES).is_some() {
        lines.push("…".to_owned());
    }
    lines
}

/// A line of text in which nothing is markup: no code, no HTML, no link, no list. White space is evened out, since a line that begins
/// with much of it is code, which rustdoc would compile and run.
fn escaped(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut text = words.join(" ");
    if let Some((cut, _)) = text.char_indices().nth(LINE) {
        text.truncate(cut);
        text.push('…');
    }
    let text = terminal::one_line(&text);
    let mut out = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    let numbered = characters.iter().take_while(|c| c.is_ascii_digit()).count();
    for (index, &c) in characters.iter().enumerate() {
        let is_word = |index: Option<usize>| {
            index
                .and_then(|index| characters.get(index))
                .is_some_and(|c| c.is_alphanumeric())
        };
        let is_markup = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' => true,
            '_' => !(is_word(index.checked_sub(1)) && is_word(Some(index + 1))),
            '#' | '+' | '-' | '=' | ':' => index == 0,
            '.' | ')' => index == numbered && index > 0,
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_is_markup() {
        for (line, expected) in [
            ("Adds two numbers.", "Adds two numbers."),
            ("takes snake_case, _not_ this", "takes snake_case, \\_not\\_ this"),
            ("    std::process::exit(1);", "std::process::exit(1);"),
            ("```rust", "\\`\\`\\`rust"),
            ("~~~", "\\~\\~\\~"),
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            ("[a](javascript:b)", "\\[a\\](javascript:b)"),
            ("# head", "\\# head"),
            ("- item", "\\- item"),
            ("12. item", "12\\. item"),
            ("3.14 is pi", "3\\.14 is pi"),
            ("*/ fn evil() {}", "\\*/ fn evil() {}"),
            ("a\u{1b}[31m\u{202e}b", "a\\\\u{1b}\\[31m\\\\u{202e}b"),
            ("&lt;", "\\&lt;"),
        ] {
            assert_eq!(escaped(line), expected);
        }
    }

    #[test]
    fn help_is_cut() {
        assert_eq!(help("\n\n a\n\n\n  b \n"), ["a", "", "b"]);
        assert!(help("").is_empty());
        let long = help(&"x\n".repeat(1_000_000));
        assert_eq!(
            (long.len(), long.last().map(String::as_str)),
            (LINES + 1, Some("…"))
        );
        assert_eq!(help(&"x".repeat(1_000_000))[0].chars().count(), LINE + 1);
    }
}
