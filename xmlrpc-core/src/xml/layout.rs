//! A document in pieces for reading by people, each with the place where it is to stand. Nothing is checked here: whatever markup there
//! is, is shown.

use super::tag::Tag;
use super::text::{is_space, trimmed};

/// Takes the text of a document apart.
///
/// Tags stand on lines of their own, except that an element which only wraps another one shares its line: `<value><array><data>`.
/// Texts stay between their tags as they are; white space between tags is left out.
#[derive(Debug)]
pub(crate) struct Layout<'t> {
    text: &'t str,
    pos: usize,
    before: Before,
    /// Of each open element, whether it only wraps another one.
    open: Vec<bool>,
    /// How many open elements are no such ones.
    depth: usize,
}

/// A part of the document.
#[derive(Debug, PartialEq)]
pub(crate) struct Piece<'t> {
    pub(crate) text: &'t str,
    /// How many levels to indent the line that this piece begins; `None` where it goes on on the line of the last one.
    pub(crate) line: Option<usize>,
    /// Where the piece begins in the text.
    pub(crate) start: usize,
}

/// What stands before the place at hand, comments and instructions aside.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    Open {
        wraps: bool,
    },
    /// The end of an element, or one without content.
    Closed,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Open,
    Empty,
    Close,
    /// A comment, processing instruction or declaration.
    Aside,
    CData,
    Text,
}

impl<'t> Layout<'t> {
    /// `None` for a text that is no document of XML-RPC.
    pub(crate) fn of(text: &'t str) -> Option<Self> {
        is_ours(text).then_some(Self {
            text,
            pos: 0,
            before: Before::Nothing,
            open: Vec::new(),
            depth: 0,
        })
    }

    /// Whether white space between the piece before and the one at hand, `following`, is the content of an element.
    fn keeps_space(&self, following: &str) -> bool {
        match self.before {
            Before::Text => true,
            Before::Open { .. } => following.starts_with("</") || following.starts_with("<![CDATA["),
            Before::Nothing | Before::Closed => following.starts_with("<![CDATA["),
        }
    }

    /// Whether a tag begins a line.
    fn begins_line(&self, closes: bool, wraps: bool) -> bool {
        match self.before {
            Before::Nothing | Before::Text => false,
            Before::Open { wraps } => !closes && !wraps,
            Before::Closed => !(closes && wraps),
        }
    }

    /// Goes behind a piece, and says how the line begins that it stands on.
    fn place(&mut self, kind: Kind, piece: &str) -> Option<usize> {
        match kind {
            Kind::Text | Kind::CData => {
                self.before = Before::Text;
                None
            }
            Kind::Aside => {
                let line = self.begins_line(false, false).then_some(self.depth);
                if self.before == Before::Nothing {
                    self.before = Before::Closed;
                }
                line
            }
            Kind::Empty => {
                let line = self.begins_line(false, false).then_some(self.depth);
                self.before = Before::Closed;
                line
            }
            Kind::Open => {
                let line = self.begins_line(false, false).then_some(self.depth);
                let wraps = matches!(tag(piece), Tag::Param | Tag::Value | Tag::Array | Tag::Fault);
                self.depth += usize::from(!wraps);
                self.open.push(wraps);
                self.before = Before::Open { wraps };
                line
            }
            Kind::Close => {
                let wraps = self.open.pop();
                self.depth -= usize::from(wraps == Some(false));
                let line = self.begins_line(true, wraps == Some(true)).then_some(self.depth);
                self.before = Before::Closed;
                line
            }
        }
    }
}

impl<'t> Iterator for Layout<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        loop {
            let rest = &self.text[self.pos..];
            if rest.is_empty() {
                return None;
            }
            let (kind, length) = first(rest);
            let (text, start) = (&rest[..length], self.pos);
            self.pos += length;
            if kind == Kind::Text && trimmed(text).is_empty() && !self.keeps_space(&rest[length..]) {
                continue;
            }
            let line = self.place(kind, text);
            return Some(Piece { text, line, start });
        }
    }
}

/// Whether the first tag is one of those that documents begin with.
fn is_ours(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii() && is_space(c as u8));
        let (kind, length) = match rest.is_empty() {
            true => return false,
            false => first(rest),
        };
        match kind {
            Kind::Aside => rest = &rest[length..],
            Kind::Open | Kind::Empty => {
                return matches!(
                    tag(&rest[..length]),
                    Tag::MethodCall | Tag::MethodResponse | Tag::Params | Tag::Fault | Tag::Value
                );
            }
            Kind::Close | Kind::CData | Kind::Text => return false,
        }
    }
}

/// The kind and the length of the piece that a text begins with, which is not empty. Markup without an end is text.
fn first(rest: &str) -> (Kind, usize) {
    let ended = |kind, start: usize, end: &str| match rest[start..].find(end) {
        Some(place) => (kind, start + place + end.len()),
        None => (Kind::Text, rest.len()),
    };
    if !rest.starts_with('<') {
        return (Kind::Text, rest.find('<').unwrap_or(rest.len()));
    }
    if rest.starts_with("<!--") {
        return ended(Kind::Aside, 4, "-->");
    }
    if rest.starts_with("<![CDATA[") {
        return ended(Kind::CData, 9, "]]>");
    }
    match rest.as_bytes().get(1) {
        Some(b'?') => ended(Kind::Aside, 2, "?>"),
        Some(b'!') => ended(Kind::Aside, 2, ">"),
        Some(b'/') => ended(Kind::Close, 2, ">"),
        _ => start_tag(rest),
    }
}

/// A tag with its attributes, in the values of which a `>` may stand.
fn start_tag(rest: &str) -> (Kind, usize) {
    let mut quote = None;
    for (place, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if byte == open => quote = None,
            (None, b'>') if rest[..place].ends_with('/') => return (Kind::Empty, place + 1),
            (None, b'>') => return (Kind::Open, place + 1),
            _ => {}
        }
    }
    (Kind::Text, rest.len())
}

/// The element of a start tag.
fn tag(piece: &str) -> Tag {
    let name = piece.trim_start_matches('<');
    let end = name.find(|c: char| matches!(c, '>' | '/') || c.is_ascii_whitespace());
    Tag::plain(&name[..end.unwrap_or(name.len())])
}
