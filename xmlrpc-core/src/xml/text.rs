//! Character data: references, line ends, and text gathered from several pieces.

use std::borrow::Cow;

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

    #[inline]
    fn text(&mut self) -> &mut String {
        if !self.first.is_empty() {
            self.text.push_str(std::mem::take(&mut self.first));
        }
        &mut self.text
    }

    pub(super) fn finish(self) -> Cow<'r, str> {
        if self.text.is_empty() {
            Cow::Borrowed(self.first)
        } else {
            Cow::Owned(self.text)
        }
    }
}

/// The character behind the reference that `rest` begins with, and the length of the reference.
///
/// Two references that are the halves of a UTF-16 surrogate pair are one character where the reading takes them.
#[inline]
pub(super) fn reference(rest: &str, reading: &Reading) -> Result<(char, usize)> {
    match rest.as_bytes() {
        [_, b'a', b'm', b'p', b';', ..] => Ok(('&', "&amp;".len())),
        [_, b'l', b't', b';', ..] => Ok(('<', "&lt;".len())),
        [_, b'g', b't', b';', ..] => Ok(('>', "&gt;".len())),
        _ => other_reference(rest, reading),
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
