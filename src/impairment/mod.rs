//! What is wrong with a link, as plain values.

use std::time::Duration;

/// Trouble of a link, in one direction: delay, loss, damage, a limited rate.
///
/// A plain value. Its methods never fail; what makes no sense is found when it is used.
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Loss};
/// use std::time::Duration;
///
/// let satellite = Impairment::new().delay(Duration::from_millis(270)).loss(Loss::random(0.01)).rate(20_000_000);
/// assert_ne!(satellite, Impairment::new());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impairment {
    pub(crate) delay: Duration,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) loss: Option<Loss>,
    /// Probability that a packet arrives twice.
    pub(crate) duplicate: f64,
    /// Probability that one bit of a packet is flipped.
    pub(crate) corrupt: f64,
    pub(crate) reorder: Option<Reorder>,
    /// Bits per second.
    pub(crate) rate: Option<u64>,
    pub(crate) queue: Option<Queue>,
}

/// How much the delay varies.
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

/// Which packets are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss(pub(crate) LossModel);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LossModel {
    /// Each packet by itself.
    Random { probability: f64 },
    /// A chain of two states: `probability` on the whole, and the correlation of a packet's fate with the one's before.
    Correlated { probability: f64, correlation: f64 },
    /// Gilbert-Elliott: from good to bad with `p`, back with `r`; loss in the bad state, and in the good one.
    GilbertElliott { p: f64, r: f64, bad: f64, good: f64 },
    /// The four states of netem: `p13`, `p31`, `p32`, `p23`, `p14`.
    FourState {
        p13: f64,
        p31: f64,
        p32: f64,
        p23: f64,
        p14: f64,
    },
    /// The nth, the 2nth, ... packet.
    EveryNth(u64),
}

/// Packets that leave at once while others are delayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reorder {
    pub(crate) probability: f64,
    /// Only every nth packet is a candidate.
    pub(crate) gap: Option<u32>,
}

/// What waits before a link of limited rate; what finds it full is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// So many packets.
    Packets(u32),
    /// So many bytes.
    Bytes(u64),
    /// What the link sends in this time.
    Time(Duration),
}

/// What makes packets suffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// The kernel where it can, this crate where the kernel cannot.
    #[default]
    Automatic,
    /// The kernel's netem and tbf.
    Kernel,
    /// This crate's own thread, which sees each packet.
    Wire,
}

impl Impairment {
    /// No trouble at all.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Impairment::new(), netns_test::Impairment::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Delays each packet.
    #[must_use = "builder methods return the changed impairment"]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Loses packets.
    #[must_use = "builder methods return the changed impairment"]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.loss = Some(loss);
        self
    }

    /// Limits the rate, in bits per second.
    #[must_use = "builder methods return the changed impairment"]
    pub fn rate(mut self, bits_per_second: u64) -> Self {
        self.rate = Some(bits_per_second);
        self
    }

    /// Why it makes no sense: nothing if it does.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Loss {
    /// Each packet by itself, with this probability: 0 to 1.
    pub fn random(probability: f64) -> Self {
        Self(LossModel::Random { probability })
    }
}
