//! Hosts that configure themselves from router advertisements.

use std::net::{IpAddr, Ipv6Addr};

use netns_test::{Family, Network, Topology, netns_test};

/// Two links with hosts that configure themselves, and a router between them.
fn two_links() -> Topology {
    Topology::new()
        .segment("left", ["10.1.0.0/24", "2001:db8:1::/64"])
        .segment("right", ["10.2.0.0/24", "2001:db8:2::/64"])
        .router("r1", |r| {
            r.attach_with("left", |i| i.advertise())
                .attach_with("right", |i| i.advertise_with(|a| a.mtu(1400)))
        })
        .host("a", |h| h.attach_with("left", |i| i.slaac()))
        .host("b", |h| h.attach_with("right", |i| i.slaac()))
        .host("c", |h| h.join("right"))
}

#[netns_test(topology = two_links())]
fn hosts_have_the_address_of_their_mac_and_the_routers_default_route(net: &Network) {
    let a = net.host("a");
    let mac = a.interface("eth0").unwrap().mac.unwrap();
    let own = u128::from(mac.link_local()) & u128::from(u64::MAX);
    let subnet: Ipv6Addr = "2001:db8:1::".parse().unwrap();
    assert_eq!(a.ipv6(), Ipv6Addr::from(u128::from(subnet) | own));

    let addresses = a.interface("eth0").unwrap().addresses;
    let made = addresses
        .iter()
        .find(|it| it.address.address() == IpAddr::V6(a.ipv6()));
    assert!(made.unwrap().valid.is_some(), "{addresses:?}");

    let routes = a.routes_ipv6().unwrap().to_string();
    let router = net
        .host("r1")
        .interface("eth0")
        .unwrap()
        .mac
        .unwrap()
        .link_local();
    assert!(
        routes.contains(&format!("default via {router} dev eth0 proto ra")),
        "{routes}"
    );
}

#[netns_test(topology = two_links())]
fn everybody_reaches_everybody_across_the_router(net: &Network) {
    net.ping_all().unwrap().assert_all_reachable();
    let reached = net.host("a").ping_with("b", |p| p.count(1)).unwrap();
    reached.assert_lossless();
}

#[netns_test(topology = two_links())]
fn the_advertised_mtu_is_taken(net: &Network) {
    let mtu = |host: &str| net.host(host).sysctl("net.ipv6.conf.eth0.mtu").unwrap();
    assert_eq!((mtu("a").as_str(), mtu("b").as_str()), ("1500", "1400"));
    // Who does not configure itself does not listen.
    assert_eq!(mtu("c"), "1500");
    assert!(
        !net.host("c")
            .routes_ipv6()
            .unwrap()
            .to_string()
            .contains("proto ra")
    );
}

#[netns_test(topology = two_links())]
fn a_host_that_was_unplugged_asks_again(net: &Network) {
    let a = net.host("a");
    let address = a.ipv6();
    a.link("eth0").down().unwrap();
    assert!(
        !a.ping_with("b", |p| p.count(1))
            .is_ok_and(|report| report.is_lossless())
    );
    a.link("eth0").up().unwrap();
    netns_test::eventually(std::time::Duration::from_secs(20), || {
        let addresses = a.interface("eth0").unwrap().addresses;
        addresses
            .iter()
            .any(|it| it.address.address() == IpAddr::V6(address) && !it.flags.tentative())
    })
    .unwrap();
    let b = net.host("b").ipv6();
    a.ping_with(b, crate::once).unwrap().assert_lossless();
}

#[netns_test(topology = two_links().only(Family::V6))]
fn it_works_without_ipv4(net: &Network) {
    net.ping_all().unwrap().assert_all_reachable();
}

#[netns_test(topology = two_links().only(Family::V4))]
fn nobody_listens_where_there_is_no_ipv6(net: &Network) {
    net.ping_all().unwrap().assert_all_reachable();
}

/// A router at the edge: configured by its provider, it advertises to its own hosts.
fn edge() -> Topology {
    Topology::new()
        .segment("wan", "2001:db8:1::/64")
        .segment("home", "2001:db8:2::/64")
        .router("isp", |r| {
            r.attach_with("wan", |i| i.advertise())
                .route("2001:db8:2::/64", "2001:db8:1::2")
        })
        .router("box", |r| {
            r.attach_with("wan", |i| i.name("wan0").mac("02:00:00:00:00:02").slaac())
                .attach_with("home", |i| i.advertise())
        })
        .host("tv", |h| h.attach_with("home", |i| i.slaac()))
}

#[netns_test(topology = edge())]
fn a_router_can_be_configured_by_another_one(net: &Network) {
    let routes = net.host("box").routes_ipv6().unwrap().to_string();
    assert!(
        routes.contains("default via fe80::") && routes.contains("dev wan0 proto ra"),
        "{routes}"
    );
    assert_eq!(
        net.host("box").ipv6(),
        "2001:db8:1::ff:fe00:2".parse::<Ipv6Addr>().unwrap()
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_its_line() {
    let lab = Topology::new()
        .segment("lan", ["10.0.0.0/24", "2001:db8:1::/64"])
        .segment("old", "10.1.0.0/24")
        .router("r1", |r| {
            r.attach_with("old", |i| {
                i.advertise_with(|a| {
                    a.mtu(1279)
                        .dns("10.0.0.1")
                        .lifetime(std::time::Duration::from_secs(9001))
                })
            })
        })
        .host("a", |h| h.attach_with("lan", |i| i.slaac()))
        .host("b", |h| {
            h.attach_with("lan", |i| i.address("2001:db8:1::7/64").slaac())
        });
    let text = lab.plan().unwrap_err().to_string();
    for wrong in [
        "interface `eth0` of node `r1`: it has no IPv6 subnet of 64 bits to advertise: give it an address",
        "interface `eth0` of node `r1`: the advertised mtu 1279 is out of range (1280 to 65535)",
        "interface `eth0` of node `r1`: DNS server `10.0.0.1` is not an IPv6 address",
        "interface `eth0` of node `r1`: a router's lifetime is 0 to 9000 seconds",
        "interface `eth0` of node `a`: nobody on segment `lan` advertises a subnet: give a router's interface there `.advertise()`",
        "interface `eth0` of node `b`: it makes its IPv6 addresses itself, and is given 2001:db8:1::7/64",
    ] {
        assert!(text.contains(wrong), "{wrong}\n{text}");
    }
}
