//! Character data: references, line ends, and text gathered from several pieces.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::block::{BLOCK, equal, marks};
use super::document::is_forbidden;
use super::work::look;
use crate::Reading;
use crate::dialect::Forbidden;
use crate::error::{Error, Result, excerpt};
use crate::reading::Policy;

/// The longest reference that is looked at: `&#x` with leading zeros included.
const REFERENCE: usize = 32;

/// Whether a byte is white space in XML.
pub(super) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

/// The text without white space around it.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if !is_space(*first) && !is_space(*last) => text,
        _ => text.trim_matches([' ', '\t', '\n', '\r']),
    }
}

/// Text with every line end as a line feed, as XML wants it (2.11).
pub(super) fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}

/// Text that is put together from pieces, and borrowed as long as there is one only.
#[derive(Debug, Default)]
pub(super) struct Gathered<'r> {
    /// The first piece, while it is the only one.
    first: &'r str,
    /// All pieces, from the second one on.
    text: String,
}

impl<'r> Gathered<'r> {
    #[cold]
    pub(super) fn push(&mut self, piece: Cow<'r, str>) {
        match piece {
            Cow::Borrowed(piece) => self.push_borrowed(piece),
            Cow::Owned(piece) => self.text().push_str(&piece),
        }
    }

    #[inline]
    pub(super) fn push_borrowed(&mut self, piece: &'r str) {
        if self.text.is_empty() && self.first.is_empty() {
            self.first = piece;
        } else {
            self.text().push_str(piece);
        }
    }

    #[inline]
    pub(super) fn push_char(&mut self, c: char) {
        self.text().push(c);
    }

    /// Appends what [`unescape`] takes of `rest`, and says how many bytes that is.
    pub(super) fn push_unescaped(&mut self, rest: &str) -> usize {
        if self.text.capacity() == 0 {
            let run = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            look(run);
            self.text.reserve(self.first.len() + run);
        }
        let (text, taken) = unescape(rest, std::mem::take(self.text()));
        self.text = text;
        taken
    }

    #[inline]
    fn text(&mut self) -> &mut String {
        if !self.first.is_empty() {
            self.text.push_str(std::mem::take(&mut self.first));
        }
        &mut self.text
    }

    pub(super) fn finish(mut self) -> Cow<'r, str> {
        if self.text.is_empty() {
            return Cow::Borrowed(self.first);
        }
        if self.text.len() < self.text.capacity() / 2 {
            self.text.shrink_to_fit();
        }
        Cow::Owned(self.text)
    }
}

/// Appends text that begins with a reference, with characters in place of references, and gives the whole and the number of bytes it
/// took.
///
/// It stops at markup, at references other than the usual ones, and where no two blocks are left, in `text` or in what `out` has
/// room for. How far it is from one reference to the next, and which one that is, cannot be foreseen, and each wrong guess costs the
/// processor more than a block of text does. So the marks of a block are found all at once, which no other block waits for, and parts
/// of a block are copied with all that follows, which is taken back. `out` is owned, and never grows here, so that its length is no
/// further away than a register.
fn unescape(text: &str, mut out: String) -> (String, usize) {
    // Or else a block would be looked at for each reference of another kind.
    if usual_reference(text.as_bytes()).is_none() {
        return (out, 0);
    }
    let mut done = 0;
    let mut start = 0;
    while let Some(block) = text.as_bytes().get(start..).and_then(<[u8]>::first_chunk) {
        look(BLOCK);
        let mut marks = marks(block, |bytes| equal(bytes, b'<') | equal(bytes, b'&'));
        while marks != 0 {
            let mark = start + marks.trailing_zeros() as usize;
            let Some((c, length)) = usual_reference(&text.as_bytes()[mark..]) else {
                return (out, done);
            };
            if !push_part(text, done..mark, &mut out) {
                return (out, done);
            }
            done = mark;
            if out.len() == out.capacity() {
                return (out, done);
            }
            out.push(c);
            done += length;
            marks &= marks - 1;
        }
        start += BLOCK;
        // Less waits for the next mark.
        if start >= done + BLOCK {
            if !text.is_char_boundary(start) || !push_part(text, done..start, &mut out) {
                return (out, done);
            }
            done = start;
        }
    }
    (out, done)
}

