//! What is broken on purpose is found and named: by both families, there and back.

use netns_test::{
    Blame, Cidr, Culprit, Family, Host, Mistake, Network, Result, TestResult, Topology, netns_test,
    require_program,
};

/// Two links and the routers between them, in a line.
fn chain() -> Topology {
    Topology::new()
        .segment("left", ["10.0.1.0/24", "fd01::/64"])
        .segment("middle", ["10.0.9.0/24", "fd09::/64"])
        .segment("right", ["10.0.2.0/24", "fd02::/64"])
        .host("a", |h| h.join("left"))
        .router("r1", |r| r.join("left").join("middle"))
        .router("r2", |r| r.join("middle").join("right"))
        .host("b", |h| h.join("right"))
}

/// The culprit of both families, which must be the same one; what differs is in the blame.
#[track_caller]
fn culprits(net: &Network, from: &str, to: &str) -> [Culprit; 2] {
    let explanation = net.explain(from, to).unwrap();
    let [v4, v6] = [Family::V4, Family::V6].map(|family| match explanation.culprit_by(family) {
        Some(culprit) => culprit.clone(),
        None => panic!("nothing is wrong by {family}:\n{explanation}"),
    });
    assert_eq!(
        (&v4.node, &v4.interface),
        (&v6.node, &v6.interface),
        "{explanation}"
    );
    [v4, v6]
}

#[track_caller]
fn culprit(net: &Network, from: &str, to: &str) -> Culprit {
    let explanation = net.explain(from, to).unwrap();
    explanation
        .culprit()
        .cloned()
        .unwrap_or_else(|| panic!("{explanation}"))
}

#[track_caller]
fn is_at(culprit: &Culprit, node: &str, interface: &str) {
    let expected = (node, (!interface.is_empty()).then_some(interface));
    assert_eq!(
        (culprit.node.as_str(), culprit.interface.as_deref()),
        expected,
        "{culprit}"
    );
}

fn ip(host: Host<'_>, arguments: &str) -> Result<()> {
    require_program("ip")?;
    host.command("ip").args(arguments.split(' ')).run()
}

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

#[netns_test(topology = chain())]
fn what_works_is_told_with_its_path(net: &Network) -> TestResult {
    let explanation = net.explain("a", "b")?;
    assert!(explanation.is_reachable(), "{explanation}");
    assert_eq!(explanation.path(), ["a", "r1", "r2", "b"]);
    assert_eq!(explanation.return_path(), ["b", "r2", "r1", "a"]);
    assert_eq!(
        explanation.to_string(),
        "`a` reaches `b` (10.0.2.4): a -> r1 -> r2 -> b\n`a` reaches `b` (fd02::4): a -> r1 -> r2 -> b"
    );
    Ok(())
}

#[netns_test(topology = chain())]
fn an_interface_that_is_down_is_named(net: &Network) -> TestResult {
    net.host("r1").link("eth1").down()?;
    for culprit in culprits(net, "a", "b") {
        is_at(&culprit, "r1", "eth1");
        assert_eq!(culprit.blame, Blame::LinkDown);
    }
    Ok(())
}

#[netns_test(topology = Topology::new()
    .host("a", |h| h.default_route("10.0.1.2").default_route("fd01::2"))
    .router("r1", |r| r)
    .host("b", |h| h.default_route("10.0.2.1").default_route("fd02::1"))
    .link(("a", ["10.0.1.1/24", "fd01::1/64"]), ("r1", ["10.0.1.2/24", "fd01::2/64"]))
    .link(("r1", ["10.0.2.1/24", "fd02::1/64"]), ("b", ["10.0.2.2/24", "fd02::2/64"])))]
fn a_cut_at_the_far_end_is_a_lack_of_carrier(net: &Network) -> TestResult {
    net.host("b").link("eth0").down()?;
    for culprit in culprits(net, "a", "b") {
        is_at(&culprit, "r1", "eth1");
        let far = Blame::NoCarrier {
            node: "b".to_owned(),
            interface: Some("eth0".to_owned()),
        };
        assert_eq!(culprit.blame, far);
        assert_eq!(
            culprit.to_string(),
            "interface `eth1` of node `r1` has no carrier: the other end, `eth0` of node `b`, is down"
        );
    }
    Ok(())
}

