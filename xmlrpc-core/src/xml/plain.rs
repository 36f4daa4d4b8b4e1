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
use super::word::{leading_digits, repeated, zero_bytes};
use super::work::look;
use crate::error::Result;
use crate::reading::{Duplicates, Policy};
use crate::token::Token;

/// The tags of a scalar type, without and with those of the value around it.
#[derive(Clone, Copy)]
struct Tags {
    open: &'static str,
    close: &'static str,
    value_open: &'static str,
    value_close: &'static str,
}

macro_rules! tags {
    ($($name:ident $tag:literal;)*) => {$(
        const $name: Tags = Tags {
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
mod head {
    pub(super) const INT: u32 = u32::from_le_bytes(*b"<int");
    pub(super) const I4: u32 = u32::from_le_bytes(*b"<i4>");
    pub(super) const I8: u32 = u32::from_le_bytes(*b"<i8>");
    pub(super) const BOOLEAN: u32 = u32::from_le_bytes(*b"<boo");
    pub(super) const DOUBLE: u32 = u32::from_le_bytes(*b"<dou");
    /// Strings and structs begin alike.
    pub(super) const STR: u32 = u32::from_le_bytes(*b"<str");
    pub(super) const ARRAY: u32 = u32::from_le_bytes(*b"<arr");
    pub(super) const DATE_TIME: u32 = u32::from_le_bytes(*b"<dat");
    pub(super) const BASE64: u32 = u32::from_le_bytes(*b"<bas");
    pub(super) const NIL: u32 = u32::from_le_bytes(*b"<nil");
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
    fn text(self, document: &Facts) -> Option<(&'r str, Self)> {
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
    fn string(self, reader: &Reader<'_, '_>, open: &'static str) -> Option<(&'r str, Self)> {
        self.tag(open)?.scalar(reader, STRING)
    }

    /// An integer of at most 18 digits, without any of the spaces, signs and zeros that a second look allows.
    #[inline(always)]
    fn integer(self, reader: &Reader<'_, '_>, open: &'static str, tags: Tags) -> Option<(i64, Self)> {
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
    fn boolean(self, reader: &Reader<'_, '_>, open: &'static str) -> Option<(bool, Self)> {
        let text = self.tag(open)?;
        let (truth, rest) = match text.tag("1") {
            _ if reader.limits.string_bytes == 0 => return None,
            Some(rest) => (true, rest),
            None => (false, text.tag("0")?),
        };
        Some((truth, rest.closed(BOOLEAN)?))
    }

    #[inline(always)]
    fn double(self, reader: &Reader<'_, '_>, open: &'static str) -> Option<(f64, Self)> {
        let (text, rest) = self.tag(open)?.scalar(reader, DOUBLE)?;
        Some((scalar::double(text, &reader.reading).ok()?, rest))
    }

    /// A scalar of another type.
    fn parsed(self, reader: &Reader<'_, '_>, kind: Type, tags: Tags) -> Option<(Token<'static>, Self)> {
        let (text, rest) = self.tag(tags.open)?.scalar(reader, tags)?;
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

    /// The first four bytes as one number, or zero.
    #[inline(always)]
    fn head(self) -> u32 {
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
    fn name(self, ends_member: bool) -> Option<Self> {
        let mut ahead = self.space();
        if ends_member {
            ahead = ahead.tag("</member>")?.space();
        }
        ahead.tag("<member>")?.space().tag("<name>")
    }

    #[inline(always)]
    fn nil(self) -> Option<Self> {
        self.tag("<nil/>")?.space().tag("</value>")
    }
}

/// The places of a member's start that lie ahead.
struct Member {
    /// Of `<name>`.
    start: usize,
    name: (usize, usize),
    /// Behind `</name>`.
    end: usize,
}

impl<'r, 'de> Reader<'r, 'de> {
    /// The value that comes next: all of a scalar, the start tags of a container.
    ///
    /// Each token is made where it is returned: handing one from step to step costs more than the look at its text.
    #[inline(always)]
    pub(super) fn plain_value(&mut self) -> Result<Token<'de>> {
        let Some((start, content)) = self.content_ahead() else {
            return self.general_next();
        };
        self.token_start = self.place_of(start);
        let inner = content.space();
        match inner.head() {
            head::STR => match inner.tag("<struct>") {
                Some(rest) => self.plain_container(Container::Struct, rest),
                None => {
                    let text = inner.string(self, STRING.open);
                    self.plain_string(text)
                }
            },
            head::INT => {
                let number = inner.integer(self, INT.open, INT);
                self.plain_int(number)
            }
            head::I4 => {
                let number = inner.integer(self, I4.open, I4);
                self.plain_int(number)
            }
            head::BOOLEAN => match inner.boolean(self, BOOLEAN.open) {
                Some((truth, rest)) => {
                    self.plain_scalar(rest);
                    Ok(Token::Boolean(truth))
                }
                None => self.general_next(),
            },
            head::DOUBLE => match inner.double(self, DOUBLE.open) {
                Some((number, rest)) => {
                    self.plain_scalar(rest);
                    Ok(Token::Double(number))
                }
                None => self.general_next(),
            },
            head::ARRAY => match inner.array() {
                Some(rest) => self.plain_container(Container::Array, rest),
                None => self.general_next(),
            },
            head::I8 | head::NIL | head::DATE_TIME | head::BASE64 => self.plain_rarity(inner),
            _ => self.plain_string(content.untyped(self)),
        }
    }

    /// A value of one of the other types.
    fn plain_rarity(&mut self, inner: Ahead<'r>) -> Result<Token<'de>> {
        let found = match inner.head() {
            head::I8 if self.reading.wide_integers == Policy::Accept => {
                let number = inner.integer(self, I8.open, I8);
                number.map(|(number, rest)| (Token::I8(number), rest))
            }
            head::NIL if self.reading.nil == Policy::Accept => inner.nil().map(|rest| (Token::Nil, rest)),
            head::DATE_TIME => inner.parsed(self, Type::DateTime, DATE_TIME),
            head::BASE64 => inner.parsed(self, Type::Base64, BASE64),
            _ => None,
        };
        match found {
            Some((token, rest)) => {
                self.plain_scalar(rest);
                Ok(token)
            }
            None => self.general_next(),
        }
    }

    #[inline(always)]
    fn plain_int(&mut self, number: Option<(i64, Ahead<'r>)>) -> Result<Token<'de>> {
        let number = number.and_then(|(number, rest)| Some((i32::try_from(number).ok()?, rest)));
        match number {
            Some((number, rest)) => {
                self.plain_scalar(rest);
                Ok(Token::Int(number))
            }
            None => self.general_next(),
        }
    }

    #[inline(always)]
    fn plain_string(&mut self, text: Option<(&'r str, Ahead<'r>)>) -> Result<Token<'de>> {
        match text {
            Some((text, rest)) => {
                self.plain_scalar(rest);
                Ok(Token::String(self.lent(text)))
            }
            None => self.general_next(),
        }
    }

    /// Goes behind a scalar, which is a whole value.
    #[inline(always)]
    fn plain_scalar(&mut self, rest: Ahead<'r>) {
        self.pos = self.place_of(rest);
        self.value_met();
        self.value_done();
    }

    /// Goes behind the start of a container.
    #[inline(always)]
    fn plain_container(&mut self, kind: Container, rest: Ahead<'r>) -> Result<Token<'de>> {
        self.pos = self.place_of(rest);
        self.value_met();
        self.open(kind, false)
    }

    /// The name of the member that comes next, from the end of the member before it on, if that has still to be ended.
    #[inline(always)]
    pub(super) fn plain_name(&mut self, ends_member: bool) -> Result<Token<'de>> {
        match self.member_ahead(ends_member) {
            Some((name, next)) => {
                self.enter_member(&next);
                Ok(Token::Name(self.lent(name)))
            }
            None => self.general_next(),
        }
    }

    /// The name of a member, and what it takes to go into it.
    #[inline(always)]
    fn member_ahead(&self, ends_member: bool) -> Option<(&'r str, Member)> {
        let ahead = self.ahead()?;
        let text = match ahead.tag("</member><member><name>") {
            Some(text) if ends_member => text,
            _ => ahead.name(ends_member)?,
        };
        let (name, rest) = text.text(&self.document)?;
        let frame = self.frames.last()?;
        let simple = frame.count < self.limits.members
            && !frame.name_to_come
            && name.len() <= self.limits.name_bytes
            && self.reading.duplicates != Duplicates::Refuse;
        let member = Member {
            start: self.place_of(text) - "<name>".len(),
            name: (self.place_of(rest) - name.len(), self.place_of(rest)),
            end: self.place_of(rest.tag("</name>")?),
        };
        simple.then_some((name, member))
    }

    /// Goes behind the name of a member.
    #[inline(always)]
    fn enter_member(&mut self, member: &Member) {
        if let Some(frame) = self.frames.last_mut() {
            frame.count += 1;
            frame.name = member.name;
        }
        (self.token_start, self.pos) = (member.start, member.end);
        self.state = State::Value;
    }

    /// The integer that comes next, where the plain lane finds one; on `None` [`Reader::next`] tells what does.
    ///
    /// This and the ones below are for a caller that knows what to expect: it is looked for first, and comes back in registers.
    pub(crate) fn expect_int(&mut self) -> Option<i32> {
        let start = self.value_ahead()?;
        let (number, rest) = match start.integer(self, INT.value_open, INT) {
            Some(found) => found,
            None => start.integer(self, I4.value_open, I4)?,
        };
        let number = i32::try_from(number).ok()?;
        self.token_start = self.place_of(start);
        self.plain_scalar(rest);
        Some(number)
    }

    /// The boolean that comes next.
    pub(crate) fn expect_boolean(&mut self) -> Option<bool> {
        let start = self.value_ahead()?;
        let (truth, rest) = start.boolean(self, BOOLEAN.value_open)?;
        self.token_start = self.place_of(start);
        self.plain_scalar(rest);
        Some(truth)
    }

    /// The double that comes next.
    pub(crate) fn expect_double(&mut self) -> Option<f64> {
        let start = self.value_ahead()?;
        let (number, rest) = start.double(self, DOUBLE.value_open)?;
        self.token_start = self.place_of(start);
        self.plain_scalar(rest);
        Some(number)
    }

    /// The string that comes next, if the document lends it.
    pub(crate) fn expect_string(&mut self) -> Option<&'de str> {
        let start = self.value_ahead()?;
        let (text, rest) = start.string(self, STRING.value_open)?;
        let text = (self.lend)(text)?;
        self.token_start = self.place_of(start);
        self.plain_scalar(rest);
        Some(text)
    }

    /// The name that comes next, if the document lends it.
    pub(crate) fn expect_name(&mut self) -> Option<&'de str> {
        let ends_member = match self.state {
            State::Member => false,
            State::MemberEnd => true,
            _ => return None,
        };
        let (name, next) = self.member_ahead(ends_member)?;
        let name = (self.lend)(name)?;
        self.enter_member(&next);
        Some(name)
    }

    /// Where a value should stand that is not one too many.
    #[inline(always)]
    fn value_ahead(&self) -> Option<Ahead<'r>> {
        if self.values >= self.limits.values || !matches!(self.state, State::Value | State::Element) {
            return None;
        }
        Some(self.ahead()?.space())
    }

    /// A value, and its content.
    #[inline(always)]
    fn content_ahead(&self) -> Option<(Ahead<'r>, Ahead<'r>)> {
        let start = self.value_ahead()?;
        Some((start, start.tag("<value>")?))
    }

    /// Whether the next token certainly begins an element of an array; `false` says nothing.
    ///
    /// An array ends with an end tag, so that the first letter of the next tag tells.
    #[inline]
    pub(crate) fn has_element(&self) -> bool {
        self.state == State::Element && matches!(self.text.as_bytes().get(self.pos..), Some([b'<', b'v', ..]))
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

    /// Goes over white space, and over a tag if the document has it there, to the letter.
    #[inline(always)]
    pub(super) fn eat(&mut self, literal: &'static str) -> bool {
        let Some(rest) = self.text.get(self.pos..) else {
            return false;
        };
        let here = Ahead(rest).space();
        let behind = if self.is_plain() { here.tag(literal) } else { None };
        self.pos = self.place_of(behind.unwrap_or(here));
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
