//! A whole [`Value`](crate::Value), which takes a sequence of tokens, so that its depth costs no stack.

use std::borrow::Cow;

use serde::de::value::UnitDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::name::{NameDeserializer, visit_text};
use super::{Deserializer, Source};
use crate::error::{Error, Result};
use crate::token::Token;
use crate::value::{ARRAY_END, ARRAY_START, STRUCT_END, STRUCT_START};

/// The enum of one variant as which a value's tokens are offered.
pub(super) struct Flat<'x, 'de, S>(pub(super) &'x mut Deserializer<'de, S>);

impl<'de, S: Source<'de>> de::EnumAccess<'de> for Flat<'_, 'de, S> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        let variant = seed.deserialize(UnitDeserializer::new())?;
        Ok((variant, self))
    }
}

impl<'de, S: Source<'de>> de::VariantAccess<'de> for Flat<'_, 'de, S> {
    type Error = Error;

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn unit_variant(self) -> Result<()> {
        Err(Error::data("tokens of a value"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value> {
        Err(Error::data("tokens of a value"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value> {
        Err(Error::data("tokens of a value"))
    }
}

impl<'de, S: Source<'de>> de::SeqAccess<'de> for Flat<'_, 'de, S> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let value = seed.deserialize(OneToken(&mut *self.0));
        self.0.located(value).map(Some)
    }
}

/// The token that comes next, in the form in which `value::ser` sends it across.
struct OneToken<'x, 'de, S>(&'x mut Deserializer<'de, S>);

impl<'de, S: Source<'de>> de::Deserializer<'de> for OneToken<'_, 'de, S> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.next() {
            Ok(Token::Int(number)) => visitor.visit_i32(number),
            Ok(Token::I8(number)) => visitor.visit_i64(number),
            Ok(Token::Boolean(truth)) => visitor.visit_bool(truth),
            Ok(Token::Double(number)) => visitor.visit_f64(number),
            Ok(Token::String(text)) => visit_text(text, visitor),
            Ok(Token::DateTime(moment)) => visitor.visit_u128(moment.pack()),
            Ok(Token::Base64(Cow::Borrowed(bytes))) => visitor.visit_borrowed_bytes(bytes),
            Ok(Token::Base64(Cow::Owned(bytes))) => visitor.visit_byte_buf(bytes),
            Ok(Token::Nil) => visitor.visit_unit(),
            Ok(Token::ArrayStart) => visitor.visit_u8(ARRAY_START),
            Ok(Token::ArrayEnd) => visitor.visit_u8(ARRAY_END),
            Ok(Token::StructStart) => visitor.visit_u8(STRUCT_START),
            Ok(Token::StructEnd) => visitor.visit_u8(STRUCT_END),
            Ok(Token::Name(name)) => visitor.visit_some(NameDeserializer(name)),
            Err(error) => Err(error),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
