//! What to send: the settings of a trace.

use std::net::IpAddr;
use std::time::Duration;

/// For how many rounds of asking a probe is told from those that were sent before it, by a port or sequence number of its own.
pub(super) const ROUNDS: usize = 4;
/// As traceroute(8) allows.
const MOST_QUERIES: u8 = 10;
/// Where traceroute(8) begins.
const FIRST_PORT: u16 = 33_434;

/// How to trace the way to a target: the settings of one run, as a plain value.
///
/// The values are checked when the trace runs; a value out of range is an error there that says ``failed to trace the way to
/// `b`: ...``. The program with the same job is [traceroute(8)].
///
/// # Examples
///
/// ```
/// use netns_test::Traceroute;
///
/// let by_echo = Traceroute::new().icmp().max_hops(5);
/// assert_ne!(by_echo, Traceroute::new());
/// ```
///
/// [traceroute(8)]: https://man7.org/linux/man-pages/man8/traceroute.8.html
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until a host traces with them"]
pub struct Traceroute {
    pub(super) icmp: bool,
    pub(super) first_hop: u8,
    pub(super) max_hops: u8,
    pub(super) queries: u8,
    pub(super) port: u16,
    pub(super) timeout: Duration,
    pub(super) source: Option<IpAddr>,
}

impl Traceroute {
    /// UDP datagrams to ports from 33434 up, one for each distance from 1 to 30, and a second of silence before the end.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Traceroute;
    ///
    /// assert_eq!(Traceroute::new(), Traceroute::new().max_hops(30).queries(1).port(33434));
    /// ```
    pub fn new() -> Self {
        Self {
            icmp: false,
            first_hop: 1,
            max_hops: 30,
            queries: 1,
            port: FIRST_PORT,
            timeout: Duration::from_secs(1),
            source: None,
        }
    }

    /// Sends ICMP echo requests instead of datagrams: firewalls often let these through, and no port need be closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let as_ping_goes = netns_test::Traceroute::new().icmp();
    /// # let _ = as_ping_goes;
    /// ```
    pub fn icmp(mut self) -> Self {
        self.icmp = true;
        self
    }

    /// Begins at this distance, by default 1: routers before it are not asked.
    ///
    /// # Examples
    ///
    /// ```
    /// let beyond_the_gateway = netns_test::Traceroute::new().first_hop(2);
    /// # let _ = beyond_the_gateway;
    /// ```
    pub fn first_hop(mut self, distance: u8) -> Self {
        self.first_hop = distance;
        self
    }

    /// Gives up beyond this distance: 1 to 255, by default 30.
    ///
    /// # Examples
    ///
    /// ```
    /// let near = netns_test::Traceroute::new().max_hops(4);
    /// # let _ = near;
    /// ```
    pub fn max_hops(mut self, distance: u8) -> Self {
        self.max_hops = distance;
        self
    }

    /// Sends this many probes for each distance: 1 to 10, by default 1.
    ///
    /// More tell of several ways, and of times. Many routers answer only six at once to the same host, and one each second after
    /// that.
    ///
    /// # Examples
    ///
    /// ```
    /// let as_the_program_does = netns_test::Traceroute::new().queries(3);
    /// # let _ = as_the_program_does;
    /// ```
    pub fn queries(mut self, probes: u8) -> Self {
        self.queries = probes;
        self
    }

    /// Sends the first datagram to this port, by default 33434, and each further one to the next.
    ///
    /// Nobody may listen there: a program that takes the datagram stays silent.
    ///
    /// # Examples
    ///
    /// ```
    /// let elsewhere = netns_test::Traceroute::new().port(40_000);
    /// # let _ = elsewhere;
    /// ```
    pub fn port(mut self, first: u16) -> Self {
        self.port = first;
        self
    }

