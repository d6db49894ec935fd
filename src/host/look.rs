//! What a host looks like now: every look asks the kernel.

use crate::address::Family;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::plan;
use crate::sys::netlink::look;
use crate::sys::sysctl;
use crate::view::{Bridge, Interface, MAIN_TABLE, Neighbour, RouteTable};

impl Host<'_> {
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
        let node = self.parts.plan.namespace_of(self.node);
        let is_this = |end: &plan::End| end.node == node && end.index == interface.index;
        let pair = self
            .parts
            .plan
            .veths()
            .find(|pair| pair.iter().any(|end| is_this(end)));
        let other = pair.and_then(|pair| pair.into_iter().find(|end| !is_this(end)));
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
