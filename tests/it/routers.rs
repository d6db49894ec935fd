//! Nodes that forward, and what they tell of what they cannot forward.

use std::time::Duration;

use netns_test::{Family, Host, Network, Ping, PingAnswer, TestResult, Topology, netns_test};

/// Two lans and a router.
fn pair() -> Topology {
    Topology::new()
        .segment("left", ["10.1.0.0/24", "fd01::/64"])
        .segment("right", ["10.2.0.0/24", "fd02::/64"])
        .router("r", |r| r.join("left").join("right"))
        .host("a", |h| h.join("left"))
        .host("b", |h| h.join("right"))
}

fn forwarding(host: Host<'_>) -> [bool; 2] {
    ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"]
        .map(|name| host.sysctl(name).unwrap() == "1")
}

#[netns_test(topology = pair(), families(v4, v6, dual))]
fn a_router_forwards_the_families_of_its_network(net: &Network) -> TestResult {
    let families = net.families();
    let both = [Family::V4, Family::V6].map(|it| families.contains(&it));
    assert_eq!(forwarding(net.host("r")), both);
    for other in ["a", "b", "root"] {
        assert_eq!(forwarding(net.find_host(other)?), [false; 2], "{other}");
    }
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test]
fn the_root_forwards_if_asked(_: &Network) -> TestResult {
    let lab = Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .bridge("br1", "10.0.1.254/24")
        .host("a", |h| h.join("br0").default_route("10.0.0.254"))
        .host("b", |h| h.join("br1").default_route("10.0.1.254"));
    let apart = lab.build()?;
    apart.host("a").ping("b")?.assert_unreachable();
    let joined = lab.root(|root| root.forward()).build()?;
    joined.host("a").ping("b")?.assert_lossless();
    Ok(())
}

/// The kernel sends some errors at once, and then one a second to each target.
#[netns_test(topology = pair())]
fn each_packet_that_is_on_its_way_for_too_long_is_answered(net: &Network) -> TestResult {
    for target in ["10.2.0.3", "fd02::3"] {
        let eager = |ping: Ping| ping.count(100).interval(Duration::ZERO).ttl(1);
        let report = net.host("a").ping_with(target, eager)?;
        let told = |it: &&PingAnswer| matches!(it, PingAnswer::TimeExceeded { .. });
        let answers = report.answers().iter().filter(told);
        assert_eq!(answers.count(), 100, "{report}");
    }
    Ok(())
}
