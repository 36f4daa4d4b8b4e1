//! `Debug` and `Display` of whole values, as loops.

use std::fmt::{self, Debug, Formatter, Write as _};

use super::tokens::Tokens;
use super::{Array, Struct, Value};
use crate::token::Token;

/// How deep `{:#?}` indents; further levels stand below one another.
const INDENTED: usize = 32;

impl fmt::Display for Value {
    /// The value in one line: `[1, "two", {"three": 3.0}]`.
    ///
    /// A string that is the whole value stands without quotes. Base64 is given as its text, nil as `nil`, date-times as they travel.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.pad(text),
            value => print(
                Tokens::new(value),
                Style {
                    typed: false,
                    pretty: false,
                },
                f,
            ),
        }
    }
}

impl Debug for Value {
    /// The value with the names of its types: `Array([Int(1), String("two")])`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        print(Tokens::new(self), Style::debug(f), f)
    }
}

pub(super) fn debug_array(array: &Array, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("[")?;
    print_bare(Tokens::of_array(array), Style::debug(f), f)
}

pub(super) fn debug_struct(members: &Struct, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("{")?;
    print_bare(Tokens::of_struct(&members.0), Style::debug(f), f)
}

#[derive(Clone, Copy)]
struct Style {
    /// Whether types are named.
    typed: bool,
    /// Whether each value stands on a line of its own.
    pretty: bool,
}

impl Style {
    fn debug(f: &Formatter<'_>) -> Self {
        Self {
            typed: true,
            pretty: f.alternate(),
        }
    }
}

/// Prints the tokens of a whole value.
fn print(tokens: Tokens<'_>, style: Style, f: &mut Formatter<'_>) -> fmt::Result {
    Printer {
        style,
        depth: 0,
        place: Place::Start,
        bare: false,
    }
    .all(tokens, f)
}

/// Prints the tokens of a container whose opening bracket was printed before.
fn print_bare(tokens: Tokens<'_>, style: Style, f: &mut Formatter<'_>) -> fmt::Result {
    Printer {
        style,
        depth: 1,
        place: Place::Start,
        bare: true,
    }
    .all(tokens, f)
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Nothing, or an opening bracket, was printed last.
    Start,
    AfterName,
    AfterValue,
}

struct Printer {
    style: Style,
    depth: usize,
    place: Place,
    /// Whether the outermost container stands without the name of its type.
    bare: bool,
}

impl Printer {
    fn all(mut self, tokens: Tokens<'_>, f: &mut Formatter<'_>) -> fmt::Result {
        for token in tokens {
            self.token(&token, f)?;
        }
        Ok(())
    }

    fn token(&mut self, token: &Token<'_>, f: &mut Formatter<'_>) -> fmt::Result {
        match token {
            Token::ArrayStart => self.open("Array(", "[", f),
            Token::StructStart => self.open("Struct(", "{", f),
            Token::ArrayEnd => self.close("]", f),
            Token::StructEnd => self.close("}", f),
            Token::Name(name) => {
                self.separate(f)?;
                write!(f, "{name:?}: ")?;
                self.place = Place::AfterName;
                Ok(())
            }
            scalar => {
                self.separate(f)?;
                self.place = Place::AfterValue;
                if self.style.typed {
                    typed(scalar, f)
                } else {
                    plain(scalar, f)
                }
            }
        }
    }

    fn separate(&mut self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::AfterName => return Ok(()),
            Place::AfterValue => f.write_str(if self.style.pretty { "," } else { ", " })?,
            Place::Start if self.depth == 0 => return Ok(()),
            Place::Start => {}
        }
        self.line(f)
    }

    fn line(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.style.pretty {
            f.write_char('\n')?;
            for _ in 0..self.depth.min(INDENTED) {
                f.write_str("    ")?;
            }
        }
        Ok(())
    }

    fn open(&mut self, name: &str, bracket: &str, f: &mut Formatter<'_>) -> fmt::Result {
        self.separate(f)?;
        if self.style.typed {
            f.write_str(name)?;
        }
        f.write_str(bracket)?;
        self.depth += 1;
        self.place = Place::Start;
        Ok(())
    }

    fn close(&mut self, bracket: &str, f: &mut Formatter<'_>) -> fmt::Result {
        self.depth = self.depth.saturating_sub(1);
        if self.style.pretty && self.place == Place::AfterValue {
            f.write_str(",")?;
            self.line(f)?;
        }
        f.write_str(bracket)?;
        if self.style.typed && !(self.bare && self.depth == 0) {
            f.write_str(")")?;
        }
        self.place = Place::AfterValue;
        Ok(())
    }
}

fn plain(scalar: &Token<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    match scalar {
        Token::Int(number) => write!(f, "{number}"),
        Token::I8(number) => write!(f, "{number}"),
        Token::Boolean(truth) => write!(f, "{truth}"),
        Token::Double(number) => write!(f, "{number:?}"),
        Token::String(text) => write!(f, "{text:?}"),
        Token::DateTime(moment) => write!(f, "{moment}"),
        Token::Base64(bytes) => write!(f, "{}", crate::Base64::from(&**bytes)),
        _ => f.write_str("nil"),
    }
}

fn typed(scalar: &Token<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    match scalar {
        Token::Int(number) => write!(f, "Int({number})"),
        Token::I8(number) => write!(f, "I8({number})"),
        Token::Boolean(truth) => write!(f, "Boolean({truth})"),
        Token::Double(number) => write!(f, "Double({number:?})"),
        Token::String(text) => write!(f, "String({text:?})"),
        Token::DateTime(moment) => write!(f, "DateTime({moment})"),
        Token::Base64(bytes) => write!(f, "Base64(\"{}\")", crate::Base64::from(&**bytes)),
        _ => f.write_str("Nil"),
    }
}
