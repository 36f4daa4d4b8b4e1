//! The plain lane: bytes at the reader's place compared with what may stand there.
//!
//! It takes what is as nearly every peer writes it, and refuses nothing: where bytes differ it gives `None` or `false`, has changed
//! nothing, and the general lane ([`gather`](super::gather)) looks at the same place.

use memchr::{memchr, memchr2, memmem};

use super::document::Facts;
use super::general::leading_space;
use super::reader::Reader;
use super::scalar;
use super::tag::Type;
use super::text::is_space;
use super::work::look;
use crate::reading::Policy;
use crate::token::Token;

/// What a value holds, as far as it is read at once: all of a scalar, the start tags of a container.
pub(super) enum Content<'r> {
    Text(&'r str),
    /// Any other scalar.
    Token(Token<'static>),
    Array,
    Struct,
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
            _ => self.behind_space(),
        }
    }

    fn behind_space(self) -> Self {
        Self(&self.0[leading_space(self.0.as_bytes())..])
    }

    /// The text up to the next tag, if it needs no second look.
    #[inline(always)]
    fn text(self, document: &Facts) -> Option<(&'r str, Self)> {
        let (text, rest) = self.0.split_at_checked(text_length(self.0.as_bytes())?)?;
        let needs_a_look = document.has_cr && memchr(b'\r', text.as_bytes()).is_some()
            || document.has_cdata_end && memmem::find(text.as_bytes(), b"]]>").is_some();
        (!needs_a_look).then_some((text, Self(rest)))
    }

    /// An integer of at most 18 digits, without any of the spaces, signs and zeros that a second look allows.
    #[inline(always)]
    fn integer(self, reader: &Reader<'_, '_>) -> Option<(i64, Self)> {
        const DIGITS: usize = 18;
        let bytes = self.0.as_bytes();
        let negative = bytes.first() == Some(&b'-');
        let start = usize::from(negative);
        let mut place = start;
        let mut number = 0_i64;
        while let Some(digit) = bytes.get(place).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            number = number.wrapping_mul(10).wrapping_add(digit.into());
            place += 1;
        }
        look(place);
        if place == start || place - start > DIGITS || place > reader.limits.string_bytes {
            return None;
        }
        Some((
            if negative { -number } else { number },
            Self(self.0.get(place..)?),
        ))
    }

    /// The content and both end tags of a value.
    #[inline(always)]
    fn value(self, reader: &Reader<'r, '_>) -> Option<(Content<'r>, Self)> {
        let inner = self.space();
        let head = inner.0.as_bytes();
        let (b'<', second, third) = (*head.first()?, *head.get(1)?, *head.get(2)?) else {
            return self.untyped(reader);
        };
        let reading = &reader.reading;
        match (second, third) {
            (b's', _) => match inner.tag("<string>") {
                Some(text) => {
                    let (text, rest) = text.scalar(reader, "</string>")?;
                    Some((Content::Text(text), rest))
                }
                None => Some((Content::Struct, inner.tag("<struct>")?)),
            },
            (b'i', b'n') => inner.tag("<int>")?.int(reader, "</int>"),
            (b'i', b'4') => inner.tag("<i4>")?.int(reader, "</i4>"),
            (b'b', b'o') => inner.tag("<boolean>")?.boolean(reader),
            (b'd', b'o') => inner.tag("<double>")?.parsed(Type::Double, reader, "</double>"),
            (b'i', b'8') if reading.wide_integers == Policy::Accept => {
                let (number, rest) = inner.tag("<i8>")?.integer(reader)?;
                Some((Content::Token(Token::I8(number)), rest.closed("</i8>")?))
            }
            (b'd', b'a') => {
                let text = inner.tag("<dateTime.iso8601>")?;
                text.parsed(Type::DateTime, reader, "</dateTime.iso8601>")
            }
            (b'b', b'a') => inner.tag("<base64>")?.parsed(Type::Base64, reader, "</base64>"),
            (b'a', _) => Some((Content::Array, inner.tag("<array>")?.space().tag("<data>")?)),
            (b'n', _) if reading.nil == Policy::Accept => {
                let rest = inner.tag("<nil/>")?.space().tag("</value>")?;
                Some((Content::Token(Token::Nil), rest))
            }
            (b'/', _) => self.untyped(reader),
            _ => None,
        }
    }

    /// Text without a type.
    fn untyped(self, reader: &Reader<'_, '_>) -> Option<(Content<'r>, Self)> {
        let (text, rest) = self.text(&reader.document)?;
        let rest = rest.tag("</value>")?;
        (text.len() <= reader.limits.string_bytes).then_some((Content::Text(text), rest))
    }

    #[inline(always)]
    fn int(self, reader: &Reader<'_, '_>, close: &'static str) -> Option<(Content<'r>, Self)> {
        let (number, rest) = self.integer(reader)?;
        let number = i32::try_from(number).ok()?;
        Some((Content::Token(Token::Int(number)), rest.closed(close)?))
    }

    #[inline(always)]
    fn boolean(self, reader: &Reader<'_, '_>) -> Option<(Content<'r>, Self)> {
        let (truth, rest) = match self.tag("1") {
            _ if reader.limits.string_bytes == 0 => return None,
            Some(rest) => (true, rest),
            None => (false, self.tag("0")?),
        };
        Some((Content::Token(Token::Boolean(truth)), rest.closed("</boolean>")?))
    }

    /// A scalar whose text is looked at as a whole.
    #[inline(always)]
    fn parsed(self, kind: Type, reader: &Reader<'_, '_>, close: &'static str) -> Option<(Content<'r>, Self)> {
        let (text, rest) = self.scalar(reader, close)?;
        let token = scalar::parse(kind, text, &reader.reading).ok()?;
        Some((Content::Token(token), rest))
    }

    /// The text of a scalar, whose start tag is behind, and both end tags.
    #[inline(always)]
    fn scalar(self, reader: &Reader<'_, '_>, close: &'static str) -> Option<(&'r str, Self)> {
        let (text, rest) = self.text(&reader.document)?;
        if text.len() > reader.limits.string_bytes {
            return None;
        }
        Some((text, rest.closed(close)?))
    }

    /// Behind the end tag of a type and the one of its value.
    #[inline(always)]
    fn closed(self, close: &'static str) -> Option<Self> {
        self.tag(close)?.space().tag("</value>")
    }
}

