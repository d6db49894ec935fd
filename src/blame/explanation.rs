//! Where a packet ends, and why: the value.

use std::net::IpAddr;

use crate::address::{Cidr, Family};

/// Whether one node reaches another, and if not, where packets end and why: from [`Network::explain`](crate::Network::explain).
///
/// It prints as a few lines of prose, with what helps.
///
/// # Examples
///
/// ```
/// use netns_test::{Blame, Topology};
///
/// let lab = Topology::new()
///     .segment("left", "10.0.1.0/24")
///     .segment("right", "10.0.2.0/24")
///     .host("a", |h| h.join("left"))
///     .router("r1", |r| r.join("left").join("right"))
///     .host("b", |h| h.join("right"));
/// # netns_test::run(&lab, |net| {
/// assert!(net.explain("a", "b").unwrap().is_reachable());
///
/// net.host("b").link("eth0").down().unwrap();
/// let explanation = net.explain("a", "b").unwrap();
/// let culprit = explanation.culprit().unwrap();
/// assert_eq!((culprit.node.as_str(), culprit.interface.as_deref()), ("r1", Some("eth1")));
/// assert!(matches!(culprit.blame, Blame::NoCarrier { .. }));
/// println!("{explanation}");
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub(super) from: String,
    pub(super) to: String,
    /// One for each family that was asked.
    pub(super) attempts: Vec<Attempt>,
}

/// What one family came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) target: IpAddr,
    /// The nodes on the way there, as far as packets get by the nodes' own tables.
    pub(crate) path: Vec<String>,
    /// The nodes on the way back, the target first; empty if it was not asked.
    pub(crate) back: Vec<String>,
    pub(crate) culprit: Option<Culprit>,
    /// The cables on both ways that are bad on purpose: what passed now may not pass another time.
    pub(crate) impaired: Vec<Culprit>,
}

/// Where a packet ends, and why.
///
/// It prints as the cause of a failure: ``node `r1` has no route to 10.0.2.0/24``.
///
/// # Examples
///
/// ```
/// fn judge(explanation: &netns_test::Explanation) {
///     let culprit = explanation.culprit().unwrap();
///     assert_eq!(culprit.node, "r1");
///     assert_eq!(culprit.to_string(), "node `r1` has no route to 10.0.2.0/24");
/// }
/// # let _ = judge;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Culprit {
    /// The node at fault, or that cannot go on.
    pub node: String,
    /// The interface of its that matters, if one does.
    pub interface: Option<String>,
    /// What is wrong there.
    pub blame: Blame,
}

/// What is wrong with a node on a packet's way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The node has [crashed](crate::Host::crash).
    Crashed,
    /// The node is [paused](crate::Host::pause).
    Paused,
    /// The interface is down.
    LinkDown,
    /// Both ends of its cable are up and it carries nothing: somebody has [cut](crate::Link::cut) it.
    CableCut {
        /// The node at the other end.
        node: String,
    },
    /// The interface is up and the other end of its cable is not.
    NoCarrier {
        /// The node at the other end.
        node: String,
        /// The interface there; `None` if it is gone.
        interface: Option<String>,
    },
    /// The interface is a port of a bridge that passes no packets yet, or any more: the spanning tree protocol has closed it.
    PortBlocked,
    /// No route leads to the destination.
    NoRoute {
        /// The subnet of the destination, or the destination itself if nobody has it.
        to: Cidr,
    },
    /// A route drops what is sent there, quietly.
    Blackhole {
        /// The destination.
        to: IpAddr,
    },
    /// A route refuses what is sent there as unreachable.
    UnreachableRoute {
        /// The destination.
        to: IpAddr,
    },
    /// A route refuses what is sent there as prohibited.
    ProhibitedRoute {
        /// The destination.
        to: IpAddr,
    },
    /// The route leads to a gateway that nobody on the link has as an address.
    WrongGateway {
        /// The gateway.
        gateway: IpAddr,
        /// What the link is called.
        segment: Option<String>,
    },
    /// The prefix of the interface's address takes hosts to be on the link that are not, or the other way round.
    WrongPrefix {
        /// The address with its prefix.
        address: Cidr,
        /// The address that is on the wrong side.
        other: IpAddr,
    },
    /// Nobody on the link says that it has the address.
    NeighbourUnreachable {
        /// The address that was asked for.
        address: IpAddr,
        /// The node that has it, if there is one.
        owner: Option<String>,
    },
    /// The node passes on nothing that is not for itself.
    ForwardingOff {
        /// The kernel parameter that says so.
        sysctl: String,
    },
    /// `rp_filter` drops what would not be answered by the interface by which it came.
    ReversePath {
        /// The source of the packet.
        source: IpAddr,
    },
    /// A filter dropped it.
    Dropped {
        /// The rule's comment, or its position in its chain and what it says; `None` if it was the chain's policy.
        rule: Option<String>,
        /// The chain.
        chain: String,
    },
    /// A filter refused it with an answer.
    Rejected {
        /// The rule's comment, or its position in its chain and what it says; `None` if that cannot be told.
        rule: Option<String>,
        /// The chain, if that can be told.
        chain: Option<String>,
    },
    /// The node translates what leaves by the interface, and hides what is behind it.
    NatWithoutForward {
        /// The hidden address, or the node's own.
        to: IpAddr,
        /// The port that nothing is forwarded for.
        port: Option<u16>,
    },
    /// No program of the target takes connections or datagrams at the port.
    NobodyListens {
        /// The port.
        port: u16,
    },
    /// The packet is larger than the interface carries.
    MtuTooSmall {
        /// What it carries, in bytes.
        mtu: u32,
        /// The size of the packet.
        size: u32,
        /// Nobody tells the sender: the path is a black hole.
        silent: bool,
    },
    /// Packets come back to a node where they have been.
    Loop,
    /// The packet has passed as many routers as its TTL, or hop limit, lets it.
    TooFar,
    /// The packet arrives; the answer does not.
    ReturnPath(Box<Culprit>),
    /// The cable is [impaired](crate::Impairment), or [rules](crate::PacketRule) about its packets have had something to do, and nothing
    /// else says why.
    Impaired {
        /// The node at the other end.
        node: String,
        /// What was asked for, of this direction.
        trouble: String,
    },
    /// It ends here or behind, and nothing that the nodes tell says why.
    Unexplained {
        /// Whether it is certain that packets came so far.
        seen: bool,
    },
}

