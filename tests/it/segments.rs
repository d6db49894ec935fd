//! Segments and links: what they are made of, and that everybody on them talks.

use netns_test::{Family, LinkEnd, Network, Reachability, TestResult, Topology, netns_test};

use crate::once;

#[netns_test(topology = Topology::lan(["alone"]))]
fn a_segment_of_one_is_a_cable_into_a_switch(net: &Network) -> TestResult {
    let eth0 = net.host("alone").interface("eth0")?;
    assert!(eth0.flags.lower_up());
    assert_eq!(net.host("alone").ipv4().to_string(), "10.1.0.1");
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_segment_of_two_is_one_cable(net: &Network) -> TestResult {
    assert_eq!(
        net.host("a")
            .interface("eth0")?
            .peer
            .unwrap()
            .node
            .as_deref(),
        Some("b")
    );
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]).root(|root| root.join("lan")))]
fn a_segment_of_more_has_a_switch_that_nobody_sees(net: &Network) -> TestResult {
    let hosts: Vec<&str> = net.hosts().map(|host| host.name()).collect();
    assert_eq!(hosts, ["a", "b", "c"]);
    assert_eq!(net.root().ipv4().to_string(), "10.1.0.4");
    let matrix = net.ping_all()?;
    assert_eq!(matrix.nodes(), ["root", "a", "b", "c"]);
    matrix.assert_all_reachable();
    for family in [Family::V4, Family::V6] {
        assert!(matches!(
            matrix.get("root", "c", family),
            Reachability::Reached { .. }
        ));
    }
    Ok(())
}

fn cables() -> Topology {
    Topology::new()
        .host("a", |h| h)
        .host("b", |h| h)
        .link("root", "a")
        .link("a", "b")
        .link(
            LinkEnd::new("b", |i| i.name("left").address("192.0.2.1/24")),
            LinkEnd::new("b", |i| i.name("right").address("192.0.2.2/24")),
        )
}

#[netns_test(topology = cables())]
fn cables_join_any_two_nodes_and_a_node_with_itself(net: &Network) -> TestResult {
    net.root().ping_with("a", once)?.assert_lossless();
    net.host("a").ping_with("b", once)?.assert_lossless();
    assert_eq!(
        net.host("b")
            .interface("left")?
            .peer
            .unwrap()
            .name
            .as_deref(),
        Some("right")
    );
    // The root and `b` share no cable, and nobody forwards.
    let matrix = net.ping_all()?;
    matrix.assert_reachable("a", "b");
    matrix.assert_unreachable("root", "b");
    Ok(())
}

fn families() -> Topology {
    Topology::new()
        .segment("both", ())
        .segment("old", "10.9.0.0/24")
        .segment("new", "fd09::/64")
        .host("a", |h| h.join("both").join("old").join("new"))
        .host("b", |h| h.join("both"))
        .host("c", |h| h.join("old"))
        .host("d", |h| h.join("new"))
}

#[netns_test(topology = families())]
fn segments_have_one_family_or_both(net: &Network) -> TestResult {
    let matrix = net.ping_all()?;
    let reached =
        |to: &str, family| matches!(matrix.get("a", to, family), Reachability::Reached { .. });
    assert!(reached("b", Family::V4) && reached("b", Family::V6));
    assert!(reached("c", Family::V4) && reached("d", Family::V6));
    assert_eq!(
        *matrix.get("a", "c", Family::V6),
        Reachability::NotApplicable
    );
    assert_eq!(net.host("d").socket_addr(80).to_string(), "[fd09::4]:80");
    Ok(())
}

fn chosen() -> Topology {
    Topology::new()
        .bridge_with("br0", |b| b.address("10.0.0.254/24").mtu(1400))
        .host("a", |h| h.attach("br0", "10.0.0.1/24"))
        .host("b", |h| {
            h.attach_with("br0", |i| {
                i.address("10.0.0.2/24").mtu(1300).mac("02:00:00:00:00:bb")
            })
        })
}

#[netns_test(topology = chosen())]
fn sizes_and_hardware_addresses_are_those_chosen(net: &Network) -> TestResult {
    // A bridge can pass what its smallest port can.
    assert_eq!(net.root().interface("br0")?.mtu, 1300);
    assert_eq!(net.host("a").interface("eth0")?.mtu, 1400);
    let b = net.host("b").interface("eth0")?;
    assert_eq!(
        (b.mtu, b.mac.unwrap().to_string().as_str()),
        (1300, "02:00:00:00:00:bb")
    );
    net.host("a").ping_with("b", once)?.assert_lossless();
    let neighbours = net.host("a").neighbours()?;
    assert!(
        neighbours.iter().any(|it| it.mac == b.mac),
        "{neighbours:?}"
    );
    Ok(())
}

/// Both directions of `merge`: the parts of two functions are one network.
#[netns_test(topology = Topology::lan(["client"]).merge(Topology::new().host("db", |h| h.join("lan"))))]
fn merged_parts_are_one_network(net: &Network) -> TestResult {
    net.host("client").ping_with("db", once)?.assert_lossless();
    Ok(())
}
