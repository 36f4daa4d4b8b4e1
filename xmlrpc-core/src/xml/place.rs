//! What the reader says when it refuses: the words, the offset and the path.

use std::borrow::Cow;

use super::document::End;
use super::gather::Piece;
use super::reader::{Base, Container, Reader};
use super::tag::Tag;
use super::work::look;
use crate::error::{Category, Error, Position};
use crate::path::Path;

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
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        look(before.len());
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |place| place + 1);
        let mark = if self.document.original {
            self.document.mark
        } else {
            0
        };
        Position {
            offset: mark + before.len(),
            line: 1 + memchr::memchr_iter(b'\n', before).count(),
            column: 1 + before[line_start..].iter().filter(|&&b| b & 0xC0 != 0x80).count(),
            decoded: !self.document.original,
        }
    }

    fn path(&self) -> String {
        let mut path = Path::inside(match self.base {
            Base::Nothing => String::new(),
            Base::Param(index) => format!("params[{index}]"),
            Base::Fault => "fault".to_owned(),
        });
        for frame in &self.frames {
            match frame.kind {
                Container::Array => path.index(frame.count),
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

/// A name in an error is cut like any text of a peer's.
fn clip(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", &name[..cut]).into(),
        None => name.into(),
    }
}
