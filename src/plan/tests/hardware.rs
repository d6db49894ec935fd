//! Sizes, hardware addresses, and how many ports there are.

use super::{allowable, mistake};
use crate::topology::{LinkEnd, Mistake, Topology};

fn with_mtu(bytes: u32, address: &str) -> Topology {
    Topology::new().bridge("br0", ()).host("a", |h| {
        h.attach_with("br0", |i| i.address(address).mtu(bytes))
    })
}

#[test]
fn an_mtu_out_of_range_is_said_once() {
    for bytes in [0, 67, 65_536] {
        assert_eq!(
            mistake(&with_mtu(bytes, "10.0.0.1/24")),
            format!(
                "[mtu(bytes]: interface `eth0` of node `a`: the MTU {bytes} is out of range (68 to 65535)"
            )
        );
    }
    for bytes in [68, 65_535] {
        assert!(with_mtu(bytes, "10.0.0.1/24").plan().is_ok());
    }
}

#[test]
fn a_bridges_mtu_is_the_bridges_mistake() {
    let topology = Topology::new()
        .bridge_with("br0", |b| b.mtu(10))
        .host("a", |h| h.attach("br0", "10.0.0.1/24"));
    assert_eq!(
        mistake(&topology),
        "[mtu(10]: bridge `br0`: the MTU 10 is out of range (68 to 65535)"
    );
}

#[test]
fn ipv6_needs_1280_bytes() {
    assert!(with_mtu(1280, "fd00::1/64").plan().is_ok());
    assert!(with_mtu(1279, "10.0.0.1/24").plan().is_ok());
    assert_eq!(
        allowable(&with_mtu(1279, "fd00::1/64"), Mistake::SmallMtu),
        "[mtu(bytes]: interface `eth0` of node `a`: the MTU 1279 is below 1280, the minimum of IPv6"
    );
    let inherited = Topology::new()
        .bridge_with("br0", |b| b.mtu(1000))
        .host("a", |h| h.attach("br0", "fd00::1/64"));
    assert_eq!(
        allowable(&inherited, Mistake::SmallMtu),
        r#"[attach("br0", "fd00::1/64"]: interface `eth0` of node `a`: the MTU 1000 is below 1280, the minimum of IPv6"#
    );
}

/// A small port makes its bridge small.
#[test]
fn a_port_that_takes_its_bridge_below_1280_bytes() {
    let topology = Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
        .host("a", |h| {
            h.attach_with("br0", |i| i.address("10.0.0.1/24").mtu(1000))
        });
    assert_eq!(
        allowable(&topology, Mistake::SmallMtu),
        "[mtu(1000]: interface `eth0` of node `a`: the MTU 1000 lowers that of bridge `br0`, which has IPv6 addresses, below 1280"
    );
    let plan = topology.allow(Mistake::SmallMtu).plan().unwrap();
    let left: Vec<String> = plan.addresses(0).map(|it| it.to_string()).collect();
    assert_eq!(left, ["10.0.0.254/24"]);
}

fn with_mac(mac: &str) -> Topology {
    Topology::new()
        .host("a", |h| h)
        .link(LinkEnd::new("a", |i| i.mac(mac)), "root")
}

/// A chosen hardware address is in the plan. (It was parsed nowhere in the first version.)
#[test]
fn a_chosen_mac_is_planned() {
    let plan = with_mac("02:aa:00:00:00:01").plan().unwrap();
    let macs: Vec<String> = plan.ends(1).map(|end| end.mac.to_string()).collect();
    assert_eq!(macs, ["02:aa:00:00:00:01"]);
}

#[test]
fn a_mac_that_no_interface_can_have() {
    for (mac, cause) in [
        (
            "01:00:5e:00:00:01",
            "hardware address 01:00:5e:00:00:01 is a multicast address, no interface's own",
        ),
        (
            "ff:ff:ff:ff:ff:ff",
            "hardware address ff:ff:ff:ff:ff:ff is a multicast address, no interface's own",
        ),
        (
            "00:00:00:00:00:00",
            "hardware address 00:00:00:00:00:00 is no interface's own",
        ),
        (
            "02:00",
            "`02:00` is not a hardware address such as 02:00:00:00:00:01",
        ),
    ] {
        assert_eq!(
            mistake(&with_mac(mac)),
            format!("[mac(mac]: interface `eth0` of node `a`: {cause}")
        );
    }
    let bridge = Topology::new().bridge_with("br0", |b| b.mac("x"));
    assert_eq!(
        mistake(&bridge),
        r#"[mac("x"]: bridge `br0`: `x` is not a hardware address such as 02:00:00:00:00:01"#
    );
}

#[test]
fn a_mac_twice() {
    let mac = "02:00:00:00:00:07";
    let topology = Topology::new()
        .bridge_with("br0", |b| b.address("10.0.0.254/24").mac(mac))
        .host("a", |h| {
            h.attach_with("br0", |i| i.mac("02:00:00:00:00:07"))
        });
    assert_eq!(
        allowable(&topology, Mistake::DuplicateMac),
        r#"[mac("02:00:00:00:00:07"]: interface `eth0` of node `a`: hardware address 02:00:00:00:00:07 is used twice, first by bridge `br0`"#
    );
}

#[test]
fn a_bridge_is_full_at_1023_ports() {
    let attached = |hosts: usize| {
        let bridge = Topology::new().bridge("br0", "10.0.0.1/16");
        (0..hosts).fold(bridge, |topology, number| {
            topology.host(format!("h{number}"), |h| h.join("br0"))
        })
    };
    assert!(attached(1023).plan().is_ok());
    assert_eq!(
        mistake(&attached(1024)),
        r#"[bridge("br0", "10.0.0.1/16"]: bridge `br0`: 1024 hosts are attached, a bridge of the kernel has at most 1023 ports"#
    );
}
