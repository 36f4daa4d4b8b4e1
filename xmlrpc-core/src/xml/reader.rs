//! The reader: a document to tokens, by way of the two lanes.
//!
//! A [`Reader`] is a small machine. Its [`State`] says what may stand at its place, its frames which arrays and structs are open.
//! Each state first compares bytes with the tag it expects ([`plain`](super::plain)), and asks the general lane
//! ([`gather`](super::gather)) where they differ. What a refusal says is in [`place`](super::place).

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::Facts;
use super::gather::Piece;
use super::general::{Element, General};
use super::place::Lines;
use super::scalar;
use super::tag::{Tag, Type};
use super::text::trimmed;
use crate::error::{Category, Error, LimitName, Result, excerpt};
use crate::reading::{Duplicates, Policy};
use crate::token::{Container, Token};
use crate::{Limits, Reading};

/// Reads one document, value by value.
///
/// The document's text lives for `'r`, the texts in tokens for `'de`: the same where the text is the caller's, and independent where
/// it had to be decoded and texts are copied out of it.
#[derive(Debug)]
pub(crate) struct Reader<'r, 'de> {
    pub(super) text: &'r str,
    /// The place up to which the document is read.
    pub(super) pos: usize,
    pub(super) document: Facts,
    pub(super) limits: Limits,
    pub(super) reading: Reading,
    /// Off for tests, which hold the general lane against both.
    pub(super) plain: bool,
    pub(super) general: General<'r>,
    /// What the document lends to tokens, unless they have to copy it.
    pub(super) lend: fn(&'r str) -> Option<&'de str>,
    pub(super) state: State,
    pub(super) frames: Vec<Frame>,
    /// Members whose value came first: how many containers were open, and where the document goes on behind the name.
    pub(super) resumes: Vec<(usize, usize)>,
    /// The names met in each open struct, where no name may stand twice.
    pub(super) names: Vec<HashSet<Cow<'de, str>>>,
    /// Whether tokens are read only to find the end of a value.
    pub(super) skipping: bool,
    /// Whether the text of a scalar that is none is left to whoever reads it again, and is nil until then; and base64 is not decoded.
    pub(super) defers: bool,
    pub(super) values: usize,
    reread: usize,
    /// Where the token at hand begins, for errors.
    pub(super) token_start: usize,
    /// What the path of values begins with: `params[0]`, or nothing.
    pub(super) base: Base,
    /// Lines that are known in a document that may have many errors, and a place before the ones to come.
    pub(super) lines: Option<&'r Lines>,
    pub(super) anchor: usize,
}

/// Where the values being read belong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Base {
    Nothing,
    Param(usize),
    /// An array of parameters, behind so many others.
    Params(usize),
    Fault,
}

/// What may stand at the reader's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// `<value>`.
    Value,
    /// In an array: a value, or its end.
    Element,
    /// In a struct: a member, or its end.
    Member,
    /// Behind a member's value: `</member>`.
    MemberEnd,
    /// `<array><data/>` was read: the array has to be ended.
    EmptyData,
    /// `<array/>`, `<array></array>` or `<struct/>` was read: the container has to be ended, and no tag of it is open.
    Empty,
    /// The value is complete.
    Done,
    /// In a parameter list, between two parameters: the next one, or the end of the list.
    Params,
    /// Behind the start tag of a parameter.
    Param,
    /// The parameter list is behind, and the document with it.
    ParamsEnd,
}

/// An open array or struct.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Container,
    /// Values or members met so far.
    pub(super) count: usize,
    /// Where the name of the member at hand stands, for paths.
    pub(super) name: (usize, usize),
    /// The member at hand gave its value first, and its name is still to come. Only while skipping.
    pub(super) name_to_come: bool,
    /// The container stands without a `<value>` around it, as in some faults.
    pub(super) bare: bool,
}

impl<'de> Reader<'de, 'de> {
    /// Starts at the beginning of a document's text, from which tokens borrow.
    #[inline]
    pub(crate) fn lending(text: &'de str, document: Facts, limits: &Limits, reading: &Reading) -> Self {
        Self::new(text, document, limits, reading, Some)
    }
}

