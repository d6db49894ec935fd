//! Router advertisements as they are asked for: who sends them, what they say, who listens.

use std::panic::Location;
use std::time::Duration;

use crate::topology::{InterfaceSpec, Written};

/// What a router advertises on an interface, beside the interface's own subnets. See [RFC 4861].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use netns_test::Topology;
///
/// let lab = Topology::new()
///     .segment("lan", "2001:db8:1::/64")
///     .router("r1", |r| {
///         r.attach_with("lan", |i| {
///             i.advertise_with(|a| a.mtu(1400).dns("2001:db8:1::53").lifetime(Duration::from_secs(600)))
///         })
///     })
///     .host("phone", |h| h.attach_with("lan", |i| i.slaac()));
/// # netns_test::run(&lab, |net| {
/// net.host("phone").ping("r1").unwrap().assert_lossless();
/// # }).unwrap();
/// ```
///
/// [RFC 4861]: https://www.rfc-editor.org/rfc/rfc4861#section-4.2
#[derive(Clone, Debug)]
pub struct AdvertisementSpec {
    pub(crate) at: &'static Location<'static>,
    pub(crate) lifetime: Duration,
    pub(crate) mtu: Option<(u32, &'static Location<'static>)>,
    pub(crate) dns: Vec<Written>,
}

impl AdvertisementSpec {
    #[track_caller]
    fn new() -> Self {
        Self {
            at: Location::caller(),
            lifetime: Duration::from_secs(1800),
            mtu: None,
            dns: Vec::new(),
        }
    }

    /// How long the router stays a default router for those who heard it: 0 to 9,000 seconds, by default 1,800. Zero says that it is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("lan", "2001:db8:1::/64")
    ///     .router("r1", |r| r.attach_with("lan", |i| i.advertise_with(|a| a.lifetime(Duration::ZERO))))
    ///     .host("phone", |h| h.attach_with("lan", |i| i.slaac()));
    /// # netns_test::run(&lab, |net| {
    /// let routes = net.host("phone").routes_ipv6().unwrap().to_string();
    /// assert!(routes.contains("2001:db8:1::/64") && !routes.contains("default"), "{routes}");
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed advertisement"]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Tells hosts to send no larger packets on this link: 1,280 to 65,535 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("lan", "2001:db8:1::/64")
    ///     .router("r1", |r| r.attach_with("lan", |i| i.advertise_with(|a| a.mtu(1400))))
    ///     .host("phone", |h| h.attach_with("lan", |i| i.slaac()));
    /// # netns_test::run(&lab, |net| {
    /// let phone = net.host("phone");
    /// assert_eq!(phone.sysctl("net.ipv6.conf.eth0.mtu").unwrap(), "1400");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed advertisement"]
    pub fn mtu(mut self, bytes: u32) -> Self {
        self.mtu = Some((bytes, Location::caller()));
        self
    }

    /// Names a DNS server, by the option of [RFC 8106](https://www.rfc-editor.org/rfc/rfc8106). The kernel leaves it to programs.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .segment("lan", "2001:db8:1::/64")
    ///     .router("r1", |r| r.attach_with("lan", |i| i.advertise_with(|a| a.dns("2001:db8:1::53"))))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("# node r1 advertises 2001:db8:1::/64 on eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed advertisement"]
    pub fn dns(mut self, server: impl std::fmt::Display) -> Self {
        self.dns.push(Written::here(server.to_string()));
        self
    }
}

impl InterfaceSpec {
    /// Sends router advertisements with the interface's own IPv6 subnets, so that hosts with [`slaac`](Self::slaac) configure themselves.
    ///
    /// Other hosts on the link do not listen: their addresses are those of the plan.
    ///
    /// One is sent when the network is built, one to whoever solicits, and one every few minutes. A node that does not
    /// [forward](crate::HostSpec::forward) says that it is no default router.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("lan", "2001:db8:1::/64")
    ///     .router("r1", |r| r.attach_with("lan", |i| i.advertise()))
    ///     .host("phone", |h| h.attach_with("lan", |i| i.slaac()));
    /// # netns_test::run(&lab, |net| {
    /// let phone = net.host("phone");
    /// assert!(phone.routes_ipv6().unwrap().to_string().contains("default via fe80::"));
    /// phone.ping("r1").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "radvd")]
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn advertise(self) -> Self {
        self.advertise_with(|advertisement| advertisement)
    }

    /// Sends router advertisements that say more than [`advertise`](Self::advertise).
    ///
    /// # Examples
    ///
    /// See [`AdvertisementSpec`].
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn advertise_with(
        mut self,
        configure: impl FnOnce(AdvertisementSpec) -> AdvertisementSpec,
    ) -> Self {
        self.advertisement = Some(configure(AdvertisementSpec::new()));
        self
    }

    /// Takes IPv6 addresses and the default route from router advertisements, as most hosts of the world do (SLAAC).
    ///
    /// The address follows from the advertised subnet of 64 bits and the hardware address, so that the plan knows it, and names and pings
    /// work as ever. A network is handed out when the host has it. IPv4 addresses are allotted or given as usual.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("lan", "2001:db8:1::/64")
    ///     .router("r1", |r| r.attach_with("lan", |i| i.advertise()))
    ///     .host("phone", |h| h.attach_with("lan", |i| i.mac("02:00:00:00:00:07").slaac()));
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("phone").ipv6().to_string(), "2001:db8:1::ff:fe00:7");
    /// # }).unwrap();
    /// ```
    ///
    /// See [RFC 4862](https://www.rfc-editor.org/rfc/rfc4862), and `accept_ra` in
    /// [`ip-sysctl`](https://docs.kernel.org/networking/ip-sysctl.html).
    #[doc(alias = "accept_ra")]
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn slaac(mut self) -> Self {
        self.slaac = Some(Location::caller());
        self
    }
}
