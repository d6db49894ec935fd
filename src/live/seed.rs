//! The number from which everything follows that is left to chance.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::chance;
use crate::settings;

/// A network's seed, and whether anything has come of it.
#[derive(Debug)]
pub(crate) struct Seed {
    number: u64,
    used: AtomicBool,
    turns: AtomicU64,
}

impl Seed {
    /// That of the environment, or of the topology, or one that nobody has chosen.
    pub(crate) fn new(asked: Option<u64>) -> Self {
        let any = || RandomState::new().build_hasher().finish();
        Self {
            number: settings::seed().or(asked).unwrap_or_else(any),
            used: AtomicBool::new(false),
            turns: AtomicU64::new(0),
        }
    }

    /// How many have taken their turn before: for things that have no number of their own.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// The number, for what is left to chance.
    pub(crate) fn get(&self) -> u64 {
        self.used.store(true, Ordering::Relaxed);
        self.number
    }

    /// A number of its own for each thing that is left to chance, which these numbers name.
    pub(crate) fn of(&self, thing: [u64; 3]) -> u64 {
        chance::derived(self.get(), thing)
    }

    /// The number if the network's course depends on it.
    pub(crate) fn told(&self) -> Option<u64> {
        self.used.load(Ordering::Relaxed).then_some(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_have_numbers_of_their_own_which_repeat() {
        let number = |seed: u64, thing| {
            let seed = Seed {
                number: seed,
                used: AtomicBool::new(false),
                turns: AtomicU64::new(0),
            };
            seed.of(thing)
        };
        assert_eq!(number(7, [1, 0, 0]), number(7, [1, 0, 0]));
        let things = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]];
        let mut numbers: Vec<u64> = things.map(|it| number(7, it)).to_vec();
        numbers.extend(things.map(|it| number(8, it)));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 10);
    }

    #[test]
    fn a_seed_is_told_once_something_depends_on_it() {
        let seed = Seed::new(Some(5));
        assert_eq!(seed.told(), None);
        let number = seed.get();
        assert_eq!(seed.told(), Some(number));
    }
}
