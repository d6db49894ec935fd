//! Chance that a seed repeats.

/// SplitMix64: one number of state, and no two seeds alike. See <https://dl.acm.org/doi/10.1145/2714064.2660195>.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn happens(&mut self, probability: f64) -> bool {
        // As many bits as a float has.
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}
