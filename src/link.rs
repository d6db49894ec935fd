//! An interface of a live host, to be changed.

use std::fmt;

use crate::address::Cidr;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::sys::netlink;
use crate::view::Interface;

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
        let plan = &self.parts().plan;
        let bridges = plan.nodes[self.node()]
            .bridges
            .iter()
            .map(|bridge| (bridge.name.as_str(), bridge.index));
        let ends = plan
            .ends(self.node())
            .map(|end| (end.name.as_str(), end.index));
        let known: Vec<(&str, u32)> = std::iter::once(("lo", 1))
            .chain(bridges)
            .chain(ends)
            .collect();
        match known.iter().find(|(known, _)| *known == name) {
            Some((name, index)) => Link::new(self, name, *index),
            None => {
                let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                let what = format!("find link `{name}` of node `{}`", self.name());
                panic!("{}", Error::unknown_name(what, &known))
            }
        }
    }
}

impl<'net> Link<'net> {
    pub(crate) fn new(host: Host<'net>, name: &'net str, index: u32) -> Self {
        Self { host, name, index }
    }

    /// The interface's name.
    pub fn name(self) -> &'net str {
        self.name
    }

    /// The host that it is in.
    pub fn host(self) -> Host<'net> {
        self.host
    }

    /// The interface as it is now.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    pub fn look(self) -> Result<Interface> {
        self.host.interface(self.name)
    }

    /// Raises the interface, like `ip link set up`.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    pub fn up(self) -> Result<()> {
        self.host
            .execute(netlink::set_up(self.name, self.index, true))
    }

    /// Lowers the interface, like `ip link set down`. The kernel then removes its IPv6 addresses and the routes by it.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    pub fn down(self) -> Result<()> {
        self.host
            .execute(netlink::set_up(self.name, self.index, false))
    }

    /// Sets the size of the largest packet in bytes, 68 to 65,535.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    pub fn set_mtu(self, bytes: u32) -> Result<()> {
        self.host
            .execute(netlink::set_mtu(self.name, self.index, bytes))
    }

    /// Adds an address with its prefix length; it is usable at once.
    ///
    /// # Errors
    ///
    /// The text is no address, or the interface has it already.
    pub fn add_address(self, address: impl fmt::Display) -> Result<()> {
        let address = self.parse("add", address)?;
        let dad = self.host.parts().plan.realistic;
        self.host
            .execute(netlink::add_address(self.name, self.index, address, dad))
    }

    /// Removes an address.
    ///
    /// # Errors
    ///
    /// The text is no address, or the interface does not have it.
    pub fn remove_address(self, address: impl fmt::Display) -> Result<()> {
        let address = self.parse("remove", address)?;
        self.host
            .execute(netlink::remove_address(self.name, self.index, address))
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
