//! One error for the whole format: what went wrong, where, and what was expected.
//!
//! Errors flow out of [`xml`](crate::xml) (syntax, protocol, limits, encodings) and of the serde layers (data). The place is
//! added by whoever knows it: the reader knows offset and path, the writer the path of the value it could not write.

use std::borrow::Cow;
use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many characters of a peer's text an error may quote.
const EXCERPT: usize = 40;
/// How many bytes a path may take in an error before its front is cut.
const PATH: usize = 120;
/// How many bytes of a message that a user's type made are kept.
const MESSAGE: usize = 200;

/// Why a document could not be read or written.
///
/// Opaque and one word wide. [`Error::category`] says what kind of failure it is, [`Error::position`] and [`Error::path`] where it
/// is, [`Error::expected`] and [`Error::found`] what did not match. `Display` puts all of it in one line of a few hundred bytes at
/// most; of the document it quotes no more than 40 characters.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Category, from_slice};
///
/// let error = from_slice::<Vec<i32>>(b"<value><array><data><value><int>7</int></value><value>x</value></data></array></value>").unwrap_err();
/// assert_eq!(error.category(), Category::Data);
/// assert_eq!(error.path(), "[1]");
/// assert_eq!(error.to_string(), "expected i32, found string \"x\" in [1] at line 1, column 48 (byte 47)");
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    category: Category,
    problem: Problem,
    position: Option<Position>,
    path: String,
}

/// What is said about a failure; the texts of all errors come from here.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A sentence that stands alone.
    Message(Cow<'static, str>),
    /// One thing was wanted and another one stood there.
    Mismatch {
        expected: Cow<'static, str>,
        found: Cow<'static, str>,
    },
    /// A limit of [`Limits`](crate::Limits), with the setter that raises it.
    Limit { limit: LimitName, value: usize },
    /// An encoding that nobody knows.
    UnknownEncoding(String),
}

/// The kind of a failure, and with it the fault code a server answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// The bytes are no well-formed XML document, or carry a DOCTYPE (fault -32700).
    Syntax,
    /// Well formed, but not XML-RPC (fault -32600).
    Protocol,
    /// The text of a scalar is wrong or out of range, or a value is not of the type asked for (fault -32602). When writing: a
    /// value that the dialect cannot carry.
    Data,
    /// A limit of [`Limits`](crate::Limits) was reached (fault -32600).
    Limit,
    /// An encoding nobody knows (fault -32701), or bytes that are not in the document's encoding (fault -32702).
    Encoding,
}

/// The limits of [`Limits`](crate::Limits) by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitName {
    /// [`Limits::document_bytes`](crate::Limits::document_bytes).
    DocumentBytes,
    /// [`Limits::depth`](crate::Limits::depth).
    Depth,
    /// [`Limits::values`](crate::Limits::values).
    Values,
    /// [`Limits::members`](crate::Limits::members).
    Members,
    /// [`Limits::string_bytes`](crate::Limits::string_bytes).
    StringBytes,
    /// [`Limits::name_bytes`](crate::Limits::name_bytes).
    NameBytes,
    /// [`Limits::reread_bytes`](crate::Limits::reread_bytes).
    RereadBytes,
    /// [`Limits::attributes`](crate::Limits::attributes).
    Attributes,
}

impl LimitName {
    /// What is counted, and the setter's name.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::DocumentBytes => ("the document is longer than {} bytes", "document_bytes"),
            Self::Depth => ("arrays and structs are nested deeper than {} levels", "depth"),
            Self::Values => ("the document holds more than {} values", "values"),
            Self::Members => ("a struct has more than {} members", "members"),
            Self::StringBytes => ("a string or base64 text is longer than {} bytes", "string_bytes"),
            Self::NameBytes => ("a name is longer than {} bytes", "name_bytes"),
            Self::RereadBytes => (
                "members with the value before the name made more than {} bytes be read again",
                "reread_bytes",
            ),
            Self::Attributes => ("an element has more than {} attributes", "attributes"),
        }
    }

    /// The setter of [`Limits`](crate::Limits) that moves this limit, such as `document_bytes`.
    pub fn setter(self) -> &'static str {
        self.words().1
    }
}

