//! The judge, by networks of values.

mod world;

use std::rc::Rc;

use world::{World, ip, out, world};

use super::explanation::{Attempt, Blame, Culprit};
use super::judge::{Answer, Decision, Load, Outcome, Question, judge};
use crate::address::Cidr;
use crate::sys::netlink::Way;

fn question() -> Question {
    Question {
        from: 0,
        source: None,
        target: ip("10.0.2.2"),
        to: Some(2),
        load: Load::Echo,
        size: None,
        has_failed: false,
    }
}

fn asked(world: &World, question: &Question, outcome: &Outcome) -> Attempt {
    judge(world, question, &mut |_, _| outcome.clone())
}

fn answered(answer: Answer) -> Outcome {
    Outcome {
        answer,
        ..Outcome::default()
    }
}

/// The culprit if nobody answers.
#[track_caller]
fn culprit(world: &World, outcome: &Outcome) -> Culprit {
    asked(world, &question(), outcome).culprit.unwrap()
}

#[test]
fn what_passes_has_no_culprit() {
    let attempt = asked(&world(), &question(), &answered(Answer::Passed));
    assert_eq!(attempt.culprit, None);
    assert_eq!(
        (attempt.path, attempt.back),
        (names("a r b"), names("b r a"))
    );
}

fn names(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// What the tables say is less certain than a packet that came back.
#[test]
fn an_answer_outweighs_the_tables() {
    let mut world = world();
    world.lead(1, "10.0.2.2", Way::NoRoute);
    let attempt = asked(&world, &question(), &answered(Answer::Passed));
    assert_eq!(attempt.culprit, None);
}

#[test]
fn nothing_is_sent_if_tables_tell_of_a_failure() {
    let mut world = world();
    world.lead(1, "10.0.2.2", Way::NoRoute);
    let known = Question {
        has_failed: true,
        ..question()
    };
    let attempt = judge(&world, &known, &mut |_, _| panic!("a packet was sent"));
    let to: Cidr = "10.0.2.0/24".parse().unwrap();
    assert_eq!(attempt.culprit.unwrap().blame, Blame::NoRoute { to });
    assert_eq!(attempt.back, Vec::<String>::new());
}

#[test]
fn each_refusal_of_a_router_has_its_name() {
    let to = ip("10.0.2.2");
    for (way, blame) in [
        (Way::Blackhole, Blame::Blackhole { to }),
        (Way::Unreachable, Blame::UnreachableRoute { to }),
        (Way::Prohibited, Blame::ProhibitedRoute { to }),
        (
            Way::ReverseFilter,
            Blame::ReversePath {
                source: ip("10.0.1.2"),
            },
        ),
    ] {
        let mut world = world();
        world.lead(1, "10.0.2.2", way);
        let culprit = culprit(&world, &Outcome::default());
        assert_eq!((culprit.node.as_str(), culprit.blame), ("r", blame));
    }
}

#[test]
fn links_are_judged_before_what_is_behind_them() {
    let mut cut = world();
    cut.port_mut(2, 0).up = false;
    cut.port_mut(1, 1).carrier = false;
    let far = Blame::NoCarrier {
        node: "b".to_owned(),
        interface: Some("eth1".to_owned()),
    };
    let found = culprit(&cut, &Outcome::default());
    assert_eq!(
        (found.interface.as_deref(), found.blame),
        (Some("eth2"), far)
    );
    cut.port_mut(1, 1).up = false;
    assert_eq!(culprit(&cut, &Outcome::default()).blame, Blame::LinkDown);
}

#[test]
fn forwarding_loops_and_gateways_are_told() {
    let mut deaf = world();
    deaf.deaf.push(1);
    let sysctl = "net.ipv4.ip_forward = 0".to_owned();
    let found = culprit(&deaf, &Outcome::default()).blame;
    assert_eq!(found, Blame::ForwardingOff { sysctl });

    let mut round = world();
    round.lead(1, "10.0.2.2", out(1, Some("10.0.1.2"), "10.0.1.1"));
    assert_eq!(culprit(&round, &Outcome::default()).blame, Blame::Loop);

    let mut lost = world();
    lost.lead(0, "10.0.2.2", out(2, Some("10.0.1.77"), "10.0.1.2"));
    let found = culprit(&lost, &Outcome::default()).blame;
    assert!(matches!(found, Blame::WrongGateway { gateway, .. } if gateway == ip("10.0.1.77")));
}

#[test]
fn the_way_back_is_judged_as_the_way_there() {
    let mut world = world();
    world.lead(2, "10.0.1.2", Way::NoRoute);
    let attempt = asked(&world, &question(), &Outcome::default());
    let culprit = attempt.culprit.unwrap();
    assert_eq!(culprit.node, "b");
    assert_eq!(
        culprit.to_string(),
        "the packet arrives and the reply does not: node `b` has no route to 10.0.1.0/24"
    );
}

/// `b` knows nothing of `a`, and need not: it answers to `r`.
#[test]
fn a_translated_source_is_answered_to_its_translator() {
    let mut world = world();
    world.lead(2, "10.0.1.2", Way::NoRoute);
    world.translators.push(1);
    let attempt = asked(&world, &question(), &answered(Answer::Passed));
    assert_eq!(attempt.back, names("b r a"));
    assert_eq!(
        asked(&world, &question(), &Outcome::default()).back,
        names("b r a")
    );
}

/// `a` knows nothing of `b`, whose packets to `a` would be translated.
#[test]
fn what_a_translator_hides_is_not_blamed_on_a_route() {
    let mut world = world();
    world.cables = [((0, 2), (1, 2)), ((1, 1), (2, 1))]
        .into_iter()
        .flat_map(|(a, b)| [(a, b), (b, a)])
        .collect();
    let ports = Rc::make_mut(&mut world.ports[1]);
    ports.swap(0, 1);
    for (port, index) in ports.iter_mut().zip([1, 2]) {
        port.index = index;
        port.name = format!("eth{index}");
    }
    world.lead(0, "10.0.2.2", Way::NoRoute);
    world.lead(1, "10.0.1.2", out(2, None, "10.0.1.1"));
    world.translators.push(1);
    let culprit = culprit(&world, &Outcome::default());
    let hidden = Blame::NatWithoutForward {
        to: ip("10.0.2.2"),
        port: None,
    };
    assert_eq!((culprit.node.as_str(), culprit.blame), ("r", hidden));
}

#[test]
fn a_filter_is_blamed_in_the_direction_of_its_packet() {
    let dropped = Blame::Dropped {
        rule: Some("no web".to_owned()),
        chain: "forward".to_owned(),
    };
    let outcome = |to: &str| Outcome {
        decision: Some(Decision {
            node: 1,
            blame: dropped.clone(),
            to: Some(ip(to)),
        }),
        ..Outcome::default()
    };
    assert_eq!(culprit(&world(), &outcome("10.0.2.2")).blame, dropped);
    let back = culprit(&world(), &outcome("10.0.1.2"));
    assert!(matches!(back.blame, Blame::ReturnPath(culprit) if culprit.blame == dropped));
}

#[test]
fn too_large_packets_are_silent_unless_a_router_tells() {
    let mut world = world();
    world.port_mut(1, 1).mtu = 1400;
    let large = Question {
        size: Some(1500),
        ..question()
    };
    let told = Answer::TooBig {
        from: ip("10.0.1.1"),
        mtu: 1400,
    };
    for (answer, silent) in [(told, false), (Answer::Silence, true)] {
        let culprit = asked(&world, &large, &answered(answer)).culprit.unwrap();
        let expected = Blame::MtuTooSmall {
            mtu: 1400,
            size: 1500,
            silent,
        };
        assert_eq!(
            (culprit.interface.as_deref(), culprit.blame),
            (Some("eth2"), expected)
        );
    }
    // Nobody reports what the receiving end drops.
    world.port_mut(1, 1).mtu = 1500;
    world.port_mut(2, 0).mtu = 1400;
    let culprit = asked(&world, &large, &Outcome::default()).culprit.unwrap();
    assert_eq!(culprit.node, "b");
}

/// What is not known is not guessed.
#[test]
fn without_evidence_the_last_node_that_was_seen_is_named() {
    let seen = |seen: &[usize]| Outcome {
        seen: seen.to_vec(),
        ..Outcome::default()
    };
    let found = culprit(&world(), &seen(&[1]));
    assert_eq!(
        (found.node.as_str(), found.blame),
        ("r", Blame::Unexplained { seen: true })
    );
    let found = culprit(&world(), &seen(&[]));
    assert_eq!(
        (found.node.as_str(), found.blame),
        ("a", Blame::Unexplained { seen: false })
    );
    assert!(matches!(
        culprit(&world(), &seen(&[1, 2])).blame,
        Blame::ReturnPath(_)
    ));
}

#[test]
fn who_does_not_answer_for_an_address_is_named() {
    let mut world = world();
    world.silent = Some(ip("10.0.2.2"));
    let expected = Blame::NeighbourUnreachable {
        address: ip("10.0.2.2"),
        owner: Some("b".to_owned()),
    };
    let found = culprit(&world, &Outcome::default());
    assert_eq!((found.node.as_str(), found.blame), ("r", expected));
}

#[test]
fn a_refused_connection_is_one_that_nobody_takes_or_that_is_not_forwarded() {
    let web = Question {
        load: Load::Tcp(80),
        ..question()
    };
    let refused = answered(Answer::NobodyListens);
    let culprit = asked(&world(), &web, &refused).culprit.unwrap();
    assert_eq!(culprit.blame, Blame::NobodyListens { port: 80 });
    assert_eq!(culprit.to_string(), "nobody listens at port 80 of node `b`");
}

/// Who knows of no other reason blames what was asked for, in the direction in which packets end.
#[test]
fn a_bad_cable_is_blamed_if_nothing_else_says_why() {
    let mut world = world();
    world.troubles.insert((1, 2), "loss 70 %".to_owned());
    let lost = "the cable of interface `eth2` of node `r` to node `b` is impaired: loss 70 %";
    assert_eq!(culprit(&world, &Outcome::default()).to_string(), lost);
    // Nor is a neighbour to blame whose answers are lost.
    world.silent = Some(ip("10.0.2.2"));
    assert_eq!(culprit(&world, &Outcome::default()).to_string(), lost);
    world.port_mut(1, 1).up = false;
    assert_eq!(culprit(&world, &Outcome::default()).blame, Blame::LinkDown);
}

#[test]
fn a_cable_that_loses_answers_is_blamed_for_the_way_back() {
    let mut world = world();
    world.troubles.insert((2, 1), "loss 70 %".to_owned());
    assert_eq!(
        culprit(
            &world,
            &Outcome {
                seen: vec![1, 2],
                ..Outcome::default()
            }
        )
        .to_string(),
        "the packet arrives and the reply does not: the cable of interface `eth1` of node `b` to node `r` is impaired: loss 70 %"
    );
    let passed = asked(&world, &question(), &answered(Answer::Passed));
    assert_eq!(passed.culprit, None);
    assert_eq!(passed.impaired.len(), 1);
}
