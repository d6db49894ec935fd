//! Networks that carry packets at once, whatever may be written below `/proc/sys`.

use std::net::IpAddr;

use netns_test::{Family, Host, Network, Ping, TestResult, Topology, netns_test};

/// One packet: the first, which a network that is not ready would lose.
fn once(options: Ping) -> Ping {
    options.count(1)
}

/// The root with an address on a segment's bridge, and two hosts.
fn joined() -> Topology {
    Topology::lan(["a", "b"]).root(|root| root.join("lan"))
}

/// Docker's: the bridge itself is in the root, and its ports have no address but the kernel's.
fn bridged() -> Topology {
    Topology::new()
        .bridge("br0", ["172.16.1.254/16", "fd00::fe/64"])
        .host("a", |h| h.attach("br0", ["172.16.1.1/16", "fd00::1/64"]))
        .host("b", |h| h.attach("br0", ["172.16.1.2/16", "fd00::2/64"]))
}

/// Two lans and a router.
fn routed() -> Topology {
    Topology::new()
        .segment("left", ())
        .segment("right", ())
        .router("r", |r| r.join("left").join("right"))
        .host("a", |h| h.join("left"))
        .host("b", |h| h.join("right"))
}

#[netns_test(topology = routed(), families(v4))]
fn a_router_forwards(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

/// Where `/proc/sys` is read-only this one fails, in words.
#[netns_test(topology = routed())]
fn a_router_forwards_both_families(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

fn everybody(net: &Network) -> impl Iterator<Item = Host<'_>> {
    std::iter::once(net.root()).chain(net.hosts())
}

#[netns_test(topologies(
    cable = Topology::lan(["a", "b"]),
    segment = Topology::lan(["a", "b", "c"]),
    joined = joined(),
    bridged = bridged(),
))]
fn the_first_packet_arrives_at_every_kind_of_address(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    for interface in b.interfaces()? {
        for its in interface
            .addresses
            .iter()
            .filter(|_| interface.name != "lo")
        {
            let target = match its.address.address() {
                IpAddr::V6(address) if address.is_unicast_link_local() => {
                    format!("{address}%eth0")
                }
                address => address.to_string(),
            };
            assert!(!its.flags.tentative(), "{target}");
            a.ping_with(&target, once)?.assert_lossless();
        }
        // The kernel's own would be this one.
        let local = interface.mac.filter(|_| interface.name != "lo");
        let local = local.map(|mac| IpAddr::from(mac.link_local()));
        assert!(local.is_none_or(|local| {
            let mut addresses = interface.addresses.iter();
            addresses.any(|its| its.address.address() == local)
        }));
    }
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

/// Interfaces of every kind have a link-local address that is in use, and waited for nobody's objection: hosts', bridges', ports'.
#[netns_test(topologies(joined = joined(), bridged = bridged()))]
fn no_interface_looks_for_duplicates(net: &Network) -> TestResult {
    for host in everybody(net) {
        for interface in host.interfaces()?.iter().filter(|it| it.name != "lo") {
            let of_ipv6 = interface
                .addresses
                .iter()
                .filter(|its| its.address.address().is_ipv6());
            let local =
                |address: IpAddr| matches!(address, IpAddr::V6(it) if it.is_unicast_link_local());
            let locals = of_ipv6.clone().filter(|its| local(its.address.address()));
            assert_eq!(locals.count(), 1, "{interface}");
            let looks =
                host.sysctl(&format!("net/ipv6/conf/{}/accept_dad", interface.name))? != "0";
            for its in of_ipv6 {
                assert!(!its.flags.tentative(), "{interface}");
                assert!(its.flags.no_dad() || !looks, "{interface}");
            }
        }
    }
    Ok(())
}

#[netns_test(topologies(cable = Topology::lan(["a", "b"]), joined = joined(), bridged = bridged()), families(v4, v6))]
fn a_network_of_one_family_has_no_address_of_the_other(net: &Network) -> TestResult {
    let [family] = *net.families() else {
        panic!("{:?}", net.families());
    };
    for host in everybody(net) {
        for interface in host.interfaces()? {
            for its in &interface.addresses {
                assert!(family.includes(its.address.address()), "{interface}");
            }
        }
        let other = match family {
            Family::V4 => host.routes_ipv6()?,
            _ => host.routes()?,
        };
        assert_eq!(other.to_string(), "", "{}", host.name());
    }
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

/// After a fault, too. The kernel may look for duplicates then, so that the addresses that were given are what counts.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_link_comes_back(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    link.down()?;
    link.up()?;
    net.host("a")
        .ping_with(net.host("b").ipv4(), once)?
        .assert_lossless();
    Ok(())
}

/// More namespaces than small limits of descriptors and processes seem to allow.
#[netns_test]
fn twenty_hosts_fit(_: &Network) -> TestResult {
    let names: Vec<String> = (0..20).map(|number| format!("h{number}")).collect();
    let network = Topology::lan(names.iter().map(String::as_str)).build()?;
    network.host("h0").ping_with("h19", once)?.assert_lossless();
    network.close()?;
    Ok(())
}
