//! The general lane, as the reader asks for it: text in whatever pieces up to the next tag.

use std::borrow::Cow;

use memchr::memchr2;

use super::general::{Element, Markup};
use super::reader::Reader;
use super::tag::Tag;
use super::text::{Gathered, reference, trimmed, with_line_feeds};
use super::work::look;
use crate::error::{Category, Error, Result, excerpt};

/// A tag, or the end of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'r> {
    Open(Element<'r>),
    Empty(Element<'r>),
    Close(Element<'r>),
    End,
}

impl<'r> Reader<'r, '_> {
    /// Reads an end tag, with nothing but white space, comments and instructions before it.
    #[inline(always)]
    pub(super) fn close(&mut self, tag: Tag, literal: &'static str) -> Result<()> {
        if self.eat(literal) {
            Ok(())
        } else {
            self.general_close(tag, literal)
        }
    }

    fn general_close(&mut self, tag: Tag, literal: &'static str) -> Result<()> {
        match self.tag(literal)? {
            Piece::Close(element) if element.tag == tag => Ok(()),
            other => Err(self.unexpected(literal, other, Tag::Unknown)),
        }
    }

    /// The text up to the end tag `name`, the start tag of which has just been read.
    ///
    /// Leaves the start of the end tag in `token_start`.
    pub(super) fn text_until(&mut self, name: &str) -> Result<Cow<'r, str>> {
        let (text, piece) = self.gather()?;
        match piece {
            Piece::Close(element) if element.name == name => Ok(text),
            other => Err(self.unexpected(&format!("text and </{name}>"), other, Tag::Unknown)),
        }
    }

    /// The next tag, with nothing but white space, comments and instructions before it.
    pub(super) fn tag(&mut self, expected: &str) -> Result<Piece<'r>> {
        let start = self.pos;
        let (text, piece) = self.gather()?;
        if trimmed(&text).is_empty() {
            return Ok(piece);
        }
        let error = Error::mismatch(
            Category::Protocol,
            expected.to_owned(),
            format!("text {}", excerpt(trimmed(&text))),
        );
        Err(self.fail(start, error))
    }

    /// The general lane: text in whatever pieces up to the next tag, or up to the end of the document.
    ///
    /// Leaves the start of the tag in `token_start`.
    pub(super) fn gather(&mut self) -> Result<(Cow<'r, str>, Piece<'r>)> {
        let mut text = Gathered::default();
        loop {
            match self.byte() {
                None => {
                    self.token_start = self.pos;
                    return Ok((text.finish(), Piece::End));
                }
                Some(b'&') => self.references(&mut text)?,
                Some(b'<') => {
                    let start = self.pos;
                    let piece = match self.markup()? {
                        Markup::Nothing => continue,
                        Markup::CData(data) => {
                            text.push(self.with_line_feeds(data));
                            continue;
                        }
                        Markup::Open(element) => Piece::Open(element),
                        Markup::Empty(element) => Piece::Empty(element),
                        Markup::Close(element) => Piece::Close(element),
                    };
                    self.token_start = start;
                    return Ok((text.finish(), piece));
                }
                Some(_) => {
                    let raw = self.raw_text()?;
                    if self.document.has_cr {
                        text.push(with_line_feeds(raw));
                    } else {
                        text.push_borrowed(raw);
                    }
                }
            }
        }
    }

    /// At least one reference, and what can be taken at once of the text behind it.
    fn references(&mut self, text: &mut Gathered<'r>) -> Result<()> {
        if !self.document.has_cr && !self.document.has_cdata_end {
            let taken = text.push_unescaped(&self.text[self.pos..]);
            self.pos += taken;
            if taken > 0 {
                return Ok(());
            }
        }
        let (c, length) = reference(&self.text[self.pos..], &self.reading)
            .map_err(|error| self.cut_short(self.pos, error))?;
        text.push_char(c);
        self.pos += length;
        Ok(())
    }

    pub(super) fn markup(&mut self) -> Result<Markup<'r>> {
        match self.general.markup(self.pos, &self.limits, &self.reading) {
            Ok(Some((markup, end))) => {
                self.pos = end;
                Ok(markup)
            }
            Ok(None) => Err(self.ended("the end of the markup")),
            Err(error) => Err(self.fail(self.pos, error)),
        }
    }

    /// Text up to the next `<` or `&`.
    #[inline]
    fn raw_text(&mut self) -> Result<&'r str> {
        let rest = &self.text[self.pos..];
        let length = memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len());
        look(length);
        let text = &rest[..length];
        if self.document.has_cdata_end
            && let Some(place) = text.find("]]>")
        {
            return Err(self.fail(self.pos + place, Error::syntax("`]]>` in text")));
        }
        self.pos += length;
        Ok(text)
    }

    fn with_line_feeds(&self, text: &'r str) -> Cow<'r, str> {
        if self.document.has_cr {
            with_line_feeds(text)
        } else {
            text.into()
        }
    }

    /// A reference that the end of the document cuts is the end's fault.
    fn cut_short(&self, start: usize, error: Error) -> Error {
        let name = &self.text[start + 1..];
        let cut = name.len() < 12 && name.bytes().all(|b| b == b'#' || b.is_ascii_alphanumeric());
        if cut {
            self.ended("the end of a reference")
        } else {
            self.fail(start, error)
        }
    }
}
