//! Text as it stands in a document: `&`, `<`, `>` and carriage returns as references.

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
    let (blocks, rest) = text.as_bytes().as_chunks();
    let mut escaping = Escaping {
        text,
        policy,
        done: 0,
        out,
    };
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
            escaping.mark(start + marks.trailing_zeros() as usize)?;
            marks &= marks - 1;
        }
        escaping.append_up_to(start + BLOCK);
    }
    for (index, byte) in rest.iter().enumerate() {
        if NEEDS[usize::from(*byte)] != Need::Nothing {
            escaping.mark(blocks.len() * BLOCK + index)?;
        }
    }
    escaping.append_up_to(text.len());
    Ok(())
}

/// A text on its way out.
struct Escaping<'t> {
    text: &'t str,
    policy: Forbidden,
    /// How much of the text is appended, or left out.
    done: usize,
    out: &'t mut Vec<u8>,
}

impl Escaping<'_> {
    /// At a byte that may need something: appends what stands for its character, if that is not to stay as it is, behind what was before.
    #[inline(always)]
    fn mark(&mut self, place: usize) -> Result<(), char> {
        let (reference, length): (&[u8; 8], usize) = match self.text.as_bytes()[place] {
            b'&' => (b"&amp;...", 5),
            b'<' => (b"&lt;....", 4),
            b'>' => (b"&gt;....", 4),
            b'\r' => (b"&#13;...", 5),
            _ => return self.look(place),
        };
        self.append_up_to(place);
        self.out.extend_from_slice(reference);
        self.out.truncate(self.out.len() + length - reference.len());
        self.done = place + 1;
        Ok(())
    }

    /// The same for a byte with which a character may begin that XML lacks.
    #[cold]
    fn look(&mut self, place: usize) -> Result<(), char> {
        let found = self.text[place..].chars().next().filter(|&c| is_forbidden(c));
        match (found, self.policy) {
            (None, _) | (_, Forbidden::Pass) => Ok(()),
            (Some(c), Forbidden::Refuse) => Err(c),
            (Some(c), Forbidden::Replace) => {
                self.append_up_to(place);
                self.out.extend_from_slice("\u{FFFD}".as_bytes());
                self.done = place + c.len_utf8();
                Ok(())
            }
        }
    }

    /// Appends the text up to a place, unless a character that was replaced goes beyond it. Up to a block is copied as one, and cut.
    #[inline(always)]
    fn append_up_to(&mut self, place: usize) {
        let Some(part) = self.text.as_bytes().get(self.done..place) else {
            return;
        };
        match self.text.as_bytes()[self.done..].first_chunk::<BLOCK>() {
            Some(block) if part.len() <= BLOCK => {
                let end = self.out.len() + part.len();
                self.out.extend_from_slice(block);
                self.out.truncate(end);
            }
            _ => self.out.extend_from_slice(part),
        }
        self.done = place;
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
