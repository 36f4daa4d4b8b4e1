//! The plain lane: bytes at the reader's place compared with the tag that may stand there.
//!
//! It takes what is as nearly every peer writes it, and refuses nothing: where bytes differ it gives `None` or `false`, and the general
//! lane ([`gather`](super::gather)) looks at the same place.

use memchr::{memchr, memchr2, memmem};

use super::general::leading_space;
use super::reader::Reader;
use super::tag::Type;
use super::text::is_space;
use super::work::look;
use crate::reading::Policy;

/// A value's content, as far as it is read at once.
pub(super) enum Plain<'r> {
    Scalar(Type, &'r str),
    Array,
    Struct,
}

impl<'r> Reader<'r, '_> {
    /// A value's content in the plain lane; `None`, with the place anywhere, where it is for the general one.
    pub(super) fn plain_content(&mut self) -> Option<Plain<'r>> {
        if !self.is_plain() {
            return None;
        }
        let start = self.pos;
        self.skip_space();
        if self.byte() != Some(b'<') || self.starts_with("</") {
            self.pos = start;
            return self
                .plain_text("</value>")
                .map(|text| Plain::Scalar(Type::String, text));
        }
        match (self.byte_at(1), self.byte_at(2)) {
            (b's', _) if self.eat("<string>") => return self.plain_scalar(Type::String, "</string>"),
            (b'i', b'n') if self.eat("<int>") => return self.plain_scalar(Type::Int, "</int>"),
            (b'i', b'4') if self.eat("<i4>") => return self.plain_scalar(Type::Int, "</i4>"),
            (b'b', b'o') if self.eat("<boolean>") => return self.plain_scalar(Type::Boolean, "</boolean>"),
            (b'd', b'o') if self.eat("<double>") => return self.plain_scalar(Type::Double, "</double>"),
            (b'i', b'8') if self.reading.wide_integers == Policy::Accept && self.eat("<i8>") => {
                return self.plain_scalar(Type::I8, "</i8>");
            }
            (b'd', b'a') if self.eat("<dateTime.iso8601>") => {
                return self.plain_scalar(Type::DateTime, "</dateTime.iso8601>");
            }
            (b'b', b'a') if self.eat("<base64>") => return self.plain_scalar(Type::Base64, "</base64>"),
            _ => {}
        }
        if self.eat("<struct>") {
            return Some(Plain::Struct);
        }
        if self.eat("<array>") {
            self.skip_space();
            return self.eat("<data>").then_some(Plain::Array);
        }
        if self.reading.nil == Policy::Accept && self.eat("<nil/>") {
            self.skip_space();
            return self.eat("</value>").then_some(Plain::Scalar(Type::Nil, ""));
        }
        None
    }

    /// The text of a scalar, whose start tag is behind, and both end tags.
    #[inline(always)]
    fn plain_scalar(&mut self, kind: Type, close: &'static str) -> Option<Plain<'r>> {
        let text = self.plain_text(close)?;
        self.skip_space();
        self.eat("</value>").then_some(Plain::Scalar(kind, text))
    }

    /// Text that needs no second look, up to an end tag; the place is behind the tag then.
    #[inline(always)]
    pub(super) fn plain_text(&mut self, close: &'static str) -> Option<&'r str> {
        if !self.is_plain() {
            return None;
        }
        let start = self.pos;
        let length = self.plain_length()?;
        if !self.rest()[length..].starts_with(close.as_bytes()) {
            return None;
        }
        self.pos += length + close.len();
        self.text.get(start..start + length)
    }

    /// How long the text is up to the next tag, if it needs no second look.
    fn plain_length(&self) -> Option<usize> {
        let rest = self.rest();
        let found = memchr2(b'<', b'&', rest);
        look(found.unwrap_or(rest.len()));
        let text = &rest[..found?];
        let needs_a_look = self.document.has_cr && memchr(b'\r', text).is_some()
            || self.document.has_cdata_end && memmem::find(text, b"]]>").is_some();
        (!needs_a_look).then_some(text.len())
    }

    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.plain && !self.general.is_scoped()
    }

    /// Goes over a tag if the document has it here, to the letter.
    ///
    /// Inlined always, since comparing with a literal of known length is a few instructions, and calling for it many.
    #[inline(always)]
    pub(super) fn eat(&mut self, literal: &str) -> bool {
        let there = self.is_plain() && self.starts_with(literal);
        if there {
            self.pos += literal.len();
        }
        there
    }

    #[inline(always)]
    fn starts_with(&self, literal: &str) -> bool {
        look(literal.len());
        self.rest().starts_with(literal.as_bytes())
    }

    fn rest(&self) -> &'r [u8] {
        &self.text.as_bytes()[self.pos..]
    }

    fn byte_at(&self, place: usize) -> u8 {
        self.rest().get(place).copied().unwrap_or(0)
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    /// Goes over white space.
    pub(super) fn skip_space(&mut self) {
        if self.byte().is_some_and(is_space) {
            self.pos += leading_space(self.rest());
        }
    }
}
