//! What was asked for: a plain value that people build up and pass around.

mod advertisement;
mod bridge;
mod condition;
mod docker;
mod filter;
mod firewall;
mod host;
mod interface;
mod link;
mod mistake;
mod nat;
mod nat_kind;
pub mod ready;
mod route;
mod router;
mod rule;
mod share;
mod trouble;

use std::panic::Location;

use crate::address::Family;
use crate::impairment::Backend;

pub use advertisement::AdvertisementSpec;
pub use bridge::BridgeSpec;
pub use condition::{ConnectionState, Ports};
pub use docker::DockerBridge;
pub use filter::Rule;
pub use firewall::{Direction, Firewall};
pub use host::HostSpec;
pub use interface::{Addresses, InterfaceSpec};
pub use link::LinkEnd;
pub use mistake::Mistake;
pub use nat::NatSpec;
pub use nat_kind::{NatBehaviour, NatKind};
pub use route::RouteSpec;
pub use rule::RuleSpec;

pub(crate) use bridge::SegmentSpec;
pub(crate) use condition::Carried;
pub(crate) use docker::{DockerSettings, Setting};
pub(crate) use filter::Verdict;
pub(crate) use host::Attachment;
pub(crate) use interface::{Addressing, written};
pub(crate) use link::LinkSpec;
pub(crate) use nat::ForwardSpec;
pub(crate) use route::RouteKind;
pub(crate) use trouble::{Asked, TroubleSpec};

/// The name of the node in which a test's body runs unless it asks for another; bridges live there.
pub(crate) const ROOT: &str = "root";

/// A text that somebody wrote at a place in their code; what it means is found out by the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) at: &'static Location<'static>,
}

impl Written {
    #[track_caller]
    pub(crate) fn here(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            at: Location::caller(),
        }
    }
}

/// The description of a network: its bridges, segments, hosts and links.
///
/// A topology is a plain value. Its methods never fail and never touch the kernel: mistakes are found by [`plan`](Self::plan), all
/// at once, each with the file and line that caused it. Keep topologies in functions, take apart and [`merge`](Self::merge) them.
///
/// Every network has a node called `root`. It plays the host machine: the test's body runs in it, and bridges live in it.
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// let lab = Topology::new()
///     .bridge("mydocker0", "172.16.1.254/16")
///     .host("ns1", |h| h.attach("mydocker0", "172.16.1.1/16").default_route("172.16.1.254"))
///     .host("ns2", |h| h.attach("mydocker0", "172.16.1.2/16").default_route("172.16.1.254"));
/// assert!(lab.plan().is_ok());
/// ```
#[derive(Clone, Debug)]
pub struct Topology {
    pub(crate) root: HostSpec,
    pub(crate) hosts: Vec<HostSpec>,
    pub(crate) bridges: Vec<BridgeSpec>,
    pub(crate) segments: Vec<SegmentSpec>,
    pub(crate) links: Vec<LinkSpec>,
    pub(crate) unrouted: Vec<Written>,
    /// Names of hosts that were to be changed, and were not there.
    pub(crate) missing: Vec<Written>,
    pub(crate) allowed: Vec<Mistake>,
    /// Of every cable.
    pub(crate) trouble: TroubleSpec,
    pub(crate) backend: Backend,
    pub(crate) seed: Option<u64>,
    pub(crate) bare: bool,
    pub(crate) realistic: bool,
    /// The families that it was limited to; more than one of them is a mistake.
    pub(crate) only: Vec<(Family, &'static Location<'static>)>,
}

impl Default for Topology {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Topology {
    /// An empty network: the root with nothing but its loopback interface, up.
    ///
    /// # Examples
    ///
    /// ```
    /// let nothing = netns_test::Topology::new();
    /// assert!(nothing.plan().unwrap().to_string().contains("ip link set dev lo up"));
    /// ```
    #[track_caller]
    pub fn new() -> Self {
        Self {
            root: HostSpec::new(ROOT),
            hosts: Vec::new(),
            bridges: Vec::new(),
            segments: Vec::new(),
            links: Vec::new(),
            unrouted: Vec::new(),
            missing: Vec::new(),
            allowed: Vec::new(),
            trouble: TroubleSpec::default(),
            backend: Backend::Automatic,
            seed: None,
            bare: false,
            realistic: false,
            only: Vec::new(),
        }
    }

