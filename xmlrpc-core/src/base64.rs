//! `base64`: bytes, which serde would take for an array of numbers.

use std::fmt;
use std::ops::{Deref, DerefMut};

use base64_simd::{AsOut as _, STANDARD, STANDARD_NO_PAD};
use memchr::memchr;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::reading::Policy;

/// The name by which this crate's own formats know that nothing but base64 will do.
pub(crate) const NEWTYPE: &str = "$xmlrpc::Base64";

/// The characters of a line of wrapped base64, as MIME has them.
const LINE: usize = 76;

/// The bytes of so many whole lines are encoded at once, and the characters of them decoded.
const LINES: usize = 64;

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
        let mut characters = [0; LINE * LINES];
        for bytes in self.0.chunks(LINE / 4 * 3 * LINES) {
            f.write_str(STANDARD.encode_as_str(bytes, characters.as_mut_slice().as_out()))?;
        }
        Ok(())
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
    if !wrapped {
        return STANDARD.encode_append(bytes, out);
    }
    let mut characters = [0; LINE * LINES];
    let mut is_first = true;
    for bytes in bytes.chunks(LINE / 4 * 3 * LINES) {
        for line in STANDARD
            .encode(bytes, characters.as_mut_slice().as_out())
            .chunks(LINE)
        {
            if !std::mem::take(&mut is_first) {
                out.push(b'\n');
            }
            out.extend_from_slice(line);
        }
    }
}

/// The bytes behind a base64 text, or `None` where it is none.
///
/// White space may stand anywhere. With `forms` accepted the padding may be short or missing and the alphabet URL-safe. The bytes
/// take one allocation, as large as the text may need.
pub(crate) fn decode(text: &str, forms: Policy) -> Option<Vec<u8>> {
    let lenient = forms == Policy::Accept;
    let (characters, padding) = split_padding(text);
    let mut bytes = Vec::with_capacity(characters.len() / 4 * 3 + 3);
    let count = decode_line(characters, &mut bytes)
        .or_else(|| decode_lines(characters, &mut bytes))
        .or_else(|| decode_pieces(characters, lenient, &mut bytes))?;
    let needed = (4 - count % 4) % 4;
    let padded = if lenient {
        padding <= needed
    } else {
        padding == needed
    };
    (padded && needed != 3).then_some(bytes)
}

/// The text without its padding, and how many `=` there were; white space among them does not count.
fn split_padding(text: &str) -> (&[u8], usize) {
    // Python begins a text with a line feed.
    let text = text.trim_ascii_start();
    let characters = text.trim_end_matches(|c: char| c == '=' || c.is_ascii_whitespace());
    let padding = text[characters.len()..].bytes().filter(|&b| b == b'=').count();
    (characters.as_bytes(), padding)
}

/// Decodes a text without white space, and says how many characters it has.
fn decode_line(text: &[u8], bytes: &mut Vec<u8>) -> Option<usize> {
    bytes.clear();
    decode_end(text, bytes)?;
    Some(text.len())
}

/// Decodes a text on lines of one length, as encoders write them.
fn decode_lines(text: &[u8], bytes: &mut Vec<u8>) -> Option<usize> {
    bytes.clear();
    let mut pieces = Pieces::new(false);
    let length = memchr(b'\n', text)?;
    let mut rest = text;
    while let Some((line, [b'\n', after @ ..])) = rest.split_at_checked(length) {
        pieces.piece(line.strip_suffix(b"\r").unwrap_or(line), bytes)?;
        rest = after;
    }
    pieces.piece(rest, bytes)?;
    pieces.finish(bytes)
}

/// Decodes any text; a quantum may be split over two pieces.
fn decode_pieces(text: &[u8], lenient: bool, bytes: &mut Vec<u8>) -> Option<usize> {
    bytes.clear();
    let mut pieces = Pieces::new(lenient);
    for piece in text.split(u8::is_ascii_whitespace) {
        pieces.piece(piece, bytes)?;
    }
    pieces.finish(bytes)
}

/// Joins the pieces between white space, as many at a time as make up some lines.
struct Pieces {
    characters: [u8; LINE * LINES],
    /// How many of the characters are there.
    filled: usize,
    /// How many were decoded.
    count: usize,
    lenient: bool,
}

impl Pieces {
    fn new(lenient: bool) -> Self {
        Self {
            characters: [0; LINE * LINES],
            filled: 0,
            count: 0,
            lenient,
        }
    }

    fn piece(&mut self, mut piece: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
        loop {
            let room = &mut self.characters[self.filled..];
            let (now, later) = piece.split_at(piece.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.filled += now.len();
            if later.is_empty() {
                return Some(());
            }
            self.decode(bytes)?;
            piece = later;
        }
    }

    fn decode(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let characters = &mut self.characters[..self.filled];
        if self.lenient {
            for character in &mut *characters {
                *character = match *character {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => other,
                };
            }
        }
        self.count += characters.len();
        self.filled = 0;
        decode_end(characters, bytes)
    }

    /// How many characters there were.
    fn finish(mut self, bytes: &mut Vec<u8>) -> Option<usize> {
        self.decode(bytes)?;
        Some(self.count)
    }
}

/// Appends the bytes behind characters, of which there may be two or three more than whole quanta. The bits of these that belong to
/// no byte are not looked at.
fn decode_end(characters: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let (whole, rest) = characters.split_at(characters.len() / 4 * 4);
    STANDARD_NO_PAD.decode_append(whole, bytes).ok()?;
    if rest.is_empty() {
        return Some(());
    }
    let mut quantum = [b'A'; 4];
    quantum[..rest.len()].copy_from_slice(rest);
    let mut last = [0; 3];
    STANDARD_NO_PAD
        .decode(&quantum, last.as_mut_slice().as_out())
        .ok()?;
    bytes.extend_from_slice(&last[..rest.len() * 3 / 4]);
    Some(())
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
