//! An interface of a live host, to be changed.

use std::fmt;

use crate::address::Cidr;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::settle;
use crate::sys::netlink;
use crate::view::Interface;
use crate::wires;

/// An interface of a live host, from [`Host::link`].
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// let link = net.host("a").link("eth0");
/// link.set_mtu(1400).unwrap();
/// link.add_address("192.0.2.1/24").unwrap();
/// assert_eq!(link.look().unwrap().mtu, 1400);
/// link.remove_address("192.0.2.1/24").unwrap();
/// # }).unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct Link<'net> {
    host: Host<'net>,
    name: &'net str,
    index: u32,
}

impl<'net> Host<'net> {
    /// An interface, to be changed: one of the topology's, or `lo`.
    ///
    /// # Panics
    ///
    /// There is none of that name; the message lists the known ones.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("a").link("eth0").down().unwrap();
    /// assert!(!net.host("b").interface("eth0").unwrap().flags.lower_up());
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn link(self, name: &str) -> Link<'net> {
        match self.find_link(name) {
            Ok(link) => link,
            Err(error) => panic!("{error}"),
        }
    }

    /// An interface, or an error that lists the known ones.
    pub(crate) fn find_link(self, name: &str) -> Result<Link<'net>> {
        let plan = &self.parts().plan;
        let node = plan.namespace_of(self.node());
        let bridges = plan.nodes[node]
            .bridges
            .iter()
            .map(|bridge| (bridge.name.as_str(), bridge.index));
        let ends = plan.ends(node).map(|end| (end.name.as_str(), end.index));
        let known: Vec<(&str, u32)> = std::iter::once(("lo", 1))
            .chain(bridges)
            .chain(ends)
            .collect();
        match known.iter().find(|(known, _)| *known == name) {
            Some((name, index)) => Ok(Link::new(self, name, *index)),
            None => {
                let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                let what = format!("find link `{name}` of node `{}`", self.name());
                Err(Error::unknown_name(what, &known))
            }
        }
    }
}

impl<'net> Link<'net> {
    pub(crate) fn new(host: Host<'net>, name: &'net str, index: u32) -> Self {
        Self { host, name, index }
    }

