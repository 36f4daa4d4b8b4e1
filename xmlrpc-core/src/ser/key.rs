//! Keys of maps: names of members are texts, so that only what has one text can be a key.

use std::borrow::Cow;
use std::fmt::Display;

use serde::ser::{Impossible, Serialize, Serializer};

use super::Sink;
use crate::error::{Category, Error, Result};
use crate::token::Token;

/// Takes a key and gives the sink its name.
pub(super) struct KeySerializer<'s, K>(pub(super) &'s mut K);

impl<K: Sink> KeySerializer<'_, K> {
    fn number(self, number: impl Display) -> Result<()> {
        self.serialize_str(&number.to_string())
    }

    fn refuse<T>(self, found: &'static str) -> Result<T> {
        Err(Error::mismatch(
            Category::Data,
            "a string, number, boolean or unit variant as key of a map",
            found,
        ))
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty);)*) => {$(
        fn $method(self, key: $type) -> Result<()> {
            self.number(key)
        }
    )*};
}

impl<K: Sink> Serializer for KeySerializer<'_, K> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    numbers! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
    }

    fn serialize_str(self, key: &str) -> Result<()> {
        self.0.token(Token::Name(Cow::Borrowed(key)))
    }

    fn serialize_f32(self, _: f32) -> Result<()> {
        self.refuse("a float")
    }

    fn serialize_f64(self, _: f64) -> Result<()> {
        self.refuse("a float")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<()> {
        self.refuse("bytes")
    }

    fn serialize_none(self) -> Result<()> {
        self.refuse("None")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<()> {
        key.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.refuse("()")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.refuse("a unit struct")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, key: &T) -> Result<()> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        self.refuse("a variant with data")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq> {
        self.refuse("a sequence")
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple> {
        self.refuse("a tuple")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct> {
        self.refuse("a tuple struct")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        self.refuse("a variant with data")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap> {
        self.refuse("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct> {
        self.refuse("a struct")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        self.refuse("a variant with data")
    }
}
