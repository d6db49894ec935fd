//! What a rule does, step by step.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Selector;
use crate::address::{Cidr, Family};

/// One step of a rule. A comparison that fails ends the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Is(Selector, Value),
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what others' rules say is told from it")
    )]
    IsNot(Selector, Value),
    /// Whether what the selectors read, one behind the other, is in a set.
    In(Vec<Selector>, String),
    NotIn(Vec<Selector>, String),
    /// Counts packets and bytes.
    Counter,
    Record(Record),
    Accept,
    Drop,
    Reject(Rejection),
    Jump(String),
    /// Source translation to the address of the interface by which the packet leaves.
    Masquerade(Ports, Flags),
    Nat(Nat),
    /// Lowers the segment size that a TCP peer announces to what fits the route's MTU.
    ClampSegments,
    /// Has the kernel tell what further rules decide about the packet.
    Trace,
}

/// What a selector is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Interface(String),
    Protocol(u8),
    Family(Family),
    Subnet(Cidr),
    Ports(RangeInclusive<u16>),
    /// The type or code of an ICMP message.
    Icmp(u8),
    /// One of these types of ICMP messages.
    IcmpTypes(RangeInclusive<u8>),
    Ether(EtherType),
    /// Any of these flags of a TCP header.
    TcpFlags(u8),
    /// Any of these states.
    States(States),
    /// Any of the kernel's bits `IPS_*`.
    Status(u32),
}

/// What an Ethernet frame carries, by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub(crate) enum EtherType {
    Ipv4 = 0x0800,
    Arp = 0x0806,
    Ipv6 = 0x86DD,
}

impl EtherType {
    pub(crate) fn of(family: Family) -> Self {
        match family {
            Family::V4 => Self::Ipv4,
            Family::V6 => Self::Ipv6,
        }
    }
}

/// The states of connections, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct States(pub(crate) u32);

impl States {
    pub(crate) const INVALID: Self = Self(1);
    pub(crate) const ESTABLISHED: Self = Self(2);
    pub(crate) const RELATED: Self = Self(4);
    pub(crate) const NEW: Self = Self(8);

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How a packet is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rejection {
    TcpReset,
    /// ICMP of the packet's family, by the kernel's number `NFT_REJECT_ICMPX_*`.
    Icmp(IcmpRejection),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum IcmpRejection {
    PortUnreachable = 1,
    HostUnreachable = 2,
    AdminProhibited = 3,
}

/// Adds to a set, renews or removes what the selectors read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) change: Change,
    pub(crate) set: String,
    pub(crate) key: Operand,
    /// What a map is to lead to; nothing for a set.
    pub(crate) value: Option<Operand>,
    pub(crate) timeout: Option<Duration>,
}

/// What is recorded: what selectors read, one behind the other, or a port that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Fields(Vec<Selector>),
    Hashed(Hashed),
}

/// `first` or one of the next `count - 1` ports, which follows from what the selectors read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hashed {
    pub(crate) of: Vec<Selector>,
    pub(crate) count: u32,
    pub(crate) seed: u32,
    pub(crate) first: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Change {
    /// Keeps an element's time if it is there already.
    Add = 0,
    /// Renews it.
    Update = 1,
}

/// A translation of source or destination, in chains of the kind nat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nat {
    pub(crate) side: super::Side,
    pub(crate) family: Family,
    pub(crate) to: Target,
    pub(crate) ports: Ports,
    pub(crate) flags: Flags,
}

/// The address that a translation gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Address(IpAddr),
    /// This subnet, and the rest of the address as it was.
    Prefix(Cidr),
    /// What a map leads to: an address, or an address and a port.
    Mapped {
        key: Vec<Selector>,
        map: String,
        with_port: bool,
    },
}

/// The ports that a translation gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ports {
    Keep,
    Range(RangeInclusive<u16>),
    /// What a map leads to.
    Mapped {
        key: Vec<Selector>,
        map: String,
    },
}

/// How the kernel chooses among possible translations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// A random port, even where the packet's own would do.
    pub(crate) fully_random: bool,
    /// The same address for all connections of a client.
    pub(crate) persistent: bool,
}
