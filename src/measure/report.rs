//! What was measured.

use std::net::IpAddr;
use std::time::Duration;

use crate::measure::declared::Declared;
use crate::measure::interval::ConfidenceInterval;

/// How sure the intervals of a measurement are.
const CONFIDENCE: f64 = 0.999;

/// What the way between two hosts does, from [`Network::measure`](crate::Network::measure).
///
/// It prints as a table with a line for each direction.
///
/// # Examples
///
/// See [`Network::measure`](crate::Network::measure).
#[derive(Clone, Debug)]
pub struct LinkReport {
    /// The two hosts, as the caller named them.
    pub(super) names: [String; 2],
    pub(super) addresses: [IpAddr; 2],
    /// Of those that were answered, in the order of their length.
    pub(super) round_trips: Vec<Duration>,
    pub(super) asked: u32,
    /// Forth and back.
    pub(super) directions: [DirectionReport; 2],
}

/// What became of the datagrams of one direction.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
/// let back = report.back();
/// assert_eq!((back.sent(), back.lost(), back.duplicates(), back.overtaken()), (100, 0, 0, 0));
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct DirectionReport {
    pub(super) sent: u64,
    pub(super) distinct: u64,
    pub(super) damaged: u64,
    pub(super) duplicates: u64,
    pub(super) overtaken: u64,
    pub(super) offered: Option<f64>,
    pub(super) rate: Option<f64>,
    /// For how long the rate was measured.
    pub(super) time: Duration,
    /// What was in force on the way; none if that is not known.
    pub(super) declared: Option<Declared>,
}

impl LinkReport {
    /// From the first host to the second.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.forth().lost(), 0);
    /// # }).unwrap();
    /// ```
    pub fn forth(&self) -> &DirectionReport {
        &self.directions[0]
    }

    /// From the second host to the first.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.back().lost(), 0);
    /// # }).unwrap();
    /// ```
    pub fn back(&self) -> &DirectionReport {
        &self.directions[1]
    }

    /// The shortest round trip; none without answers, or if none were asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert!(report.min() <= report.median());
    /// # }).unwrap();
    /// ```
    pub fn min(&self) -> Option<Duration> {
        self.round_trips.first().copied()
    }

    /// The round trip in the middle: as many were shorter as longer.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert!(report.median() <= report.max());
    /// # }).unwrap();
    /// ```
    pub fn median(&self) -> Option<Duration> {
        self.round_trips.get(self.round_trips.len() / 2).copied()
    }

    /// The longest round trip.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert!(report.max().is_some());
    /// # }).unwrap();
    /// ```
    pub fn max(&self) -> Option<Duration> {
        self.round_trips.last().copied()
    }

    /// All round trips, the shortest first.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.round_trips().len(), 20);
    /// # }).unwrap();
    /// ```
    pub fn round_trips(&self) -> &[Duration] {
        &self.round_trips
    }
}

impl DirectionReport {
    /// How many datagrams were sent to be counted.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.forth().sent(), 100);
    /// # }).unwrap();
    /// ```
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many of them arrived, copies not counted.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.forth().received(), 100);
    /// # }).unwrap();
    /// ```
    pub fn received(&self) -> u64 {
        self.distinct
    }

    /// How many never came to the other host: neither whole nor [damaged](Self::damaged).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.forth().lost(), 0);
    /// # }).unwrap();
    /// ```
    pub fn lost(&self) -> u64 {
        // Damaged copies are no losses.
        self.sent.saturating_sub(self.distinct + self.damaged)
    }

    /// How many came with a checksum that was wrong, of UDP or of their IP header, or an IP header without sense: the other host's kernel has dropped them.
    ///
    /// Damage to an Ethernet header nobody notices: the frame is for somebody else then, and lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.forth().damaged(), 0);
    /// # }).unwrap();
    /// ```
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// How many came once more.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert_eq!(report.forth().duplicates(), 0);
    /// # }).unwrap();
    /// ```
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many came after one that was sent later: reordered as [RFC 4737](https://www.rfc-editor.org/rfc/rfc4737#section-3) has it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// println!("{} were late", report.forth().overtaken());
    /// # }).unwrap();
    /// ```
    pub fn overtaken(&self) -> u64 {
        self.overtaken
    }

    /// The share that was [lost](Self::lost), with a confidence of 99.9 %.
    ///
    /// Where the impairment loses packets in bursts, a count says less, and the interval is wider: as if there had been so many fewer as
    /// would tell as much, did each meet its fate by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert!(report.forth().loss().contains(0.0));
    /// # }).unwrap();
    /// ```
    pub fn loss(&self) -> ConfidenceInterval {
        let burstiness = self.declared.as_ref().map_or(1.0, Declared::burstiness);
        let [lost, sent] = [self.lost(), self.sent].map(|it| it as f64 / burstiness);
        ConfidenceInterval::between(lost, sent, CONFIDENCE)
    }

    /// The rate in bits per second of whole frames, their Ethernet headers included, as [`Impairment::rate`](crate::Impairment::rate)
    /// counts; none if too little arrived, or nothing was asked.
    ///
    /// Where no rate is declared it is what two threads of this process managed to send and receive, one datagram a frame.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert!(report.forth().rate().is_some());
    /// # }).unwrap();
    /// ```
    pub fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// What was sent to find that, in bits per second.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(100)).unwrap();
    /// assert!(report.forth().offered().is_some());
    /// # }).unwrap();
    /// ```
    pub fn offered(&self) -> Option<f64> {
        self.offered
    }

    pub(super) fn share(&self, hits: u64, trials: u64) -> ConfidenceInterval {
        ConfidenceInterval::of(hits.min(trials), trials, CONFIDENCE)
    }
}
