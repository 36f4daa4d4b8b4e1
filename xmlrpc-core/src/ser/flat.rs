//! A whole [`Value`](crate::Value), which comes as a sequence of tokens, so that its depth costs no stack.

use std::borrow::Cow;

use serde::ser::{Error as _, Impossible, Serialize, SerializeSeq, Serializer};

use super::Sink;
use crate::datetime::DateTime;
use crate::error::{Error, Result};
use crate::token::Token;
use crate::value::{ARRAY_END, ARRAY_START, STRUCT_END, STRUCT_START};

/// What is left of a serializer that takes a few things only.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*);)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<()> {
            Err(Error::custom("no token of a value"))
        }
    )*};
}

macro_rules! refuse_generic {
    ($($method:ident($($argument:ty),*);)*) => {$(
        fn $method<T: Serialize + ?Sized>(self, $(_: $argument,)* _: &T) -> Result<()> {
            Err(Error::custom("no token of a value"))
        }
    )*};
}

macro_rules! refuse_compound {
    ($($method:ident($($argument:ty),*) $associated:ident;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$associated> {
            Err(Error::custom("no token of a value"))
        }
    )*};
}

/// Takes the sequence.
pub(super) struct Tokens<'s, K>(pub(super) &'s mut K);

impl<'s, K: Sink> Serializer for Tokens<'s, K> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = TokenSequence<'s, K>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_seq(self, _: Option<usize>) -> Result<TokenSequence<'s, K>> {
        Ok(TokenSequence(self.0))
    }

    refuse! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    refuse_generic! {
        serialize_some();
        serialize_newtype_struct(&'static str);
        serialize_newtype_variant(&'static str, u32, &'static str);
    }

    refuse_compound! {
        serialize_tuple(usize) SerializeTuple;
        serialize_tuple_struct(&'static str, usize) SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) SerializeTupleVariant;
        serialize_map(Option<usize>) SerializeMap;
        serialize_struct(&'static str, usize) SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) SerializeStructVariant;
    }
}

pub(super) struct TokenSequence<'s, K>(&'s mut K);

impl<K: Sink> SerializeSeq for TokenSequence<'_, K> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, token: &T) -> Result<()> {
        token.serialize(OneToken(&mut *self.0))
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}

/// Takes one token in the form in which `value::ser` sends it across.
pub(super) struct OneToken<'s, K>(pub(super) &'s mut K);

impl<K: Sink> Serializer for OneToken<'_, K> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    #[inline]
    fn serialize_i32(self, number: i32) -> Result<()> {
        self.0.token(Token::Int(number))
    }

    #[inline]
    fn serialize_i64(self, number: i64) -> Result<()> {
        self.0.token(Token::I8(number))
    }

    #[inline]
    fn serialize_bool(self, truth: bool) -> Result<()> {
        self.0.token(Token::Boolean(truth))
    }

    #[inline]
    fn serialize_f64(self, number: f64) -> Result<()> {
        self.0.token(Token::Double(number))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        self.0.token(Token::String(Cow::Borrowed(text)))
    }

    fn serialize_u128(self, packed: u128) -> Result<()> {
        match DateTime::unpack(packed) {
            Some(moment) => self.0.token(Token::DateTime(moment)),
            None => Err(Error::custom("no token of a value")),
        }
    }

    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        self.0.token(Token::Base64(Cow::Borrowed(bytes)))
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.0.token(Token::Nil)
    }

    #[inline]
    fn serialize_u8(self, container: u8) -> Result<()> {
        self.0.token(match container {
            ARRAY_START => Token::ArrayStart,
            ARRAY_END => Token::ArrayEnd,
            STRUCT_START => Token::StructStart,
            STRUCT_END => Token::StructEnd,
            _ => return Err(Error::custom("no token of a value")),
        })
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, name: &T) -> Result<()> {
        name.serialize(super::key::KeySerializer(self.0))
    }

    refuse! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_char(char);
        serialize_none();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    refuse_generic! {
        serialize_newtype_struct(&'static str);
        serialize_newtype_variant(&'static str, u32, &'static str);
    }

    refuse_compound! {
        serialize_seq(Option<usize>) SerializeSeq;
        serialize_tuple(usize) SerializeTuple;
        serialize_tuple_struct(&'static str, usize) SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) SerializeTupleVariant;
        serialize_map(Option<usize>) SerializeMap;
        serialize_struct(&'static str, usize) SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) SerializeStructVariant;
    }
}
