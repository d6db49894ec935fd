//! What may stand in the parentheses.

use std::time::Duration;

use netns_test::{Topology, netns_test};

fn pair() -> Topology {
    Topology::lan(["client", "server"])
}

const LIMIT: Duration = Duration::from_secs(5);

#[netns_test()]
fn none() {}

#[netns_test(topology = pair())]
fn a_function() {}

#[netns_test(topology = Topology::lan(["client", "server"]), inside = "client",)]
fn an_expression() {}

#[netns_test(timeout = 5)]
fn seconds() {}

#[netns_test(timeout = LIMIT * 2)]
fn a_duration() {}

#[netns_test(flavor = "multi_thread", timeout = 5, inside = "client", topology = pair())]
async fn any_order() {}

#[netns_test(flavor = "current_thread")]
async fn the_other_flavor() {}

#[netns_test(requires(netem, vlan_filtering, packet_sockets,))]
fn features() {}

fn main() {}
