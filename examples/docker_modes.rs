//! The ways in which a container can be connected: who reaches whom, and which source address a host outside sees.
//!
//! Two containers, `c1` and `c2`, their machine, which is the root, and a host `outside` on a cable to it. Look for:
//! - isolated: containers have `lo` and nothing else;
//! - bridged: containers reach one another and their machine, which passes nothing on;
//! - NAT: containers reach the host outside, which sees their machine's address, and reaches what is published and nothing else;
//! - physical bridge: all are on one network, so that outside sees the containers themselves.
//!
//! No program is run and nothing is left behind: `cargo run --example docker_modes`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::net::{TcpListener, TcpStream, UdpSocket};

use netns_test::topologies::docker;
use netns_test::{Family, Network, Reachability, TestResult, Topology};

const CONTAINERS: [&str; 2] = ["c1", "c2"];

fn main() -> TestResult {
    let modes: [(&str, Topology); 4] = [
        ("isolated", docker::isolated(CONTAINERS)),
        ("bridged", docker::bridged(CONTAINERS)),
        ("NAT", docker::nat(CONTAINERS, [(8080, "c1:80")])),
        ("physical bridge", docker::physical(CONTAINERS)),
    ];
    for (name, topology) in modes {
        println!("==== {name}");
        netns_test::run(&topology, who_reaches_whom)??;
        if name == "NAT" {
            netns_test::run(&topology, published_port)??;
        }
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

/// `docker run --publish 8080:80 --name c1`, seen from outside.
fn published_port(net: &Network) -> TestResult {
    let _web = net.host("c1").run(|| TcpListener::bind("0.0.0.0:80"))?;
    let outside = net.host("outside");
    for port in [8080, 80] {
        let address = format!("203.0.113.1:{port}");
        let answer = match outside.run(|| TcpStream::connect(&address)) {
            Ok(_) => "is connected".to_owned(),
            Err(error) => error.to_string(),
        };
        println!("outside connects to {address}: {answer}");
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
