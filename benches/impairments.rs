//! Bad links: how exactly they are bad, and what a wire costs beside a plain cable and a bridge, in turns.
//!
//! ```sh
//! cargo bench --bench impairments              # a minute
//! cargo bench --bench impairments -- --quick   # some seconds, for CI
//! ```
//!
//! The aims stand beside the figures. They are those of an idle machine; on a busy one read the ratios.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "support/stream.rs"]
mod stream;

use std::time::Duration;

use netns_test::{Backend, Family, Impairment, Network, Result, Topology};
use stream::{median, round_trip, throughput};

/// A way from `client` to `server`.
struct Way {
    name: &'static str,
    topology: fn() -> Topology,
    aim: &'static str,
}

const WAYS: [Way; 6] = [
    Way {
        name: "a cable",
        topology: pair,
        aim: "",
    },
    Way {
        name: "a cable, one packet a frame",
        topology: pair,
        aim: "",
    },
    Way {
        name: "a bridge",
        topology: bridge,
        aim: "",
    },
    Way {
        name: "a wire, by the kernel",
        topology: || pair().wires().backend(Backend::Kernel),
        aim: "",
    },
    Way {
        name: "a wire, by our thread",
        topology: || pair().wires().backend(Backend::Wire),
        aim: "at least 5 Gbit/s, at most 60 us more",
    },
    Way {
        name: "the same, one packet a frame",
        topology: || pair().impair(Impairment::new()).backend(Backend::Wire),
        aim: "at least 0.8 Gbit/s, at most 60 us more",
    },
];

fn pair() -> Topology {
    Topology::lan(["client", "server"])
}

fn bridge() -> Topology {
    Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .host("client", |h| h.join("br0"))
        .host("server", |h| h.join("br0"))
}

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    costs(quick)?;
    idle(quick)?;
    delays(quick)?;
    rates(quick)
}

/// Throughput and the time of an answer, each way in its turn.
fn costs(quick: bool) -> Result<()> {
    let (rounds, time) = if quick { (1, 100) } else { (9, 400) };
    let time = Duration::from_millis(time);
    let networks: Vec<Network> = WAYS
        .iter()
        .map(|way| (way.topology)().build())
        .collect::<Result<_>>()?;
    segment_oneself(&networks[1])?;
    let mut figures = vec![(Vec::new(), Vec::new()); WAYS.len()];
    for _ in 0..rounds {
        for ((rates, times), network) in figures.iter_mut().zip(&networks) {
            rates.push(throughput(network, time));
            times.push(round_trip(network, time));
        }
    }
    let medians = figures
        .iter_mut()
        .map(|(rates, times)| (median(rates), median(times)));
    let medians: Vec<(f64, f64)> = medians.collect();
    let (rate_of_cable, time_of_cable) = medians[0];
    println!(
        "{:<28} {:>8} {:>6} {:>13} {:>6} {:>8}  aim",
        "way", "Gbit/s", "ratio", "answer in us", "ratio", "more"
    );
    for (way, (rate, time)) in WAYS.iter().zip(medians) {
        println!(
            "{:<28} {rate:>8.2} {:>6.2} {time:>13.1} {:>6.2} {:>8.1}  {}",
            way.name,
            rate / rate_of_cable,
            time / time_of_cable,
            time - time_of_cable,
            way.aim
        );
    }
    networks.into_iter().try_for_each(Network::close)
}

/// What impaired links do to their hosts, on a plain cable: segmentation and checksums by the hosts themselves.
fn segment_oneself(network: &Network) -> Result<()> {
    for name in ["client", "server"] {
        let mut ethtool = network.host(name).command("ethtool");
        ethtool.args([
            "-K", "eth0", "tx", "off", "tso", "off", "gso", "off", "gro", "off",
        ]);
        if let Err(error) = ethtool.read() {
            println!("(without ethtool the second line is the first: {error})");
            break;
        }
    }
    Ok(())
}

/// The processor's time that the engine takes when nothing passes.
fn idle(quick: bool) -> Result<()> {
    let time = Duration::from_millis(if quick { 200 } else { 2_000 });
    // IPv6 is never quite silent.
    let silent = pair().only(Family::V4).wires();
    let network = silent.backend(Backend::Wire).build()?;
    network.host("client").ping("server")?.assert_lossless();
    let before = engine_time();
    std::thread::sleep(time);
    let used = engine_time() - before;
    println!("\nidle for {time:?}: the engine took {used} ns  (aim: 0)");
    network.close()
}

/// Nanoseconds that the engine's thread has run: the first number of `schedstat`.
fn engine_time() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").expect("a process has threads");
    let of_engine = threads.filter_map(|thread| {
        let thread = thread.ok()?.path();
        let name = std::fs::read_to_string(thread.join("comm")).ok()?;
        let times = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        (name.trim() == "wire").then_some(times)
    });
    of_engine
        .filter_map(|times| times.split_whitespace().next()?.parse::<u64>().ok())
        .sum()
}

/// What round trips say of the delays that were asked for.
fn delays(quick: bool) -> Result<()> {
    let count = if quick { 5 } else { 101 };
    println!(
        "\n{:<14} {:>12} {:>12} {:>12}  (aim: the median at most 1 ms above)",
        "delay asked", "shortest", "median", "longest"
    );
    let network = pair().wires().backend(Backend::Wire).build()?;
    for asked in [1, 5, 20, 50, 100].map(Duration::from_millis) {
        let link = network.host("client").link("eth0");
        let trouble = link.impair_egress(Impairment::new().delay(asked))?;
        let only = |m: netns_test::Measurement| m.round_trips(count).datagrams(0);
        let report =
            network.measure_with("client", "server", |m| only(m).rate_for(Duration::ZERO))?;
        let figures = [report.min(), report.median(), report.max()];
        let [min, median, max] = figures.map(|it| it.unwrap_or_default().as_secs_f64() * 1e3);
        println!("{asked:<14?} {min:>9.3} ms {median:>9.3} ms {max:>9.3} ms");
        trouble.heal()?;
    }
    network.close()
}

/// What arrivals say of the rates that were asked for.
fn rates(quick: bool) -> Result<()> {
    let time = Duration::from_millis(if quick { 100 } else { 2_000 });
    println!(
        "\n{:<14} {:>14} {:>8} {:>14}  (aim: within 2 %)",
        "Mbit/s asked", "carried", "ratio", "offered"
    );
    let network = pair().wires().backend(Backend::Wire).build()?;
    for asked in [1, 10, 100, 300, 500, 1_000] {
        let limited = Impairment::new().rate(asked * 1_000_000);
        let trouble = network.host("client").link("eth0").impair(limited)?;
        let only = |m: netns_test::Measurement| m.round_trips(0).datagrams(0).rate_for(time);
        let report = network.measure_with("client", "server", only)?;
        let [carried, offered] =
            [report.forth().rate(), report.forth().offered()].map(|it| it.unwrap_or(0.0) / 1e6);
        println!(
            "{asked:<14} {carried:>14.3} {:>8.3} {offered:>14.1}",
            carried / asked as f64
        );
        trouble.heal()?;
    }
    network.close()
}
