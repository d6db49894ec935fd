//! A host of a live network, borrowed: run code in it, look at it, change it.

use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use crate::address::Family;
use crate::apply::route_verb;
use crate::error::{Error, Kind, Result};
use crate::here;
use crate::live::{LiveNode, Parts};
use crate::plan::route::{self, Device};
use crate::plan::{self, Route};
use crate::sys::netlink::look;
use crate::sys::netlink::{self, Request};
use crate::sys::sysctl;
use crate::topology::RouteSpec;
use crate::view::{Bridge, Interface, MAIN_TABLE, Neighbour, RouteTable};
use crate::worker;

/// A host of a live network: a network namespace.
///
/// It is a borrowed view, free to copy. Nothing about it remembers: every look asks the kernel.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
/// let server = net.host("server");
/// let listener = server.run(|| std::net::TcpListener::bind("0.0.0.0:80")).unwrap();
/// assert!(net.host("client").run(|| std::net::TcpStream::connect(server.socket_addr(80))).is_ok());
/// # drop(listener);
/// println!("{}", server.interface("eth0").unwrap());
/// # }).unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct Host<'net> {
    parts: &'net Arc<Parts>,
    node: usize,
}

impl<'net> Host<'net> {
    pub(crate) fn new(parts: &'net Arc<Parts>, node: usize) -> Self {
        Self { parts, node }
    }

