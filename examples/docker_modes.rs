//! The ways in which a container can be connected: who reaches whom, and which source address a host outside sees.
//!
//! Two containers, `c1` and `c2`, their machine, which is the root, and a host `outside` on a cable to it. Look for:
//! - isolated: containers have `lo` and nothing else;
//! - bridged: containers reach one another and their machine, which passes nothing on;
//! - physical bridge: all are on one network, so that outside sees the containers themselves.
//!
//! No program is run and nothing is left behind: `cargo run --example docker_modes`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::net::UdpSocket;

use netns_test::topologies::docker;
use netns_test::{Family, Network, Reachability, TestResult, Topology};

const CONTAINERS: [&str; 2] = ["c1", "c2"];

fn main() -> TestResult {
    let modes: [(&str, Topology); 3] = [
        ("isolated", docker::isolated(CONTAINERS)),
        ("bridged", docker::bridged(CONTAINERS)),
        ("physical bridge", docker::physical(CONTAINERS)),
    ];
    for (name, topology) in modes {
        println!("==== {name}");
        netns_test::run(&topology, who_reaches_whom)??;
        println!();
    }
    Ok(())
}

fn who_reaches_whom(net: &Network) -> TestResult {
    for name in CONTAINERS {
        let interfaces = net.host(name).interfaces()?;
        let names: Vec<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
        println!("{name} has {}", names.join(", "));
    }
    let matrix = net.ping_all()?;
    println!("{matrix}");
    for name in CONTAINERS {
        for family in [Family::V4, Family::V6] {
            match matrix.get(name, "outside", family) {
                Reachability::Reached { .. } => {
                    let seen = source(net, name, family)?;
                    println!("outside saw {name} as {seen} ({family})");
                }
                _ => println!("outside saw nothing of {name} ({family})"),
            }
        }
    }
    Ok(())
}

/// The address from which a container's packet comes, as the host outside sees it.
fn source(net: &Network, container: &str, family: Family) -> TestResult<String> {
    let outside = net.host("outside");
    let address: std::net::IpAddr = match family {
        Family::V4 => outside.ipv4().into(),
        Family::V6 => outside.ipv6().into(),
    };
    let server = outside.run(|| UdpSocket::bind((address, 9)))?;
    let any = match family {
        Family::V4 => "0.0.0.0:0",
        Family::V6 => "[::]:0",
    };
    net.host(container)
        .run(|| UdpSocket::bind(any)?.send_to(b"who am I?", (address, 9)))?;
    let (_, from) = server.recv_from(&mut [0; 16])?;
    Ok(from.ip().to_string())
}
