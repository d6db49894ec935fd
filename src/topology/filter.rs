//! A rule of a firewall as it was asked for.

use std::ops::{RangeFull, RangeInclusive};
use std::panic::Location;

use crate::address::Family;
use crate::nft::{IcmpRejection, Rejection, States};
use crate::topology::{Direction, Written};

/// A rule of a [`Firewall`](crate::Firewall): which packets, and what becomes of them.
///
/// A packet has to satisfy every kind of condition. A condition that is named several times is satisfied by any of them:
/// `.tcp(80).tcp(443).from("a")` means both ports, from `a`. A rule without conditions meets everything, but for what nodes find their
/// neighbours with: ARP and, unless the rule says what packets carry, IPv6 neighbour discovery. On a bridge it meets these, too.
///
/// It is about packets to the node itself, unless [`forward`](Self::forward) or [`output`](Self::output) say otherwise; on a
/// router it has to be said. On a bridge it is about what passes from port to port.
///
/// # Examples
///
/// ```
/// use netns_test::{Rule, Topology};
///
/// Topology::lan(["client"]).host("server", |h| {
///     h.join("lan").firewall(|f| {
///         f.rule(Rule::accept().tcp(80).tcp(8000..=8999).from("client"))
///             .rule(Rule::reset().tcp(..).named("no other tcp"))
///     })
/// });
/// ```
#[derive(Clone, Debug)]
#[must_use = "a rule does nothing until a firewall has it"]
pub struct Rule {
    pub(crate) at: &'static Location<'static>,
    pub(crate) verdict: Verdict,
    pub(crate) directions: Vec<Direction>,
    pub(crate) from: Vec<Written>,
    pub(crate) to: Vec<Written>,
    pub(crate) incoming: Vec<Written>,
    pub(crate) outgoing: Vec<Written>,
    pub(crate) carried: Vec<Carried>,
    pub(crate) source_ports: Vec<Ports>,
    pub(crate) states: Option<States>,
    pub(crate) family: Option<Family>,
    pub(crate) name: Option<Written>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    Drop,
    Reject(Rejection),
}

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Tcp(Ports),
    Udp(Ports),
    /// ICMP and ICMPv6.
    Icmp,
    IcmpType(Family, u8),
    Protocol(u8),
}

/// Ports: one, a range of them, or all (`..`).
///
/// # Examples
///
/// ```
/// use netns_test::Rule;
///
/// let _ = [Rule::drop().tcp(80), Rule::drop().udp(1000..=2000), Rule::drop().tcp(..)];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(pub(crate) RangeInclusive<u16>);

impl From<u16> for Ports {
    fn from(port: u16) -> Self {
        Self(port..=port)
    }
}

impl From<RangeInclusive<u16>> for Ports {
    fn from(ports: RangeInclusive<u16>) -> Self {
        Self(ports)
    }
}

impl From<RangeFull> for Ports {
    fn from(_: RangeFull) -> Self {
        Self(0..=u16::MAX)
    }
}

/// What a packet is to its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// It would begin one.
    New,
    /// It belongs to one that has seen packets both ways.
    Established,
    /// It begins one, or is an ICMP error, because of another one.
    Related,
    /// It belongs to none, and cannot begin one.
    Invalid,
}

