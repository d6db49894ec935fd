//! Translation of addresses as it was asked for.

use std::fmt::Display;
use std::time::Duration;

use crate::topology::{HostSpec, NatBehaviour, NatKind, Written};

/// How a router translates the addresses of what it sends towards one of its interfaces.
///
/// Without options it does what `masquerade` does in Linux: IPv4 packets leave with the address of the interface, and with their own port if
/// that one is free.
///
/// # Examples
///
/// ```
/// use netns_test::{NatKind, Topology};
///
/// Topology::new().segment("home", "192.168.0.0/24").segment("internet", "203.0.113.0/24").router("box", |r| {
///     r.join("home").join("internet").nat("internet", |n| {
///         n.kind(NatKind::PortRestrictedCone).forward_tcp(8080, "web:80")
///     })
/// });
/// ```
#[derive(Clone, Debug)]
pub struct NatSpec {
    pub(crate) toward: Written,
    pub(crate) ipv6: bool,
    pub(crate) addresses: Vec<Written>,
    pub(crate) mapping: Option<NatBehaviour>,
    pub(crate) filtering: Option<NatBehaviour>,
    pub(crate) preserves: Option<bool>,
    pub(crate) hairpin: bool,
    pub(crate) forwards: Vec<ForwardSpec>,
    /// Addresses outside, and whose they are inside.
    pub(crate) pairs: Vec<(Written, Written)>,
    /// Subnets outside, and what they are called inside.
    pub(crate) prefixes: Vec<(Written, Written)>,
    pub(crate) inside: Vec<Written>,
    pub(crate) timeout: Option<(Duration, Written)>,
}

/// A port of the router's that leads inside.
#[derive(Clone, Debug)]
pub(crate) struct ForwardSpec {
    pub(crate) is_tcp: bool,
    pub(crate) port: u16,
    pub(crate) target: Written,
}

impl HostSpec {
    /// Translates the addresses of what this router sends towards an interface: its own name, or that of the segment, the bridge or the
    /// linked node behind it. See [`NatSpec`]. Said again by the same name, it says more about the same translation.
    ///
    /// Nobody beyond that interface gets [computed routes](crate::Topology::router) to what is behind the router, in the family that is
    /// translated: IPv4, unless [`ipv6`](NatSpec::ipv6) asks for more.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("home", "192.168.0.0/24")
    ///     .segment("internet", "203.0.113.0/24")
    ///     .host("laptop", |h| h.join("home"))
    ///     .host("server", |h| h.attach("internet", "203.0.113.80/24"))
    ///     .router("box", |r| r.join("home").attach("internet", "203.0.113.9/24").nat("internet", |n| n));
    /// # netns_test::run(&lab, |net| {
    /// let server = net.host("server").run(|| std::net::UdpSocket::bind("0.0.0.0:7").unwrap());
    /// net.host("laptop").run(|| {
    ///     let laptop = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    ///     laptop.send_to(b"hi", "203.0.113.80:7").unwrap();
    /// });
    /// let (_, from) = server.recv_from(&mut [0; 9]).unwrap();
    /// assert_eq!(from.ip().to_string(), "203.0.113.9");
    /// # }).unwrap();
    /// ```
    ///
    /// See [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html), "NAT statements".
    #[doc(alias = "masquerade")]
    #[doc(alias = "snat")]
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn nat(
        mut self,
        toward: impl Into<String>,
        configure: impl FnOnce(NatSpec) -> NatSpec,
    ) -> Self {
        let toward = Written::here(toward);
        match self
            .nats
            .iter()
            .position(|it| it.toward.text == toward.text)
        {
            Some(position) => {
                let spec = self.nats.remove(position);
                self.nats.insert(position, configure(spec));
            }
            None => self.nats.push(configure(NatSpec::new(toward))),
        }
        self
    }
}

impl NatSpec {
    fn new(toward: Written) -> Self {
        Self {
            toward,
            ipv6: false,
            addresses: Vec::new(),
            mapping: None,
            filtering: None,
            preserves: None,
            hairpin: false,
            forwards: Vec::new(),
            pairs: Vec::new(),
            prefixes: Vec::new(),
            inside: Vec::new(),
            timeout: None,
        }
    }