impl<'r, 'de> Reader<'r, 'de> {
    /// Starts at the beginning of a document's text, of which `lend` gives what tokens borrow.
    #[inline(always)]
    pub(crate) fn new(
        text: &'r str,
        document: Facts,
        limits: &Limits,
        reading: &Reading,
        lend: fn(&'r str) -> Option<&'de str>,
    ) -> Self {
        Self {
            lend,
            text,
            pos: 0,
            document,
            limits: limits.clone(),
            reading: reading.clone(),
            plain: true,
            general: General::new(text),
            state: State::Value,
            frames: Vec::new(),
            resumes: Vec::new(),
            names: Vec::new(),
            skipping: false,
            defers: false,
            values: 0,
            reread: 0,
            token_start: 0,
            base: Base::Nothing,
            lines: None,
            anchor: 0,
        }
    }

    /// Has everything read by the general lane.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn without_plain_lane(mut self) -> Self {
        self.plain = false;
        self
    }

    /// Whether Apache's namespace was met so far.
    pub(crate) fn met_extensions(&self) -> bool {
        self.general.met_extensions
    }

    pub(crate) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The root's start tag is behind.
    pub(super) fn enter_root(&mut self) {
        self.general.in_root = true;
    }

    /// The place from which another reader can go on, below the root; `None` where this one knows of prefixes.
    pub(crate) fn resumable(&self) -> Option<usize> {
        self.general.binds_nothing().then_some(self.pos)
    }

    /// Goes on from such a place.
    pub(crate) fn resume(&mut self, place: usize) {
        self.enter_root();
        self.pos = place;
    }

    /// Goes to the start of a value.
    pub(crate) fn begin_value(&mut self, base: Base) {
        self.base = base;
        self.state = State::Value;
    }

