//! What the reader says when it refuses: the words, the offset and the path.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use super::document::End;
use super::gather::Piece;
use super::reader::{Base, Reader};
use super::tag::Tag;
use super::work::look;
use crate::error::{Category, Error, Position};
use crate::path::Path;
use crate::token::Container;

impl Reader<'_, '_> {
    /// The error for a piece that may not stand where it was met.
    ///
    /// An end tag that closes the element that is `open` comes too early, which is against XML-RPC; any other one is against XML.
    pub(super) fn unexpected(&self, expected: &str, found: Piece<'_>, open: Tag) -> Error {
        let (category, found) = match found {
            Piece::End => return self.ended(expected),
            Piece::Open(element) => (Category::Protocol, format!("<{}>", clip(element.name))),
            Piece::Empty(element) => (Category::Protocol, format!("<{}/>", clip(element.name))),
            Piece::Close(element) if element.tag == open && open != Tag::Unknown => {
                (Category::Protocol, format!("</{}>", clip(element.name)))
            }
            Piece::Close(element) => (Category::Syntax, format!("</{}>", clip(element.name))),
        };
        self.fail(
            self.token_start,
            Error::mismatch(category, expected.to_owned(), found),
        )
    }

    /// The error for a document that ends too early, or goes wrong where its text was ended.
    pub(super) fn ended(&self, expected: &str) -> Error {
        let error = match &self.document.end {
            End::Whole => Error::mismatch(Category::Syntax, expected.to_owned(), "the end of the document"),
            End::InsideOfCharacter => Error::syntax("the document ends inside of a character"),
            End::Undecodable(encoding) => Error::encoding(format!("bytes that are not {encoding}")),
            End::Forbidden(c) => {
                Error::syntax(format!("U+{:04X}, which is no character of XML", u32::from(*c)))
            }
        };
        self.fail(self.text.len(), error)
    }

    /// Whether the text was ended where the document went wrong.
    pub(super) fn is_cut(&self) -> bool {
        self.document.end != End::Whole
    }

    /// An error with its place.
    pub(super) fn fail(&self, offset: usize, error: Error) -> Error {
        error.at(|| (Some(self.position(offset)), self.path()))
    }

    /// The place of the token at hand, for errors that serde finds.
    pub(crate) fn place(&self) -> (Option<Position>, String) {
        (Some(self.position(self.token_start)), self.path())
    }

    fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let near = match self.lines {
            Some(lines) => lines.at(self.text, self.anchor.min(offset)),
            None => Line::default(),
        };
        let here = near.to(self.text, offset);
        let mark = if self.document.original {
            self.document.mark
        } else {
            0
        };
        Position {
            offset: mark + here.offset,
            line: 1 + here.number,
            column: 1 + here.column,
            decoded: !self.document.original,
        }
    }

    fn path(&self) -> String {
        let mut path = Path::inside(match self.base {
            Base::Nothing => String::new(),
            Base::Param(index) => format!("params[{index}]"),
            Base::Params(_) => "params".to_owned(),
            Base::Fault => "fault".to_owned(),
        });
        let mut behind = match self.base {
            Base::Params(behind) => behind,
            _ => 0,
        };
        for frame in &self.frames {
            match frame.kind {
                Container::Array => path.index(frame.count + std::mem::take(&mut behind)),
                Container::Struct => path.name(
                    self.text
                        .get(frame.name.0..frame.name.1)
                        .filter(|name| !name.is_empty()),
                ),
            }
        }
        path.finish()
    }
}

/// Places of which the line is known.
///
/// Where one document may have many errors, each is looked for from the known place before it, so that all of them together take no
/// longer than reading the document.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<Vec<Line>>);

/// A place, and the lines before it and characters before it in its line.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    offset: usize,
    number: usize,
    column: usize,
}

impl Lines {
    /// The line of a place, which is known from then on.
    fn at(&self, text: &str, offset: usize) -> Line {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = known.partition_point(|line| line.offset <= offset);
        let before = next.checked_sub(1).map_or_else(Line::default, |last| known[last]);
        if before.offset == offset {
            return before;
        }
        let here = before.to(text, offset);
        known.insert(next, here);
        here
    }
}

impl Line {
    /// The line of a later place.
    fn to(self, text: &str, offset: usize) -> Self {
        let between = &text.as_bytes()[self.offset..offset];
        look(between.len());
        let line_start = memchr::memrchr(b'\n', between).map(|place| place + 1);
        let in_line = &between[line_start.unwrap_or(0)..];
        let characters = in_line.iter().filter(|&&b| b & 0xC0 != 0x80).count();
        Self {
            offset,
            number: self.number + memchr::memchr_iter(b'\n', between).count(),
            column: characters + line_start.map_or(self.column, |_| 0),
        }
    }
}

/// A name in an error is cut like any text of a peer's.
fn clip(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", &name[..cut]).into(),
        None => name.into(),
    }
}
