//! The wires between two nodes on one segment, and what is wrong with them now.

use std::net::IpAddr;

use crate::address::Cidr;
use crate::host::Host;
use crate::impairment::Backend;
use crate::live::Parts;
use crate::measure::declared::Declared;
use crate::packet::Way;
use crate::plan::{End, Plan};

/// Where packets of several nodes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Domain {
    /// Position in the plan's cables: it joins two nodes.
    Cable(usize),
    /// A node and the position of a bridge in it.
    Bridge(usize, usize),
}

/// A place where a node is on a segment.
#[derive(Debug)]
struct Place<'p> {
    domain: Domain,
    addresses: &'p [Cidr],
    /// Its addresses follow from what routers say, and nobody knows them here.
    autoconfigured: bool,
    /// The wire that leads there, and the way of what the node sends.
    wire: Option<(usize, Way)>,
}

/// What is declared for packets from `source` to `target`, and for those back. None if other nodes forward them, or nobody knows.
pub(super) fn declared(
    from: Host<'_>,
    source: IpAddr,
    to: Host<'_>,
    target: IpAddr,
) -> Option<[Declared; 2]> {
    let parts = from.parts();
    let [near, far] = [(from, source), (to, target)].map(|(host, address)| {
        let node = parts.plan.namespace_of(host.node());
        let mut places = places(&parts.plan, node);
        places.retain(|place| place.has(address));
        places
    });
    let (near, far) = near.iter().find_map(|near| {
        let far = far.iter().find(|far| far.domain == near.domain)?;
        Some((near, far))
    })?;
    let mut wires: Vec<(usize, Way)> = near.wire.into_iter().collect();
    // A cable between the two is one, whichever end it is looked at from.
    if let (Domain::Bridge(..), Some((wire, way))) = (near.domain, far.wire) {
        wires.push((wire, way.back()));
    }
    let forth = in_force(parts, wires.iter().copied());
    let back = in_force(
        parts,
        wires.iter().rev().map(|(wire, way)| (*wire, way.back())),
    );
    Some([forth, back])
}

impl Place<'_> {
    fn has(&self, address: IpAddr) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.any(|it| it.address() == address) || (self.autoconfigured && address.is_ipv6())
    }
}

fn places(plan: &Plan, node: usize) -> Vec<Place<'_>> {
    let bridges = plan.nodes[node].bridges.iter().enumerate();
    let bridges = bridges.map(|(position, bridge)| Place {
        domain: Domain::Bridge(node, position),
        addresses: &bridge.addresses,
        autoconfigured: false,
        wire: None,
    });
    let cables = plan.cables.iter().enumerate().flat_map(|(cable, it)| {
        let [first, second] = &it.ends;
        let seen_from = move |near: &'_ End| near.node == node && near.bridge.is_none();
        [(first, second, Way::Forth), (second, first, Way::Back)]
            .into_iter()
            .filter(move |(near, ..)| seen_from(near))
            .map(move |(near, far, way)| Place {
                domain: match far.bridge {
                    Some(bridge) => Domain::Bridge(far.node, bridge),
                    None => Domain::Cable(cable),
                },
                addresses: &near.addresses,
                autoconfigured: near.autoconfigured,
                wire: it.wire.map(|wire| (wire, way)),
            })
    });
    bridges.chain(cables).collect()
}

fn in_force(parts: &Parts, wires: impl Iterator<Item = (usize, Way)>) -> Declared {
    let each = wires.filter_map(|(wire, way)| {
        let line = parts.relay.line(wire);
        let by_kernel = line.driver == Some(Backend::Kernel);
        line.effective(way)
            .map(|(what, _)| (what.clone(), by_kernel))
    });
    Declared::by(each)
}