    pub(crate) fn parts(self) -> &'net Arc<Parts> {
        self.parts
    }

    pub(crate) fn node(self) -> usize {
        self.node
    }

    pub(crate) fn live(self) -> &'net LiveNode {
        &self.parts.nodes[self.node]
    }

    /// The host's name in the topology.
    pub fn name(self) -> &'net str {
        &self.live().name
    }

    /// Runs code in the host, on a fresh thread that ends with it.
    ///
    /// The closure may borrow, calls may nest, and the working directory is that of the caller. A socket stays in the host in which it
    /// was made; it may be returned and used from anywhere. Threads that the closure starts are in the host, too.
    ///
    /// # Panics
    ///
    /// The closure's panic goes on in the caller. A thread could not be started, or could not enter the host.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let greeting = String::from("hello");
    /// let length = net.host("a").run(|| greeting.len());
    /// assert_eq!(length, 5);
    /// # }).unwrap();
    /// ```
    ///
    /// See [setns(2)](https://man7.org/linux/man-pages/man2/setns.2.html).
    #[track_caller]
    pub fn run<T: Send>(self, body: impl FnOnce() -> T + Send) -> T {
        match self.try_run(body) {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn try_run<T: Send>(self, body: impl FnOnce() -> T + Send) -> Result<T> {
        worker::run_in(self.live(), || here::set(self.parts, self.node, body))
    }

    /// The host's first IPv4 address.
    ///
    /// # Panics
    ///
    /// It has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.host("b").ipv4().to_string(), "10.1.0.2");
    /// assert_eq!(net.host("b").ipv6().to_string(), "fd00:1::2");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn ipv4(self) -> Ipv4Addr {
        let found = self
            .addresses()
            .into_iter()
            .find_map(|address| match address {
                IpAddr::V4(address) if !address.is_loopback() => Some(address),
                _ => None,
            });
        found.unwrap_or_else(|| {
            panic!(
                "failed to tell the IPv4 address of host `{}`: it has none",
                self.name()
            )
        })
    }

    /// The host's first IPv6 address that is not link-local.
    ///
    /// # Panics
    ///
    /// It has none.
    #[track_caller]
    pub fn ipv6(self) -> Ipv6Addr {
        let found = self
            .addresses()
            .into_iter()
            .find_map(|address| match address {
                IpAddr::V6(address)
                    if !address.is_loopback() && !address.is_unicast_link_local() =>
                {
                    Some(address)
                }
                _ => None,
            });
        found.unwrap_or_else(|| {
            panic!(
                "failed to tell the IPv6 address of host `{}`: it has none",
                self.name()
            )
        })
    }

    /// A port at the host's first address, IPv4 if it has one.
    ///
    /// # Panics
    ///
    /// The host has no address.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.host("a").socket_addr(80).to_string(), "10.1.0.1:80");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn socket_addr(self, port: u16) -> SocketAddr {
        match self
            .addresses()
            .into_iter()
            .find(|address| !address.is_loopback())
        {
            Some(address) => SocketAddr::new(address, port),
            None => panic!(
                "failed to tell the address of host `{}`: it has none",
                self.name()
            ),
        }
    }

    /// The addresses of the plan, and after them those that were added since.
    pub(crate) fn addresses(self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = self
            .parts
            .plan
            .addresses(self.node)
            .map(crate::address::Cidr::address)
            .collect();
        if let Ok(live) = look::addresses(&mut self.live().netlink()) {
            let live: Vec<IpAddr> = live
                .into_iter()
                .map(|(_, it)| it.address.address())
                .collect();
            addresses.retain(|address| live.contains(address));
            let added = live
                .into_iter()
                .filter(|address| !addresses.contains(address))
                .collect::<Vec<_>>();
            addresses.extend(added);
        }
        addresses
    }

    /// The interfaces, like `ip address`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// for interface in net.host("a").interfaces().unwrap() {
    ///     println!("{interface}");
    /// }
    /// # }).unwrap();
    /// ```
    pub fn interfaces(self) -> Result<Vec<Interface>> {
        let mut interfaces =
            look::interfaces(&mut self.live().netlink()).map_err(|e| e.inside(self.name()))?;
        for interface in &mut interfaces {
            self.name_peer(interface);
        }
        Ok(interfaces)
    }

    /// The kernel numbers other namespaces; people know them by the node's name.
    fn name_peer(self, interface: &mut Interface) {
        let Some(peer) = interface
            .peer
            .as_mut()
            .filter(|peer| peer.namespace.is_some())
        else {
            return;
        };
        let is_this = |end: &plan::End| end.node == self.node && end.index == interface.index;
        let cable = self
            .parts
            .plan
            .cables
            .iter()
            .find(|cable| cable.ends.iter().any(is_this));
        let other = cable.and_then(|cable| cable.ends.iter().find(|end| !is_this(end)));
        peer.node = other.map(|end| self.parts.plan.nodes[end.node].name.clone());
    }

    /// One interface, by its name.
    ///
    /// # Errors
    ///
    /// There is none of that name; the known ones are listed.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// assert!(net.root().interface("lo").unwrap().flags.up());
    /// # }).unwrap();
    /// ```
    pub fn interface(self, name: &str) -> Result<Interface> {
        let interfaces = self.interfaces()?;
        match interfaces
            .iter()
            .position(|interface| interface.name == name)
        {
            Some(position) => Ok(interfaces[position].clone()),
            None => {
                let known: Vec<&str> = interfaces
                    .iter()
                    .map(|interface| interface.name.as_str())
                    .collect();
                Err(Error::unknown_name(
                    format!("find interface `{name}` of node `{}`", self.name()),
                    &known,
                ))
            }
        }
    }

    /// The IPv4 routes of the main table, like `ip route`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let routes = net.host("a").routes().unwrap();
    /// assert_eq!(routes.to_string().trim(), "10.1.0.0/16 dev eth0 proto kernel scope link src 10.1.0.1");
    /// # }).unwrap();
    /// ```
    pub fn routes(self) -> Result<RouteTable> {
        self.table(Family::V4)
    }

    /// The IPv6 routes of the main table, like `ip -6 route`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    pub fn routes_ipv6(self) -> Result<RouteTable> {
        self.table(Family::V6)
    }

    fn table(self, family: Family) -> Result<RouteTable> {
        look::routes(&mut self.live().netlink(), family, Some(MAIN_TABLE))
            .map_err(|e| e.inside(self.name()))
    }

    /// The neighbours that the host knows or has asked for, like `ip neigh`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("a").ping("b").unwrap();
    /// let neighbours = net.host("a").neighbours().unwrap();
    /// assert_eq!(neighbours[0].address, net.host("b").ipv4());
    /// # }).unwrap();
    /// ```
    pub fn neighbours(self) -> Result<Vec<Neighbour>> {
        look::neighbours(&mut self.live().netlink()).map_err(|e| e.inside(self.name()))
    }

    /// The bridges with their ports, like `brctl show`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new().bridge("br0", ()), |net| {
    /// let bridges = net.root().bridges().unwrap();
    /// assert_eq!(bridges[0].id.to_string(), "8000.000000000000");
    /// # }).unwrap();
    /// ```
    pub fn bridges(self) -> Result<Vec<Bridge>> {
        look::bridges(&mut self.live().netlink()).map_err(|e| e.inside(self.name()))
    }

    /// Adds a route: to a subnet, or `default`.
    ///
    /// # Errors
    ///
    /// The route makes no sense, or the kernel refuses it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let a = net.host("a");
    /// a.add_route("192.0.2.0/24", |r| r.via("10.1.0.2")).unwrap();
    /// assert!(a.routes().unwrap().to_string().contains("192.0.2.0/24 via 10.1.0.2 dev eth0"));
    /// a.remove_route("192.0.2.0/24", |r| r.via("10.1.0.2")).unwrap();
    /// # }).unwrap();
    /// ```
    pub fn add_route(
        self,
        destination: impl Display,
        configure: impl FnOnce(RouteSpec) -> RouteSpec,
    ) -> Result<()> {
        let route = self.decided(configure(RouteSpec::new(destination)))?;
        self.execute(netlink::add_route(&route.to_string(), &route_verb(&route)))
    }

    /// Removes a route; of several, the first that matches.
    ///
    /// # Errors
    ///
    /// There is no such route.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.host("a").remove_route("192.0.2.0/24", |r| r.via("10.1.0.2")).is_err());
    /// # }).unwrap();
    /// ```
    pub fn remove_route(
        self,
        destination: impl Display,
        configure: impl FnOnce(RouteSpec) -> RouteSpec,
    ) -> Result<()> {
        let route = self.decided(configure(RouteSpec::new(destination)))?;
        self.execute(netlink::remove_route(
            &route.to_string(),
            &route_verb(&route),
        ))
    }

    fn decided(self, spec: RouteSpec) -> Result<Route> {
        let devices = self
            .interfaces()?
            .into_iter()
            .filter(|interface| interface.name != "lo" && interface.master.is_none())
            .map(|interface| Device {
                name: interface.name,
                index: interface.index,
                addresses: interface
                    .addresses
                    .iter()
                    .map(|address| address.address)
                    .collect(),
            });
        route::decide_one(&spec, self.name(), &devices.collect::<Vec<_>>())
    }

    pub(crate) fn execute(self, request: Request) -> Result<()> {
        self.live()
            .netlink()
            .execute(vec![request])
            .map_err(|error| error.inside(self.name()))
    }

    /// A kernel parameter of this host: `net.ipv4.ip_forward`.
    ///
    /// # Errors
    ///
    /// The kernel does not have it, or it does not belong to a network.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new().host("a", |h| h.sysctl("net.ipv4.tcp_sack", 0)), |net| {
    /// assert_eq!(net.host("a").sysctl("net.ipv4.tcp_sack").unwrap(), "0");
    /// # }).unwrap();
    /// ```
    pub fn sysctl(self, name: &str) -> Result<String> {
        let what = format!("read sysctl `{name}` of node `{}`", self.name());
        let path = plan::sysctl_path(name)
            .map_err(|cause| Error::new(Kind::Topology, what.as_str(), cause))?;
        self.try_run(|| sysctl::read(&path))?
            .map_err(|cause| Error::kernel(what, cause))
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.name()).finish()
    }
}