/// Appends part of the text, of at most two blocks, by copying two; says whether they were there, and room for them.
#[inline(always)]
fn push_part(text: &str, part: Range<usize>, out: &mut String) -> bool {
    const PART: usize = 2 * BLOCK;
    match text.get(part.start..part.start + PART) {
        Some(blocks) if out.capacity() - out.len() >= PART => {
            out.push_str(blocks);
            out.truncate(out.len() - PART + part.len());
            true
        }
        _ => false,
    }
}

/// A reference by name.
#[derive(Clone, Copy)]
struct Usual {
    c: char,
    length: usize,
    /// Its bytes in one integer, and the bits that they take.
    word: u64,
    mask: u64,
}

/// The five, each at its [place](Usual::place).
const USUAL: [Usual; 8] = {
    let all = [
        Usual::new('&', b"&amp;"),
        Usual::new('<', b"&lt;"),
        Usual::new('>', b"&gt;"),
        Usual::new('"', b"&quot;"),
        Usual::new('\'', b"&apos;"),
    ];
    let mut usual = [all[0]; 8];
    let mut index = 0;
    while index < all.len() {
        usual[Usual::place(all[index].word)] = all[index];
        index += 1;
    }
    usual
};

impl Usual {
    const fn new(c: char, reference: &[u8]) -> Self {
        let (mut word, mut length) = (0, reference.len());
        while length > 0 {
            length -= 1;
            word = word << 8 | reference[length] as u64;
        }
        Self {
            c,
            length: reference.len(),
            word,
            mask: (1 << (8 * reference.len())) - 1,
        }
    }

    /// Where a reference stands if it is one of the five: its first two letters give each of them a place of its own.
    const fn place(word: u64) -> usize {
        let letters = word >> 8;
        ((letters + (letters >> 4) + (letters >> 8)) % 8) as usize
    }
}

/// The character and the length of the reference by name that stands at the start, unless there are fewer than eight bytes.
///
/// It is compared with the one that it can be, since which of them it is cannot be foreseen.
#[inline(always)]
fn usual_reference(bytes: &[u8]) -> Option<(char, usize)> {
    let word = u64::from_le_bytes(*bytes.first_chunk()?);
    let usual = &USUAL[Usual::place(word)];
    ((word ^ usual.word) & usual.mask == 0).then_some((usual.c, usual.length))
}

/// The character behind the reference that `rest` begins with, and the length of the reference.
///
/// Two references that are the halves of a UTF-16 surrogate pair are one character where the reading takes them.
#[inline]
pub(super) fn reference(rest: &str, reading: &Reading) -> Result<(char, usize)> {
    match usual_reference(rest.as_bytes()) {
        Some(found) => Ok(found),
        None => other_reference(rest, reading),
    }
}

fn other_reference(rest: &str, reading: &Reading) -> Result<(char, usize)> {
    let (name, length) = name_of(rest)?;
    let Some(number) = name.strip_prefix('#') else {
        return named(name).map(|c| (c, length));
    };
    let code = parse_number(number)
        .ok_or_else(|| Error::syntax(format!("reference {} is no character", excerpt(name))))?;
    if (0xD800..0xDC00).contains(&code)
        && reading.surrogate_pairs == Policy::Accept
        && let Some((c, second)) = surrogate_pair(code, &rest[length..])
    {
        return Ok((c, length + second));
    }
    match char::from_u32(code) {
        Some(c) if !is_forbidden(c) || reading.forbidden_characters == Forbidden::Pass => Ok((c, length)),
        _ if reading.forbidden_characters == Forbidden::Replace => Ok((char::REPLACEMENT_CHARACTER, length)),
        _ => Err(Error::syntax(format!(
            "reference {} is no character of XML",
            excerpt(name)
        ))),
    }
}

