//! A value as a source for serde.
//!
//! This crate's own formats take it as a flat sequence of tokens, so that depth costs no stack; any other format gets the nested
//! arrays and maps it expects. serde has no way to ask which of the two is wanted, so the own formats say it beside serde, for the
//! one call in which they ask ([`flat`]).

use std::cell::Cell;

use serde::ser::{Error as _, Serialize, SerializeSeq, Serializer};

use super::{Array, Name, Struct, Value};
use crate::stack::Stack;

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
        let mut walk = Walk::default();
        match *self {
            Self::Value(value) => walk.enter(value, &mut tokens)?,
            Self::Array(values) => walk.enter_array(values, &mut tokens)?,
            Self::Struct(members) => walk.enter_struct(members, &mut tokens)?,
        }
        walk.finish(&mut tokens)?;
        tokens.end()
    }
}

/// Goes through a value and hands its tokens on, each as it comes, since one that is stored on the way costs more than to write it.
#[derive(Default)]
struct Walk<'v> {
    open: Stack<Open<'v>>,
}

/// What is left of an open container.
enum Open<'v> {
    Array(std::slice::Iter<'v, Value>),
    Struct(std::slice::Iter<'v, (Name, Value)>),
}

impl<'v> Walk<'v> {
    #[inline]
    fn enter<S: SerializeSeq>(&mut self, value: &'v Value, tokens: &mut S) -> Result<(), S::Error> {
        match value {
            Value::Array(values) => self.enter_array(values, tokens),
            Value::Struct(members) => self.enter_struct(members, tokens),
            scalar => tokens.serialize_element(&Scalar(scalar)),
        }
    }

    fn enter_array<S: SerializeSeq>(&mut self, values: &'v Array, tokens: &mut S) -> Result<(), S::Error> {
        self.open.push(Open::Array(values.iter()));
        tokens.serialize_element(&Mark(ARRAY_START))
    }

    fn enter_struct<S: SerializeSeq>(&mut self, members: &'v Struct, tokens: &mut S) -> Result<(), S::Error> {
        self.open.push(Open::Struct(members.0.iter()));
        tokens.serialize_element(&Mark(STRUCT_START))
    }

    /// All that is in the open containers, and their ends.
    fn finish<S: SerializeSeq>(&mut self, tokens: &mut S) -> Result<(), S::Error> {
        while let Some(open) = self.open.top_mut() {
            let (value, end) = match open {
                Open::Array(values) => (values.next(), ARRAY_END),
                Open::Struct(members) => {
                    let member = members.next();
                    if let Some((name, _)) = member {
                        tokens.serialize_element(&MemberName(name))?;
                    }
                    (member.map(|(_, value)| value), STRUCT_END)
                }
            };
            match value {
                Some(value) => self.enter(value, tokens)?,
                None => {
                    self.open.pop();
                    tokens.serialize_element(&Mark(end))?;
                }
            }
        }
        Ok(())
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

/// The start or end of a container on its way across serde.
struct Mark(u8);

impl Serialize for Mark {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

/// A member's name on its way across serde.
struct MemberName<'v>(&'v Name);

impl Serialize for MemberName<'_> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_some(self.0)
    }
}

/// A value other than an array or struct, on its way across serde.
struct Scalar<'v>(&'v Value);

impl Serialize for Scalar<'_> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Int(number) => serializer.serialize_i32(*number),
            Value::I8(number) => serializer.serialize_i64(*number),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Double(number) => serializer.serialize_f64(*number),
            Value::String(text) => serializer.serialize_str(text),
            Value::DateTime(moment) => serializer.serialize_u128(moment.pack()),
            Value::Base64(bytes) => serializer.serialize_bytes(bytes),
            Value::Nil => serializer.serialize_unit(),
            Value::Array(_) | Value::Struct(_) => Err(S::Error::custom("no scalar")),
        }
    }
}
