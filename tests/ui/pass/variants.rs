//! One function, several tests. None of it is left in a program that is no test.

use netns_test::{Network, TestResult, Topology, netns_test};

fn lab() -> Topology {
    Topology::new()
}

#[netns_test(families(v4, v6, dual))]
fn without_a_topology() {}

#[netns_test(topology = lab(), families(v4, v6))]
fn in_families(_: &Network) -> TestResult {
    Ok(())
}

#[netns_test(topologies(near = lab(), far = Topology::lan(["a", "b"])))]
async fn in_topologies(_net: &Network) {}

#[netns_test(
    topologies(near = lab(), r#match = lab(),),
    families(dual,),
    inside = "root",
    timeout = 5,
    flavor = "multi_thread",
)]
pub(crate) async fn in_all() -> TestResult {
    Ok(())
}

/// Docs.
#[netns_test(families(v4, v6))]
#[should_panic(expected = "refused")]
#[ignore = "slow"]
#[cfg(target_os = "linux")]
#[expect(unused_variables, reason = "the expectation is met once")]
fn beside_others() {
    let unused = 5;
}

#[netns_test(families(v4, v6))]
fn r#while() {}

fn main() {
    let _ = lab();
}
