//! Tokens to serde: Rust types from XML-RPC.
//!
//! A [`Deserializer`] takes tokens from a [`Source`]: the [reader](crate::xml) of a document, or a [`Value`](crate::Value). No tag
//! stands here; which types map to what is told in [the documentation](crate::documentation::types).

mod access;
mod flat;
mod name;
mod outcomes;
mod params;
mod source;

pub(crate) use outcomes::Outcomes;
pub(crate) use params::{DocumentParams, EntryParams, ParamSource};
pub(crate) use source::{Source, ValueSource};

use std::borrow::Cow;
use std::collections::HashMap;

use serde::de::value::SeqDeserializer;
use serde::de::{self, IntoDeserializer, Visitor};

use self::access::{Elements, Members, OneEntry, Variant};
use crate::error::{Category, Error, Result};
use crate::stack::Stack;
use crate::token::{Container, Token};
use crate::value::FLAT;
use crate::{base64, datetime};

/// The largest integer up to which every one is a double of its own.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
/// The same for `f32`.
const EXACT_SINGLE: u64 = 1 << f32::MANTISSA_DIGITS;

/// Deserializes one value after the other from a source.
pub(crate) struct Deserializer<'de, S> {
    pub(crate) source: S,
    /// Tokens that were read and are to be read again, the next one last.
    pending: Stack<Token<'de>>,
}