impl Explanation {
    /// Whether packets and their answers pass, by every family that was asked.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.explain("a", "b").unwrap().is_reachable());
    /// # }).unwrap();
    /// ```
    pub fn is_reachable(&self) -> bool {
        self.culprit().is_none()
    }

    /// Where packets end and why; `None` if they and their answers pass. Of two families, the first one that fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("a").link("eth0").down().unwrap();
    /// assert_eq!(net.explain("a", "b").unwrap().culprit().unwrap().node, "a");
    /// # }).unwrap();
    /// ```
    pub fn culprit(&self) -> Option<&Culprit> {
        self.attempts.iter().find_map(|it| it.culprit.as_ref())
    }

    /// What one family came to; `None` if packets pass, or were not asked about.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// use netns_test::Family;
    ///
    /// net.host("b").link("eth0").remove_address("10.1.0.2/16").unwrap();
    /// let explanation = net.explain_with("a", "10.1.0.2", |e| e).unwrap();
    /// assert!(explanation.culprit_by(Family::V4).is_some());
    /// # }).unwrap();
    /// ```
    pub fn culprit_by(&self, family: Family) -> Option<&Culprit> {
        let mut attempts = self.attempts.iter();
        let attempt = attempts.find(|it| family.includes(it.target))?;
        attempt.culprit.as_ref()
    }

    /// The nodes on the way, the sender first, as far as packets get. Of two families, the first one that fails, else the first.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.explain("a", "b").unwrap().path(), ["a", "b"]);
    /// # }).unwrap();
    /// ```
    pub fn path(&self) -> &[String] {
        self.telling().map_or(&[], |attempt| &attempt.path)
    }

    /// The nodes on the way back, the target first, as far as answers get; empty if packets do not even arrive.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.explain("a", "b").unwrap().return_path(), ["b", "a"]);
    /// # }).unwrap();
    /// ```
    pub fn return_path(&self) -> &[String] {
        self.telling().map_or(&[], |attempt| &attempt.back)
    }

    fn telling(&self) -> Option<&Attempt> {
        let mut attempts = self.attempts.iter();
        let failed = attempts.find(|attempt| attempt.culprit.is_some());
        failed.or_else(|| self.attempts.first())
    }
}

impl Culprit {
    pub(super) fn new(node: &str, interface: Option<String>, blame: Blame) -> Self {
        Self {
            node: node.to_owned(),
            interface,
            blame,
        }
    }

    pub(super) fn on_the_way_back(self) -> Self {
        Self {
            node: self.node.clone(),
            interface: self.interface.clone(),
            blame: Blame::ReturnPath(Box::new(self)),
        }
    }

    /// What is wrong, on whichever way.
    pub(super) fn at_heart(&self) -> &Self {
        match &self.blame {
            Blame::ReturnPath(culprit) => culprit,
            _ => self,
        }
    }
}
