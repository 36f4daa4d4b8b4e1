//! The bytes of a document, decoded and checked once, before anything is read from them.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, UTF_16BE, UTF_16LE};
use memchr::{memchr, memmem};

use super::encoding::{Decoding, detect, usual_declaration};
use crate::dialect::Forbidden;
use crate::error::{Error, LimitName, Problem, Result, excerpt};
use crate::{Category, Limits, Policy, Reading};

/// The text of a document up to its end, or up to the first byte that cannot be part of one.
///
/// What is wrong with that byte is reported when the reader arrives there, so that errors keep the document's order.
#[derive(Clone, Debug)]
pub(crate) struct Document<'a> {
    text: Cow<'a, str>,
    facts: Facts,
}

/// What is known of a document beside its text.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Whether offsets in `text` are offsets in the bytes that came in, less the byte-order mark.
    pub(super) original: bool,
    /// The bytes of the byte-order mark, where `original` holds.
    pub(super) mark: usize,
    /// The bytes of the XML declaration, where it was recognised at once.
    pub(super) declaration: usize,
    pub(super) end: End,
    /// Whether a carriage return stands anywhere, so that line ends need a look.
    pub(super) has_cr: bool,
    /// Whether `]]>` stands anywhere, and is refused in text.
    pub(super) has_cdata_end: bool,
}

/// Why the text ends where it does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// It is the end of the document.
    Whole,
    /// The bytes behind it are not in this encoding.
    Undecodable(&'static str),
    /// The bytes behind it begin a character, and no more follow.
    InsideOfCharacter,
    /// A character that XML lacks.
    Forbidden(char),
}

impl<'a> Document<'a> {
    /// Decodes a document. `charset` is the one HTTP gave beside it.
    pub(crate) fn new(
        bytes: &'a [u8],
        charset: Option<&str>,
        limits: &Limits,
        reading: &Reading,
    ) -> Result<Self> {
        Self::load(Cow::Borrowed(bytes), charset, limits, reading)
    }

    fn load(bytes: Cow<'a, [u8]>, charset: Option<&str>, limits: &Limits, reading: &Reading) -> Result<Self> {
        if bytes.len() > limits.document_bytes {
            return Err(Error::limit(LimitName::DocumentBytes, limits.document_bytes));
        }
        let declaration = usual_declaration(&bytes);
        let (decoding, mark) = match charset {
            // There is no byte-order mark.
            None if declaration > 0 => (Decoding::Utf8, 0),
            charset => detect(&bytes, charset),
        };
        let original = decoding == Decoding::Utf8;
        let (text, end) = match decoding {
            Decoding::Utf8 => utf8(bytes, mark),
            Decoding::UsAscii => ascii(bytes),
            Decoding::Other(encoding) => decoded(&bytes[mark..], encoding),
            Decoding::Contradicted(name) => {
                let message = format!("bytes that are not {name}, which is the encoding named for them");
                return Err(Error::encoding(message));
            }
            Decoding::Unknown(label) => {
                return Err(Error::new(
                    Category::Encoding,
                    Problem::UnknownEncoding(excerpt(&label)),
                ));
            }
        };
        let facts = Facts {
            original,
            mark,
            declaration: if original { declaration } else { 0 },
            end,
            has_cr: false,
            has_cdata_end: false,
        };
        let mut document = Self { text, facts };
        let clean = uninteresting(document.text.as_bytes());
        if clean == document.text.len() {
            return Ok(document);
        }
        document.judge_characters(clean, reading.forbidden_characters);
        let rest = &document.text.as_bytes()[clean..];
        document.facts.has_cr = memchr(b'\r', rest).is_some();
        document.facts.has_cdata_end = reading.cdata_ends == Policy::Refuse && has_cdata_end(rest);
        Ok(document)
    }

