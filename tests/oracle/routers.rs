//! Routers, computed routes, policy rules and routes with several ways: built as their script says, and shown as `ip` shows them.

use netns_test::{Family, Host, Network, TestResult, Topology, netns_test};

use crate::compare::{assert_same, everybody, in_host};

/// A square of routers, a cable across, and hosts at the corners; one of them has two uplinks and says what goes where.
fn routed() -> Topology {
    let mut topology = Topology::new();
    for side in ["north", "east", "south", "west"] {
        topology = topology.segment(side, ());
    }
    for (router, sides) in [
        ("ne", ["north", "east"]),
        ("se", ["east", "south"]),
        ("sw", ["south", "west"]),
        ("nw", ["west", "north"]),
    ] {
        topology = topology.router(router, |r| r.join(sides[0]).join(sides[1]));
    }
    topology
        .link("ne", "sw")
        .host("a", |h| h.join("north"))
        .host("b", |h| h.join("south").manual_routes())
        .host("c", |h| {
            h.attach("north", ["10.1.0.99/16", "fd00:1::99/64"])
                .attach("south", ["10.3.0.99/16", "fd00:3::99/64"])
                .route_with("default", |r| {
                    r.next_hop("10.1.0.1", 1).next_hop("10.3.0.2", 200)
                })
                .route_with("fd99::/64", |r| {
                    r.next_hop("fd00:1::1", 2)
                        .next_hop("fd00:3::2", 1)
                        .metric(5)
                })
                .route_with("default", |r| r.via("10.3.0.2").table(100))
                .route_with("::/0", |r| r.via("fd00:3::2").table(1000))
                .route_with("192.0.2.0/24", |r| r.unreachable().table(100))
                .rule(|r| r.from("10.3.0.0/16").table(100).priority(500))
                .rule(|r| r.to("fd00:2::7").iif("eth0").fwmark(7).table(1000))
                .rule(|r| r.fwmark(0xff).oif("eth1").table(100))
        })
        .unrouted("10.4.0.0/16")
        .root(|root| root.join("west").forward())
}

#[netns_test]
fn a_routed_network_is_built_as_its_script_says() {
    assert_same(&routed());
    assert_same(&routed().realistic());
    for family in [Family::V4, Family::V6] {
        assert_same(&routed().only(family));
    }
}

fn shown(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

fn assert_rules_print(host: Host<'_>) -> TestResult {
    let (ipv4, ipv6) = (in_host(host, "ip rule"), in_host(host, "ip -6 rule"));
    assert_eq!(host.policy_rules()?.to_string(), shown(&ipv4).join("\n"));
    assert_eq!(
        host.policy_rules_ipv6()?.to_string(),
        shown(&ipv6).join("\n")
    );
    Ok(())
}

#[netns_test(topology = routed())]
fn rules_print_as_ip_rule_does(net: &Network) -> TestResult {
    everybody(net).try_for_each(assert_rules_print)?;
    let c = net.host("c");
    for rule in [
        "from 10.0.0.0/24 to 10.2.0.1 iif gone fwmark 7 table 100",
        "oif gone fwmark 0x10/0xff table 1000 priority 99",
        "fwmark 0/0xff table 5",
        "not from 10.0.0.1 lookup main suppress_prefixlength 0",
        "from 10.9.0.0/16 prohibit",
        "to 10.9.0.0/16 unreachable",
        "iif lo blackhole",
        "from 10.1.1.1 goto 32766",
        "from 10.1.1.2 nop",
        "table local",
        "table default",
    ] {
        in_host(c, &format!("ip rule add {rule}"));
    }
    in_host(c, "ip -6 rule add from fd00::/64 table 300");
    assert_rules_print(c)
}

/// `ip` leaves out the name of the table that it is asked for.
#[netns_test(topology = routed())]
fn tables_print_as_ip_route_does(net: &Network) -> TestResult {
    for host in everybody(net) {
        let [ipv4, ipv6] = ["ip -4 route", "ip -6 route"].map(|command| in_host(host, command));
        let ours = host.routes_of_table(254)?.to_string();
        assert_eq!(ours, shown(&[ipv4, ipv6].concat()).join("\n"));
    }
    let c = net.host("c");
    for (table, family) in [(100, 4), (1000, 6)] {
        let theirs = in_host(c, &format!("ip -{family} route show table {table}"));
        let ours = c.routes_of_table(table)?.to_string();
        let ours = ours.replace(&format!(" table {table}"), "");
        assert_eq!(ours, shown(&theirs).join("\n"));
    }
    assert_eq!(c.routes_of_table(100)?.len(), 2);
    Ok(())
}
