//! Text as it stands in a document: `&`, `<`, `>` and carriage returns as references.

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
    let mut place = 0;
    while let Some(found) = first_need(&bytes[place..]) {
        place += found;
        let c = if NEEDS[usize::from(bytes[place])] == Need::Look {
            match text[place..].chars().next() {
                Some(c) if is_forbidden(c) && policy != Forbidden::Pass => c,
                c => {
                    place += c.map_or(1, char::len_utf8);
                    continue;
                }
            }
        } else {
            char::from(bytes[place])
        };
        out.extend_from_slice(&bytes[clean..place]);
        out.extend_from_slice(match c {
            '&' => b"&amp;",
            '<' => b"&lt;",
            '>' => b"&gt;",
            '\r' => b"&#13;",
            _ if policy == Forbidden::Replace => "\u{FFFD}".as_bytes(),
            forbidden => return Err(forbidden),
        });
        place += c.len_utf8();
        clean = place;
    }
    out.extend_from_slice(&bytes[clean..]);
    Ok(())
}

/// Where the first byte stands that needs something.
#[inline]
fn first_need(bytes: &[u8]) -> Option<usize> {
    let needs = |b: &u8| NEEDS[usize::from(*b)] != Need::Nothing;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if may_need(u64::from_le_bytes(*word))
            && let Some(place) = word.iter().position(needs)
        {
            return Some(index * 8 + place);
        }
    }
    let place = rest.iter().position(needs)?;
    Some(bytes.len() - rest.len() + place)
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
