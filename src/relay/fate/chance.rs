//! Chance that repeats: numbers that follow from a seed, what they are for, and which packet they concern.

/// The step of splitmix64, whose nth output is a function of seed and n alone.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

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

    pub(super) fn is_of(&self, seed: u64) -> bool {
        self.seed == seed
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
        let stream = mix(self.seed ^ mix(GAMMA.wrapping_mul(kind as u64)));
        mix(stream.wrapping_add(GAMMA.wrapping_mul(number.wrapping_add(1))))
    }
}

/// The output function of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014; variant 13 by Stafford).
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of splitmix64 for the seed 1234567, which its authors' program prints.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let nth = |n: u64| mix(1_234_567_u64.wrapping_add(GAMMA.wrapping_mul(n)));
        assert_eq!(
            [nth(1), nth(2), nth(3)],
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

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
