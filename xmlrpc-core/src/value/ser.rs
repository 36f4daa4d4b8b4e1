//! A value as a source for serde.
//!
//! This crate's own formats take it as a flat sequence of tokens, so that depth costs no stack; any other format gets the nested
//! arrays and maps it expects. serde has no way to ask which of the two is wanted, so the own formats say it beside serde, for the
//! one call in which they ask ([`flat`]).

use std::cell::Cell;

use serde::ser::{Error as _, Serialize, SerializeSeq, Serializer};

use super::{Array, Name, Struct, Value};

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
        let open = match *self {
            Self::Value(value) => enter(value, &mut tokens)?,
            Self::Array(values) => Some(enter_array(values, &mut tokens)?),
            Self::Struct(members) => Some(enter_struct(members, &mut tokens)?),
        };
        if let Some(open) = open {
            finish(open, &mut tokens)?;
        }
        tokens.end()
    }
}

/// What is left of an open container.
enum Open<'v> {
    Array(std::slice::Iter<'v, Value>),
    Struct(std::slice::Iter<'v, (Name, Value)>),
}

// A value's tokens are handed on each as it comes, since one that is stored on the way costs more than to write it.

/// Hands a scalar on, or the start of a container.
#[inline]
fn enter<'v, S: SerializeSeq>(value: &'v Value, tokens: &mut S) -> Result<Option<Open<'v>>, S::Error> {
    match value {
        Value::Array(values) => enter_array(values, tokens).map(Some),
        Value::Struct(members) => enter_struct(members, tokens).map(Some),
        scalar => tokens.serialize_element(&Scalar(scalar)).map(|()| None),
    }
}

#[inline]
fn enter_array<'v, S: SerializeSeq>(values: &'v Array, tokens: &mut S) -> Result<Open<'v>, S::Error> {
    tokens.serialize_element(&Mark(ARRAY_START))?;
    Ok(Open::Array(values.iter()))
}

#[inline]
fn enter_struct<'v, S: SerializeSeq>(members: &'v Struct, tokens: &mut S) -> Result<Open<'v>, S::Error> {
    tokens.serialize_element(&Mark(STRUCT_START))?;
    Ok(Open::Struct(members.0.iter()))
}

/// Hands on all that is in a container, and its end.
fn finish<S: SerializeSeq>(mut open: Open<'_>, tokens: &mut S) -> Result<(), S::Error> {
    let mut outer = Vec::new();
    loop {
        let (value, end) = match &mut open {
            Open::Array(values) => (values.next(), ARRAY_END),
            Open::Struct(members) => {
                let member = members.next();
                if let Some((name, _)) = member {
                    tokens.serialize_element(&MemberName(name))?;
                }
                (member.map(|(_, value)| value), STRUCT_END)
            }
        };
        if let Some(value) = value {
            if let Some(inner) = enter(value, tokens)? {
                outer.push(std::mem::replace(&mut open, inner));
            }
            continue;
        }
        tokens.serialize_element(&Mark(end))?;
        match outer.pop() {
            Some(container) => open = container,
            None => return Ok(()),
        }
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
