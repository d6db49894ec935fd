//! Shapes of routed networks.
//!
//! No closure makes a part: closures hide whose line asked for it, and mistakes would be blamed on this file.

use std::panic::Location;

use crate::topology::{HostSpec, LinkSpec, Topology};

/// Hosts around one router, each on a cable of its own.
///
/// ```text
///   h1      h2
///     \    /
///       r1
///     /    \
///   h3      h4
/// ```
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::star(4), |net| {
/// net.ping_all().unwrap().assert_all_reachable();
/// # }).unwrap();
/// ```
#[track_caller]
pub fn star(hosts: usize) -> Topology {
    let mut topology = with_routers(1);
    for number in 1..=hosts {
        add_host(&mut topology, number, 1);
    }
    topology
}

/// Routers in a circle, each with a host: two ways lead to everybody. The routes are those of the shorter one, and stay when a cable is cut.
///
/// Each cable takes one of the 255 automatic subnets: there is room for 127 routers. Packets of Linux, with their TTL of 64, pass 63.
///
/// ```text
///   h1 -- r1 -- r2 -- h2
///         |     |
///   h4 -- r4 -- r3 -- h3
/// ```
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::ring(4), |net| {
/// net.ping_all().unwrap().assert_all_reachable();
/// # }).unwrap();
/// ```
#[track_caller]
pub fn ring(routers: usize) -> Topology {
    let mut topology = with_routers(routers);
    for number in 1..routers {
        topology = topology.link(router(number), router(number + 1));
    }
    // Two routers have one cable, and one has none.
    if routers > 2 {
        topology = topology.link(router(routers), router(1));
    }
    for number in 1..=routers {
        add_host(&mut topology, number, number);
    }
    topology
}

/// A tree of routers, `depth` levels below its root `r1`, each with `fanout` others below it; the last ones have a host each.
///
/// ```text
///              r1               depth 2, fanout 2
///            /    \
///         r2        r3
///        /  \      /  \
///      r4   r5    r6   r7
///      |    |     |    |
///      h1   h2    h3   h4
/// ```
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::tree(2, 2), |net| {
/// net.ping_all().unwrap().assert_all_reachable();
/// # }).unwrap();
/// ```
#[track_caller]
pub fn tree(depth: usize, fanout: usize) -> Topology {
    let mut topology = with_routers(1);
    let (mut level, mut last) = (vec![1], 1);
    for _ in 0..depth {
        let mut below = Vec::new();
        for parent in level {
            for _ in 0..fanout {
                last += 1;
                topology.hosts.push(HostSpec::new(router(last)).forward());
                topology = topology.link(router(parent), router(last));
                below.push(last);
            }
        }
        level = below;
    }
    for (position, leaf) in level.into_iter().enumerate() {
        add_host(&mut topology, position + 1, leaf);
    }
    topology
}

/// Two lans of `hosts` each, `left1`, `left2`, ... and `right1`, `right2`, ..., on the ends of one cable that all of them share.
///
/// ```text
///   left1 --\                   /-- right1
///   left2 ---+-- r1 ---- r2 ---+--- right2
///   left3 --/                   \-- right3
/// ```
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::dumbbell(3), |net| {
/// net.ping_all().unwrap().assert_all_reachable();
/// # }).unwrap();
/// ```
#[track_caller]
pub fn dumbbell(hosts: usize) -> Topology {
    let mut topology = Topology::new();
    for (side, router) in [("left", "r1"), ("right", "r2")] {
        topology = topology.segment(side, ());
        topology
            .hosts
            .push(HostSpec::new(router).join(side).forward());
        for number in 1..=hosts {
            let name = format!("{side}{number}");
            topology.hosts.push(HostSpec::new(name).join(side));
        }
    }
    topology.link("r1", "r2")
}

/// A data centre: every leaf has a cable to every spine, and `hosts` on a segment of its own.
///
/// ```text
///     spine1       spine2
///     |    \      /    |
///     |      \  /      |
///     |      /  \      |
///     |    /      \    |
///     leaf1        leaf2
///     /   \        /   \
///   h1     h2    h3     h4
/// ```
///
/// All packets from one leaf to another go by the first spine; the others are there for tests to use.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::leaf_spine(2, 2, 2), |net| {
/// net.ping_all().unwrap().assert_all_reachable();
/// # }).unwrap();
/// ```
#[doc(alias = "clos")]
#[doc(alias = "data_center")]
#[track_caller]
pub fn leaf_spine(spines: usize, leaves: usize, hosts: usize) -> Topology {
    let mut topology = Topology::new();
    let spines: Vec<String> = (1..=spines)
        .map(|number| format!("spine{number}"))
        .collect();
    for spine in &spines {
        topology.hosts.push(HostSpec::new(spine).forward());
    }
    for number in 0..leaves {
        let (leaf, rack) = (format!("leaf{}", number + 1), format!("rack{}", number + 1));
        topology = topology.segment(&rack, ());
        let router = HostSpec::new(&leaf).join(&rack).forward();
        topology.hosts.push(router);
        for host in 1..=hosts {
            let name = format!("h{}", number * hosts + host);
            topology.hosts.push(HostSpec::new(name).join(&rack));
        }
        for spine in &spines {
            topology = topology.link(spine.as_str(), leaf.as_str());
        }
    }
    topology
}

fn router(number: usize) -> String {
    format!("r{number}")
}

#[track_caller]
fn with_routers(number: usize) -> Topology {
    let mut topology = Topology::new();
    for number in 1..=number {
        topology.hosts.push(HostSpec::new(router(number)).forward());
    }
    topology
}

/// Adds a host with a cable to a router.
#[track_caller]
fn add_host(topology: &mut Topology, number: usize, at: usize) {
    let name = format!("h{number}");
    topology.hosts.push(HostSpec::new(&name));
    topology.links.push(LinkSpec {
        ends: [router(at).into(), name.into()],
        at: Location::caller(),
    });
}
