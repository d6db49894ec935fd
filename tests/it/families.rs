//! Networks of one family, and one body for all of them.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

use netns_test::{
    Family, Host, LinkEnd, Mistake, Network, Reachability, TestResult, Topology, netns_test,
};

use crate::{once, panic_text};

fn routed() -> Topology {
    Topology::new()
        .host("a", |h| {
            h.attach_with("left", |i| i.address(["10.0.0.1/24", "fd00::1/64"]))
                .default_route("10.0.0.254")
                .default_route("fd00::fe")
        })
        .host("b", |h| {
            h.attach("right", ["10.0.1.2/24", "fd01::2/64"])
                .default_route("10.0.1.254")
                .default_route("fd01::fe")
        })
        .bridge("left", ["10.0.0.254/24", "fd00::fe/64"])
        .bridge("right", ["10.0.1.254/24", "fd01::fe/64"])
        .root(|root| {
            root.sysctl("net.ipv4.ip_forward", 1)
                .sysctl("net.ipv6.conf.all.forwarding", 1)
        })
}

fn everybody(net: &Network) -> impl Iterator<Item = Host<'_>> {
    std::iter::once(net.root()).chain(net.hosts())
}

/// A few bytes from one host to another and back, by the first address of the other.
fn talk(from: Host<'_>, to: Host<'_>, address: IpAddr) -> TestResult {
    let address = SocketAddr::new(address, 80);
    let listener = to.run(|| TcpListener::bind(address))?;
    let mut stream = from.run(|| TcpStream::connect(address))?;
    let (mut accepted, _) = listener.accept()?;
    stream.write_all(b"ping")?;
    let mut text = [0; 4];
    accepted.read_exact(&mut text)?;
    assert_eq!(&text, b"ping");
    Ok(())
}

/// The body's thread is called like the test.
fn own_name() -> String {
    std::thread::current().name().unwrap().to_owned()
}

/// Judged by what every node has, `lo` included.
fn assert_families(net: &Network) -> TestResult {
    for host in everybody(net) {
        for interface in host.interfaces()? {
            for address in &interface.addresses {
                let own = address.address.address();
                let wanted = net.families().iter().any(|family| family.includes(own));
                assert!(wanted, "{own} in node {}", host.name());
            }
            let is_lo = interface.name == "lo";
            assert!(!is_lo || interface.addresses.len() == net.families().len());
        }
        let tables = [host.routes()?, host.routes_ipv6()?];
        for (family, table) in [Family::V4, Family::V6].into_iter().zip(tables) {
            assert!(net.families().contains(&family) || table.to_string().is_empty());
        }
    }
    Ok(())
}

#[netns_test(
    topologies(
        pair = Topology::lan(["a", "b"]),
        switched = Topology::lan(["a", "b", "c"]).root(|root| root.join("lan")),
        routed = routed(),
    ),
    families(v4, v6, dual)
)]
fn every_family_is_there_and_no_other(net: &Network) -> TestResult {
    let expected: &[Family] = match own_name().rsplit("::").next() {
        Some("v4") => &[Family::V4],
        Some("v6") => &[Family::V6],
        _ => &[Family::V4, Family::V6],
    };
    assert_eq!(net.families(), expected);
    assert_families(net)?;
    let (a, b) = (net.host("a"), net.host("b"));
    for family in net.families() {
        let address = match family {
            Family::V4 => IpAddr::from(b.ipv4()),
            Family::V6 => IpAddr::from(b.ipv6()),
        };
        talk(a, b, address)?;
    }
    assert!(net.families()[0].includes(b.socket_addr(80).ip()));
    a.ping_with("b", once)?.assert_lossless();
    let matrix = net.ping_all()?;
    matrix.assert_all_reachable();
    for family in [Family::V4, Family::V6] {
        let asked = *matrix.get("a", "b", family) != Reachability::NotApplicable;
        assert_eq!(asked, net.families().contains(&family));
    }
    Ok(())
}

/// The kernel's own defaults are about the families that there are.
#[netns_test(topology = Topology::lan(["a", "b"]).realistic(), families(v4, v6))]
fn a_realistic_network_is_limited_too(net: &Network) -> TestResult {
    assert_families(net)
}

#[netns_test(topology = Topology::lan(["a", "b"]).only(Family::V4))]
fn the_address_of_the_other_family_is_missed_in_words(net: &Network) {
    assert_eq!(
        panic_text(|| net.host("a").ipv6()),
        "failed to tell the IPv6 address of host `a`: it has none"
    );
}

fn one_each() -> Topology {
    Topology::new()
        .bridge("br0", ())
        .host("both", |h| h.attach("br0", ["10.0.0.1/24", "fd00::1/64"]))
        .host("old", |h| h.attach("br0", "10.0.0.2/24"))
        .host("new", |h| h.attach("br0", "fd00::2/64"))
}

