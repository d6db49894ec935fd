//! Zones in a topology, and whom a node asks.

use super::{mistake, refusal};
use crate::topology::{HostSpec, Topology};
use crate::zone::Zone;

fn asked_by(topology: &Topology, node: &str) -> Vec<String> {
    let plan = topology.plan().unwrap();
    let node = plan.visible().find(|(_, it)| it.name == node).unwrap().0;
    let servers = plan.nameservers(node);
    servers.iter().map(ToString::to_string).collect()
}

fn serving(host: HostSpec) -> HostSpec {
    host.dns(Zone::new("test"))
}

#[test]
fn without_a_server_nobody_is_asked() {
    assert!(asked_by(&Topology::lan(["a", "b"]), "a").is_empty());
}

#[test]
fn a_server_on_an_own_subnet_is_asked_first_and_ipv4_before_ipv6() {
    let topology = Topology::new()
        .segment("near", ["10.1.0.0/16", "fd00:1::/64"])
        .segment("far", ["10.2.0.0/16", "fd00:2::/64"])
        .host("a", |h| h.join("near"))
        .host("remote", |h| serving(h.join("far")))
        .host("local", |h| serving(h.join("near").attach("near", ())))
        .host("b", |h| h.join("far"));
    let near = ["10.1.0.3", "fd00:1::3"];
    let far = ["10.2.0.2", "fd00:2::2"];
    assert_eq!(asked_by(&topology, "a"), [near, far].concat());
    assert_eq!(asked_by(&topology, "b"), [far, near].concat());
    // A server asks itself.
    assert_eq!(asked_by(&topology, "local"), [near, far].concat());
    // The root is on no subnet.
    assert_eq!(
        asked_by(&topology, "root"),
        ["10.2.0.2", "10.1.0.3", "fd00:2::2", "fd00:1::3"]
    );
}

#[test]
fn a_link_local_address_is_nobodys_server() {
    let topology = Topology::new().bridge("br0", ()).host("ns", |h| {
        serving(h.attach("br0", ["10.0.0.1/24", "fe80::1/64"]))
    });
    assert_eq!(asked_by(&topology, "root"), ["10.0.0.1"]);
}

#[test]
fn mistakes_in_zones_are_the_topologys() {
    let wrong = Topology::new().host("ns", |h| h.dns(Zone::new("test").a("www", "10.0.0")));
    assert_eq!(
        mistake(&wrong),
        r#"[a("www", "10.0.0"]: node `ns`: name `www` of zone `test`: `10.0.0` is not an IPv4 address"#
    );
    let twice = Topology::new().root(|root| root.dns(Zone::new("test")).dns(Zone::new("TEST.")));
    assert!(refusal(&twice).contains("node `root`: zone `TEST.`: the server has the zone twice"));
}

#[test]
fn a_server_is_printed_as_a_remark() {
    let lan = |configure: fn(HostSpec) -> HostSpec| {
        let lan = Topology::lan(["a"]).host("ns", |h| configure(h.join("lan")));
        lan.plan().unwrap().to_string()
    };
    let without = lan(|h| h);
    let with = lan(|h| h.dns([Zone::new("example.test"), Zone::new("10.1.0.0/16")]));
    assert_eq!(
        with,
        without + "# node ns serves the DNS zones example.test, 1.10.in-addr.arpa\n"
    );
}
