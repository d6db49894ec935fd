//! What a host sees must be what `ip` sees in the same namespace.

use netns_test::{Host, Interface, Network, Result, TestResult, Topology, netns_test};
use serde_json::Value;

use crate::compare::{everybody, in_host};
use crate::reader::{array, parse};

fn lab() -> Topology {
    Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
        .bridge("empty", ())
        .host("a", |h| {
            h.attach("br0", ["10.0.0.1/24", "10.0.0.3/24", "fd00::1/64"])
                .default_route("10.0.0.254")
                .default_route("fd00::fe")
                .blackhole("192.0.2.0/24")
                .route_with("198.51.100.0/24", |r| r.unreachable().metric(7))
                .route_with("203.0.113.7", |r| r.prohibit())
                .route_with("fd09::/64", |r| r.blackhole())
                .route_with("10.9.0.0/16", |r| {
                    r.via("10.0.0.9").metric(100).source("10.0.0.3")
                })
                .route_with("10.10.0.0/16", |r| r.device("eth0"))
                .route_with("fd0c::/64", |r| r.via("fe80::1").device("eth0"))
                .route_with("10.12.0.0/16", |r| {
                    r.via("192.0.2.1").device("eth0").onlink()
                })
        })
        .host("b", |h| {
            h.attach_with("br0", |i| i.address("10.0.0.2/24").mtu(1400))
        })
        .link("b", "b")
        .link("root", "root")
}

/// The text without the blanks that `ip` leaves at the ends of its lines.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// Our look and the program's at the same state of things: counters run, neighbours age, and the kernel notices carriers in its own time.
fn both<T>(host: Host<'_>, command: &str, ours: impl Fn() -> T) -> (T, String) {
    loop {
        let before = in_host(host, command);
        let look = ours();
        if at_rest(&before) == at_rest(&in_host(host, command)) {
            return (look, before);
        }
    }
}

/// Without the timers of bridges in `ip -j -d`: a slow machine never prints the same ones twice.
fn at_rest(text: &str) -> Vec<&str> {
    let fields = text.split(',');
    fields.filter(|field| !field.contains("_timer\"")).collect()
}

/// A machine with tunnels has some in every new namespace, with addresses that are not of hardware, and `ip` shows more of these.
fn is_the_topologys(index: u64) -> bool {
    index == 1 || index >= 100
}

fn the_topologys(host: Host<'_>) -> Result<Vec<Interface>> {
    let mut interfaces = host.interfaces()?;
    interfaces.retain(|it| is_the_topologys(it.index.into()));
    assert!(interfaces.len() > 1, "all have more than `lo` in {host:?}");
    Ok(interfaces)
}

