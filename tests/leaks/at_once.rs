//! A new network carries packets: the first of them, without a second try.

use std::net::{SocketAddr, TcpListener, TcpStream};

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::victims::bridged;

/// Every kind, and for each every first packet.
const NETWORKS: usize = 108;

#[netns_test(timeout = 300)]
fn the_first_packet_of_a_network_arrives() -> TestResult {
    for count in 0..NETWORKS {
        let (kind, topology, target) = match count % 4 {
            0 => ("two", Topology::lan(["a", "b"]), "b"),
            1 => ("three", Topology::lan(["a", "b", "c"]), "c"),
            2 => ("bridge", bridged(), "b"),
            _ => ("to the bridge itself", bridged(), "root"),
        };
        let first = count / 4 % 3;
        let network = topology.build()?;
        for step in 0..3 {
            match (first + step) % 3 {
                0 => ping(&network, kind, target, false)?,
                1 => ping(&network, kind, target, true)?,
                _ => connect(&network, target)?,
            }
        }
        network.close()?;
    }
    Ok(())
}

fn ping(network: &Network, kind: &str, target: &str, ipv6: bool) -> TestResult {
    let target = network.host(target);
    let address = if ipv6 {
        target.ipv6().to_string()
    } else {
        target.ipv4().to_string()
    };
    let report = network.host("a").ping_with(address, |p| p.count(1))?;
    assert_eq!(
        report.received(),
        1,
        "{kind}:\n{report}\n{}",
        evidence(network)?
    );
    Ok(())
}

/// What tells who lost it: neighbours, and all counters that are not zero.
fn evidence(network: &Network) -> TestResult<String> {
    let mut text = String::new();
    for host in network.hosts().chain([network.root()]) {
        text.push_str(&format!("{}:\n", host.name()));
        for neighbour in host.neighbours()? {
            text.push_str(&format!("  {neighbour}\n"));
        }
        let counters = host.run(|| std::fs::read_to_string("/proc/thread-self/net/snmp6"))?;
        for line in counters.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.last() != Some(&"0") {
                text.push_str(&format!("  {}\n", words.join(" ")));
            }
        }
    }
    Ok(text)
}

/// A lost SYN is sent again after a second, which the kernel counts.
fn connect(network: &Network, target: &str) -> TestResult {
    let target = network.host(target);
    let address = SocketAddr::new(target.ipv6().into(), 80);
    let listener = target.run(|| TcpListener::bind(address))?;
    let client = network.host("a");
    drop(client.run(|| TcpStream::connect(address))?);
    drop(listener);
    let counted = client.run(|| std::fs::read_to_string("/proc/thread-self/net/snmp"))?;
    let tcp: Vec<&str> = counted
        .lines()
        .filter(|line| line.starts_with("Tcp:"))
        .collect();
    let at = tcp[0].split(' ').position(|name| name == "RetransSegs");
    let value = at.and_then(|at| tcp[1].split(' ').nth(at));
    assert_eq!(value, Some("0"), "a segment was sent again");
    Ok(())
}
