//! Verbs on live hosts and links, and the kernel's own words when it refuses.

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::once;

fn lan() -> Topology {
    Topology::lan(["a", "b"])
}

#[netns_test(topology = lan())]
fn lowering_a_link_takes_its_routes_away(net: &Network) -> TestResult {
    let a = net.host("a");
    a.link("eth0").down()?;
    assert!(a.routes()?.is_empty());
    assert!(!a.interface("eth0")?.flags.up());
    a.link("eth0").up()?;
    assert_eq!(
        a.routes()?.to_string(),
        "10.1.0.0/16 dev eth0 proto kernel scope link src 10.1.0.1"
    );
    a.ping_with("10.1.0.2", once)?.assert_lossless();
    Ok(())
}

#[netns_test(topology = lan())]
fn an_mtu_is_set_and_limits_packets(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    link.set_mtu(1400)?;
    assert_eq!(link.look()?.mtu, 1400);
    let whole = |bytes| {
        net.host("a")
            .ping_with("10.1.0.2", |p| once(p).payload(bytes).dont_fragment(true))
    };
    whole(1372)?.assert_lossless();
    whole(1373)?.assert_unreachable();
    Ok(())
}

#[netns_test(topology = lan())]
fn an_address_is_usable_at_once_and_gone_at_once(net: &Network) -> TestResult {
    let (a, link) = (net.host("a"), net.host("a").link("eth0"));
    for address in ["192.0.2.1/24", "fd42::1/64"] {
        link.add_address(address)?;
        let ip: std::net::IpAddr = address.split('/').next().unwrap().parse()?;
        let socket = a.run(|| std::net::UdpSocket::bind((ip, 53)))?;
        assert_eq!(socket.local_addr()?.ip(), ip);
        link.remove_address(address)?;
        assert!(a.run(|| std::net::UdpSocket::bind((ip, 54))).is_err());
    }
    // An address that was removed is no longer the host's.
    link.remove_address("10.1.0.1/16")?;
    assert_eq!(a.socket_addr(1).to_string(), "[fd00:1::1]:1");
    Ok(())
}

#[netns_test(topology = lan())]
fn routes_are_added_and_removed(net: &Network) -> TestResult {
    let a = net.host("a");
    a.add_route("default", |r| r.via("10.1.0.2").metric(50))?;
    assert!(
        a.routes()?
            .iter()
            .any(|route| route.is_default() && route.metric == Some(50))
    );
    a.remove_route("default", |r| r.via("10.1.0.2").metric(50))?;
    assert!(!a.routes()?.iter().any(|route| route.is_default()));
    a.add_route("192.0.2.0/24", |r| r.prohibit())?;
    assert!(a.routes()?.to_string().contains("prohibit 192.0.2.0/24"));
    a.add_route("fd09::/64", |r| r.via("fe80::99"))?;
    assert!(
        a.routes_ipv6()?
            .to_string()
            .contains("fd09::/64 via fe80::99 dev eth0")
    );
    // The kernel's own route, too.
    a.remove_route("10.1.0.0/16", |r| r.device("eth0"))?;
    assert!(!a.routes()?.to_string().contains("10.1.0.0/16"));
    Ok(())
}

/// What only the kernel can know is said in the kernel's words.
#[netns_test(topology = lan())]
fn refusals_carry_the_kernels_sentence(net: &Network) -> TestResult {
    let (a, link) = (net.host("a"), net.host("a").link("eth0"));
    let error = a
        .add_route("192.0.2.0/24", |r| r.via("198.51.100.1"))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to add route `unicast 192.0.2.0/24 via 198.51.100.1` in node `a`: Network is unreachable (Nexthop has invalid gateway)"
    );
    assert_eq!(error.raw_os_error(), Some(101));
    let error = link.add_address("10.1.0.1/16").unwrap_err().to_string();
    assert!(
        error.starts_with(
            "failed to add address `10.1.0.1/16` to link `eth0` in node `a`: File exists"
        ),
        "{error}"
    );
    let error = link.remove_address("10.9.9.9/16").unwrap_err().to_string();
    assert!(error.starts_with("failed to remove address `10.9.9.9/16` from link `eth0` in node `a`: Cannot assign requested address"), "{error}");
    let error = link.set_mtu(1).unwrap_err().to_string();
    assert!(
        error.contains("Invalid argument (mtu less than device minimum)"),
        "{error}"
    );
    let error = a
        .remove_route("192.0.2.0/24", |r| r.via("10.1.0.2"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("No such process"), "{error}");
    Ok(())
}

/// What makes no sense anywhere is refused before the kernel is asked.
#[netns_test(topology = lan())]
fn nonsense_is_refused_in_our_words(net: &Network) -> TestResult {
    let (a, link) = (net.host("a"), net.host("a").link("eth0"));
    let error = link.add_address("10.1.0.1/40").unwrap_err();
    assert!(error.is_topology());
    assert_eq!(
        error.to_string(),
        "failed to add address `10.1.0.1/40`: the prefix length 40 is out of range (0 to 32 for IPv4)"
    );
    let error = a.add_route("192.0.2.0/24", |r| r).unwrap_err().to_string();
    assert!(error.contains("nothing says where to"), "{error}");
    let error = a
        .add_route("192.0.2.0/24", |r| r.device("wan0"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no interface is called `wan0` (known: eth0)"),
        "{error}"
    );
    Ok(())
}
