//! The conditions of a firewall's rule.

use std::ops::{RangeFull, RangeInclusive};

use crate::address::Family;
use crate::nft::States;
use crate::topology::{Rule, Written};

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

/// Ports: one, a range of them, or all (`..`). For several, say [`tcp`](Rule::tcp) or [`udp`](Rule::udp) several times.
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
///
/// # Examples
///
/// ```
/// use netns_test::{ConnectionState, Rule};
///
/// let _strays = Rule::drop().state(ConnectionState::Invalid);
/// ```
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
    /// TCP to a port, to a range of ports, or to any (`..`). Said again, it means these as well: `.tcp(80).tcp(443)`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().tcp(8000..=8999))));
    /// assert!(lab.plan().unwrap().to_string().contains("tcp dport 8000-8999"));
    /// ```
    pub fn tcp(self, ports: impl Into<Ports>) -> Self {
        self.carried(Carried::Tcp(ports.into()))
    }

    /// UDP to a port, to a range of ports, or to any (`..`). Said again, it means these as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().udp(53))));
    /// assert!(lab.plan().unwrap().to_string().contains("udp dport 53"));
    /// ```
    pub fn udp(self, ports: impl Into<Ports>) -> Self {
        self.carried(Carried::Udp(ports.into()))
    }

    /// All of ICMP and ICMPv6, neighbour discovery included.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().icmp())));
    /// assert!(lab.plan().unwrap().to_string().contains("meta l4proto ipv6-icmp"));
    /// ```
    pub fn icmp(self) -> Self {
        self.carried(Carried::Icmp)
    }

    /// ICMP or ICMPv6 messages of a type: 8 and 128 are what a ping sends.
    ///
    /// See [IANA's lists](https://www.iana.org/assignments/icmp-parameters/).
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Family, Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().icmp_type(Family::V4, 8))));
    /// assert!(lab.plan().unwrap().to_string().contains("icmp type echo-request"));
    /// ```
    pub fn icmp_type(self, family: Family, number: u8) -> Self {
        self.carried(Carried::IcmpType(family, number))
    }

    /// A protocol above IP by its number: 132 is SCTP.
    ///
    /// See [IANA's list](https://www.iana.org/assignments/protocol-numbers/).
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().protocol(132))));
    /// assert!(lab.plan().unwrap().to_string().contains("meta l4proto sctp"));
    /// ```
    pub fn protocol(self, number: u8) -> Self {
        self.carried(Carried::Protocol(number))
    }

    fn carried(mut self, carried: Carried) -> Self {
        self.carried.push(carried);
        self
    }

    /// From a port of TCP or UDP, or from a range of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().udp(53).source_port(53))));
    /// assert!(lab.plan().unwrap().to_string().contains("udp sport 53 udp dport 53"));
    /// ```
    pub fn source_port(mut self, ports: impl Into<Ports>) -> Self {
        self.source_ports.push(ports.into());
        self
    }

    /// From an address, a subnet, or the name of a node, bridge or segment: from any address of the node, or from its subnets.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().from("a").tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("ip6 saddr fd00:1::1 tcp dport 80"));
    /// ```
    #[track_caller]
    pub fn from(mut self, source: impl std::fmt::Display) -> Self {
        self.from.push(Written::here(source.to_string()));
        self
    }

    /// To an address, a subnet, or the name of a node, bridge or segment.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().output().to("10.0.0.0/8"))));
    /// assert!(lab.plan().unwrap().to_string().contains("ip daddr 10.0.0.0/8"));
    /// ```
    #[track_caller]
    pub fn to(mut self, destination: impl std::fmt::Display) -> Self {
        self.to.push(Written::here(destination.to_string()));
        self
    }

    /// In by an interface: its name, or the bridge or segment that it is on. On a bridge a port, or the node behind it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().incoming("lan"))));
    /// assert!(lab.plan().unwrap().to_string().contains("iifname \"eth0\""));
    /// ```
    #[track_caller]
    pub fn incoming(mut self, interface: impl Into<String>) -> Self {
        self.incoming.push(Written::here(interface));
        self
    }

    /// Out by an interface: its name, or the bridge or segment that it is on. On a bridge a port, or the node behind it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().output().outgoing("eth0"))));
    /// assert!(lab.plan().unwrap().to_string().contains("oifname \"eth0\""));
    /// ```
    #[track_caller]
    pub fn outgoing(mut self, interface: impl Into<String>) -> Self {
        self.outgoing.push(Written::here(interface));
        self
    }

    /// In this state of its connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{ConnectionState, Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().state(ConnectionState::Invalid))));
    /// assert!(lab.plan().unwrap().to_string().contains("ct state invalid"));
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Family, Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().family(Family::V4))));
    /// assert!(lab.plan().unwrap().to_string().contains("meta nfproto ipv4"));
    /// ```
    pub fn family(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }
}
