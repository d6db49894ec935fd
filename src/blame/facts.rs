//! What is asked of a network to find out where a packet ends.

use std::net::IpAddr;
use std::rc::Rc;

use super::explanation::Blame;
use crate::address::{Cidr, Family};
use crate::sys::netlink::{Lookup, Way};

/// An interface, as far as packets are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) up: bool,
    pub(crate) carrier: bool,
    pub(crate) mtu: u32,
    pub(crate) is_bridge: bool,
    /// The bridge of which it is a port, and whether that lets it pass packets.
    pub(crate) bridge: Option<(u32, bool)>,
    pub(crate) addresses: Vec<Cidr>,
    /// Those that it was built with: an interface that is down has lost some.
    pub(crate) planned: Vec<Cidr>,
}

impl Port {
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.address() == address)
    }

    /// Its first address of a family.
    pub(super) fn first(&self, family: Family) -> Option<Cidr> {
        let mut own = self.addresses.iter().copied();
        own.find(|own| family.includes(own.address()))
    }
}

/// A node and one of its interfaces.
pub(crate) type Place = (usize, u32);

/// A network that can be asked; in tests it is one of values.
pub(crate) trait Facts {
    fn name(&self, node: usize) -> &str;

    /// Whether it is the switch of a segment, which has the segment's name.
    fn is_switch(&self, node: usize) -> bool;

    /// What keeps a node as a whole from passing anything: it has crashed, or is paused.
    fn outage(&self, node: usize) -> Option<Blame>;

    /// Whether an interface is down because somebody has cut its cable.
    fn is_pulled(&self, place: Place) -> bool;

    /// What is wrong on purpose with a cable, for what leaves by this end: an impairment, rules about packets.
    fn trouble(&self, near: Place) -> Option<String>;

    fn ports(&self, node: usize) -> Rc<Vec<Port>>;

    /// The other end of a cable.
    fn far_end(&self, end: Place) -> Option<Place>;

    /// Whether an interface was built with an address. Nobody need be asked.
    fn is_planned(&self, place: Place, address: IpAddr) -> bool;

    fn way(&self, node: usize, lookup: &Lookup) -> Way;

    /// The parameter that keeps a node from passing on what comes in by an interface, and its value.
    fn forwarding_off(&self, node: usize, family: Family, through: &str) -> Option<String>;

    /// The interface by which the plan would send there.
    fn planned(&self, node: usize, to: IpAddr) -> Option<u32>;

    /// Whether a node translates the sources of what leaves by an interface.
    fn translates(&self, node: usize, family: Family, device: &str) -> bool;

    /// The address with its prefix, as somebody in the network has it.
    fn owned(&self, address: IpAddr) -> Option<Cidr>;

    /// Whether a node asked on a link for an address, and nobody has answered.
    fn is_unanswered(&self, node: usize, device: &str, address: IpAddr) -> bool;

    fn port(&self, (node, index): Place) -> Option<Port> {
        let ports = self.ports(node);
        ports.iter().find(|port| port.index == index).cloned()
    }
}
