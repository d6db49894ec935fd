//! Walking through plans of random networks, as packets do: everybody arrives, by a shortest path.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use proptest::prelude::*;

use crate::address::{Cidr, Family};
use crate::plan::Plan;
use crate::topology::Topology;

/// A device with addresses, and the domain that it is plugged into.
struct Device {
    index: u32,
    domain: usize,
    addresses: Vec<Cidr>,
}

/// Who hears whom, as the plan's cables and bridges have it.
struct Wires {
    /// By node.
    devices: Vec<Vec<Device>>,
    domains: usize,
}

impl Wires {
    fn of(plan: &Plan) -> Self {
        let mut devices: Vec<Vec<Device>> = plan.nodes.iter().map(|_| Vec::new()).collect();
        let mut bridges = HashMap::new();
        for (node, it) in plan.nodes.iter().enumerate() {
            for (position, bridge) in it.bridges.iter().enumerate() {
                let domain = bridges.len();
                bridges.insert((node, position), domain);
                let (index, addresses) = (bridge.index, bridge.addresses.clone());
                devices[node].push(Device {
                    index,
                    domain,
                    addresses,
                });
            }
        }
        let mut domains = bridges.len();
        for cable in &plan.cables {
            let mut ports = cable.ends.iter();
            let bridge = ports.find_map(|end| bridges.get(&(end.node, end.bridge?)).copied());
            let domain = bridge.unwrap_or(domains);
            domains = domains.max(domain + 1);
            for end in cable.ends.iter().filter(|end| end.bridge.is_none()) {
                let (index, addresses) = (end.index, end.addresses.clone());
                devices[end.node].push(Device {
                    index,
                    domain,
                    addresses,
                });
            }
        }
        Self { devices, domains }
    }

    fn owns(&self, node: usize, address: IpAddr) -> bool {
        let mut all = self.devices[node].iter().flat_map(|it| &it.addresses);
        all.any(|own| own.address() == address)
    }

    /// The node in a domain that answers for an address.
    fn neighbour(&self, domain: usize, address: IpAddr) -> Option<usize> {
        (0..self.devices.len()).find(|node| {
            let mut here = self.devices[*node].iter().filter(|it| it.domain == domain);
            here.any(|it| it.addresses.iter().any(|own| own.address() == address))
        })
    }

    /// Where a node sends a packet: into which domain, to which neighbour. The longest prefix wins.
    fn next(&self, plan: &Plan, node: usize, to: IpAddr) -> Option<(usize, IpAddr)> {
        let own = self.devices[node].iter().flat_map(|device| {
            let on_link = device.addresses.iter().filter(|own| own.contains(to));
            on_link.map(|own| (own.prefix(), device.domain, to))
        });
        let routes = plan.nodes[node].routes.iter();
        let routes = routes.filter(|it| it.destination.contains(to));
        let routes = routes.map(|route| {
            let index = route.device.as_ref().unwrap().1;
            let mut devices = self.devices[node].iter();
            let device = devices.find(|it| it.index == index).unwrap();
            (
                route.destination.prefix(),
                device.domain,
                route.via.unwrap(),
            )
        });
        let best = own.chain(routes).max_by_key(|(prefix, ..)| *prefix)?;
        Some((best.1, best.2))
    }

    /// The routers that a packet passes until it arrives.
    fn walk(&self, plan: &Plan, from: usize, to: IpAddr) -> Option<Vec<usize>> {
        let mut passed = Vec::new();
        let mut node = from;
        while !self.owns(node, to) {
            if node != from {
                assert!(!passed.contains(&node), "a loop at {node} in {plan}");
                if !plan.nodes[node].forwards {
                    return None;
                }
                passed.push(node);
            }
            let (domain, neighbour) = self.next(plan, node, to)?;
            node = self.neighbour(domain, neighbour)?;
        }
        Some(passed)
    }

    /// How many routers are on a shortest path to each domain, found without any plan.
    fn distances(&self, plan: &Plan, from: usize, family: Family) -> Vec<Option<usize>> {
        let domains_of = |node: usize| {
            let there = move |it: &&Device| {
                let mut addresses = it.addresses.iter();
                addresses.any(|own| family.includes(own.address()))
            };
            self.devices[node].iter().filter(there).map(|it| it.domain)
        };
        let mut found = vec![None; self.domains];
        let mut queue: VecDeque<(usize, usize)> = domains_of(from).map(|it| (it, 0)).collect();
        while let Some((domain, distance)) = queue.pop_front() {
            if found[domain].is_some() {
                continue;
            }
            found[domain] = Some(distance);
            for node in (0..plan.nodes.len()).filter(|it| plan.nodes[*it].forwards) {
                if domains_of(node).any(|it| it == domain) {
                    queue.extend(domains_of(node).map(|it| (it, distance + 1)));
                }
            }
        }
        found
    }
}

/// Some lans of either or both families, some nodes that join some of them, half of them routers, and some cables.
fn networks() -> impl Strategy<Value = Topology> {
    let lans = prop::collection::vec(0..6u8, 1..10);
    let nodes = prop::collection::vec(
        (any::<bool>(), prop::collection::vec(0..10usize, 1..4)),
        1..40,
    );
    let links = prop::collection::vec((0..40usize, 0..40usize), 0..12);
    (lans, nodes, links).prop_map(|(lans, nodes, links)| {
        let mut topology = Topology::new();
        for (number, kind) in lans.iter().enumerate() {
            let name = format!("lan{number}");
            let (v4, v6) = (
                format!("10.77.{number}.0/24"),
                format!("fd77:{number}::/64"),
            );
            topology = match kind {
                0 => topology.segment(name, v4),
                1 => topology.segment(name, v6),
                _ => topology.segment(name, [v4, v6]),
            };
        }
        for (number, (forwards, joined)) in nodes.iter().enumerate() {
            let mut joined: Vec<usize> = joined.iter().map(|it| it % lans.len()).collect();
            joined.sort_unstable();
            joined.dedup();
            topology = topology.host(format!("n{number}"), |h| {
                let h = if *forwards { h.forward() } else { h };
                joined.iter().fold(h, |h, lan| h.join(format!("lan{lan}")))
            });
        }
        for (a, b) in links {
            let (a, b) = (a % nodes.len(), b % nodes.len());
            if a != b {
                topology = topology.link(format!("n{a}"), format!("n{b}"));
            }
        }
        topology
    })
}

fn assert_everybody_arrives(plan: &Plan) {
    let wires = Wires::of(plan);
    let hosts: Vec<usize> = plan.visible().map(|(node, _)| node).collect();
    for &from in &hosts {
        for family in Family::BOTH {
            let distances = wires.distances(plan, from, family);
            for &to in &hosts {
                for device in &wires.devices[to] {
                    let wanted = |own: &&Cidr| family.includes(own.address());
                    let Some(target) = device.addresses.iter().find(wanted) else {
                        continue;
                    };
                    let passed = wires.walk(plan, from, target.address());
                    let found = passed.map(|passed| passed.len());
                    let expected = distances[device.domain];
                    // A router answers as soon as a packet comes, for all its addresses.
                    let early = expected.and_then(|it| it.checked_sub(1));
                    assert!(
                        from == to
                            || found == expected
                            || plan.nodes[to].forwards && found == early,
                        "{found:?} routers from {from} to {target} of {to}, not {expected:?}: {plan}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn everybody_arrives_by_a_shortest_path(topology in networks()) {
        assert_everybody_arrives(&topology.plan().unwrap());
    }
}
