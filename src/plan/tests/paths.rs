//! Which routes are computed, and which are not.

use super::mistake;
use crate::topology::{Mistake, Topology};

/// `left` and `right` of a router, both families.
fn pair() -> Topology {
    Topology::new()
        .segment("left", ["10.1.0.0/24", "fd01::/64"])
        .segment("right", ["10.2.0.0/24", "fd02::/64"])
        .router("r", |r| {
            r.attach("left", ["10.1.0.254/24", "fd01::fe/64"])
                .attach("right", ["10.2.0.254/24", "fd02::fe/64"])
        })
        .host("a", |h| h.join("left"))
        .host("b", |h| h.join("right"))
}

/// What the script has of a node's routes.
#[track_caller]
fn routes(topology: &Topology, node: &str) -> Vec<String> {
    let plan = topology.plan().unwrap().to_string();
    let command = match node {
        "root" => "ip route add unicast ".to_owned(),
        node => format!("ip -netns {node} route add unicast "),
    };
    let found = plan.lines().filter_map(|line| line.strip_prefix(&command));
    found.map(str::to_owned).collect()
}

#[test]
fn without_a_router_nothing_is_computed() {
    let topology = Topology::new()
        .segment("left", ())
        .segment("right", ())
        .host("between", |h| h.join("left").join("right"))
        .host("a", |h| h.join("left"));
    assert_eq!(routes(&topology, "a"), [""; 0]);
    assert_eq!(routes(&pair().bare(), "a"), [""; 0]);
}

#[test]
fn a_host_with_one_gateway_has_a_default_route() {
    let expected = [
        "default via 10.1.0.254 dev eth0",
        "default via fd01::fe dev eth0",
    ];
    assert_eq!(routes(&pair(), "a"), expected);
    assert_eq!(routes(&pair(), "r"), [""; 0]);
    assert_eq!(routes(&pair(), "root"), [""; 0]);
}

/// Three routers in a row; the lans between them have no hosts.
fn row() -> Topology {
    let mut topology = Topology::new();
    for lan in 1..=4 {
        topology = topology.segment(format!("lan{lan}"), format!("10.{lan}.0.0/24"));
    }
    for router in 1..=3 {
        topology = topology.router(format!("r{router}"), |r| {
            r.join(format!("lan{router}"))
                .join(format!("lan{}", router + 1))
        });
    }
    topology
        .host("a", |h| h.join("lan1"))
        .host("b", |h| h.join("lan4"))
}

#[test]
fn routers_have_a_route_for_each_subnet() {
    assert_eq!(
        routes(&row(), "r1"),
        [
            "10.3.0.0/24 via 10.2.0.2 dev eth1",
            "10.4.0.0/24 via 10.2.0.2 dev eth1"
        ]
    );
    assert_eq!(
        routes(&row(), "r2"),
        [
            "10.1.0.0/24 via 10.2.0.1 dev eth0",
            "10.4.0.0/24 via 10.3.0.3 dev eth1"
        ]
    );
    assert_eq!(routes(&row(), "b"), ["default via 10.4.0.3 dev eth0"]);
}

#[test]
fn of_two_ways_the_shorter_is_taken_and_else_that_of_the_first_router() {
    let near = row().router("shortcut", |r| r.join("lan1").join("lan4"));
    assert_eq!(
        routes(&near, "a"),
        [
            "10.2.0.0/24 via 10.1.0.1 dev eth0",
            "10.3.0.0/24 via 10.1.0.1 dev eth0",
            "10.4.0.0/24 via 10.1.0.6 dev eth0"
        ]
    );
    let twins = pair().router("later", |r| r.join("left").join("right"));
    assert_eq!(routes(&twins, "a"), routes(&pair(), "a"));
}

#[test]
fn the_root_is_a_router_if_asked() {
    let topology = Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .bridge("br1", "10.0.1.254/24")
        .host("a", |h| h.join("br0"))
        .host("b", |h| h.join("br1"));
    assert_eq!(routes(&topology, "a"), [""; 0]);
    let topology = topology.root(|root| root.forward());
    assert_eq!(routes(&topology, "a"), ["default via 10.0.0.254 dev eth0"]);
}

#[test]
fn an_explicit_route_stands_for_all_that_it_covers() {
    let with = |destination: &'static str, gateway: &'static str| {
        row()
            .router("r4", |r| r.join("lan1").join("lan4"))
            .host("c", |h| h.join("lan1").route(destination, gateway))
    };
    assert_eq!(
        routes(&with("10.2.0.0/15", "10.1.0.9"), "c"),
        [
            "10.2.0.0/15 via 10.1.0.9 dev eth0",
            "default via 10.1.0.6 dev eth0"
        ]
    );
    assert_eq!(
        routes(&with("default", "10.1.0.9"), "c"),
        ["default via 10.1.0.9 dev eth0"]
    );
    // It leads to a part of a lan: the others are still to be found.
    assert_eq!(routes(&with("10.4.0.5/32", "10.1.0.1"), "c").len(), 4);
}

