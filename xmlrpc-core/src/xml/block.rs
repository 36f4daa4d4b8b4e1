//! Blocks of bytes, all of which are compared at once.

use wide::{CmpEq as _, CmpGt as _, i8x16};

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// Some of a block's bytes, or for each of them whether it is something.
pub(super) type Bytes = i8x16;

/// A bit for each byte of a block for which `is` gives ones, the lowest for the first one.
#[inline(always)]
pub(super) fn marks(block: &[u8; BLOCK], is: impl Fn(Bytes) -> Bytes) -> u64 {
    const PART: usize = 16;
    let (parts, _) = block.as_chunks::<PART>();
    parts.iter().enumerate().fold(0, |marks, (index, part)| {
        let found = is(Bytes::new(part.map(u8::cast_signed))).move_mask();
        marks | u64::from(found.cast_unsigned()) << (PART * index)
    })
}

/// Which bytes are this one.
#[inline(always)]
pub(super) fn equal(bytes: Bytes, byte: u8) -> Bytes {
    bytes.cmp_eq(Bytes::splat(byte.cast_signed()))
}

/// Which bytes are ASCII and less than this one, which is ASCII, too.
#[inline(always)]
pub(super) fn ascii_below(bytes: Bytes, byte: u8) -> Bytes {
    Bytes::splat(byte.cast_signed()).cmp_gt(bytes) & bytes.cmp_gt(Bytes::splat(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_any_place() {
        for place in 0..BLOCK {
            for (byte, below, others) in [(b'<', 0, [b'x', 0x7F, 0xFF]), (b'\n', 1, [b' ', b'~', 0x80])] {
                for other in others {
                    let mut block = [other; BLOCK];
                    block[place] = byte;
                    assert_eq!(marks(&block, |bytes| equal(bytes, byte)), 1 << place);
                    assert_eq!(marks(&block, |bytes| ascii_below(bytes, b' ')), below << place);
                    block[place..].fill(byte);
                    assert_eq!(marks(&block, |bytes| equal(bytes, byte)), u64::MAX << place);
                }
            }
        }
    }
}
