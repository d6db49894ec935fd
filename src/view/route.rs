//! A route, as `ip route` shows it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::scope::Scope;
use crate::address::Cidr;

/// The number of the table that is meant when nobody names one.
pub(crate) const MAIN_TABLE: u32 = 254;
/// The number of the table of this host's own addresses, which the kernel keeps.
pub(crate) const LOCAL_TABLE: u32 = 255;

/// A route.
///
/// It prints as `ip route` and `ip -6 route` print it: `default via 172.16.1.254 dev eth0`.
///
/// # Examples
///
/// ```
/// use netns_test::{Route, RouteKind};
///
/// fn swallows(route: &Route) -> bool {
///     route.kind == RouteKind::Blackhole
/// }
/// # let _: fn(&Route) -> bool = swallows;
/// ```
///
/// See [ip-route(8)](https://man7.org/linux/man-pages/man8/ip-route.8.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// What becomes of the packets.
    pub kind: RouteKind,
    /// Which destinations it is for; `0.0.0.0/0` or `::/0` for the default route.
    pub destination: Cidr,
    /// The next router.
    pub via: Option<IpAddr>,
    /// The name of the interface through which packets leave.
    pub device: Option<String>,
    /// The address that packets from this host carry as their source.
    pub source: Option<IpAddr>,
    /// Among routes to the same destination the lowest metric wins.
    pub metric: Option<u32>,
    /// Who added it.
    pub protocol: RouteOrigin,
    /// How far away the destination is.
    pub scope: Scope,
    /// The number of its table; 254 is the main table.
    pub table: u32,
    /// Whether the next router is reachable although no address of this host says so.
    pub onlink: bool,
    /// Whether the route is out of use since its interface is down.
    pub dead: bool,
    /// Whether its interface has no carrier.
    pub linkdown: bool,
    /// The longest packet to these destinations, if the route says so.
    pub mtu: Option<u32>,
    /// How long it will exist; `None` is for ever.
    pub expires: Option<Duration>,
    /// How an IPv6 route compares to others that routers advertise.
    pub preference: Option<RoutePreference>,
    /// Where packets go if there is more than one way; `via` and `device` are `None` then.
    pub next_hops: Vec<NextHop>,
}

/// One of several ways to the same destination.
///
/// # Examples
///
/// ```
/// use netns_test::{NextHop, Route};
///
/// fn total_weight(route: &Route) -> u32 {
///     route.next_hops.iter().map(|hop: &NextHop| u32::from(hop.weight)).sum()
/// }
/// # let _: fn(&Route) -> u32 = total_weight;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextHop {
    /// The next router.
    pub via: Option<IpAddr>,
    /// The name of the interface through which packets leave.
    pub device: Option<String>,
    /// Its share of the traffic.
    pub weight: u16,
    /// Whether the next router is reachable although no address of this host says so.
    pub onlink: bool,
    /// Whether the way is out of use since its interface is down.
    pub dead: bool,
    /// Whether its interface has no carrier.
    pub linkdown: bool,
}

impl Route {
    /// Whether this is a default route.
    ///
    /// ```
    /// use netns_test::Route;
    ///
    /// fn gateway(routes: &[Route]) -> Option<std::net::IpAddr> {
    ///     routes.iter().find(|route| route.is_default())?.via
    /// }
    /// # let _: fn(&[Route]) -> Option<std::net::IpAddr> = gateway;
    /// ```
    pub fn is_default(&self) -> bool {
        self.destination.prefix() == 0
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != RouteKind::Unicast {
            write!(f, "{} ", self.kind)?;
        }
        let own_length = if self.destination.is_ipv4() { 32 } else { 128 };
        match self.destination.prefix() {
            0 => write!(f, "default")?,
            length if length == own_length => write!(f, "{}", self.destination.address())?,
            _ => write!(f, "{}", self.destination)?,
        }
        write_way(f, self.destination, self.via, self.device.as_deref())?;
        match self.table {
            MAIN_TABLE => {}
            LOCAL_TABLE => write!(f, " table local")?,
            253 => write!(f, " table default")?,
            number => write!(f, " table {number}")?,
        }
        if self.protocol != RouteOrigin::Boot {
            write!(f, " proto {}", self.protocol)?;
        }
        if self.scope != Scope::Global {
            write!(f, " scope {}", self.scope)?;
        }
        if let Some(source) = self.source {
            write!(f, " src {source}")?;
        }
        if let Some(metric) = self.metric {
            write!(f, " metric {metric}")?;
        }
        write_flags(f, self.dead, self.onlink, self.linkdown)?;
        if let Some(mtu) = self.mtu {
            write!(f, " mtu {mtu}")?;
        }
        if let Some(expires) = self.expires {
            write!(f, " expires {}sec", expires.as_secs())?;
        }
        if let Some(preference) = self.preference {
            write!(f, " pref {preference}")?;
        }
        for hop in &self.next_hops {
            write!(f, "\n\tnexthop")?;
            write_way(f, self.destination, hop.via, hop.device.as_deref())?;
            write!(f, " weight {}", hop.weight)?;
            write_flags(f, hop.dead, hop.onlink, hop.linkdown)?;
        }
        Ok(())
    }
}

