//! Which of the packets that meet all conditions.

use std::fmt;

use super::Match;
use crate::packet::random::Random;

/// Which of the packets that come to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Count {
    Nth(u64),
    First(u64),
    Every(u64),
    Probability(f64),
}

/// A count of a rule that is installed.
#[derive(Debug)]
pub(super) struct Counter {
    count: Count,
    seen: u64,
    random: Random,
}

impl Match {
    /// The nth packet alone, counted from 1.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn nth(self, n: u64) -> Self {
        self.count(Count::Nth(n))
    }

    /// The first n packets.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[must_use = "builder methods return the changed match"]
    pub fn first(self, n: u64) -> Self {
        self.count(Count::First(n))
    }

    /// The nth, the 2nth, the 3nth packet and so on.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Match::udp().every(3).first(2).to_string(), "udp, every 3, first 2");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn every(self, n: u64) -> Self {
        self.count(Count::Every(n))
    }

    /// Each packet with this probability, 0 to 1. The network's seed decides which: with the same one, the same packets.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Match::udp().with_probability(0.01).to_string(), "udp, with probability 0.01");
    /// ```
    #[must_use = "builder methods return the changed match"]
    pub fn with_probability(self, probability: f64) -> Self {
        self.count(Count::Probability(probability))
    }

    fn count(mut self, count: Count) -> Self {
        self.counts.push(count);
        self
    }
}

impl Count {
    pub(super) fn is_random(&self) -> bool {
        matches!(self, Self::Probability(_))
    }

    pub(super) fn mistake(&self) -> Option<String> {
        match self {
            Self::Nth(0) | Self::First(0) | Self::Every(0) => {
                Some(format!("`{self}` is no packet: they count from 1"))
            }
            Self::Probability(it) if !(0.0..=1.0).contains(it) => {
                Some(format!("the probability {it} is out of range (0 to 1)"))
            }
            _ => None,
        }
    }
}

impl Counter {
    pub(super) fn new(count: Count, seed: u64) -> Self {
        Self {
            count,
            seen: 0,
            random: Random::new(seed),
        }
    }

    /// Counts a packet; tells if it is one of those.
    pub(super) fn takes(&mut self) -> bool {
        self.seen += 1;
        match self.count {
            Count::Nth(n) => self.seen == n,
            Count::First(n) => self.seen <= n,
            Count::Every(n) => self.seen % n == 0,
            Count::Probability(probability) => self.random.happens(probability),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nth(n) => write!(f, "nth {n}"),
            Self::First(n) => write!(f, "first {n}"),
            Self::Every(n) => write!(f, "every {n}"),
            Self::Probability(probability) => write!(f, "with probability {probability}"),
        }
    }
}
