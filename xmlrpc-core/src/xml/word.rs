//! Eight bytes in one integer, compared at once.

/// The byte eight times.
pub(super) const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The top bit of each byte that is zero. Bits above the lowest such one may be wrong; the lowest is right.
pub(super) const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}

/// How many of eight bytes at the start are digits, and the number that they are.
#[inline(always)]
pub(super) const fn leading_digits(word: u64) -> (u32, u64) {
    let digits = word ^ repeated(b'0');
    let others = (digits | digits.wrapping_add(repeated(0x80 - 10))) & repeated(0x80);
    let count = others.trailing_zeros() / 8;
    // The digits move to the end, with zeros before them; the first one is in the lowest byte. Then neighbours are joined.
    let digits = if count == 0 { 0 } else { digits << (64 - 8 * count) };
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0xFF_0000_00FF).wrapping_mul(100 + (1_000_000 << 32));
    let high = (pairs >> 16 & 0xFF_0000_00FF).wrapping_mul(1 + (10_000 << 32));
    (count, low.wrapping_add(high) >> 32)
}

#[cfg(test)]
mod tests {
    use super::leading_digits;

    #[test]
    fn leading_digits_are_counted_and_read() {
        for (text, count, number) in [
            (b"</int></", 0, 0),
            (b"7</int><", 1, 7),
            (b"42</int>", 2, 42),
            (b"0042</in", 4, 42),
            (b"12345678", 8, 12_345_678),
            (b"99999999", 8, 99_999_999),
            (b"1234567:", 7, 1_234_567),
            (b"1/345678", 1, 1),
            (b"90\xB0\xFF1234", 2, 90),
            (b"\xFF1234567", 0, 0),
        ] {
            assert_eq!(
                leading_digits(u64::from_le_bytes(*text)),
                (count, number),
                "{text:?}"
            );
        }
    }
}
