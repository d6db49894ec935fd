//! A bridge with everything that its hosts get from it, as Docker's settings describe it.

use std::fmt::Display;
use std::panic::Location;

use crate::topology::{Addresses, BridgeSpec, Topology, Written, written};

/// A bridge of Docker's as one value: subnet, gateway, address pool, MTU and DNS servers, in the words of `daemon.json` and of
/// `docker network create`.
///
/// Hosts that [`join`](crate::HostSpec::join) it get the next address of the pool, a default route by way of the gateway, the bridge's MTU,
/// and the DNS servers in their `/etc/resolv.conf`. The bridge itself is in the root. [`bip`](Self::bip) alone suffices: the pool is then
/// its subnet, and the gateway the bridge.
///
/// Settings that contradict one another are mistakes, as they are errors to Docker, and [`plan`](Topology::plan) names all of them at once:
/// - a subnet, pool, gateway or reserved address outside the subnet that the bridge's own address has;
/// - two values for one thing: a second `bip` of a family, a `subnet` or a `gateway` that is not that of `bip`;
/// - a default gateway in an internal network;
/// - what can be no host's address: the subnet's own and its broadcast address;
/// - an MTU that is out of range, a text that is no address, or an address of the wrong family.
///
/// DNS servers may be anywhere, for they are asked by way of the gateway. Nor does a default gateway have to exist: it is an address that
/// no host is given, for a router that may come. Nothing is translated on the way out.
///
/// # Examples
///
/// `docker network create -d bridge --subnet 172.27.0.0/16 --gateway 172.27.0.1 mybridge0`:
///
/// ```
/// use netns_test::{DockerBridge, Topology};
///
/// let lab = Topology::new()
///     .docker_bridge(DockerBridge::new("mybridge0").subnet("172.27.0.0/16").gateway("172.27.0.1"))
///     .host("web", |h| h.join("mybridge0"))
///     .host("db", |h| h.join("mybridge0"));
/// let plan = lab.plan().unwrap().to_string();
/// assert!(plan.contains("ip address add 172.27.0.1/16 dev mybridge0"));
/// assert!(plan.contains("ip -netns db address add 172.27.0.3/16 dev eth0"));
/// assert!(plan.contains("ip -netns db route add unicast default via 172.27.0.1 dev eth0"));
/// ```
///
/// See [Docker's bridge networks](https://docs.docker.com/engine/network/drivers/bridge/).
#[derive(Clone, Debug)]
pub struct DockerBridge {
    bridge: BridgeSpec,
    docker: DockerSettings,
}

/// What Docker would be told, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct DockerSettings {
    pub(crate) all: Vec<(Setting, Written)>,
    pub(crate) internal: Option<&'static Location<'static>>,
}

/// What a value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Bip,
    Subnet,
    Gateway,
    FixedCidr,
    FixedCidrV6,
    IpRange,
    DefaultGateway,
    DefaultGatewayV6,
    AuxAddress,
    Dns,
}

impl Setting {
    /// Docker's name of it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Bip => "bip",
            Self::Subnet => "subnet",
            Self::Gateway => "gateway",
            Self::FixedCidr => "fixed-cidr",
            Self::FixedCidrV6 => "fixed-cidr-v6",
            Self::IpRange => "ip-range",
            Self::DefaultGateway => "default-gateway",
            Self::DefaultGatewayV6 => "default-gateway-v6",
            Self::AuxAddress => "aux-address",
            Self::Dns => "dns",
        }
    }
}

