//! How delays vary, and which packets skip them.

use std::time::Duration;

/// Netem's tables are signed 16-bit numbers of which 8192 are one spread: nothing lies further out.
const FARTHEST: f64 = i16::MAX as f64 / TABLE_SCALE;

const TABLE_SCALE: f64 = 8192.0;

/// How many values the table of a distribution has. iproute2's has as many, within a few.
const TABLE_LENGTH: usize = 4096;

/// How much the delay varies.
///
/// The spread is no longer than the delay, because no packet arrives before it was sent. Where a tail reaches below zero all the
/// same, the packet arrives at once. A packet may overtake the one before it, as with netem; [`in_order`](Self::in_order) forbids that.
/// See [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html).
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Jitter};
/// use std::time::Duration;
///
/// let shaky = Impairment::new()
///     .delay(Duration::from_millis(40))
///     .jitter(Jitter::pareto(Duration::from_millis(10)).in_order());
/// assert_eq!(shaky.to_string(), "delay 40ms ±10ms pareto in order");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter {
    pub(crate) spread: Duration,
    pub(crate) distribution: Distribution,
    /// Whether a packet may overtake the one before it.
    pub(crate) reorders: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distribution {
    Uniform,
    Normal,
    Pareto,
}

impl Jitter {
    /// Any delay within this spread around the middle, each as likely.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Jitter;
    /// use std::time::Duration;
    ///
    /// let jitter = Jitter::uniform(Duration::from_millis(5));
    /// assert_ne!(jitter, Jitter::normal(Duration::from_millis(5)));
    /// ```
    pub fn uniform(spread: Duration) -> Self {
        Self::of(spread, Distribution::Uniform)
    }

    /// A bell curve around the middle whose standard deviation is the spread, cut at four times that.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Jitter;
    /// use std::time::Duration;
    ///
    /// let jitter = Jitter::normal(Duration::from_millis(5));
    /// assert_ne!(jitter, jitter.in_order());
    /// ```
    pub fn normal(spread: Duration) -> Self {
        Self::of(spread, Distribution::Normal)
    }

    /// Mostly a little less than the middle, now and then much more: from 2/3 of the spread below it to 4 spreads above it.
    ///
    /// It is netem's curve: a Pareto distribution of exponent 3, moved to have its mean about at the delay, and cut.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Jitter};
    /// use std::time::Duration;
    ///
    /// let spikes = Jitter::pareto(Duration::from_millis(5));
    /// let impairment = Impairment::new().delay(Duration::from_millis(20)).jitter(spikes);
    /// assert_eq!(impairment.to_string(), "delay 20ms ±5ms pareto");
    /// ```
    pub fn pareto(spread: Duration) -> Self {
        Self::of(spread, Distribution::Pareto)
    }

    /// Lets no packet overtake another: each leaves when its delay is over, and not before the one sent before it has left.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Jitter;
    /// use std::time::Duration;
    ///
    /// let radio = Jitter::normal(Duration::from_millis(5)).in_order();
    /// assert_ne!(radio, Jitter::normal(Duration::from_millis(5)));
    /// ```
    #[must_use = "builder methods return the changed jitter"]
    pub fn in_order(mut self) -> Self {
        self.reorders = false;
        self
    }

    fn of(spread: Duration, distribution: Distribution) -> Self {
        Self {
            spread,
            distribution,
            reorders: true,
        }
    }
}

impl Distribution {
    /// How many spreads a delay lies from the middle, for a chance drawn evenly between 0 and 1. It grows with the chance.
    pub(crate) fn deviation(self, chance: f64) -> f64 {
        match self {
            Self::Uniform => 2.0 * chance - 1.0,
            Self::Normal => normal(chance).clamp(-FARTHEST, FARTHEST),
            Self::Pareto => (((1.0 - chance).powf(-1.0 / 3.0) - 1.5) * 4.0 / 3.0).min(FARTHEST),
        }
    }

    /// The same as netem takes it. It needs none to vary evenly.
    pub(crate) fn table(self) -> Option<Vec<i16>> {
        if self == Self::Uniform {
            return None;
        }
        let entry = |position: usize| {
            let chance = (position as f64 + 0.5) / TABLE_LENGTH as f64;
            (self.deviation(chance) * TABLE_SCALE).round() as i16
        };
        Some((0..TABLE_LENGTH).map(entry).collect())
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Normal => "normal",
            Self::Pareto => "pareto",
        }
    }
}

/// The inverse of the normal distribution, by P. J. Acklam's approximation: right to nine digits.
fn normal(chance: f64) -> f64 {
    const TAIL: f64 = 0.02425;
    let polynomial = |factors: &[f64], x: f64| factors.iter().fold(0.0, |sum, f| sum * x + f);
    let tail = |chance: f64| {
        let q = (-2.0 * chance.ln()).sqrt();
        polynomial(&TAIL_ABOVE, q) / polynomial(&TAIL_BELOW, q)
    };
    if chance < TAIL {
        tail(chance)
    } else if chance > 1.0 - TAIL {
        -tail(1.0 - chance)
    } else {
        let q = chance - 0.5;
        q * polynomial(&MIDDLE_ABOVE, q * q) / polynomial(&MIDDLE_BELOW, q * q)
    }
}

const MIDDLE_ABOVE: [f64; 6] = [
    -3.969683028665376e1,
    2.209460984245205e2,
    -2.759285104469687e2,
    1.38357751867269e2,
    -3.066479806614716e1,
    2.506628277459239,
];
const MIDDLE_BELOW: [f64; 6] = [
    -5.447609879822406e1,
    1.615858368580409e2,
    -1.556989798598866e2,
    6.680131188771972e1,
    -1.328068155288572e1,
    1.0,
];
const TAIL_ABOVE: [f64; 6] = [
    -7.784894002430293e-3,
    -3.223964580411365e-1,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
];
const TAIL_BELOW: [f64; 5] = [
    7.784695709041462e-3,
    3.224671290700398e-1,
    2.445134137142996,
    3.754408661907416,
    1.0,
];

/// Packets that leave at once while others are delayed.
///
/// Without a [gap](Self::gap) each packet may, with the same probability.
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Reorder};
/// use std::time::Duration;
///
/// // Exactly every fifth packet overtakes the four before it.
/// let fifth = Impairment::new().delay(Duration::from_millis(10)).reorder(Reorder::new(1.0).gap(5));
/// assert_eq!(fifth.to_string(), "delay 10ms, reorders 100 % of every 5th");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reorder {
    pub(crate) probability: f64,
    /// So many less one are delayed after each that was not.
    pub(crate) gap: Option<u32>,
}

impl Reorder {
    /// With this probability: 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_ne!(netns_test::Reorder::new(0.25), netns_test::Reorder::new(0.5));
    /// ```
    pub fn new(probability: f64) -> Self {
        Self {
            probability,
            gap: None,
        }
    }

    /// At most one of `n` packets: at least `n` - 1 are delayed after each that left at once, and in the beginning. At least 1, which is as without.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Reorder;
    ///
    /// assert_ne!(Reorder::new(1.0).gap(5), Reorder::new(1.0));
    /// ```
    #[must_use = "builder methods return the changed reordering"]
    pub fn gap(mut self, n: u32) -> Self {
        self.gap = Some(n);
        self
    }
}
