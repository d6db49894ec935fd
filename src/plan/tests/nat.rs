//! Translation of addresses: what makes no sense, and what others know of whom.

use std::time::Duration;

use super::{mistake, refusal};
use crate::address::Family;
use crate::topology::{HostSpec, NatKind, NatSpec, Topology};

/// A router between a home and the internet, and a web server in the home.
fn home(configure: impl FnOnce(NatSpec) -> NatSpec) -> Topology {
    towards("internet", configure)
}

#[track_caller]
fn towards(name: &str, configure: impl FnOnce(NatSpec) -> NatSpec) -> Topology {
    Topology::new()
        .segment("home", ["192.168.0.0/24", "fd00:1::/64"])
        .segment("internet", ["203.0.113.0/24", "2001:db8::/64"])
        .host("web", |h| h.join("home"))
        .host("server", |h| h.join("internet"))
        .router("box", |r| {
            r.join("home").join("internet").nat(name, configure)
        })
}

fn routes(topology: &Topology, node: &str) -> Vec<String> {
    let plan = topology.plan().unwrap();
    let node = plan.nodes.iter().find(|it| it.name == node).unwrap();
    node.routes.iter().map(ToString::to_string).collect()
}

#[test]
fn an_interface_is_meant_by_its_name_or_by_what_is_behind_it() {
    let by_name = towards("eth1", |n| n).plan().unwrap();
    assert_eq!(by_name, towards("internet", |n| n).plan().unwrap());
    let linked = |toward: &str| {
        Topology::new()
            .router("box", |r| r.nat(toward, |n| n))
            .host("isp", |h| h)
            .link("box", "isp")
            .plan()
            .unwrap()
    };
    assert_eq!(linked("isp"), linked("eth0"));
    let text = mistake(&towards("lan", |n| n));
    assert!(text.ends_with(
        "NAT of node `box` towards `lan`: no interface is called so or leads there \
         (known: `eth0` to segment `home`, `eth1` to segment `internet`)"
    ));
    let twice = Topology::new()
        .segment("net", ())
        .router("box", |r| r.join("net").join("net").nat("net", |n| n));
    assert!(refusal(&twice).contains("several of its interfaces lead to `net`: name one of them"));
}

#[test]
fn a_node_that_does_not_forward() {
    let topology = Topology::new()
        .segment("net", ())
        .host("box", |h| h.join("net").nat("net", |n| n));
    assert_eq!(
        mistake(&topology),
        r#"[nat("net"]: NAT of node `box` towards `net`: it does not forward: make it a `router(..)`, or say `.forward()` of the root"#
    );
}

#[test]
fn nothing_to_leave_with() {
    let topology = Topology::new()
        .segment("net", "fd00::/64")
        .router("box", |r| r.join("net").nat("net", |n| n));
    assert!(mistake(&topology).ends_with(
        "interface `eth0` has no IPv4 address that packets could leave with (`.ipv6()` translates IPv6)"
    ));
    // In the network of the other family it is a part that is left out.
    assert!(topology.only(Family::V6).plan().is_ok());
}

#[test]
fn forwarded_ports_that_lead_nowhere() {
    let cause = |configure: fn(NatSpec) -> NatSpec| {
        let text = mistake(&home(configure));
        text.replace("NAT of node `box` towards `internet`: ", "")
    };
    assert_eq!(
        cause(|n| n.forward_tcp(80, "wbe:80")),
        r#"[forward_tcp(80, "wbe:80"]: no node is called `wbe` (known: root, web, server, box)"#
    );
    assert_eq!(
        cause(|n| n.forward_tcp(80, "web")),
        r#"[forward_tcp(80, "web"]: `web` is no target: write `10.0.0.2:80`, `[fd00::2]:80`, or a node and a port, `web:80`"#
    );
    assert_eq!(
        cause(|n| n.forward_udp(0, "web:80")),
        r#"[forward_udp(0, "web:80"]: UDP port 0 is nobody's: ports begin at 1"#
    );
    assert_eq!(
        cause(|n| n.forward_tcp(80, "192.168.0.1:0")),
        r#"[forward_tcp(80, "192.168.0.1:0"]: TCP port 0 is nobody's: ports begin at 1"#
    );
    assert_eq!(
        cause(|n| n.forward_tcp(80, "10.9.9.9:80")),
        r#"[forward_tcp(80, "10.9.9.9:80"]: 10.9.9.9 is on no subnet behind the router (192.168.0.0/24, fd00:1::/64)"#
    );
    assert_eq!(
        cause(|n| n.forward_tcp(80, "server:80")),
        r#"[forward_tcp(80, "server:80"]: node `server` has no address behind the router in a family that is translated"#
    );
    assert_eq!(
        cause(|n| n.forward_tcp(80, "web:80").forward_tcp(80, "web:81")),
        r#"[forward_tcp(80, "web:81"]: TCP port 80 leads to 192.168.0.1:80 already"#
    );
    assert!(
        home(|n| n.forward_tcp(80, "web:80").forward_udp(80, "web:81"))
            .plan()
            .is_ok()
    );
}

