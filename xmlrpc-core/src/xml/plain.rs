//! The plain lane: bytes at the reader's place compared with what may stand there.
//!
//! It takes what is as nearly every peer writes it, and refuses nothing: where bytes differ it gives `None` or `false`, has changed
//! nothing, and the general lane ([`gather`](super::gather)) looks at the same place.

use memchr::{memchr, memchr2, memmem};

use super::document::Facts;
use super::general::leading_space;
use super::reader::{Container, Reader, State};
use super::scalar;
use super::tag::Type;
use super::word::{repeated, zero_bytes};
use super::work::look;
use crate::error::Result;
use crate::reading::{Duplicates, Policy};
use crate::token::Token;

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

    /// The text of a scalar, between its tags and before the end tag of its value.
    #[inline(always)]
    fn scalar(
        self,
        reader: &Reader<'_, '_>,
        open: &'static str,
        close: &'static str,
    ) -> Option<(&'r str, Self)> {
        let (text, rest) = self.tag(open)?.text(&reader.document)?;
        (text.len() <= reader.limits.string_bytes).then_some((text, rest.closed(close)?))
    }

    #[inline(always)]
    fn string(self, reader: &Reader<'_, '_>) -> Option<(&'r str, Self)> {
        self.scalar(reader, "<string>", "</string>")
    }

    /// An integer of at most 18 digits, without any of the spaces, signs and zeros that a second look allows.
    #[inline(always)]
    fn integer(
        self,
        reader: &Reader<'_, '_>,
        open: &'static str,
        close: &'static str,
    ) -> Option<(i64, Self)> {
        const DIGITS: usize = 18;
        let text = self.tag(open)?.0;
        let bytes = text.as_bytes();
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
        let rest = Self(text.get(place..)?).closed(close)?;
        Some((if negative { -number } else { number }, rest))
    }

    #[inline(always)]
    fn boolean(self, reader: &Reader<'_, '_>) -> Option<(bool, Self)> {
        let text = self.tag("<boolean>")?;
        let (truth, rest) = match text.tag("1") {
            _ if reader.limits.string_bytes == 0 => return None,
            Some(rest) => (true, rest),
            None => (false, text.tag("0")?),
        };
        Some((truth, rest.closed("</boolean>")?))
    }

    #[inline(always)]
    fn double(self, reader: &Reader<'_, '_>) -> Option<(f64, Self)> {
        let (text, rest) = self.scalar(reader, "<double>", "</double>")?;
        Some((scalar::double(text, &reader.reading).ok()?, rest))
    }

    /// A scalar of another type.
    fn parsed(
        self,
        reader: &Reader<'_, '_>,
        kind: Type,
        open: &'static str,
        close: &'static str,
    ) -> Option<(Token<'static>, Self)> {
        let (text, rest) = self.scalar(reader, open, close)?;
        Some((scalar::parse(kind, text, &reader.reading).ok()?, rest))
    }

    #[inline(always)]
    fn array(self) -> Option<Self> {
        self.tag("<array>")?.space().tag("<data>")
    }

    /// Text without a type, and the end tag of its value.
    #[inline(always)]
    fn untyped(self, reader: &Reader<'_, '_>) -> Option<(&'r str, Self)> {
        let (text, rest) = self.text(&reader.document)?;
        (text.len() <= reader.limits.string_bytes).then_some((text, rest.tag("</value>")?))
    }

    /// The first three bytes, or zeros.
    #[inline(always)]
    fn head(self) -> [u8; 3] {
        self.0.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Behind the last tag of a type and the end tag of its value.
    #[inline(always)]
    fn closed(self, close: &'static str) -> Option<Self> {
        self.tag(close)?.space().tag("</value>")
    }
}

