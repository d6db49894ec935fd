//! Routes: what the kernel would refuse, and what is decided.

use super::{allowable, mistake};
use crate::topology::{HostSpec, Mistake, RouteSpec, Topology};

/// A host with two interfaces, and the routes that a test is about.
fn two_legs(routes: impl FnOnce(HostSpec) -> HostSpec) -> Topology {
    Topology::new()
        .bridge("br0", ())
        .bridge("br1", ())
        .host("a", |h| {
            routes(
                h.attach("br0", ["10.0.0.1/24", "fd00::1/64"])
                    .attach("br1", "10.1.0.1/24"),
            )
        })
}

fn one_route(destination: &str, configure: impl FnOnce(RouteSpec) -> RouteSpec) -> Topology {
    two_legs(|h| h.route_with(destination, configure))
}

fn printed(topology: &Topology) -> Vec<String> {
    let plan = topology.plan().unwrap();
    plan.nodes[1]
        .routes
        .iter()
        .map(|route| route.to_string())
        .collect()
}

#[test]
fn a_gateway_on_no_subnet() {
    let topology = two_legs(|h| h.default_route("192.0.2.1"));
    assert_eq!(
        allowable(&topology, Mistake::GatewayOffSubnet),
        r#"[default_route("192.0.2.1"]: route `default` of node `a`: gateway 192.0.2.1 is on no subnet of the node (10.0.0.0/24, fd00::/64, 10.1.0.0/24)"#
    );
    // The kernel may know a way, so that no interface is forced on it.
    assert_eq!(
        printed(&topology.allow(Mistake::GatewayOffSubnet)),
        ["unicast default via 192.0.2.1"]
    );
    let bare = Topology::new().host("a", |h| h.default_route("192.0.2.1"));
    assert_eq!(
        allowable(&bare, Mistake::GatewayOffSubnet),
        r#"[default_route("192.0.2.1"]: route `default` of node `a`: gateway 192.0.2.1 is on no subnet of the node, it has no addresses"#
    );
}

/// IPv4's 169.254.0.0/16 is a subnet like others to the kernel.
#[test]
fn an_ipv4_link_local_gateway_is_on_no_subnet_either() {
    let topology = Topology::lan(["a", "b"]).merge(Topology::new().host("c", |h| {
        h.attach("lan", "10.1.0.9/16").default_route("169.254.0.1")
    }));
    assert!(allowable(&topology, Mistake::GatewayOffSubnet).ends_with("(10.1.0.0/16)"));
}

#[test]
fn a_gateway_that_is_not_behind_the_named_interface() {
    let topology = one_route("default", |r| r.via("10.0.0.9").device("eth1"));
    assert_eq!(
        allowable(&topology, Mistake::GatewayOffSubnet),
        r#"[via("10.0.0.9"]: route `default` of node `a`: gateway 10.0.0.9 is on no subnet of interface `eth1` (10.1.0.0/24)"#
    );
}

#[test]
fn onlink_and_link_local_gateways_need_no_subnet() {
    for (topology, expected) in [
        (
            one_route("default", |r| r.via("192.0.2.1").device("eth1").onlink()),
            "unicast default via 192.0.2.1 dev eth1 onlink",
        ),
        (
            // The subnet tells the interface, `onlink` or not.
            one_route("default", |r| r.via("10.1.0.9").onlink()),
            "unicast default via 10.1.0.9 dev eth1 onlink",
        ),
        (
            one_route("default", |r| r.via("fe80::1").device("eth1")),
            "unicast default via fe80::1 dev eth1",
        ),
        (
            // As clouds do it: a route to the gateway first.
            two_legs(|h| {
                h.route_with("192.0.2.1", |r| r.device("eth1"))
                    .default_route("192.0.2.1")
            }),
            "unicast default via 192.0.2.1 dev eth1",
        ),
    ] {
        assert_eq!(printed(&topology).last().unwrap(), expected);
    }
}

#[test]
fn a_link_local_gateway_that_could_be_anywhere() {
    let topology = two_legs(|h| h.default_route("fe80::1"));
    assert_eq!(
        mistake(&topology),
        r#"[default_route("fe80::1"]: route `default` of node `a`: gateway fe80::1 could be behind any interface: name it with `.device(..)`"#
    );
    let nowhere = Topology::new().host("a", |h| h.default_route("fe80::1"));
    assert_eq!(
        mistake(&nowhere),
        r#"[default_route("fe80::1"]: route `default` of node `a`: nothing leads to gateway fe80::1: the node has no interface"#
    );
}

#[test]
fn a_gateway_that_the_kernel_would_call_invalid() {
    for (gateway, cause) in [
        (
            "10.0.0.1",
            "gateway 10.0.0.1 is the node's own address, on interface `eth0`",
        ),
        (
            "10.0.0.255",
            "gateway 10.0.0.255 is the broadcast address of interface `eth0`",
        ),
        ("224.0.0.1", "gateway 224.0.0.1 is no host's address"),
        ("0.0.0.0", "gateway 0.0.0.0 is no host's address"),
        ("gw", "`gw` is not an IP address"),
    ] {
        assert_eq!(
            mistake(&two_legs(|h| h.default_route(gateway))),
            format!("[default_route(gateway]: route `default` of node `a`: {cause}")
        );
    }
}

