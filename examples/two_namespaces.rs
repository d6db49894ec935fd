//! Lab B: two namespaces and one cable.
//!
//! A veth pair is a pipe: what enters one end leaves the other. With an end in each of two namespaces it is the smallest network
//! there is: no bridge, no gateway, no default route. Look for:
//! - `NO-CARRIER` on the first end while only one of them is up, and nothing of it on both once both are;
//! - one route in each namespace, which came with the address;
//! - `lo`, which every namespace has and which is down until somebody raises it: `ns2` cannot even ping itself before.
//!
//! No program is run and nothing is left behind: `cargo run --example two_namespaces`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::time::Duration;

use netns_test::{Host, LinkEnd, Network, TestResult, Topology};

fn main() -> TestResult {
    netns_test::run(&lab_b().bare(), step_by_step)??;
    Ok(())
}

fn lab_b() -> Topology {
    Topology::new().host("ns1", |h| h).host("ns2", |h| h).link(
        LinkEnd::new("ns1", |i| i.name("veth-ns1").address("192.168.1.1/24")),
        LinkEnd::new("ns2", |i| i.name("veth-ns2").address("192.168.1.2/24")),
    )
}

fn step_by_step(net: &Network) -> TestResult {
    let (ns1, ns2) = (net.host("ns1"), net.host("ns2"));
    println!("The cable is plugged in, its ends have addresses, everything is down.");
    ip_address(ns1)?;
    ip_route(ns1)?;

    println!("\nOne end is raised: a pipe with one end closed.");
    println!("# ip -netns ns1 link set veth-ns1 up");
    ns1.link("veth-ns1").up()?;
    println!("$ ip -netns ns1 address show veth-ns1");
    println!("{}", ns1.interface("veth-ns1")?);

    println!("\nThe other end is raised.");
    println!("# ip -netns ns2 link set veth-ns2 up");
    ns2.link("veth-ns2").up()?;
    for host in [ns1, ns2] {
        ip_address(host)?;
        ip_route(host)?;
    }
    ping(ns1, "192.168.1.2")?
        .then_some(())
        .ok_or("ns1 lost pings")?;
    ping(ns2, "192.168.1.1")?
        .then_some(())
        .ok_or("ns2 lost pings")?;

    println!("\nEven to itself a host talks over lo, and that is down.");
    if ping(ns2, "192.168.1.2")? {
        return Err("ns2 reached itself without lo".into());
    }
    println!("# ip -netns ns2 link set lo up");
    ns2.link("lo").up()?;
    ping(ns2, "192.168.1.2")?
        .then_some(())
        .ok_or("ns2 lost pings to itself")?;
    Ok(())
}

fn ip_address(host: Host<'_>) -> TestResult {
    println!("$ ip -netns {} address", host.name());
    for interface in host.interfaces()? {
        println!("{interface}");
    }
    Ok(())
}

fn ip_route(host: Host<'_>) -> TestResult {
    println!("$ ip -netns {} route", host.name());
    for route in host.routes()? {
        println!("{route}");
    }
    Ok(())
}

/// Pings twice, prints, and tells whether every request was replied to.
fn ping(from: Host<'_>, target: &str) -> TestResult<bool> {
    println!("$ ip netns exec {} ping -c 2 {target}", from.name());
    let report = from.ping_with(target, |p| p.count(2).timeout(Duration::from_millis(500)))?;
    println!("{report}\n");
    Ok(report.is_lossless())
}
