//! Random networks of up to 40 nodes with routers: whether everybody reaches everybody, by IPv4 and IPv6.
//!
//! ```sh
//! cargo bench --bench graphs                     # 200 networks
//! cargo bench --bench graphs -- --graphs 5000
//! ```
//!
//! It ends at the first pair that fails, with the number from which its network is made.
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "there are no networks elsewhere")
)]

mod graph;

use std::time::{Duration, Instant};

use graph::Graph;
use netns_test::TestResult;

const MOST_NODES: usize = 40;
/// Lines of the table.
const LINES: u64 = 10;

#[expect(clippy::print_stdout, reason = "a table")]
fn main() -> TestResult {
    let graphs = graphs()?;
    let (mut nodes, mut pairs) = (0, 0);
    let (mut planning, mut building) = (Duration::ZERO, Duration::ZERO);
    println!("graphs  nodes pairs of both families     plan    build");
    for seed in 1..=graphs {
        let graph = Graph::random(seed, MOST_NODES);
        let topology = graph.topology();
        let started = Instant::now();
        topology.plan()?;
        planning += started.elapsed();
        let started = Instant::now();
        let network = topology.build()?;
        building += started.elapsed();
        let matrix = network.ping_all()?;
        if let Some(failure) = matrix.failures().next() {
            return Err(format!("graph {seed}: {failure:?}\n{graph:?}\n{matrix}").into());
        }
        network.close()?;
        nodes += graph.nodes;
        pairs += 2 * graph.nodes * (graph.nodes - 1);
        if seed % graphs.div_ceil(LINES) == 0 || seed == graphs {
            let [plan, build] = [planning, building].map(|it| it / seed as u32);
            println!("{seed:>6} {nodes:>6} {pairs:>22} {plan:>8.1?} {build:>8.1?}");
        }
    }
    println!("{graphs} graphs, 0 failures");
    Ok(())
}

fn graphs() -> TestResult<u64> {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(200),
        (Some("--graphs"), Some(number)) => Ok(number.parse()?),
        _ => Err("usage: cargo bench --bench graphs -- [--graphs NUMBER]".into()),
    }
}
