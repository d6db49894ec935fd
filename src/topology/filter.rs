//! A rule of a firewall as it was asked for: what it does, where, and its name.

use std::panic::Location;

use crate::address::Family;
use crate::nft::{IcmpRejection, Rejection, States};
use crate::topology::{Carried, Direction, Ports, Written};

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
///
/// See [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html), "Statements".
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::accept().tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("tcp dport 80 counter packets 0 bytes 0 accept"));
    /// ```
    #[track_caller]
    pub fn accept() -> Self {
        Self::new(Verdict::Accept)
    }

    /// Drops packets: their sender hears nothing, and gives up after a while (`ETIMEDOUT`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("tcp dport 80 counter packets 0 bytes 0 drop"));
    /// ```
    #[track_caller]
    pub fn drop() -> Self {
        Self::new(Verdict::Drop)
    }

    /// Answers "port unreachable", as if nobody listened: `ECONNREFUSED`.
    ///
    /// The kernel limits such answers, to some at once and then about one a second for each target, unless the node
    /// [forwards](crate::HostSpec::forward). TCP asks again after a second when it missed the first one; a
    /// [`reset`](Self::reset) is never missed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::reject().tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("tcp dport 80 counter packets 0 bytes 0 reject"));
    /// ```
    #[track_caller]
    pub fn reject() -> Self {
        Self::new(Verdict::Reject(Rejection::Icmp(
            IcmpRejection::PortUnreachable,
        )))
    }

    /// Answers with a TCP reset: `ECONNREFUSED` for who connects, `ECONNRESET` for who is connected. It is about TCP alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::reset())));
    /// assert!(lab.plan().unwrap().to_string().contains("meta l4proto tcp counter packets 0 bytes 0 reject with tcp reset"));
    /// ```
    #[track_caller]
    pub fn reset() -> Self {
        Self::new(Verdict::Reject(Rejection::TcpReset))
    }

    /// Answers "host unreachable", in IPv6 "address unreachable": `EHOSTUNREACH`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::unreachable().udp(53))));
    /// assert!(lab.plan().unwrap().to_string().contains("reject with icmpx host-unreachable"));
    /// ```
    #[track_caller]
    pub fn unreachable() -> Self {
        Self::new(Verdict::Reject(Rejection::Icmp(
            IcmpRejection::HostUnreachable,
        )))
    }

    /// Answers "communication administratively prohibited": `EHOSTUNREACH` over IPv4, `EACCES` over IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::prohibit().udp(53))));
    /// assert!(lab.plan().unwrap().to_string().contains("reject with icmpx admin-prohibited"));
    /// ```
    #[track_caller]
    pub fn prohibit() -> Self {
        Self::new(Verdict::Reject(Rejection::Icmp(
            IcmpRejection::AdminProhibited,
        )))
    }

    /// Packets to the node itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().input().tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("hook input"));
    /// ```
    pub fn input(self) -> Self {
        self.direction(Direction::Input)
    }

    /// Packets that the node routes, or that a bridge passes on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().forward().tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("hook forward"));
    /// ```
    pub fn forward(self) -> Self {
        self.direction(Direction::Forward)
    }

    /// Packets from the node itself.
    ///
    /// A program whose packet is dropped here is told so (`EPERM`) where it sends datagrams; a TCP connection gets nowhere.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().output().tcp(80))));
    /// assert!(lab.plan().unwrap().to_string().contains("hook output"));
    /// ```
    pub fn output(self) -> Self {
        self.direction(Direction::Output)
    }

    fn direction(mut self, direction: Direction) -> Self {
        if !self.directions.contains(&direction) {
            self.directions.push(direction);
        }
        self
    }

    /// Names the rule, for counters and messages; without, it is called by its number, `rule 3 (forward)`.
    ///
    /// A name has 1 to 100 bytes, no quotes and no control characters. Rules of one name are counted together.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().tcp(80).named("no web"))));
    /// assert!(lab.plan().unwrap().to_string().contains("comment \"no web\""));
    /// ```
    #[track_caller]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(Written::here(name));
        self
    }
}
