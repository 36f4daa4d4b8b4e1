//! Short pieces between tags, which is most of what a document is made of: each is appended as one block of a size that is known.
//!
//! How long a number or a name is cannot be foreseen, and a wrong guess, or one more look at the vector, costs more than a few bytes
//! do. So a block is appended that any of them has room in, filled from the front, and cut behind what it needs.

use super::escape::is_clean;
use super::word::repeated;

/// What eight digits can hold.
const EIGHT: u64 = 100_000_000;

/// Room for three times eight digits and a minus, or for a text, and for the tags around them.
const BLOCK: usize = 64;

/// The longest text that is taken for a short one.
const TEXT: usize = 32;

/// Appends an integer as digits between tags of at most 20 bytes each.
#[inline(always)]
pub(super) fn append_integer(open: &str, number: i64, close: &str, out: &mut Vec<u8>) {
    let start = out.len();
    let Some(block) = append_block(out) else { return };
    let place = put(block, 0, open.as_bytes());
    block[place] = b'-';
    let place = put_digits(block, place + usize::from(number < 0), number.unsigned_abs());
    let end = put(block, place, close.as_bytes());
    out.truncate(start + end);
}

/// Appends a text that is short and needs no references between tags of at most 32 bytes together, or says that it is none.
#[inline(always)]
pub(super) fn append_text(open: &str, text: &str, close: &str, out: &mut Vec<u8>) -> bool {
    text.len() <= TEXT && is_clean(text.as_bytes()) && append_clean(open, text, close, out)
}

/// Appends a text that needs no references between such tags, or says that it is not short.
#[inline(always)]
pub(super) fn append_clean(open: &str, text: &str, close: &str, out: &mut Vec<u8>) -> bool {
    if text.len() > TEXT {
        return false;
    }
    let start = out.len();
    let Some(block) = append_block(out) else {
        return false;
    };
    let place = put(block, 0, open.as_bytes());
    let place = put_text(block, place, text.as_bytes());
    let end = put(block, place, close.as_bytes());
    out.truncate(start + end);
    true
}

#[inline(always)]
fn append_block(out: &mut Vec<u8>) -> Option<&mut [u8; BLOCK]> {
    out.extend_from_slice(&[0; BLOCK]);
    out.last_chunk_mut()
}

/// Puts a short text by its first bytes and its last, which may overlap.
#[inline(always)]
fn put_text(block: &mut [u8; BLOCK], place: usize, text: &[u8]) -> usize {
    let end = place + text.len();
    if let (Some(first), Some(last)) = (text.first_chunk::<16>(), text.last_chunk::<16>()) {
        put(block, place, first);
        put(block, end - 16, last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        put(block, place, first);
        put(block, end - 8, last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        put(block, place, first);
        put(block, end - 4, last);
    } else if let ([first, ..], [.., last]) = (text, text) {
        block[place] = *first;
        block[place + text.len() / 2] = text[text.len() / 2];
        block[end - 1] = *last;
    }
    end
}

/// Puts a number's digits at a place, and gives the place behind them.
#[inline(always)]
fn put_digits(block: &mut [u8; BLOCK], place: usize, number: u64) -> usize {
    if number < EIGHT {
        return put_first(block, place, number);
    }
    let above = number / EIGHT;
    let place = if above < EIGHT {
        put_first(block, place, above)
    } else {
        let place = put_first(block, place, above / EIGHT);
        put_eight(block, place, above % EIGHT)
    };
    put_eight(block, place, number % EIGHT)
}

/// Puts a number of up to eight digits without zeros in front.
#[inline(always)]
fn put_first(block: &mut [u8; BLOCK], place: usize, number: u64) -> usize {
    let digits = eight_digits(number);
    // The last digit stands even where it is zero.
    let zeros = (digits | 1 << 56).trailing_zeros() / 8;
    put(
        block,
        place,
        &((digits | repeated(b'0')) >> (8 * zeros)).to_le_bytes(),
    ) - zeros as usize
}

/// Puts a number of up to eight digits with zeros in front.
#[inline(always)]
fn put_eight(block: &mut [u8; BLOCK], place: usize, number: u64) -> usize {
    put(
        block,
        place,
        &(eight_digits(number) | repeated(b'0')).to_le_bytes(),
    )
}

#[inline(always)]
fn put(block: &mut [u8; BLOCK], place: usize, bytes: &[u8]) -> usize {
    let end = place + bytes.len();
    block[place..end].copy_from_slice(bytes);
    end
}

/// The digits of a number below 10^8 as bytes of 0 to 9, the first one in the lowest byte.
#[inline(always)]
const fn eight_digits(number: u64) -> u64 {
    // Halves, quarters and digits, each a quotient with its remainder above it. The products are exact for what is divided here.
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 5_243) >> 19) & 0x7F_0000_007F;
    let quarters = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((quarters * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((quarters - tens * 10) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: i64) -> String {
        let mut out = Vec::new();
        append_integer("<int>", number, "</int>", &mut out);
        let text = String::from_utf8(out).unwrap();
        text.strip_prefix("<int>")
            .unwrap()
            .strip_suffix("</int>")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn integers_are_written_as_the_standard_library_does() {
        let powers = (0..19).map(|power| 10_i64.pow(power));
        let around = powers.flat_map(|power| [power - 1, power, power + 1, power / 2, power * 9 / 10 * 7]);
        let ends = [i64::MAX, i64::MIN, i32::MAX.into(), i32::MIN.into()];
        for number in around.chain(ends) {
            for number in [number, number.wrapping_neg()] {
                assert_eq!(written(number), number.to_string());
            }
        }
        let mut bits: i64 = 1;
        for shift in (0..20_000).map(|step| step % 64) {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            assert_eq!(written(bits >> shift), (bits >> shift).to_string());
        }
    }

    #[test]
    fn short_texts_stand_between_their_tags() {
        let alphabet: String = ('a'..='z').chain('0'..='9').collect();
        for length in 0..=alphabet.len() {
            let text = &alphabet[..length];
            let mut out = b"before".to_vec();
            let short = append_text("</member><member><name>", text, "</name>", &mut out);
            let expected = match short {
                true => format!("before</member><member><name>{text}</name>"),
                false => "before".to_owned(),
            };
            assert_eq!(
                (short, String::from_utf8(out).unwrap()),
                (length <= TEXT, expected)
            );
        }
        assert!(!append_text("", "a&b", "", &mut Vec::new()));
    }

    #[test]
    fn every_four_digits_are_taken_apart() {
        for number in 0..10_000 {
            let (first, last) = (number * 10_000, number);
            assert_eq!(
                eight_digits(first).to_le_bytes()[..4],
                eight_digits(last).to_le_bytes()[4..]
            );
            let text: String = eight_digits(last)
                .to_le_bytes()
                .iter()
                .map(u8::to_string)
                .collect();
            assert_eq!(text, format!("{number:08}"));
        }
    }
}
