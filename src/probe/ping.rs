//! What to send: the settings of a ping.

use std::net::IpAddr;
use std::time::Duration;

/// The largest payload that an IPv4 packet has room for: 65535 bytes less 20 of IP and 8 of ICMP header.
const LARGEST_PAYLOAD: usize = 65_507;
/// Sequence numbers have 16 bits and start at 1.
const LARGEST_COUNT: u32 = 65_535;

/// How to ping: the settings of one run of echo requests, as a plain value.
///
/// The values are checked when the ping runs; a value out of range is an error there that says ``failed to ping
/// `172.16.1.2`: ...``. The program with the same job is [ping(8)].
///
/// # Examples
///
/// ```
/// use netns_test::Ping;
/// use std::time::Duration;
///
/// let twice = Ping::new().count(2);
/// assert_ne!(twice, Ping::new());
///
/// // Does a full Ethernet frame arrive in one piece?
/// let full = Ping::new().payload(1472).dont_fragment(true).timeout(Duration::from_millis(300));
/// # let _ = full;
/// ```
///
/// [ping(8)]: https://man7.org/linux/man-pages/man8/ping.8.html
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until a host pings with them"]
pub struct Ping {
    pub(super) count: u32,
    /// `None`: as the replies come.
    pub(super) interval: Option<Duration>,
    pub(super) payload: usize,
    pub(super) ttl: u8,
    pub(super) dont_fragment: bool,
    pub(super) timeout: Duration,
    pub(super) source: Option<IpAddr>,
}

impl Ping {
    /// Three requests of 56 bytes, each sent as soon as the one before was answered, and a second for each reply.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Ping;
    ///
    /// assert_eq!(Ping::new(), Ping::new().count(3).payload(56).ttl(64));
    /// ```
    pub fn new() -> Self {
        Self {
            count: 3,
            interval: None,
            payload: 56,
            ttl: 64,
            dont_fragment: false,
            timeout: Duration::from_secs(1),
            source: None,
        }
    }

    /// Sends `requests` echo requests: 1 to 65535, by default 3.
    ///
    /// # Examples
    ///
    /// ```
    /// let once = netns_test::Ping::new().count(1);
    /// # let _ = once;
    /// ```
    pub fn count(mut self, requests: u32) -> Self {
        self.count = requests;
        self
    }

    /// Starts a request every `interval`, without waiting for the reply to the one before. Zero sends them as fast as the network
    /// takes them.
    ///
    /// By default a request is sent when the one before was replied to, or 10 ms after it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let flood = netns_test::Ping::new().count(1000).interval(Duration::ZERO);
    /// # let _ = flood;
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Puts `bytes` bytes after the ICMP header: 0 to 65507, by default 56.
    ///
    /// The packet on the wire has 28 bytes more with IPv4 (20 of IP header, 8 of ICMP header), and 48 more with IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// // Fills a packet of 1500 bytes.
    /// let full = netns_test::Ping::new().payload(1472);
    /// # let _ = full;
    /// ```
    pub fn payload(mut self, bytes: usize) -> Self {
        self.payload = bytes;
        self
    }

    /// Lets a request pass `routers - 1` routers: 1 to 255, by default 64. It is the TTL of IPv4, the hop limit of IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// // The first router answers this one: time to live exceeded.
    /// let near = netns_test::Ping::new().ttl(1);
    /// # let _ = near;
    /// ```
    pub fn ttl(mut self, routers: u8) -> Self {
        self.ttl = routers;
        self
    }