/// Who has nothing of the family is there without an address.
#[netns_test(topology = one_each(), families(v4, v6))]
fn a_host_that_is_left_without_addresses_cannot_be_pinged(net: &Network) -> TestResult {
    let (here, gone) = match net.families() {
        [Family::V4] => ("old", "new"),
        _ => ("new", "old"),
    };
    net.host("both").ping_with(here, once)?.assert_lossless();
    let matrix = net.ping_all()?;
    matrix.assert_all_reachable();
    assert!(!matrix.is_reachable("both", gone));
    Ok(())
}

#[netns_test(topology = one_each().only(Family::V4))]
fn a_ping_of_a_host_without_addresses_says_why(net: &Network) {
    let error = net.host("both").ping("new").unwrap_err();
    assert!(error.is_unknown_name());
    assert_eq!(
        error.to_string(),
        "failed to ping `new` from node `both`: node `new` has no address\n  \
         help: the network is limited to IPv4 by `Topology::only`: other addresses are left out"
    );
}

/// An address that is written is asked as ever, and nobody leads there.
#[netns_test(topology = Topology::lan(["a", "b"]), families(v4, v6))]
fn an_address_of_the_other_family_is_out_of_reach(net: &Network) -> TestResult {
    let other = match net.families() {
        [Family::V4] => ["fd00:1::2", "::1"],
        _ => ["10.1.0.2", "127.0.0.1"],
    };
    for address in other {
        let report = net.host("a").ping_with(address, once)?;
        assert_eq!(report.received(), 0, "{report}");
    }
    Ok(())
}

/// The kernel's IPv4 loopback address comes with `lo`, whenever that is raised.
#[netns_test(topology = Topology::lan(["a", "b"]).bare(), families(v4, v6, dual))]
fn raising_a_bare_network_brings_no_other_family(net: &Network) -> TestResult {
    let lo = net.host("a").link("lo");
    assert!(lo.look()?.addresses.is_empty());
    for _ in 0..2 {
        lo.up()?;
        let addresses = lo.look()?.addresses;
        let families: Vec<bool> = addresses
            .iter()
            .map(|it| it.address.address().is_ipv4())
            .collect();
        let expected: Vec<bool> = net.families().iter().map(|it| *it == Family::V4).collect();
        assert_eq!(families, expected);
        lo.up()?;
        lo.down()?;
    }
    for host in net.hosts() {
        host.link("eth0").up()?;
    }
    net.host("a").ping_with("b", once)?.assert_lossless();
    Ok(())
}

/// A cable that is cut and joined again settles without waiting for what never comes.
#[netns_test(topology = Topology::lan(["a", "b", "c"]), families(v4, v6, dual), timeout = 20)]
fn a_cable_comes_back(net: &Network) -> TestResult {
    let eth0 = net.host("a").link("eth0");
    eth0.down()?;
    eth0.up()?;
    if net.families().contains(&Family::V4) {
        net.host("a").ping_with("10.1.0.2", once)?.assert_lossless();
    }
    Ok(())
}

#[netns_test(
    topologies(
        bridge = Topology::new().bridge("br0", "10.0.0.1/24"),
        cable = Topology::new().host("a", |h| h).link(LinkEnd::new("root", |i| i.name("br0").address("10.0.0.1/24")), "a"),
        clash = Topology::new().bridge("br0", "10.0.0.0/24").allow(Mistake::NetworkAddress),
    ),
    inside = "root"
)]
async fn topologies_alone_are_as_they_were_written(net: &Network) -> TestResult {
    let name = own_name();
    assert_eq!(net.families(), [Family::V4, Family::V6]);
    assert_eq!(net.hosts().count() == 1, name.ends_with("::cable"));
    let is_clash = net.root().ipv4().to_string() == "10.0.0.0";
    assert_eq!(is_clash, name.ends_with("::clash"));
    assert_eq!(
        net.root().interface("br0")?.addresses[0].address.prefix(),
        24
    );
    Ok(())
}

#[netns_test(families(v4, v6, dual))]
#[should_panic(expected = "in each of them")]
fn every_variant_is_judged_by_its_panic() {
    panic!("in each of them");
}

/// The case names itself by the whole path, which is what its process was asked to run.
#[netns_test(topologies(r#match = Topology::new(), plain = Topology::new()), families(v4))]
fn r#while() {
    let name = own_name();
    let known = [
        "families::r#while::r#match::v4",
        "families::r#while::plain::v4",
    ];
    assert!(known.contains(&name.as_str()), "{name:?}");
}

/// Names resolve to what there is.
#[netns_test(topology = Topology::lan(["client", "server"]), families(v4, v6, dual))]
fn a_name_stands_for_addresses_of_the_networks_families(net: &Network) -> TestResult {
    use std::net::ToSocketAddrs;

    let client = net.host("client");
    for name in ["server", "localhost"] {
        let found = client.run(|| {
            (name, 80)
                .to_socket_addrs()
                .map(Iterator::collect::<Vec<_>>)
        })?;
        let families = net.families();
        assert_eq!(found.len(), families.len(), "{name}: {found:?}");
        assert!(
            found
                .iter()
                .all(|it| families.iter().any(|family| family.includes(it.ip())))
        );
    }
    let _listener = net.host("server").run(|| TcpListener::bind("server:80"))?;
    client.run(|| TcpStream::connect("server:80"))?;
    Ok(())
}
