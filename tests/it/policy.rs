//! Policy rules, tables and routes with several ways: which router a packet meets first.

use std::net::{IpAddr, UdpSocket};

use netns_test::{HostSpec, Network, PingAnswer, TestResult, Topology, netns_test};

use crate::once;

/// An office with two uplinks, each by a router of its own, and a server behind both.
fn two_uplinks(office: impl FnOnce(HostSpec) -> HostSpec) -> Topology {
    Topology::new()
        .segment("isp1", ["192.0.2.0/24", "fd01::/64"])
        .segment("isp2", ["198.51.100.0/24", "fd02::/64"])
        .segment("internet", ["203.0.113.0/24", "fd03::/64"])
        .router("r1", |r| r.join("isp1").join("internet"))
        .router("r2", |r| r.join("isp2").join("internet"))
        .host("server", |h| h.join("internet"))
        .host("office", |h| {
            office(
                h.attach("isp1", ["192.0.2.99/24", "fd01::99/64"])
                    .attach("isp2", ["198.51.100.99/24", "fd02::99/64"]),
            )
        })
}

fn by_source(host: HostSpec) -> HostSpec {
    host.default_route("192.0.2.1")
        .default_route("fd01::1")
        .route_with("default", |r| r.via("198.51.100.2").table(2))
        .route_with("default", |r| r.via("fd02::2").table(2))
        .rule(|r| r.from("198.51.100.99").table(2))
        .rule(|r| r.from("fd02::99").table(2))
}

/// The first router on the way from the office, which says that the packet's time is up by one of its addresses.
fn first_router<'net>(net: &'net Network, source: &str, to: &str) -> TestResult<&'net str> {
    let source: IpAddr = source.parse()?;
    let office = net.host("office");
    let report = office.ping_with(to, |ping| once(ping).ttl(1).source(source))?;
    let [PingAnswer::TimeExceeded { from, .. }] = report.answers() else {
        return Err(report.to_string().into());
    };
    for router in ["r1", "r2"] {
        let interfaces = net.host(router).interfaces()?;
        let mut addresses = interfaces.iter().flat_map(|it| &it.addresses);
        if addresses.any(|it| it.address.address() == *from) {
            return Ok(net.host(router).name());
        }
    }
    Err(format!("{from} is no router").into())
}

#[netns_test(topology = two_uplinks(by_source))]
fn the_source_chooses_the_uplink(net: &Network) -> TestResult {
    let office = net.host("office");
    for (source, server, router) in [
        ("192.0.2.99", "203.0.113.3", "r1"),
        ("198.51.100.99", "203.0.113.3", "r2"),
        ("fd01::99", "fd03::3", "r1"),
        ("fd02::99", "fd03::3", "r2"),
    ] {
        let found = first_router(net, source, server)?;
        assert_eq!(found, router, "from {source}");
        let asked = source.parse()?;
        let report = office.ping_with(server, |ping| once(ping).source(asked))?;
        report.assert_lossless();
    }
    Ok(())
}

#[netns_test(topology = two_uplinks(by_source))]
fn rules_come_and_go_while_the_network_lives(net: &Network) -> TestResult {
    let office = net.host("office");
    let before = office.policy_rules()?;
    let way = || first_router(net, "192.0.2.99", "203.0.113.3");
    assert_eq!(way()?, "r1");
    office.add_policy_rule(|r| r.to("203.0.113.0/24").table(2).priority(9))?;
    assert_eq!(way()?, "r2");
    office.remove_policy_rule(|r| r.to("203.0.113.0/24").table(2))?;
    assert_eq!(way()?, "r1");
    assert_eq!(office.policy_rules()?, before);
    let error = office.remove_policy_rule(|r| r.from("203.0.113.0/24").table(2));
    assert_eq!(
        error.unwrap_err().to_string(),
        "failed to remove rule `from 203.0.113.0/24 table 2` in node `office`: No such file or directory"
    );
    let error = office
        .add_policy_rule(|r| r.oif("wan0").table(2))
        .unwrap_err();
    assert!(error.is_topology(), "{error}");
    assert!(
        error
            .to_string()
            .contains("no interface is called `wan0` (known: eth0, eth1, lo)")
    );
    Ok(())
}

#[netns_test(topology = two_uplinks(by_source))]
fn what_is_in_a_table_can_be_seen(net: &Network) -> TestResult {
    let office = net.host("office");
    assert_eq!(
        office.routes_of_table(2)?.to_string(),
        "default via 198.51.100.2 dev eth1 table 2\n\
         default via fd02::2 dev eth1 table 2 metric 1024 pref medium"
    );
    assert_eq!(
        office.policy_rules_ipv6()?.to_string(),
        "0:\tfrom all lookup local\n32765:\tfrom fd02::99 lookup 2\n32766:\tfrom all lookup main"
    );
    Ok(())
}

