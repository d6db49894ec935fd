//! Networks of one family: built as their script says, and without any address of the other one as `ip` sees it.

use netns_test::{Family, Network, Topology, netns_test};

use crate::compare::{assert_same, everybody, in_host};

fn segments() -> Topology {
    Topology::lan(["a", "b", "c"])
        .root(|root| root.join("lan"))
        .host("apart", |h| h)
        .link("a", "apart")
}

fn routes() -> Topology {
    Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
        .host("a", |h| {
            h.attach("br0", ["10.0.0.1/24", "fd00::1/64"])
                .default_route("10.0.0.254")
                .default_route("fd00::fe")
                .blackhole("192.0.2.0/24")
                .blackhole("fd99::/64")
        })
        .host("old", |h| h.attach("br0", "10.0.0.2/24"))
        .host("new", |h| h.attach("br0", "fd00::2/64"))
}

#[netns_test]
fn a_network_of_one_family_is_built_as_its_script_says() {
    for topology in [
        Topology::new(),
        segments(),
        segments().realistic(),
        segments().bare(),
        routes(),
    ] {
        for family in [Family::V4, Family::V6] {
            assert_same(&topology.clone().only(family));
        }
    }
}

#[netns_test(topologies(segments = segments(), routes = routes()), families(v4, v6))]
fn ip_shows_nothing_of_the_other_family(net: &Network) {
    let [family] = net.families() else {
        panic!("one family was asked for");
    };
    let (other, own) = match family {
        Family::V4 => ("-6", "127.0.0.1"),
        Family::V6 => ("-4", "::1"),
    };
    for host in everybody(net) {
        assert_eq!(in_host(host, &format!("ip {other} address show")), "");
        assert_eq!(
            in_host(host, &format!("ip {other} route show table all")),
            ""
        );
        assert!(in_host(host, "ip address show dev lo").contains(own));
    }
}
