//! The labs, with what a person who types them sees.

use netns_test::{Host, LinkEnd, Network, OperState, TestResult, Topology, netns_test};

use crate::once;

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

/// `lo` and what the topology made, whose numbers start at 100: a machine with tunnels has a `sit0` in every new namespace.
fn names(host: Host<'_>) -> TestResult<Vec<String>> {
    let interfaces = host.interfaces()?.into_iter();
    let ours = interfaces.filter(|it| it.index == 1 || it.index >= 100);
    Ok(ours.map(|it| it.name).collect())
}

#[netns_test(topology = lab_a())]
fn lab_a_shows_its_parts(net: &Network) -> TestResult {
    assert_eq!(names(net.root())?, ["lo", "mydocker0", "veth1", "veth2"]);
    assert_eq!(names(net.host("ns1"))?, ["lo", "eth0"]);
    let bridges = net.root().bridges()?;
    assert_eq!(
        bridges[0].to_string(),
        "bridge name\tbridge id\t\tSTP enabled\tinterfaces\nmydocker0\t\t8000.020000000002\tno\t\tveth1\n\t\t\t\t\t\t\tveth2"
    );
    let port = net.root().interface("veth1")?;
    assert_eq!(port.master.unwrap().name, "mydocker0");
    assert_eq!(port.peer.unwrap().node.as_deref(), Some("ns1"));
    let eth0 = net.host("ns1").interface("eth0")?;
    assert_eq!(
        (eth0.mtu, eth0.kind.as_deref(), eth0.flags.short()),
        (1500, Some("veth"), 4163)
    );
    assert_eq!(eth0.peer.unwrap().node.as_deref(), Some("root"));
    Ok(())
}

#[netns_test(topology = lab_a())]
fn lab_a_shows_its_routes(net: &Network) -> TestResult {
    assert_eq!(
        net.host("ns1").routes()?.to_string(),
        "default via 172.16.1.254 dev eth0\n172.16.0.0/16 dev eth0 proto kernel scope link src 172.16.1.1"
    );
    assert_eq!(
        net.root().routes()?.to_string(),
        "172.16.0.0/16 dev mydocker0 proto kernel scope link src 172.16.1.254"
    );
    assert_eq!(
        net.root().routes()?.classic().to_string().lines().last(),
        Some("172.16.0.0      0.0.0.0         255.255.0.0     U     0      0        0 mydocker0")
    );
    Ok(())
}

#[netns_test(topology = lab_a())]
fn lab_a_pings_both_ways(net: &Network) -> TestResult {
    for (from, to) in [("ns1", "172.16.1.2"), ("ns2", "172.16.1.1")] {
        let report = net.host(from).ping_with(to, |p| once(p).count(2))?;
        report.assert_lossless();
        let text = report.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("PING {to} ({to}) 56(84) bytes of data."));
        assert!(
            lines[1].starts_with(&format!("64 bytes from {to}: icmp_seq=1 ttl=64 time=")),
            "{text}"
        );
        assert!(
            lines[5].starts_with("2 packets transmitted, 2 received, 0% packet loss, time "),
            "{text}"
        );
        assert!(lines[6].starts_with("rtt min/avg/max/mdev = "), "{text}");
    }
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

fn lab_b() -> Topology {
    Topology::new().host("ns1", |h| h).host("ns2", |h| h).link(
        LinkEnd::new("ns1", |i| i.name("veth-ns1").address("192.168.1.1/24")),
        LinkEnd::new("ns2", |i| i.name("veth-ns2").address("192.168.1.2/24")),
    )
}

/// A pair behaves like a pipe: what one end sends, the other receives.
#[netns_test(topology = lab_b())]
fn lab_b_is_a_pipe(net: &Network) -> TestResult {
    let count = || -> TestResult<_> {
        let near = net.host("ns1").interface("veth-ns1")?.counters;
        let far = net.host("ns2").interface("veth-ns2")?.counters;
        Ok((
            near.tx_packets,
            far.rx_packets,
            near.rx_packets,
            far.tx_packets,
        ))
    };
    net.host("ns1")
        .ping_with("192.168.1.2", once)?
        .assert_lossless();
    net.host("ns2")
        .ping_with("192.168.1.1", once)?
        .assert_lossless();
    // IPv6 announces itself for a while; between two equal looks nothing is on its way.
    loop {
        let (before, after) = (count()?, count()?);
        if before == after {
            assert_eq!((before.0, before.2), (before.1, before.3));
            return Ok(());
        }
    }
}

