//! Lab C, first half: a host and a namespace, and what `ifconfig` says before and after each step.
//!
//! The cable `veth1.1` - `veth1.2` leads from the host, the root namespace, into `s1`, where its end is called `eth0`. Look for:
//! - the flags: 4098 is down, 4099 is up while the other end is down, 4163 is in use. The numbers add up: 1 `UP`, 2 `BROADCAST`,
//!   64 `RUNNING`, 4096 `MULTICAST`;
//! - the IPv6 link-local address, which comes with the carrier and which nobody has typed;
//! - the counters: some frames have passed before the first ping, for IPv6 announces its groups and addresses to its neighbours.
//!
//! No program is run and nothing is left behind: `cargo run --example host_and_namespace`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use netns_test::{Host, LinkEnd, Network, TestResult, Topology};

fn main() -> TestResult {
    netns_test::run(&on_the_table(), before_the_move)??;
    netns_test::run(&lab_c(), step_by_step)??;
    Ok(())
}

/// `ip link add veth1.1 type veth peer name veth1.2`: both ends are still here.
fn on_the_table() -> Topology {
    let end = |name: &str| LinkEnd::new("root", |i| i.name(name).address(()));
    hosts().link(end("veth1.1"), end("veth1.2")).bare()
}

/// `veth1.2` has moved into `s1` and has been renamed `eth0`.
fn lab_c() -> Topology {
    hosts()
        .link(
            LinkEnd::new("root", |i| i.name("veth1.1").address(())),
            LinkEnd::new("s1", |i| i.name("eth0").address(())),
        )
        .bare()
}

fn hosts() -> Topology {
    Topology::new().host("s1", |h| h).host("s2", |h| h)
}

fn before_the_move(net: &Network) -> TestResult {
    println!("A new pair: flags 4098, nothing counted.");
    ifconfig(net.root(), "veth1.1")?;
    ifconfig(net.root(), "veth1.2")
}

fn step_by_step(net: &Network) -> TestResult {
    let (host, s1) = (net.root(), net.host("s1"));
    let (outer, inner) = (host.link("veth1.1"), s1.link("eth0"));

    println!("\nOne end is in s1 now. Another namespace, s2, has nothing to do with it.");
    ifconfig(s1, "eth0")?;
    println!("$ ip netns exec s2 ifconfig -a");
    for interface in net.host("s2").interfaces()? {
        println!("{}", interface.ifconfig());
    }

    println!(
        "\nThe host's end gets its address and is raised: flags 4099, for the other end is down."
    );
    println!("# ifconfig veth1.1 10.1.0.1/24 up");
    outer.add_address("10.1.0.1/24")?;
    outer.up()?;
    ifconfig(host, "veth1.1")?;
    ifconfig(s1, "eth0")?;

    println!("\nThe other end as well: flags 4163 on both.");
    println!("# ip netns exec s1 ifconfig eth0 10.1.0.2/24 up");
    inner.add_address("10.1.0.2/24")?;
    inner.up()?;
    ifconfig(host, "veth1.1")?;
    ifconfig(s1, "eth0")?;

    println!("\nThree pings, and what the counters say after them.");
    println!("$ ping -c 3 10.1.0.2");
    let before = outer.look()?.counters;
    let report = host.ping("10.1.0.2")?;
    println!("{report}\n");
    ifconfig(host, "veth1.1")?;
    let after = outer.look()?.counters;
    println!(
        "\nThe host received {} packets more and sent {} more: replies, requests, and who-has-this-address.",
        after.rx_packets - before.rx_packets,
        after.tx_packets - before.tx_packets
    );
    if report.is_lossless() {
        Ok(())
    } else {
        Err("the host lost pings to s1".into())
    }
}

fn ifconfig(host: Host<'_>, name: &str) -> TestResult {
    match host.name() {
        "root" => println!("$ ifconfig {name}"),
        namespace => println!("$ ip netns exec {namespace} ifconfig {name}"),
    }
    println!("{}", host.interface(name)?.ifconfig());
    Ok(())
}
