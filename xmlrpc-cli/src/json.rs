//! JSON as it is read and written here: integers stay integers, names keep their order, and whatever is wrong has a place.
//!
//! Text becomes a [`Json`] by [`parse`], and a [`Json`] becomes text by [`mod@print`]; [`plain`] and [`typed`] are the two ways between it and
//! XML-RPC's values. Numbers of JSON have no size and no kind, and common readers make a double of what they cannot hold; this one
//! tells an integer from a double, and refuses what is beyond 64 bits.

pub(crate) mod parse;
pub(crate) mod plain;
pub(crate) mod print;
pub(crate) mod typed;

use std::borrow::Cow;

use crate::pointer;

/// One value of JSON, and where it began.
#[derive(Clone, Debug)]
pub(crate) struct Json {
    /// Bytes before it in the text that it was read from; 0 for what was made here.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Boolean(bool),
    /// A number without fraction and exponent.
    Integer(i64),
    Double(f64),
    Text(String),
    Array(Vec<Json>),
    /// Members in order; a name may stand twice.
    Object(Vec<(String, Json)>),
}

/// What is wrong with JSON, and where.
#[derive(Debug)]
pub(crate) struct Error {
    /// Bytes before the place.
    pub(crate) at: usize,
    pub(crate) message: Cow<'static, str>,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What is wrong and where, with a pointer to the spot in the text that was read.
    pub(crate) fn explained(&self, text: &str) -> String {
        let (line, column) = pointer::place(text, self.at);
        let spot = pointer::point(text, line, column);
        format!("{} at line {line}, column {column}\n{spot}", self.message)
    }
}

impl From<Kind> for Json {
    fn from(kind: Kind) -> Self {
        Self { at: 0, kind }
    }
}

impl Json {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Kind::Text(text.into()).into()
    }

    /// An object of one name.
    pub(crate) fn tagged(name: &str, value: impl Into<Self>) -> Self {
        Self::object([(name, value.into())])
    }

    pub(crate) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Kind::Object(members.collect()).into()
    }

    /// The member of this name; of several, the last.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Kind::Object(members) = &self.kind else {
            return None;
        };
        let found = members.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The error that something else must stand here.
    pub(crate) fn wrong(&self, message: impl Into<Cow<'static, str>>) -> Error {
        Error {
            at: self.at,
            message: message.into(),
        }
    }
}
