//! The plain lane: bytes at the reader's place compared with the tag that may stand there.
//!
//! It takes what is as nearly every peer writes it, and refuses nothing: where bytes differ it gives `None` or `false`, and the general
//! lane ([`gather`](super::gather)) looks at the same place.

use memchr::{memchr, memchr2, memmem};

use super::general::leading_space;
use super::reader::Reader;
use super::tag::{PlainScalar, Type};
use super::text::is_space;
use super::work::look;
use crate::reading::Policy;

/// A value's content, as far as it is read at once.
pub(super) enum Plain<'r> {
    Scalar(Type, &'r str),
    Array,
    Struct,
}

impl<'r> Reader<'r> {
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
        if let Some(scalar) = PlainScalar::guess(self.rest())
            && !(scalar.kind == Type::I8 && self.reading.wide_integers == Policy::Refuse)
            && self.eat(scalar.open)
        {
            let text = self.plain_text(scalar.close)?;
            self.skip_space();
            return self.eat("</value>").then_some(Plain::Scalar(scalar.kind, text));
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

    /// Text that needs no second look, up to an end tag; the place is behind the tag then.
    pub(super) fn plain_text(&mut self, close: &str) -> Option<&'r str> {
        if !self.is_plain() {
            return None;
        }
        let rest = self.rest();
        let found = memchr2(b'<', b'&', rest);
        look(found.unwrap_or(rest.len()));
        let length = found?;
        if !rest[length..].starts_with(close.as_bytes()) {
            return None;
        }
        let text = &rest[..length];
        let needs_a_look = self.document.has_cr && memchr(b'\r', text).is_some()
            || self.document.has_cdata_end && memmem::find(text, b"]]>").is_some();
        if needs_a_look {
            return None;
        }
        let text = self.text.get(self.pos..self.pos + length)?;
        self.pos += length + close.len();
        Some(text)
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
