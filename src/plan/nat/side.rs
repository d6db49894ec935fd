//! A router's interfaces, and which of them somebody means.

use std::net::IpAddr;
use std::panic::Location;

use super::Deciding;
use crate::address::{Cidr, Family};
use crate::plan::Route;
use crate::plan::address::is_link_local;
use crate::plan::draft::{Draft, listed, nodes};
use crate::topology::{NatSpec, RouteKind, Topology};

/// An interface that can have addresses.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) domain: usize,
    pub(super) addresses: Vec<Cidr>,
}

impl Side {
    /// The first address of a family, which the kernel prefers.
    pub(super) fn address(&self, family: Family) -> Option<IpAddr> {
        let mut all = self.addresses.iter().map(|it| it.address());
        all.find(|it| family.includes(*it) && !is_link_local(*it))
    }
}

/// The node's bridges, and the ends of its cables that are no ports.
pub(super) fn of(draft: &Draft<'_>, node: usize) -> Vec<Side> {
    let all = of_with_index(draft, node).into_iter();
    all.map(|(side, _)| side).collect()
}

fn of_with_index(draft: &Draft<'_>, node: usize) -> Vec<(Side, u32)> {
    let bridges = draft.domains.iter().enumerate().filter_map(|(domain, it)| {
        let bridge = it.bridge.as_ref().filter(|it| it.node == node)?;
        let side = Side {
            name: bridge.bridge.name.clone(),
            domain,
            addresses: bridge.bridge.addresses.clone(),
        };
        Some((side, bridge.bridge.index))
    });
    let ends = draft.cables.iter().flatten();
    let ends = ends.filter(|end| end.node == node && !end.port);
    let ends = ends.map(|end| {
        let side = Side {
            name: end.name.clone(),
            domain: end.domain,
            addresses: end.addresses.iter().map(|(it, _)| *it).collect(),
        };
        (side, end.index)
    });
    bridges.chain(ends).collect()
}

/// The position of the interface with this name, or that leads to the segment, bridge or linked node of this name.
pub(super) fn towards(
    draft: &Draft<'_>,
    node: usize,
    sides: &[Side],
    name: &str,
) -> Result<usize, String> {
    if let Some(position) = sides.iter().position(|side| side.name == name) {
        return Ok(position);
    }
    let mut found = sides
        .iter()
        .enumerate()
        .filter(|(_, side)| leads_to(draft, node, side.domain, name));
    match (found.next(), found.next()) {
        (Some((position, _)), None) => Ok(position),
        (Some(_), Some(_)) => Err(format!(
            "several of its interfaces lead to `{name}`: name one of them"
        )),
        (None, _) => {
            let known: Vec<String> = sides
                .iter()
                .map(|side| format!("`{}` to {}", side.name, draft.domains[side.domain].name))
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Err(format!(
                "no interface is called so or leads there ({})",
                listed(&known)
            ))
        }
    }
}

fn leads_to(draft: &Draft<'_>, node: usize, domain: usize, name: &str) -> bool {
    let known = &draft.domains[domain].name;
    let is_link = known.starts_with("link ");
    let mut ends = draft.cables.iter().flatten();
    *known == format!("segment `{name}`")
        || *known == format!("bridge `{name}`")
        || is_link
            && ends.any(|end| {
                end.domain == domain && end.node != node && draft.nodes[end.node].name == name
            })
}

/// Gives an interface a further address.
pub(super) fn add_address(
    draft: &mut Draft<'_>,
    node: usize,
    side: &Side,
    address: Cidr,
    at: &'static Location<'static>,
) {
    let bridge = draft.domains[side.domain].bridge.as_mut();
    if let Some(bridge) = bridge.filter(|it| it.node == node) {
        bridge.bridge.addresses.push(address);
        return;
    }
    let mut ends = draft.cables.iter_mut().flatten();
    let end = ends.find(|end| end.node == node && end.name == side.name);
    if let Some(end) = end.filter(|end| end.addresses.iter().all(|(it, _)| *it != address)) {
        end.addresses.push((address, at));
    }
}

/// Gives the others at an interface's link a route to what the router stands for there, unless it is on the link anyway.
pub(super) fn add_routes(
    topology: &Topology,
    draft: &mut Draft<'_>,
    router: usize,
    side: &Side,
    subnet: Cidr,
) {
    let family = if subnet.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    };
    let Some(via) = side.address(family) else {
        return;
    };
    for (node, host) in nodes(topology).filter(|(it, _)| *it != router) {
        let mut asked = draft.nodes[node].routes.iter();
        let is_asked = asked.any(|it| it.table.is_none() && it.destination.covers(subnet));
        if is_asked || host.manual_routes {
            continue;
        }
        let own = of_with_index(draft, node).into_iter();
        let mut near = own.filter(|(it, _)| it.domain == side.domain);
        let reaches = |(it, _): &(Side, u32)| {
            let mut own = it.addresses.iter();
            own.any(|own| own.contains(via)) && !it.addresses.iter().any(|own| own.covers(subnet))
        };
        let Some((near, index)) = near.find(reaches) else {
            continue;
        };
        draft.nodes[node].routes.push(Route {
            kind: RouteKind::Unicast,
            destination: subnet,
            via: Some(via),
            device: Some((near.name, index)),
            metric: None,
            source: None,
            onlink: false,
            next_hops: Vec::new(),
            table: None,
        });
    }
}

/// For an error text.
pub(super) fn subnets(addresses: &[Cidr]) -> String {
    let all: Vec<String> = addresses
        .iter()
        .map(|it| it.network().to_string())
        .collect();
    match all.as_slice() {
        [] => "it has no addresses".to_owned(),
        all => all.join(", "),
    }
}

impl Deciding<'_, '_, '_> {
    /// What an earlier translation leaves to this one.
    pub(super) fn check_earlier(&mut self, earlier: &[NatSpec], sides: &[Side], outside: usize) {
        let toward = |it: &NatSpec| towards(self.draft, self.node, sides, &it.toward.text);
        let takes_all = |it: &&NatSpec| it.inside.is_empty() && toward(it) == Ok(outside);
        let spec = self.spec;
        let wants = spec.mapping.or(spec.filtering).is_some()
            || spec.preserves.is_some()
            || !spec.addresses.is_empty()
            || !spec.inside.is_empty();
        let first = earlier.iter().find(takes_all).filter(|_| wants);
        if let Some(first) = first {
            let cause = format!(
                "nothing is left for it: that from {} translates all that leaves by `{}`",
                first.toward.at, sides[outside].name
            );
            self.wrong(spec.toward.at, cause);
        }
    }
}
