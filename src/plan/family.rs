//! Decides which address families a network has, and leaves the other one out.

use std::net::IpAddr;

use crate::address::{Cidr, Family};
use crate::plan::Plan;
use crate::plan::draft::Draft;
use crate::plan::mistakes::Mistakes;
use crate::topology::{RouteSpec, Topology, Written};

/// The one family that the topology is limited to, if it is.
pub(crate) fn only(topology: &Topology, mistakes: &mut Mistakes<'_>) -> Option<Family> {
    let (first, at) = topology.only.first()?;
    for (other, second) in topology.only.iter().filter(|(family, _)| family != first) {
        let cause = format!("{other} only, and {first} only from {at}: no address would be left");
        mistakes.push(second, "topology", cause);
    }
    Some(*first)
}

/// Takes the other family's addresses from every interface.
///
/// The subnets stay, so that the ones that are allotted have the same numbers in either family's network.
pub(crate) fn leave_out(draft: &mut Draft<'_>) {
    let Some(family) = draft.only else { return };
    for bridge in draft.domains.iter_mut().filter_map(|it| it.bridge.as_mut()) {
        bridge
            .addresses
            .retain(|(it, _)| family.includes(it.address()));
        bridge
            .bridge
            .addresses
            .retain(|it| family.includes(it.address()));
    }
    for end in draft.cables.iter_mut().flatten() {
        end.addresses
            .retain(|(it, _)| family.includes(it.address()));
    }
}

/// Whether a route is about the other family. One that mixes them is not: that is a mistake, and found when it is decided.
pub(crate) fn leaves_out(only: Option<Family>, route: &RouteSpec) -> bool {
    let Some(family) = only else { return false };
    let destination = (route.destination.text != "default").then_some(&route.destination);
    let written = [destination, route.via.as_ref(), route.source.as_ref()];
    let hops = route.next_hops.iter().map(|(via, _)| via);
    let written = written.into_iter().flatten().chain(hops);
    let addresses: Option<Vec<IpAddr>> = written.map(address).collect();
    match addresses.as_deref() {
        None => false,
        // With nothing that says otherwise, `default` is IPv4's.
        Some([]) => family == Family::V6,
        Some(addresses) => addresses.iter().all(|it| !family.includes(*it)),
    }
}

fn address(written: &Written) -> Option<IpAddr> {
    written.text.parse().ok().map(Cidr::address)
}

impl Plan {
    /// The families that the network has.
    pub(crate) fn families(&self) -> &'static [Family] {
        match self.only {
            None => &Family::BOTH,
            Some(Family::V4) => &[Family::V4],
            Some(Family::V6) => &[Family::V6],
        }
    }
}
