//! `base64`: bytes, which serde would take for an array of numbers.

use std::fmt;
use std::ops::{Deref, DerefMut};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::reading::Policy;

/// The name by which this crate's own formats know that nothing but base64 will do.
pub(crate) const NEWTYPE: &str = "$xmlrpc::Base64";

/// The characters of a line of wrapped base64, as MIME has them.
const LINE: usize = 76;

const PADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new());
/// Takes the characters before the padding; the padding is judged apart, where the reading says how much of it is needed.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes, carried as `<base64>`.
///
/// Derefs to a `Vec<u8>`. A plain `Vec<u8>` in a type is written as an array of integers, since serde does not tell bytes from
/// numbers; it is read from either. `#[serde(with = "serde_bytes")]` works as well.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Base64, from_slice, to_vec};
///
/// let bytes = Base64::from(b"you can't read this!".to_vec());
/// let xml = to_vec(&bytes)?;
/// assert_eq!(xml, b"<value><base64>eW91IGNhbid0IHJlYWQgdGhpcyE=</base64></value>");
/// assert_eq!(from_slice::<Base64>(&xml)?, bytes);
/// assert_eq!(from_slice::<Vec<u8>>(&xml)?, *bytes);
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Base64(Vec<u8>);

impl Base64 {
    /// The bytes themselves.
    pub fn into_inner(self) -> Vec<u8> {
        self.0
    }
}

impl Deref for Base64 {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Base64 {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Base64 {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Base64 {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Base64> for Vec<u8> {
    fn from(bytes: Base64) -> Self {
        bytes.0
    }
}

impl AsRef<[u8]> for Base64 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Base64 {
    /// The base64 text, as [`Display`](fmt::Display) has it, in quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64(\"{self}\")")
    }
}

impl fmt::Display for Base64 {
    /// The base64 text on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base64::display::Base64Display::new(&self.0, &PADDED).fmt(f)
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NEWTYPE, Base64Visitor)
    }
}

struct Base64Visitor;

impl<'de> Visitor<'de> for Base64Visitor {
    type Value = Base64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Base64, D::Error> {
        deserializer.deserialize_byte_buf(self)
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Base64, E> {
        Ok(Base64(bytes))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Base64, E> {
        Ok(Base64(bytes.to_vec()))
    }

    /// Formats without bytes of their own, such as JSON, give numbers.
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Base64, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(Base64(bytes))
    }
}

/// Appends the base64 text of `bytes`, on one line or on lines of 76 characters.
pub(crate) fn encode(bytes: &[u8], wrapped: bool, out: &mut Vec<u8>) {
    let chunk = if wrapped { LINE / 4 * 3 } else { bytes.len().max(1) };
    for (line, piece) in bytes.chunks(chunk).enumerate() {
        if line > 0 {
            out.push(b'\n');
        }
        let start = out.len();
        out.resize(start + piece.len().div_ceil(3) * 4, b'=');
        // The slice is exactly as long as the text, so that there is no error to meet.
        let written = PADDED.encode_slice(piece, &mut out[start..]).unwrap_or(0);
        out.truncate(start + written);
    }
}

/// The bytes behind a base64 text, or `None` where it is none.
///
/// White space may stand anywhere. With `forms` accepted the padding may be short or missing and the alphabet URL-safe.
pub(crate) fn decode(text: &str, forms: Policy) -> Option<Vec<u8>> {
    let lenient = forms == Policy::Accept;
    let (characters, padding) = split_padding(text);
    let mut bytes = Vec::with_capacity(characters.len() / 4 * 3 + 3);
    let count = if UNPADDED.decode_vec(characters, &mut bytes).is_ok() {
        characters.len()
    } else {
        bytes.clear();
        decode_pieces(characters, lenient, &mut bytes)?
    };
    let needed = (4 - count % 4) % 4;
    let padded = if lenient {
        padding <= needed
    } else {
        padding == needed
    };
    (padded && needed != 3).then_some(bytes)
}

/// The text without its padding, and how many `=` there were; white space among them does not count.
fn split_padding(text: &str) -> (&str, usize) {
    let characters = text.trim_end_matches(|c: char| c == '=' || c.is_ascii_whitespace());
    let padding = text[characters.len()..].bytes().filter(|&b| b == b'=').count();
    (characters, padding)
}

/// Decodes what stands between white space, piece by piece; a quantum may be split over two pieces.
fn decode_pieces(text: &str, lenient: bool, bytes: &mut Vec<u8>) -> Option<usize> {
    let mut carried = String::with_capacity(4);
    let mut count = 0;
    for piece in text.split_ascii_whitespace() {
        count += piece.len();
        let standard;
        let mut piece = piece;
        if lenient && piece.contains(['-', '_']) {
            standard = piece.replace('-', "+").replace('_', "/");
            piece = &standard;
        }
        if !carried.is_empty() {
            let (head, tail) = piece.split_at_checked(piece.len().min(4 - carried.len()))?;
            carried.push_str(head);
            piece = tail;
            if carried.len() < 4 {
                continue;
            }
            UNPADDED.decode_vec(&carried, bytes).ok()?;
            carried.clear();
        }
        let (whole, rest) = piece.split_at_checked(piece.len() / 4 * 4)?;
        UNPADDED.decode_vec(whole, bytes).ok()?;
        carried.push_str(rest);
    }
    UNPADDED.decode_vec(&carried, bytes).ok()?;
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], wrapped: bool) -> String {
        let mut out = Vec::new();
        encode(bytes, wrapped, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_76_characters_long() {
        assert_eq!(text(&[], true), "");
        assert_eq!(text(&[0; 57], true), "A".repeat(76));
        assert_eq!(text(&[0; 58], true), format!("{}\nAA==", "A".repeat(76)));
        assert_eq!(text(&[0; 58], false), format!("{}AA==", "A".repeat(76)));
    }

    #[test]
    fn white_space_may_cut_a_quantum_anywhere() {
        let bytes: Vec<u8> = (0..=255).collect();
        let whole = text(&bytes, false);
        for width in 1..9 {
            let cut: Vec<&str> = whole
                .as_bytes()
                .chunks(width)
                .map(|c| std::str::from_utf8(c).unwrap())
                .collect();
            assert_eq!(
                decode(&cut.join(" \n"), Policy::Refuse).as_deref(),
                Some(&bytes[..]),
                "width {width}"
            );
        }
    }
}
