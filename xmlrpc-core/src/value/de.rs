//! A value as a target for serde.
//!
//! This crate's own formats answer the name [`FLAT`] by an enum whose one variant is the sequence of tokens; any other format, and
//! serde's own buffers, give nested data.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::ser::{ARRAY_END, ARRAY_START, FLAT, STRUCT_END, STRUCT_START};
use super::{Array, Builder, Name, Struct, Value};
use crate::datetime::{self, DateTime};
use crate::token::Token;

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(FLAT, ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Array {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Array(values) => Ok(values),
            other => Err(D::Error::invalid_type(
                Unexpected::Other(other.type_name()),
                &"array",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Struct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Struct(members) => Ok(members),
            other => Err(D::Error::invalid_type(
                Unexpected::Other(other.type_name()),
                &"struct",
            )),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an XML-RPC value")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let ((), tokens) = access.variant()?;
        tokens.tuple_variant(0, TokensVisitor)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Boolean(truth))
    }

    fn visit_i32<E>(self, number: i32) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_i8<E>(self, number: i8) -> Result<Value, E> {
        Ok(Value::Int(number.into()))
    }

    fn visit_i16<E>(self, number: i16) -> Result<Value, E> {
        Ok(Value::Int(number.into()))
    }

    /// An `i8` of XML-RPC comes this way through serde's buffers, and stays one. What other formats give takes the type it needs.
    ///
    /// The error's type tells the two apart; where its name should not, an `i8` is all the same a right type for the number.
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        if type_name::<E>() == type_name::<crate::Error>() {
            return Ok(Value::I8(number));
        }
        Ok(number.into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(E::invalid_value(
                Unexpected::Unsigned(number),
                &"an integer of at most 64 bits, signed",
            )),
        }
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Double(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Base64(bytes.into()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Base64(bytes.into()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element::<Value>()? {
            values.push(value);
        }
        Ok(Value::Array(Array(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members: Vec<(Name, Value)> = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        if let [(name, Value::String(text))] = &members[..]
            && name == datetime::BUFFERED
        {
            return text
                .parse()
                .map(Value::DateTime)
                .map_err(|_| A::Error::custom("no date-time"));
        }
        Ok(Value::Struct(Struct::from_members(members)))
    }
}

/// Builds the value from its tokens.
struct TokensVisitor;

impl<'de> Visitor<'de> for TokensVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tokens of an XML-RPC value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tokens: A) -> Result<Value, A::Error> {
        let mut builder = Builder::default();
        while !builder.is_complete() {
            if tokens.next_element_seed(Step(&mut builder))?.is_none() {
                return Err(A::Error::invalid_length(0, &self));
            }
        }
        Ok(builder.finish())
    }
}

/// Hands one token to the builder, in the form in which `value::ser` sends it across.
struct Step<'b>(&'b mut Builder);

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Step<'_> {
    fn take<E>(self, token: Token<'_>) -> Result<(), E> {
        self.0.token(token);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }

    fn visit_i32<E>(self, number: i32) -> Result<(), E> {
        self.take(Token::Int(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.take(Token::I8(number))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.take(Token::Boolean(truth))
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.take(Token::Double(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.take(Token::String(Cow::Borrowed(text)))
    }

    fn visit_string<E>(self, text: String) -> Result<(), E> {
        self.take(Token::String(Cow::Owned(text)))
    }

    fn visit_u128<E: de::Error>(self, packed: u128) -> Result<(), E> {
        match DateTime::unpack(packed) {
            Some(moment) => self.take(Token::DateTime(moment)),
            None => Err(E::invalid_type(Unexpected::Other("a number"), &self)),
        }
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<(), E> {
        self.take(Token::Base64(Cow::Borrowed(bytes)))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<(), E> {
        self.take(Token::Base64(Cow::Owned(bytes)))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.take(Token::Nil)
    }

    fn visit_u8<E: de::Error>(self, container: u8) -> Result<(), E> {
        match container {
            ARRAY_START => self.take(Token::ArrayStart),
            ARRAY_END => self.take(Token::ArrayEnd),
            STRUCT_START => self.take(Token::StructStart),
            STRUCT_END => self.take(Token::StructEnd),
            other => Err(E::invalid_value(Unexpected::Unsigned(other.into()), &self)),
        }
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.name(Name::deserialize(deserializer)?);
        Ok(())
    }
}
