//! What is asked of the kernel, as values: on every system, so that what calls the verbs is the same code everywhere.

use std::net::IpAddr;

use crate::address::{Cidr, Family, Mac};

/// A bridge device to be made.
#[derive(Debug)]
pub(crate) struct BridgeVerb<'a> {
    pub(crate) name: &'a str,
    pub(crate) index: u32,
    pub(crate) mac: Option<Mac>,
    pub(crate) mtu: Option<u32>,
    pub(crate) stp: bool,
    /// In hundredths of a second.
    pub(crate) ageing: Option<u32>,
    pub(crate) snooping: bool,
}

/// One end of a veth pair to be made.
#[derive(Debug)]
pub(crate) struct VethVerb<'a> {
    pub(crate) name: &'a str,
    pub(crate) index: u32,
    pub(crate) mac: Mac,
    pub(crate) mtu: Option<u32>,
}

/// A route to be added or removed.
#[derive(Debug)]
pub(crate) struct RouteVerb {
    pub(crate) kind: RouteVerbKind,
    pub(crate) destination: Cidr,
    pub(crate) via: Option<IpAddr>,
    pub(crate) device: Option<u32>,
    pub(crate) metric: Option<u32>,
    pub(crate) source: Option<IpAddr>,
    pub(crate) onlink: bool,
    pub(crate) next_hops: Vec<HopVerb>,
    pub(crate) table: Option<u32>,
}

/// One of several ways of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HopVerb {
    pub(crate) via: IpAddr,
    pub(crate) device: Option<u32>,
    pub(crate) weight: u16,
}

/// A policy rule to be added or removed.
#[derive(Debug)]
pub(crate) struct RuleVerb<'a> {
    pub(crate) family: Family,
    pub(crate) from: Option<Cidr>,
    pub(crate) to: Option<Cidr>,
    pub(crate) iif: Option<&'a str>,
    pub(crate) oif: Option<&'a str>,
    pub(crate) fwmark: Option<u32>,
    pub(crate) table: u32,
    pub(crate) priority: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum RouteVerbKind {
    Unicast,
    Blackhole,
    Unreachable,
    Prohibit,
}

/// A packet that a node is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    pub(crate) to: IpAddr,
    pub(crate) from: Option<IpAddr>,
    /// The interface by which it comes in; without one, the node sends it itself.
    pub(crate) through: Option<u32>,
}

/// What the kernel would do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It has arrived.
    Local,
    Out {
        device: u32,
        /// The next router; without one, the destination is on the link.
        via: Option<IpAddr>,
        /// The address that the node would send from.
        source: Option<IpAddr>,
    },
    NoRoute,
    Blackhole,
    Unreachable,
    Prohibited,
    /// Its source would be answered by another interface, and `rp_filter` drops it for that.
    ReverseFilter,
}
