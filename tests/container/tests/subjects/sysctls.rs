//! Parameters that a topology asks for. Those of interfaces are set by netlink where `/proc/sys` is read-only; others cannot be.

use netns_test::{Network, TestResult, Topology, netns_test};

#[netns_test]
fn those_of_an_interface_are_set(_: &Network) -> TestResult {
    let topology = Topology::new().bridge("br0", ()).host("a", |h| {
        h.attach("br0", "10.0.0.1/24")
            .sysctl("net.ipv4.conf.eth0.rp_filter", 2)
            .sysctl("net/ipv4/conf/lo/forwarding", 1)
    });
    let network = topology.build()?;
    let a = network.host("a");
    assert_eq!(a.sysctl("net.ipv4.conf.eth0.rp_filter")?, "2");
    assert_eq!(a.sysctl("net.ipv4.conf.lo.forwarding")?, "1");
    assert_eq!(a.sysctl("net.ipv4.conf.eth0.forwarding")?, "0");
    Ok(())
}

#[netns_test]
fn what_is_so_already_needs_no_setting(_: &Network) -> TestResult {
    let network = Topology::new()
        .host("a", |h| h.sysctl("net.ipv4.tcp_fin_timeout", 60))
        .build()?;
    assert_eq!(network.host("a").sysctl("net.ipv4.tcp_fin_timeout")?, "60");
    Ok(())
}

/// Where `/proc/sys` is read-only this one fails, in words.
#[netns_test(topology = Topology::new().host("a", |h| h.sysctl("net.ipv4.tcp_fin_timeout", 7)))]
fn those_of_a_network_need_a_writable_proc_sys(net: &Network) -> TestResult {
    assert_eq!(net.host("a").sysctl("net.ipv4.tcp_fin_timeout")?, "7");
    Ok(())
}

/// Fails everywhere: its report tells what could not be set.
#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn fails_with_a_report() {
    panic!("as it is meant to");
}
