//! Looking ahead: what stands at a place, compared with what nearly every peer writes.
//!
//! In: the document from a place on, an [`Ahead`]. Out: what was found with the document behind it, or `None`. Nothing here changes
//! anything, and nothing is refused. [`plain`](super::plain) is what the reader makes of it.

use memchr::{memchr, memchr2, memmem};

use super::document::Facts;
use super::general::leading_space;
use super::reader::Reader;
use super::scalar;
use super::tag::Type;
use super::word::{leading_digits, repeated, zero_bytes};
use super::work::look;
use crate::token::Token;

/// The tags of a scalar type, without and with those of the value around it.
#[derive(Clone, Copy)]
pub(super) struct Tags {
    pub(super) open: &'static str,
    close: &'static str,
    pub(super) value_open: &'static str,
    value_close: &'static str,
}

macro_rules! tags {
    ($($name:ident $tag:literal;)*) => {$(
        pub(super) const $name: Tags = Tags {
            open: concat!("<", $tag, ">"),
            close: concat!("</", $tag, ">"),
            value_open: concat!("<value><", $tag, ">"),
            value_close: concat!("</", $tag, "></value>"),
        };
    )*};
}

tags! {
    INT "int";
    I4 "i4";
    I8 "i8";
    BOOLEAN "boolean";
    DOUBLE "double";
    STRING "string";
    DATE_TIME "dateTime.iso8601";
    BASE64 "base64";
}

/// What tags begin with, as one number.
pub(super) mod head {
    pub(in crate::xml) const INT: u32 = u32::from_le_bytes(*b"<int");
    pub(in crate::xml) const I4: u32 = u32::from_le_bytes(*b"<i4>");
    pub(in crate::xml) const I8: u32 = u32::from_le_bytes(*b"<i8>");
    pub(in crate::xml) const BOOLEAN: u32 = u32::from_le_bytes(*b"<boo");
    pub(in crate::xml) const DOUBLE: u32 = u32::from_le_bytes(*b"<dou");
    /// Strings and structs begin alike.
    pub(in crate::xml) const STR: u32 = u32::from_le_bytes(*b"<str");
    pub(in crate::xml) const ARRAY: u32 = u32::from_le_bytes(*b"<arr");
    pub(in crate::xml) const DATE_TIME: u32 = u32::from_le_bytes(*b"<dat");
    pub(in crate::xml) const BASE64: u32 = u32::from_le_bytes(*b"<bas");
    pub(in crate::xml) const NIL: u32 = u32::from_le_bytes(*b"<nil");
}

/// A document from a place on.
///
/// Each step gives what is behind it, or `None`. Looking ahead is all there is to it: the reader goes on when every step was right.
#[derive(Clone, Copy)]
pub(super) struct Ahead<'r>(pub(super) &'r str);

impl<'r> Ahead<'r> {
    /// Behind a tag that stands here to the letter.
    ///
    /// Inlined always, like all of these, since comparing with a literal of known length is a few instructions, and calling for it
    /// many.
    #[inline(always)]
    pub(super) fn tag(self, literal: &'static str) -> Option<Self> {
        look(literal.len());
        self.0.strip_prefix(literal).map(Self)
    }

    /// Behind white space, if there is any.
    #[inline(always)]
    pub(super) fn space(self) -> Self {
        match self.0.as_bytes() {
            [b'<', ..] => self,
            // As Python ends its lines.
            [b'\n', b'<', ..] => Self(&self.0[1..]),
            _ => self.behind_space(),
        }
    }

    #[cold]
    fn behind_space(self) -> Self {
        Self(&self.0[leading_space(self.0.as_bytes())..])
    }

    /// The text up to the next tag, if it needs no second look.
    #[inline(always)]
    pub(super) fn text(self, document: &Facts) -> Option<(&'r str, Self)> {
        let (text, rest) = self.0.split_at_checked(text_length(self.0.as_bytes())?)?;
        let needs_a_look = document.has_cr && memchr(b'\r', text.as_bytes()).is_some()
            || document.has_cdata_end && memmem::find(text.as_bytes(), b"]]>").is_some();
        (!needs_a_look).then_some((text, Self(rest)))
    }

    /// The text of a scalar, whose start tag is behind, and its end tags.
    #[inline(always)]
    fn scalar(self, reader: &Reader<'_, '_>, tags: Tags) -> Option<(&'r str, Self)> {
        let (text, rest) = self.text(&reader.document)?;
        (text.len() <= reader.limits.string_bytes).then_some((text, rest.closed(tags)?))
    }

    #[inline(always)]
    pub(super) fn string(self, reader: &Reader<'_, '_>, open: &'static str) -> Option<(&'r str, Self)> {
        self.tag(open)?.scalar(reader, STRING)
    }