impl<'de, S: Source<'de>> Deserializer<'de, S> {
    #[inline]
    pub(crate) fn new(source: S) -> Self {
        Self {
            source,
            pending: Stack::default(),
        }
    }

    /// Deserializes the value that is next, and checks that it was taken whole.
    pub(crate) fn value<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        let value = seed.deserialize(&mut *self);
        debug_assert!(
            value.is_err() || self.pending.is_empty(),
            "a visitor left tokens behind"
        );
        self.located(value)
    }

    fn next(&mut self) -> Result<Token<'de>> {
        match self.pending.pop() {
            None => self.source.next(),
            Some(token) => Ok(token),
        }
    }

    /// Whether an element of an array certainly comes next.
    fn has_element(&self) -> bool {
        self.pending.is_empty() && self.source.has_element()
    }

    /// What the source expects to come next, where no token waits.
    #[inline(always)]
    fn expect<T>(&mut self, expected: impl FnOnce(&mut S) -> Option<T>) -> Option<T> {
        if self.pending.is_empty() {
            expected(&mut self.source)
        } else {
            None
        }
    }

    /// Whether an array or struct begins here; where it does, its start is behind.
    #[inline(always)]
    fn expect_start(&mut self, kind: Container) -> bool {
        self.expect(|source| source.expect_start(kind)).is_some()
    }

    /// Whether the array or struct at hand ends here; where it does, its end is behind.
    #[inline(always)]
    fn expect_end(&mut self, kind: Container) -> bool {
        self.expect(|source| source.expect_end(kind)).is_some()
    }

    fn put_back(&mut self, token: Token<'de>) {
        self.pending.push(token);
    }

    /// What a visitor made, or its error with the place of the value at hand.
    ///
    /// Not taken apart on the way: to look at a value costs less than to move it in pieces.
    #[inline(always)]
    fn located<T>(&self, mut outcome: Result<T>) -> Result<T> {
        if let Err(error) = &mut outcome {
            error.locate(|| self.source.place());
        }
        outcome
    }

    #[cold]
    fn mismatch<T>(&self, expected: impl Into<Cow<'static, str>>, found: &Token<'_>) -> Result<T> {
        self.located(Err(Error::mismatch(Category::Data, expected, found.described())))
    }

    /// Shows a visitor what the token is.
    fn visit<V: Visitor<'de>>(&mut self, token: Token<'de>, visitor: V) -> Result<V::Value> {
        let result = match token {
            Token::Int(number) => visitor.visit_i32(number),
            Token::I8(number) => visitor.visit_i64(number),
            Token::Boolean(truth) => visitor.visit_bool(truth),
            Token::Double(number) => visitor.visit_f64(number),
            Token::String(text) => name::visit_text(text, visitor),
            Token::DateTime(moment) => {
                visitor.visit_map(OneEntry::new(datetime::BUFFERED, moment.to_string()))
            }
            Token::Base64(Cow::Borrowed(bytes)) => visitor.visit_borrowed_bytes(bytes),
            Token::Base64(Cow::Owned(bytes)) => visitor.visit_byte_buf(bytes),
            Token::Nil => visitor.visit_unit(),
            Token::ArrayStart => return self.array(visitor),
            Token::StructStart => return self.members(visitor),
            token => return self.mismatch("a value", &token),
        };
        self.located(result)
    }

    /// Behind the start of an array.
    fn array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let mut elements = Elements::new(self);
        let value = visitor.visit_seq(&mut elements);
        if value.is_ok() && !elements.ended && !self.expect_end(Container::Array) {
            match self.next()? {
                Token::ArrayEnd => {}
                token => return self.mismatch("fewer elements in the array", &token),
            }
        }
        self.located(value)
    }

    /// Behind the start of a struct.
    fn members<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let mut members = Members::new(self);
        let value = visitor.visit_map(&mut members);
        if value.is_ok() && !members.ended && !self.expect_end(Container::Struct) {
            match self.next()? {
                Token::StructEnd => {}
                token => return self.mismatch("fewer members in the struct", &token),
            }
        }
        self.located(value)
    }

    /// Reads to the end of the value that is next.
    fn skip(&mut self) -> Result<()> {
        let mut depth = 0;
        loop {
            match self.next()? {
                Token::ArrayStart | Token::StructStart => depth += 1,
                Token::ArrayEnd | Token::StructEnd => depth -= 1,
                Token::Name(_) => continue,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Behind the start of a struct: of members that share a name only the last is left to be read.
    fn settle_duplicates(&mut self) -> Result<()> {
        let mut members: Vec<Vec<Token<'de>>> = Vec::new();
        let mut places = HashMap::new();
        while let Token::Name(name) = self.next()? {
            let mut member = vec![Token::Name(name.clone())];
            self.value_into(&mut member)?;
            if let Some(earlier) = places.insert(name, members.len()) {
                members[earlier].clear();
            }
            members.push(member);
        }
        self.put_back(Token::StructEnd);
        for token in members.into_iter().flatten().rev() {
            self.put_back(token);
        }
        Ok(())
    }

    /// Gathers the tokens of the value that is next.
    fn value_into(&mut self, tokens: &mut Vec<Token<'de>>) -> Result<()> {
        let mut depth = 0_usize;
        loop {
            let token = self.next()?;
            match token {
                Token::ArrayStart | Token::StructStart => depth += 1,
                Token::ArrayEnd | Token::StructEnd => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && !matches!(token, Token::Name(_));
            tokens.push(token);
            if ends {
                return Ok(());
            }
        }
    }
}

/// A double with the value of an integer, if there is one.
#[expect(
    clippy::cast_precision_loss,
    reason = "the check before leaves only integers that are doubles"
)]
fn exact(number: i64, limit: u64) -> Option<f64> {
    (number.unsigned_abs() <= limit).then_some(number as f64)
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.expect(S::expect_int) {
                Some(number) => {
                    let value = visitor.visit_i32(number);
                    self.located(value)
                }
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de, S: Source<'de>> de::Deserializer<'de> for &mut Deserializer<'de, S> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let token = self.next()?;
        self.visit(token, visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.expect(S::expect_boolean) {
            Some(truth) => {
                let value = visitor.visit_bool(truth);
                self.located(value)
            }
            None => self.deserialize_any(visitor),
        }
    }

    // Integers are shown as they are; serde's own visitors refuse what does not fit.
    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    /// The nearest `f32`; a double beyond its range is an error, not infinity.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding is what an f32 is asked for"
    )]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let token = self.next()?;
        let single = match token {
            Token::Int(number) => exact(number.into(), EXACT_SINGLE),
            Token::I8(number) => exact(number, EXACT_SINGLE),
            Token::Double(number) if number.is_finite() && (number as f32).is_infinite() => None,
            Token::Double(number) => Some(number),
            token => return self.visit(token, visitor),
        };
        match single {
            Some(number) => {
                let value = visitor.visit_f64(number);
                self.located(value)
            }
            None => self.mismatch("a number in the range of f32", &token),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if let Some(number) = self.expect(S::expect_double) {
            let value = visitor.visit_f64(number);
            return self.located(value);
        }
        let token = self.next()?;
        let double = match token {
            Token::Int(number) => Some(number.into()),
            Token::I8(number) => exact(number, EXACT),
            token => return self.visit(token, visitor),
        };
        match double {
            Some(number) => {
                let value = visitor.visit_f64(number);
                self.located(value)
            }
            None => self.mismatch("an integer of at most 53 bits for a double", &token),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if let Some(text) = self.expect(S::expect_string) {
            let value = visitor.visit_borrowed_str(text);
            return self.located(value);
        }
        match self.next()? {
            token @ (Token::DateTime(_) | Token::Base64(_)) => self.mismatch("string", &token),
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    /// Bytes are base64; the bytes of a string's text will do.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let result = match self.next()? {
            Token::String(Cow::Borrowed(text)) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Token::String(Cow::Owned(text)) => visitor.visit_byte_buf(text.into_bytes()),
            token @ Token::DateTime(_) => return self.mismatch("base64", &token),
            token => return self.visit(token, visitor),
        };
        self.located(result)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.next()? {
            Token::Nil => visitor.visit_none(),
            token => {
                self.put_back(token);
                visitor.visit_some(self)
            }
        }
    }

    /// Nil, or the empty string in which dialects without nil return nothing.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.next()? {
            Token::Nil => visitor.visit_unit(),
            Token::String(text) if text.is_empty() => visitor.visit_unit(),
            token => self.mismatch("nil", &token),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match name {
            FLAT => match self.next()? {
                // What else there is comes as itself, as a few tokens of one kind do not have to be sent across one by one.
                token @ (Token::ArrayStart | Token::StructStart | Token::DateTime(_)) => {
                    self.put_back(token);
                    visitor.visit_enum(flat::Flat(self))
                }
                token => self.visit(token, visitor),
            },
            base64::NEWTYPE => match self.next()? {
                token @ (Token::Base64(_) | Token::ArrayStart) => self.visit(token, visitor),
                token => self.mismatch("base64", &token),
            },
            datetime::NEWTYPE => match self.next()? {
                Token::DateTime(moment) => visitor.visit_u128(moment.pack()),
                token => self.mismatch("dateTime.iso8601", &token),
            },
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// An array, or the bytes of a base64 value one by one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.expect_start(Container::Array) {
            return self.array(visitor);
        }
        match self.next()? {
            Token::Base64(bytes) => {
                let mut elements = SeqDeserializer::<_, Error>::new(bytes.iter().copied());
                let value = visitor.visit_seq(&mut elements);
                let value = value.and_then(|value| elements.end().map(|()| value));
                self.located(value)
            }
            token @ Token::DateTime(_) => self.mismatch("array", &token),
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.expect_start(Container::Struct) {
            return self.members(visitor);
        }
        match self.next()? {
            Token::StructStart => self.members(visitor),
            token @ Token::DateTime(_) => self.mismatch("struct", &token),
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        if !self.source.settles_duplicates() && self.expect_start(Container::Struct) {
            return self.members(visitor);
        }
        match self.next()? {
            Token::StructStart => {
                if self.source.settles_duplicates() {
                    self.settle_duplicates()?;
                }
                self.members(visitor)
            }
            token @ Token::DateTime(_) => self.mismatch("struct", &token),
            token => self.visit(token, visitor),
        }
    }

    /// A string is a variant without data; a struct of one member is a variant with it.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.next()? {
            Token::String(text) => {
                let value = visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(text));
                self.located(value)
            }
            Token::StructStart => {
                let value = visitor.visit_enum(Variant(&mut *self));
                let value = self.located(value)?;
                match self.next()? {
                    Token::StructEnd => Ok(value),
                    token => self.mismatch("a struct of one member, named for the variant", &token),
                }
            }
            token => self.mismatch("a variant: its name, or a struct of one member", &token),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }
}