#[netns_test(topology = Topology::new()
    .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
    .host("a", |h| h.attach("br0", ["10.0.0.1/24", "fd00::1/64"]))
    .host("b", |h| h.attach("br0", ["10.0.0.2/24", "fd00::2/64"])))]
fn a_port_of_a_bridge_that_is_down_is_named(net: &Network) -> TestResult {
    let port = net.root().bridges()?[0].ports[1].name.clone();
    net.root().link(&port).down()?;
    for culprit in culprits(net, "a", "b") {
        is_at(&culprit, "root", &port);
        assert_eq!(culprit.blame, Blame::LinkDown);
    }
    Ok(())
}

#[netns_test(topology = chain())]
fn a_router_without_a_route_is_named(net: &Network) -> TestResult {
    ip(net.host("r1"), "route del 10.0.2.0/24")?;
    ip(net.host("r1"), "-6 route del fd02::/64")?;
    let [v4, v6] = culprits(net, "a", "b");
    is_at(&v4, "r1", "");
    assert_eq!(
        v4.blame,
        Blame::NoRoute {
            to: cidr("10.0.2.0/24")
        }
    );
    assert_eq!(
        v6.blame,
        Blame::NoRoute {
            to: cidr("fd02::/64")
        }
    );
    assert_eq!(v4.to_string(), "node `r1` has no route to 10.0.2.0/24");
    Ok(())
}

#[netns_test(topology = chain())]
fn a_reply_without_a_way_is_told(net: &Network) -> TestResult {
    ip(net.host("r2"), "route del 10.0.1.0/24")?;
    ip(net.host("r2"), "-6 route del fd01::/64")?;
    let [v4, v6] = culprits(net, "a", "b");
    is_at(&v4, "r2", "");
    for (culprit, to) in [(v4, "10.0.1.0/24"), (v6, "fd01::/64")] {
        let Blame::ReturnPath(culprit) = culprit.blame else {
            panic!("{culprit}");
        };
        assert_eq!(culprit.blame, Blame::NoRoute { to: cidr(to) });
    }
    let explanation = net.explain("a", "b")?;
    assert_eq!(explanation.path(), ["a", "r1", "r2", "b"]);
    assert_eq!(explanation.return_path(), ["b", "r2"]);
    Ok(())
}

#[netns_test(topology = chain())]
fn routes_that_refuse_are_told_apart(net: &Network) -> TestResult {
    let to: std::net::IpAddr = "10.0.2.4".parse()?;
    for (kind, expected) in [
        ("blackhole", Blame::Blackhole { to }),
        ("unreachable", Blame::UnreachableRoute { to }),
        ("prohibit", Blame::ProhibitedRoute { to }),
    ] {
        ip(net.host("r2"), &format!("route add {kind} 10.0.2.4/32"))?;
        ip(net.host("r2"), &format!("-6 route add {kind} fd02::4/128"))?;
        let [v4, _] = culprits(net, "a", "b");
        is_at(&v4, "r2", "");
        assert_eq!(v4.blame, expected);
        ip(net.host("r2"), &format!("route del {kind} 10.0.2.4/32"))?;
        ip(net.host("r2"), &format!("-6 route del {kind} fd02::4/128"))?;
    }
    Ok(())
}

/// On a switch, whose name is the segment's. The second gateway is nowhere near, which the plan would not let pass.
#[netns_test(topology = Topology::new()
    .segment("office", ["10.1.0.0/24", "fd01::/64"])
    .host("a", |h| {
        h.join("office")
            .route("192.0.2.0/24", "10.1.0.77")
            .route("fd0f::/64", "fd01::77")
            .route_with("198.51.100.0/24", |r| r.via("10.9.0.1").device("eth0").onlink())
    })
    .host("b", |h| h.join("office"))
    .host("c", |h| h.join("office"))
    .allow(Mistake::GatewayOffSubnet))]
