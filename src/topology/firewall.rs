//! Firewalls as they were asked for: what a node or a bridge lets through.

use std::fmt;
use std::panic::Location;

use crate::topology::{BridgeSpec, HostSpec, Rule};

/// Which way a packet goes through a node.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::Direction::Forward.to_string(), "forward");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the node itself.
    Input,
    /// Through the node: what it routes, or what a bridge passes from port to port.
    Forward,
    /// From the node itself.
    Output,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
        })
    }
}

/// A firewall: rules, tried in their order until one decides, and what becomes of the rest.
///
/// What no rule decides about passes, unless the direction [drops by default](Self::drop_by_default). Every rule counts what it met,
/// see [`Host::counters`](crate::Host::counters).
///
/// # Examples
///
/// ```
/// use netns_test::{Direction, Rule, Topology};
///
/// let lab = Topology::lan(["client"]).host("server", |h| {
///     h.join("lan").firewall(|f| {
///         f.stateful()
///             .rule(Rule::accept().tcp(80).named("web"))
///             .rule(Rule::reject().tcp(22).from("10.0.0.0/8"))
///             .drop_by_default(Direction::Input)
///     })
/// });
/// assert!(lab.plan().unwrap().to_string().contains("tcp dport 80 counter packets 0 bytes 0 accept comment \"web\""));
/// ```
///
/// It becomes tables of [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html), which the plan prints.
#[derive(Clone, Debug, Default)]
pub struct Firewall {
    pub(crate) rules: Vec<Rule>,
    pub(crate) drops: Vec<(Direction, &'static Location<'static>)>,
    pub(crate) stateful: Option<&'static Location<'static>>,
}

impl Firewall {
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.drops.is_empty()
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self.drops.extend(other.drops);
        self.stateful = self.stateful.or(other.stateful);
        self
    }

    /// Adds a rule behind those that are there.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// let lab = Topology::lan(["a"]).host("b", |h| {
    ///     h.join("lan").firewall(|f| f.rule(Rule::drop().from("a")))
    /// });
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed firewall"]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Drops what no rule of this direction has decided about, and counts it as `default`.
    ///
    /// What a node cannot live without is spared: its loopback interface, IPv6 neighbour discovery and multicast listeners
    /// ([RFC 4890](https://www.rfc-editor.org/rfc/rfc4890#section-4.4), ICMPv6 types 130 to 137 and 143), and on a bridge ARP. Answers are
    /// not: see [`stateful`](Self::stateful). A rule about one of these comes first and wins.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Direction, Topology};
    ///
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.drop_by_default(Direction::Input)));
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// assert_eq!(net.host("b").counter("default").unwrap().packets, 3);
    /// # }).unwrap();
    /// ```
    #[doc(alias = "policy")]
    #[track_caller]
    #[must_use = "builder methods return the changed firewall"]
    pub fn drop_by_default(mut self, direction: Direction) -> Self {
        self.drops.push((direction, Location::caller()));
        self
    }

    /// Lets packets of connections that were accepted pass before all rules, and ICMP errors about them: answers need no rules of their
    /// own. They are counted as `established`.
    ///
    /// See [nf_conntrack](https://docs.kernel.org/networking/nf_conntrack-sysctl.html).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Direction, Topology};
    ///
    /// let lab = Topology::lan(["a"]).host("b", |h| {
    ///     h.join("lan").firewall(|f| f.stateful().drop_by_default(Direction::Input))
    /// });
    /// # netns_test::run(&lab, |net| {
    /// net.host("b").ping("a").unwrap().assert_lossless();
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// # }).unwrap();
    /// ```
    #[doc(alias = "established")]
    #[track_caller]
    #[must_use = "builder methods return the changed firewall"]
    pub fn stateful(mut self) -> Self {
        self.stateful = Some(Location::caller());
        self
    }
}

impl HostSpec {
    /// Gives the node a firewall: a host, a router or the root. Called again, it goes on where it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// let lab = Topology::new()
    ///     .segment("office", ())
    ///     .segment("servers", ())
    ///     .host("desk", |h| h.join("office"))
    ///     .host("web", |h| h.join("servers"))
    ///     .router("gate", |r| {
    ///         r.join("office").join("servers").firewall(|f| {
    ///             f.rule(Rule::drop().forward().icmp().from("office"))
    ///         })
    ///     });
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("desk").ping("web").unwrap().received(), 0);
    /// net.host("desk").ping("gate").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed host"]
    pub fn firewall(mut self, configure: impl FnOnce(Firewall) -> Firewall) -> Self {
        self.firewall = configure(self.firewall);
        self
    }

    /// Makes the router a black hole for path MTU discovery: it sends and forwards no ICMP "fragmentation needed" and no ICMPv6 "packet
    /// too big", and counts them as `path mtu`. Large packets vanish, and their sender never learns why.
    ///
    /// See [RFC 2923](https://www.rfc-editor.org/rfc/rfc2923#section-2.1).
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::lan(["a"])
    ///     .segment("far", ())
    ///     .router("r1", |r| r.join("lan").join("far").pmtu_black_hole())
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("icmpv6 type packet-too-big"));
    /// ```
    #[must_use = "builder methods return the changed host"]
    pub fn pmtu_black_hole(mut self) -> Self {
        self.pmtu_black_hole = true;
        self
    }

    /// Lowers the segment size that TCP peers announce through this router to what fits the MTU of both ways: what a home router does
    /// about black holes.
    ///
    /// See "TCP MSS clamping" in [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::lan(["a"])
    ///     .segment("far", ())
    ///     .router("r1", |r| r.join("lan").join("far").clamp_mss())
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("tcp option maxseg size set rt mtu"));
    /// ```
    #[must_use = "builder methods return the changed host"]
    pub fn clamp_mss(mut self) -> Self {
        self.clamp_mss = true;
        self
    }
}

impl BridgeSpec {
    /// Filters what the bridge passes from port to port. Packets to and from the root itself are the business of the root's own firewall.
    ///
    /// Interfaces in its rules are ports, by their names or by those of the nodes behind them. A bridge can accept and drop, not
    /// reject, and follows no connections.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// let lab = Topology::new()
    ///     .bridge_with("br0", |b| {
    ///         b.address("10.0.0.254/24").firewall(|f| f.rule(Rule::drop().incoming("a").outgoing("b")))
    ///     })
    ///     .host("a", |h| h.join("br0"))
    ///     .host("b", |h| h.join("br0"))
    ///     .host("c", |h| h.join("br0"));
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// net.host("a").ping("c").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed bridge"]
    pub fn firewall(mut self, configure: impl FnOnce(Firewall) -> Firewall) -> Self {
        self.firewall = configure(self.firewall);
        self
    }
}
