//! Who can hand packets to whom, and how many routers are on the way.
//!
//! An edge leads from a node to a router that has an address in one of the node's own subnets, in the same domain. Hosts pass nothing on,
//! so that only routers are searched: five hundred hosts on one bridge cost what one costs, each.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use super::hidden;
use crate::address::{Cidr, Family};
use crate::plan::address::{is_end, is_link_local};
use crate::plan::draft::Draft;

/// An interface with addresses of one family.
struct Leg {
    node: usize,
    domain: usize,
    device: (String, u32),
    addresses: Vec<Cidr>,
}

/// A subnet, and where it is: usually in one domain.
pub(super) struct Destination {
    pub(super) subnet: Cidr,
    domains: Vec<usize>,
}

/// The first step on the way to somewhere.
#[derive(PartialEq, Eq)]
pub(super) struct Way {
    gateway: usize,
    pub(super) via: IpAddr,
    /// Name and index of the interface.
    pub(super) device: (String, u32),
}

/// What the addresses of one family come to.
pub(super) struct Graph {
    /// In the order of nodes and of their interfaces.
    legs: Vec<Leg>,
    /// By node: its positions among the legs.
    of_node: Vec<std::ops::Range<usize>>,
    /// By node: the routers that it can hand packets to, in their order, each once.
    ways: Vec<Vec<Way>>,
    /// By node: the routers that can hand packets to it.
    users: Vec<Vec<usize>>,
}

impl Graph {
    pub(super) fn of(draft: &Draft<'_>, forwards: &[bool], family: Family) -> Self {
        let legs = legs(draft, family);
        let of_node = (0..draft.nodes.len())
            .map(|node| {
                let start = legs.partition_point(|leg| leg.node < node);
                start..legs.partition_point(|leg| leg.node <= node)
            })
            .collect();
        let mut gateways: Vec<Vec<&Leg>> = draft.domains.iter().map(|_| Vec::new()).collect();
        for leg in legs.iter().filter(|leg| forwards[leg.node]) {
            let is_closed = draft.domains[leg.domain].is_internal();
            if !is_closed && !hidden::hides(draft, leg.node, leg.domain, family) {
                gateways[leg.domain].push(leg);
            }
        }
        let mut graph = Self {
            ways: Vec::new(),
            users: vec![Vec::new(); draft.nodes.len()],
            of_node,
            legs: Vec::new(),
        };
        for node in 0..draft.nodes.len() {
            let own = &legs[graph.of_node[node].clone()];
            graph.ways.push(ways(own, &gateways));
        }
        for (node, ways) in graph
            .ways
            .iter()
            .enumerate()
            .filter(|(it, _)| forwards[*it])
        {
            for way in ways {
                graph.users[way.gateway].push(node);
            }
        }
        graph.legs = legs;
        graph
    }

    /// Every subnet, in the order of its first domain.
    pub(super) fn destinations(&self) -> Vec<Destination> {
        let mut places: Vec<(usize, Cidr)> = self
            .legs
            .iter()
            .flat_map(|leg| leg.addresses.iter().map(|own| (leg.domain, own.network())))
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut positions: HashMap<Cidr, usize> = HashMap::new();
        let mut found: Vec<Destination> = Vec::new();
        for (domain, subnet) in places {
            let position = *positions.entry(subnet).or_insert(found.len());
            match found.get_mut(position) {
                Some(known) => known.domains.push(domain),
                None => found.push(Destination {
                    subnet,
                    domains: vec![domain],
                }),
            }
        }
        found
    }

    /// Whether the node reaches the subnet without a router.
    pub(super) fn is_connected(&self, node: usize, to: &Destination) -> bool {
        let mut legs = self.legs[self.of_node[node].clone()].iter();
        legs.any(|leg| {
            let covers = |own: &Cidr| own.network().covers(to.subnet);
            to.domains.contains(&leg.domain) && leg.addresses.iter().any(covers)
        })
    }