/// A place in a document.
///
/// For a document in UTF-8 all three count in the bytes that came in, a byte-order mark included. A document in another encoding
/// is decoded first; its places count in the decoded text, and [`Position::is_decoded`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    pub(crate) offset: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) decoded: bool,
}

impl Position {
    /// Bytes before the place.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Whether [`offset`](Self::offset) counts bytes of the text decoded to UTF-8 instead of bytes received.
    pub fn is_decoded(&self) -> bool {
        self.decoded
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.decoded { "decoded byte" } else { "byte" };
        write!(
            f,
            "line {}, column {} ({unit} {})",
            self.line, self.column, self.offset
        )
    }
}

impl Error {
    pub(crate) fn new(category: Category, problem: Problem) -> Self {
        Self(Box::new(Inner {
            category,
            problem,
            position: None,
            path: String::new(),
        }))
    }

    pub(crate) fn syntax(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Category::Syntax, Problem::Message(message.into()))
    }

    pub(crate) fn protocol(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Category::Protocol, Problem::Message(message.into()))
    }

    pub(crate) fn data(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Category::Data, Problem::Message(message.into()))
    }

    pub(crate) fn encoding(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Category::Encoding, Problem::Message(message.into()))
    }

    pub(crate) fn limit(limit: LimitName, value: usize) -> Self {
        Self::new(Category::Limit, Problem::Limit { limit, value })
    }

    /// `found` is quoted as it is; texts of a peer go through [`excerpt`] first.
    pub(crate) fn mismatch(
        category: Category,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(
            category,
            Problem::Mismatch {
                expected: expected.into(),
                found: found.into(),
            },
        )
    }

    /// Adds the place unless a more exact one is known already.
    pub(crate) fn at(mut self, place: impl FnOnce() -> (Option<Position>, String)) -> Self {
        self.locate(place);
        self
    }

    /// The same for an error that stays where it is.
    #[cold]
    pub(crate) fn locate(&mut self, place: impl FnOnce() -> (Option<Position>, String)) {
        if self.0.position.is_none() && self.0.path.is_empty() {
            (self.0.position, self.0.path) = place();
        }
    }

    /// Puts `front` before the path, for a value that is part of something larger.
    #[must_use]
    pub(crate) fn under(mut self, front: &str) -> Self {
        let rest = std::mem::take(&mut self.0.path);
        self.0.path = match rest.chars().next() {
            None => front.to_owned(),
            Some('[' | '.') => format!("{front}{rest}"),
            Some(_) => format!("{front}.{rest}"),
        };
        self
    }

    /// What kind of failure it is.
    pub fn category(&self) -> Category {
        self.0.category
    }

    /// Where in the document it is; `None` when writing, and for a document that was refused as a whole.
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// The value concerned, such as `params[0].users[3].id`; empty at the top and outside of values.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What should have stood there, where the failure is a mismatch.
    pub fn expected(&self) -> Option<&str> {
        match &self.0.problem {
            Problem::Mismatch { expected, .. } => Some(expected),
            _ => None,
        }
    }

    /// What stood there instead, with texts cut to a short excerpt.
    pub fn found(&self) -> Option<&str> {
        match &self.0.problem {
            Problem::Mismatch { found, .. } => Some(found),
            _ => None,
        }
    }

    /// The limit that was reached, where [`Error::category`] is [`Category::Limit`].
    pub fn limit_name(&self) -> Option<LimitName> {
        match self.0.problem {
            Problem::Limit { limit, .. } => Some(limit),
            _ => None,
        }
    }

    /// The code of the [fault code interoperability list](crate::Fault#codes) for this error.
    pub(crate) fn fault_code(&self) -> i32 {
        use crate::fault::code;
        match self.0.category {
            Category::Syntax => code::NOT_WELL_FORMED,
            Category::Protocol | Category::Limit => code::INVALID_XML_RPC,
            Category::Data => code::INVALID_PARAMETERS,
            Category::Encoding if matches!(self.0.problem, Problem::UnknownEncoding(_)) => {
                code::UNSUPPORTED_ENCODING
            }
            Category::Encoding => code::INVALID_CHARACTER,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.problem {
            Problem::Message(message) => f.write_str(message)?,
            Problem::Mismatch { expected, found } => write!(f, "expected {expected}, found {found}")?,
            Problem::Limit { limit, value } => {
                let (words, setter) = limit.words();
                let words = words.replace("{}", &value.to_string());
                write!(f, "{words}; Limits::{setter} raises this limit")?;
            }
            Problem::UnknownEncoding(label) => write!(f, "unknown encoding {label}")?,
        }
        if !self.0.path.is_empty() {
            write!(f, " in {}", shortened(&self.0.path))?;
        }
        match self.0.position {
            Some(position) => write!(f, " at {position}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("category", &self.0.category)
            .field("message", &self.to_string())
            .finish()
    }
}

impl std::error::Error for Error {}

/// The end of a long path says more than its front.
fn shortened(path: &str) -> Cow<'_, str> {
    if path.len() <= PATH {
        return path.into();
    }
    let cut = (path.len() - PATH..path.len())
        .find(|&i| path.is_char_boundary(i))
        .unwrap_or(path.len());
    format!("…{}", &path[cut..]).into()
}

/// A peer's text, quoted, escaped and cut.
pub(crate) fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(EXCERPT).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

fn bounded(mut message: String) -> String {
    if message.len() > MESSAGE {
        let cut = (0..=MESSAGE)
            .rev()
            .find(|&i| message.is_char_boundary(i))
            .unwrap_or(0);
        message.truncate(cut);
        message.push('…');
    }
    message
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::data(bounded(message.to_string()))
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::mismatch(Category::Data, bounded(expected.to_string()), described(found))
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn serde::de::Expected) -> Self {
        Self::mismatch(
            Category::Data,
            bounded(expected.to_string()),
            format!("{length} of them"),
        )
    }

    fn missing_field(name: &'static str) -> Self {
        Self::data(format!("missing member `{name}`"))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::data(format!("member `{name}` twice"))
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self::data(bounded(format!(
            "unknown member {}, expected one of {expected:?}",
            excerpt(name)
        )))
    }

    fn unknown_variant(name: &str, expected: &'static [&'static str]) -> Self {
        Self::data(bounded(format!(
            "unknown variant {}, expected one of {expected:?}",
            excerpt(name)
        )))
    }
}