    /// Hosts on one segment, with addresses of both families allotted: the common case.
    ///
    /// Two hosts are joined by one veth pair; more of them by a switch in a namespace of its own. The root is not a member.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::lan(["client", "server"]).plan().unwrap();
    /// assert!(plan.to_string().contains("ip -netns server address add 10.1.0.2/16 dev eth0"));
    /// ```
    #[track_caller]
    pub fn lan<I>(members: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut topology = Self::new().segment("lan", ());
        for member in members {
            topology.hosts.push(HostSpec::new(member).join("lan"));
        }
        topology
    }

    /// Adds a bridge device to the root, with one address, several, or none (`()`).
    ///
    /// The bridge is up, runs no spanning tree and no multicast snooping; see [`bridge_with`](Self::bridge_with) for its options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// Topology::new()
    ///     .bridge("br0", "10.0.0.1/24")
    ///     .bridge("br1", ["10.0.1.1/24", "fd00:1::1/64"])
    ///     .bridge("br2", ());
    /// ```
    #[track_caller]
    pub fn bridge(mut self, name: impl Into<String>, addresses: impl Addresses) -> Self {
        self.bridges
            .push(BridgeSpec::new(name).addresses(addresses));
        self
    }

    /// Adds a bridge device to the root and sets its options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// Topology::new().bridge_with("br0", |b| b.address("10.0.0.1/24").mtu(1400).stp(true));
    /// ```
    #[track_caller]
    pub fn bridge_with(
        mut self,
        name: impl Into<String>,
        configure: impl FnOnce(BridgeSpec) -> BridgeSpec,
    ) -> Self {
        self.bridges.push(configure(BridgeSpec::new(name)));
        self
    }

    /// Adds a segment that hosts can [`join`](HostSpec::join): one cable for two members, a switch for more.
    ///
    /// Without subnets (`()`) it gets the next free `10.N.0.0/16` and `fd00:N::/64`, counted from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// Topology::new()
    ///     .segment("office", ["192.168.1.0/24", "fd00:cafe::/64"])
    ///     .host("desk", |h| h.join("office"))
    ///     .host("printer", |h| h.attach("office", "192.168.1.99/24"));
    /// ```
    #[track_caller]
    pub fn segment(mut self, name: impl Into<String>, subnets: impl Addresses) -> Self {
        self.segments.push(SegmentSpec {
            name: Written::here(name),
            subnets: written(subnets),
        });
        self
    }

    /// Adds a host: a network namespace of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// Topology::new().host("alone", |h| h.sysctl("net.ipv4.tcp_sack", 0));
    /// ```
    #[track_caller]
    pub fn host(
        mut self,
        name: impl Into<String>,
        configure: impl FnOnce(HostSpec) -> HostSpec,
    ) -> Self {
        self.hosts.push(configure(HostSpec::new(name)));
        self
    }

    /// Configures the root: its segments, routes and sysctls.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// Topology::lan(["a", "b"]).root(|root| root.join("lan"));
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn root(mut self, configure: impl FnOnce(HostSpec) -> HostSpec) -> Self {
        self.root = configure(self.root);
        self
    }

    /// Adds a cable, a veth pair, between two nodes; `root` is one of them, and both ends may be in the same node.
    ///
    /// An end is a node's name, a name with addresses, or a [`LinkEnd`] with everything chosen. Ends without addresses get one of
    /// each family.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{LinkEnd, Topology};
    ///
    /// Topology::new()
    ///     .host("ns1", |h| h)
    ///     .host("ns2", |h| h)
    ///     .link(("ns1", "192.168.1.1/24"), LinkEnd::new("ns2", |i| i.name("wan").address("192.168.1.2/24")));
    /// ```
    #[track_caller]
    pub fn link(mut self, a: impl Into<LinkEnd>, b: impl Into<LinkEnd>) -> Self {
        self.links.push(LinkSpec {
            ends: [a.into(), b.into()],
            at: Location::caller(),
        });
        self
    }