/// What stands between `&` and `;`.
fn name_of(rest: &str) -> Result<(&str, usize)> {
    let bytes = rest.as_bytes();
    let end = bytes
        .iter()
        .skip(1)
        .position(|&b| b == b';' || b == b'<' || b == b'&' || is_space(b))
        .map(|end| end + 1);
    look(end.unwrap_or(bytes.len()));
    match end {
        Some(end) if bytes[end] == b';' && end > 1 && (end <= REFERENCE || is_padded(&rest[1..end])) => {
            Ok((&rest[1..end], end + 1))
        }
        Some(end) if bytes[end] == b';' && end > 1 => Err(Error::syntax(format!(
            "undefined entity {}",
            excerpt(&rest[1..end])
        ))),
        _ => Err(Error::syntax("`&` that begins no reference")),
    }
}

/// Leading zeros do not make a reference wrong.
fn is_padded(name: &str) -> bool {
    let digits = name.trim_start_matches(['#', 'x']);
    digits.trim_start_matches('0').len() <= REFERENCE
}

fn named(name: &str) -> Result<char> {
    Ok(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return Err(Error::syntax(format!("undefined entity {}", excerpt(name)))),
    })
}

fn parse_number(number: &str) -> Option<u32> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` takes a sign, XML does not.
    let valid = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, radix).ok().filter(|_| valid)
}

fn surrogate_pair(high: u32, rest: &str) -> Option<(char, usize)> {
    if !rest.starts_with("&#") {
        return None;
    }
    let (name, length) = name_of(rest).ok()?;
    let low = parse_number(name.strip_prefix('#')?).filter(|low| (0xDC00..0xE000).contains(low))?;
    let c = char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?;
    Some((c, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts with references in all kinds of distances, of one byte a character or more, against one character at a time.
    #[test]
    fn texts_are_unescaped_in_blocks_as_they_are_piece_by_piece() {
        for (distance, filling) in (0..300).flat_map(|d| ["x", "é", "xé", "x€yz😀"].map(|f| (d, f))) {
            let part: String = filling.chars().cycle().take(distance).collect();
            let escaped = format!("&lt;{part}&amp;{part}&apos;{part}{part}&quot;&gt;<");
            let expected = format!("<{part}&{part}'{part}{part}\">");
            let (out, taken) = unescape(&escaped, String::with_capacity(escaped.len()));
            let (done, left) = escaped.split_at(taken);
            assert!(left.len() < 3 * BLOCK || !part.is_ascii(), "{taken} of {escaped}");
            let rest = left
                .strip_suffix('<')
                .unwrap_or(left)
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&amp;", "&");
            assert_eq!(out + &rest, expected, "behind {done}");
        }
    }

    #[test]
    fn references_give_their_character_and_length() {
        let reading = Reading::default();
        for (text, c) in [
            ("&amp;", '&'),
            ("&#65;", 'A'),
            ("&#x41;", 'A'),
            ("&#55357;&#56832;", '😀'),
            ("&#xD83D;&#xDE00;", '😀'),
        ] {
            assert_eq!(reference(text, &reading).unwrap(), (c, text.len()), "{text}");
        }
        let padded = format!("&#{}65;", "0".repeat(100));
        assert_eq!(reference(&padded, &reading).unwrap(), ('A', padded.len()));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in [
            "&",
            "&;",
            "&amp",
            "&a b;",
            "&#;",
            "&#x;",
            "&#+65;",
            "&#X41;",
            "&#0;",
            "&#xD800;",
            "&#xDE00;&#xD83D;",
            "&nbsp;",
            "&#1114112;",
        ] {
            assert!(reference(text, &Reading::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn line_ends_become_line_feeds() {
        assert_eq!(with_line_feeds("a\r\nb\rc\n\r\n"), "a\nb\nc\n\n");
        assert!(matches!(with_line_feeds("a\nb"), Cow::Borrowed(_)));
    }
}