impl DockerBridge {
    /// A bridge with this name, of which nothing else is said yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{DockerBridge, Topology};
    ///
    /// let docker0 = DockerBridge::new("docker0");
    /// assert!(Topology::new().docker_bridge(docker0.clone()).plan().is_err());
    /// assert!(Topology::new().docker_bridge(docker0.bip("172.17.0.1/16")).plan().is_ok());
    /// ```
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            bridge: BridgeSpec::new(name),
            docker: DockerSettings::default(),
        }
    }

    fn set(mut self, setting: Setting, written: Written) -> Self {
        self.docker.all.push((setting, written));
        self
    }

    /// The bridge's own address with its prefix length, `192.168.1.6/24`: the subnet follows from it. One for each family (`bip6`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").bip("192.168.1.6/24").bip("fd00::1/64");
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// let plan = lab.plan().unwrap().to_string();
    /// assert!(plan.contains("ip -netns a address add 192.168.1.1/24 dev eth0"));
    /// assert!(plan.contains("default via 192.168.1.6 dev eth0"));
    /// ```
    #[doc(alias = "bip6")]
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn bip(self, address: impl Display) -> Self {
        self.set(Setting::Bip, Written::here(address.to_string()))
    }

    /// A subnet, one for each family: what `--subnet` says to `docker network create`. The bridge has its first address unless
    /// [`gateway`](Self::gateway) names another.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let lab = Topology::new().docker_bridge(DockerBridge::new("mybridge0").subnet("172.27.0.0/16"));
    /// assert!(lab.plan().unwrap().to_string().contains("ip address add 172.27.0.1/16 dev mybridge0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn subnet(self, subnet: impl Display) -> Self {
        self.set(Setting::Subnet, Written::here(subnet.to_string()))
    }

    /// The bridge's own address in a [`subnet`](Self::subnet), `--gateway`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let bridge = DockerBridge::new("mybridge0").subnet("172.27.0.0/16").gateway("172.27.0.254");
    /// let lab = Topology::new().docker_bridge(bridge);
    /// assert!(lab.plan().unwrap().to_string().contains("ip address add 172.27.0.254/16 dev mybridge0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn gateway(self, address: impl Display) -> Self {
        self.set(Setting::Gateway, Written::here(address.to_string()))
    }

    /// The part of the IPv4 subnet that hosts draw their addresses from, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").bip("192.168.1.6/24").fixed_cidr("192.168.1.128/25");
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// assert!(lab.plan().unwrap().to_string().contains("address add 192.168.1.128/24 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn fixed_cidr(self, pool: impl Display) -> Self {
        self.set(Setting::FixedCidr, Written::here(pool.to_string()))
    }

    /// The pool of IPv6 addresses. It is the subnet as well, with the bridge at its first address, unless `bip` or `subnet` names a larger one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").bip("192.168.1.6/24").fixed_cidr_v6("2001:db8::/64");
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// assert!(lab.plan().unwrap().to_string().contains("address add 2001:db8::2/64 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn fixed_cidr_v6(self, pool: impl Display) -> Self {
        self.set(Setting::FixedCidrV6, Written::here(pool.to_string()))
    }

    /// The pool of a [`subnet`](Self::subnet), `--ip-range`; one for each family.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let bridge = DockerBridge::new("br0").subnet("172.28.0.0/16").ip_range("172.28.5.0/24");
    /// let lab = Topology::new().docker_bridge(bridge).host("a", |h| h.join("br0"));
    /// assert!(lab.plan().unwrap().to_string().contains("address add 172.28.5.0/16 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn ip_range(self, pool: impl Display) -> Self {
        self.set(Setting::IpRange, Written::here(pool.to_string()))
    }

    /// The router that IPv4 default routes lead to, if it is not the bridge. No host is given its address: attach the router there yourself.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").bip("192.168.1.6/24").default_gateway("192.168.1.1");
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// let plan = lab.plan().unwrap().to_string();
    /// assert!(plan.contains("address add 192.168.1.2/24 dev eth0"));
    /// assert!(plan.contains("default via 192.168.1.1 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn default_gateway(self, address: impl Display) -> Self {
        self.set(Setting::DefaultGateway, Written::here(address.to_string()))
    }

    /// The router that IPv6 default routes lead to, if it is not the bridge.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").fixed_cidr_v6("2001:db8::/64").default_gateway_v6("2001:db8::89");
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// assert!(lab.plan().unwrap().to_string().contains("default via 2001:db8::89 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn default_gateway_v6(self, address: impl Display) -> Self {
        self.set(
            Setting::DefaultGatewayV6,
            Written::here(address.to_string()),
        )
    }

    /// An address that no host is given, `--aux-address`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").bip("192.168.1.6/24").aux_address("192.168.1.1");
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// assert!(lab.plan().unwrap().to_string().contains("address add 192.168.1.2/24 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn aux_address(self, address: impl Display) -> Self {
        self.set(Setting::AuxAddress, Written::here(address.to_string()))
    }

    /// The DNS servers in the `/etc/resolv.conf` of the hosts, one or several, instead of those that the topology has.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let docker0 = DockerBridge::new("docker0").bip("192.168.1.6/24").dns(["10.20.1.2", "10.20.1.3"]);
    /// let lab = Topology::new().docker_bridge(docker0).host("a", |h| h.join("docker0"));
    /// assert!(lab.plan().unwrap().to_string().contains("# node a asks the DNS servers 10.20.1.2, 10.20.1.3"));
    /// ```
    ///
    /// See [resolv.conf(5)](https://man7.org/linux/man-pages/man5/resolv.conf.5.html).
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn dns(mut self, servers: impl Addresses) -> Self {
        let servers = written(servers).into_iter();
        self.docker
            .all
            .extend(servers.map(|server| (Setting::Dns, server)));
        self
    }

    /// The largest packet in bytes, of the bridge and of its hosts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let lab = Topology::new().docker_bridge(DockerBridge::new("docker0").bip("192.168.1.6/24").mtu(1400));
    /// assert!(lab.plan().unwrap().to_string().contains("mtu 1400"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn mtu(mut self, bytes: u32) -> Self {
        self.bridge = self.bridge.mtu(bytes);
        self
    }

    /// Gives hosts no default route: they reach one another and the root, `--internal`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{DockerBridge, Topology};
    /// let backend = DockerBridge::new("backend").subnet("172.30.0.0/24").internal();
    /// let lab = Topology::new().docker_bridge(backend).host("db", |h| h.join("backend"));
    /// assert!(!lab.plan().unwrap().to_string().contains("default via"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn internal(mut self) -> Self {
        self.docker.internal = Some(Location::caller());
        self
    }
}

impl Topology {
    /// Adds a bridge that gives its hosts addresses, default routes, an MTU and DNS servers.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{DockerBridge, Topology};
    ///
    /// let docker0 = DockerBridge::new("docker0").bip("172.17.0.1/16");
    /// let lab = Topology::new()
    ///     .docker_bridge(docker0)
    ///     .host("web", |h| h.join("docker0"))
    ///     .host("fixed", |h| h.attach("docker0", "172.17.9.9/16"));
    /// assert!(lab.plan().is_ok());
    /// ```
    #[doc(alias = "docker_network")]
    #[must_use = "builder methods return the changed topology"]
    pub fn docker_bridge(mut self, bridge: DockerBridge) -> Self {
        let DockerBridge { mut bridge, docker } = bridge;
        bridge.docker = Some(docker);
        self.bridges.push(bridge);
        self
    }
}
