//! From [`Json`] to text, on one line or laid out.
//!
//! Characters that steer a terminal, or turn the direction of what it shows, are written as escapes of JSON, which every reader of it
//! takes for the same: output is safe to look at, and loses nothing.

use std::fmt::Write as _;

use super::{Json, Kind};
use crate::terminal;

/// How JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// All on one line, without spaces.
    Compact,
    /// A member or element on a line.
    Pretty,
    /// The same, in colours.
    Coloured,
}

const NAME: &str = "34;1";
const TEXT: &str = "32";
const WORD: &str = "36";
const NULL: &str = "90";

impl Style {
    pub(crate) fn print(self, json: &Json) -> String {
        let mut printer = Printer {
            out: String::new(),
            style: self,
            depth: 0,
        };
        printer.value(json);
        printer.out
    }
}

struct Printer {
    out: String,
    style: Style,
    depth: usize,
}

impl Printer {
    fn value(&mut self, json: &Json) {
        match &json.kind {
            Kind::Null => self.coloured(NULL, |out| out.push_str("null")),
            Kind::Boolean(truth) => self.coloured(WORD, |out| out.push_str(&truth.to_string())),
            Kind::Integer(number) => self.coloured(WORD, |out| out.push_str(&number.to_string())),
            // With a point or an exponent, so that it stays a double.
            Kind::Double(number) => self.coloured(WORD, |out| out.push_str(&format!("{number:?}"))),
            Kind::Text(text) => self.coloured(TEXT, |out| string(text, out)),
            Kind::Array(values) => self.list('[', ']', values, Self::value),
            Kind::Object(members) => self.list('{', '}', members, |printer, (name, value)| {
                printer.coloured(NAME, |out| string(name, out));
                printer.out.push(':');
                if printer.style != Style::Compact {
                    printer.out.push(' ');
                }
                printer.value(value);
            }),
        }
    }

    fn list<T>(&mut self, open: char, close: char, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        self.out.push(open);
        self.depth += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.line();
            print(self, item);
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.line();
        }
        self.out.push(close);
    }

    fn line(&mut self) {
        if self.style != Style::Compact {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn coloured(&mut self, colour: &str, print: impl FnOnce(&mut String)) {
        if self.style != Style::Coloured {
            return print(&mut self.out);
        }
        // Writing to a string does not fail.
        let _ = write!(self.out, "\x1b[{colour}m");
        print(&mut self.out);
        self.out.push_str("\x1b[0m");
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if terminal::is_steering(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn members_and_elements_have_lines() {
        let json = parse(r#"{"a":[1,{"b":[]}],"c":{}}"#).unwrap();
        let pretty = "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}";
        assert_eq!(Style::Pretty.print(&json), pretty);
        let coloured = Style::Coloured.print(&json);
        assert!(
            coloured.starts_with("{\n  \x1b[34;1m\"a\"\x1b[0m: ["),
            "{coloured}"
        );
    }

    #[test]
    fn nothing_steers_a_terminal() {
        let json = Json::text("\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{feff}\r");
        assert_eq!(
            Style::Pretty.print(&json),
            r#""\u001b[2J\u007f\u009b\u202e\ufeff\r""#
        );
    }
}
