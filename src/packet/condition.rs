//! What a packet must be to match.

use std::fmt;
use std::sync::Arc;

use super::flags::TcpFlags;
use super::layout;
use super::matching::Match;
use super::view::Packet;
use crate::address::{Cidr, Family};

/// A condition of a [`Match`].
#[derive(Clone)]
pub(super) enum Condition {
    Kind(Kind),
    Family(Family),
    Vlan(u16),
    /// These flags of TCP are set, those are not.
    Flags {
        set: TcpFlags,
        unset: TcpFlags,
        name: &'static str,
    },
    /// An acknowledgment that carries nothing.
    AckOnly,
    Port(Side, u16),
    Address(Side, Cidr),
    Payload(Vec<u8>),
    MinLength(usize),
    Sender(Sender),
    When(Arc<Predicate>),
    Not(Box<Match>),
    Or(Box<[Match; 2]>),
}

type Predicate = dyn Fn(&Packet<'_>) -> bool + Send + Sync;

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Udp,
    Icmp,
    Icmpv6,
    Arp,
    NeighbourDiscovery,
    Ipv4,
    Ipv6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
    Either,
}

/// Who puts a packet on a link, seen from one of its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The host whose link it is.
    Own,
    /// Whoever is at the other end.
    Far,
    /// One of them, by its name: known when the rule is installed.
    Named(String),
}

impl Condition {
    pub(super) fn holds(&self, packet: &Packet<'_>, sender: &Sender) -> bool {
        match self {
            Self::Kind(kind) => kind.is(packet),
            Self::Family(family) => family_of(packet) == Some(*family),
            Self::Vlan(vlan) => packet.ethernet().is_some_and(|it| it.vlan == Some(*vlan)),
            Self::Flags { set, unset, .. } => packet
                .tcp()
                .is_some_and(|it| it.flags.contains(*set) && !it.flags.intersects(*unset)),
            Self::AckOnly => packet.tcp().is_some_and(|it| {
                let others = TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST;
                it.flags.contains(TcpFlags::ACK)
                    && !it.flags.intersects(others)
                    && it.payload.is_empty()
            }),
            Self::Port(side, port) => packet
                .ports()
                .is_some_and(|it| side.any(it, |it| it == *port)),
            Self::Address(side, subnet) => packet
                .addresses()
                .is_some_and(|it| side.any(it, |it| subnet.contains(it))),
            Self::Payload(bytes) => contains(packet.payload(), bytes),
            Self::MinLength(length) => packet.bytes().len() >= *length,
            Self::Sender(wanted) => wanted == sender,
            Self::When(predicate) => predicate(packet),
            Self::Not(other) => !other.holds(packet, sender),
            Self::Or(either) => either.iter().any(|it| it.holds(packet, sender)),
        }
    }
}

fn family_of(packet: &Packet<'_>) -> Option<Family> {
    packet.layout().ip.map(|ip| ip.family)
}

fn contains(payload: &[u8], bytes: &[u8]) -> bool {
    bytes.is_empty() || payload.windows(bytes.len()).any(|window| window == bytes)
}

impl Kind {
    fn is(self, packet: &Packet<'_>) -> bool {
        match self {
            Self::Tcp => packet.tcp().is_some(),
            Self::Udp => packet.udp().is_some(),
            Self::Icmp => packet.icmp().is_some(),
            Self::Icmpv6 => packet.icmpv6().is_some(),
            Self::Arp => packet.layout().ethertype == Some(layout::ARP),
            Self::NeighbourDiscovery => packet
                .icmpv6()
                .is_some_and(|message| message.is_neighbour_discovery()),
            Self::Ipv4 => family_of(packet) == Some(Family::V4),
            Self::Ipv6 => family_of(packet) == Some(Family::V6),
        }
    }

    /// The only family that it can be of. ARP is of none.
    fn family(self) -> Option<Family> {
        match self {
            Self::Icmp | Self::Ipv4 => Some(Family::V4),
            Self::Icmpv6 | Self::NeighbourDiscovery | Self::Ipv6 => Some(Family::V6),
            Self::Tcp | Self::Udp | Self::Arp => None,
        }
    }

    /// Why no packet of this kind ever meets a condition.
    pub(super) fn never(self, condition: &Condition) -> Option<String> {
        let general = matches!(self, Self::Ipv4 | Self::Ipv6);
        let reason = match condition {
            Condition::Flags { .. } | Condition::AckOnly if self != Self::Tcp && !general => {
                "only TCP segments have such flags"
            }
            Condition::Port(..) if !general && !matches!(self, Self::Tcp | Self::Udp) => {
                "only TCP and UDP have ports"
            }
            Condition::Family(family) => match self.family() {
                Some(own) if own != *family => "that is of the other family",
                None if self == Self::Arp => "ARP is no IP packet; say `Match::arp()` alone",
                _ => return None,
            },
            _ => return None,
        };
        Some(format!("`{self}` never meets `{condition}`: {reason}"))
    }
}

impl Side {
    fn any<T>(self, [source, destination]: [T; 2], holds: impl Fn(T) -> bool) -> bool {
        match self {
            Self::Source => holds(source),
            Self::Destination => holds(destination),
            Self::Either => holds(source) || holds(destination),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
            Self::Arp => "arp",
            Self::NeighbourDiscovery => "neighbour discovery",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "{kind}"),
            Self::Family(family) => write!(f, "{family}"),
            Self::Vlan(vlan) => write!(f, "vlan {vlan}"),
            Self::Flags { name: "", set, .. } => write!(f, "flags [{set}]"),
            Self::Flags { name, .. } => f.write_str(name),
            Self::AckOnly => f.write_str("ack only"),
            Self::Port(side, port) => write!(f, "{side}port {port}"),
            Self::Address(Side::Either, subnet) => write!(f, "address {subnet}"),
            Self::Address(side, subnet) => write!(f, "{side}{subnet}"),
            Self::Payload(bytes) => write!(f, "payload contains \"{}\"", bytes.escape_ascii()),
            Self::MinLength(length) => write!(f, "{length} bytes or more"),
            Self::Sender(Sender::Own) => f.write_str("sent"),
            Self::Sender(Sender::Far) => f.write_str("received"),
            Self::Sender(Sender::Named(name)) => write!(f, "from {name}"),
            Self::When(_) => f.write_str("when a closure says so"),
            Self::Not(other) => write!(f, "not ({other})"),
            Self::Or(either) => write!(f, "({}) or ({})", either[0], either[1]),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source ",
            Self::Destination => "destination ",
            Self::Either => "",
        })
    }
}
