//! Random networks with routers. `cargo bench --bench graphs` tries more and larger ones.

#[path = "../../benches/graphs/graph.rs"]
mod graph;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use graph::Graph;
use netns_test::{Cidr, Family, Network, Reachability, TestResult, netns_test};

const GRAPHS: u64 = 12;
const MOST_NODES: usize = 14;

#[netns_test(timeout = 120)]
fn everybody_reaches_everybody(_: &Network) -> TestResult {
    for seed in 0..GRAPHS {
        let graph = Graph::random(seed, MOST_NODES);
        let network = graph.topology().build()?;
        let matrix = network.ping_all()?;
        let names: Vec<&str> = network.hosts().map(|host| host.name()).collect();
        assert_eq!(names.len(), graph.nodes);
        // None is left out for want of an address.
        for family in [Family::V4, Family::V6] {
            for from in &names {
                for to in names.iter().filter(|to| *to != from) {
                    let pair = matrix.get(from, to, family);
                    let reached = matches!(pair, Reachability::Reached { .. });
                    assert!(reached, "graph {seed}: {graph:?}\n{matrix}");
                }
            }
        }
        network.close()?;
    }
    Ok(())
}

#[netns_test(timeout = 120)]
fn traces_are_as_long_as_the_shortest_paths(_: &Network) -> TestResult {
    let mut longest = 0;
    for seed in 100..100 + GRAPHS {
        let graph = Graph::random(seed, MOST_NODES);
        let network = graph.topology().build()?;
        let subnets = subnets(&network)?;
        let names: Vec<&str> = network.hosts().map(|host| host.name()).collect();
        for from in &names {
            for to in names.iter().filter(|to| *to != from) {
                let report = network.path(from, to)?;
                for family in [Family::V4, Family::V6] {
                    let trace = report.trace(family).ok_or("both have an address")?;
                    trace.assert_reached();
                    let found = trace.hops().len();
                    let expected = lengths(&subnets, from, to, trace.target());
                    assert!(
                        expected.contains(&found),
                        "graph {seed}: {expected:?}\n{trace}\n{graph:?}"
                    );
                    longest = longest.max(found);
                }
            }
        }
        network.close()?;
    }
    // Some of them are worth being traced.
    assert!(longest > 3, "{longest}");
    Ok(())
}

type Subnets = BTreeMap<Cidr, BTreeSet<String>>;

/// Who is on which subnet.
fn subnets(network: &Network) -> TestResult<Subnets> {
    let mut subnets = Subnets::new();
    for host in network.hosts() {
        let interfaces = host.interfaces()?;
        for address in interfaces.iter().flat_map(|interface| &interface.addresses) {
            let subnet = address.address.network();
            // These are the same everywhere, and lead nowhere.
            let is_near = match subnet.address() {
                IpAddr::V4(address) => address.is_loopback(),
                IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
            };
            if is_near {
                continue;
            }
            subnets
                .entry(subnet)
                .or_default()
                .insert(host.name().to_owned());
        }
    }
    Ok(subnets)
}

/// How many hops a trace to this address of a node may have: the routers to its subnet and the node itself, which answers earlier if a
/// shortest way to the subnet leads through it.
fn lengths(subnets: &Subnets, from: &str, to: &str, address: IpAddr) -> Vec<usize> {
    let of_target = |subnet: &&Cidr| subnet.contains(address);
    let (_, around) = subnets
        .iter()
        .find(|(subnet, _)| of_target(subnet))
        .unwrap();
    let routers = |goal: &dyn Fn(&str) -> bool| {
        let mut waiting = VecDeque::from([(from.to_owned(), 0)]);
        let mut seen = BTreeSet::new();
        while let Some((node, passed)) = waiting.pop_front() {
            if goal(&node) {
                return passed;
            }
            let links = subnets.iter().filter(|(subnet, members)| {
                subnet.address().is_ipv4() == address.is_ipv4() && members.contains(&node)
            });
            for next in links.flat_map(|(_, members)| members) {
                if next.starts_with('r') && seen.insert(next.clone()) {
                    waiting.push_back((next.clone(), passed + 1));
                }
            }
        }
        panic!("{from} and {to} are not connected");
    };
    let passed = routers(&|node| around.contains(node));
    let is_on_the_way = to.starts_with('r') && routers(&|node| node == to) == passed;
    match (is_on_the_way, passed) {
        (true, 1..) => vec![passed, passed + 1],
        _ => vec![passed + 1],
    }
}
