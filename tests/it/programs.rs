//! Real programs in hosts: what a closure starts is in its host.

use std::process::Command;

use netns_test::{TestResult, Topology, netns_test};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// The environment's own tools work inside, as an ordinary user, too.
#[netns_test(topology = lan(), inside = "client")]
fn ip_may_change_the_network() -> TestResult {
    let status = Command::new("ip")
        .args(["address", "add", "192.0.2.9/32", "dev", "lo"])
        .status()?;
    assert!(status.success());
    std::net::UdpSocket::bind("192.0.2.9:53")?;
    Ok(())
}