/// The same of what `ip` prints: an interface is a line that begins with its index, and those below.
fn without_tunnels(text: &str) -> String {
    let mut is_kept = true;
    let lines = text.lines().filter(|line| {
        let index = line.split_once(": ").and_then(|(it, _)| it.parse().ok());
        is_kept = index.map_or(is_kept, is_the_topologys);
        is_kept
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Interfaces print as `ip address` prints them, letter by letter.
#[netns_test(topology = lab())]
fn interfaces_print_as_ip_address_does(net: &Network) -> TestResult {
    for host in everybody(net) {
        let (ours, theirs) = both(host, "ip address", || the_topologys(host));
        let ours: Vec<String> = ours?.iter().map(ToString::to_string).collect();
        let theirs = trimmed(&without_tunnels(&theirs));
        assert_eq!(
            comparable(&ours.join("\n")),
            comparable(&theirs),
            "in {host:?}"
        );
    }
    Ok(())
}

/// Without what depends on the version of `ip`: who added an address (since 6.3), and how it calls other namespaces.
fn comparable(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split(" link-netns").next().unwrap());
    let lines = lines.map(|line| {
        line.replace(" proto kernel_lo", "")
            .replace(" proto kernel_ll", "")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The fields, which people ask in tests, say what `ip -j -d` says.
#[netns_test(topology = lab())]
fn interfaces_have_the_fields_that_ip_shows(net: &Network) -> TestResult {
    for host in everybody(net) {
        let (ours, theirs) = both(host, "ip -j -d address", || the_topologys(host));
        let (ours, mut theirs) = (ours?, parse(&theirs));
        theirs.retain(|it| is_the_topologys(it["ifindex"].as_u64().unwrap()));
        assert_eq!(ours.len(), theirs.len());
        for (interface, expected) in ours.iter().zip(&theirs) {
            assert_eq!(expected["ifname"], interface.name.as_str());
            assert_eq!(expected["ifindex"], interface.index);
            assert_eq!(expected["mtu"], interface.mtu);
            assert_eq!(expected["operstate"], interface.state.to_string());
            assert_eq!(expected["address"], interface.mac.unwrap().to_string());
            assert_eq!(
                text(&expected["linkinfo"]["info_kind"]),
                interface.kind.as_deref()
            );
            assert_eq!(
                text(&expected["master"]),
                interface.master.as_ref().map(|it| it.name.as_str())
            );
            let peer = interface.peer.as_ref();
            let inside = peer.filter(|peer| peer.namespace.is_none());
            assert_eq!(
                text(&expected["link"]),
                inside.and_then(|peer| peer.name.as_deref())
            );
            let outside = peer.filter(|peer| peer.namespace.is_some());
            assert_eq!(
                expected["link_index"].as_u64(),
                outside.map(|peer| u64::from(peer.index))
            );
            let addresses: Vec<String> = array(&expected["addr_info"])
                .iter()
                .map(|it| format!("{}/{}", it["local"].as_str().unwrap(), it["prefixlen"]))
                .collect();
            let own: Vec<String> = interface
                .addresses
                .iter()
                .map(|it| it.address.to_string())
                .collect();
            assert_eq!(own, addresses);
        }
    }
    Ok(())
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

#[netns_test(topology = lab())]
fn counters_are_those_of_ip_s_link(net: &Network) -> TestResult {
    net.host("a").ping("b")?.assert_lossless();
    for host in everybody(net) {
        let (ours, theirs) = both(host, "ip -s link", || the_topologys(host));
        let ours: Vec<String> = ours?.iter().map(|it| it.statistics().to_string()).collect();
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            squeezed(&comparable(&ours.join("\n"))),
            squeezed(&comparable(&trimmed(&without_tunnels(&theirs))))
        );
    }
    Ok(())
}

#[netns_test(topology = lab())]
fn routes_print_as_ip_route_does(net: &Network) -> TestResult {
    for host in everybody(net) {
        routes_agree(host)?;
    }
    // Links that are down show in their routes.
    net.root().link("br0").down()?;
    routes_agree(net.root())?;
    routes_agree(net.host("a"))
}

fn routes_agree(host: Host<'_>) -> TestResult {
    let (ours, theirs) = both(host, "ip route", || host.routes());
    assert_eq!(ours?.to_string(), trimmed(&theirs), "in {host:?}");
    let (ours, theirs) = both(host, "ip -6 route", || host.routes_ipv6());
    assert_eq!(ours?.to_string(), trimmed(&theirs), "in {host:?}");
    Ok(())
}

fn neighbours_agree(host: Host<'_>) -> TestResult {
    let (ours, theirs) = both(host, "ip neigh", || host.neighbours());
    let ours: Vec<String> = ours?.iter().map(ToString::to_string).collect();
    assert!(!ours.is_empty());
    assert_eq!(sorted(&ours.join("\n")), sorted(&trimmed(&theirs)));
    Ok(())
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[netns_test(topology = lab())]
fn neighbours_print_as_ip_neigh_does(net: &Network) -> TestResult {
    let a = net.host("a");
    a.ping("b")?.assert_lossless();
    a.ping("fd00::fe")?.assert_lossless();
    // Nobody answers here.
    a.ping_with("10.0.0.99", |p| {
        p.count(1).timeout(std::time::Duration::from_millis(1))
    })?;
    neighbours_agree(a)?;
    neighbours_agree(net.root())
}

#[netns_test(topology = lab())]
fn bridges_have_the_fields_that_ip_shows(net: &Network) -> TestResult {
    let (bridges, links) = both(net.root(), "ip -j -d link", || net.root().bridges());
    let (bridges, links) = (bridges?, parse(&links));
    let find = |name: &str| links.iter().find(|link| link["ifname"] == name).unwrap();
    assert_eq!(
        bridges
            .iter()
            .map(|it| it.name.as_str())
            .collect::<Vec<_>>(),
        ["br0", "empty"]
    );
    for bridge in &bridges {
        let expected = &find(&bridge.name)["linkinfo"]["info_data"];
        assert_eq!(bridge.id, full_id(expected["bridge_id"].as_str().unwrap()));
        assert_eq!(expected["stp_state"], u8::from(bridge.stp));
        assert_eq!(
            expected["ageing_time"],
            (bridge.ageing.as_millis() / 10) as u64
        );
        let ports = links
            .iter()
            .filter(|link| link["master"] == bridge.name.as_str());
        assert_eq!(ports.count(), bridge.ports.len());
        for port in &bridge.ports {
            let expected = &find(&port.name)["linkinfo"]["info_slave_data"];
            assert_eq!(expected["state"], port.state.to_string());
            assert_eq!(expected["cost"], port.path_cost);
            assert_eq!(expected["priority"], port.priority);
            assert_eq!(expected["no"], format!("{:#x}", port.number));
        }
    }
    Ok(())
}

/// `ip` leaves zeros out: `8000.2:0:0:0:0:3`; `brctl`, and we, do not.
fn full_id(id: &str) -> String {
    let (priority, mac) = id.split_once('.').unwrap();
    let octets = mac.split(':').map(|octet| format!("{octet:0>2}"));
    format!("{priority}.{}", octets.collect::<String>())
}
