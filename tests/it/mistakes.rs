//! Networks that are wrong on purpose, and those that are refused.

use netns_test::{Mistake, Network, TestResult, Topology, netns_test};

use crate::once;

#[netns_test]
fn a_topology_with_mistakes_is_not_built() {
    let error = Topology::new()
        .host("a", |h| h.join("office"))
        .build()
        .map(drop)
        .unwrap_err();
    assert!(error.is_topology());
    assert!(
        error.to_string().contains("tests/it/mistakes.rs:"),
        "{error}"
    );
}

fn clash() -> Topology {
    Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .host("a", |h| h.attach("br0", "10.0.0.1/24"))
        .host("b", |h| h.attach("br0", "10.0.0.1/24"))
        .allow(Mistake::DuplicateAddress)
}

/// Two hosts answer to one address, and each believes in it.
#[netns_test(topology = clash())]
fn an_allowed_duplicate_address_is_there_twice(net: &Network) -> TestResult {
    assert_eq!(net.host("a").ipv4(), net.host("b").ipv4());
    net.root().ping_with("10.0.0.1", once)?.assert_lossless();
    Ok(())
}

fn small() -> Topology {
    Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
        .host("a", |h| {
            h.attach_with("br0", |i| {
                i.address(["10.0.0.1/24", "fd00::1/64"]).mtu(1000)
            })
        })
        .allow(Mistake::SmallMtu)
}

/// There is no IPv6 below 1,280 bytes, neither behind the port nor on its bridge. The kernel refuses the addresses.
#[netns_test(topology = small())]
fn an_allowed_small_mtu_leaves_ipv4(net: &Network) -> TestResult {
    for (host, interface) in [("a", "eth0"), ("root", "br0")] {
        let interface = net.host(host).interface(interface)?;
        assert_eq!(
            (interface.mtu, interface.addresses.len()),
            (1000, 1),
            "{interface}"
        );
    }
    net.host("a")
        .ping_with("10.0.0.254", once)?
        .assert_lossless();
    let link = net.host("a").link("eth0");
    assert!(link.add_address("fd00::1/64").is_err());
    Ok(())
}

/// Containers' `bip` and `default-gateway` as the lab prints them contradict each other.
#[test]
fn the_clash_of_the_docker_settings_is_named() {
    let text = Topology::new()
        .bridge("docker0", "192.168.1.6/24")
        .host("box", |h| h.join("docker0").default_route("10.20.1.1"))
        .plan()
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("gateway 10.20.1.1 is on no subnet of the node (192.168.1.0/24)"),
        "{text}"
    );
    let consistent = Topology::new()
        .bridge("docker0", "192.168.1.6/24")
        .host("box", |h| h.join("docker0").default_route("192.168.1.6"));
    assert!(consistent.plan().is_ok());
}

/// The plan lets it through, and the kernel has its say.
#[netns_test]
fn an_allowed_gateway_off_all_subnets_is_the_kernels_to_refuse() {
    let topology = Topology::lan(["a"])
        .merge(Topology::new().host("b", |h| h.join("lan").default_route("192.0.2.1")));
    let error = topology
        .allow(Mistake::GatewayOffSubnet)
        .build()
        .map(drop)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "failed to add route `unicast default via 192.0.2.1` in node `b`: Network is unreachable (Nexthop has invalid gateway)"
    );
}
