//! What is wrong with a link, as plain values.

mod backend;
mod check;
mod jitter;
mod loss;
mod mahimahi;
mod print;
mod profile;
mod queue;
mod tc;
#[cfg(test)]
mod tests;
mod trace;

use std::time::Duration;

pub use self::backend::Backend;
pub use self::jitter::{Jitter, Reorder};
pub use self::loss::Loss;
pub(crate) use self::loss::LossModel;
pub(crate) use self::print::Rate;
pub use self::profile::Profile;
pub use self::queue::Queue;
pub(crate) use self::queue::{FULL_PACKET, Room};
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
pub(crate) use self::tc::UNDER_WAY;
pub use self::trace::RateTrace;

/// Trouble of a link, in one direction: delay, loss, damage, a limited rate.
///
/// A plain value. Its methods never fail; what makes no sense is found when it is used, with the reason. Delays are times,
/// probabilities are numbers from 0 to 1 (1 % is `0.01`), rates are bits per second.
///
/// # What a packet meets
///
/// In this order, whoever does it, the kernel or this crate's own wire:
///
/// 1. [Loss](Self::loss), [duplication](Self::duplicate) and [corruption](Self::corrupt). A copy meets none of the three again.
/// 2. The [queue](Self::queue) of the [rate](Self::rate). What finds the queue full is dropped. What is under way does not count: a
///    long delay never makes a rate smaller.
/// 3. The [delay](Self::delay), with its [jitter](Self::jitter), unless [reordering](Self::reorder) lets the packet skip it.
///
/// A packet is one Ethernet frame, the 14 bytes of its header included: an impaired link carries no larger units, so that a loss
/// of 1 % loses 1 % of the frames and not of the bursts that a host hands over at once.
///
/// # One direction
///
/// An impairment holds for one direction. Who impairs both with a delay of 50 ms makes the round trip 100 ms longer. A
/// [`Profile`] is a pair of them.
///
/// # Who is whose neighbour
///
/// ARP and neighbour discovery suffer with the rest, and a host whose question was lost asks again after a second. Where many packets are
/// lost, the first of two hosts may fail for that alone. Who wants them spared lets the hosts meet first and impairs the link
/// [then](crate::Link::impair), or loses by a [rule](crate::PacketRule) what is none of them:
///
/// ```
/// use netns_test::{Match, PacketRule};
///
/// let all_but_neighbours = Match::any().except(Match::arp()).except(Match::neighbour_discovery());
/// let _lossy = PacketRule::drop(all_but_neighbours.with_probability(0.2));
/// ```
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Jitter, Loss};
/// use std::time::Duration;
///
/// let bad = Impairment::new()
///     .delay(Duration::from_millis(50))
///     .jitter(Jitter::normal(Duration::from_millis(10)))
///     .loss(Loss::random(0.01))
///     .rate(20_000_000);
/// assert_eq!(bad.to_string(), "delay 50ms ±10ms normal, loss 1 %, rate 20 Mbit/s, queue 250 kB");
/// ```
///
/// The kernel's part of it is [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html).
#[derive(Clone, Debug, Default, PartialEq)]
#[doc(alias = "netem")]
#[doc(alias = "toxic")]
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

    /// Delays each packet, by four minutes at most. See [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Impairment;
    /// use std::time::Duration;
    ///
    /// let slow = Impairment::new().delay(Duration::from_millis(20));
    /// assert_eq!(slow.to_string(), "delay 20ms");
    /// ```
    #[doc(alias = "latency")]
    #[must_use = "builder methods return the changed impairment"]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Lets the delay vary. It needs a [delay](Self::delay) that is at least as long.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Jitter};
    /// use std::time::Duration;
    ///
    /// let shaky = Impairment::new()
    ///     .delay(Duration::from_millis(20))
    ///     .jitter(Jitter::uniform(Duration::from_millis(5)).in_order());
    /// assert_eq!(shaky.to_string(), "delay 20ms ±5ms uniform in order");
    /// ```
    #[must_use = "builder methods return the changed impairment"]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = Some(jitter);
        self
    }

    /// Loses packets. A number is the probability that each is lost by itself: 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss};
    ///
    /// assert_eq!(Impairment::new().loss(0.05).to_string(), "loss 5 %");
    /// let in_rows = Impairment::new().loss(Loss::correlated(0.05, 0.5));
    /// assert!(in_rows.to_string().starts_with("loss 5 %"), "{in_rows}");
    /// ```
    #[doc(alias = "packet_loss")]
    #[must_use = "builder methods return the changed impairment"]
    pub fn loss(mut self, loss: impl Into<Loss>) -> Self {
        self.loss = Some(loss.into());
        self
    }

    /// Lets packets arrive twice, with this probability: 0 to 1. The copy follows at once.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Impairment::new().duplicate(0.1).to_string(), "duplicates 10 %");
    /// ```
    #[must_use = "builder methods return the changed impairment"]
    pub fn duplicate(mut self, probability: f64) -> Self {
        self.duplicate = probability;
        self
    }

    /// Flips one bit, wherever in the frame, with this probability: 0 to 1. Checksums find it, and whoever checks drops the packet.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Impairment::new().corrupt(0.001).to_string(), "corrupts 0.1 %");
    /// ```
    #[must_use = "builder methods return the changed impairment"]
    pub fn corrupt(mut self, probability: f64) -> Self {
        self.corrupt = probability;
        self
    }

    /// Lets some packets skip the delay, so that they overtake others. It needs a [delay](Self::delay).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Reorder};
    /// use std::time::Duration;
    ///
    /// let mixed = Impairment::new().delay(Duration::from_millis(10)).reorder(Reorder::new(0.25));
    /// assert_eq!(mixed.to_string(), "delay 10ms, reorders 25 %");
    /// ```
    #[must_use = "builder methods return the changed impairment"]
    pub fn reorder(mut self, reorder: Reorder) -> Self {
        self.reorder = Some(reorder);
        self
    }

    /// Limits the rate, in bits per second of whole frames: from 1,000 to 10¹². See [tc-tbf(8)](https://man7.org/linux/man-pages/man8/tc-tbf.8.html).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Impairment::new().rate(1_000_000).to_string(), "rate 1 Mbit/s, queue 15.14 kB");
    /// ```
    #[doc(alias = "bandwidth")]
    #[doc(alias = "throttle")]
    #[doc(alias = "throughput")]
    #[must_use = "builder methods return the changed impairment"]
    pub fn rate(mut self, bits_per_second: u64) -> Self {
        self.rate = Some(bits_per_second);
        self
    }

    /// How much may wait for the [rate](Self::rate), which it needs. Without it the queue follows from rate and delay: see [`Queue`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Queue};
    ///
    /// let shallow = Impairment::new().rate(1_000_000).queue(Queue::Packets(5));
    /// assert_eq!(shallow.to_string(), "rate 1 Mbit/s, queue 5 packets");
    /// ```
    #[doc(alias = "buffer")]
    #[doc(alias = "limit")]
    #[must_use = "builder methods return the changed impairment"]
    pub fn queue(mut self, queue: Queue) -> Self {
        self.queue = Some(queue);
        self
    }

    /// The delay that it declares, without jitter: zero unless one was set.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Impairment::new().declared_delay().is_zero());
    /// ```
    pub fn declared_delay(&self) -> Duration {
        self.delay
    }

    /// The share of packets that it declares lost: that of [`Loss::average`]. What a full queue drops is not in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss};
    ///
    /// assert_eq!(Impairment::new().loss(Loss::every_nth(4)).declared_loss(), 0.25);
    /// ```
    pub fn declared_loss(&self) -> f64 {
        self.loss.map_or(0.0, |loss| loss.average())
    }

    /// The rate that it declares, in bits per second, if it limits that.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Impairment::new().rate(64_000).declared_rate(), Some(64_000));
    /// ```
    pub fn declared_rate(&self) -> Option<u64> {
        self.rate
    }
}
