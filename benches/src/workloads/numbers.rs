//! Numbers that look random and are the same in every run.

/// A linear congruential generator of which the upper half is given out.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new() -> Self {
        Self(0x5851_F42D)
    }

    pub(super) fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 32).unwrap_or_default()
    }

    /// From 0 up to, but without, `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }

    /// One of `choices`.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.next() as usize % choices.len()]
    }

    /// From 0 to `end` with decimals up to the second, as prices have them, and never whole: libraries differ in how they write that.
    pub(super) fn decimal(&mut self, end: u32) -> f64 {
        f64::from(self.below(end) * 100 + self.below(99) + 1) / 100.0
    }
}
