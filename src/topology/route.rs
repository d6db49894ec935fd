//! A route as it was asked for.

use std::panic::Location;

use crate::topology::Written;

/// A route: where to, by which gateway or interface, and how.
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// Topology::new().bridge("br0", ()).host("a", |h| {
///     h.attach("br0", "10.0.0.1/24")
///         .route_with("10.9.0.0/16", |r| r.via("10.0.0.254").metric(100))
///         .route_with("default", |r| r.via("192.0.2.1").device("eth0").onlink())
///         .route_with("203.0.113.0/24", |r| r.prohibit())
/// });
/// ```
///
/// See [ip-route(8)](https://man7.org/linux/man-pages/man8/ip-route.8.html).
#[derive(Clone, Debug)]
pub struct RouteSpec {
    pub(crate) destination: Written,
    pub(crate) kind: RouteKind,
    pub(crate) via: Option<Written>,
    pub(crate) device: Option<Written>,
    pub(crate) metric: Option<u32>,
    pub(crate) source: Option<Written>,
    pub(crate) onlink: bool,
    pub(crate) next_hops: Vec<(Written, u16)>,
    pub(crate) table: Option<(u32, &'static Location<'static>)>,
}

/// What becomes of a packet that a route matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouteKind {
    Unicast,
    Blackhole,
    Unreachable,
    Prohibit,
}

impl RouteKind {
    /// The word for it in `ip route`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
        }
    }
}

impl RouteSpec {
    #[track_caller]
    pub(crate) fn new(destination: impl std::fmt::Display) -> Self {
        Self {
            destination: Written::here(destination.to_string()),
            kind: RouteKind::Unicast,
            via: None,
            device: None,
            metric: None,
            source: None,
            onlink: false,
            next_hops: Vec::new(),
            table: None,
        }
    }

    pub(crate) fn kind(mut self, kind: RouteKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sends packets by way of a gateway, which must be on one of the node's subnets, link-local, or [`onlink`](Self::onlink).
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("192.0.2.0/24", |r| r.via("10.0.0.254")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("192.0.2.0/24 via 10.0.0.254 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed route"]
    pub fn via(mut self, gateway: impl std::fmt::Display) -> Self {
        self.via = Some(Written::here(gateway.to_string()));
        self
    }

    /// Names the interface that packets leave by. It follows from the gateway unless that is link-local or on no subnet.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("192.0.2.0/24", |r| r.device("eth0")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("192.0.2.0/24 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed route"]
    pub fn device(mut self, interface: impl Into<String>) -> Self {
        self.device = Some(Written::here(interface));
        self
    }

    /// Sets the priority; of two routes to the same subnet the one with the lower number wins.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("default", |r| r.via("10.0.0.254").metric(100)))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("metric 100"));
    /// ```
    #[must_use = "builder methods return the changed route"]
    pub fn metric(mut self, metric: u32) -> Self {
        self.metric = Some(metric);
        self
    }

    /// Sets the preferred source address, one of the node's own.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("default", |r| r.via("10.0.0.254").source("10.0.0.1")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("src 10.0.0.1"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed route"]
    pub fn source(mut self, address: impl std::fmt::Display) -> Self {
        self.source = Some(Written::here(address.to_string()));
        self
    }

    /// Takes the gateway to be reachable directly, though it is on none of the interface's subnets.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("default", |r| r.via("192.0.2.1").device("eth0").onlink()))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("via 192.0.2.1 dev eth0 onlink"));
    /// ```
    #[must_use = "builder methods return the changed route"]
    pub fn onlink(mut self) -> Self {
        self.onlink = true;
        self
    }

    /// Adds one of several gateways, with its share of the traffic, 1 to 256.
    ///
    /// The kernel takes the same way for all packets from one address to another; with the sysctl
    /// `net.ipv4.fib_multipath_hash_policy` (`net.ipv6...`) set to 1 for all packets of one connection.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", ())
    ///     .host("a", |h| {
    ///         h.attach("br0", "10.0.0.1/24")
    ///             .route_with("default", |r| r.next_hop("10.0.0.253", 1).next_hop("10.0.0.254", 2))
    ///     })
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("nexthop via 10.0.0.254 dev eth0 weight 2"));
    /// ```
    #[doc(alias = "multipath")]
    #[doc(alias = "ecmp")]
    #[track_caller]
    #[must_use = "builder methods return the changed route"]
    pub fn next_hop(mut self, gateway: impl std::fmt::Display, weight: u16) -> Self {
        self.next_hops
            .push((Written::here(gateway.to_string()), weight));
        self
    }

    /// Puts the route into this table instead of the main one, 254. Which table is asked for a packet, [rules](crate::HostSpec::rule) say.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| {
    ///         h.attach("br0", "10.0.0.1/24")
    ///             .route_with("default", |r| r.via("10.0.0.254").table(100))
    ///             .rule(|r| r.fwmark(7).table(100))
    ///     })
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("default via 10.0.0.254 dev eth0 table 100"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed route"]
    pub fn table(mut self, number: u32) -> Self {
        self.table = Some((number, Location::caller()));
        self
    }

    /// Discards packets silently.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("192.0.2.0/24", |r| r.blackhole()))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("route add blackhole 192.0.2.0/24"));
    /// ```
    #[must_use = "builder methods return the changed route"]
    pub fn blackhole(self) -> Self {
        self.kind(RouteKind::Blackhole)
    }

    /// Refuses packets: the sender gets `EHOSTUNREACH`, others an ICMP "host unreachable".
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("192.0.2.0/24", |r| r.unreachable()))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("route add unreachable 192.0.2.0/24"));
    /// ```
    #[must_use = "builder methods return the changed route"]
    pub fn unreachable(self) -> Self {
        self.kind(RouteKind::Unreachable)
    }

    /// Refuses packets: the sender gets `EACCES`, others an ICMP "administratively prohibited".
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach("br0", "10.0.0.1/24").route_with("192.0.2.0/24", |r| r.prohibit()))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("route add prohibit 192.0.2.0/24"));
    /// ```
    #[must_use = "builder methods return the changed route"]
    pub fn prohibit(self) -> Self {
        self.kind(RouteKind::Prohibit)
    }
}
