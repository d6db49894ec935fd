//! Labs A and D: what Docker does when it starts two containers on a bridge, by hand.
//!
//! A container's network is a network namespace. It is plugged in by a veth pair, a cable of which one end, `eth0`, is in the
//! namespace and the other is a port of a bridge, a switch inside the kernel. The bridge's own address is the gateway.
//!
//! The program builds that one step at a time and looks after each step, as a person would by the command in the heading. Look for:
//! - the bridge id: zero without ports, then made from a port's hardware address;
//! - a port without carrier, `NO-CARRIER` and `LOWERLAYERDOWN`, until the other end is raised, too (newer kernels call its state
//!   `DOWN` once the other end is in another namespace);
//! - the route that comes with an address (`proto kernel scope link`), and the default route that does not;
//! - in lab D, that none of it needs `lo`.
//!
//! No program is run and nothing is left behind: `cargo run --example docker_bridge`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::time::Duration;

use netns_test::{Host, LinkEnd, Network, PingReport, TestResult, Topology};

fn main() -> TestResult {
    netns_test::run(&unplugged(), step_by_step)??;
    netns_test::run(&plugged_in(), raise_the_cables)??;
    netns_test::run(&lab_a(), both_ways)??;
    netns_test::run(&lab_d(), with_lo_down)??;
    Ok(())
}

/// Two fresh namespaces, a bridge, and a cable that lies on the table: both of its ends are still in the root, the host machine.
fn unplugged() -> Topology {
    Topology::new()
        .host("ns1", |h| h)
        .host("ns2", |h| h)
        .bridge("mydocker0", ())
        .link(
            LinkEnd::new("root", |i| i.name("veth1").address(())),
            LinkEnd::new("root", |i| i.name("veth1p").address(())),
        )
        .bare()
}

fn step_by_step(net: &Network) -> TestResult {
    title("Lab A, step by step: namespaces and a bridge");
    head("ip netns list");
    for host in net.hosts() {
        println!("{}", host.name());
    }
    for host in net.hosts() {
        ip_address(host)?;
        ip_route(host)?;
    }

    let root = net.root();
    let bridge = root.link("mydocker0");
    say("A bridge without ports has no hardware address of its own.");
    brctl_show(root)?;
    done("ip address add 172.16.1.254/16 dev mydocker0");
    bridge.add_address("172.16.1.254/16")?;
    done("ip link set mydocker0 up");
    bridge.up()?;
    head("ip address show mydocker0");
    println!("{}", bridge.look()?);
    say("With the address came the route to its subnet.");
    ip_route(root)?;

    say("Each end of the new pair names the other, and that it is down.");
    head("ip address");
    for end in ["veth1", "veth1p"] {
        println!("{}", root.interface(end)?);
    }
    done("ip link set veth1 master mydocker0");
    root.link("veth1").attach("mydocker0")?;
    done("ip link set veth1 up");
    root.link("veth1").up()?;
    say("Up, but nobody is at the other end. The bridge took over the port's hardware address.");
    head("ip address show veth1");
    println!("{}", root.interface("veth1")?);
    brctl_show(root)
}

/// The cables when their far ends have moved into the namespaces and have been renamed: all of them down, without routes.
fn plugged_in() -> Topology {
    Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| h.attach("mydocker0", "172.16.1.1/16"))
        .host("ns2", |h| h.attach("mydocker0", "172.16.1.2/16"))
        .bare()
}

fn raise_the_cables(net: &Network) -> TestResult {
    title("Lab A, step by step: an end of each cable in its namespace, renamed eth0");
    let (root, ns1) = (net.root(), net.host("ns1"));
    for port in ["mydocker0", "veth1", "veth2"] {
        done(&format!("ip link set {port} up"));
        root.link(port).up()?;
    }
    say("The port knows its peer by number and namespace now, and has no carrier.");
    head("ip address show veth1");
    println!("{}", root.interface("veth1")?);
    done("ip -netns ns1 link set eth0 up");
    ns1.link("eth0").up()?;
    say("Both ends have their carrier, and the kernel added the route to the subnet.");
    head("ip address show veth1");
    println!("{}", root.interface("veth1")?);
    ip_address(ns1)?;
    ip_route(ns1)?;
    done("ip -netns ns1 route add default via 172.16.1.254");
    ns1.add_route("default", |r| r.via("172.16.1.254"))?;
    ip_route(ns1)
}