    /// Waits this long for an answer, and for anything new to be heard before the end; more than zero, by default 1 s.
    ///
    /// Those who are silent are asked again after 2 s, or twice the timeout if that is shorter: routers that limit their answers to
    /// one a second may then stay silent. A router that cannot find the target's hardware address says so after some 3 s only.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let patient = netns_test::Traceroute::new().timeout(Duration::from_secs(4));
    /// # let _ = patient;
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends from `address`, which must belong to the tracing host and be of the target's family. By default the routes choose.
    ///
    /// # Examples
    ///
    /// ```
    /// let other_leg = netns_test::Traceroute::new().source([10, 0, 2, 1].into());
    /// # let _ = other_leg;
    /// ```
    pub fn source(mut self, address: IpAddr) -> Self {
        self.source = Some(address);
        self
    }

    /// How many probes there are, asked once each.
    pub(super) fn probes(&self) -> usize {
        (usize::from(self.max_hops) + 1).saturating_sub(self.first_hop.into())
            * usize::from(self.queries)
    }

    /// What is out of range, in words.
    pub(super) fn check(&self, target: IpAddr) -> Result<(), String> {
        if self.max_hops == 0 {
            return Err("the limit of 0 hops is out of range (1 to 255)".to_owned());
        }
        if !(1..=self.max_hops).contains(&self.first_hop) {
            return Err(format!(
                "the first hop {} is out of range (1 to {})",
                self.first_hop, self.max_hops
            ));
        }
        if !(1..=MOST_QUERIES).contains(&self.queries) {
            return Err(format!(
                "the number of {} queries is out of range (1 to {MOST_QUERIES})",
                self.queries
            ));
        }
        // Each probe of these rounds has a port of its own.
        let highest = usize::from(u16::MAX) + 1 - self.probes() * ROUNDS;
        if !(1..=highest).contains(&self.port.into()) {
            return Err(format!(
                "the port {} is out of range (1 to {highest} for so many probes)",
                self.port
            ));
        }
        if self.timeout.is_zero() {
            return Err("the timeout is zero, so no answer could be in time".to_owned());
        }
        match self.source {
            Some(source) if source.is_ipv4() != target.is_ipv4() => Err(format!(
                "the source address {source} and the target {target} are not of the same family"
            )),
            _ => Ok(()),
        }
    }
}

impl Default for Traceroute {
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
        let new = Traceroute::new;
        for (settings, expected) in [
            (
                new().max_hops(0),
                "the limit of 0 hops is out of range (1 to 255)",
            ),
            (
                new().first_hop(0),
                "the first hop 0 is out of range (1 to 30)",
            ),
            (
                new().first_hop(5).max_hops(4),
                "the first hop 5 is out of range (1 to 4)",
            ),
            (
                new().queries(0),
                "the number of 0 queries is out of range (1 to 10)",
            ),
            (
                new().queries(11),
                "the number of 11 queries is out of range (1 to 10)",
            ),
            (
                new().port(0),
                "the port 0 is out of range (1 to 65416 for so many probes)",
            ),
            (
                new().port(65_417),
                "the port 65417 is out of range (1 to 65416 for so many probes)",
            ),
            (
                new().timeout(Duration::ZERO),
                "the timeout is zero, so no answer could be in time",
            ),
            (
                new().source("fd00::1".parse().unwrap()),
                "the source address fd00::1 and the target 10.0.0.1 are not of the same family",
            ),
        ] {
            assert_eq!(settings.check(target), Err(expected.to_owned()));
        }
    }

    #[test]
    fn the_ends_of_the_ranges_are_allowed() {
        let target = IpAddr::from([10, 0, 0, 1]);
        let widest = Traceroute::new()
            .max_hops(255)
            .queries(10)
            .timeout(Duration::MAX)
            .source([10, 0, 0, 2].into());
        assert_eq!(widest.check(target), Ok(()));
        assert_eq!(widest.probes(), 2550);
        let smallest = Traceroute::new().first_hop(3).max_hops(3).port(65_532);
        assert_eq!((smallest.check(target), smallest.probes()), (Ok(()), 1));
    }
}
