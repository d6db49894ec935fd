//! Chance that repeats: numbers that follow from a seed, what they are for, and which packet they concern.

use crate::chance::{GAMMA, mixed};

/// What a number decides: each kind has numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Loss = 1,
    LossInState,
    Duplicate,
    Corrupt,
    Bit,
    Reorder,
    Jitter,
}

/// All numbers of a seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    seed: u64,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Something between 0 and 1, without 1.
    pub(super) fn unit(&self, kind: Kind, number: u64) -> f64 {
        // As many bits as the type has digits.
        (self.bits(kind, number) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Something between 0 and 1, without both.
    pub(super) fn inner(&self, kind: Kind, number: u64) -> f64 {
        self.unit(kind, number).max(f64::EPSILON)
    }

    /// Whether what has this probability happens.
    pub(super) fn happens(&self, probability: f64, kind: Kind, number: u64) -> bool {
        probability > 0.0 && self.unit(kind, number) < probability
    }

    /// A whole number below `end`.
    pub(super) fn below(&self, end: u64, kind: Kind, number: u64) -> u64 {
        ((u128::from(self.bits(kind, number)) * u128::from(end)) >> 64) as u64
    }

    fn bits(&self, kind: Kind, number: u64) -> u64 {
        let stream = mixed(self.seed ^ mixed(GAMMA.wrapping_mul(kind as u64)));
        mixed(stream.wrapping_add(GAMMA.wrapping_mul(number.wrapping_add(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certain_happens_and_what_is_impossible_does_not() {
        let chance = Chance::new(7);
        for number in 0..1000 {
            assert!(chance.happens(1.0, Kind::Loss, number));
            assert!(!chance.happens(0.0, Kind::Loss, number));
            assert!(chance.below(3, Kind::Bit, number) < 3);
        }
    }
}