/// serde's own words, but in the names of XML-RPC's types and never longer than an excerpt.
fn described(found: serde::de::Unexpected<'_>) -> String {
    use serde::de::Unexpected;
    match found {
        Unexpected::Bool(value) => format!("boolean {}", u8::from(value)),
        Unexpected::Unsigned(value) => format!("int {value}"),
        Unexpected::Signed(value) => format!("int {value}"),
        Unexpected::Float(value) => format!("double {value:?}"),
        Unexpected::Str(text) => format!("string {}", excerpt(text)),
        Unexpected::Bytes(bytes) => format!("base64 of {} bytes", bytes.len()),
        Unexpected::Unit | Unexpected::Option => "nil".to_owned(),
        Unexpected::Seq => "array".to_owned(),
        Unexpected::Map => "struct".to_owned(),
        other => bounded(other.to_string()),
    }
}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::data(bounded(message.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
    }

    #[test]
    fn excerpts_are_cut_and_escaped() {
        assert_eq!(excerpt("a\n\"b\""), r#""a\n\"b\"""#);
        assert_eq!(excerpt(&"ü".repeat(50)), format!("\"{}…\"", "ü".repeat(40)));
    }

    #[test]
    fn long_paths_lose_their_front() {
        let error = Error::data("x").at(|| (None, format!("params[0]{}", ".ü".repeat(200))));
        let text = error.to_string();
        assert!(text.len() < 200, "{text}");
        assert!(text.ends_with(".ü"), "{text}");
    }

    #[test]
    fn paths_join_with_the_right_separator() {
        let at = |path: &str| Error::data("x").at(|| (None, path.to_owned())).under("params[1]");
        assert_eq!(at("[2].a").path(), "params[1][2].a");
        assert_eq!(at("a[2]").path(), "params[1].a[2]");
        assert_eq!(at("").path(), "params[1]");
    }
}
