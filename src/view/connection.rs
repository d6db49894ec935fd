//! Connections as a node tracks them.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// A connection that a node tracks, because a rule translates addresses or asks for states: one of TCP or UDP, or a ping.
///
/// It prints as `conntrack -L` prints it, as far as that goes: the protocol, its number, the seconds that are left, what was sent and
/// what is awaited in answer.
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// let lab = Topology::new()
///     .segment("home", "10.0.0.0/24")
///     .segment("net", "203.0.113.0/24")
///     .host("a", |h| h.attach("home", "10.0.0.1/24"))
///     .host("b", |h| h.attach("net", "203.0.113.80/24"))
///     .router("box", |r| r.join("home").attach("net", "203.0.113.9/24").nat("net", |n| n));
/// # netns_test::run(&lab, |net| {
/// net.host("a").ping("b").unwrap().assert_lossless();
/// let tracked = net.host("box").connections().unwrap();
/// assert_eq!(tracked[0].original.source.to_string(), "10.0.0.1");
/// assert_eq!(tracked[0].reply.destination.to_string(), "203.0.113.9");
/// assert!(tracked[0].is_translated());
/// # }).unwrap();
/// ```
///
/// See [conntrack(8)](https://manpages.debian.org/stable/conntrack/conntrack.8.en.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// The [number](https://www.iana.org/assignments/protocol-numbers) of what it carries: 6 is TCP, 17 is UDP.
    pub protocol: u8,
    /// The first packet as it was sent.
    pub original: Flow,
    /// A packet in answer as it is awaited, before addresses are translated back.
    pub reply: Flow,
    /// How long the node remembers it if no packet comes.
    pub timeout: Duration,
    /// Whether packets went both ways.
    pub replied: bool,
}

/// One direction of a [`Connection`].
///
/// # Examples
///
/// See [`Connection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flow {
    /// Who sends.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// The ports of both, if the protocol has any.
    pub ports: Option<(u16, u16)>,
}

impl Connection {
    /// Whether the answer comes from elsewhere than where it was sent to, or goes elsewhere.
    ///
    /// # Examples
    ///
    /// See [`Connection`].
    pub fn is_translated(&self) -> bool {
        let Flow {
            source,
            destination,
            ports,
        } = self.reply;
        let ports = ports.map(|(from, to)| (to, from));
        let back = Flow {
            source: destination,
            destination: source,
            ports,
        };
        back != self.original
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.protocol {
            1 => "icmp",
            6 => "tcp",
            17 => "udp",
            58 => "icmpv6",
            132 => "sctp",
            _ => "unknown",
        };
        let (number, seconds) = (self.protocol, self.timeout.as_secs());
        write!(f, "{name} {number} {seconds} {}", self.original)?;
        if !self.replied {
            write!(f, " [UNREPLIED]")?;
        }
        write!(f, " {}", self.reply)
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src={} dst={}", self.source, self.destination)?;
        match self.ports {
            Some((source, destination)) => write!(f, " sport={source} dport={destination}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_conntrack_does() {
        let flow = |source: &str, destination: &str, ports| Flow {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            ports,
        };
        let mut connection = Connection {
            protocol: 17,
            original: flow("10.0.0.1", "203.0.113.80", Some((5000, 53))),
            reply: flow("203.0.113.80", "203.0.113.9", Some((53, 5000))),
            timeout: Duration::from_secs(29),
            replied: false,
        };
        assert_eq!(
            connection.to_string(),
            "udp 17 29 src=10.0.0.1 dst=203.0.113.80 sport=5000 dport=53 [UNREPLIED] \
             src=203.0.113.80 dst=203.0.113.9 sport=53 dport=5000"
        );
        assert!(connection.is_translated());
        connection.reply = flow("203.0.113.80", "10.0.0.1", Some((53, 5000)));
        assert!(!connection.is_translated());
    }
}
