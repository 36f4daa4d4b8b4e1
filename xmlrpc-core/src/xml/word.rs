//! Eight bytes in one integer, compared at once.

/// The byte eight times.
pub(super) const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The top bit of each byte that is zero. Bits above the lowest such one may be wrong; the lowest is right.
pub(super) const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}