    /// The next token of the value; only until the value is complete.
    pub(crate) fn next(&mut self) -> Result<Token<'de>> {
        match self.state {
            State::Value | State::Element => self.plain_value(),
            State::Member => self.plain_name(false),
            State::MemberEnd => self.plain_name(true),
            _ => self.general_next(),
        }
    }

    /// The next token, where it is not what nearly every peer writes.
    pub(super) fn general_next(&mut self) -> Result<Token<'de>> {
        if self.state == State::MemberEnd {
            self.member_end()?;
        }
        match self.state {
            State::Value => self.value(),
            State::Element => self.element(),
            State::Member => self.member(),
            State::EmptyData => self.array_end(),
            State::Empty => self.empty_end(),
            State::MemberEnd | State::Done | State::Params | State::Param | State::ParamsEnd => {
                Err(self.fail(self.pos, Error::protocol("no further value")))
            }
        }
    }

    /// Whether the value that was begun is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Reads the value that is next and forgets it. `depth` is the number of containers that are open before it.
    pub(super) fn skip_to(&mut self, depth: usize) -> Result<()> {
        loop {
            self.next()?;
            if self.frames.len() <= depth {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<Token<'de>> {
        self.skip_space();
        self.token_start = self.pos;
        match self.tag("<value>")? {
            Piece::Open(Element { tag: Tag::Value, .. }) => self.content(),
            Piece::Empty(Element { tag: Tag::Value, .. }) => self.empty_value(),
            other => Err(self.unexpected("<value>", other, self.around_value())),
        }
    }

    /// The element in which the next `<value>` should stand.
    fn around_value(&self) -> Tag {
        match (self.frames.last(), self.base) {
            (Some(_), _) => Tag::Member,
            (None, Base::Param(_)) => Tag::Param,
            (None, Base::Fault) => Tag::Fault,
            (None, Base::Nothing | Base::Params(_)) => Tag::Unknown,
        }
    }

    /// `<value/>`: the empty string.
    fn empty_value(&mut self) -> Result<Token<'de>> {
        self.count_value()?;
        self.scalar(Type::String, Cow::Borrowed(""))
    }

    fn element(&mut self) -> Result<Token<'de>> {
        self.skip_space();
        self.token_start = self.pos;
        match self.tag("<value> or </data>")? {
            Piece::Open(Element { tag: Tag::Value, .. }) => self.content(),
            Piece::Empty(Element { tag: Tag::Value, .. }) => self.empty_value(),
            Piece::Close(Element { tag: Tag::Data, .. }) => self.array_end(),
            other => Err(self.unexpected("<value> or </data>", other, Tag::Unknown)),
        }
    }

    fn array_end(&mut self) -> Result<Token<'de>> {
        let start = self.token_start;
        self.close(Tag::Array, "</array>")?;
        self.token_start = start;
        self.container_end(Token::ArrayEnd)
    }

    fn empty_end(&mut self) -> Result<Token<'de>> {
        let end = match self.frames.last() {
            Some(Frame {
                kind: Container::Struct,
                ..
            }) => Token::StructEnd,
            _ => Token::ArrayEnd,
        };
        self.container_end(end)
    }

    /// Behind the end tag of an array or struct.
    fn container_end(&mut self, end: Token<'de>) -> Result<Token<'de>> {
        let start = self.token_start;
        if !self.frames.last().is_some_and(|frame| frame.bare) {
            self.close(Tag::Value, "</value>")?;
            self.token_start = start;
        }
        self.leave_container();
        Ok(end)
    }

    /// Behind an array or struct with the value that it is.
    #[inline(always)]
    pub(super) fn leave_container(&mut self) {
        let frame = self.frames.pop();
        if frame.is_some_and(|frame| frame.kind == Container::Struct) {
            self.names.pop();
        }
        self.value_done();
    }

    fn member(&mut self) -> Result<Token<'de>> {
        self.skip_space();
        self.token_start = self.pos;
        match self.tag("<member> or </struct>")? {
            Piece::Open(Element { tag: Tag::Member, .. }) => self.member_start(),
            Piece::Close(Element { tag: Tag::Struct, .. }) => self.container_end(Token::StructEnd),
            Piece::Empty(Element { tag: Tag::Member, .. }) => Err(self.fail(
                self.token_start,
                Error::protocol("a member without name and value"),
            )),
            other => Err(self.unexpected("<member> or </struct>", other, Tag::Unknown)),
        }
    }

    /// Behind `<member>`: the name, or the value where it comes first.
    fn member_start(&mut self) -> Result<Token<'de>> {
        if let Some(frame) = self.frames.last_mut() {
            frame.count += 1;
            if frame.count > self.limits.members {
                return Err(self.fail(
                    self.token_start,
                    Error::limit(LimitName::Members, self.limits.members),
                ));
            }
        }
        self.skip_space();
        match self.tag("<name>")? {
            Piece::Open(Element { tag: Tag::Name, .. }) => self.name(),
            Piece::Empty(Element { tag: Tag::Name, .. }) => self.named(Cow::Borrowed("")),
            Piece::Open(Element { tag: Tag::Value, .. }) | Piece::Empty(Element { tag: Tag::Value, .. })
                if self.reading.value_first == Policy::Accept =>
            {
                self.pos = self.token_start;
                self.value_first()
            }
            other => Err(self.unexpected("<name>", other, Tag::Member)),
        }
    }

    /// Behind `<name>`.
    fn name(&mut self) -> Result<Token<'de>> {
        let name = self.name_text()?;
        self.named(name)
    }

    /// The text behind `<name>`; its place is kept for paths.
    fn name_text(&mut self) -> Result<Cow<'r, str>> {
        let (tag, start) = (self.token_start, self.pos);
        let (name, end) = match self.plain_text("</name>") {
            Some(name) => (Cow::Borrowed(name), start + name.len()),
            None => (self.text_until("name")?, self.token_start),
        };
        self.token_start = tag;
        if let Some(frame) = self.frames.last_mut() {
            frame.name = (start, end);
        }
        Ok(name)
    }

    fn named(&mut self, name: Cow<'r, str>) -> Result<Token<'de>> {
        self.check_name_length(&name)?;
        let name = self.lent_or_owned(name);
        if self.reading.duplicates == Duplicates::Refuse
            && !self.skipping
            && let Some(names) = self.names.last_mut()
            && !names.insert(name.clone())
        {
            let error = Error::protocol(format!("two members of the name {}", excerpt(&name)));
            return Err(self.fail(self.token_start, error));
        }
        self.state = State::Value;
        Ok(Token::Name(name))
    }

    pub(super) fn check_name_length(&self, name: &str) -> Result<()> {
        if name.len() <= self.limits.name_bytes {
            return Ok(());
        }
        Err(self.fail(
            self.token_start,
            Error::limit(LimitName::NameBytes, self.limits.name_bytes),
        ))
    }

    /// At a member's value that stands before its name: skips it, reads the name, and comes back.
    ///
    /// While skipping, nothing has to be remembered: the name is looked for behind the value, level by level.
    fn value_first(&mut self) -> Result<Token<'de>> {
        if self.skipping {
            if let Some(frame) = self.frames.last_mut() {
                frame.name_to_come = true;
                frame.name = (0, 0);
            }
            self.state = State::Value;
            return Ok(Token::Name(Cow::Borrowed("")));
        }
        let (start, depth, values) = (self.pos, self.frames.len(), self.values);
        self.skipping = true;
        self.state = State::Value;
        self.skip_to(depth)?;
        self.skipping = false;
        self.reread = self.reread.saturating_add(self.pos - start);
        if self.reread > self.limits.reread_bytes {
            return Err(self.fail(
                start,
                Error::limit(LimitName::RereadBytes, self.limits.reread_bytes),
            ));
        }
        let name = self.late_name()?;
        self.resumes.push((depth, self.pos));
        (self.pos, self.values) = (start, values);
        self.named(name)
    }

    /// The name of a member behind its value.
    fn late_name(&mut self) -> Result<Cow<'r, str>> {
        self.skip_space();
        self.token_start = self.pos;
        let name = match self.tag("<name>")? {
            Piece::Open(Element { tag: Tag::Name, .. }) => self.name_text()?,
            Piece::Empty(Element { tag: Tag::Name, .. }) => Cow::Borrowed(""),
            other => return Err(self.unexpected("<name>", other, Tag::Member)),
        };
        self.check_name_length(&name)?;
        Ok(name)
    }

    fn member_end(&mut self) -> Result<()> {
        if let Some(frame) = self.frames.last_mut()
            && std::mem::take(&mut frame.name_to_come)
        {
            self.late_name()?;
        }
        self.close(Tag::Member, "</member>")?;
        if let Some(frame) = self.frames.last_mut() {
            frame.name = (0, 0);
        }
        self.state = State::Member;
        Ok(())
    }

    /// Behind `<value>`.
    fn content(&mut self) -> Result<Token<'de>> {
        self.count_value()?;
        let (value, start) = (self.token_start, self.pos);
        let (text, piece) = self.gather()?;
        match piece {
            Piece::Close(Element { tag: Tag::Value, .. }) => {
                self.token_start = value;
                return self.scalar(Type::String, text);
            }
            Piece::Open(_) | Piece::Empty(_) if !trimmed(&text).is_empty() => {
                let found = format!("text {}", excerpt(trimmed(&text)));
                return Err(self.fail(
                    start,
                    Error::mismatch(Category::Protocol, "a type alone in <value>", found),
                ));
            }
            _ => {}
        }
        self.typed(piece, value)
    }

    /// Behind a tag that should be a type's. `value` is where the value begins.
    fn typed(&mut self, piece: Piece<'r>, value: usize) -> Result<Token<'de>> {
        let (kind, text) = match piece {
            Piece::Open(Element { tag: Tag::Array, .. }) => return self.general_array(value),
            Piece::Empty(Element { tag: Tag::Array, .. }) => return self.empty_array(value),
            Piece::Open(Element { tag: Tag::Struct, .. }) => {
                self.token_start = value;
                return self.open(Container::Struct, false);
            }
            Piece::Empty(Element { tag: Tag::Struct, .. }) => {
                self.token_start = value;
                return self.open_empty(Container::Struct, State::Empty, false);
            }
            Piece::Open(Element {
                tag: Tag::Scalar(kind),
                name,
            }) => {
                self.check_type(kind, name)?;
                (kind, self.text_until(name)?)
            }
            Piece::Empty(Element {
                tag: Tag::Scalar(kind),
                name,
            }) => {
                self.check_type(kind, name)?;
                (kind, Cow::Borrowed(""))
            }
            other => return Err(self.unexpected("a type", other, Tag::Value)),
        };
        self.close(Tag::Value, "</value>")?;
        self.token_start = value;
        self.scalar(kind, text)
    }

    /// Behind `<struct>` or at `<struct/>` where a `<value>` should have stood before it, as in some peers' faults.
    pub(super) fn bare_struct(&mut self, empty: bool) -> Result<Token<'de>> {
        self.count_value()?;
        if empty {
            self.open_empty(Container::Struct, State::Empty, true)
        } else {
            self.open(Container::Struct, true)
        }
    }

    /// Whether the reading takes a type of this name.
    fn check_type(&self, kind: Type, name: &str) -> Result<()> {
        let extension = name.contains(':') || matches!(kind, Type::I1 | Type::I2 | Type::BigInteger);
        let policy = match kind {
            _ if extension => self.reading.extensions,
            Type::I8 => self.reading.wide_integers,
            Type::Nil => self.reading.nil,
            _ => Policy::Accept,
        };
        if policy == Policy::Accept {
            return Ok(());
        }
        let error = Error::mismatch(
            Category::Protocol,
            "a type that the reading accepts",
            format!("<{name}>"),
        );
        Err(self.fail(self.token_start, error))
    }

    fn general_array(&mut self, value: usize) -> Result<Token<'de>> {
        let piece = self.tag("<data>")?;
        if matches!(piece, Piece::Close(Element { tag: Tag::Array, .. })) {
            return self.empty_array(value);
        }
        let data = self.token_start;
        self.token_start = value;
        match piece {
            Piece::Open(Element { tag: Tag::Data, .. }) => self.open(Container::Array, false),
            Piece::Empty(Element { tag: Tag::Data, .. }) => {
                self.open_empty(Container::Array, State::EmptyData, false)
            }
            other => {
                self.token_start = data;
                Err(self.unexpected("<data>", other, Tag::Array))
            }
        }
    }

    fn empty_array(&mut self, value: usize) -> Result<Token<'de>> {
        self.token_start = value;
        if self.reading.empty_arrays == Policy::Refuse {
            return Err(self.fail(value, Error::protocol("an array without <data>")));
        }
        self.open_empty(Container::Array, State::Empty, false)
    }

    fn open_empty(&mut self, kind: Container, state: State, bare: bool) -> Result<Token<'de>> {
        let start = self.open(kind, bare)?;
        self.state = state;
        Ok(start)
    }

    /// Opens an array or struct, as deep as the limit goes.
    pub(super) fn open(&mut self, kind: Container, bare: bool) -> Result<Token<'de>> {
        if self.frames.len() >= self.limits.depth {
            return Err(self.fail(
                self.token_start,
                Error::limit(LimitName::Depth, self.limits.depth),
            ));
        }
        self.frames.push(Frame {
            kind,
            count: 0,
            name: (0, 0),
            name_to_come: false,
            bare,
        });
        match kind {
            Container::Array => {
                self.state = State::Element;
                Ok(Token::ArrayStart)
            }
            Container::Struct => {
                if self.reading.duplicates == Duplicates::Refuse {
                    self.names.push(HashSet::new());
                }
                self.state = State::Member;
                Ok(Token::StructStart)
            }
        }
    }

    fn scalar(&mut self, kind: Type, text: Cow<'r, str>) -> Result<Token<'de>> {
        if text.len() > self.limits.string_bytes {
            return Err(self.fail(
                self.token_start,
                Error::limit(LimitName::StringBytes, self.limits.string_bytes),
            ));
        }
        let token = match kind {
            Type::String => Token::String(self.lent_or_owned(text)),
            Type::Base64 if self.defers => Token::Base64(Cow::Borrowed(&[])),
            kind => match scalar::parse(kind, &text, &self.reading) {
                Ok(token) => token,
                Err(_) if self.defers => Token::Nil,
                Err(error) => return Err(self.fail(self.token_start, error)),
            },
        };
        self.value_done();
        Ok(token)
    }

    /// A text of the document's as tokens have it.
    #[inline(always)]
    pub(super) fn lent(&self, text: &'r str) -> Cow<'de, str> {
        match (self.lend)(text) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(text.to_owned()),
        }
    }

    /// A text that may be put together already.
    fn lent_or_owned(&self, text: Cow<'r, str>) -> Cow<'de, str> {
        match text {
            Cow::Borrowed(text) => self.lent(text),
            Cow::Owned(text) => Cow::Owned(text),
        }
    }

    fn count_value(&mut self) -> Result<()> {
        self.value_met();
        if self.values > self.limits.values {
            return Err(self.fail(
                self.token_start,
                Error::limit(LimitName::Values, self.limits.values),
            ));
        }
        Ok(())
    }

    /// One more value is there, and in the array that holds it.
    #[inline(always)]
    pub(super) fn value_met(&mut self) {
        if let Some(Frame {
            kind: Container::Array,
            count,
            ..
        }) = self.frames.last_mut()
        {
            *count += 1;
        }
        self.values += 1;
    }

    /// Behind a whole value: what may come next depends on what it stands in.
    #[inline(always)]
    pub(super) fn value_done(&mut self) {
        self.state = match self.frames.last() {
            None => State::Done,
            Some(Frame {
                kind: Container::Array,
                ..
            }) => State::Element,
            Some(Frame {
                kind: Container::Struct,
                ..
            }) => {
                if !self.resumes.is_empty() && !self.skipping {
                    self.leave_member();
                }
                State::MemberEnd
            }
        };
    }

    /// Behind the value of a member: where its name stood behind the value, the document goes on behind the name.
    fn leave_member(&mut self) {
        if let Some((_, resume)) = self.resumes.pop_if(|(depth, _)| *depth == self.frames.len()) {
            self.pos = resume;
        }
    }
}
