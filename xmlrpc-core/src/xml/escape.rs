//! Text as it stands in a document: `&`, `<`, `>` and carriage returns as references.

use std::ops::Range;

use super::block::{BLOCK, ascii_below, equal, marks};
use super::document::is_forbidden;
use super::word::{repeated, zero_bytes};
use crate::dialect::Forbidden;

/// What a byte needs when it is written.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Nothing,
    Reference,
    /// A control character, or the first byte of one of U+FFFE and U+FFFF: a look at the character itself.
    Look,
}

static NEEDS: [Need; 256] = {
    let mut needs = [Need::Nothing; 256];
    let mut byte = 0;
    while byte < 0x20 {
        needs[byte] = Need::Look;
        byte += 1;
    }
    needs[b'\t' as usize] = Need::Nothing;
    needs[b'\n' as usize] = Need::Nothing;
    needs[b'\r' as usize] = Need::Reference;
    needs[b'&' as usize] = Need::Reference;
    needs[b'<' as usize] = Need::Reference;
    needs[b'>' as usize] = Need::Reference;
    needs[0xEF] = Need::Look;
    needs
};

/// Appends text with its references.
///
/// # Errors
///
/// The first character that XML lacks, where the policy refuses them.
#[inline]
pub(super) fn escape(text: &str, policy: Forbidden, out: &mut Vec<u8>) -> Result<(), char> {
    if is_clean(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    escape_needy(text, policy, out)
}

/// Whether a text is quickly seen to need no references, as nearly every one is.
#[inline(always)]
pub(super) fn is_clean(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk() {
        let (blocks, _) = bytes.as_chunks();
        return blocks.iter().all(|block| !block_may_need(block)) && !block_may_need(last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return !may_need(u64::from_le_bytes(*first)) && !may_need(u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let word = u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
        return !may_need(word);
    }
    bytes.iter().all(|b| NEEDS[usize::from(*b)] == Need::Nothing)
}

#[cold]
#[inline(never)]
fn escape_needy(text: &str, policy: Forbidden, out: &mut Vec<u8>) -> Result<(), char> {
    let bytes = text.as_bytes();
    let mut clean = 0;
    let (blocks, rest) = bytes.as_chunks();
    for (index, block) in blocks.iter().enumerate() {
        let start = index * BLOCK;
        let mut marks = marks(block, |bytes| {
            ascii_below(bytes, b' ')
                | equal(bytes, b'&')
                | equal(bytes, b'<')
                | equal(bytes, b'>')
                | equal(bytes, 0xEF)
        });
        while marks != 0 {
            let place = start + marks.trailing_zeros() as usize;
            marks &= marks - 1;
            clean = escape_one(text, clean, place, policy, out)?;
        }
        let end = start + BLOCK;
        // A character that was replaced may go beyond.
        if clean < end {
            append_part(bytes, clean..end, out);
            clean = end;
        }
    }
    for place in bytes.len() - rest.len()..bytes.len() {
        if NEEDS[usize::from(bytes[place])] != Need::Nothing {
            clean = escape_one(text, clean, place, policy, out)?;
        }
    }
    out.extend_from_slice(&bytes[clean..]);
    Ok(())
}

/// Appends what is clean before a place, and what stands for the character there if it is not to stay; gives what is not appended yet.
#[inline(always)]
fn escape_one(
    text: &str,
    clean: usize,
    place: usize,
    policy: Forbidden,
    out: &mut Vec<u8>,
) -> Result<usize, char> {
    let byte = text.as_bytes()[place];
    let (reference, length): (&[u8; 8], usize) = match byte {
        b'&' => (b"&amp;...", 5),
        b'<' => (b"&lt;....", 4),
        b'>' => (b"&gt;....", 4),
        b'\r' => (b"&#13;...", 5),
        _ => return escape_odd(text, clean, place, policy, out),
    };
    append_part(text.as_bytes(), clean..place, out);
    out.extend_from_slice(reference);
    out.truncate(out.len() + length - reference.len());
    Ok(place + 1)
}

/// The same for a byte with which a character may begin that XML lacks.
#[cold]
fn escape_odd(
    text: &str,
    clean: usize,
    place: usize,
    policy: Forbidden,
    out: &mut Vec<u8>,
) -> Result<usize, char> {
    let Some(c) = text[place..].chars().next().filter(|&c| is_forbidden(c)) else {
        return Ok(clean);
    };
    match policy {
        Forbidden::Pass => Ok(clean),
        Forbidden::Refuse => Err(c),
        Forbidden::Replace => {
            out.extend_from_slice(&text.as_bytes()[clean..place]);
            out.extend_from_slice("\u{FFFD}".as_bytes());
            Ok(place + c.len_utf8())
        }
    }
}

/// Appends part of a text, of at most a block, by copying a block where there is one.
#[inline(always)]
fn append_part(text: &[u8], part: Range<usize>, out: &mut Vec<u8>) {
    match text.get(part.start..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        Some(block) if part.len() <= BLOCK => {
            let end = out.len() + part.len();
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[part]),
    }
}

/// Whether one of sixteen bytes may need something, tabs and line feeds included.
///
/// All of them are compared at once, with one kind after the other: there are no branches inside.
#[inline(always)]
fn block_may_need(block: &[u8; 16]) -> bool {
    any(block, |b| b < b' ')
        | any(block, |b| b == b'&')
        | any(block, |b| b | (b'<' ^ b'>') == b'>')
        | any(block, |b| b == 0xEF)
}

#[inline(always)]
fn any(block: &[u8; 16], is: impl Fn(u8) -> bool) -> bool {
    block.iter().fold(false, |any, &b| any | is(b))
}

/// Whether one of eight bytes may need something; of those that need nothing, tabs and line feeds are taken for such, too.
#[inline(always)]
const fn may_need(word: u64) -> bool {
    const TOP: u64 = repeated(0x80);
    const ONE: u64 = repeated(1);
    // Each difference has the top bit of a byte of ASCII set where it is what is looked for. `<` and `>` differ in one bit.
    let control = word.wrapping_sub(repeated(b' '));
    let ampersand = (word ^ repeated(b'&')).wrapping_sub(ONE);
    let angle = ((word | repeated(b'<' ^ b'>')) ^ repeated(b'<' | b'>')).wrapping_sub(ONE);
    (control | ampersand | angle) & !word & TOP != 0
        || word & TOP != 0 && zero_bytes(word ^ repeated(0xEF)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, policy: Forbidden) -> Result<String, char> {
        let mut out = Vec::new();
        escape(text, policy, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn markup_and_carriage_returns_become_references() {
        assert_eq!(
            escaped("a<b>&\r\n\"'\t", Forbidden::Refuse).unwrap(),
            "a&lt;b&gt;&amp;&#13;\n\"'\t"
        );
        assert_eq!(
            escaped("\u{FEFF}\u{FFFD}ﬀ", Forbidden::Refuse).unwrap(),
            "\u{FEFF}\u{FFFD}ﬀ"
        );
    }

    #[test]
    fn what_needs_a_look_is_found_in_any_place_of_a_text_of_any_length() {
        for (place, behind) in (0..40).flat_map(|place| (0..40).map(move |behind| (place, behind))) {
            let around = |middle: &str| format!("{}{middle}{}", "x".repeat(place), "ü".repeat(behind));
            for (c, reference) in [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('\r', "&#13;")] {
                let text = around(&c.to_string());
                assert_eq!(escaped(&text, Forbidden::Refuse).unwrap(), around(reference));
            }
            for c in ['\0', '\x1F', '\u{FFFF}'] {
                assert_eq!(escaped(&around(&c.to_string()), Forbidden::Refuse), Err(c));
            }
            for c in ['\t', ' ', ';', '=', '\u{FFFD}'] {
                let text = around(&c.to_string());
                assert_eq!(escaped(&text, Forbidden::Refuse).unwrap(), text);
            }
        }
    }

    /// Characters that need something in all kinds of distances, against one character at a time.
    #[test]
    fn long_texts_are_escaped_in_blocks_as_they_are_piece_by_piece() {
        for (distance, filling) in (0..150).flat_map(|d| ["x", "é", "xﬀ", "x€yz😀\n"].map(|f| (d, f)))
        {
            let part: String = filling.chars().cycle().take(distance).collect();
            let text = format!("<{part}&{part}>{part}{part}\r\u{FFFE}{part}");
            let expected = format!("&lt;{part}&amp;{part}&gt;{part}{part}&#13;\u{FFFD}{part}");
            assert_eq!(escaped(&text, Forbidden::Replace).unwrap(), expected);
            assert_eq!(escaped(&text, Forbidden::Refuse), Err('\u{FFFE}'));
        }
    }

    #[test]
    fn the_policy_decides_on_characters_that_xml_lacks() {
        for c in ['\0', '\x0B', '\x1F', '\u{FFFE}', '\u{FFFF}'] {
            let text = format!("a{c}&");
            assert_eq!(escaped(&text, Forbidden::Refuse), Err(c));
            assert_eq!(escaped(&text, Forbidden::Replace).unwrap(), "a\u{FFFD}&amp;");
            assert_eq!(escaped(&text, Forbidden::Pass).unwrap(), format!("a{c}&amp;"));
        }
    }
}