    /// Ends the text before the first character that XML lacks, or replaces all of them. There are none before `clean`.
    fn judge_characters(&mut self, clean: usize, policy: Forbidden) {
        if policy == Forbidden::Pass {
            return;
        }
        let Some(place) = first_forbidden(&self.text.as_bytes()[clean..]).map(|place| clean + place) else {
            return;
        };
        if policy == Forbidden::Replace {
            self.text = self.text.replace(is_forbidden, "\u{FFFD}").into();
            self.facts.original = false;
            return;
        }
        self.facts.end = End::Forbidden(self.text[place..].chars().next().unwrap_or_default());
        match &mut self.text {
            Cow::Borrowed(text) => *text = &text[..place],
            Cow::Owned(text) => text.truncate(place),
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        self.facts.clone()
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text goes to the end of the document.
    pub(crate) fn is_whole(&self) -> bool {
        self.facts.end == End::Whole
    }

    /// The text, where it lies in the bytes given to [`Document::new`].
    pub(crate) fn borrowed(&self) -> Option<&'a str> {
        match self.text {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }
}

impl Document<'static> {
    /// What this crate's own writer wrote, which needs no second look.
    pub(crate) fn written(text: String) -> Self {
        let facts = Facts {
            original: true,
            mark: 0,
            declaration: usual_declaration(text.as_bytes()),
            end: End::Whole,
            has_cr: false,
            has_cdata_end: false,
        };
        Self {
            text: text.into(),
            facts,
        }
    }

    /// Decodes a document and keeps it. UTF-8 is not copied.
    pub(crate) fn from_vec(
        bytes: Vec<u8>,
        charset: Option<&str>,
        limits: &Limits,
        reading: &Reading,
    ) -> Result<Self> {
        Self::load(Cow::Owned(bytes), charset, limits, reading)
    }
}

/// Whether XML 1.0 has no such character, not even as a reference.
pub(crate) fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

fn utf8(bytes: Cow<'_, [u8]>, mark: usize) -> (Cow<'_, str>, End) {
    match bytes {
        Cow::Borrowed(bytes) => {
            let bytes = &bytes[mark..];
            // Faster than the standard library, which tells where something is wrong.
            if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
                return (text.into(), End::Whole);
            }
            match std::str::from_utf8(bytes) {
                Ok(text) => (text.into(), End::Whole),
                Err(error) => {
                    let valid = &bytes[..error.valid_up_to()];
                    (String::from_utf8_lossy(valid), utf8_end(error))
                }
            }
        }
        Cow::Owned(mut bytes) => {
            bytes.drain(..mark);
            match String::from_utf8(bytes) {
                Ok(text) => (text.into(), End::Whole),
                Err(error) => {
                    let reason = error.utf8_error();
                    let mut bytes = error.into_bytes();
                    bytes.truncate(reason.valid_up_to());
                    (
                        String::from_utf8(bytes).unwrap_or_default().into(),
                        utf8_end(reason),
                    )
                }
            }
        }
    }
}

fn utf8_end(error: std::str::Utf8Error) -> End {
    if error.error_len().is_some() {
        End::Undecodable("UTF-8")
    } else {
        End::InsideOfCharacter
    }
}

fn ascii(bytes: Cow<'_, [u8]>) -> (Cow<'_, str>, End) {
    let Some(place) = bytes.iter().position(|b| !b.is_ascii()) else {
        return utf8(bytes, 0);
    };
    (
        String::from_utf8_lossy(&bytes[..place]).into_owned().into(),
        End::Undecodable("US-ASCII"),
    )
}

fn decoded(bytes: &[u8], encoding: &'static encoding_rs::Encoding) -> (Cow<'static, str>, End) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8 + 16);
    let mut rest = bytes;
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => return (text.into(), End::Whole),
            DecoderResult::OutputFull => text.reserve(rest.len() * 2 + 16),
            DecoderResult::Malformed(..)
                if rest.is_empty() && (encoding == UTF_16LE || encoding == UTF_16BE) =>
            {
                return (text.into(), End::InsideOfCharacter);
            }
            DecoderResult::Malformed(..) => return (text.into(), End::Undecodable(encoding.name())),
        }
    }
}

/// Looks for the first byte alone first, which few documents have.
fn has_cdata_end(bytes: &[u8]) -> bool {
    memchr(b']', bytes).is_some_and(|place| memmem::find(&bytes[place..], b"]]>").is_some())
}