#[test]
fn nodes_and_subnets_can_be_left_out() {
    let manual = pair().host("c", |h| h.join("left").manual_routes());
    assert_eq!(routes(&manual, "c"), [""; 0]);
    assert_eq!(routes(&manual, "a").len(), 2);
    let one = row().unrouted("10.3.0.0/24");
    assert_eq!(
        routes(&one, "a"),
        [
            "10.2.0.0/24 via 10.1.0.1 dev eth0",
            "10.4.0.0/24 via 10.1.0.1 dev eth0"
        ]
    );
    let more = row().unrouted("10.2.0.0/15");
    assert_eq!(routes(&more, "a"), ["10.4.0.0/24 via 10.1.0.1 dev eth0"]);
    assert_eq!(
        routes(&more, "r1"),
        routes(&more, "a")
            .iter()
            .map(|it| { it.replace("10.1.0.1 dev eth0", "10.2.0.2 dev eth1") })
            .collect::<Vec<_>>()
    );
}

#[test]
fn an_unrouted_subnet_that_is_not_there() {
    assert_eq!(
        mistake(&row().unrouted("192.0.2.0/24")),
        r#"[unrouted("192.0.2.0/24"]: unrouted subnet `192.0.2.0/24`: no node has an address in it (known: 10.1.0.0/24, 10.2.0.0/24, 10.3.0.0/24, 10.4.0.0/24)"#
    );
    let text = mistake(&row().unrouted("lan3"));
    assert!(text.contains("`lan3` is not an IP address"), "{text}");
    // Another family's subnet is there, too, when both are.
    let one = row().unrouted("fd01::/64").only(crate::Family::V4);
    assert!(one.plan().is_ok());
}

#[test]
fn point_to_point_links_lead_on() {
    let topology = Topology::new()
        .segment("lan", ["10.1.0.0/24", "fd01::/64"])
        .router("r1", |r| r.join("lan"))
        .router("r2", |r| r)
        .host("far", |h| h)
        .link(
            ("r1", ["192.0.2.0/31", "fd00::/127"]),
            ("r2", ["192.0.2.1/31", "fd00::1/127"]),
        )
        .link(
            ("r2", ["192.0.2.2/31", "fd00::2/127"]),
            ("far", ["192.0.2.3/31", "fd00::3/127"]),
        );
    assert_eq!(
        routes(&topology, "r2"),
        [
            "10.1.0.0/24 via 192.0.2.0 dev eth0",
            "fd01::/64 via fd00:: dev eth0"
        ]
    );
    assert_eq!(
        routes(&topology, "far"),
        [
            "default via 192.0.2.2 dev eth0",
            "default via fd00::2 dev eth0"
        ]
    );
}

/// A router with another family only, or in another subnet of the same lan, is no gateway.
#[test]
fn a_gateway_has_an_address_in_the_nodes_own_subnet() {
    let topology = pair()
        .host("other", |h| h.attach("left", "10.7.0.1/24"))
        .host("new", |h| h.attach("left", "fd01::9/64"));
    assert_eq!(routes(&topology, "other"), [""; 0]);
    assert_eq!(routes(&topology, "new"), ["default via fd01::fe dev eth0"]);
    // Where nobody forwards to it, nobody has a route to it.
    assert!(
        !topology
            .plan()
            .unwrap()
            .to_string()
            .contains("add unicast 10.7")
    );
}

#[test]
fn a_link_without_addresses_leads_nowhere() {
    let topology = pair()
        .router("island", |r| r.attach("right", ()))
        .link(("island", ()), ("a", ()));
    assert_eq!(routes(&topology, "island"), [""; 0]);
    assert_eq!(routes(&topology, "a"), routes(&pair(), "a"));
}

/// What the kernel refuses as a gateway is none, even where it was given to a router on purpose.
#[test]
fn broken_routers_are_no_gateways() {
    let topology = Topology::new()
        .segment("left", "10.1.0.0/24")
        .segment("right", "10.2.0.0/24")
        .router("r", |r| r.attach("left", "10.1.0.255/24").join("right"))
        .router("s", |r| r.attach("left", "10.1.0.0/24").join("right"))
        .router("t", |r| r.attach("left", "10.1.0.9/24").join("right"))
        .host("a", |h| h.attach("left", "10.1.0.9/24"))
        .allow(Mistake::BroadcastAddress)
        .allow(Mistake::NetworkAddress)
        .allow(Mistake::DuplicateAddress);
    assert_eq!(routes(&topology, "a"), [""; 0]);
}

/// The kernel takes no IPv6 addresses on a link with a small MTU, so that no route leads over it.
#[test]
fn a_link_that_is_too_small_for_ipv6_has_no_ipv6_routes() {
    let topology = pair()
        .host("small", |h| h.attach_with("left", |i| i.mtu(600)))
        .allow(Mistake::SmallMtu);
    assert_eq!(
        routes(&topology, "small"),
        ["default via 10.1.0.254 dev eth0"]
    );
}

#[test]
fn a_subnet_in_two_places_is_looked_for_in_the_nearer() {
    let topology = Topology::new()
        .segment("here", "10.9.0.0/24")
        .segment("there", "10.9.0.0/24")
        .segment("lan", "10.1.0.0/24")
        .router("far", |r| r.join("there").attach("lan", "10.1.0.1/24"))
        .router("near", |r| r.join("here").attach("lan", "10.1.0.2/24"))
        .host("a", |h| h.join("lan"))
        .host("b", |h| h.attach("here", "10.9.0.77/24"));
    // Both are one router away: the first.
    assert_eq!(routes(&topology, "a"), ["default via 10.1.0.1 dev eth0"]);
    assert_eq!(routes(&topology, "near"), [""; 0]);
    assert_eq!(routes(&topology, "b"), ["default via 10.9.0.2 dev eth0"]);
}
