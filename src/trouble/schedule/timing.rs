//! Times that are fixed or left to chance.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A time of a [`Schedule`](crate::Schedule): a fixed one, or any of a range, which the network's seed chooses, to the microsecond.
///
/// # Examples
///
/// ```
/// use netns_test::Timing;
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// assert_eq!(Timing::from(ms(200)).to_string(), "200ms");
/// assert_eq!(Timing::from(ms(200)..=ms(300)).to_string(), "200ms..=300ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub(super) earliest: Duration,
    pub(super) latest: Duration,
}

impl From<Duration> for Timing {
    fn from(time: Duration) -> Self {
        Self {
            earliest: time,
            latest: time,
        }
    }
}

impl From<RangeInclusive<Duration>> for Timing {
    fn from(range: RangeInclusive<Duration>) -> Self {
        let (earliest, latest) = range.into_inner();
        Self { earliest, latest }
    }
}

impl Timing {
    pub(super) fn is_random(self) -> bool {
        self.earliest != self.latest
    }

    /// A time of the range, by a number of which every bit is left to chance.
    pub(super) fn chosen(self, chance: u64) -> Duration {
        let span = self.latest.saturating_sub(self.earliest).as_micros();
        let part = (u128::from(chance) * (span + 1)) >> 64;
        self.earliest + Duration::from_micros(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_random() {
            write!(f, "{:?}..={:?}", self.earliest, self.latest)
        } else {
            write!(f, "{:?}", self.earliest)
        }
    }
}

/// What chance decides about a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Begin = 1,
    Length,
    Halves,
}

/// The number that decides about a step in a round: the same for the same seed, and one of its own for each.
pub(super) fn chance(seed: u64, round: u64, step: usize, of: Of) -> u64 {
    crate::chance::derived(seed, [round, step as u64, of as u64])
}