impl<'r, 'de> Reader<'r, 'de> {
    /// The value that comes next: all of a scalar, the start tags of a container.
    ///
    /// Each token is made where it is returned: handing one from step to step costs more than the look at its text.
    #[inline(always)]
    pub(super) fn plain_value(&mut self) -> Result<Token<'de>> {
        let Some((start, content)) = self.value_ahead() else {
            return self.general_next();
        };
        let inner = content.space();
        match inner.head() {
            [b'<', b's', _] => match inner.tag("<struct>") {
                Some(rest) => self.plain_container(Container::Struct, start, rest),
                None => {
                    let text = inner.string(self);
                    self.plain_string(start, text)
                }
            },
            [b'<', b'i', b'n'] => {
                let number = inner.integer(self, "<int>", "</int>");
                self.plain_int(start, number)
            }
            [b'<', b'i', b'4'] => {
                let number = inner.integer(self, "<i4>", "</i4>");
                self.plain_int(start, number)
            }
            [b'<', b'b', b'o'] => match inner.boolean(self) {
                Some((truth, rest)) => {
                    self.plain_scalar(start, rest);
                    Ok(Token::Boolean(truth))
                }
                None => self.general_next(),
            },
            [b'<', b'd', b'o'] => match inner.double(self) {
                Some((number, rest)) => {
                    self.plain_scalar(start, rest);
                    Ok(Token::Double(number))
                }
                None => self.general_next(),
            },
            [b'<', b'a', _] => match inner.array() {
                Some(rest) => self.plain_container(Container::Array, start, rest),
                None => self.general_next(),
            },
            [b'<', second, _] if second != b'/' => self.plain_rarity(start, inner),
            _ => self.plain_string(start, content.untyped(self)),
        }
    }

    /// A value of one of the other types.
    fn plain_rarity(&mut self, start: Ahead<'r>, inner: Ahead<'r>) -> Result<Token<'de>> {
        let found = match inner.head() {
            [b'<', b'i', _] if self.reading.wide_integers == Policy::Accept => {
                let number = inner.integer(self, "<i8>", "</i8>");
                number.map(|(number, rest)| (Token::I8(number), rest))
            }
            [b'<', b'n', _] if self.reading.nil == Policy::Accept => {
                inner.closed("<nil/>").map(|rest| (Token::Nil, rest))
            }
            [b'<', b'd', _] => {
                inner.parsed(self, Type::DateTime, "<dateTime.iso8601>", "</dateTime.iso8601>")
            }
            [b'<', b'b', _] => inner.parsed(self, Type::Base64, "<base64>", "</base64>"),
            _ => None,
        };
        match found {
            Some((token, rest)) => {
                self.plain_scalar(start, rest);
                Ok(token)
            }
            None => self.general_next(),
        }
    }

    #[inline(always)]
    fn plain_int(&mut self, start: Ahead<'r>, number: Option<(i64, Ahead<'r>)>) -> Result<Token<'de>> {
        let number = number.and_then(|(number, rest)| Some((i32::try_from(number).ok()?, rest)));
        match number {
            Some((number, rest)) => {
                self.plain_scalar(start, rest);
                Ok(Token::Int(number))
            }
            None => self.general_next(),
        }
    }

    #[inline(always)]
    fn plain_string(&mut self, start: Ahead<'r>, text: Option<(&'r str, Ahead<'r>)>) -> Result<Token<'de>> {
        match text {
            Some((text, rest)) => {
                self.plain_scalar(start, rest);
                Ok(Token::String(self.lent(text)))
            }
            None => self.general_next(),
        }
    }

    /// Goes behind a scalar, which is a whole value.
    #[inline(always)]
    fn plain_scalar(&mut self, start: Ahead<'r>, rest: Ahead<'r>) {
        (self.token_start, self.pos) = (self.place_of(start), self.place_of(rest));
        self.value_met();
        self.value_done();
    }

    /// Goes behind the start of a container.
    #[inline(always)]
    fn plain_container(&mut self, kind: Container, start: Ahead<'r>, rest: Ahead<'r>) -> Result<Token<'de>> {
        (self.token_start, self.pos) = (self.place_of(start), self.place_of(rest));
        self.value_met();
        self.open(kind, false)
    }

    /// The name of the member that comes next, from the end of the member before it on, if that has still to be ended.
    #[inline(always)]
    pub(super) fn plain_name(&mut self, ends_member: bool) -> Result<Token<'de>> {
        if let Some((start, name, rest)) = self.member_ahead(ends_member)
            && let Some(frame) = self.frames.last_mut()
            && frame.count < self.limits.members
            && !frame.name_to_come
            && name.len() <= self.limits.name_bytes
            && self.reading.duplicates != Duplicates::Refuse
        {
            let end = self.text.len() - rest.0.len() - "</name>".len();
            frame.count += 1;
            frame.name = (end - name.len(), end);
            (self.token_start, self.pos) = (self.place_of(start), self.place_of(rest));
            self.state = State::Value;
            return Ok(Token::Name(self.lent(name)));
        }
        self.general_next()
    }

    /// A value: where its tag stands, and its content; `None` also where it would be one too many.
    #[inline(always)]
    fn value_ahead(&self) -> Option<(Ahead<'r>, Ahead<'r>)> {
        let start = self.ahead()?.space();
        let content = start.tag("<value>")?;
        (self.values < self.limits.values).then_some((start, content))
    }

    /// A member up to the end of its name: where `<name>` stands, the name, and what is behind `</name>`.
    #[inline(always)]
    fn member_ahead(&self, ends_member: bool) -> Option<(Ahead<'r>, &'r str, Ahead<'r>)> {
        let mut ahead = self.ahead()?.space();
        if ends_member {
            ahead = ahead.tag("</member>")?.space();
        }
        let start = ahead.tag("<member>")?.space();
        let (name, rest) = start.tag("<name>")?.text(&self.document)?;
        Some((start, name, rest.tag("</name>")?))
    }

    /// Whether the next token certainly begins an element of an array; `false` says nothing.
    #[inline]
    pub(crate) fn has_element(&self) -> bool {
        self.state == State::Element && self.value_ahead().is_some()
    }

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
        if let Some(rest) = self.text.get(self.pos..) {
            self.pos = self.place_of(Ahead(rest).space());
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
