//! The plain lane: what the reader takes in one look ahead.
//!
//! It takes what is as nearly every peer writes it, and refuses nothing: where bytes differ it has changed nothing, and the general
//! lane ([`gather`](super::gather)) looks at the same place.

use super::ahead::{Ahead, BASE64, BOOLEAN, DATE_TIME, DOUBLE, I4, I8, INT, STRING, head};
use super::reader::{Frame, Reader, State};
use super::tag::Type;
use crate::error::Result;
use crate::reading::{Duplicates, Policy};
use crate::token::{Container, Token};

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
            return match self.expect_end(Container::Array) {
                Some(()) => Ok(Token::ArrayEnd),
                None => self.general_next(),
            };
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
            head::BASE64 if !self.defers => inner.parsed(self, Type::Base64, BASE64),
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
            None => match self.expect_end(Container::Struct) {
                Some(()) => Ok(Token::StructEnd),
                None => self.general_next(),
            },
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

    /// The start of an array or struct that comes next, where it is not too deep.
    pub(crate) fn expect_start(&mut self, kind: Container) -> Option<()> {
        let start = self.value_ahead()?;
        let rest = match kind {
            Container::Array => start.tag("<value><array><data>")?,
            Container::Struct => start.tag("<value><struct>")?,
        };
        if self.frames.len() >= self.limits.depth {
            return None;
        }
        self.token_start = self.place_of(start);
        self.plain_container(kind, rest).ok().map(|_| ())
    }

    /// The end of the array or struct at hand, where it comes next.
    #[inline]
    pub(crate) fn expect_end(&mut self, kind: Container) -> Option<()> {
        let (start, rest) = match (kind, self.state) {
            (Container::Array, State::Element) => self.ahead()?.array_end()?,
            (Container::Struct, State::Member) => self.ahead()?.struct_end(false)?,
            (Container::Struct, State::MemberEnd) => self.ahead()?.struct_end(true)?,
            _ => return None,
        };
        if matches!(
            self.frames.last()?,
            Frame { bare: true, .. }
                | Frame {
                    name_to_come: true,
                    ..
                }
        ) {
            return None;
        }
        (self.token_start, self.pos) = (self.place_of(start), self.place_of(rest));
        self.leave_container();
        Some(())
    }

    /// From the end of a parameter's value behind the start tag of the next one, or behind the call's end tag and `false`.
    #[inline(always)]
    pub(super) fn plain_turn(&mut self) -> Option<bool> {
        let (found, rest) = self.ahead()?.turn()?;
        self.pos = self.place_of(rest);
        Some(found)
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
