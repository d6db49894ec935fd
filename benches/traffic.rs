//! TCP through routers and translation, beside a plain cable, in turns.
//!
//! ```sh
//! cargo bench --bench traffic              # half a minute
//! cargo bench --bench traffic -- --quick   # some seconds, for CI
//! ```
//!
//! Forwarding is the kernel's: what is measured is what a test's traffic meets, not what this crate does. Read the ratios.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "support/stream.rs"]
mod stream;

use std::time::Duration;

use netns_test::{Network, Topology};
use stream::{median, round_trip, throughput};

/// A way from `client` to `server`.
struct Way {
    name: &'static str,
    topology: fn() -> Topology,
}

const WAYS: [Way; 4] = [
    Way {
        name: "a cable",
        topology: || chain(0, false),
    },
    Way {
        name: "1 router",
        topology: || chain(1, false),
    },
    Way {
        name: "1 router, NAT",
        topology: || chain(1, true),
    },
    Way {
        name: "10 routers",
        topology: || chain(10, false),
    },
];

fn chain(routers: usize, translates: bool) -> Topology {
    let mut names = vec!["client".to_owned()];
    names.extend((1..=routers).map(|number| format!("r{number}")));
    names.push("server".to_owned());
    let mut topology = Topology::new().host("client", |h| h);
    for name in &names[1..=routers] {
        topology = topology.router(name, |r| {
            if translates {
                r.nat("eth1", |nat| nat)
            } else {
                r
            }
        });
    }
    topology = topology.host("server", |h| h);
    names.windows(2).fold(topology, |topology, pair| {
        topology.link(pair[0].as_str(), pair[1].as_str())
    })
}

fn main() -> netns_test::Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, time) = if quick { (1, 100) } else { (9, 400) };
    let time = Duration::from_millis(time);
    let networks: Vec<Network> = WAYS
        .iter()
        .map(|way| (way.topology)().build())
        .collect::<Result<_, _>>()?;
    let mut rates = vec![Vec::new(); WAYS.len()];
    let mut times = vec![Vec::new(); WAYS.len()];
    for _ in 0..rounds {
        for (way, network) in networks.iter().enumerate() {
            rates[way].push(throughput(network, time));
            times[way].push(round_trip(network, time));
        }
    }
    println!(
        "{:<14} {:>12} {:>6} {:>14} {:>6}",
        "way", "Gbit/s", "ratio", "answer in us", "ratio"
    );
    let [rate_of_cable, time_of_cable] = [median(&mut rates[0]), median(&mut times[0])];
    for (way, it) in WAYS.iter().enumerate() {
        let (rate, time) = (median(&mut rates[way]), median(&mut times[way]));
        println!(
            "{:<14} {rate:>12.2} {:>6.2} {time:>14.1} {:>6.2}",
            it.name,
            rate / rate_of_cable,
            time / time_of_cable
        );
    }
    networks.into_iter().try_for_each(Network::close)
}