#[test]
fn addresses_and_prefixes_that_nobody_could_have() {
    let cause = |configure: fn(NatSpec) -> NatSpec| {
        let text = mistake(&home(configure));
        text.replace("NAT of node `box` towards `internet`: ", "")
    };
    assert_eq!(
        cause(|n| n.address("198.51.100.1")),
        r#"[address("198.51.100.1"]: 198.51.100.1 is on no subnet of interface `eth1` (203.0.113.0/24, 2001:db8::/64)"#
    );
    assert_eq!(
        cause(|n| n.address("outside")),
        r#"[address("outside"]: `outside` is not an IP address"#
    );
    assert_eq!(
        cause(|n| n.address("203.0.113.7").address("203.0.113.8")),
        r#"[address("203.0.113.8"]: packets cannot leave with two addresses: `.address(..)` is said twice"#
    );
    assert_eq!(
        cause(|n| n.one_to_one("203.0.113.7", "fd00:1::1")),
        r#"[one_to_one("203.0.113.7", "fd00:1::1"]: 203.0.113.7 and fd00:1::1 are of different families"#
    );
    assert_eq!(
        cause(|n| n
            .one_to_one("203.0.113.7", "192.168.0.1")
            .one_to_one("203.0.113.8", "192.168.0.1")),
        r#"[one_to_one("203.0.113.8", "192.168.0.1"]: 192.168.0.1 has the outside address 203.0.113.7 already"#
    );
    assert_eq!(
        cause(|n| n.prefix("203.0.113.0/24", "192.168.0.0/24")),
        r#"[prefix("203.0.113.0/24", "192.168.0.0/24"]: prefixes are translated for IPv6 alone: IPv4 has `.one_to_one(..)`"#
    );
    assert_eq!(
        cause(|n| n.prefix("2001:db8:1::/60", "fd00:1::/64")),
        r#"[prefix("2001:db8:1::/60", "fd00:1::/64"]: 2001:db8:1::/60 and fd00:1::/64 have different prefix lengths"#
    );
    assert_eq!(
        cause(|n| n.inside("192.168.0.1/24")),
        r#"[inside("192.168.0.1/24"]: 192.168.0.1/24 has host bits set, the subnet is 192.168.0.0/24"#
    );
    assert_eq!(
        cause(|n| n.timeout(Duration::from_millis(1500))),
        "[timeout(Duration::from_millis(1500]: a timeout of 1.5s: it is whole seconds, from 1 to 86400"
    );
    // What somebody else has is no address for the router.
    assert!(
        refusal(&home(|n| n.address("203.0.113.2"))).contains("address 203.0.113.2 is used twice")
    );
}

/// In the family that is translated. Those inside have one way out, as the router has.
#[test]
fn nobody_outside_has_a_route_to_what_is_hidden() {
    let topology = home(|n| n);
    assert_eq!(
        routes(&topology, "server"),
        ["unicast default via 2001:db8::3 dev eth0"]
    );
    assert_eq!(
        routes(&topology, "web"),
        [
            "unicast default via 192.168.0.3 dev eth0",
            "unicast default via fd00:1::3 dev eth0"
        ]
    );
    assert!(routes(&home(|n| n.ipv6()), "server").is_empty());
    // Prefixes that are exchanged are known by those outside as they are there.
    assert_eq!(
        routes(
            &home(|n| n.prefix("2001:db8:1::/64", "fd00:1::/64")),
            "server"
        ),
        ["unicast 2001:db8:1::/64 via 2001:db8::3 dev eth0"]
    );
}

#[test]
fn an_interface_that_rules_cannot_name() {
    let star = Topology::lan(["a"]).router("box", |r| {
        r.join("lan")
            .attach_with("lan", |i| i.name("wan*"))
            .nat("wan*", |n| n)
    });
    assert!(
        mistake(&star)
            .ends_with("rules cannot name interface `wan*`, with a quote, a star or a backslash")
    );
}

