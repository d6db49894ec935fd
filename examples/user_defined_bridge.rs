//! Lab C, second half: Docker's bridges, from `docker network create` to the settings of the default one.
//!
//! Look for:
//! - what a container gets from its network: an address, a default route by way of the bridge, name servers;
//! - the TTL of 63 behind the host: one router is in between, for forwarding is on;
//! - a container that joins another's network: it has the other's address, and meets it on `lo`;
//! - the settings that the lab prints for the default bridge, three of which contradict the others. Each is named, with its line.
//!
//! No program is run and nothing is left behind: `cargo run --example user_defined_bridge`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::net::{TcpListener, TcpStream};

use netns_test::{DockerBridge, Host, Network, TestResult, Topology};

fn main() -> TestResult {
    println!(
        "# docker network create -d bridge --subnet 172.27.0.0/16 --gateway 172.27.0.1 mybridge0"
    );
    println!("# sysctl -w net.ipv4.ip_forward=1");
    netns_test::run(&user_defined(), look_around)??;

    println!("\nThe default bridge, as the lab sets it:");
    match with_containers(as_printed()).plan() {
        Ok(_) => return Err("contradictory settings were accepted".into()),
        Err(error) => println!("{error}"),
    }
    println!("\nWith those three corrected:");
    netns_test::run(&with_containers(corrected()), containers_ping)??;
    println!("\nAnd with nothing but its own address:");
    let alone = DockerBridge::new("docker0").bip("192.168.1.6/24");
    netns_test::run(&with_containers(alone), containers_ping)??;
    Ok(())
}

fn user_defined() -> Topology {
    let mybridge0 = DockerBridge::new("mybridge0")
        .subnet("172.27.0.0/16")
        .gateway("172.27.0.1");
    Topology::new()
        .docker_bridge(mybridge0)
        .root(|host| host.forward())
        .host("web", |h| h.join("mybridge0"))
        .host("db", |h| h.join("mybridge0"))
        // docker run --network container:web
        .host("sidecar", |h| h.share("web"))
        .host("outside", |h| h)
        .link(("root", "203.0.113.1/24"), ("outside", "203.0.113.9/24"))
}

fn look_around(net: &Network) -> TestResult {
    let (web, db, sidecar) = (net.host("web"), net.host("db"), net.host("sidecar"));
    println!(
        "$ ip address show mybridge0\n{}",
        net.root().interface("mybridge0")?
    );
    routes(web)?;
    routes(db)?;

    println!("\nContainers reach one another, and by way of the bridge what is behind the host.");
    ping(web, "db")?;
    ping(web, "outside")?;

    println!("\nThe sidecar has joined web's network.");
    routes(sidecar)?;
    let service = web.run(|| TcpListener::bind("127.0.0.1:8080"))?;
    let there = sidecar.run(|| TcpStream::connect("127.0.0.1:8080"));
    println!(
        "sidecar connects to 127.0.0.1:8080 of web: {}",
        told(&there)
    );
    let again = sidecar.run(|| TcpListener::bind("127.0.0.1:8080"));
    println!("sidecar binds the same port: {}", told(&again));
    let elsewhere = db.run(|| TcpStream::connect("127.0.0.1:8080"));
    println!("db connects to 127.0.0.1:8080: {}", told(&elsewhere));
    drop(service);
    Ok(())
}

fn as_printed() -> DockerBridge {
    DockerBridge::new("docker0")
        .bip("192.168.1.6/24")
        .fixed_cidr("10.20.0.0/16")
        .fixed_cidr_v6("2001:db8::/64")
        .mtu(1500)
        .default_gateway("10.20.1.1")
        .default_gateway_v6("2001:db8:abcd::89")
        .dns(["10.20.1.2", "10.20.1.3"])
}

/// The bridge's own address stays; what lay outside of its subnet has moved into it.
fn corrected() -> DockerBridge {
    DockerBridge::new("docker0")
        .bip("192.168.1.6/24")
        .fixed_cidr("192.168.1.128/25")
        .fixed_cidr_v6("2001:db8:abcd::/64")
        .mtu(1500)
        .default_gateway("192.168.1.1")
        .default_gateway_v6("2001:db8:abcd::89")
        .dns(["10.20.1.2", "10.20.1.3"])
}

fn with_containers(bridge: DockerBridge) -> Topology {
    Topology::new()
        .docker_bridge(bridge)
        .host("web", |h| h.join("docker0"))
        .host("db", |h| h.join("docker0"))
}

fn containers_ping(net: &Network) -> TestResult {
    let web = net.host("web");
    routes(web)?;
    let servers = web.run(|| std::fs::read_to_string("/etc/resolv.conf"))?;
    println!(
        "$ ip netns exec web cat /etc/resolv.conf\n{}",
        servers.trim_end()
    );
    ping(web, "db")?;
    ping(web, "192.168.1.6")
}

fn routes(host: Host<'_>) -> TestResult {
    println!("$ ip -netns {} route\n{}", host.name(), host.routes()?);
    Ok(())
}

fn ping(host: Host<'_>, target: &str) -> TestResult {
    println!("$ ip netns exec {} ping -c 1 {target}", host.name());
    let report = host.ping_with(target, |ping| ping.count(1))?;
    println!("{report}");
    if report.is_lossless() {
        Ok(())
    } else {
        Err(format!("{} lost pings to {target}", host.name()).into())
    }
}

fn told<T>(result: &std::io::Result<T>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => error.to_string(),
    }
}
