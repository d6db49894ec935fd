//! Policy rules, the tables that they name, and routes with several ways.

use super::mistake;
use crate::address::Family;
use crate::topology::{HostSpec, Topology};

fn host(configure: impl FnOnce(HostSpec) -> HostSpec) -> Topology {
    Topology::new()
        .bridge("br0", ())
        .bridge("br1", ())
        .host("a", |h| {
            configure(
                h.attach("br0", ["10.0.0.1/24", "fd00::1/64"])
                    .attach("br1", ["10.1.0.1/24", "fd01::1/64"]),
            )
        })
}

/// The script's lines about the host's routes and rules.
fn lines(topology: &Topology) -> Vec<String> {
    let plan = topology.plan().unwrap().to_string();
    let found = plan
        .lines()
        .filter(|it| it.contains(" route add ") || it.contains(" rule add "));
    let found = found.filter_map(|it| it.strip_prefix("ip -netns a "));
    found.map(str::to_owned).collect()
}

#[test]
fn a_rule_has_the_family_of_its_addresses_or_both() {
    let topology = host(|h| {
        h.rule(|r| {
            r.from("10.0.0.0/24")
                .to("192.0.2.1")
                .iif("eth0")
                .table(100)
                .priority(7)
        })
        .rule(|r| r.to("fd09::/64").oif("lo").table(1000))
        .rule(|r| r.fwmark(7).table(254))
    });
    let expected = [
        "rule add from 10.0.0.0/24 to 192.0.2.1/32 iif eth0 table 100 priority 7",
        "-6 rule add from all to fd09::/64 oif lo table 1000",
        "rule add from all fwmark 7 table 254",
        "-6 rule add from all fwmark 7 table 254",
    ];
    assert_eq!(lines(&topology), expected);
    let ipv4 = [expected[0], expected[2]];
    assert_eq!(lines(&topology.clone().only(Family::V4)), ipv4);
    let ipv6 = [expected[1], expected[3]];
    assert_eq!(lines(&topology.only(Family::V6)), ipv6);
}

#[test]
fn rules_that_say_nothing_or_nonsense() {
    let what = "rule of node `a`";
    assert_eq!(
        mistake(&host(|h| h.rule(|r| r.from("10.0.0.1")))),
        format!(
            "[rule(]: {what}: nothing says by which table packets are routed: add `.table(..)`, a number from 1"
        )
    );
    assert!(
        mistake(&host(|h| h.rule(|r| r.table(0)))).contains("add `.table(..)`, a number from 1")
    );
    assert_eq!(
        mistake(&host(|h| h.rule(|r| r.from("10.0.0.1/24").table(1)))),
        format!(
            r#"[from("10.0.0.1/24"]: {what}: 10.0.0.1/24 has host bits set, the subnet is 10.0.0.0/24"#
        )
    );
    assert_eq!(
        mistake(&host(
            |h| h.rule(|r| r.from("10.0.0.0/24").to("fd00::/64").table(1))
        )),
        format!("[rule(]: {what}: its two subnets are of different families")
    );
    assert_eq!(
        mistake(&host(|h| h.rule(|r| r.oif("eth7").table(1)))),
        format!(r#"[oif("eth7"]: {what}: no interface is called `eth7` (known: eth0, eth1, lo)"#)
    );
    assert!(
        mistake(&host(|h| h.rule(|r| r.to("office").table(1))))
            .contains("`office` is not an IP address")
    );
}

#[test]
fn each_table_has_its_own_routes() {
    let topology = host(|h| {
        h.default_route("10.0.0.254")
            .route_with("default", |r| r.via("10.1.0.254").table(100))
            .route_with("10.0.0.0/24", |r| r.device("eth0").table(100))
            .route_with("default", |r| r.blackhole().metric(9).table(100))
            .route_with("192.0.2.0/24", |r| r.via("10.0.0.253").table(254))
    });
    assert_eq!(
        lines(&topology),
        [
            "route add unicast default via 10.0.0.254 dev eth0",
            "route add unicast default via 10.1.0.254 dev eth1 table 100",
            "route add unicast 10.0.0.0/24 dev eth0 table 100",
            "route add blackhole default metric 9 table 100",
            "route add unicast 192.0.2.0/24 via 10.0.0.253 dev eth0",
        ]
    );
    let none = host(|h| h.route_with("default", |r| r.via("10.0.0.254").table(0)));
    assert!(mistake(&none).ends_with("table 0 is none: tables have numbers from 1"));
    let twice = host(|h| {
        let h = h.route_with("default", |r| r.via("10.0.0.254").table(7));
        h.route_with("default", |r| r.via("10.1.0.254").table(7))
    });
    assert!(mistake(&twice).contains("there is one already"));
}

#[test]
fn a_route_can_have_several_ways() {
    let topology = host(|h| {
        h.route_with("default", |r| {
            r.next_hop("10.0.0.254", 1).next_hop("10.1.0.254", 256)
        })
        .route_with("::/0", |r| {
            r.next_hop("fd00::fe", 1)
                .next_hop("fd01::fe", 2)
                .metric(5)
                .table(9)
        })
    });
    assert_eq!(
        lines(&topology),
        [
            "route add unicast default nexthop via 10.0.0.254 dev eth0 weight 1 nexthop via 10.1.0.254 dev eth1 weight 256",
            "route add unicast default metric 5 table 9 nexthop via fd00::fe dev eth0 weight 1 nexthop via fd01::fe dev eth1 weight 2",
        ]
    );
}

#[test]
fn next_hops_that_make_no_sense() {
    let route = |hop: &'static str, weight| {
        host(move |h| {
            h.route_with("default", |r| {
                r.next_hop("10.0.0.254", 1).next_hop(hop, weight)
            })
        })
    };
    let what = "route `default` of node `a`";
    assert_eq!(
        mistake(&route("10.1.0.254", 0)),
        format!(
            "[next_hop(hop, weight]: {what}: next hop 10.1.0.254 has the weight 0, it takes 1 to 256"
        )
    );
    assert!(mistake(&route("10.1.0.254", 257)).ends_with("has the weight 257, it takes 1 to 256"));
    assert!(mistake(&route("10.1.0.1", 1)).contains("gateway 10.1.0.1 is the node's own address"));
    assert!(mistake(&route("fd00::fe", 1)).contains("of different families"));
    assert!(
        mistake(&route("192.0.2.1", 1)).contains("gateway 192.0.2.1 is on no subnet of the node")
    );
    let both = host(|h| h.route_with("default", |r| r.via("10.0.0.254").next_hop("10.1.0.254", 1)));
    assert!(mistake(&both).ends_with(
        "a route with next hops has no other way: leave `.via(..)`, `.device(..)`, `.blackhole()` and the like out"
    ));
}

/// What is in another table is asked by rules only, and hides no computed route.
#[test]
fn a_route_of_another_table_covers_nothing() {
    let topology = Topology::lan(["a"])
        .segment("far", ())
        .router("r", |r| r.join("lan").join("far"))
        .host("b", |h| {
            h.join("lan")
                .route_with("default", |r| r.blackhole().table(7))
        });
    let plan = topology.plan().unwrap().to_string();
    assert!(plan.contains("ip -netns b route add unicast default via 10.1.0.2 dev eth0"));
}