fn write_way(
    f: &mut fmt::Formatter<'_>,
    destination: Cidr,
    via: Option<IpAddr>,
    device: Option<&str>,
) -> fmt::Result {
    match via {
        // An IPv4 destination behind an IPv6 router.
        Some(via @ IpAddr::V6(_)) if destination.is_ipv4() => write!(f, " via inet6 {via}")?,
        Some(via) => write!(f, " via {via}")?,
        None => {}
    }
    match device {
        Some(device) => write!(f, " dev {device}"),
        None => Ok(()),
    }
}

fn write_flags(
    f: &mut fmt::Formatter<'_>,
    dead: bool,
    onlink: bool,
    linkdown: bool,
) -> fmt::Result {
    for (set, word) in [(dead, "dead"), (onlink, "onlink"), (linkdown, "linkdown")] {
        if set {
            write!(f, " {word}")?;
        }
    }
    Ok(())
}

/// What becomes of the packets that a route catches, as in [rtnetlink(7)].
///
/// # Examples
///
/// ```
/// use netns_test::RouteKind;
///
/// assert_eq!(RouteKind::Blackhole.to_string(), "blackhole");
/// ```
///
/// [rtnetlink(7)]: https://man7.org/linux/man-pages/man7/rtnetlink.7.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteKind {
    /// They are sent on.
    #[default]
    Unicast,
    /// They are for this host.
    Local,
    /// They are sent to, and accepted from, everybody on the link.
    Broadcast,
    /// They are sent to, and accepted from, one of several hosts.
    Anycast,
    /// They are for a group.
    Multicast,
    /// They vanish.
    Blackhole,
    /// They are answered with "host unreachable".
    Unreachable,
    /// They are answered with "administratively prohibited".
    Prohibit,
    /// The search continues in the next table.
    Throw,
    /// Their addresses are translated; no longer in use.
    Nat,
    /// A number that has no name.
    Other(u8),
}

impl RouteKind {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Unicast,
            2 => Self::Local,
            3 => Self::Broadcast,
            4 => Self::Anycast,
            5 => Self::Multicast,
            6 => Self::Blackhole,
            7 => Self::Unreachable,
            8 => Self::Prohibit,
            9 => Self::Throw,
            10 => Self::Nat,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Anycast => "anycast",
            Self::Multicast => "multicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Throw => "throw",
            Self::Nat => "nat",
            Self::Other(number) => return write!(f, "{number}"),
        })
    }
}

/// Who added a route: the `proto` of `ip route`.
///
/// # Examples
///
/// ```
/// use netns_test::RouteOrigin;
///
/// // The route to the subnet of an interface's address.
/// assert_eq!(RouteOrigin::Kernel.to_string(), "kernel");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteOrigin {
    /// Unknown.
    Unspecified,
    /// An ICMP redirect.
    Redirect,
    /// The kernel, with an address.
    Kernel,
    /// A person or a script, with `ip route add`, which does not print it.
    #[default]
    Boot,
    /// An administrator, deliberately.
    Static,
    /// A router's advertisement.
    RouterAdvertisement,
    /// A DHCP client.
    Dhcp,
    /// Another program: routing daemons have numbers here.
    Other(u8),
}

impl RouteOrigin {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unspecified,
            1 => Self::Redirect,
            2 => Self::Kernel,
            3 => Self::Boot,
            4 => Self::Static,
            9 => Self::RouterAdvertisement,
            16 => Self::Dhcp,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for RouteOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unspecified => "unspec",
            Self::Redirect => "redirect",
            Self::Kernel => "kernel",
            Self::Boot => "boot",
            Self::Static => "static",
            Self::RouterAdvertisement => "ra",
            Self::Dhcp => "dhcp",
            // What `ip` calls them unless its own files say otherwise.
            Self::Other(12) => "bird",
            Self::Other(42) => "babel",
            Self::Other(186) => "bgp",
            Self::Other(187) => "isis",
            Self::Other(188) => "ospf",
            Self::Other(189) => "rip",
            Self::Other(number) => return write!(f, "{number}"),
        })
    }
}

/// How an IPv6 router compares to others, as in [RFC 4191].
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::RoutePreference::Medium.to_string(), "medium");
/// ```
///
/// [RFC 4191]: https://www.rfc-editor.org/rfc/rfc4191
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RoutePreference {
    /// Worse.
    Low,
    /// As usual.
    #[default]
    Medium,
    /// Better.
    High,
    /// A number that has no name.
    Other(u8),
}

impl RoutePreference {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Medium,
            1 => Self::High,
            3 => Self::Low,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for RoutePreference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Low => f.pad("low"),
            Self::Medium => f.pad("medium"),
            Self::High => f.pad("high"),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
}