    /// By router: how many others its packets for the subnet pass; nothing for those that do not lead there.
    pub(super) fn distances(&self, to: &Destination, forwards: &[bool]) -> Vec<Option<u32>> {
        let mut distances = vec![None; self.users.len()];
        let connected =
            (0..distances.len()).filter(|it| forwards[*it] && self.is_connected(*it, to));
        let mut queue: VecDeque<(usize, u32)> = connected.map(|router| (router, 0)).collect();
        while let Some((router, distance)) = queue.pop_front() {
            if distances[router].is_some() {
                continue;
            }
            distances[router] = Some(distance);
            let users = self.users[router].iter();
            queue.extend(
                users
                    .filter(|it| distances[**it].is_none())
                    .map(|it| (*it, distance + 1)),
            );
        }
        distances
    }

    /// The first step of a shortest path; of several that of the lowest router, by the lowest interface.
    pub(super) fn way(&self, node: usize, distances: &[Option<u32>]) -> Option<&Way> {
        let known = self.ways[node].iter();
        let known = known.filter_map(|way| Some((distances[way.gateway]?, way)));
        known
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, way)| way)
    }
}

/// Every subnet of the network.
pub(super) fn subnets(draft: &Draft<'_>) -> Vec<Cidr> {
    let legs = Family::BOTH
        .into_iter()
        .flat_map(|family| legs(draft, family));
    let mut found: Vec<Cidr> = legs
        .flat_map(|leg| leg.addresses)
        .map(Cidr::network)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The interfaces with addresses of this family that mean something beyond one link.
fn legs(draft: &Draft<'_>, family: Family) -> Vec<Leg> {
    let wanted = |own: &Cidr| family.includes(own.address()) && !is_link_local(own.address());
    let bridges = draft.domains.iter().enumerate().filter_map(|(domain, it)| {
        let bridge = it.bridge.as_ref()?;
        Some(Leg {
            node: bridge.node,
            domain,
            device: (bridge.bridge.name.clone(), bridge.bridge.index),
            addresses: bridge.bridge.addresses.clone(),
        })
    });
    let ends = draft.cables.iter().flatten().map(|end| Leg {
        node: end.node,
        domain: end.domain,
        device: (end.name.clone(), end.index),
        addresses: end.addresses.iter().map(|(own, _)| *own).collect(),
    });
    let mut legs: Vec<Leg> = bridges
        .chain(ends)
        .map(|mut leg| {
            leg.addresses.retain(wanted);
            leg
        })
        .filter(|leg| !leg.addresses.is_empty())
        .collect();
    legs.sort_by_key(|leg| (leg.node, leg.device.1));
    legs
}

/// The routers that a node with these interfaces can hand packets to, each by the first interface that leads there.
fn ways(own: &[Leg], gateways: &[Vec<&Leg>]) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    for leg in own {
        for gateway in &gateways[leg.domain] {
            let mut addresses = gateway.addresses.iter().map(|it| it.address());
            let via = addresses.find(|via| is_gateway(*via, leg, own));
            let Some(via) = via.filter(|_| gateway.node != leg.node) else {
                continue;
            };
            ways.push(Way {
                gateway: gateway.node,
                via,
                device: leg.device.clone(),
            });
        }
    }
    ways.sort_by_key(|way| way.gateway);
    ways.dedup_by_key(|way| way.gateway);
    ways
}

/// Whether the kernel takes this address as a gateway: in a subnet of the interface, none of its ends, none of the node's own.
fn is_gateway(via: IpAddr, leg: &Leg, own: &[Leg]) -> bool {
    let in_subnet = |own: &Cidr| own.contains(via) && !is_end(*own, via);
    let mut all = own.iter().flat_map(|leg| &leg.addresses);
    leg.addresses.iter().any(in_subnet) && all.all(|it| it.address() != via)
}
