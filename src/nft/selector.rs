//! What of a packet a rule looks at.

use crate::address::Family;

/// Where a packet comes from, or where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Source,
    Destination,
}

/// A protocol with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

/// A field of a packet, or something that the kernel knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    /// The name of the interface by which it came in, or by which it goes out.
    Interface(Side),
    /// The protocol that it carries: 6 is TCP.
    Protocol,
    /// Whether it is IPv4 or IPv6.
    Family,
    /// What a frame carries, by its Ethernet type.
    EtherType,
    Address(Family, Side),
    Port(Transport, Side),
    /// The type and the code of an ICMP message of a family.
    IcmpType(Family),
    IcmpCode(Family),
    TcpFlags,
    /// What the packet is to its connection.
    State,
    /// What became of its connection: whether it is translated.
    Status,
}

/// The type of a part of a set's key or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datatype {
    Address(Family),
    Port,
}

impl Transport {
    /// The number in the header of IP.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl Selector {
    /// The bytes that it reads.
    pub(crate) fn length(self) -> u32 {
        match self {
            Self::Interface(_) => 16,
            Self::Protocol
            | Self::Family
            | Self::IcmpType(_)
            | Self::IcmpCode(_)
            | Self::TcpFlags => 1,
            Self::State | Self::Status => 4,
            Self::Address(family, _) => address_length(family),
            Self::Port(..) | Self::EtherType => 2,
        }
    }

    /// As `nft` writes it.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Interface(Side::Source) => "iifname".to_owned(),
            Self::Interface(Side::Destination) => "oifname".to_owned(),
            Self::Protocol => "meta l4proto".to_owned(),
            Self::Family => "meta nfproto".to_owned(),
            Self::EtherType => "meta protocol".to_owned(),
            Self::Address(family, side) => {
                let ip = match family {
                    Family::V4 => "ip",
                    Family::V6 => "ip6",
                };
                format!("{ip} {}addr", side.letter())
            }
            Self::Port(transport, side) => {
                format!("{} {}port", transport.word(), side.letter())
            }
            Self::IcmpType(Family::V4) => "icmp type".to_owned(),
            Self::IcmpType(Family::V6) => "icmpv6 type".to_owned(),
            Self::IcmpCode(Family::V4) => "icmp code".to_owned(),
            Self::IcmpCode(Family::V6) => "icmpv6 code".to_owned(),
            Self::TcpFlags => "tcp flags".to_owned(),
            Self::State => "ct state".to_owned(),
            Self::Status => "ct status".to_owned(),
        }
    }
}

impl Side {
    fn letter(self) -> char {
        match self {
            Self::Source => 's',
            Self::Destination => 'd',
        }
    }
}

impl Datatype {
    /// The bytes of a value; in a set each part fills whole words.
    pub(crate) fn length(self) -> u32 {
        match self {
            Self::Address(family) => address_length(family),
            Self::Port => 2,
        }
    }

    /// The number by which `nft` knows it. The kernel keeps it for `nft`, and does not look at it.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Address(Family::V4) => 7,
            Self::Address(Family::V6) => 8,
            Self::Port => 13,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Address(Family::V4) => "ipv4_addr",
            Self::Address(Family::V6) => "ipv6_addr",
            Self::Port => "inet_service",
        }
    }
}

fn address_length(family: Family) -> u32 {
    match family {
        Family::V4 => 4,
        Family::V6 => 16,
    }
}
