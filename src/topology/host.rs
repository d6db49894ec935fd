//! A host as it was asked for.

use std::panic::Location;

use crate::topology::written;
use crate::topology::{
    Addresses, Firewall, InterfaceSpec, NatSpec, RouteKind, RouteSpec, RuleSpec, TroubleSpec,
    Written,
};
#[cfg(feature = "dns")]
use crate::zone::{Zone, Zones};

/// A host, or the root: its attachments, routes and sysctls.
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// Topology::new().bridge("br0", "10.0.0.254/24").host("web", |h| {
///     h.attach("br0", "10.0.0.1/24")
///         .default_route("10.0.0.254")
///         .route_with("192.0.2.0/24", |r| r.blackhole())
///         .sysctl("net.ipv4.tcp_syn_retries", 1)
/// });
/// ```
#[derive(Clone, Debug)]
pub struct HostSpec {
    pub(crate) name: Written,
    pub(crate) aliases: Vec<Written>,
    /// The host whose network it has.
    pub(crate) shares: Vec<Written>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) routes: Vec<RouteSpec>,
    pub(crate) rules: Vec<RuleSpec>,
    pub(crate) forwards: bool,
    pub(crate) manual_routes: bool,
    pub(crate) nats: Vec<NatSpec>,
    pub(crate) sysctls: Vec<(Written, String)>,
    pub(crate) firewall: Firewall,
    pub(crate) pmtu_black_hole: bool,
    pub(crate) clamp_mss: bool,
    /// Of all its interfaces.
    pub(crate) trouble: TroubleSpec,
    #[cfg(feature = "dns")]
    pub(crate) dns: Vec<Zone>,
    pub(crate) worker_threads: Option<(usize, &'static Location<'static>)>,
}

/// An interface, and the bridge or segment that it is plugged into.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) target: Written,
    pub(crate) interface: InterfaceSpec,
}