/// One connection keeps its way, so that it takes several to see both.
fn spreading(host: HostSpec) -> HostSpec {
    host.route_with("default", |r| {
        r.next_hop("192.0.2.1", 1).next_hop("198.51.100.2", 1)
    })
    .route_with("::/0", |r| r.next_hop("fd01::1", 1).next_hop("fd02::2", 1))
    .sysctl("net.ipv4.fib_multipath_hash_policy", 1)
    .sysctl("net.ipv6.fib_multipath_hash_policy", 1)
}

#[netns_test(topology = two_uplinks(spreading))]
fn connections_are_spread_over_all_ways(net: &Network) -> TestResult {
    let office = net.host("office");
    for (any, server) in [("0.0.0.0:0", "203.0.113.3"), ("[::]:0", "fd03::3")] {
        let server: IpAddr = server.parse()?;
        office.ping(server)?.assert_lossless();
        let sent = || -> netns_test::Result<[u64; 2]> {
            let [a, b] = ["eth0", "eth1"].map(|name| office.interface(name));
            Ok([a?, b?].map(|it| it.counters.tx_packets))
        };
        let before = sent()?;
        office.run(|| {
            // All at once: none gets the port of another.
            let sockets: Vec<UdpSocket> = (0..64).map(|_| UdpSocket::bind(any).unwrap()).collect();
            for socket in sockets {
                socket.send_to(b"x", (server, 9)).unwrap();
            }
        });
        let after = sent()?;
        for way in 0..2 {
            assert!(after[way] - before[way] >= 8, "{before:?} {after:?}");
        }
    }
    Ok(())
}

/// Both ways are computed to be as long: the first router's is taken, unless the topology says otherwise.
#[netns_test]
fn an_explicit_route_wins_over_the_computed_one(_: &Network) -> TestResult {
    for (explicit, expected) in [(false, "r1"), (true, "r2")] {
        let topology = two_uplinks(|h| match explicit {
            true => h.route("203.0.113.0/24", "198.51.100.2"),
            false => h,
        });
        let net = topology.build()?;
        let way = first_router(&net, "192.0.2.99", "203.0.113.3")?;
        assert_eq!(way, expected);
        net.ping_all()?.assert_all_reachable();
    }
    Ok(())
}

#[netns_test(topology = two_uplinks(|h| h.manual_routes()).unrouted("203.0.113.0/24"))]
fn who_is_left_out_finds_nobody(net: &Network) -> TestResult {
    let office = net.host("office");
    for server in ["203.0.113.3", "fd03::3"] {
        let report = office.ping_with(server, once)?;
        assert!(
            matches!(report.answers(), [PingAnswer::NotSent { error, .. }] if error.contains("unreachable")),
            "{report}"
        );
    }
    // Others are not, to other subnets.
    assert!(
        net.host("server")
            .routes()?
            .to_string()
            .contains("192.0.2.0/24 via")
    );
    Ok(())
}

/// A router in whose table the packets of others end.
#[netns_test(topology = Topology::new()
    .segment("left", ["10.1.0.0/24", "fd01::/64"])
    .segment("right", ["10.2.0.0/24", "fd02::/64"])
    .host("a", |h| h.join("left"))
    .host("b", |h| h.attach("right", ["10.2.0.2/24", "fd02::2/64"]))
    .host("hole", |h| h.attach("right", ["10.2.0.129/24", "fd02::129/64"]))
    .host("closed", |h| h.attach("right", ["10.2.0.65/24", "fd02::65/64"]))
    .router("r", |r| {
        r.attach("left", ["10.1.0.254/24", "fd01::fe/64"])
            .attach("right", ["10.2.0.254/24", "fd02::fe/64"])
            .blackhole("10.2.0.129/32")
            .blackhole("fd02::129/128")
            .route_with("10.2.0.65/32", |r| r.prohibit())
            .route_with("fd02::65/128", |r| r.prohibit())
    }))]
fn a_router_swallows_and_refuses(net: &Network) -> TestResult {
    let a = net.host("a");
    for (open, hole, closed) in [
        ("10.2.0.2", "10.2.0.129", "10.2.0.65"),
        ("fd02::2", "fd02::129", "fd02::65"),
    ] {
        a.ping_with(open, once)?.assert_lossless();
        let report = a.ping_with(hole, |p| p.count(1))?;
        assert!(
            matches!(report.answers(), [PingAnswer::Lost { .. }]),
            "{report}"
        );
        let report = a.ping_with(closed, once)?;
        let refused = matches!(report.answers(), [PingAnswer::Unreachable { .. }]);
        assert!(refused, "{report}");
    }
    Ok(())
}
