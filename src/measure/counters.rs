//! What a host's kernel has counted of datagrams that it did not pass on.

use std::fs;
use std::io;

/// Since the host was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// A checksum of UDP or of an IP header was wrong, or the header made no sense.
    pub(super) damaged: u64,
    /// Nobody fetched them in time.
    pub(super) overflowed: u64,
}

impl Dropped {
    /// Of the calling thread's namespace.
    pub(super) fn read(is_ipv4: bool) -> io::Result<Self> {
        if is_ipv4 {
            let text = fs::read_to_string("/proc/thread-self/net/snmp")?;
            return Ok(Self::of_ipv4(&text));
        }
        let text = fs::read_to_string("/proc/thread-self/net/snmp6")?;
        Ok(Self::of_ipv6(&text))
    }

    pub(super) fn since(self, before: Self) -> Self {
        Self {
            damaged: self.damaged.saturating_sub(before.damaged),
            overflowed: self.overflowed.saturating_sub(before.overflowed),
        }
    }

    /// Two lines a protocol: names, then values.
    fn of_ipv4(text: &str) -> Self {
        let value = |protocol: &str, name: &str| -> u64 {
            let mut lines = text
                .lines()
                .filter_map(|line| line.strip_prefix(protocol)?.strip_prefix(':'));
            let (Some(names), Some(values)) = (lines.next(), lines.next()) else {
                return 0;
            };
            let mut pairs = names.split_whitespace().zip(values.split_whitespace());
            let found = pairs.find(|(it, _)| *it == name);
            found.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
        };
        Self {
            damaged: value("Udp", "InCsumErrors") + value("Ip", "InHdrErrors"),
            overflowed: value("Udp", "RcvbufErrors"),
        }
    }

    /// A line a value.
    fn of_ipv6(text: &str) -> Self {
        let value = |name: &str| -> u64 {
            let mut words = text
                .lines()
                .filter_map(|line| line.split_whitespace().collect::<Vec<_>>().try_into().ok());
            let found = words.find(|[it, _]: &[&str; 2]| *it == name);
            found.and_then(|[_, value]| value.parse().ok()).unwrap_or(0)
        };
        Self {
            damaged: value("Udp6InCsumErrors") + value("Ip6InHdrErrors"),
            overflowed: value("Udp6RcvbufErrors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_below_their_names() {
        let text = "Ip: Forwarding DefaultTTL InReceives InHdrErrors\nIp: 2 64 90 3\n\
                    Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\nUdp: 1 2 3 4 5 6 7\n\
                    UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\nUdpLite: 9 9 9 9 9 9 9\n";
        let expected = Dropped {
            damaged: 10,
            overflowed: 5,
        };
        assert_eq!(Dropped::of_ipv4(text), expected);
        let text = "Ip6InHdrErrors                  \t3\nUdp6RcvbufErrors   \t5\nUdp6InCsumErrors\t7\nUdpLite6InCsumErrors 9\n";
        assert_eq!(Dropped::of_ipv6(text), expected);
    }

    #[test]
    fn what_is_missing_is_nothing() {
        assert_eq!(Dropped::of_ipv4("Udp: InDatagrams\n"), Dropped::default());
        assert_eq!(Dropped::of_ipv6("Udp6InCsumErrors"), Dropped::default());
    }
}
