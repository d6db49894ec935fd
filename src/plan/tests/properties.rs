//! What holds for every topology, however odd.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::address::{Cidr, Family};
use crate::plan::{Plan, Role};
use crate::topology::{LinkEnd, Mistake, Topology};

/// One call on the way to a topology. Names and numbers are few, so that they meet.
#[derive(Clone, Debug)]
enum Call {
    Bridge(u8, u8),
    Segment(u8, u8),
    Host(u8, Vec<(u8, u8)>, Vec<(u8, u8)>),
    Link(u8, u8, u8),
    Allow(u8),
    Docker(u8, Vec<(u8, u8)>),
    Share(u8, u8),
}

const TEXTS: [&str; 12] = [
    "10.0.0.1/24",
    "10.0.0.2/24",
    "fd00::1/64",
    "10.0.0.0/31",
    "10.1.0.0/16",
    "0.0.0.0/0",
    "::/0",
    "fe80::1/64",
    "default",
    "10.0.0.1",
    "nonsense",
    "255.255.255.255/1",
];

fn text(number: u8) -> &'static str {
    TEXTS[usize::from(number) % TEXTS.len()]
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        (0..3u8, any::<u8>()).prop_map(|(name, address)| Call::Bridge(name, address)),
        (0..3u8, any::<u8>()).prop_map(|(name, subnet)| Call::Segment(name, subnet)),
        (
            0..9u8,
            prop::collection::vec((0..6u8, any::<u8>()), 0..3),
            prop::collection::vec((any::<u8>(), any::<u8>()), 0..3),
        )
            .prop_map(|(name, attachments, routes)| Call::Host(name, attachments, routes)),
        (0..9u8, 0..9u8, any::<u8>()).prop_map(|(a, b, address)| Call::Link(a, b, address)),
        any::<u8>().prop_map(Call::Allow),
        (0..3u8, prop::collection::vec(any::<(u8, u8)>(), 0..4))
            .prop_map(|(name, settings)| Call::Docker(name, settings)),
        (0..9u8, 0..9u8).prop_map(|(name, other)| Call::Share(name, other)),
    ]
}

fn node(number: u8) -> String {
    if number == 0 {
        "root".to_owned()
    } else {
        format!("h{number}")
    }
}

fn target(number: u8) -> String {
    if number < 3 {
        format!("br{number}")
    } else {
        format!("s{}", number - 3)
    }
}

fn make(call: &Call) -> Topology {
    let topology = Topology::new();
    match call {
        Call::Bridge(name, address) => match address % 4 {
            0 => topology.bridge(target(*name), ()),
            _ => topology.bridge(target(*name), text(*address)),
        },
        Call::Segment(name, subnet) => match subnet % 2 {
            0 => topology.segment(target(name + 3), ()),
            _ => topology.segment(target(name + 3), text(*subnet)),
        },
        Call::Host(name, attachments, routes) => {
            let configure = |mut host: crate::topology::HostSpec| {
                for (to, address) in attachments {
                    host = match address % 3 {
                        0 => host.attach(target(*to), text(*address)),
                        1 => host.attach_with(target(*to), |i| i.mtu(u32::from(*address) * 300)),
                        _ => host.join(target(*to)),
                    };
                }
                for (to, via) in routes {
                    host = match via % 3 {
                        0 => host.route(text(*to), text(*via).split('/').next().unwrap()),
                        1 => {
                            host.route_with(text(*to), |r| r.device("eth0").metric(u32::from(*via)))
                        }
                        2 if to % 4 == 0 => host.forward(),
                        _ => host.blackhole(text(*to)),
                    };
                }
                host
            };
            if *name == 0 {
                topology.root(configure)
            } else {
                topology.host(node(*name), configure)
            }
        }
        Call::Link(a, b, address) => match address % 3 {
            0 => topology.link(node(*a), node(*b)),
            1 => topology.link((node(*a), text(*address)), node(*b)),
            _ => topology.link(LinkEnd::new(node(*a), |i| i.name("eth0")), (node(*b), ())),
        },
        Call::Docker(name, settings) => {
            topology.docker_bridge(super::docker::bridge(&target(*name), settings, text))
        }
        Call::Share(name, other) => topology.host(node(*name), |h| h.share(node(*other))),
        Call::Allow(which) => topology.allow(match which % 6 {
            0 => Mistake::DuplicateAddress,
            1 => Mistake::OverlappingSubnets,
            2 => Mistake::NetworkAddress,
            3 => Mistake::BroadcastAddress,
            4 => Mistake::GatewayOffSubnet,
            _ => Mistake::SmallMtu,
        }),
    }
}

fn make_all(calls: &[Call]) -> Topology {
    calls
        .iter()
        .map(make)
        .fold(Topology::new(), Topology::merge)
}