    /// Whether requests may never be fragmented, by default false.
    ///
    /// With it, a request that is larger than the path's MTU as far as that is known is not sent ([`PingAnswer::NotSent`]), and
    /// one that turns out to be larger on its way is dropped and reported by the router there
    /// ([`PingAnswer::FragmentationNeeded`]).
    ///
    /// Without it the kernel does what it does for every program, path MTU discovery: it fragments what exceeds the
    /// MTU that it knows, so only the first request after an MTU became smaller is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let whole = netns_test::Ping::new().payload(1472).dont_fragment(true);
    /// # let _ = whole;
    /// ```
    ///
    /// [`PingAnswer::NotSent`]: crate::PingAnswer::NotSent
    /// [`PingAnswer::FragmentationNeeded`]: crate::PingAnswer::FragmentationNeeded
    pub fn dont_fragment(mut self, never: bool) -> Self {
        self.dont_fragment = never;
        self
    }

    /// Waits this long for the answer to each request, counted from its sending; more than zero, by default 1 s.
    ///
    /// A host that does not exist is reported by the sender's own kernel after some 3 s of asking for its hardware address:
    /// with a shorter timeout the requests are [lost](crate::PingAnswer::Lost).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let patient = netns_test::Ping::new().count(1).timeout(Duration::from_secs(4));
    /// # let _ = patient;
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends from `address`, which must belong to the pinging host and be of the target's family. By default the routes
    /// choose.
    ///
    /// # Examples
    ///
    /// ```
    /// let other_leg = netns_test::Ping::new().source([10, 0, 2, 1].into());
    /// # let _ = other_leg;
    /// ```
    pub fn source(mut self, address: IpAddr) -> Self {
        self.source = Some(address);
        self
    }

    /// What is out of range, in words.
    pub(super) fn check(&self, target: IpAddr) -> Result<(), String> {
        if !(1..=LARGEST_COUNT).contains(&self.count) {
            return Err(format!(
                "the count {} is out of range (1 to {LARGEST_COUNT})",
                self.count
            ));
        }
        if self.payload > LARGEST_PAYLOAD {
            return Err(format!(
                "the payload of {} bytes is out of range (0 to {LARGEST_PAYLOAD})",
                self.payload
            ));
        }
        if self.ttl == 0 {
            return Err("the ttl 0 is out of range (1 to 255)".to_owned());
        }
        if self.timeout.is_zero() {
            return Err("the timeout is zero, so no reply could be in time".to_owned());
        }
        match self.source {
            Some(source) if source.is_ipv4() != target.is_ipv4() => Err(format!(
                "the source address {source} and the target {target} are not of the same family"
            )),
            _ => Ok(()),
        }
    }
}

impl Default for Ping {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        let target = IpAddr::from([10, 0, 0, 1]);
        let source = "fd00::1".parse().unwrap();
        for (ping, expected) in [
            (
                Ping::new().count(0),
                "the count 0 is out of range (1 to 65535)",
            ),
            (
                Ping::new().count(65_536),
                "the count 65536 is out of range (1 to 65535)",
            ),
            (
                Ping::new().payload(65_508),
                "the payload of 65508 bytes is out of range (0 to 65507)",
            ),
            (Ping::new().ttl(0), "the ttl 0 is out of range (1 to 255)"),
            (
                Ping::new().timeout(Duration::ZERO),
                "the timeout is zero, so no reply could be in time",
            ),
            (
                Ping::new().source(source),
                "the source address fd00::1 and the target 10.0.0.1 are not of the same family",
            ),
        ] {
            assert_eq!(ping.check(target), Err(expected.to_owned()));
        }
    }

    #[test]
    fn the_ends_of_the_ranges_are_allowed() {
        let target = IpAddr::from([10, 0, 0, 1]);
        let widest = Ping::new()
            .count(65_535)
            .payload(65_507)
            .ttl(255)
            .interval(Duration::MAX)
            .timeout(Duration::MAX)
            .source([10, 0, 0, 2].into());
        assert_eq!(widest.check(target), Ok(()));
        let smallest = Ping::new()
            .count(1)
            .payload(0)
            .ttl(1)
            .interval(Duration::ZERO)
            .timeout(Duration::from_nanos(1));
        assert_eq!(smallest.check(target), Ok(()));
    }
}