/// The whole lab as one value.
fn lab_a() -> Topology {
    Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| {
            h.attach("mydocker0", "172.16.1.1/16")
                .default_route("172.16.1.254")
        })
        .host("ns2", |h| {
            h.attach("mydocker0", "172.16.1.2/16")
                .default_route("172.16.1.254")
        })
}

fn both_ways(net: &Network) -> TestResult {
    title("Lab A, complete");
    brctl_show(net.root())?;
    ip_address(net.root())?;
    head("route -n");
    println!("{}", net.root().routes()?.classic());
    for host in net.hosts() {
        ip_address(host)?;
        ip_route(host)?;
    }
    ping(net.host("ns1"), "172.16.1.2", 2, Duration::from_secs(1))?;
    ping(net.host("ns2"), "172.16.1.1", 2, Duration::from_secs(1))
}

/// Again, but `veth1p` keeps its name in the namespace, and nobody raises `lo`.
fn lab_d() -> Topology {
    Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| {
            h.attach_with("mydocker0", |i| i.name("veth1p").address("172.16.1.1/16"))
        })
        .host("ns2", |h| {
            h.attach_with("mydocker0", |i| i.name("veth2p").address("172.16.1.2/16"))
        })
        .bare()
}

fn with_lo_down(net: &Network) -> TestResult {
    title("Lab D: lo stays down, default routes come last");
    let (root, ns1, ns2) = (net.root(), net.host("ns1"), net.host("ns2"));
    done("ip link set mydocker0 up");
    root.link("mydocker0").up()?;
    done("ip link set veth1 up");
    root.link("veth1").up()?;
    head("ip address show veth1");
    println!("{}", root.interface("veth1")?);
    done("ip -netns ns1 link set veth1p up");
    ns1.link("veth1p").up()?;
    done("ip link set veth2 up; ip -netns ns2 link set veth2p up");
    root.link("veth2").up()?;
    ns2.link("veth2p").up()?;
    say("NO-CARRIER is gone, and both ends have a link-local address.");
    head("ip address show veth1");
    println!("{}", root.interface("veth1")?);
    ip_address(ns1)?;
    ping(ns1, "172.16.1.254", 1, Duration::ZERO)?;
    for host in [ns1, ns2] {
        done(&format!(
            "ip -netns {} route add default via 172.16.1.254",
            host.name()
        ));
        host.add_route("default", |r| r.via("172.16.1.254"))?;
    }
    ip_route(ns1)?;
    ping(ns1, "172.16.1.2", 2, Duration::from_millis(10))
}

/// A step was done that a person would have typed so.
fn done(command: &str) {
    println!("# {command}");
}

/// What follows is what this command would have printed.
fn head(command: &str) {
    println!("$ {command}");
}

fn say(text: &str) {
    println!("\n{text}");
}

fn title(text: &str) {
    println!("\n==== {text} ====");
}

/// The words that precede a command which looks at this host.
fn netns(host: Host<'_>) -> String {
    match host.name() {
        "root" => "ip".to_owned(),
        name => format!("ip -netns {name}"),
    }
}

fn ip_address(host: Host<'_>) -> TestResult {
    head(&format!("{} address", netns(host)));
    for interface in host.interfaces()? {
        println!("{interface}");
    }
    Ok(())
}

fn ip_route(host: Host<'_>) -> TestResult {
    head(&format!("{} route", netns(host)));
    for route in host.routes()? {
        println!("{route}");
    }
    Ok(())
}

fn brctl_show(host: Host<'_>) -> TestResult {
    head("brctl show");
    for bridge in host.bridges()? {
        println!("{bridge}");
    }
    Ok(())
}

/// Pings and prints; a lost ping ends the program with an error.
fn ping(from: Host<'_>, target: &str, count: u32, interval: Duration) -> TestResult {
    head(&format!(
        "ip netns exec {} ping -c {count} {target}",
        from.name()
    ));
    let report: PingReport = from.ping_with(target, |p| p.count(count).interval(interval))?;
    println!("{report}");
    if report.is_lossless() {
        Ok(())
    } else {
        Err(format!("{} lost pings to {target}", from.name()).into())
    }
}