#[test]
fn an_outside_address_stands_for_one_host() {
    let text = mistake(&home(|n| {
        n.one_to_one("203.0.113.10", "192.168.0.1")
            .one_to_one("203.0.113.10", "192.168.0.2")
    }));
    assert!(
        text.ends_with("203.0.113.10 stands for 192.168.0.1 already"),
        "{text}"
    );
}

#[test]
fn a_node_has_one_timeout() {
    let seconds = Duration::from_secs;
    let two = |first, second| {
        home(|n| n).change("box", |r| {
            r.nat("internet", |n| n.timeout(seconds(first)))
                .nat("home", |n| n.timeout(seconds(second)))
        })
    };
    assert!(two(30, 30).plan().is_ok());
    let text = mistake(&two(30, 60));
    assert!(
        text.contains("a timeout of 60s: a node has one for all its translations, and another is of 30s, from "),
        "{text}"
    );
}

/// Ports can be forwarded by a further translation, and one that comes first can be about less.
#[test]
fn what_an_earlier_translation_leaves_to_a_later_one() {
    let also = |first: fn(NatSpec) -> NatSpec, second: fn(NatSpec) -> NatSpec| {
        let root = Topology::new().root(|root| root.nat("internet", first).nat("eth1", second));
        let box_ = home(|n| n).hosts.pop().map(|mut host| {
            host.nats = root.root.nats;
            host
        });
        let mut topology = home(|n| n);
        topology.hosts.pop();
        topology.hosts.extend(box_);
        topology
    };
    assert!(also(|n| n, |n| n.forward_tcp(80, "web:80")).plan().is_ok());
    assert!(also(|n| n.inside("192.168.0.0/25"), |n| n).plan().is_ok());
    let text = mistake(&also(|n| n, |n| n.kind(NatKind::FullCone)));
    assert!(
        text.contains("NAT of node `box` towards `eth1`: nothing is left for it: that from ")
            && text.ends_with("translates all that leaves by `eth1`"),
        "{text}"
    );
}

#[test]
fn ports_lead_to_a_host_that_shares_and_to_no_switch() {
    let pod = |target: &str| {
        let third = |h: HostSpec| h.join("home");
        home(|n| n.forward_tcp(80, target))
            .host("third", third)
            .host("sidecar", |h| h.share("web"))
    };
    let plan = pod("sidecar:8080").plan().unwrap().to_string();
    assert!(plan.contains("tcp dport 80 dnat ip to 192.168.0.1:8080"));
    let text = mistake(&pod("segment `home`:80"));
    assert!(
        text.ends_with("(known: root, web, server, box, third, sidecar)"),
        "{text}"
    );
}

/// As with other routes: what was asked for wins, and nobody is given what it does not want.
#[test]
fn routes_to_an_outside_prefix_are_computed_ones() {
    let server = |configure: fn(HostSpec) -> HostSpec| {
        Topology::new()
            .segment("home", "fd00:1::/64")
            .segment("internet", "2001:db8::/64")
            .host("web", |h| h.join("home"))
            .host("server", |h| configure(h.join("internet")))
            .router("box", |r| {
                r.join("home")
                    .attach("internet", "2001:db8::9/64")
                    .nat("internet", |n| n.prefix("2001:db8:1::/64", "fd00:1::/64"))
            })
    };
    let route = "2001:db8:1::/64 via 2001:db8::9 dev eth0";
    assert_eq!(routes(&server(|h| h), "server").len(), 1);
    let asked = server(|h| h.route("2001:db8:1::/64", "2001:db8::9"));
    assert_eq!(routes(&asked, "server"), routes(&server(|h| h), "server"));
    let black = server(|h| h.blackhole("2001:db8::/32"));
    assert!(!routes(&black, "server").iter().any(|it| it.contains(route)));
    assert!(routes(&server(|h| h.manual_routes()), "server").is_empty());
    assert!(routes(&server(|h| h).bare(), "server").is_empty());
}

#[test]
fn what_is_said_again_of_a_translation_is_added_to_it() {
    let at_once = home(|n| n.hairpin().forward_tcp(8080, "web:80"));
    let later = home(|n| n.hairpin()).change("box", |r| {
        r.nat("internet", |n| n.forward_tcp(8080, "web:80"))
    });
    let [at_once, later] = [at_once, later].map(|it| it.plan().unwrap().to_string());
    assert_eq!(at_once, later);
}
