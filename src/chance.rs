//! Numbers that look like chance and follow from a seed: SplitMix64.
//!
//! Steele, Lea, Flood: "Fast splittable pseudorandom number generators", <https://dl.acm.org/doi/10.1145/2714064.2660195>.

/// What the generator's state grows by from number to number.
pub(crate) const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The generator's last step: words that differ in one bit become words that differ in half of them.
pub(crate) fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// A number of its own for each thing that is left to chance, which these numbers name.
pub(crate) fn derived(seed: u64, thing: [u64; 3]) -> u64 {
    thing.into_iter().fold(seed, |seed, part| {
        scattered(seed ^ scattered(part.wrapping_add(1)))
    })
}

/// The first number of a generator with this seed.
pub(crate) fn scattered(seed: u64) -> u64 {
    mixed(seed.wrapping_add(GAMMA))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that the authors' own program prints for the seed 1234567.
    #[test]
    fn the_numbers_are_those_of_the_paper() {
        let numbers = (1..=3).map(|nth| mixed(1_234_567_u64.wrapping_add(GAMMA.wrapping_mul(nth))));
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(numbers.collect::<Vec<_>>(), expected);
        assert_eq!(scattered(1_234_567), expected[0]);
    }
}