impl<'r> Reader<'r, '_> {
    /// The document from the reader's place on; `None` where all markup is for the general lane.
    #[inline(always)]
    fn ahead(&self) -> Option<Ahead<'r>> {
        if !self.is_plain() {
            return None;
        }
        self.text.get(self.pos..).map(Ahead)
    }

    #[inline(always)]
    fn place_of(&self, ahead: Ahead<'_>) -> usize {
        self.text.len() - ahead.0.len()
    }

    /// A whole `<value>`, or the start of a container in one: the place of its tag, the content, and the place behind.
    #[inline(always)]
    pub(super) fn plain_value(&self) -> Option<(usize, Content<'r>, usize)> {
        let start = self.ahead()?.space();
        let (content, rest) = start.tag("<value>")?.value(self)?;
        Some((self.place_of(start), content, self.place_of(rest)))
    }

    /// Whether a value stands here.
    #[inline(always)]
    pub(super) fn has_plain_value(&self) -> bool {
        self.ahead()
            .is_some_and(|ahead| ahead.space().tag("<value>").is_some())
    }

    /// A member up to the end of its name, from the end of the member before it on, if it has still to be ended: the place of
    /// `<name>`, the name, and the place behind `</name>`.
    #[inline(always)]
    pub(super) fn plain_member(&self, ends_member: bool) -> Option<(usize, &'r str, usize)> {
        let mut ahead = self.ahead()?.space();
        if ends_member {
            ahead = ahead.tag("</member>")?.space();
        }
        let name = ahead.tag("<member>")?.space();
        let (text, rest) = name.tag("<name>")?.text(&self.document)?;
        let rest = rest.tag("</name>")?;
        Some((self.place_of(name), text, self.place_of(rest)))
    }

    /// Text that needs no second look, up to an end tag; the place is behind the tag then.
    pub(super) fn plain_text(&mut self, close: &'static str) -> Option<&'r str> {
        let (text, rest) = self.ahead()?.text(&self.document)?;
        self.pos = self.place_of(rest.tag(close)?);
        Some(text)
    }

    /// Goes over a tag if the document has it here, to the letter.
    #[inline(always)]
    pub(super) fn eat(&mut self, literal: &'static str) -> bool {
        let behind = self.ahead().and_then(|ahead| ahead.tag(literal));
        if let Some(rest) = behind {
            self.pos = self.place_of(rest);
        }
        behind.is_some()
    }

    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.plain && !self.general.is_scoped()
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    /// Goes over white space.
    #[inline(always)]
    pub(super) fn skip_space(&mut self) {
        if self.byte().is_some_and(is_space) {
            self.pos += leading_space(&self.text.as_bytes()[self.pos..]);
        }
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

const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The top bit of each byte that is zero. Bits above the lowest such one may be wrong; the lowest is right.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}