/// How many bytes at the start are of no interest: no control character but tab and line feed, no `]` as in `]]>`, and no 0xEF as
/// in U+FFFE and U+FFFF. Most documents hold nothing else, so that one pass in blocks settles all three matters.
fn uninteresting(bytes: &[u8]) -> usize {
    const BLOCK: usize = 64;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let clean = BLOCK * blocks.iter().take_while(|&block| is_uninteresting(block)).count();
    // The last block reaches back into what was looked at.
    let all_blocks = clean + rest.len() == bytes.len();
    if all_blocks && bytes.last_chunk::<BLOCK>().is_some_and(is_uninteresting) {
        bytes.len()
    } else {
        clean
    }
}

/// Most blocks are printable ASCII and line feeds, which takes half as long to see.
#[inline(always)]
fn is_uninteresting<const SIZE: usize>(block: &[u8; SIZE]) -> bool {
    // What is not ASCII is negative.
    let unusual = |b: u8| (b.cast_signed() < 32) & (b != b'\n') | (b == b']');
    // All control characters but the two are below 9 or between 11 and 31.
    let interesting = |b: u8| (b < 9) | (b.wrapping_sub(11) < 21) | (b == b']') | (b == 0xEF);
    !any(block, unusual) || !any(block, interesting)
}

/// No branches inside, so that many bytes are compared at once.
#[inline(always)]
fn any<const SIZE: usize>(block: &[u8; SIZE], is: impl Fn(u8) -> bool) -> bool {
    block.iter().fold(false, |any, &b| any | is(b))
}

/// Where the first forbidden character is.
fn first_forbidden(bytes: &[u8]) -> Option<usize> {
    let control = |b: &u8| *b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r');
    let controls = bytes.iter().position(control);
    let limit = controls.unwrap_or(bytes.len());
    // Both begin with the byte 0xEF, which few documents have.
    let start = memchr(0xEF, &bytes[..limit]).unwrap_or(limit);
    let noncharacters = ["\u{FFFE}", "\u{FFFF}"]
        .iter()
        .filter(|_| start < limit)
        .filter_map(|c| memmem::find(&bytes[start..limit], c.as_bytes()))
        .map(|place| start + place)
        .min();
    noncharacters.or(controls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(bytes: &[u8], reading: &Reading) -> Document<'static> {
        Document::from_vec(bytes.to_vec(), None, &Limits::default(), reading).unwrap()
    }

    #[test]
    fn text_ends_before_the_first_wrong_byte() {
        let reading = Reading::default();
        for (bytes, text, end) in [
            (&b"<a>\xFF\x01"[..], "<a>", End::Undecodable("UTF-8")),
            (b"<a>\x01\xFF", "<a>", End::Forbidden('\x01')),
            (
                "<a>\u{FFFF}\u{FFFE}".as_bytes(),
                "<a>",
                End::Forbidden('\u{FFFF}'),
            ),
            (b"<a>\xC3", "<a>", End::InsideOfCharacter),
            (b"<a>\r\n", "<a>\r\n", End::Whole),
        ] {
            let document = load(bytes, &reading);
            assert_eq!((document.text(), &document.facts.end), (text, &end));
            let borrowed = Document::new(bytes, None, &Limits::default(), &reading).unwrap();
            assert_eq!((borrowed.text(), &borrowed.facts.end), (text, &end));
        }
    }

    #[test]
    fn policies_decide_on_forbidden_characters() {
        let document = load(
            b"<a>\x1B</a>",
            &Reading::default().forbidden_characters(Forbidden::Pass),
        );
        assert_eq!(document.text(), "<a>\x1B</a>");
        let document = load(
            b"<a>\x1B</a>",
            &Reading::default().forbidden_characters(Forbidden::Replace),
        );
        assert_eq!(
            (document.text(), document.facts.original),
            ("<a>\u{FFFD}</a>", false)
        );
    }

    #[test]
    fn a_forbidden_character_is_found_in_any_place_of_a_block() {
        for place in 0..200 {
            let mut bytes = vec![b'a'; 200];
            bytes[place] = 0x0B;
            assert_eq!(first_forbidden(&bytes), Some(place));
        }
    }
}
