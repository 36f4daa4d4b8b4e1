//! How values are written, where XML-RPC's dialects differ.

use crate::xml::Encoding;

/// What happens to characters that XML 1.0 cannot carry: U+0000 to U+001F but for tab, line feed and carriage return, U+FFFE and
/// U+FFFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Forbidden {
    /// An error that names the place. The default.
    Refuse,
    /// U+FFFD stands in their place.
    Replace,
    /// They pass unchanged. Written so, a document is no XML and only few peers can read it.
    Pass,
}

/// How nil is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NilForm {
    /// `<nil/>`, which nearly every peer reads. The default.
    Element,
    /// `<ex:nil/>`, Apache's.
    Extension,
    /// An error, save for a result that is nil as a whole: a method that returns nothing answers with the empty string.
    EmptyResult,
}

/// How integers beyond 32 bits are written, and [`Value::I8`](crate::Value::I8) of any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WideForm {
    /// `<i8>`. The default.
    Element,
    /// `<ex:i8>`, Apache's.
    Extension,
    /// As integers of 32 bits, with more digits. Many peers read it exactly, also without any tag for 64 bits: those in JavaScript (`xmlrpc`
    /// on npm takes `<i8>` for text), Python, Ruby, Perl, Lua and OCaml, and WordPress. ROS in C++ and PHP's xmlrpc extension cut it to 32
    /// bits in silence; Java's aXMLRPC and aiohttp-xmlrpc refuse it.
    Int,
    /// `<string>` with the digits, as XenAPI has them.
    Text,
    /// An error; an I8 value that fits 32 bits is written as `<int>`.
    Refuse,
}

/// How NaN and the infinities are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NonFinite {
    /// An error. The default: the specification has no such doubles.
    Refuse,
    /// `nan`, `inf` and `-inf`, which Python and ROS read.
    Text,
}

/// The tag of integers that fit 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntTag {
    /// `<int>`. The default.
    Int,
    /// `<i4>`.
    I4,
}

/// The layout of base64 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base64Lines {
    /// All in one line. The default.
    One,
    /// Lines of 76 characters, as MIME has them.
    Wrapped,
}

/// The form in which values are written.
///
/// Every field is a choice; the method of the same name sets it. What a dialect cannot carry is an error that names the value's
/// path, never a document that nobody can read.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Dialect, Encoder};
///
/// let encode = |dialect: Dialect| Encoder::new().dialect(dialect).value(&(None::<i32>, 5_000_000_000_i64));
/// assert_eq!(
///     encode(Dialect::default())?,
///     b"<value><array><data><value><nil/></value><value><i8>5000000000</i8></value></data></array></value>",
/// );
/// assert_eq!(encode(Dialect::spec()).unwrap_err().path(), "[0]");
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// How nil is written.
    pub nil: NilForm,
    /// How integers beyond 32 bits are written.
    pub wide_integers: WideForm,
    /// How NaN and the infinities are written.
    pub non_finite: NonFinite,
    /// The tag of 32-bit integers.
    pub int_tag: IntTag,
    /// The layout of base64 text.
    pub base64_lines: Base64Lines,
    /// What happens to characters that XML cannot carry.
    pub forbidden_characters: Forbidden,
    /// The encoding of the document.
    pub encoding: Encoding,
}

impl Dialect {
    /// The specification of 1999 and 2003: no nil, no 64-bit integers.
    pub fn spec() -> Self {
        Self {
            nil: NilForm::EmptyResult,
            wide_integers: WideForm::Refuse,
            ..Self::default()
        }
    }

    /// Apache's: `<ex:nil/>` and `<ex:i8>`, with their namespace on the root element.
    pub fn apache() -> Self {
        Self {
            nil: NilForm::Extension,
            wide_integers: WideForm::Extension,
            ..Self::default()
        }
    }

    /// Sets how nil is written.
    #[must_use]
    pub fn nil(mut self, form: NilForm) -> Self {
        self.nil = form;
        self
    }

    /// Sets how integers beyond 32 bits are written.
    #[must_use]
    pub fn wide_integers(mut self, form: WideForm) -> Self {
        self.wide_integers = form;
        self
    }

    /// Sets how NaN and the infinities are written.
    #[must_use]
    pub fn non_finite(mut self, form: NonFinite) -> Self {
        self.non_finite = form;
        self
    }

    /// Sets the tag of 32-bit integers.
    #[must_use]
    pub fn int_tag(mut self, tag: IntTag) -> Self {
        self.int_tag = tag;
        self
    }

    /// Sets the layout of base64 text.
    #[must_use]
    pub fn base64_lines(mut self, lines: Base64Lines) -> Self {
        self.base64_lines = lines;
        self
    }

    /// Sets what happens to characters that XML cannot carry.
    #[must_use]
    pub fn forbidden_characters(mut self, forbidden: Forbidden) -> Self {
        self.forbidden_characters = forbidden;
        self
    }

    /// Sets the encoding of the document.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Whether documents may hold Apache's `ex:` elements and so declare their namespace.
    pub(crate) fn uses_extensions(&self) -> bool {
        self.nil == NilForm::Extension || self.wide_integers == WideForm::Extension
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            nil: NilForm::Element,
            wide_integers: WideForm::Element,
            non_finite: NonFinite::Refuse,
            int_tag: IntTag::Int,
            base64_lines: Base64Lines::One,
            forbidden_characters: Forbidden::Refuse,
            encoding: Encoding::UTF_8,
        }
    }
}
