//! Chance that a seed repeats.

use crate::chance::{GAMMA, scattered};

/// One number of state, and no two seeds alike.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        let number = scattered(self.0);
        self.0 = self.0.wrapping_add(GAMMA);
        number
    }

    pub(super) fn happens(&mut self, probability: f64) -> bool {
        // As many bits as a float has.
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}