    /// An integer of at most 18 digits, without any of the spaces, signs and zeros that a second look allows.
    #[inline(always)]
    pub(super) fn integer(
        self,
        reader: &Reader<'_, '_>,
        open: &'static str,
        tags: Tags,
    ) -> Option<(i64, Self)> {
        const DIGITS: usize = 18;
        let text = self.tag(open)?.0;
        let bytes = text.as_bytes();
        let negative = bytes.first() == Some(&b'-');
        let start = usize::from(negative);
        let (count, number) = leading_digits(u64::from_le_bytes(*bytes.get(start..)?.first_chunk()?));
        let mut place = start + count as usize;
        let mut number = number.cast_signed();
        while let Some(digit) = bytes.get(place).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            number = number.wrapping_mul(10).wrapping_add(digit.into());
            place += 1;
        }
        look(place);
        if place == start || place - start > DIGITS || place > reader.limits.string_bytes {
            return None;
        }
        let rest = Self(text.get(place..)?).closed(tags)?;
        Some((if negative { -number } else { number }, rest))
    }

    #[inline(always)]
    pub(super) fn boolean(self, reader: &Reader<'_, '_>, open: &'static str) -> Option<(bool, Self)> {
        let text = self.tag(open)?;
        let (truth, rest) = match text.tag("1") {
            _ if reader.limits.string_bytes == 0 => return None,
            Some(rest) => (true, rest),
            None => (false, text.tag("0")?),
        };
        Some((truth, rest.closed(BOOLEAN)?))
    }

    #[inline(always)]
    pub(super) fn double(self, reader: &Reader<'_, '_>, open: &'static str) -> Option<(f64, Self)> {
        let (text, rest) = self.tag(open)?.scalar(reader, DOUBLE)?;
        Some((scalar::double(text, &reader.reading).ok()?, rest))
    }

    /// A scalar of another type.
    pub(super) fn parsed(
        self,
        reader: &Reader<'_, '_>,
        kind: Type,
        tags: Tags,
    ) -> Option<(Token<'static>, Self)> {
        let (text, rest) = self.tag(tags.open)?.scalar(reader, tags)?;
        Some((scalar::parse(kind, text, &reader.reading).ok()?, rest))
    }

    #[inline(always)]
    pub(super) fn array(self) -> Option<Self> {
        self.tag("<array>")?.space().tag("<data>")
    }

    /// Text without a type, and the end tag of its value.
    #[inline(always)]
    pub(super) fn untyped(self, reader: &Reader<'_, '_>) -> Option<(&'r str, Self)> {
        let (text, rest) = self.text(&reader.document)?;
        (text.len() <= reader.limits.string_bytes).then_some((text, rest.tag("</value>")?))
    }

    /// The first four bytes as one number, or zero.
    #[inline(always)]
    pub(super) fn head(self) -> u32 {
        self.0
            .as_bytes()
            .first_chunk()
            .map_or(0, |head| u32::from_le_bytes(*head))
    }

    /// Behind the end tag of a type and the one of its value.
    #[inline(always)]
    fn closed(self, tags: Tags) -> Option<Self> {
        match self.tag(tags.value_close) {
            Some(rest) => Some(rest),
            None => self.tag(tags.close)?.space().tag("</value>"),
        }
    }

    /// Behind the start tag of a member's name, from the end of the member before it on.
    #[inline(always)]
    pub(super) fn name(self, ends_member: bool) -> Option<Self> {
        let mut ahead = self.space();
        if ends_member {
            ahead = ahead.tag("</member>")?.space();
        }
        ahead.tag("<member>")?.space().tag("<name>")
    }

    /// The end tag of an array's data, and what is behind the array's value.
    #[inline(always)]
    pub(super) fn array_end(self) -> Option<(Self, Self)> {
        let end = self.space();
        let rest = match end.tag("</data></array></value>") {
            Some(rest) => rest,
            None => end
                .tag("</data>")?
                .space()
                .tag("</array>")?
                .space()
                .tag("</value>")?,
        };
        Some((end, rest))
    }

    /// The end tag of a struct, and what is behind the struct's value, from the end of the last member on.
    #[inline(always)]
    pub(super) fn struct_end(self, ends_member: bool) -> Option<(Self, Self)> {
        let mut end = self.space();
        if ends_member {
            end = end.tag("</member>")?.space();
        }
        let rest = match end.tag("</struct></value>") {
            Some(rest) => rest,
            None => end.tag("</struct>")?.space().tag("</value>")?,
        };
        Some((end, rest))
    }

    /// From the end of a parameter's value behind the start tag of the next one, or behind the call's end tag and `false`.
    #[inline(always)]
    pub(super) fn turn(self) -> Option<(bool, Self)> {
        if let Some(rest) = self.tag("</param><param>") {
            return Some((true, rest));
        }
        let behind = self.space().tag("</param>")?.space();
        match behind.tag("<param>") {
            Some(rest) => Some((true, rest)),
            None => Some((false, behind.tag("</params>")?.space().tag("</methodCall>")?)),
        }
    }

    #[inline(always)]
    pub(super) fn nil(self) -> Option<Self> {
        self.tag("<nil/>")?.space().tag("</value>")
    }
}

/// How many bytes stand before the first `<` or `&`; `None` where neither follows.
///
/// Most texts are a few bytes long, and a call of `memchr` costs more than they do: the first words are compared right here.
#[inline(always)]
fn text_length(bytes: &[u8]) -> Option<usize> {
    const WORDS: usize = 4;
    let mut rest = bytes;
    for _ in 0..WORDS {
        let Some((word, behind)) = rest.split_first_chunk::<8>() else {
            break;
        };
        let word = u64::from_le_bytes(*word);
        let marks = zero_bytes(word ^ repeated(b'<')) | zero_bytes(word ^ repeated(b'&'));
        if marks != 0 {
            let length = bytes.len() - rest.len() + marks.trailing_zeros() as usize / 8;
            look(length);
            return Some(length);
        }
        rest = behind;
    }
    let found = memchr2(b'<', b'&', rest).map(|place| bytes.len() - rest.len() + place);
    look(found.unwrap_or(bytes.len()));
    found
}
