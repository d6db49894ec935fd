//! Random networks with routers. `cargo bench --bench graphs` tries more and larger ones.

#[path = "../../benches/graphs/graph.rs"]
mod graph;

use graph::Graph;
use netns_test::{Family, Network, Reachability, TestResult, netns_test};

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