/// Topologies without mistakes: segments, and hosts and the root joining them.
fn sound() -> impl Strategy<Value = (Topology, usize)> {
    let joins = prop::collection::vec(prop::collection::vec(0..4usize, 0..4), 1..7);
    (joins, 0..3usize).prop_map(|(hosts, links)| {
        let mut topology = Topology::new().bridge("br0", ["192.168.0.1/24", "fd01::1/64"]);
        for segment in 1..4 {
            topology = topology.segment(format!("s{segment}"), ());
        }
        let number = hosts.len();
        for (position, joined) in hosts.iter().enumerate() {
            let mut joined = joined.clone();
            joined.sort_unstable();
            joined.dedup();
            topology = topology.host(format!("h{position}"), |mut host| {
                for segment in &joined {
                    host = match segment {
                        0 => host.join("br0"),
                        segment => host.join(format!("s{segment}")),
                    };
                }
                host
            });
        }
        for link in 0..links {
            topology = topology.link(format!("h{}", link % number), "root");
        }
        (topology, number)
    })
}

/// Nothing is there twice where the kernel would mind, and every address lies in its segment.
fn assert_sound(plan: &Plan) {
    let mut macs = HashSet::new();
    let mut domains = HashSet::new();
    for (position, node) in plan.nodes.iter().enumerate() {
        let bridges = node.bridges.iter().map(|it| (it.name.as_str(), it.index));
        let ends = plan.ends(position).map(|it| (it.name.as_str(), it.index));
        let (mut names, mut indexes) = (HashSet::from(["lo"]), HashSet::from([1]));
        for (name, index) in bridges.chain(ends) {
            assert!(
                names.insert(name) && indexes.insert(index),
                "{name} {index} in {plan}"
            );
        }
        let mut own = HashSet::new();
        for address in plan.addresses(position) {
            assert!(own.insert(address.address()), "{address} in {plan}");
        }
        assert!(node.role != Role::Switch || plan.addresses(position).count() == 0);
    }
    for end in plan.cables.iter().flat_map(|cable| &cable.ends) {
        assert!(macs.insert(end.mac), "{} in {plan}", end.mac);
        for address in &end.addresses {
            assert!(domains.insert(*address), "{address} in {plan}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn planning_never_panics_and_always_says_the_same(calls in prop::collection::vec(call(), 0..12)) {
        let topology = make_all(&calls);
        match (topology.plan(), topology.plan()) {
            (Ok(plan), Ok(again)) => {
                prop_assert_eq!(plan.to_string(), again.to_string());
                prop_assert_eq!(plan, again);
            }
            (Err(error), Err(again)) => prop_assert_eq!(error.to_string(), again.to_string()),
            _ => prop_assert!(false, "one plan was refused and its twin was not"),
        }
    }

    #[test]
    fn merging_is_associative(calls in prop::collection::vec(call(), 3..9), cut in 1..2usize) {
        let (a, rest) = calls.split_at(cut);
        let (b, c) = rest.split_at(1);
        let [a, b, c] = [a, b, c].map(make_all);
        let left = a.clone().merge(b.clone()).merge(c.clone());
        let right = a.merge(b.merge(c));
        let texts = [left, right].map(|it| match it.plan() {
            Ok(plan) => plan.to_string(),
            Err(error) => error.to_string(),
        });
        prop_assert_eq!(&texts[0], &texts[1]);
    }

    /// What has one family is what has both, less the other one.
    #[test]
    fn one_family_is_a_part_of_both(calls in prop::collection::vec(call(), 0..12)) {
        let topology = make_all(&calls);
        let Ok(both) = topology.plan() else { return Ok(()) };
        for family in Family::BOTH {
            let one = topology.clone().only(family).plan().unwrap();
            prop_assert_eq!(one.families(), [family]);
            for (node, (left, all)) in one.nodes.iter().zip(&both.nodes).enumerate() {
                let wanted = |it: &Cidr| family.includes(it.address());
                let expected: Vec<Cidr> = both.addresses(node).filter(wanted).collect();
                prop_assert_eq!(one.addresses(node).collect::<Vec<_>>(), expected);
                let routes: Vec<_> = all.routes.iter().filter(|it| wanted(&it.destination)).collect();
                prop_assert_eq!(left.routes.iter().collect::<Vec<_>>(), routes);
                let ends = one.ends(node).map(|it| (&it.name, it.index, it.mac, it.mtu));
                prop_assert!(ends.eq(both.ends(node).map(|it| (&it.name, it.index, it.mac, it.mtu))));
            }
        }
    }

    #[test]
    fn nothing_is_there_twice((topology, _) in sound()) {
        assert_sound(&topology.plan().unwrap());
    }

    /// Hosts that come later change nothing for those that were there: addresses, names and hardware addresses stay.
    #[test]
    fn a_further_host_leaves_the_others_alone((topology, hosts) in sound(), segment in 1..4usize) {
        let before = topology.plan().unwrap();
        let more = topology.host("later", |h| h.join(format!("s{segment}")).join("br0"));
        let after = more.plan().unwrap();
        for node in 1..=hosts {
            let (old, new): (Vec<_>, Vec<_>) = (before.ends(node).collect(), after.ends(node).collect());
            prop_assert_eq!(old.len(), new.len());
            for (old, new) in old.into_iter().zip(new) {
                prop_assert_eq!(&old.addresses, &new.addresses);
                prop_assert_eq!((&old.name, old.index, old.mac), (&new.name, new.index, new.mac));
            }
        }
    }
}