fn lab_c(bare: bool) -> Topology {
    let lab = Topology::new().host("s1", |h| h).host("s2", |h| h).link(
        LinkEnd::new("root", |i| i.name("veth1.1").address("10.1.0.1/24")),
        LinkEnd::new("s1", |i| i.address("10.1.0.2/24")),
    );
    if bare { lab.bare() } else { lab }
}

#[netns_test(topology = lab_c(true))]
fn lab_c_shows_the_flags_before_and_after_each_step(net: &Network) -> TestResult {
    let (outer, inner) = (net.root().link("veth1.1"), net.host("s1").link("eth0"));
    assert_eq!(outer.look()?.flags.short(), 4098);
    outer.up()?;
    let waiting = outer.look()?;
    assert_eq!(waiting.flags.short() & !64, 4099);
    assert!(!waiting.flags.lower_up());
    inner.up()?;
    // The kernel raises `RUNNING` in its own time; a packet through it is the proof that it has.
    let ping = net.root().ping_with("10.1.0.2", |p| once(p).count(3))?;
    ping.assert_lossless();
    let after = outer.look()?;
    assert_eq!(after.flags.short(), 4163);
    assert_eq!(
        after.addresses[0].broadcast.unwrap().to_string(),
        "10.1.0.255"
    );
    assert!(
        after
            .ifconfig()
            .to_string()
            .starts_with("veth1.1: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500")
    );
    Ok(())
}

#[netns_test(topology = lab_c(false))]
fn lab_c_counts_and_has_link_local_addresses(net: &Network) -> TestResult {
    net.root()
        .ping_with("10.1.0.2", |p| once(p).count(3))?
        .assert_lossless();
    let outer = net.root().interface("veth1.1")?;
    assert!(outer.counters.rx_packets >= 3 && outer.counters.tx_packets >= 3);
    let local = outer.mac.unwrap().link_local();
    assert!(
        outer
            .addresses
            .iter()
            .any(|it| it.address.address() == local),
        "{outer}"
    );
    // The other namespace has nothing but its loopback.
    assert_eq!(names(net.host("s2"))?, ["lo"]);
    Ok(())
}

fn lab_d() -> Topology {
    let host = |name: &str, number: u8| {
        let port = format!("veth{number}");
        Topology::new().host(name, |h| {
            h.attach_with("mydocker0", |i| {
                i.name(format!("{port}p"))
                    .port(&port)
                    .address(format!("172.16.1.{number}/16"))
            })
        })
    };
    Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .merge(host("ns1", 1))
        .merge(host("ns2", 2))
        .bare()
}

#[netns_test(topology = lab_d())]
fn lab_d_step_by_step(net: &Network) -> TestResult {
    let root = net.root();
    for link in ["mydocker0", "veth1", "veth2"] {
        root.link(link).up()?;
    }
    // Administratively up, while the other end is down.
    assert!(!root.interface("veth1")?.flags.lower_up());
    for (host, link) in [("ns1", "veth1p"), ("ns2", "veth2p")] {
        net.host(host).link(link).up()?;
    }
    let (ns1, ns2) = (net.host("ns1"), net.host("ns2"));
    // The bridge passes packets as soon as the kernel has noticed its ports' carriers.
    ns1.ping_with("172.16.1.254", once)?.assert_lossless();
    let port = root.interface("veth1")?;
    assert_eq!(
        (port.state, port.flags.no_carrier()),
        (OperState::Up, false)
    );
    assert_eq!(ns1.interface("lo")?.state, OperState::Down);
    for (host, link) in [(ns1, "veth1p"), (root, "veth1")] {
        let interface = host.interface(link)?;
        let local = interface.mac.unwrap().link_local();
        assert!(
            interface
                .addresses
                .iter()
                .any(|it| it.address.address() == local),
            "{interface}"
        );
    }
    for host in [ns1, ns2] {
        host.add_route("default", |r| r.via("172.16.1.254"))?;
    }
    assert!(
        ns1.routes()?
            .to_string()
            .starts_with("default via 172.16.1.254 dev veth1p\n")
    );
    ns1.ping_with("172.16.1.2", once)?.assert_lossless();
    Ok(())
}
