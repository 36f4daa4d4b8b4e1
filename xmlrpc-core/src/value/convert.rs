//! `From` Rust types into [`Value`], `TryFrom` back, and comparison with them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::{Array, Name, Struct, Value};
use crate::{Base64, Category, DateTime, Error};

macro_rules! from {
    ($($type:ty => $value:expr;)*) => {$(
        impl From<$type> for Value {
            fn from(from: $type) -> Self {
                let make: fn($type) -> Value = $value;
                make(from)
            }
        }
    )*};
}

from! {
    bool => Value::Boolean;
    i8 => |n| Value::Int(n.into());
    u8 => |n| Value::Int(n.into());
    i16 => |n| Value::Int(n.into());
    u16 => |n| Value::Int(n.into());
    i32 => Value::Int;
    u32 => |n| i64::from(n).into();
    i64 => |n| i32::try_from(n).map_or(Value::I8(n), Value::Int);
    f32 => |n| Value::Double(shortest(n));
    f64 => Value::Double;
    &str => |text| Value::String(text.to_owned());
    String => Value::String;
    Cow<'_, str> => |text| Value::String(text.into_owned());
    Name => |name| Value::String(name.into());
    DateTime => Value::DateTime;
    Base64 => Value::Base64;
    Struct => Value::Struct;
    Array => Value::Array;
    () => |()| Value::Nil;
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(from: Option<V>) -> Self {
        from.map_or(Self::Nil, Into::into)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Self::Array(values.into())
    }
}

impl<V: Into<Value>, const N: usize> From<[V; N]> for Value {
    fn from(values: [V; N]) -> Self {
        Self::Array(values.into_iter().collect())
    }
}

impl<N: Into<Name>, V: Into<Value>> From<BTreeMap<N, V>> for Value {
    fn from(members: BTreeMap<N, V>) -> Self {
        Self::Struct(members.into())
    }
}

impl<N: Into<Name>, V: Into<Value>, S> From<HashMap<N, V, S>> for Value {
    fn from(members: HashMap<N, V, S>) -> Self {
        Self::Struct(members.into())
    }
}

macro_rules! try_from {
    ($($type:ty, $expected:literal: $($pattern:pat => $from:expr),+;)*) => {$(
        impl TryFrom<Value> for $type {
            type Error = Error;

            #[doc = concat!("The ", $expected, " of a value; an error for any other type or range.")]
            fn try_from(value: Value) -> Result<Self, Error> {
                match value {
                    $($pattern => $from,)+
                    other => Err(mismatch($expected, &other)),
                }
            }
        }
    )*};
}

try_from! {
    i32, "int": Value::Int(n) => Ok(n), Value::I8(n) => n.try_into().map_err(|_| mismatch("int", &Value::I8(n)));
    i64, "i8": Value::Int(n) => Ok(n.into()), Value::I8(n) => Ok(n);
    f64, "double": Value::Double(n) => Ok(n), Value::Int(n) => Ok(n.into());
    bool, "boolean": Value::Boolean(truth) => Ok(truth);
    String, "string": Value::String(text) => Ok(text);
    DateTime, "dateTime.iso8601": Value::DateTime(moment) => Ok(moment);
    Base64, "base64": Value::Base64(bytes) => Ok(bytes);
    Struct, "struct": Value::Struct(members) => Ok(members);
    Array, "array": Value::Array(values) => Ok(values);
}

/// Comparison with Rust values: an integer of either type, and a double or `Int`, compares by its number.
macro_rules! compare {
    ($($type:ty: $equal:expr;)*) => {$(
        impl PartialEq<$type> for Value {
            fn eq(&self, other: &$type) -> bool {
                let equal: fn(&Value, &$type) -> bool = $equal;
                equal(self, other)
            }
        }

        impl PartialEq<Value> for $type {
            fn eq(&self, other: &Value) -> bool {
                other == self
            }
        }
    )*};
}

compare! {
    i32: |value, other| value.as_i64() == Some((*other).into());
    i64: |value, other| value.as_i64() == Some(*other);
    f64: |value, other| value.as_f64() == Some(*other);
    bool: |value, other| value.as_bool() == Some(*other);
    str: |value, other| value.as_str() == Some(other);
    &str: |value, other| value.as_str() == Some(*other);
    String: |value, other| value.as_str() == Some(other);
    DateTime: |value, other| value.as_date_time() == Some(*other);
    Base64: |value, other| value.as_bytes() == Some(other);
    Array: |value, other| value.as_array() == Some(other);
    Struct: |value, other| value.as_struct() == Some(other);
}

/// The double that the shortest digits of an `f32` stand for: 0.1, not 0.10000000149011612.
pub(crate) fn shortest(number: f32) -> f64 {
    if number.is_finite() {
        number.to_string().parse().unwrap_or(number.into())
    } else {
        number.into()
    }
}

fn mismatch(expected: &'static str, found: &Value) -> Error {
    Error::mismatch(Category::Data, expected, found.type_name())
}
