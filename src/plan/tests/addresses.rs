//! Addresses: given ones that make no sense, and those that are allotted.

use super::{allowable, mistake, refusal};
use crate::topology::{Mistake, Topology};

fn one(address: &str) -> Topology {
    Topology::new()
        .bridge("br0", ())
        .host("a", |h| h.attach("br0", address))
}

#[test]
fn a_text_that_is_no_address() {
    for (text, cause) in [
        ("10.0.0/24", "`10.0.0` is not an IP address"),
        ("ns2", "`ns2` is not an IP address"),
        (
            "10.0.0.1/33",
            "the prefix length 33 is out of range (0 to 32 for IPv4)",
        ),
        (
            "fd00::1/129",
            "the prefix length 129 is out of range (0 to 128 for IPv6)",
        ),
        ("10.0.0.1/x", "`x` is not a prefix length"),
    ] {
        assert_eq!(
            mistake(&one(text)),
            format!(r#"[attach("br0", address]: interface `eth0` of node `a`: {cause}"#)
        );
    }
    assert_eq!(
        mistake(&Topology::new().bridge("br0", ["10.0.0.1/24", "x"])),
        r#"[bridge("br0", ["10.0.0.1/24", "x"]]: bridge `br0`: `x` is not an IP address"#
    );
    assert_eq!(
        mistake(&Topology::new().segment("lan", "10.1.0.0/40")),
        r#"[segment("lan", "10.1.0.0/40"]: segment `lan`: the prefix length 40 is out of range (0 to 32 for IPv4)"#
    );
}

#[test]
fn an_address_that_no_interface_can_have() {
    for (text, cause) in [
        (
            "224.0.0.5/24",
            "224.0.0.5 is a multicast address, no interface's own",
        ),
        (
            "ff02::1/64",
            "ff02::1 is a multicast address, no interface's own",
        ),
        (
            "0.0.0.0/24",
            "0.0.0.0 is the unspecified address, no interface's own",
        ),
        ("::/64", ":: is the unspecified address, no interface's own"),
        (
            "127.0.0.2/8",
            "127.0.0.2 is a loopback address: every node has those on `lo`",
        ),
        (
            "::1/128",
            "::1 is a loopback address: every node has those on `lo`",
        ),
    ] {
        assert_eq!(
            mistake(&one(text)),
            format!(r#"[attach("br0", address]: interface `eth0` of node `a`: {cause}"#)
        );
    }
}

#[test]
fn a_subnets_own_and_its_broadcast_address() {
    assert_eq!(
        allowable(&one("10.0.0.0/24"), Mistake::NetworkAddress),
        r#"[attach("br0", address]: interface `eth0` of node `a`: 10.0.0.0/24 is the subnet's own address, hosts start at the next one"#
    );
    assert_eq!(
        allowable(&one("10.0.0.255/24"), Mistake::BroadcastAddress),
        r#"[attach("br0", address]: interface `eth0` of node `a`: 10.0.0.255/24 is the broadcast address of its subnet"#
    );
    // Both ends of a `/31` are hosts (RFC 3021), and IPv6 has no broadcast.
    for legal in [
        "10.0.0.0/31",
        "10.0.0.1/31",
        "10.0.0.0/32",
        "fd00::/64",
        "fd00::ffff:ffff:ffff:ffff/64",
    ] {
        assert!(one(legal).plan().is_ok(), "{legal}");
    }
}

#[test]
fn one_address_for_two_hosts_of_a_segment() {
    let topology = Topology::new()
        .bridge("br0", "10.0.0.1/24")
        .host("a", |h| h.attach("br0", "10.0.0.1/16"));
    let cause = allowable(&topology, Mistake::DuplicateAddress);
    assert_eq!(
        cause,
        r#"[attach("br0", "10.0.0.1/16"]: interface `eth0` of node `a`: address 10.0.0.1 is used twice, first by interface `br0` of node `root`"#
    );
    // Elsewhere it is another subnet's address.
    let apart = Topology::new()
        .bridge("br0", ())
        .bridge("br1", ())
        .host("a", |h| h.attach("br0", "10.0.0.1/24"))
        .host("b", |h| h.attach("br1", "10.0.0.1/24"));
    assert!(apart.plan().is_ok());
}

#[test]
fn one_address_on_two_interfaces_of_a_host() {
    let two = |address: &str| {
        Topology::new()
            .bridge("br0", ())
            .bridge("br1", ())
            .host("a", |h| h.attach("br0", address).attach("br1", address))
    };
    assert_eq!(
        allowable(&two("10.0.0.1/24"), Mistake::DuplicateAddress),
        r#"[attach("br1", address]: interface `eth1` of node `a`: address 10.0.0.1 is used twice, first by interface `eth0` of node `a`"#
    );
    // A link-local address is another one on each link.
    assert!(two("fe80::7/64").plan().is_ok());
}

/// The kernel says "File exists", so there is nothing to allow.
#[test]
fn one_address_twice_on_an_interface() {
    let topology =
        one("10.0.0.1/24").host("b", |h| h.attach("br0", ["10.0.0.2/24", "10.0.0.2/24"]));
    assert_eq!(
        mistake(&topology.allow(Mistake::DuplicateAddress)),
        r#"[attach("br0", ["10.0.0.2/24", "10.0.0.2/24"]]: interface `eth0` of node `b`: address 10.0.0.2 is there twice"#
    );
}

#[test]
fn subnets_that_overlap_on_one_node() {
    let topology = Topology::new()
        .bridge("br0", "10.0.0.1/16")
        .bridge("br1", ["10.1.0.1/16", "10.0.9.1/24"]);
    assert_eq!(
        allowable(&topology, Mistake::OverlappingSubnets),
        r#"[bridge("br1", ["10.1.0.1/16", "10.0.9.1/24"]]: interface `br1` of node `root`: 10.0.9.0/24 overlaps 10.0.0.0/16 of interface `br0`"#
    );
    // On two nodes they are nobody's problem yet.
    let apart = Topology::new()
        .bridge("br0", ())
        .host("a", |h| h.attach("br0", "10.0.0.1/16"))
        .host("b", |h| h.attach("br0", "10.0.9.1/24"));
    assert!(apart.plan().is_ok());
    // Two cables into one segment are one subnet by nature.
    let twice = Topology::new()
        .segment("lan", ())
        .host("a", |h| h.join("lan").join("lan"));
    assert!(twice.plan().is_ok());
}

#[test]
fn a_subnet_that_is_used_up() {
    let topology = Topology::new()
        .segment("tiny", "10.0.0.0/30")
        .host("a", |h| h.join("tiny"))
        .host("b", |h| h.join("tiny"))
        .host("c", |h| h.join("tiny"));
    assert_eq!(
        mistake(&topology),
        r#"[join("tiny"]: node `c`: 10.0.0.0/30 of segment `tiny` has no free address left"#
    );
}

#[test]
fn nothing_to_allot_an_address_from() {
    let topology = Topology::new()
        .bridge("br0", ())
        .host("a", |h| h.join("br0"));
    assert_eq!(
        mistake(&topology),
        r#"[join("br0"]: node `a`: bridge `br0` has no subnet to allot an address from"#
    );
    // The members' addresses tell it.
    let told = one("10.0.0.1/24")
        .host("b", |h| h.join("br0"))
        .plan()
        .unwrap();
    assert!(
        told.to_string()
            .contains("ip -netns b address add 10.0.0.2/24 dev eth0")
    );
}

#[test]
fn the_automatic_subnets_end() {
    let segments = |number: usize| {
        let topology =
            Topology::new().host("a", |h| (0..number).fold(h, |h, n| h.join(format!("s{n}"))));
        (0..number).fold(topology, |topology, n| {
            topology.segment(format!("s{n}"), ())
        })
    };
    let last = segments(255).plan().unwrap().to_string();
    assert!(last.contains("ip -netns a address add 10.255.0.1/16 dev eth254"));
    let text = refusal(&segments(256));
    assert!(
        text.ends_with("node `a`: the automatic subnets, 10.1.0.0/16 to 10.255.0.0/16, are used up: give segment `s255` its own"),
        "{text}"
    );
}

/// What stands in the documentation of `join` and `segment`.
#[test]
fn allotted_addresses_follow_from_the_subnet_and_the_hosts_number() {
    let plan = Topology::new()
        .segment("office", ["192.168.1.0/24", "fd00:cafe::/64"])
        .segment("home", ())
        .segment("attic", ())
        .host("desk", |h| h.join("office"))
        .host("printer", |h| h.attach("office", "192.168.1.3/24"))
        .host("phone", |h| h.join("office").join("home"))
        .host("box", |h| h.join("attic"))
        .root(|root| root.join("office"))
        .plan()
        .unwrap();
    let of =
        |node: usize| -> Vec<String> { plan.addresses(node).map(|it| it.to_string()).collect() };
    assert_eq!(of(1), ["192.168.1.1/24", "fd00:cafe::1/64"]);
    assert_eq!(of(2), ["192.168.1.3/24"]);
    // The third host would have `.3`: it is taken, so that it gets the lowest that is free.
    assert_eq!(
        of(3),
        [
            "192.168.1.2/24",
            "fd00:cafe::3/64",
            "10.1.0.3/16",
            "fd00:1::3/64"
        ]
    );
    assert_eq!(of(4), ["10.2.0.4/16", "fd00:2::4/64"]);
    // The root comes after the last host.
    assert_eq!(of(0), ["192.168.1.5/24", "fd00:cafe::5/64"]);
}

/// Two addresses in one subnet do not make it two subnets.
#[test]
fn a_joining_host_gets_one_address_of_each_subnet() {
    let plan = Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64", "10.0.0.253/24"])
        .host("a", |h| h.join("br0"))
        .plan()
        .unwrap();
    let addresses: Vec<String> = plan.addresses(1).map(|it| it.to_string()).collect();
    assert_eq!(addresses, ["10.0.0.1/24", "fd00::1/64"]);
}

/// An end that was given no addresses on purpose leaves the other its automatic ones.
#[test]
fn a_link_with_one_bare_end() {
    let plan = Topology::new()
        .host("a", |h| h)
        .link(("root", ()), "a")
        .plan()
        .unwrap();
    assert_eq!(plan.addresses(0).count(), 0);
    let addresses: Vec<String> = plan.addresses(1).map(|it| it.to_string()).collect();
    assert_eq!(addresses, ["10.1.0.1/16", "fd00:1::1/64"]);
}