impl HostSpec {
    #[track_caller]
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: Written::here(name),
            aliases: Vec::new(),
            shares: Vec::new(),
            attachments: Vec::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            forwards: false,
            manual_routes: false,
            nats: Vec::new(),
            sysctls: Vec::new(),
            firewall: Firewall::default(),
            pmtu_black_hole: false,
            clamp_mss: false,
            trouble: TroubleSpec::default(),
            #[cfg(feature = "dns")]
            dns: Vec::new(),
            worker_threads: None,
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.aliases.extend(other.aliases);
        self.shares.extend(other.shares);
        self.attachments.extend(other.attachments);
        self.routes.extend(other.routes);
        self.rules.extend(other.rules);
        self.forwards |= other.forwards;
        self.manual_routes |= other.manual_routes;
        self.nats.extend(other.nats);
        self.sysctls.extend(other.sysctls);
        self.firewall = self.firewall.merge(other.firewall);
        self.pmtu_black_hole |= other.pmtu_black_hole;
        self.clamp_mss |= other.clamp_mss;
        self.trouble = self.trouble.merge(other.trouble);
        #[cfg(feature = "dns")]
        self.dns.extend(other.dns);
        self.worker_threads = self.worker_threads.or(other.worker_threads);
        self
    }

    /// A further name by which every node finds this host.
    ///
    /// Several hosts may share an alias: it then stands for the addresses of all of them. It may have dots.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::ToSocketAddrs;
    ///
    /// use netns_test::Topology;
    ///
    /// let shop = Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("web", |h| h.attach("br0", "10.0.0.1/24").alias("shop.example"));
    /// # netns_test::run(&shop, |net| {
    /// let found: Vec<_> = "shop.example:80".to_socket_addrs().unwrap().collect();
    /// assert_eq!(found, ["10.0.0.1:80".parse().unwrap()]);
    /// # }).unwrap();
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn alias(mut self, name: impl Into<String>) -> Self {
        self.aliases.push(Written::here(name));
        self
    }

    /// Plugs an interface into a bridge or segment, with the addresses given: one, several, or none (`()`).
    ///
    /// Interfaces are called `eth0`, `eth1`, ... in the order in which they are added, links included.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", ["10.0.0.1/24", "fd00::1/64"]))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip -netns a address add 10.0.0.1/24 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn attach(mut self, target: impl Into<String>, addresses: impl Addresses) -> Self {
        let interface = InterfaceSpec::new().addresses(written(addresses));
        self.attachments.push(Attachment {
            target: Written::here(target),
            interface,
        });
        self
    }

    /// Plugs an interface into a bridge or segment, with an address from each of its subnets.
    ///
    /// The address follows from the subnet and the host's number: the third host of a topology gets `10.1.0.3` from `10.1.0.0/16`, or
    /// the lowest one that is free if that one is taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.join("br0"))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip -netns a address add 10.0.0.1/24 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn join(mut self, target: impl Into<String>) -> Self {
        self.attachments.push(Attachment {
            target: Written::here(target),
            interface: InterfaceSpec::new(),
        });
        self
    }

    /// Plugs an interface into a bridge or segment and sets its options. Without addresses it gets them as by [`join`](Self::join).
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach_with("br0", |i| i.name("wan0").mtu(1400)))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip -netns a address add 10.0.0.1/24 dev wan0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn attach_with(
        mut self,
        target: impl Into<String>,
        configure: impl FnOnce(InterfaceSpec) -> InterfaceSpec,
    ) -> Self {
        let interface = configure(InterfaceSpec::new());
        self.attachments.push(Attachment {
            target: Written::here(target),
            interface,
        });
        self
    }

    /// Adds the default route of the gateway's family.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").default_route("10.0.0.254"))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("route add unicast default via 10.0.0.254 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn default_route(mut self, gateway: impl std::fmt::Display) -> Self {
        self.routes.push(RouteSpec::new("default").via(gateway));
        self
    }

    /// Adds a route to a subnet by way of a gateway.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route("192.0.2.0/24", "10.0.0.254"))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("route add unicast 192.0.2.0/24 via 10.0.0.254 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn route(
        mut self,
        destination: impl std::fmt::Display,
        gateway: impl std::fmt::Display,
    ) -> Self {
        self.routes.push(RouteSpec::new(destination).via(gateway));
        self
    }

    /// Adds a route and sets its options; `default` is a destination, too.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("default", |r| r.via("10.0.0.254").metric(7)))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("default via 10.0.0.254 dev eth0 metric 7"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn route_with(
        mut self,
        destination: impl std::fmt::Display,
        configure: impl FnOnce(RouteSpec) -> RouteSpec,
    ) -> Self {
        self.routes.push(configure(RouteSpec::new(destination)));
        self
    }

    /// Adds a route whose packets vanish.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.blackhole("192.0.2.0/24"))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("route add blackhole 192.0.2.0/24"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn blackhole(mut self, destination: impl std::fmt::Display) -> Self {
        self.routes
            .push(RouteSpec::new(destination).kind(RouteKind::Blackhole));
        self
    }

    /// Sets a kernel parameter of this node: `net.ipv4.tcp_syn_retries`, see [`Documentation/networking/ip-sysctl`].
    ///
    /// Parameters of an interface are written with slashes when its name has dots: `net/ipv4/conf/veth1.1/rp_filter`. They are set
    /// after everything else.
    ///
    /// [`Documentation/networking/ip-sysctl`]: https://docs.kernel.org/networking/ip-sysctl.html
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.sysctl("net.ipv4.tcp_syn_retries", 1))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("sysctl -qw 'net/ipv4/tcp_syn_retries=1'"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn sysctl(mut self, name: impl Into<String>, value: impl std::fmt::Display) -> Self {
        self.sysctls.push((Written::here(name), value.to_string()));
        self
    }

    /// Gives the host's async runtime worker threads, 1 to 1,024 of them; without, it has one thread for everything.
    ///
    /// The tasks of [`Host::spawn`](crate::Host::spawn) stay on a thread of their own, because they need not be `Send`; what they
    /// `tokio::spawn` runs on the workers. All of them live in the host. Without the feature `tokio` there are no runtimes.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::lan(["client"]).host("server", |h| h.join("lan").worker_threads(2)).plan();
    /// assert!(plan.is_ok());
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn worker_threads(mut self, number: usize) -> Self {
        self.worker_threads = Some((number, Location::caller()));
        self
    }

    /// Serves DNS zones, one or several, on port 53 of all the node's addresses for as long as the network lives.
    ///
    /// What was asked is told by [`Host::dns_queries`](crate::Host::dns_queries). Every node's `/etc/resolv.conf` names the servers. Names
    /// outside of the zones are refused, which the C library reports as a temporary failure; the zone `.` makes them unknown instead. That
    /// library waits five seconds for a silent server, and asks each of its addresses twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Topology, Zone};
    ///
    /// let zone = Zone::new("example.test").a("www", "10.1.0.1");
    /// let plan = Topology::lan(["client"]).host("ns", |h| h.join("lan").dns(zone)).plan().unwrap();
    /// assert!(plan.to_string().contains("# node ns serves the DNS zones example.test"));
    /// ```
    #[cfg(feature = "dns")]
    #[must_use = "builder methods return the changed host"]
    pub fn dns(mut self, zones: impl Zones) -> Self {
        self.dns.extend(zones.zones());
        self
    }
}
