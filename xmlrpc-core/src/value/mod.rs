//! Any XML-RPC value: [`Value`] with its containers, and how it is compared, printed and dropped.
//!
//! Values come from the [reader](crate::from_slice), from [`value!`](crate::value!), from `From` and from
//! [`to_value`](crate::to_value); they go to the writer, to any other serde format, and by [`from_value`](crate::from_value) into
//! Rust types. Whatever walks a whole value is a loop over [`tokens`], never a recursion, so that depth costs heap, not stack.

mod array;
mod build;
mod convert;
mod de;
mod macros;
mod name;
mod print;
mod ser;
mod structs;
mod tokens;
mod walk;

pub use array::Array;
pub use name::Name;
pub use structs::Struct;

pub(crate) use build::Builder;
pub(crate) use convert::shortest;
pub(crate) use ser::{ARRAY_END, ARRAY_START, FLAT, STRUCT_END, STRUCT_START, flat, flat_wanted};
pub(crate) use tokens::Tokens;

use crate::base64::Base64;
use crate::datetime::DateTime;

/// One XML-RPC value of any type.
///
/// Two values are equal when a peer could not tell them apart: the order of members does not count, NaN equals NaN, and `Int` and
/// `I8` of the same number differ since their tags do. That makes equality an equivalence, so that values can be keys of a map.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Value, value};
///
/// let value = value!({ "name": "Ada", "born": 1815, "scores": [1.5, 2] });
/// assert_eq!(value["born"], 1815);
/// assert_eq!(value["scores"][1], Value::Int(2));
/// assert_eq!(value.to_string(), r#"{"name": "Ada", "born": 1815, "scores": [1.5, 2]}"#);
///
/// match value {
///     Value::Struct(members) => assert_eq!(members.len(), 3),
///     other => panic!("not {other:?}"),
/// }
/// ```
pub enum Value {
    /// `<int>` or `<i4>`: 32 bits, signed. Apache's and others' `i1` and `i2` are read as this, too.
    Int(i32),
    /// `<boolean>`.
    Boolean(bool),
    /// `<string>`, or text without a tag.
    String(String),
    /// `<double>`.
    Double(f64),
    /// `<dateTime.iso8601>`.
    DateTime(DateTime),
    /// `<base64>`.
    Base64(Base64),
    /// `<struct>`.
    Struct(Struct),
    /// `<array>`.
    Array(Array),
    /// `<i8>`, the extension for 64-bit integers.
    I8(i64),
    /// `<nil/>`, the extension for no value.
    Nil,
}

impl Value {
    /// The name of the type, as `system.methodSignature` gives it: `int`, `string`, `struct`, …
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::Boolean(_) => "boolean",
            Self::String(_) => "string",
            Self::Double(_) => "double",
            Self::DateTime(_) => "dateTime.iso8601",
            Self::Base64(_) => "base64",
            Self::Struct(_) => "struct",
            Self::Array(_) => "array",
            Self::I8(_) => "i8",
            Self::Nil => "nil",
        }
    }

    /// The integer, whichever of its two types it has.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Int(number) => Some(number.into()),
            Self::I8(number) => Some(number),
            _ => None,
        }
    }

    /// The double, or an `Int` as one.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Int(number) => Some(number.into()),
            Self::Double(number) => Some(number),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match *self {
            Self::Boolean(truth) => Some(truth),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a base64 value.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Base64(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The date-time.
    pub fn as_date_time(&self) -> Option<DateTime> {
        match *self {
            Self::DateTime(moment) => Some(moment),
            _ => None,
        }
    }

    /// The array.
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The struct.
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Self::Struct(members) => Some(members),
            _ => None,
        }
    }

    /// Whether this is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// The element of an array at an index, or the member of a struct of a name; `None` where there is none.
    ///
    /// ```
    /// let value = xmlrpc_core::value!({ "ids": [7, 8] });
    /// assert_eq!(value.get("ids").and_then(|ids| ids.get(1)), Some(&8.into()));
    /// assert_eq!(value.get("none"), None);
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an index is a number or a reference"
    )]
    pub fn get<I: Index>(&self, index: I) -> Option<&Self> {
        index.of(self)
    }

    /// Whether dropping, cloning or printing it has anything to walk through.
    fn holds_values(&self) -> bool {
        match self {
            Self::Array(values) => !values.is_empty(),
            Self::Struct(members) => !members.is_empty(),
            _ => false,
        }
    }
}

/// What [`Value::get`] and `value[…]` take: an array's index or a member's name.
pub trait Index: sealed::Sealed {
    #[doc(hidden)]
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for usize {}
    impl Sealed for &str {}
}

impl Index for usize {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        value.as_array()?.as_slice().get(*self)
    }
}

impl Index for &str {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        value.as_struct()?.get(self)
    }
}

impl<I: Index> std::ops::Index<I> for Value {
    type Output = Value;

    /// The element or member; [`Value::Nil`] where there is none, so that a chain of indices needs no checks between.
    fn index(&self, index: I) -> &Value {
        index.of(self).unwrap_or(&Value::Nil)
    }
}

impl Default for Value {
    /// Nil.
    fn default() -> Self {
        Self::Nil
    }
}