fn a_gateway_that_nobody_is_is_told(net: &Network) -> TestResult {
    for (target, gateway) in [
        ("192.0.2.1", "10.1.0.77"),
        ("fd0f::1", "fd01::77"),
        ("198.51.100.1", "10.9.0.1"),
    ] {
        let explanation = net.explain("a", target)?;
        let culprit = explanation.culprit().unwrap();
        is_at(culprit, "a", "eth0");
        let expected = Blame::WrongGateway {
            gateway: gateway.parse()?,
            segment: Some("office".to_owned()),
        };
        assert_eq!(culprit.blame, expected);
    }
    Ok(())
}

#[netns_test(topology = chain())]
fn a_router_that_does_not_forward_is_told(net: &Network) -> TestResult {
    let r2 = net.host("r2");
    for (setting, family, expected) in [
        (
            "/proc/sys/net/ipv4/ip_forward",
            Family::V4,
            "net.ipv4.ip_forward = 0",
        ),
        (
            "/proc/sys/net/ipv6/conf/all/forwarding",
            Family::V6,
            "net.ipv6.conf.all.forwarding = 0",
        ),
    ] {
        r2.run(|| std::fs::write(setting, "0"))?;
        let explanation = net.explain("a", "b")?;
        let culprit = explanation.culprit_by(family).unwrap();
        is_at(culprit, "r2", "eth0");
        let sysctl = expected.to_owned();
        assert_eq!(culprit.blame, Blame::ForwardingOff { sysctl });
    }
    Ok(())
}

#[netns_test(topology = chain())]
fn a_prefix_that_is_too_wide_or_too_narrow_is_told(net: &Network) -> TestResult {
    let a = net.host("a").link("eth0");
    let expected = |address: &str, other: &str| Blame::WrongPrefix {
        address: cidr(address),
        other: other.parse().unwrap(),
    };
    a.add_address("10.0.1.50/16")?;
    a.remove_address("10.0.1.1/24")?;
    a.add_address("fd01::50/14")?;
    a.remove_address("fd01::1/64")?;
    let [v4, v6] = culprits(net, "a", "b");
    is_at(&v4, "a", "eth0");
    assert_eq!(v4.blame, expected("10.0.1.50/16", "10.0.2.4"));
    assert_eq!(v6.blame, expected("fd01::50/14", "fd02::4"));

    // The router is left out, and the answer finds no way.
    a.remove_address("10.0.1.50/16")?;
    a.add_address("10.0.1.50/28")?;
    let culprit = culprit(net, "r1", "10.0.1.50");
    let Blame::ReturnPath(culprit) = culprit.blame else {
        panic!("{culprit}");
    };
    is_at(&culprit, "a", "eth0");
    assert_eq!(culprit.blame, expected("10.0.1.50/28", "10.0.1.2"));
    Ok(())
}

#[netns_test(topology = chain())]
fn a_neighbour_that_does_not_answer_is_told(net: &Network) -> TestResult {
    let b = net.host("b");
    b.run(|| std::fs::write("/proc/sys/net/ipv4/conf/eth0/arp_ignore", "8"))?;
    let explanation = net.explain("a", "b")?;
    let culprit = explanation.culprit_by(Family::V4).unwrap();
    is_at(culprit, "r2", "eth1");
    let expected = Blame::NeighbourUnreachable {
        address: "10.0.2.4".parse()?,
        owner: Some("b".to_owned()),
    };
    assert_eq!(culprit.blame, expected);
    assert_eq!(explanation.culprit_by(Family::V6), None);
    let nobody = net.explain("a", "10.0.2.99")?;
    let expected = Blame::NeighbourUnreachable {
        address: "10.0.2.99".parse()?,
        owner: None,
    };
    assert_eq!(nobody.culprit().unwrap().blame, expected);
    Ok(())
}

