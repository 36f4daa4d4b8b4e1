//! Encodings: which one a document is in, and how one is written.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::{EncoderResult, UTF_8, UTF_16BE, UTF_16LE};

use super::short::append_integer;
use super::text::is_space;

/// An encoding in which documents can be written.
///
/// UTF-8, US-ASCII, ISO-8859-1 and the other single-byte encodings. Characters that an encoding lacks are written as references, so
/// that every string can be written in each.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Dialect, Encoder, Encoding};
///
/// let latin1 = Encoder::new().dialect(Dialect::default().encoding(Encoding::ISO_8859_1));
/// assert_eq!(latin1.value("Küche €")?, b"<value><string>K\xFCche &#8364;</string></value>");
/// assert_eq!(Encoding::for_label("KOI8-R").map(|e| e.name()), Some("KOI8-R"));
/// assert_eq!(Encoding::for_label("UTF-16"), None);
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(Kind);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf8,
    UsAscii,
    Latin1,
    SingleByte(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// UTF-8, the default.
    pub const UTF_8: Self = Self(Kind::Utf8);
    /// US-ASCII: all other characters are references.
    pub const US_ASCII: Self = Self(Kind::UsAscii);
    /// ISO-8859-1, which Homematic speaks. U+0080 to U+009F are references, since many peers read these bytes as windows-1252.
    pub const ISO_8859_1: Self = Self(Kind::Latin1);

    /// The encoding with a name as XML and HTTP have it, in any case; `None` for names nobody knows and for encodings of several
    /// bytes a character other than UTF-8.
    pub fn for_label(label: &str) -> Option<Self> {
        if is_ascii_label(label) {
            return Some(Self::US_ASCII);
        }
        if is_latin1_label(label) {
            return Some(Self::ISO_8859_1);
        }
        let known = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())?;
        match known {
            _ if known == UTF_8 => Some(Self::UTF_8),
            _ if known.is_single_byte() => Some(Self(Kind::SingleByte(known))),
            _ => None,
        }
    }

    /// The name, as the XML declaration and HTTP's `charset` have it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Utf8 => "UTF-8",
            Kind::UsAscii => "US-ASCII",
            Kind::Latin1 => "ISO-8859-1",
            Kind::SingleByte(encoding) => encoding.name(),
        }
    }

    /// A document in this encoding. `document` is UTF-8 in which no character above U+007F stands outside of text and names.
    pub(crate) fn encode(self, document: Vec<u8>) -> Vec<u8> {
        if self.0 == Kind::Utf8 || document.is_ascii() {
            return document;
        }
        let text = String::from_utf8_lossy(&document);
        match self.0 {
            Kind::Utf8 => document,
            Kind::UsAscii => with_references(&text, |c| c.is_ascii()),
            Kind::Latin1 => with_references(&text, |c| c.is_ascii() || ('\u{A0}'..='\u{FF}').contains(&c)),
            Kind::SingleByte(encoding) => single_byte(&text, encoding),
        }
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoding({})", self.name())
    }
}

/// One byte for each character that has one, which is then its number; a reference for each other.
fn with_references(text: &str, has_byte: impl Fn(char) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if has_byte(c) => out.push(byte),
            _ => reference(c, &mut out),
        }
    }
    out
}

fn reference(c: char, out: &mut Vec<u8>) {
    append_integer("&#", u32::from(c).into(), ";", out);
}

/// Control characters are references: `encoding_rs` has bytes for them that other tables leave out.
fn single_byte(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    let is_control = |c: char| ('\u{80}'..='\u{9F}').contains(&c);
    let mut out = Vec::with_capacity(text.len() + 16);
    for piece in text.split_inclusive(is_control) {
        let characters = piece.trim_end_matches(is_control);
        mapped(characters, encoding, &mut out);
        for control in piece[characters.len()..].chars() {
            reference(control, &mut out);
        }
    }
    out
}

fn mapped(text: &str, encoding: &'static encoding_rs::Encoding, out: &mut Vec<u8>) {
    let mut encoder = encoding.new_encoder();
    let mut rest = text;
    loop {
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return,
            EncoderResult::OutputFull => out.reserve(rest.len() + 16),
            EncoderResult::Unmappable(c) => reference(c, out),
        }
    }
}

fn is_ascii_label(label: &str) -> bool {
    [
        "us-ascii",
        "ascii",
        "ansi_x3.4-1968",
        "iso646-us",
        "iso-ir-6",
        "us",
    ]
    .iter()
    .any(|l| l.eq_ignore_ascii_case(label.trim()))
}

fn is_latin1_label(label: &str) -> bool {
    ["iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1"]
        .iter()
        .any(|l| l.eq_ignore_ascii_case(label.trim()))
}