#[test]
fn a_route_that_leads_nowhere_or_to_two_places() {
    assert_eq!(
        mistake(&one_route("192.0.2.0/24", |r| r)),
        "[route_with(destination, configure]: route `192.0.2.0/24` of node `a`: nothing says where to: add `.via(..)`, `.device(..)`, `.blackhole()` or the like"
    );
    assert_eq!(
        mistake(&one_route("192.0.2.0/24", |r| r
            .via("10.0.0.9")
            .blackhole())),
        "[route_with(destination, configure]: route `192.0.2.0/24` of node `a`: a route that refuses packets has no gateway or interface"
    );
    assert_eq!(
        mistake(&one_route("192.0.2.0/24", |r| r.device("eth0").onlink())),
        "[route_with(destination, configure]: route `192.0.2.0/24` of node `a`: `.onlink()` is about a gateway, and there is none: add `.via(..)`"
    );
    assert_eq!(
        mistake(&one_route("192.0.2.0/24", |r| r.device("wan0"))),
        r#"[device("wan0"]: route `192.0.2.0/24` of node `a`: no interface is called `wan0` (known: eth0, eth1)"#
    );
}

#[test]
fn a_destination_that_makes_no_sense() {
    for (destination, cause) in [
        (
            "10.9.0.1/16",
            "10.9.0.1/16 has host bits set, the subnet is 10.9.0.0/16",
        ),
        (
            "10.9.0.0/33",
            "the prefix length 33 is out of range (0 to 32 for IPv4)",
        ),
        ("office", "`office` is not an IP address"),
        (
            "fd09::/64",
            "destination, gateway and source are of different families",
        ),
    ] {
        assert_eq!(
            mistake(&two_legs(|h| h.route(destination, "10.0.0.9"))),
            format!(
                "[route(destination, \"10.0.0.9\"]: route `{destination}` of node `a`: {cause}"
            )
        );
    }
}

#[test]
fn a_source_that_is_not_the_nodes_own_or_of_another_family() {
    assert_eq!(
        mistake(&one_route("default", |r| r
            .via("10.0.0.9")
            .source("10.0.0.2"))),
        r#"[source("10.0.0.2"]: route `default` of node `a`: the source 10.0.0.2 is none of the node's addresses"#
    );
    for mixed in [
        one_route("default", |r| r.via("10.0.0.9").source("fd00::1")),
        one_route("10.9.0.0/16", |r| r.via("10.0.0.9").source("fd00::1")),
    ] {
        assert!(
            mistake(&mixed).ends_with("destination, gateway and source are of different families")
        );
    }
}

/// The kernel takes one route for each destination and metric and says "File exists" to the second.
#[test]
fn two_routes_to_one_destination_need_two_metrics() {
    let twice = two_legs(|h| h.default_route("10.0.0.9").default_route("10.1.0.9"));
    assert_eq!(
        mistake(&twice),
        r#"[default_route("10.1.0.9"]: route `default` of node `a`: there is one already, from [default_route("10.0.0.9"]: give one of them another `.metric(..)`"#
    );
    let both = two_legs(|h| {
        h.default_route("10.0.0.9")
            .route_with("default", |r| r.via("10.1.0.9").metric(5))
    });
    assert_eq!(printed(&both).len(), 2);
    let families = two_legs(|h| h.default_route("10.0.0.9").default_route("fd00::9"));
    assert_eq!(printed(&families).len(), 2);
    let ipv6 = two_legs(|h| {
        h.route("fd09::/64", "fd00::9")
            .route_with("fd09::/64", |r| r.via("fd00::8").metric(1024))
    });
    assert!(
        mistake(&ipv6).contains("there is one already, from [route(\"fd09::/64\", \"fd00::9\"]")
    );
}

#[test]
fn a_route_that_the_kernel_adds_itself() {
    let again = two_legs(|h| h.route("10.1.0.0/24", "10.0.0.9"));
    assert_eq!(
        mistake(&again),
        r#"[route("10.1.0.0/24", "10.0.0.9"]: route `10.1.0.0/24` of node `a`: the kernel adds this one itself, with the address of interface `eth1`: give yours another `.metric(..)`"#
    );
    // IPv6's own routes have another metric than those of people.
    assert!(two_legs(|h| h.route("fd00::/64", "fd00::9")).plan().is_ok());
}

/// Bare raises nothing; only a live host can have routes then.
#[test]
fn a_bare_topology_with_a_route() {
    let topology = two_legs(|h| h.default_route("10.0.0.9")).bare();
    assert_eq!(
        mistake(&topology),
        r#"[default_route("10.0.0.9"]: route `default` of node `a`: a route needs a link that is up, and a bare topology raises none: add it to the live host"#
    );
}

#[test]
fn every_kind_of_route_prints_as_it_is_typed() {
    for (topology, expected) in [
        (
            one_route("10.9.0.0/16", |r| {
                r.via("10.0.0.9").metric(100).source("10.0.0.1")
            }),
            "unicast 10.9.0.0/16 via 10.0.0.9 dev eth0 metric 100 src 10.0.0.1",
        ),
        (
            two_legs(|h| h.blackhole("10.9.0.0/16")),
            "blackhole 10.9.0.0/16",
        ),
        (
            one_route("fd09::/64", |r| r.unreachable()),
            "unreachable fd09::/64",
        ),
        (
            one_route("192.0.2.7", |r| r.prohibit().metric(7)),
            "prohibit 192.0.2.7/32 metric 7",
        ),
        (
            two_legs(|h| h.default_route("fd00::9")),
            "unicast default via fd00::9 dev eth0",
        ),
        (
            one_route("::/0", |r| r.device("eth1")),
            "unicast ::/0 dev eth1",
        ),
        (
            one_route("default", |r| r.device("eth1")),
            "unicast default dev eth1",
        ),
    ] {
        assert_eq!(printed(&topology), [expected]);
    }
}
