//! serde to tokens: what a Rust type looks like in XML-RPC.
//!
//! A [`Serializer`] hands tokens to a [`Sink`]: the [writer](crate::xml) or the [builder](crate::value) of values. No tag stands
//! here; which types map to what is told in [the documentation](crate::documentation::types).

mod flat;
mod key;
mod params;

pub(crate) use params::{serialize_params, serialize_params_array};

use std::borrow::Cow;
use std::fmt::Display;

use serde::ser::{self, Serialize};

use crate::datetime;
use crate::error::{Category, Error, Result};
use crate::token::Token;
use crate::value::{Builder, FLAT, flat, shortest};

/// What takes tokens.
pub(crate) trait Sink {
    fn token(&mut self, token: Token<'_>) -> Result<()>;

    /// The path of the value that is being written.
    fn place(&self) -> String;

    /// An integer of Rust's, whose token depends on its size.
    fn integer(&mut self, number: i64) -> Result<()> {
        match i32::try_from(number) {
            Ok(number) => self.token(Token::Int(number)),
            Err(_) => self.token(Token::I8(number)),
        }
    }

    /// An integer of any of Rust's types.
    fn checked<N: TryInto<i64> + Display + Copy>(&mut self, number: N) -> Result<()> {
        match number.try_into() {
            Ok(number) => self.integer(number),
            Err(_) => {
                let error = Error::mismatch(
                    Category::Data,
                    "an integer of 64 bits, signed",
                    number.to_string(),
                );
                Err(self.refuse(error))
            }
        }
    }

    fn refuse(&self, error: Error) -> Error {
        error.at(|| (None, self.place()))
    }
}

impl Sink for Builder {
    fn token(&mut self, token: Token<'_>) -> Result<()> {
        Self::token(self, token);
        Ok(())
    }

    fn place(&self) -> String {
        self.path()
    }
}

/// Serializes one value into a sink.
pub(crate) struct Serializer<'s, K>(pub(crate) &'s mut K);

impl<'s, K: Sink> ser::Serializer for Serializer<'s, K> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'s, K>;
    type SerializeTuple = Elements<'s, K>;
    type SerializeTupleStruct = Elements<'s, K>;
    type SerializeTupleVariant = Elements<'s, K>;
    type SerializeMap = Members<'s, K>;
    type SerializeStruct = Members<'s, K>;
    type SerializeStructVariant = Members<'s, K>;

    fn serialize_bool(self, truth: bool) -> Result<()> {
        self.0.token(Token::Boolean(truth))
    }

    fn serialize_i8(self, number: i8) -> Result<()> {
        self.0.token(Token::Int(number.into()))
    }

    fn serialize_i16(self, number: i16) -> Result<()> {
        self.0.token(Token::Int(number.into()))
    }

    fn serialize_i32(self, number: i32) -> Result<()> {
        self.0.token(Token::Int(number))
    }

    fn serialize_i64(self, number: i64) -> Result<()> {
        self.0.integer(number)
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        self.0.checked(number)
    }

    fn serialize_u8(self, number: u8) -> Result<()> {
        self.0.token(Token::Int(number.into()))
    }

    fn serialize_u16(self, number: u16) -> Result<()> {
        self.0.token(Token::Int(number.into()))
    }

    fn serialize_u32(self, number: u32) -> Result<()> {
        self.0.integer(number.into())
    }

    fn serialize_u64(self, number: u64) -> Result<()> {
        self.0.checked(number)
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        self.0.checked(number)
    }

    /// The number that the shortest digits of the `f32` stand for: 0.1, not 0.10000000149011612.
    fn serialize_f32(self, number: f32) -> Result<()> {
        self.0.token(Token::Double(shortest(number)))
    }

    fn serialize_f64(self, number: f64) -> Result<()> {
        self.0.token(Token::Double(number))
    }

    fn serialize_char(self, c: char) -> Result<()> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<()> {
        self.0.token(Token::String(Cow::Borrowed(text)))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        self.0.token(Token::Base64(Cow::Borrowed(bytes)))
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.0.token(Token::Nil)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<()> {
        match name {
            FLAT => flat(value, flat::Tokens(self.0)),
            datetime::NEWTYPE => flat(value, flat::OneToken(self.0)),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let sink = start_variant(self.0, variant)?;
        value.serialize(Serializer(&mut *sink))?;
        sink.token(Token::StructEnd)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'s, K>> {
        self.0.token(Token::ArrayStart)?;
        Ok(Elements {
            sink: self.0,
            in_variant: false,
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements<'s, K>> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements<'s, K>> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'s, K>> {
        let sink = start_variant(self.0, variant)?;
        sink.token(Token::ArrayStart)?;
        Ok(Elements {
            sink,
            in_variant: true,
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'s, K>> {
        self.0.token(Token::StructStart)?;
        Ok(Members {
            sink: self.0,
            in_variant: false,
        })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members<'s, K>> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'s, K>> {
        let sink = start_variant(self.0, variant)?;
        sink.token(Token::StructStart)?;
        Ok(Members {
            sink,
            in_variant: true,
        })
    }
}

/// Data of an enum's variant is a struct of one member, named for the variant.
fn start_variant<'s, K: Sink>(sink: &'s mut K, variant: &'static str) -> Result<&'s mut K> {
    sink.token(Token::StructStart)?;
    sink.token(Token::Name(Cow::Borrowed(variant)))?;
    Ok(sink)
}

/// The elements of an array.
pub(crate) struct Elements<'s, K> {
    sink: &'s mut K,
    in_variant: bool,
}

impl<K: Sink> Elements<'_, K> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value
            .serialize(Serializer(&mut *self.sink))
            .map_err(|error| self.sink.refuse(error))
    }

    fn finish(self) -> Result<()> {
        self.sink.token(Token::ArrayEnd)?;
        if self.in_variant {
            self.sink.token(Token::StructEnd)
        } else {
            Ok(())
        }
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident;)*) => {$(
        impl<K: Sink> ser::$trait for Elements<'_, K> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// The members of a struct.
pub(crate) struct Members<'s, K> {
    sink: &'s mut K,
    in_variant: bool,
}

impl<K: Sink> Members<'_, K> {
    fn member<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.sink.token(Token::Name(Cow::Borrowed(name)))?;
        self.value(value)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value
            .serialize(Serializer(&mut *self.sink))
            .map_err(|error| self.sink.refuse(error))
    }

    fn finish(self) -> Result<()> {
        self.sink.token(Token::StructEnd)?;
        if self.in_variant {
            self.sink.token(Token::StructEnd)
        } else {
            Ok(())
        }
    }
}

impl<K: Sink> ser::SerializeMap for Members<'_, K> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        key.serialize(key::KeySerializer(&mut *self.sink))
            .map_err(|error| self.sink.refuse(error))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl<K: Sink> ser::SerializeStruct for Members<'_, K> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.member(name, value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl<K: Sink> ser::SerializeStructVariant for Members<'_, K> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.member(name, value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}
