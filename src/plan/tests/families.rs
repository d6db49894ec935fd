//! Networks of one family: what is left out, and what is refused.

use super::refusal;
use crate::address::Family;
use crate::topology::Topology;

fn both() -> Topology {
    Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
        .segment("lan", ())
        .host("a", |h| {
            h.attach("br0", ["10.0.0.1/24", "fd00::1/64"])
                .default_route("10.0.0.254")
                .default_route("fd00::fe")
                .route("192.0.2.0/24", "10.0.0.9")
                .blackhole("fd99::/64")
                .join("lan")
        })
        .host("b", |h| h.join("br0").join("lan"))
        .host("old", |h| h.attach("br0", "10.0.0.7/24"))
        .link("a", "b")
}

fn script(topology: Topology, family: Family) -> String {
    topology.only(family).plan().unwrap().to_string()
}

#[test]
fn ipv4_alone_has_no_ipv6() {
    let script = script(both(), Family::V4);
    assert!(!script.contains("fd"), "{script}");
    assert!(!script.contains("accept_dad"), "{script}");
    for node in ["", "ip netns exec a ", "ip netns exec b "] {
        let line = format!("\n{node}sysctl -qw 'net/ipv6/conf/all/disable_ipv6=1'\n");
        assert!(script.contains(&line), "no {line} in {script}");
    }
    for kept in [
        "ip address add 10.0.0.254/24 dev br0",
        "ip -netns a route add unicast default via 10.0.0.254 dev eth0",
        "ip -netns a address add 10.1.0.1/16 dev eth1",
        "ip -netns b address add 10.2.0.2/16 dev eth2",
    ] {
        assert!(script.contains(kept), "no {kept} in {script}");
    }
}

#[test]
fn ipv6_alone_has_no_ipv4() {
    let script = script(both(), Family::V6);
    assert!(!script.contains("10."), "{script}");
    assert!(!script.contains("disable_ipv6=1"), "{script}");
    for kept in [
        "ip link set dev lo up\nip address del 127.0.0.1/8 dev lo\n",
        "ip -netns a link set dev lo up\nip -netns a address del 127.0.0.1/8 dev lo\n",
        "ip -netns a route add unicast default via fd00::fe dev eth0",
        "ip -netns a route add blackhole fd99::/64",
        "ip -netns b address add fd00:1::2/64 dev eth1",
    ] {
        assert!(script.contains(kept), "no {kept} in {script}");
    }
}

#[test]
fn a_bare_network_has_no_loopback_address_to_remove() {
    let script = script(Topology::lan(["a", "b"]).bare(), Family::V6);
    assert!(!script.contains("127.0.0.1"), "{script}");
}

/// The kernel's defaults are asked for, and no IPv6 all the same.
#[test]
fn a_realistic_network_is_limited_too() {
    let realistic = Topology::lan(["a", "b", "c"]).realistic();
    let script = script(realistic, Family::V4);
    assert_eq!(script.matches("all/disable_ipv6=1").count(), 5, "{script}");
    assert_eq!(script.matches("sysctl").count(), 5, "{script}");
}

#[test]
fn a_default_route_without_a_gateway_is_ipv4s() {
    let topology = Topology::lan(["a", "b"]).host("c", |h| {
        h.join("lan").route_with("default", |r| r.device("eth0"))
    });
    let [v4, v6] = Family::BOTH.map(|family| script(topology.clone(), family));
    assert!(v4.contains("default dev eth0") && !v6.contains("default dev eth0"));
}

/// What a small MTU or a full subnet does to the family that is left out, nobody minds.
#[test]
fn mistakes_of_the_family_that_is_left_out_are_none() {
    let small = Topology::new()
        .segment("lan", ())
        .host("a", |h| h.attach_with("lan", |i| i.mtu(1000)));
    assert!(small.plan().is_err());
    script(small.clone(), Family::V4);
    assert!(small.only(Family::V6).plan().is_err());
    let full = ["a", "b", "c"].iter().fold(
        Topology::new().segment("lan", ["10.0.0.0/30", "fd00::/64"]),
        |topology, host| topology.host(*host, |h| h.join("lan")),
    );
    assert!(full.plan().is_err());
    script(full, Family::V6);
}

#[test]
fn what_is_left_out_is_read_all_the_same() {
    let wrong = Topology::new().bridge("br0", "fd00::1/129").host("a", |h| {
        h.attach("br0", "10.0.0.1/24").route("default", "fe80:")
    });
    let text = refusal(&wrong.only(Family::V4));
    assert!(
        text.contains("the prefix length 129 is out of range"),
        "{text}"
    );
    assert!(text.contains("`fe80:` is not an IP address"), "{text}");
    let mixed = Topology::new().bridge("br0", ()).host("a", |h| {
        h.attach("br0", ["10.0.0.1/24", "fd00::1/64"])
            .route("192.0.2.0/24", "fd00::2")
    });
    for family in Family::BOTH {
        let text = refusal(&mixed.clone().only(family));
        assert!(text.contains("are of different families"), "{text}");
    }
}

#[test]
fn one_family_only_can_be_asked_for_twice_but_not_both() {
    let twice = Topology::lan(["a"]).only(Family::V4);
    assert!(twice.clone().only(Family::V4).plan().is_ok());
    assert_eq!(
        refusal(&twice.merge(Topology::new().only(Family::V6))),
        "failed to plan the topology: 1 mistake\n    \
         [only(Family::V6]: topology: IPv6 only, and IPv4 only from [only(Family::V4]: no address would be left"
    );
}
