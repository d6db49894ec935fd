//! Nodes that forward, and what says no to computed routes.

use crate::topology::{HostSpec, Topology};

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
}

impl Topology {
    /// Adds a router: a [`host`](Self::host) that [forwards](HostSpec::forward) IPv4 and IPv6.
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
}
