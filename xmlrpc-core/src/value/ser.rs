//! A value as a source for serde.
//!
//! This crate's own formats take it as a flat sequence of tokens, so that depth costs no stack; any other format gets the nested
//! arrays and maps it expects. serde has no way to ask which of the two is wanted, so the own formats say it beside serde, for the
//! one call in which they ask ([`flat`]).

use std::cell::Cell;

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::{Array, Struct, Tokens, Value};
use crate::token::Token;

/// The name by which this crate's own formats know a value.
pub(crate) const FLAT: &str = "$xmlrpc::Value";

thread_local! {
    static FLAT_WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Has a value that was offered under the name [`FLAT`] serialized as a sequence of tokens.
pub(crate) fn flat<T: Serialize + ?Sized, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    FLAT_WANTED.set(true);
    let result = value.serialize(serializer);
    FLAT_WANTED.set(false);
    result
}

/// Whether the format that is serialized to asked for tokens just now.
pub(crate) fn flat_wanted() -> bool {
    FLAT_WANTED.take()
}

/// A value or container that is asked to serialize itself, flat or nested.
enum Whole<'v> {
    Value(&'v Value),
    Array(&'v Array),
    Struct(&'v Struct),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(FLAT, &Whole::Value(self))
    }
}

impl Serialize for Array {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(FLAT, &Whole::Array(self))
    }
}

impl Serialize for Struct {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(FLAT, &Whole::Struct(self))
    }
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !flat_wanted() {
            return self.nested(serializer);
        }
        let mut tokens = serializer.serialize_seq(None)?;
        let rest = match self {
            Self::Value(value) => Tokens::new(value),
            Self::Array(values) => {
                tokens.serialize_element(&Step(&Token::ArrayStart))?;
                Tokens::of_array(values)
            }
            Self::Struct(members) => {
                tokens.serialize_element(&Step(&Token::StructStart))?;
                Tokens::of_struct(&members.0)
            }
        };
        for token in rest {
            tokens.serialize_element(&Step(&token))?;
        }
        tokens.end()
    }
}

impl Whole<'_> {
    fn nested<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Value(Value::Int(number)) => serializer.serialize_i32(*number),
            Self::Value(Value::I8(number)) => serializer.serialize_i64(*number),
            Self::Value(Value::Boolean(truth)) => serializer.serialize_bool(*truth),
            Self::Value(Value::Double(number)) => serializer.serialize_f64(*number),
            Self::Value(Value::String(text)) => serializer.serialize_str(text),
            Self::Value(Value::DateTime(moment)) => moment.serialize(serializer),
            Self::Value(Value::Base64(bytes)) => serializer.serialize_bytes(bytes),
            Self::Value(Value::Nil) => serializer.serialize_unit(),
            Self::Value(Value::Array(values)) | Self::Array(values) => serializer.collect_seq(values),
            Self::Value(Value::Struct(members)) | Self::Struct(members) => serializer.collect_map(members),
        }
    }
}

/// What the numbers that stand for containers mean, when a token crosses serde.
pub(crate) const ARRAY_START: u8 = 0;
pub(crate) const ARRAY_END: u8 = 1;
pub(crate) const STRUCT_START: u8 = 2;
pub(crate) const STRUCT_END: u8 = 3;

/// A token on its way across serde.
struct Step<'t>(&'t Token<'t>);

impl Serialize for Step<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Token::Int(number) => serializer.serialize_i32(*number),
            Token::I8(number) => serializer.serialize_i64(*number),
            Token::Boolean(truth) => serializer.serialize_bool(*truth),
            Token::Double(number) => serializer.serialize_f64(*number),
            Token::String(text) => serializer.serialize_str(text),
            Token::DateTime(moment) => serializer.serialize_u128(moment.pack()),
            Token::Base64(bytes) => serializer.serialize_bytes(bytes),
            Token::Nil => serializer.serialize_unit(),
            Token::ArrayStart => serializer.serialize_u8(ARRAY_START),
            Token::ArrayEnd => serializer.serialize_u8(ARRAY_END),
            Token::StructStart => serializer.serialize_u8(STRUCT_START),
            Token::StructEnd => serializer.serialize_u8(STRUCT_END),
            Token::Name(name) => serializer.serialize_some(name),
        }
    }
}