    /// The interface's name.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.host("a").link("lo").name(), "lo");
    /// # }).unwrap();
    /// ```
    pub fn name(self) -> &'net str {
        self.name
    }

    /// The host that it is in.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let link = net.host("a").link("eth0");
    /// assert_eq!(link.host().name(), "a");
    /// # }).unwrap();
    /// ```
    pub fn host(self) -> Host<'net> {
        self.host
    }

    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// The interface as it is now.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let interface = net.host("a").link("eth0").look().unwrap();
    /// assert!(interface.flags.up());
    /// println!("{interface}");
    /// # }).unwrap();
    /// ```
    pub fn look(self) -> Result<Interface> {
        self.host.interface(self.name)
    }

    /// Raises the interface, like `ip link set up`.
    ///
    /// If it has a carrier then (the other end of the cable is up, too), both ends pass packets when this returns, and so do the
    /// bridges behind them: no first ping is lost.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).bare(), |net| {
    /// let link = net.host("a").link("eth0");
    /// assert!(!link.look().unwrap().flags.up());
    /// link.up().unwrap();
    /// assert!(link.look().unwrap().flags.up());
    /// # }).unwrap();
    /// ```
    pub fn up(self) -> Result<()> {
        self.host
            .execute(netlink::set_up(self.name, self.index, true))?;
        self.drop_loopback()?;
        self.settle()
    }

    /// Lowers the interface, like `ip link set down`. The kernel then removes its IPv6 addresses and the routes by it.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("a").link("eth0").down().unwrap();
    /// assert!(!net.host("b").link("eth0").look().unwrap().flags.lower_up());
    /// # }).unwrap();
    /// ```
    pub fn down(self) -> Result<()> {
        self.host
            .execute(netlink::set_up(self.name, self.index, false))
    }

    /// Makes the interface a port of a bridge in the same host, like `ip link set master`.
    ///
    /// It need not be up, nor need the bridge.
    ///
    /// # Errors
    ///
    /// The kernel refused: the interface is itself a bridge, say.
    ///
    /// # Panics
    ///
    /// The topology has no bridge of that name in this host; the message lists the known links.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// // A bridge and a cable to a host that nobody has plugged in yet.
    /// let lab = Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h)
    ///     .link(("root", ()), ("a", "10.0.0.1/24"));
    /// # netns_test::run(&lab, |net| {
    /// assert!(!net.host("a").ping_with("10.0.0.254", |p| p.count(1)).unwrap().is_lossless());
    /// net.root().link("veth1").attach("br0").unwrap();
    /// assert!(net.host("a").ping("10.0.0.254").unwrap().is_lossless());
    /// net.root().link("veth1").detach().unwrap();
    /// assert!(net.root().bridges().unwrap()[0].ports.is_empty());
    /// # }).unwrap();
    /// ```
    #[track_caller]
    #[doc(alias = "master")]
    #[doc(alias = "brctl addif")]
    pub fn attach(self, bridge: &str) -> Result<()> {
        let bridge = self.host.link(bridge);
        let master = Some((bridge.name, bridge.index));
        self.host
            .execute(netlink::set_master(self.name, self.index, master))?;
        self.settle()
    }

    /// The opposite of [`attach`](Self::attach), like `ip link set nomaster`.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    #[doc(alias = "nomaster")]
    #[doc(alias = "brctl delif")]
    pub fn detach(self) -> Result<()> {
        self.host
            .execute(netlink::set_master(self.name, self.index, None))
    }

    fn settle(self) -> Result<()> {
        let parts = self.host.parts();
        settle::wait_around(parts, parts.plan.namespace_of(self.host.node()), self.index)
    }

    /// Sets the size of the largest packet in bytes, 68 to 65,535.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let link = net.host("a").link("eth0");
    /// link.set_mtu(1400).unwrap();
    /// assert_eq!(link.look().unwrap().mtu, 1400);
    /// # }).unwrap();
    /// ```
    pub fn set_mtu(self, bytes: u32) -> Result<()> {
        self.host
            .execute(netlink::set_mtu(self.name, self.index, bytes))?;
        let parts = self.host.parts();
        match parts.plan.wire_of(self.host.node(), self.index) {
            Some((wire, _)) => wires::change(parts, wire, |line| line.passes(bytes)),
            None => Ok(()),
        }
    }

    /// Adds an address with its prefix length; it is usable at once.
    ///
    /// # Errors
    ///
    /// The text is no address, or the interface has it already.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("a").link("eth0").add_address("192.0.2.1/24").unwrap();
    /// net.host("b").link("eth0").add_address("192.0.2.2/24").unwrap();
    /// net.host("a").ping("192.0.2.2").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn add_address(self, address: impl fmt::Display) -> Result<()> {
        let address = self.parse("add", address)?;
        let dad = self.host.parts().plan.realistic;
        self.host
            .execute(netlink::add_address(self.name, self.index, address, dad))?;
        if address.is_ipv4() {
            return Ok(());
        }
        self.settle()
    }

    /// Removes an address.
    ///
    /// # Errors
    ///
    /// The text is no address, or the interface does not have it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let link = net.host("a").link("eth0");
    /// link.remove_address("10.1.0.1/16").unwrap();
    /// assert!(net.host("a").routes().unwrap().to_string().is_empty());
    /// # }).unwrap();
    /// ```
    pub fn remove_address(self, address: impl fmt::Display) -> Result<()> {
        let address = self.parse("remove", address)?;
        self.host
            .execute(netlink::remove_address(self.name, self.index, address))
    }

    /// Takes back what the kernel gave to `lo` of the family that was not asked for.
    fn drop_loopback(self) -> Result<()> {
        let unwanted = self.host.parts().plan.unwanted_loopback();
        let Some(unwanted) = unwanted.filter(|_| self.name == "lo") else {
            return Ok(());
        };
        let addresses = self.look()?.addresses;
        if addresses.iter().any(|it| it.address == unwanted) {
            self.remove_address(unwanted)?;
        }
        Ok(())
    }

    fn parse(self, verb: &str, address: impl fmt::Display) -> Result<Cidr> {
        let text = address.to_string();
        text.parse()
            .map_err(|cause| Error::new(Kind::Topology, format!("{verb} address `{text}`"), cause))
    }
}

impl fmt::Debug for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("host", &self.host.name())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
