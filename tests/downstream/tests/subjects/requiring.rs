//! Tests that need more of the machine than a network.

use netns_test::{netns_test, require, Feature, Network, TestResult, Topology};

#[netns_test(requires(names))]
fn names() {}

#[netns_test(requires(packet_sockets, veth), families(v4, v6))]
fn packet_sockets() {}

#[netns_test(requires(names, packet_sockets))]
#[should_panic]
fn both_and_should_panic() {
    panic!("as expected");
}

#[netns_test]
fn both_in_its_body() -> TestResult {
    require([Feature::PacketSockets, Feature::Names])?;
    Ok(())
}

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn nothing(net: &Network) -> TestResult {
    net.host("client").ping("server")?;
    Ok(())
}