    /// Adds everything that `other` describes, so that people can build topologies out of parts of their own.
    ///
    /// A name that both use is a mistake, found by the plan.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// fn database() -> Topology {
    ///     Topology::new().host("db", |h| h.join("lan"))
    /// }
    /// let plan = Topology::lan(["client"]).merge(database()).plan().unwrap();
    /// assert!(plan.to_string().contains("ip netns add db"));
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn merge(mut self, other: Self) -> Self {
        self.root = self.root.merge(other.root);
        self.hosts.extend(other.hosts);
        self.bridges.extend(other.bridges);
        self.segments.extend(other.segments);
        self.links.extend(other.links);
        self.unrouted.extend(other.unrouted);
        self.missing.extend(other.missing);
        self.allowed.extend(other.allowed);
        self.trouble = self.trouble.merge(other.trouble);
        if self.backend == Backend::Automatic {
            self.backend = other.backend;
        }
        self.seed = self.seed.or(other.seed);
        self.bare |= other.bare;
        self.realistic |= other.realistic;
        self.only.extend(other.only);
        self
    }

    /// Raises nothing: every link, `lo` included, is made, addressed and left down, for tests that go step by step.
    ///
    /// Routes need a link that is up, so that a bare topology cannot have any: add them to the live host.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::lan(["a", "b"]).bare().plan().unwrap();
    /// assert!(!plan.to_string().contains(" up"));
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Leaves the kernel's defaults alone: duplicate address detection, router solicitations, multicast snooping.
    ///
    /// IPv6 addresses are then tentative for one to two seconds after the network was built.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::lan(["a", "b"]).realistic().plan().unwrap();
    /// assert!(!plan.to_string().contains("nodad"));
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn realistic(mut self) -> Self {
        self.realistic = true;
        self
    }

    /// Limits the network to one address family: no node has an address of the other one, on `lo` and link-local ones included.
    ///
    /// Addresses, subnets and routes of the other family are left out, so that one topology serves IPv4, IPv6 and both; see `families`
    /// of [`#[netns_test]`](macro@crate::netns_test). What is left is numbered as before. A host may end up without any address.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Family, Topology};
    ///
    /// let plan = Topology::lan(["a", "b"]).only(Family::V6).plan().unwrap().to_string();
    /// assert!(plan.contains("ip -netns b address add fd00:1::2/64 dev eth0"));
    /// assert!(!plan.contains("10.1.0.2"));
    /// assert!(plan.contains("ip -netns b address del 127.0.0.1/8 dev lo"));
    /// ```
    ///
    /// For IPv4 it sets [`disable_ipv6`](https://docs.kernel.org/networking/ip-sysctl.html); for IPv6 it removes 127.0.0.1.
    #[doc(alias = "ipv4_only")]
    #[doc(alias = "ipv6_only")]
    #[track_caller]
    #[must_use = "builder methods return the changed topology"]
    pub fn only(mut self, family: Family) -> Self {
        self.only.push((family, Location::caller()));
        self
    }

    /// Lets a mistake through, for tests about networks that are wrong on purpose.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Mistake, Topology};
    ///
    /// let clash = Topology::new()
    ///     .bridge("br0", ())
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24"))
    ///     .host("b", |h| h.attach("br0", "10.0.0.1/24"));
    /// assert!(clash.plan().unwrap_err().to_string().contains("10.0.0.1"));
    /// assert!(clash.allow(Mistake::DuplicateAddress).plan().is_ok());
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn allow(mut self, mistake: Mistake) -> Self {
        self.allowed.push(mistake);
        self
    }
}
