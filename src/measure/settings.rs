//! What to measure, and how long.

use std::time::Duration;

use crate::address::Family;
use crate::measure::count::HEADER;

/// Headers of IPv6 and UDP.
pub(super) const LARGEST_HEADERS: usize = 48;
/// What passes by ordinary cables.
const LARGEST_PAYLOAD: usize = 1500 - LARGEST_HEADERS;
const LARGEST_COUNT: u32 = 10_000_000;

/// What to measure, and how long: see [`Network::measure_with`](crate::Network::measure_with).
///
/// # Examples
///
/// ```
/// use netns_test::Measurement;
/// use std::time::Duration;
///
/// let thorough = Measurement::new().datagrams(100_000).rate_for(Duration::from_secs(3));
/// let quick = Measurement::new().round_trips(3).datagrams(0).rate_for(Duration::ZERO);
/// assert_ne!(thorough, quick);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until a network measures with them"]
pub struct Measurement {
    pub(super) round_trips: u32,
    pub(super) datagrams: u32,
    pub(super) payload: usize,
    pub(super) time: Duration,
    pub(super) family: Option<Family>,
}

impl Measurement {
    /// 20 round trips, 1,000 datagrams of 100 bytes each way, half a second for each rate.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Measurement::new().datagrams(1_000), netns_test::Measurement::new());
    /// ```
    pub fn new() -> Self {
        Self {
            round_trips: 20,
            datagrams: 1_000,
            payload: 100,
            time: Duration::from_millis(500),
            family: None,
        }
    }

    /// Measures so many round trips, by ICMP echo: at most 65,535. None of them with 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.round_trips(5).datagrams(0)).unwrap();
    /// assert_eq!(report.round_trips().len(), 5);
    /// # }).unwrap();
    /// ```
    pub fn round_trips(mut self, count: u32) -> Self {
        self.round_trips = count;
        self
    }

    /// Counts what becomes of so many datagrams in each direction: at most ten million. None of them with 0. The more, the
    /// [surer](crate::ConfidenceInterval) is the loss.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.datagrams(50)).unwrap();
    /// assert_eq!(report.back().sent(), 50);
    /// # }).unwrap();
    /// ```
    pub fn datagrams(mut self, count: u32) -> Self {
        self.datagrams = count;
        self
    }

    /// Bytes of each of these, 12 to 1,452, to which 42 bytes of headers come by IPv4, and 62 by IPv6. Large ones are
    /// damaged where a checksum finds it, and not in their Ethernet header.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.payload(1_400).datagrams(50)).unwrap();
    /// assert_eq!(report.back().received(), 50);
    /// # }).unwrap();
    /// ```
    pub fn payload(mut self, bytes: usize) -> Self {
        self.payload = bytes;
        self
    }

    /// Loads each direction for this long, at most an hour, to find its rate; not at all with zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.rate_for(std::time::Duration::ZERO)).unwrap();
    /// assert_eq!(report.forth().rate(), None);
    /// # }).unwrap();
    /// ```
    pub fn rate_for(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// By this family; by default by the one of the address at which a ping would find the host.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let report = net.measure_with("a", "b", |m| m.family(netns_test::Family::V6).datagrams(50)).unwrap();
    /// println!("{report}");
    /// # }).unwrap();
    /// ```
    pub fn family(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }

    /// What is out of range, in words.
    pub(super) fn mistake(&self) -> Option<String> {
        let out_of_range =
            |what: String, range: &str| Some(format!("{what} is out of range ({range})"));
        if self.round_trips > u16::MAX.into() {
            let what = format!("the number of round trips {}", self.round_trips);
            return out_of_range(what, "0 to 65535");
        }
        if self.datagrams > LARGEST_COUNT {
            let what = format!("the number of datagrams {}", self.datagrams);
            return out_of_range(what, "0 to 10000000");
        }
        if !(HEADER..=LARGEST_PAYLOAD).contains(&self.payload) {
            let what = format!("the payload of {} bytes", self.payload);
            return out_of_range(what, "12 to 1452");
        }
        if self.time > Duration::from_secs(3600) {
            let what = format!("the time of {:?} for a rate", self.time);
            return out_of_range(what, "0 to 3600 s");
        }
        None
    }
}

impl Default for Measurement {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named() {
        let told = |settings: Measurement| settings.mistake().unwrap_or_default();
        let new = Measurement::new;
        assert_eq!(told(new()), "");
        assert_eq!(
            told(new().round_trips(65_536)),
            "the number of round trips 65536 is out of range (0 to 65535)"
        );
        assert_eq!(
            told(new().datagrams(10_000_001)),
            "the number of datagrams 10000001 is out of range (0 to 10000000)"
        );
        assert_eq!(
            told(new().payload(11)),
            "the payload of 11 bytes is out of range (12 to 1452)"
        );
        assert_eq!(
            told(new().rate_for(Duration::from_secs(3601))),
            "the time of 3601s for a rate is out of range (0 to 3600 s)"
        );
    }
}
