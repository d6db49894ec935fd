//! The labs, and what random topologies rarely contain.

use std::time::Duration;

use netns_test::{DockerBridge, LinkEnd, Mistake, Topology, netns_test, topologies};

use crate::compare::assert_same;

#[netns_test]
fn lab_a_the_docker_bridge() {
    assert_same(
        &Topology::new()
            .bridge("mydocker0", "172.16.1.254/16")
            .host("ns1", |h| {
                h.attach("mydocker0", "172.16.1.1/16")
                    .default_route("172.16.1.254")
            })
            .host("ns2", |h| {
                h.attach("mydocker0", "172.16.1.2/16")
                    .default_route("172.16.1.254")
            }),
    );
}

#[netns_test]
fn lab_b_one_cable() {
    assert_same(&Topology::new().host("ns1", |h| h).host("ns2", |h| h).link(
        LinkEnd::new("ns1", |i| i.name("veth-ns1").address("192.168.1.1/24")),
        LinkEnd::new("ns2", |i| i.name("veth-ns2").address("192.168.1.2/24")),
    ));
}

#[netns_test]
fn lab_c_the_host_and_a_namespace() {
    assert_same(&Topology::new().host("s1", |h| h).host("s2", |h| h).link(
        LinkEnd::new("root", |i| i.name("veth1.1").address("10.1.0.1/24")),
        LinkEnd::new("s1", |i| i.address("10.1.0.2/24")),
    ));
}

#[netns_test]
fn lab_d_step_by_step() {
    let bare = Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| {
            h.attach_with("mydocker0", |i| i.name("veth1p").address("172.16.1.1/16"))
        })
        .host("ns2", |h| {
            h.attach_with("mydocker0", |i| i.name("veth2p").address("172.16.1.2/16"))
        })
        .bare();
    assert_same(&bare);
}

#[netns_test]
fn segments_of_one_two_and_three() {
    assert_same(&Topology::lan(["alone"]));
    assert_same(&Topology::lan(["a", "b"]));
    assert_same(&Topology::lan(["a", "b", "c"]).root(|root| root.join("lan")));
}

#[netns_test]
fn a_bridge_of_dockers() {
    let docker0 = DockerBridge::new("docker0")
        .bip("192.168.1.6/24")
        .fixed_cidr("192.168.1.128/25")
        .fixed_cidr_v6("2001:db8:abcd::/64")
        .mtu(1400)
        .default_gateway("192.168.1.1")
        .dns("10.20.1.2");
    assert_same(
        &Topology::new()
            .docker_bridge(docker0)
            .docker_bridge(DockerBridge::new("back").subnet("172.30.0.0/24").internal())
            .host("web", |h| h.join("docker0").join("back"))
            .host("db", |h| h.join("back")),
    );
}

#[netns_test]
fn hosts_that_share_a_network() {
    assert_same(
        &Topology::lan(["web", "client"])
            .host("sidecar", |h| h.share("web"))
            .host("agent", |h| h.share("root")),
    );
    assert_same(&Topology::new().host("agent", |h| h.share("root")));
}

#[netns_test]
fn the_ready_made_ones() {
    assert_same(&topologies::leaf_spine(2, 2, 1));
    assert_same(&topologies::docker::physical(["c1", "c2"]));
}

/// The kernel's defaults: addresses are tentative first, on both sides.
#[netns_test]
fn a_realistic_network() {
    assert_same(
        &Topology::lan(["a", "b", "c"])
            .bridge("br0", "10.9.0.1/24")
            .realistic(),
    );
}

#[netns_test]
fn a_bridge_with_everything_chosen() {
    assert_same(
        &Topology::new()
            .bridge_with("br0", |b| {
                b.address(["10.0.0.1/24", "fd00::1/64"])
                    .mac("02:00:00:00:00:aa")
                    .mtu(1400)
                    .ageing(Duration::from_secs(10))
            })
            .bridge(
                "empty",
                ["10.2.0.1/31", "10.3.0.1/32", "fd02::/64", "fd03::1/128"],
            )
            .host("a", |h| {
                h.attach_with("br0", |i| i.port("p1").mac("02:00:00:00:00:bb").mtu(9000))
            }),
    );
}

/// `ip` takes the longest prefix of a keyword for the keyword, except behind one that wants a name.
#[netns_test]
fn names_that_are_words_of_the_commands() {
    let mut topology = Topology::new()
        .bridge("master", "10.0.0.254/24")
        .bridge("dev", ());
    for (number, name) in [
        "br", "a", "up", "dev", "via", "add", "exec", "type", "all", "switch9",
    ]
    .iter()
    .enumerate()
    {
        topology = topology.host(*name, |h| {
            h.attach_with("master", |i| {
                i.name(if *name == "all" { "any" } else { name })
                    .address(format!("10.0.0.{}/24", number + 1))
            })
            .route("192.0.2.0/24", "10.0.0.254")
        });
    }
    assert_same(&topology);
}

#[netns_test]
fn names_that_the_shell_would_misread() {
    assert_same(
        &Topology::new()
            .bridge("a;b", "10.0.0.254/24")
            .host("x", |h| {
                h.attach_with("a;b", |i| {
                    i.name("it's").port("$HOME*").address("10.0.0.1/24")
                })
                .sysctl("net.ipv4.ip_local_port_range", "2000\t3000")
            }),
    );
}

#[netns_test]
fn routes_of_every_kind() {
    assert_same(
        &Topology::new()
            .bridge("br0", "10.0.0.254/24")
            .host("a", |h| {
                h.attach("br0", ["10.0.0.1/24", "10.0.0.2/24", "fd00::1/64"])
                    .default_route("10.0.0.254")
                    .default_route("fd00::fe")
                    .blackhole("192.0.2.0/24")
                    .route_with("198.51.100.0/24", |r| r.unreachable().metric(7))
                    .route_with("203.0.113.7", |r| r.prohibit())
                    .route_with("fd09::/64", |r| r.blackhole())
                    .route_with("fd0a::/64", |r| r.prohibit())
                    .route_with("10.9.0.0/16", |r| {
                        r.via("10.0.0.9").metric(100).source("10.0.0.2")
                    })
                    .route_with("10.10.0.0/16", |r| r.device("eth0"))
                    .route_with("fd0b::/64", |r| r.device("eth0").source("fd00::1"))
                    .route_with("default", |r| {
                        r.via("192.0.2.1").device("eth0").onlink().metric(9)
                    })
                    .route_with("fd0c::/64", |r| r.via("fe80::1"))
                    .route("10.11.0.0/16", "10.10.0.1")
            }),
    );
}

/// What is wrong on purpose is wrong in the same way.
#[netns_test]
fn allowed_mistakes() {
    assert_same(
        &Topology::new()
            .bridge("br0", "10.0.0.0/24")
            .bridge("br1", "10.0.0.255/24")
            .host("a", |h| {
                h.attach("br0", "10.0.0.1/24").attach("br1", "10.0.0.1/24")
            })
            .host("b", |h| {
                h.attach_with("br0", |i| i.address("10.0.0.1/24").mac("02:00:00:01:00:01"))
            })
            .allow(Mistake::NetworkAddress)
            .allow(Mistake::BroadcastAddress)
            .allow(Mistake::DuplicateAddress)
            .allow(Mistake::DuplicateMac)
            .allow(Mistake::OverlappingSubnets),
    );
}
