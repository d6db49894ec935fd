//! What routers translate by is what `nft` lists, and what it makes of the printed script.

use std::time::Duration;

use netns_test::NatBehaviour::{AddressAndPortDependent, AddressDependent, EndpointIndependent};
use netns_test::{NatSpec, Network, Topology, netns_test};

use crate::compare::in_host;
use crate::scratch::Scratch;

fn router(configure: impl FnOnce(NatSpec) -> NatSpec) -> Topology {
    Topology::new()
        .segment("home", ["192.168.0.0/24", "fd00:1::/64"])
        .segment("internet", ["203.0.113.0/24", "2001:db8::/64"])
        .host("web", |h| h.join("home"))
        .router("box", |r| {
            r.join("home").join("internet").nat("internet", configure)
        })
}

/// The rules in the printed script.
fn printed(net: &Network) -> String {
    let script = net.plan().to_string();
    let (_, table) = script.split_once("nft -f - <<'END'\n").unwrap();
    table.split_once("END\n").unwrap().0.trim_end().to_owned()
}

/// The first line that differs says more than all of them.
#[track_caller]
fn assert_lines(found: &str, expected: &str) {
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

fn assert_listed(topology: &Topology) -> Network {
    let net = topology.build().unwrap();
    let listed = in_host(net.host("box"), "nft list ruleset");
    assert_lines(listed.trim_end(), &printed(&net));
    net
}

fn assert_made(topology: &Topology) {
    let net = assert_listed(topology);
    let mut scratch = Scratch::new();
    scratch.run(&net.plan().to_string());
    let made = scratch.must("ip netns exec box nft list ruleset");
    assert_lines(&made, &printed(&net));
}

#[netns_test]
fn all_behaviours_are_listed_as_printed() {
    let all = [
        EndpointIndependent,
        AddressDependent,
        AddressAndPortDependent,
    ];
    for mapping in all {
        for filtering in all {
            let kind = |n: NatSpec| n.mapping(mapping).filtering(filtering);
            assert_made(&router(kind));
            // `nft` 1.0.6 lists what it cannot make itself: it has no room for keys with IPv6 addresses beside hashes of them.
            drop(assert_listed(&router(|n| kind(n).ipv6())));
        }
    }
}

#[netns_test]
fn all_options_are_listed_as_printed() {
    assert_made(&router(|n| n));
    assert_made(&router(|n| {
        n.ipv6().inside("192.168.0.0/25").inside("fd00:1::/80")
    }));
    assert_made(&router(|n| {
        n.address("203.0.113.9")
            .address("2001:db8::9")
            .timeout(Duration::from_secs(90))
            .forward_tcp(8080, "web:80")
            .forward_udp(53, "[fd00:1::1]:5353")
            .one_to_one("203.0.113.10", "192.168.0.7")
            .one_to_one("2001:db8::10", "fd00:1::7")
            .hairpin()
    }));
    assert_made(&router(|n| {
        n.address("203.0.113.9")
            .mapping(AddressDependent)
            .filtering(AddressDependent)
            .preserve_ports(true)
            .inside("192.168.0.0/25")
            .hairpin()
    }));
    assert_made(&router(|n| {
        n.forward_tcp(80, "web:80")
            .prefix("2001:db8:1::/64", "fd00:1::/64")
            .prefix("2001:db8:2::/60", "fd00:10::/60")
    }));
}

#[netns_test]
fn two_translations_of_one_router_are_listed_as_printed() {
    let topology = Topology::new()
        .segment("home", ())
        .segment("one", ())
        .segment("two", ())
        .router("box", |r| {
            let kind = |n: NatSpec| n.filtering(EndpointIndependent).ipv6();
            r.join("home")
                .join("one")
                .join("two")
                .nat("one", kind)
                .nat("two", kind)
        });
    drop(assert_listed(&topology));
}
