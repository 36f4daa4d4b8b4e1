//! The reader: a document to tokens, by way of the two lanes.
//!
//! A [`Reader`] is a small machine. Its [`State`] says what may stand at its place, its frames which arrays and structs are open.
//! Each state first compares bytes with the tag it expects ([`Reader::eat`], the plain lane), and asks [`Reader::gather`] (the
//! general lane) where they differ.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::{memchr, memchr2, memmem};

use super::document::{End, Facts};
use super::general::{Element, General, Markup, leading_space};
use super::scalar;
use super::tag::{PlainScalar, Tag, Type};
use super::text::{Gathered, is_space, reference, trimmed, with_line_feeds};
use super::work::look;
use crate::error::{Category, Error, LimitName, Position, Result, excerpt};
use crate::path::Path;
use crate::reading::{Duplicates, Policy};
use crate::token::Token;
use crate::{Limits, Reading};

/// Reads one document, value by value.
#[derive(Debug)]
pub(crate) struct Reader<'r> {
    pub(super) text: &'r str,
    /// The place up to which the document is read.
    pub(super) pos: usize,
    document: Facts,
    limits: Limits,
    pub(super) reading: Reading,
    /// Off for tests, which hold the general lane against both.
    plain: bool,
    general: General<'r>,
    state: State,
    frames: Vec<Frame>,
    /// Members whose value came first: how many containers were open, and where the document goes on behind the name.
    resumes: Vec<(usize, usize)>,
    /// The names met in each open struct, where no name may stand twice.
    names: Vec<HashSet<Cow<'r, str>>>,
    /// Whether tokens are read only to find the end of a value.
    skipping: bool,
    values: usize,
    reread: usize,
    /// Where the token at hand begins, for errors.
    pub(super) token_start: usize,
    /// What the path of values begins with: `params[0]`, or nothing.
    pub(super) base: Base,
}

/// Where the values being read belong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Base {
    Nothing,
    Param(usize),
    Fault,
}

/// What may stand at the reader's place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// `<value>`.
    Value,
    /// In an array: a value, or its end.
    Element,
    /// In a struct: a member, or its end.
    Member,
    /// Behind a member's value: `</member>`.
    MemberEnd,
    /// An array or struct without content was started and has to be ended. Of its tags these are still open.
    EmptyEnd(EmptyEnd),
    /// The value is complete.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EmptyEnd {
    /// `<array><data/>` was read.
    Array,
    /// `<array/>`, `<array></array>` or `<struct/>` was read.
    Nothing,
}

/// An open array or struct.
#[derive(Debug)]
struct Frame {
    kind: Container,
    /// Values or members met so far.
    count: usize,
    /// Where the name of the member at hand stands, for paths.
    name: (usize, usize),
    /// The member at hand gave its value first, and its name is still to come. Only while skipping.
    name_to_come: bool,
    /// The container stands without a `<value>` around it, as in some faults.
    bare: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Container {
    Array,
    Struct,
}

/// A tag, or the end of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'r> {
    Open(Element<'r>),
    Empty(Element<'r>),
    Close(Element<'r>),
    End,
}

impl<'r> Reader<'r> {
    /// Starts at the beginning of a document's text.
    pub(crate) fn new(text: &'r str, document: Facts, limits: &Limits, reading: &Reading) -> Self {
        Self {
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
            values: 0,
            reread: 0,
            token_start: 0,
            base: Base::Nothing,
        }
    }

    /// Has everything read by the general lane.
    #[cfg(test)]
    pub(crate) fn without_plain_lane(mut self) -> Self {
        self.plain = false;
        self
    }

    /// Whether an element of Apache's namespace was met so far.
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

    /// Goes to the start of a value.
    pub(crate) fn begin_value(&mut self, base: Base) {
        self.base = base;
        self.state = State::Value;
    }

    /// The next token of the value; only until the value is complete.
    pub(crate) fn next(&mut self) -> Result<Token<'r>> {
        if self.state == State::MemberEnd {
            self.member_end()?;
        }
        match self.state {
            State::Value => self.value(),
            State::Element => self.element(),
            State::Member => self.member(),
            State::EmptyEnd(open) => self.empty_end(open),
            State::MemberEnd | State::Done => Err(self.fail(self.pos, Error::protocol("no further value"))),
        }
    }

    /// Whether the value that was begun is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Reads the value that is next and forgets it. `depth` is the number of containers that are open before it.
    fn skip_to(&mut self, depth: usize) -> Result<()> {
        loop {
            self.next()?;
            if self.frames.len() <= depth {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<Token<'r>> {
        self.skip_space();
        self.token_start = self.pos;
        if self.eat("<value>") {
            return self.content();
        }
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
            (None, Base::Nothing) => Tag::Unknown,
        }
    }

    /// `<value/>`: the empty string.
    fn empty_value(&mut self) -> Result<Token<'r>> {
        self.count_value()?;
        self.scalar(Type::String, Cow::Borrowed(""))
    }

    fn element(&mut self) -> Result<Token<'r>> {
        self.skip_space();
        self.token_start = self.pos;
        if self.eat("<value>") {
            return self.content();
        }
        if self.eat("</data>") {
            return self.array_end();
        }
        match self.tag("<value> or </data>")? {
            Piece::Open(Element { tag: Tag::Value, .. }) => self.content(),
            Piece::Empty(Element { tag: Tag::Value, .. }) => self.empty_value(),
            Piece::Close(Element { tag: Tag::Data, .. }) => self.array_end(),
            other => Err(self.unexpected("<value> or </data>", other, Tag::Unknown)),
        }
    }

    fn array_end(&mut self) -> Result<Token<'r>> {
        let start = self.token_start;
        self.close(Tag::Array, "</array>")?;
        self.token_start = start;
        self.container_end(Token::ArrayEnd)
    }

