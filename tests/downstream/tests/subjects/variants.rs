//! One body, several tests.

use netns_test::{netns_test, Family, Network, TestResult, Topology};
use rstest::rstest;

/// A private item of the surrounding module, and one of its imports, are what the body uses.
fn pair() -> Topology {
    Topology::lan(["client", "server"])
}

#[netns_test(topology = pair(), families(v4, v6, dual))]
fn passes_in_each(net: &Network) -> TestResult {
    net.host("client").ping("server")?.assert_lossless();
    Ok(())
}

#[netns_test(topologies(near = pair(), far = Topology::lan(["client", "server", "other"])), families(v4, v6))]
fn passes_everywhere(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = pair(), families(v4, v6, dual))]
fn fails_in_one(net: &Network) {
    println!("printed over {:?}", net.families());
    assert_ne!(net.families(), [Family::V6], "not over IPv6 alone");
}

#[netns_test(families(v4, v6))]
#[ignore = "takes long"]
fn ignored_and_passes() {}

#[netns_test(families(v4, v6))]
#[should_panic(expected = "on IPv4")]
fn fails_by_the_wrong_panic(net: &Network) {
    panic!("on {}", net.families()[0]);
}

#[netns_test(topology = pair(), families(v4, v6), timeout = 4, inside = "client")]
fn fails_by_its_deadline(net: &Network) {
    assert_eq!(netns_test::current().here().name(), "client");
    if net.families() == [Family::V4] {
        loop {
            std::thread::park();
        }
    }
}

#[netns_test(topology = pair().only(Family::V4), families(v4, v6))]
fn fails_by_its_topology() {}

#[rstest]
#[case::http(80)]
#[case::https(443)]
#[netns_test::test(topology = pair(), families(v4, v6))]
fn rstest_passes(#[case] port: u16) -> TestResult {
    let net = netns_test::current();
    let server = net.host("server");
    let listener = server.run(|| std::net::TcpListener::bind(server.socket_addr(port)))?;
    assert!(net.families()[0].includes(listener.local_addr()?.ip()));
    Ok(())
}