impl Rule {
    #[track_caller]
    fn new(verdict: Verdict) -> Self {
        Self {
            at: Location::caller(),
            verdict,
            directions: Vec::new(),
            from: Vec::new(),
            to: Vec::new(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            carried: Vec::new(),
            source_ports: Vec::new(),
            states: None,
            family: None,
            name: None,
        }
    }

    /// Lets packets pass.
    #[track_caller]
    pub fn accept() -> Self {
        Self::new(Verdict::Accept)
    }

    /// Drops packets: their sender hears nothing, and gives up after a while (`ETIMEDOUT`).
    #[track_caller]
    pub fn drop() -> Self {
        Self::new(Verdict::Drop)
    }

    /// Answers "port unreachable", as if nobody listened: `ECONNREFUSED`.
    ///
    /// The kernel limits such answers, to some at once and then about one a second for each target, unless the node
    /// [forwards](crate::HostSpec::forward). TCP asks again after a second when it missed the first one; a
    /// [`reset`](Self::reset) is never missed.
    #[track_caller]
    pub fn reject() -> Self {
        Self::new(Verdict::Reject(Rejection::Icmp(
            IcmpRejection::PortUnreachable,
        )))
    }

    /// Answers with a TCP reset: `ECONNREFUSED` for who connects, `ECONNRESET` for who is connected. It is about TCP alone.
    #[track_caller]
    pub fn reset() -> Self {
        Self::new(Verdict::Reject(Rejection::TcpReset))
    }

    /// Answers "host unreachable", in IPv6 "address unreachable": `EHOSTUNREACH`.
    #[track_caller]
    pub fn unreachable() -> Self {
        Self::new(Verdict::Reject(Rejection::Icmp(
            IcmpRejection::HostUnreachable,
        )))
    }

    /// Answers "communication administratively prohibited": `EHOSTUNREACH` over IPv4, `EACCES` over IPv6.
    #[track_caller]
    pub fn prohibit() -> Self {
        Self::new(Verdict::Reject(Rejection::Icmp(
            IcmpRejection::AdminProhibited,
        )))
    }

    /// Packets to the node itself.
    pub fn input(self) -> Self {
        self.direction(Direction::Input)
    }

    /// Packets that the node routes, or that a bridge passes on.
    pub fn forward(self) -> Self {
        self.direction(Direction::Forward)
    }

    /// Packets from the node itself.
    ///
    /// A program whose packet is dropped here is told so (`EPERM`) where it sends datagrams; a TCP connection gets nowhere.
    pub fn output(self) -> Self {
        self.direction(Direction::Output)
    }

    fn direction(mut self, direction: Direction) -> Self {
        if !self.directions.contains(&direction) {
            self.directions.push(direction);
        }
        self
    }

    /// TCP to a port, to a range of ports, or to any (`..`).
    pub fn tcp(self, ports: impl Into<Ports>) -> Self {
        self.carried(Carried::Tcp(ports.into()))
    }

    /// UDP to a port, to a range of ports, or to any (`..`).
    pub fn udp(self, ports: impl Into<Ports>) -> Self {
        self.carried(Carried::Udp(ports.into()))
    }

    /// All of ICMP and ICMPv6, neighbour discovery included.
    pub fn icmp(self) -> Self {
        self.carried(Carried::Icmp)
    }

    /// ICMP or ICMPv6 messages of a type: 8 and 128 are what a ping sends.
    ///
    /// See [IANA's lists](https://www.iana.org/assignments/icmp-parameters/).
    pub fn icmp_type(self, family: Family, number: u8) -> Self {
        self.carried(Carried::IcmpType(family, number))
    }

    /// A protocol above IP by its number: 132 is SCTP.
    ///
    /// See [IANA's list](https://www.iana.org/assignments/protocol-numbers/).
    pub fn protocol(self, number: u8) -> Self {
        self.carried(Carried::Protocol(number))
    }

    fn carried(mut self, carried: Carried) -> Self {
        self.carried.push(carried);
        self
    }

    /// From a port of TCP or UDP, or from a range of them.
    pub fn source_port(mut self, ports: impl Into<Ports>) -> Self {
        self.source_ports.push(ports.into());
        self
    }

    /// From an address, a subnet, or the name of a node, bridge or segment: from any address of the node, or from its subnets.
    #[track_caller]
    pub fn from(mut self, source: impl std::fmt::Display) -> Self {
        self.from.push(Written::here(source.to_string()));
        self
    }

    /// To an address, a subnet, or the name of a node, bridge or segment.
    #[track_caller]
    pub fn to(mut self, destination: impl std::fmt::Display) -> Self {
        self.to.push(Written::here(destination.to_string()));
        self
    }

    /// In by an interface: its name, or the bridge or segment that it is on. On a bridge a port, or the node behind it.
    #[track_caller]
    pub fn incoming(mut self, interface: impl Into<String>) -> Self {
        self.incoming.push(Written::here(interface));
        self
    }

    /// Out by an interface: its name, or the bridge or segment that it is on. On a bridge a port, or the node behind it.
    #[track_caller]
    pub fn outgoing(mut self, interface: impl Into<String>) -> Self {
        self.outgoing.push(Written::here(interface));
        self
    }

    /// In this state of its connection.
    pub fn state(mut self, state: ConnectionState) -> Self {
        let state = match state {
            ConnectionState::New => States::NEW,
            ConnectionState::Established => States::ESTABLISHED,
            ConnectionState::Related => States::RELATED,
            ConnectionState::Invalid => States::INVALID,
        };
        self.states = Some(self.states.map_or(state, |states| states.and(state)));
        self
    }

    /// Of this family only.
    pub fn family(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }

    /// Names the rule, for counters and messages; without, it is called by its number, `rule 3 (forward)`.
    ///
    /// A name has 1 to 100 bytes, no quotes and no control characters. Rules of one name are counted together.
    #[track_caller]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(Written::here(name));
        self
    }
}