    fn empty_end(&mut self, open: EmptyEnd) -> Result<Token<'r>> {
        if open == EmptyEnd::Array {
            return self.array_end();
        }
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
    fn container_end(&mut self, end: Token<'r>) -> Result<Token<'r>> {
        let start = self.token_start;
        let frame = self.frames.pop();
        if end == Token::StructEnd {
            self.names.pop();
        }
        if !frame.is_some_and(|frame| frame.bare) {
            self.close(Tag::Value, "</value>")?;
            self.token_start = start;
        }
        self.value_done();
        Ok(end)
    }

    fn member(&mut self) -> Result<Token<'r>> {
        self.skip_space();
        self.token_start = self.pos;
        if self.eat("<member>") {
            return self.member_start();
        }
        if self.eat("</struct>") {
            return self.container_end(Token::StructEnd);
        }
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
    fn member_start(&mut self) -> Result<Token<'r>> {
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
        self.token_start = self.pos;
        if self.eat("<name>") {
            return self.name();
        }
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
    fn name(&mut self) -> Result<Token<'r>> {
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

    fn named(&mut self, name: Cow<'r, str>) -> Result<Token<'r>> {
        self.check_name_length(&name)?;
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
    fn value_first(&mut self) -> Result<Token<'r>> {
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
    fn content(&mut self) -> Result<Token<'r>> {
        self.count_value()?;
        let start = self.pos;
        match self.plain_content() {
            Some(Plain::Scalar(kind, text)) => self.scalar(kind, Cow::Borrowed(text)),
            Some(Plain::Array) => self.open(Container::Array, false),
            Some(Plain::Struct) => self.open(Container::Struct, false),
            None => {
                self.pos = start;
                self.general_content()
            }
        }
    }

    /// A value's content in the plain lane; `None`, with the place anywhere, where it is for the general one.
    fn plain_content(&mut self) -> Option<Plain<'r>> {
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

    /// A value's content in the general lane.
    fn general_content(&mut self) -> Result<Token<'r>> {
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
    fn typed(&mut self, piece: Piece<'r>, value: usize) -> Result<Token<'r>> {
        let (kind, text) = match piece {
            Piece::Open(Element { tag: Tag::Array, .. }) => return self.general_array(value),
            Piece::Empty(Element { tag: Tag::Array, .. }) => return self.empty_array(value),
            Piece::Open(Element { tag: Tag::Struct, .. }) => {
                self.token_start = value;
                return self.open(Container::Struct, false);
            }
            Piece::Empty(Element { tag: Tag::Struct, .. }) => {
                self.token_start = value;
                return self.open_empty(Container::Struct, EmptyEnd::Nothing, false);
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
    pub(super) fn bare_struct(&mut self, empty: bool) -> Result<Token<'r>> {
        self.count_value()?;
        if empty {
            self.open_empty(Container::Struct, EmptyEnd::Nothing, true)
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

    fn general_array(&mut self, value: usize) -> Result<Token<'r>> {
        let piece = self.tag("<data>")?;
        if matches!(piece, Piece::Close(Element { tag: Tag::Array, .. })) {
            return self.empty_array(value);
        }
        let data = self.token_start;
        self.token_start = value;
        match piece {
            Piece::Open(Element { tag: Tag::Data, .. }) => self.open(Container::Array, false),
            Piece::Empty(Element { tag: Tag::Data, .. }) => {
                self.open_empty(Container::Array, EmptyEnd::Array, false)
            }
            other => {
                self.token_start = data;
                Err(self.unexpected("<data>", other, Tag::Array))
            }
        }
    }

    fn empty_array(&mut self, value: usize) -> Result<Token<'r>> {
        self.token_start = value;
        if self.reading.empty_arrays == Policy::Refuse {
            return Err(self.fail(value, Error::protocol("an array without <data>")));
        }
        self.open_empty(Container::Array, EmptyEnd::Nothing, false)
    }

    fn open_empty(&mut self, kind: Container, open: EmptyEnd, bare: bool) -> Result<Token<'r>> {
        let start = self.open(kind, bare)?;
        self.state = State::EmptyEnd(open);
        Ok(start)
    }

    /// Opens an array or struct, as deep as the limit goes.
    fn open(&mut self, kind: Container, bare: bool) -> Result<Token<'r>> {
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

    fn scalar(&mut self, kind: Type, text: Cow<'r, str>) -> Result<Token<'r>> {
        if text.len() > self.limits.string_bytes {
            return Err(self.fail(
                self.token_start,
                Error::limit(LimitName::StringBytes, self.limits.string_bytes),
            ));
        }
        let token =
            scalar::parse(kind, text, &self.reading).map_err(|error| self.fail(self.token_start, error))?;
        self.value_done();
        Ok(token)
    }

    fn count_value(&mut self) -> Result<()> {
        if let Some(Frame {
            kind: Container::Array,
            count,
            ..
        }) = self.frames.last_mut()
        {
            *count += 1;
        }
        self.values += 1;
        if self.values > self.limits.values {
            return Err(self.fail(
                self.token_start,
                Error::limit(LimitName::Values, self.limits.values),
            ));
        }
        Ok(())
    }

    /// Behind a whole value: what may come next depends on what it stands in.
    fn value_done(&mut self) {
        if let Some(&(depth, resume)) = self.resumes.last()
            && depth == self.frames.len()
            && !self.skipping
        {
            self.resumes.pop();
            self.pos = resume;
        }
        self.state = match self.frames.last() {
            None => State::Done,
            Some(Frame {
                kind: Container::Array,
                ..
            }) => State::Element,
            Some(Frame {
                kind: Container::Struct,
                ..
            }) => State::MemberEnd,
        };
    }

    /// Reads an end tag, with nothing but white space, comments and instructions before it.
    pub(super) fn close(&mut self, tag: Tag, literal: &'static str) -> Result<()> {
        self.skip_space();
        if self.eat(literal) {
            return Ok(());
        }
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
                Some(b'&') => {
                    let (c, length) = reference(&self.text[self.pos..], &self.reading)
                        .map_err(|error| self.cut_short(self.pos, error))?;
                    text.push_char(c);
                    self.pos += length;
                }
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
                Some(_) => text.push(self.raw_text()?),
            }
        }
    }

    fn markup(&mut self) -> Result<Markup<'r>> {
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
    fn raw_text(&mut self) -> Result<Cow<'r, str>> {
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
        Ok(self.with_line_feeds(text))
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

    // The plain lane's tools.

    fn is_plain(&self) -> bool {
        self.plain && !self.general.is_scoped()
    }

    /// Goes over a tag if the document has it here, to the letter.
    pub(super) fn eat(&mut self, literal: &str) -> bool {
        let there = self.is_plain() && self.starts_with(literal);
        if there {
            self.pos += literal.len();
        }
        there
    }

    fn starts_with(&self, literal: &str) -> bool {
        look(literal.len());
        self.rest().starts_with(literal.as_bytes())
    }

    fn rest(&self) -> &'r [u8] {
        &self.text.as_bytes()[self.pos..]
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    /// Goes over white space.
    pub(super) fn skip_space(&mut self) {
        if self.byte().is_some_and(is_space) {
            self.pos += leading_space(self.rest());
        }
    }
}

enum Plain<'r> {
    Scalar(Type, &'r str),
    Array,
    Struct,
}

/// A name in an error is cut like any text of a peer's.
fn clip(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", &name[..cut]).into(),
        None => name.into(),
    }
}