/// How the bytes of a document become text.
#[derive(Debug, PartialEq)]
pub(super) enum Decoding {
    Utf8,
    UsAscii,
    Other(&'static encoding_rs::Encoding),
    /// The name is known, and the bytes are something else.
    Contradicted(&'static str),
    /// The name is not known.
    Unknown(String),
}

/// Which encoding a document is in, and how many bytes its byte-order mark takes.
///
/// A byte-order mark decides, then HTTP's charset, then the XML declaration; without any of them it is UTF-8.
pub(super) fn detect(bytes: &[u8], charset: Option<&str>) -> (Decoding, usize) {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        return (known(encoding), length);
    }
    let utf16 = match bytes {
        [0, b'<', 0, _, ..] => Some(UTF_16BE),
        [b'<', 0, _, 0, ..] => Some(UTF_16LE),
        _ => None,
    };
    if let Some(encoding) = utf16 {
        return (known(encoding), 0);
    }
    let declared = || declared_label(bytes).map(|label| String::from_utf8_lossy(label));
    let Some(label) = charset
        .filter(|c| !c.is_empty())
        .map(Cow::Borrowed)
        .or_else(declared)
    else {
        return (Decoding::Utf8, 0);
    };
    (by_label(&label), 0)
}

fn known(encoding: &'static encoding_rs::Encoding) -> Decoding {
    if encoding == UTF_8 {
        Decoding::Utf8
    } else {
        Decoding::Other(encoding)
    }
}

fn by_label(label: &str) -> Decoding {
    if label.eq_ignore_ascii_case("utf-8") {
        return Decoding::Utf8;
    }
    if is_ascii_label(label) {
        return Decoding::UsAscii;
    }
    match encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()) {
        // The bytes have no zeros where UTF-16 would have them, or `detect` would have seen it.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Decoding::Contradicted("UTF-16"),
        Some(encoding) => known(encoding),
        None => Decoding::Unknown(label.to_owned()),
    }
}

/// The length of the XML declaration at the start, where it is as nearly every peer writes it, for UTF-8; otherwise zero.
pub(super) fn usual_declaration(bytes: &[u8]) -> usize {
    // Each is compared by itself, since comparing with a literal of known length is a few instructions.
    macro_rules! find {
        ($($declaration:literal)*) => {
            $(if bytes.starts_with($declaration.as_bytes()) {
                return $declaration.len();
            })*
        };
    }
    find! {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<?xml version='1.0'?>"
        "<?xml version=\"1.0\"?>"
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<?xml version='1.0' encoding='utf-8'?>"
        "<?xml version=\"1.0\" ?>"
    }
    0
}

/// The value of `encoding` in an XML declaration at the start of bytes that are like ASCII, unless it is empty.
fn declared_label(bytes: &[u8]) -> Option<&[u8]> {
    let declaration = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    // Other processing instructions have longer targets, such as `xml-stylesheet`.
    declaration.first().filter(|&&b| is_space(b))?;
    let declaration = &declaration[..memchr::memmem::find(declaration, b"?>")?];
    let after = &declaration[memchr::memmem::find(declaration, b"encoding")? + 8..];
    let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, value) = value.split_first()?;
    let end = value.iter().position(|&b| b == quote)?;
    (matches!(quote, b'"' | b'\'') && end > 0).then(|| &value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_wins_over_charset_and_declaration() {
        let bytes = b"\xEF\xBB\xBF<?xml version='1.0' encoding='koi8-r'?>";
        assert_eq!(detect(bytes, Some("iso-8859-1")), (Decoding::Utf8, 3));
    }

    #[test]
    fn a_charset_wins_over_the_declaration() {
        let bytes = b"<?xml version='1.0' encoding='koi8-r'?>";
        assert_eq!(detect(bytes, Some("us-ascii")).0, Decoding::UsAscii);
        assert_eq!(detect(bytes, None).0, Decoding::Other(encoding_rs::KOI8_R));
        assert_eq!(detect(bytes, Some("")).0, Decoding::Other(encoding_rs::KOI8_R));
    }

    #[test]
    fn unknown_and_contradictory_names_are_known_as_such() {
        let utf16 = b"<?xml version='1.0' encoding='UTF-16'?>";
        assert_eq!(detect(utf16, None).0, Decoding::Contradicted("UTF-16"));
        assert_eq!(
            detect(b"<a/>", Some("x-klingon")).0,
            Decoding::Unknown("x-klingon".to_owned())
        );
    }

    #[test]
    fn what_an_encoding_lacks_becomes_a_reference() {
        let encode = |label: &str| Encoding::for_label(label).unwrap().encode("aü€\u{85}".into());
        assert_eq!(encode("utf-8"), "aü€\u{85}".as_bytes());
        assert_eq!(encode("us-ascii"), b"a&#252;&#8364;&#133;");
        assert_eq!(encode("iso-8859-1"), b"a\xFC&#8364;&#133;");
        assert_eq!(encode("windows-1252"), b"a\xFC\x80&#133;");
        assert_eq!(encode("iso-8859-15"), b"a\xFC\xA4&#133;");
    }
}