/// Requests by `r1`, replies by `r2`.
#[netns_test(topology = Topology::new()
    .segment("left", "10.0.1.0/24")
    .segment("right", "10.0.2.0/24")
    .host("a", |h| h.attach("left", "10.0.1.1/24").default_route("10.0.1.251"))
    .router("r1", |r| r.attach("left", "10.0.1.251/24").attach("right", "10.0.2.251/24"))
    .router("r2", |r| r.attach("left", "10.0.1.252/24").attach("right", "10.0.2.252/24"))
    .host("b", |h| h.attach("right", "10.0.2.1/24").default_route("10.0.2.252")))]
fn a_reply_by_another_way_is_shown_and_no_failure(net: &Network) -> TestResult {
    let explanation = net.explain("a", "b")?;
    assert_eq!(
        explanation.to_string(),
        "`a` reaches `b` (10.0.2.1): a -> r1 -> b\n  the reply takes another way: b -> r2 -> a"
    );
    net.host("r2").link("eth0").down()?;
    let culprit = culprit(net, "a", "b");
    is_at(&culprit, "r2", "eth0");
    assert!(matches!(culprit.blame, Blame::ReturnPath(_)));
    Ok(())
}

#[netns_test(topology = chain())]
fn packets_that_are_too_large_end_where_it_is_told(net: &Network) -> TestResult {
    net.host("r2").link("eth1").set_mtu(1400)?;
    assert!(net.explain("a", "b")?.is_reachable());
    let explanation = net.explain_with("a", "b", |e| e.size(1500))?;
    for family in [Family::V4, Family::V6] {
        let culprit = explanation.culprit_by(family).unwrap();
        is_at(culprit, "r2", "eth1");
        let expected = Blame::MtuTooSmall {
            mtu: 1400,
            size: 1500,
            silent: false,
        };
        assert_eq!(culprit.blame, expected);
    }
    Ok(())
}

/// The reply would leave by another interface than the one by which the request came.
#[netns_test(topology = chain())]
fn a_reverse_path_filter_is_told(net: &Network) -> TestResult {
    let r2 = net.host("r2");
    r2.run(|| std::fs::write("/proc/sys/net/ipv4/conf/eth0/rp_filter", "1"))?;
    ip(r2, "route replace 10.0.1.0/24 dev eth1")?;
    let culprit = culprit(net, "a", "b");
    is_at(&culprit, "r2", "eth0");
    let source = net.host("a").ipv4().into();
    assert_eq!(culprit.blame, Blame::ReversePath { source });
    Ok(())
}

/// Two nodes that send to each other what neither has.
#[netns_test(topology = chain())]
fn a_loop_is_told(net: &Network) -> TestResult {
    ip(net.host("r2"), "route add 10.0.2.4/32 via 10.0.9.2")?;
    let culprit = culprit(net, "a", "b");
    is_at(&culprit, "r1", "");
    assert_eq!(culprit.blame, Blame::Loop);
    assert_eq!(net.explain("a", "b")?.path(), ["a", "r1", "r2", "r1"]);
    Ok(())
}

/// More routers than the TTL of a packet.
fn long_chain() -> Topology {
    let names: Vec<String> = (1..=65).map(|number| format!("r{number}")).collect();
    let routers = names
        .iter()
        .fold(Topology::new().host("a", |h| h), |t, name| {
            t.router(name, |r| r)
        });
    let mut all = vec!["a".to_owned()];
    all.extend(names);
    all.push("b".to_owned());
    let topology = routers.host("b", |h| h);
    all.windows(2).fold(topology, |topology, pair| {
        topology.link(pair[0].as_str(), pair[1].as_str())
    })
}

#[netns_test(topology = long_chain())]
fn a_way_that_is_too_long_is_told(net: &Network) -> TestResult {
    for family in [Family::V4, Family::V6] {
        let explanation = net.explain_with("a", "b", |e| e.family(family))?;
        let culprit = explanation.culprit().unwrap();
        assert_eq!(
            (culprit.node.as_str(), &culprit.blame),
            ("r64", &Blame::TooFar)
        );
        let text = explanation.to_string();
        assert!(
            text.contains(
                "node `r64` dropped it, for it had passed as many routers as its TTL lets it"
            ),
            "{text}"
        );
    }
    Ok(())
}
