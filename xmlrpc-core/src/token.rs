//! The flat stream between XML, values and serde.
//!
//! Tags exist on one side of it only, Rust types on the other. The [reader](crate::Tokens) makes tokens of a document, a
//! [`Value`](crate::Value) gives the same ones, and the deserializer and the writer take them from either.

use std::borrow::Cow;

use crate::datetime::DateTime;

/// One step through a value.
///
/// A scalar is one token. An array is [`Token::ArrayStart`], its values, [`Token::ArrayEnd`]; a struct is [`Token::StructStart`],
/// a [`Token::Name`] and a value for each member, [`Token::StructEnd`]. Texts are borrowed from the document where nothing had to be
/// unescaped or joined.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Token<'a> {
    /// An integer of at most 32 bits: `<int>`, `<i4>`, `<i1>`, `<i2>`.
    Int(i32),
    /// An `<i8>`.
    I8(i64),
    /// A `<boolean>`.
    Boolean(bool),
    /// A `<double>`.
    Double(f64),
    /// A `<string>`, or text without a tag.
    String(Cow<'a, str>),
    /// A `<dateTime.iso8601>`.
    DateTime(DateTime),
    /// The bytes of a `<base64>`.
    Base64(Cow<'a, [u8]>),
    /// A `<nil/>`.
    Nil,
    /// The start of an `<array>`.
    ArrayStart,
    /// The end of the array that was started last.
    ArrayEnd,
    /// The start of a `<struct>`.
    StructStart,
    /// The name of the member whose value follows.
    Name(Cow<'a, str>),
    /// The end of the struct that was started last.
    StructEnd,
}

/// Which of the two containers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Container {
    Array,
    Struct,
}

impl Token<'_> {
    /// What it is, for errors: the type with a short excerpt.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Int(number) => format!("int {number}"),
            Self::I8(number) => format!("i8 {number}"),
            Self::Boolean(truth) => format!("boolean {}", u8::from(*truth)),
            Self::Double(number) => format!("double {number:?}"),
            Self::String(text) => format!("string {}", crate::error::excerpt(text)),
            Self::DateTime(moment) => format!("dateTime.iso8601 {moment}"),
            Self::Base64(bytes) => format!("base64 of {} bytes", bytes.len()),
            Self::Nil => "nil".to_owned(),
            Self::ArrayStart => "array".to_owned(),
            Self::StructStart => "struct".to_owned(),
            Self::Name(name) => format!("member {}", crate::error::excerpt(name)),
            Self::ArrayEnd => "the end of the array".to_owned(),
            Self::StructEnd => "the end of the struct".to_owned(),
        }
    }
}
