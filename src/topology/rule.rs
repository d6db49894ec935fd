//! A policy rule as it was asked for: which table is asked for which packets.

use std::panic::Location;

use crate::topology::{HostSpec, Written};

/// A policy rule: packets that match everything that it names are routed by its table.
///
/// # Examples
///
/// Two uplinks, chosen by the source address:
///
/// ```
/// use netns_test::Topology;
///
/// Topology::new()
///     .bridge("isp1", "192.0.2.254/24")
///     .bridge("isp2", "198.51.100.254/24")
///     .host("office", |h| {
///         h.attach("isp1", "192.0.2.1/24")
///             .attach("isp2", "198.51.100.1/24")
///             .default_route("192.0.2.254")
///             .route_with("default", |r| r.via("198.51.100.254").table(2))
///             .rule(|r| r.from("198.51.100.1").table(2))
///     });
/// ```
///
/// See [ip-rule(8)](https://man7.org/linux/man-pages/man8/ip-rule.8.html).
#[derive(Clone, Debug)]
pub struct RuleSpec {
    pub(crate) from: Option<Written>,
    pub(crate) to: Option<Written>,
    pub(crate) iif: Option<Written>,
    pub(crate) oif: Option<Written>,
    pub(crate) fwmark: Option<u32>,
    pub(crate) table: Option<u32>,
    pub(crate) priority: Option<u32>,
    pub(crate) at: &'static Location<'static>,
}

impl RuleSpec {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self {
            from: None,
            to: None,
            iif: None,
            oif: None,
            fwmark: None,
            table: None,
            priority: None,
            at: Location::caller(),
        }
    }

    /// Matches packets with a source in this subnet, or with this source.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new().host("a", |h| h.rule(|r| r.from("10.0.0.0/24").table(100))).plan().unwrap();
    /// assert!(plan.to_string().contains("ip -netns a rule add from 10.0.0.0/24 table 100"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed rule"]
    pub fn from(mut self, subnet: impl std::fmt::Display) -> Self {
        self.from = Some(Written::here(subnet.to_string()));
        self
    }

    /// Matches packets for this subnet, or for this address.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new().host("a", |h| h.rule(|r| r.to("fd00::/64").table(100))).plan().unwrap();
    /// assert!(plan.to_string().contains("ip -netns a -6 rule add from all to fd00::/64 table 100"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed rule"]
    pub fn to(mut self, subnet: impl std::fmt::Display) -> Self {
        self.to = Some(Written::here(subnet.to_string()));
        self
    }

    /// Matches packets that came in by this interface; those of the node itself came by `lo`.
    ///
    /// # Examples
    ///
    /// ```
    /// let lab = netns_test::Topology::lan(["b"]).router("r", |r| r.join("lan").rule(|r| r.iif("eth0").table(100)));
    /// assert!(lab.plan().unwrap().to_string().contains("ip -netns r rule add from all iif eth0 table 100"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed rule"]
    pub fn iif(mut self, interface: impl Into<String>) -> Self {
        self.iif = Some(Written::here(interface));
        self
    }

    /// Matches packets of sockets that are bound to this interface.
    ///
    /// # Examples
    ///
    /// ```
    /// let lab = netns_test::Topology::lan(["b"]).host("a", |h| h.join("lan").rule(|r| r.oif("eth0").table(100)));
    /// assert!(lab.plan().unwrap().to_string().contains("ip -netns a rule add from all oif eth0 table 100"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed rule"]
    pub fn oif(mut self, interface: impl Into<String>) -> Self {
        self.oif = Some(Written::here(interface));
        self
    }

    /// Matches packets with this mark, given by the socket option `SO_MARK` or by a firewall.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new().host("a", |h| h.rule(|r| r.fwmark(7).table(100))).plan().unwrap();
    /// assert!(plan.to_string().contains("rule add from all fwmark 7 table 100"));
    /// ```
    #[must_use = "builder methods return the changed rule"]
    pub fn fwmark(mut self, mark: u32) -> Self {
        self.fwmark = Some(mark);
        self
    }

    /// Names the table that routes what matches; [`RouteSpec::table`](crate::RouteSpec::table) fills it.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new().host("a", |h| h.rule(|r| r.to("192.0.2.0/24").table(7))).plan().unwrap();
    /// assert!(plan.to_string().contains("rule add from all to 192.0.2.0/24 table 7"));
    /// ```
    #[must_use = "builder methods return the changed rule"]
    pub fn table(mut self, number: u32) -> Self {
        self.table = Some(number);
        self
    }

    /// Sets when it is asked: rules with lower numbers come first, the main table's is 32,766. Unset, each comes before the one before it.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new().host("a", |h| h.rule(|r| r.table(7).priority(1000))).plan().unwrap();
    /// assert!(plan.to_string().contains("rule add from all table 7 priority 1000"));
    /// ```
    #[must_use = "builder methods return the changed rule"]
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = Some(priority);
        self
    }
}

impl HostSpec {
    /// Adds a policy rule, of the family of its addresses; without addresses one of each family that the network has.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let plan = Topology::lan(["b"])
    ///     .host("a", |h| {
    ///         h.join("lan")
    ///             .route_with("default", |r| r.via("10.1.0.1").table(100))
    ///             .rule(|r| r.from("10.1.0.2").table(100).priority(1000))
    ///     })
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip -netns a rule add from 10.1.0.2/32 table 100 priority 1000"));
    /// ```
    ///
    /// See [ip-rule(8)](https://man7.org/linux/man-pages/man8/ip-rule.8.html).
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn rule(mut self, configure: impl FnOnce(RuleSpec) -> RuleSpec) -> Self {
        self.rules.push(configure(RuleSpec::new()));
        self
    }
}