    /// Translates IPv6 as well, though it was made to do without.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", ()).segment("net", ());
    /// let plan = net.router("box", |r| r.join("home").join("net").nat("net", |n| n.ipv6())).plan().unwrap();
    /// assert!(plan.to_string().contains("meta nfproto ipv6 oifname \"eth1\" masquerade"));
    /// ```
    #[must_use = "builder methods return the changed translation"]
    pub fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// Gives packets this source address instead of the interface's: source NAT. It becomes a further address of the interface, so that
    /// the router answers for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", ()).segment("net", "203.0.113.0/24");
    /// let plan = net.router("box", |r| r.join("home").join("net").nat("net", |n| n.address("203.0.113.9"))).plan().unwrap();
    /// assert!(plan.to_string().contains("snat ip to 203.0.113.9"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn address(mut self, address: impl Display) -> Self {
        self.addresses.push(Written::here(address.to_string()));
        self
    }

    /// Behaves as this kind does, by the names that people use. Without it or its parts, the kernel alone decides: see [`NatKind`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{NatKind, Topology};
    /// # let net = Topology::new().segment("home", ()).segment("net", ());
    /// let plan = net.router("box", |r| r.join("home").join("net").nat("net", |n| n.kind(NatKind::FullCone))).plan();
    /// assert!(plan.unwrap().to_string().contains("dnat ip to udp dport map @owners_udp"));
    /// ```
    #[must_use = "builder methods return the changed translation"]
    pub fn kind(self, kind: NatKind) -> Self {
        self.mapping(kind.mapping()).filtering(kind.filtering())
    }

    /// When packets from one socket inside get the same address and port outside, [RFC 4787, 4.1]. TCP is treated as UDP is.
    ///
    /// [RFC 4787, 4.1]: https://www.rfc-editor.org/rfc/rfc4787#section-4.1
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{NatBehaviour, Topology};
    /// # let net = Topology::new().segment("home", ()).segment("net", ());
    /// let symmetric = net.router("box", |r| {
    ///     r.join("home").join("net").nat("net", |n| n.mapping(NatBehaviour::AddressAndPortDependent))
    /// });
    /// assert!(symmetric.plan().unwrap().to_string().contains("masquerade fully-random"));
    /// ```
    #[must_use = "builder methods return the changed translation"]
    pub fn mapping(mut self, mapping: NatBehaviour) -> Self {
        self.mapping = Some(mapping);
        self
    }

    /// Whose packets to an outside port reach the socket inside, [RFC 4787, 5].
    ///
    /// [RFC 4787, 5]: https://www.rfc-editor.org/rfc/rfc4787#section-5
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{NatBehaviour, Topology};
    /// # let net = Topology::new().segment("home", ()).segment("net", ());
    /// let restricted = net.router("box", |r| {
    ///     r.join("home").join("net").nat("net", |n| n.filtering(NatBehaviour::AddressDependent))
    /// });
    /// assert!(restricted.plan().unwrap().to_string().contains("udp dport . ip saddr @partners_udp"));
    /// ```
    #[must_use = "builder methods return the changed translation"]
    pub fn filtering(mut self, filtering: NatBehaviour) -> Self {
        self.filtering = Some(filtering);
        self
    }

    /// Whether a socket keeps its port outside if that one is free. Endpoint-independent mapping does so unless told otherwise, other
    /// mappings do not.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{NatKind, Topology};
    /// # let net = Topology::new().segment("home", ()).segment("net", ());
    /// let other_ports = net.router("box", |r| {
    ///     r.join("home").join("net").nat("net", |n| n.kind(NatKind::FullCone).preserve_ports(false))
    /// });
    /// assert!(!other_ports.plan().unwrap().to_string().contains("add @mapped_udp { ip saddr . udp sport : udp sport }"));
    /// ```
    #[must_use = "builder methods return the changed translation"]
    pub fn preserve_ports(mut self, preserves: bool) -> Self {
        self.preserves = Some(preserves);
        self
    }

    /// Lets hosts inside, and the router itself, reach one another by what is seen outside: forwarded ports, 1:1 addresses, and the
    /// mappings of endpoint-independent filtering.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// let lab = Topology::new()
    ///     .segment("home", "192.168.0.0/24")
    ///     .segment("net", "203.0.113.0/24")
    ///     .host("laptop", |h| h.join("home"))
    ///     .host("web", |h| h.join("home"))
    ///     .router("box", |r| {
    ///         r.join("home").attach("net", "203.0.113.9/24").nat("net", |n| n.forward_tcp(80, "web:80").hairpin())
    ///     });
    /// # netns_test::run(&lab, |net| {
    /// let _web = net.host("web").run(|| std::net::TcpListener::bind("0.0.0.0:80").unwrap());
    /// assert!(net.host("laptop").run(|| std::net::TcpStream::connect("203.0.113.9:80")).is_ok());
    /// # }).unwrap();
    /// ```
    #[doc(alias = "nat_loopback")]
    #[must_use = "builder methods return the changed translation"]
    pub fn hairpin(mut self) -> Self {
        self.hairpin = true;
        self
    }

    /// Leads a TCP port of the router's to a host inside: `10.0.0.2:80`, `[fd00::2]:80`, or a node's name and a port, `web:80`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", "10.0.0.0/24").segment("net", ());
    /// let plan = net.router("box", |r| r.join("home").join("net").nat("net", |n| n.forward_tcp(8080, "10.0.0.2:80"))).plan();
    /// assert!(plan.unwrap().to_string().contains("iifname \"eth1\" tcp dport 8080 dnat ip to 10.0.0.2:80"));
    /// ```
    #[doc(alias = "dnat")]
    #[doc(alias = "forward_port")]
    #[doc(alias = "port_forwarding")]
    #[doc(alias = "publish")]
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn forward_tcp(self, port: u16, target: impl Display) -> Self {
        let target = Written::here(target.to_string());
        self.forward(true, port, target)
    }

    /// Leads a UDP port of the router's to a host inside, as [`forward_tcp`](Self::forward_tcp) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", "10.0.0.0/24").segment("net", ());
    /// let plan = net.router("box", |r| r.join("home").join("net").nat("net", |n| n.forward_udp(53, "10.0.0.2:53"))).plan();
    /// assert!(plan.unwrap().to_string().contains("iifname \"eth1\" udp dport 53 dnat ip to 10.0.0.2:53"));
    /// ```
    #[doc(alias = "dnat")]
    #[doc(alias = "forward_port")]
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn forward_udp(self, port: u16, target: impl Display) -> Self {
        let target = Written::here(target.to_string());
        self.forward(false, port, target)
    }

    fn forward(mut self, is_tcp: bool, port: u16, target: Written) -> Self {
        self.forwards.push(ForwardSpec {
            is_tcp,
            port,
            target,
        });
        self
    }

    /// Stands for a host inside with an address of its own outside, in both directions: 1:1 NAT. The outside address becomes a
    /// further one of the interface.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", "10.0.0.0/24").segment("net", "203.0.113.0/24");
    /// let plan = net
    ///     .router("box", |r| r.join("home").join("net").nat("net", |n| n.one_to_one("203.0.113.10", "10.0.0.2")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip saddr 10.0.0.2 snat ip to 203.0.113.10"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn one_to_one(mut self, outside: impl Display, inside: impl Display) -> Self {
        let outside = Written::here(outside.to_string());
        self.pairs
            .push((outside, Written::here(inside.to_string())));
        self
    }

    /// Exchanges the prefix of IPv6 addresses, in both directions, as [NPTv6] does; the rest of an address stays. The nodes on
    /// the router's outside link get a route to the outside prefix, as other [computed routes](crate::Topology::router); those further
    /// away need one.
    ///
    /// [NPTv6]: https://www.rfc-editor.org/rfc/rfc6296
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", "fd00:1::/64").segment("net", "2001:db8::/64");
    /// let plan = net
    ///     .router("box", |r| r.join("home").join("net").nat("net", |n| n.prefix("2001:db8:1::/64", "fd00:1::/64")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip6 saddr fd00:1::/64 snat ip6 prefix to 2001:db8:1::/64"));
    /// ```
    #[doc(alias = "nptv6")]
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn prefix(mut self, outside: impl Display, inside: impl Display) -> Self {
        let outside = Written::here(outside.to_string());
        self.prefixes
            .push((outside, Written::here(inside.to_string())));
        self
    }

    /// Translates only what comes from this subnet, or from one of several; without, whatever leaves by the interface.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", "10.0.0.0/24").segment("net", ());
    /// let plan = net.router("box", |r| r.join("home").join("net").nat("net", |n| n.inside("10.0.0.0/24"))).plan();
    /// assert!(plan.unwrap().to_string().contains("ip saddr 10.0.0.0/24 masquerade"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn inside(mut self, subnet: impl Display) -> Self {
        self.inside.push(Written::here(subnet.to_string()));
        self
    }

    /// How long a mapping of UDP lives that no packet renews: whole seconds up to a day, five minutes for those of a [`kind`](Self::kind) unless told
    /// otherwise. The kernel's own tracking, which is all that there is without one, has 30 seconds, and 120 after an answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use netns_test::Topology;
    /// # let net = Topology::new().segment("home", ()).segment("net", ());
    /// let plan = net
    ///     .router("box", |r| r.join("home").join("net").nat("net", |n| n.timeout(Duration::from_secs(2))))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("net/netfilter/nf_conntrack_udp_timeout=2"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed translation"]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some((timeout, Written::here(format!("{timeout:?}"))));
        self
    }
}
