//! Nodes that forward, and what says no to computed routes.

use crate::topology::{HostSpec, Topology, Written};

impl HostSpec {
    /// Makes the node a router: it forwards what is not for itself, IPv4 and IPv6, whichever the network has.
    ///
    /// The node's ICMP errors are not rate-limited, unless the network is [`realistic`](Topology::realistic): the kernel would leave
    /// some of them out after the first ones, and a traceroute would show other routers the second time than the first. Only of those
    /// that say "no route" IPv4 always sends a few at once and then one a second.
    ///
    /// Where `/proc/sys` is read-only, as in most containers, IPv4 is forwarded all the same, by the interfaces of the topology. IPv6 is
    /// not: a router with IPv6 addresses is then an [error](crate::Error::is_unsupported) that says what helps.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .bridge("inside", "10.0.0.254/24")
    ///     .bridge("outside", "192.0.2.254/24")
    ///     .root(|root| root.forward())
    ///     .host("a", |h| h.attach("inside", "10.0.0.1/24"))
    ///     .host("b", |h| h.attach("outside", "192.0.2.1/24"));
    /// # netns_test::run(&lab, |net| {
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    ///
    /// It sets [`ip_forward` and `conf/all/forwarding`](https://docs.kernel.org/networking/ip-sysctl.html).
    #[doc(alias = "ip_forward")]
    #[doc(alias = "router")]
    #[must_use = "builder methods return the changed host"]
    pub fn forward(mut self) -> Self {
        self.forwards = true;
        self
    }

    /// Gives the node no computed routes: it has those of its subnets and what the topology says.
    ///
    /// Other nodes' routes take no notice: they lead through a router all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::lan(["a"])
    ///     .segment("far", ())
    ///     .router("r1", |r| r.join("lan").join("far"))
    ///     .host("lost", |h| h.join("lan").manual_routes());
    /// let plan = lab.plan().unwrap().to_string();
    /// assert!(plan.contains("ip -netns a route add"));
    /// assert!(!plan.contains("ip -netns lost route add"));
    /// ```
    #[must_use = "builder methods return the changed host"]
    pub fn manual_routes(mut self) -> Self {
        self.manual_routes = true;
        self
    }
}

impl Topology {
    /// Adds a router: a [`host`](Self::host) that [forwards](HostSpec::forward) IPv4 and IPv6.
    ///
    /// As soon as one node of a network forwards, all nodes get the routes that they lack: a way to every subnet, by a shortest path,
    /// counted in routers; of several the one by the router that was added first. A node that does not forward, or that translates, and has one
    /// gateway for all of them gets one default route, others a route for each subnet. The plan prints them.
    ///
    /// What the topology says is left alone: an explicit route stands for all destinations that it covers, and
    /// [`manual_routes`](HostSpec::manual_routes) and [`unrouted`](Self::unrouted) take a node and a subnet out. A
    /// [`bare`](Self::bare) topology has no routes.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("office", ())
    ///     .segment("servers", ())
    ///     .router("r1", |r| r.join("office").join("servers"))
    ///     .host("desk", |h| h.join("office"))
    ///     .host("web", |h| h.join("servers"));
    /// # netns_test::run(&lab, |net| {
    /// net.host("desk").ping("web").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn router(
        self,
        name: impl Into<String>,
        configure: impl FnOnce(HostSpec) -> HostSpec,
    ) -> Self {
        self.host(name, |h| configure(h.forward()))
    }

    /// Computes no routes to this subnet, nor to subnets within it: who has no address there does not find it.
    ///
    /// Nodes that would have had a default route get a route for each of the other subnets then.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::lan(["a"])
    ///     .segment("secret", "192.168.0.0/24")
    ///     .router("r1", |r| r.join("lan").join("secret"))
    ///     .unrouted("192.168.0.0/24");
    /// assert!(!lab.plan().unwrap().to_string().contains("ip -netns a route add"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed topology"]
    pub fn unrouted(mut self, subnet: impl std::fmt::Display) -> Self {
        self.unrouted.push(Written::here(subnet.to_string()));
        self
    }
}
