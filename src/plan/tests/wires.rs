//! Which cables become wires, and what is wrong with each.

use std::time::Duration;

use crate::impairment::{Impairment, Loss};
use crate::plan::Plan;
use crate::topology::{LinkEnd, Topology};

fn slow(milliseconds: u64) -> Impairment {
    Impairment::new().delay(Duration::from_millis(milliseconds))
}

/// The delays of a cable in milliseconds, forth and back.
fn delays(plan: &Plan, cable: usize) -> [Option<u128>; 2] {
    let wire = plan.cables[cable].wire.expect("a wire");
    let delay = |it: &Option<Impairment>| it.as_ref().map(|it| it.delay.as_millis());
    plan.wires[wire].impairments.each_ref().map(delay)
}

#[test]
fn a_cable_is_plain_unless_somebody_asks() {
    let plan = Topology::lan(["a", "b"]).plan().unwrap();
    assert!(plan.wires.is_empty());
}

#[test]
fn a_wire_is_two_pairs_that_meet_in_a_hidden_node() {
    let plan = Topology::lan(["a", "b"]).wires().plan().unwrap();
    let hidden = plan.wires[0].ports[0].node;
    assert!(plan.visible().all(|(node, _)| node != hidden));
    let pairs: Vec<[&str; 2]> = plan
        .veths()
        .map(|pair| pair.map(|end| &*end.name))
        .collect();
    assert_eq!(pairs, [["eth0", "wire1"], ["wire2", "eth0"]]);
    let plain = Topology::lan(["a", "b"]).plan().unwrap();
    // Hosts are as they were: addresses, indexes and hardware addresses.
    assert_eq!(plan.cables[0].ends, plain.cables[0].ends);
}

#[test]
fn who_is_nearer_to_the_cable_decides() {
    let lab = |host: &[u64]| {
        let host = host.to_vec();
        Topology::lan(["b", "c"])
            .impair(slow(1))
            .host("a", move |h| {
                let h = h.attach_with("lan", |i| i.impair_egress(slow(3)));
                host.iter().fold(h, |h, ms| h.impair(slow(*ms)))
            })
    };
    // The port of the switch is a cable's first end: forth is what the host receives.
    let a = |plan: &Plan| {
        let ends = |it: &crate::plan::Cable| it.ends[1].node == 3;
        plan.cables.iter().position(ends).unwrap()
    };
    let plan = lab(&[]).plan().unwrap();
    assert_eq!(delays(&plan, a(&plan)), [Some(1), Some(3)]);
    let plan = lab(&[2]).plan().unwrap();
    assert_eq!(delays(&plan, a(&plan)), [Some(2), Some(3)]);
}

#[test]
fn directions_are_those_of_the_host_that_says_it() {
    let plan = Topology::new()
        .host("a", |h| h)
        .host("b", |h| h)
        .link(
            LinkEnd::new("a", |i| i.impair_egress(slow(1))),
            LinkEnd::new("b", |i| i.impair_egress(slow(2))),
        )
        .plan()
        .unwrap();
    assert_eq!(delays(&plan, 0), [Some(1), Some(2)]);
}

#[test]
fn a_direction_is_impaired_once() {
    let error = Topology::lan(["a", "b"])
        .host("c", |h| h)
        .link(
            LinkEnd::new("a", |i| i.impair_egress(slow(1))),
            LinkEnd::new("c", |i| i.impair_ingress(slow(2))),
        )
        .plan()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("wires.rs:")
            && error.contains("interface `eth0` of node `c`: the other end of the cable impairs the same direction already, at "),
        "{error}"
    );
}

#[test]
fn the_port_of_a_bridge_is_no_interface_of_the_roots() {
    let plan = Topology::new()
        .bridge("br0", "10.0.0.254/24")
        .root(|r| r.impair(Impairment::new().loss(Loss::random(0.5))))
        .host("a", |h| h.attach("br0", "10.0.0.1/24"))
        .plan()
        .unwrap();
    assert!(plan.wires.is_empty());
}
