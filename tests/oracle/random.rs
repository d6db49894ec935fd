//! Topologies that nobody thought of.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use netns_test::{Family, HostSpec, LinkEnd, Topology, netns_test};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::compare::assert_same;

/// How many; each takes some 100 to 300 ms of programs.
const TOPOLOGIES: usize = 120;
const THREADS: usize = 4;

const NAMES: [&str; 8] = ["br", "a", "up", "dev", "via", "x.y", "switch3", "web-1"];

/// Numbers to build a topology from, used up one by one.
struct Dice(Vec<u8>);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        usize::from(self.0.pop().unwrap_or(0)) % sides
    }

    fn once_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }
}

fn topology(dice: &mut Dice) -> Topology {
    let mut topology = Topology::new();
    let (bridges, segments) = (dice.below(3), dice.below(3));
    for bridge in 0..bridges {
        let (v4, v6) = (format!("10.5{bridge}.0.1/24"), format!("fd5{bridge}::1/64"));
        let addresses = match dice.below(4) {
            0 => vec![v6],
            1 => vec![v4, v6],
            _ => vec![v4],
        };
        let (mtu, mac) = (dice.once_in(4), dice.once_in(4));
        topology = topology.bridge_with(format!("br{bridge}"), |mut b| {
            if mtu {
                b = b.mtu(1400);
            }
            if mac {
                b = b.mac(format!("02:00:00:00:bb:0{bridge}"));
            }
            b.address(addresses)
        });
    }
    for segment in 0..segments {
        let name = format!("s{segment}");
        topology = match dice.below(4) {
            0 => topology.segment(name, format!("10.6{segment}.0.0/28")),
            1 => topology.segment(name, format!("fd6{segment}::/64")),
            2 => topology.segment(
                name,
                [
                    format!("10.6{segment}.0.0/30"),
                    format!("fd6{segment}::/120"),
                ],
            ),
            _ => topology.segment(name, ()),
        };
    }
    let bare = dice.once_in(8);
    let hosts = 1 + dice.below(4);
    let first = dice.below(NAMES.len());
    let name = |number: usize| NAMES[(first + number) % NAMES.len()];
    for number in 0..hosts {
        topology = topology.host(name(number), |h| {
            host(h, dice, (bridges, segments), number, bare)
        });
    }
    if dice.once_in(3) && segments > 0 {
        topology = topology.root(|root| root.join("s0").sysctl("net.ipv4.ip_forward", 1));
    }
    for link in 0..dice.below(3) {
        let mut end = || match dice.below(hosts + 1) {
            0 => "root",
            number => name(number - 1),
        };
        let (a, b) = (end(), end());
        topology = match dice.below(3) {
            0 => topology.link(a, b),
            1 => topology.link(
                (a, format!("10.7{link}.0.1/31")),
                (b, format!("10.7{link}.0.0/31")),
            ),
            _ => topology.link(
                LinkEnd::new(a, |i| i.name(format!("via{link}")).mtu(2000)),
                LinkEnd::new(b, |i| i.mac(format!("02:00:00:00:cc:0{link}"))),
            ),
        };
    }
    let topology = if bare { topology.bare() } else { topology };
    match dice.below(6) {
        0 => topology.only(Family::V4),
        1 => topology.only(Family::V6),
        _ => topology,
    }
}

fn host(
    mut host: HostSpec,
    dice: &mut Dice,
    (bridges, segments): (usize, usize),
    number: usize,
    bare: bool,
) -> HostSpec {
    let mut gateways = Vec::new();
    for bridge in 0..bridges {
        let target = format!("br{bridge}");
        host = match dice.below(5) {
            0 => continue,
            1 => host.join(target),
            2 => host.attach_with(target, |i| {
                i.name(format!("dev{bridge}"))
                    .port(format!("p{bridge}-{number}"))
            }),
            3 => host.attach(target, ()),
            _ => {
                gateways.push(format!("10.5{bridge}.0.77"));
                host.attach(
                    target,
                    [
                        format!("10.5{bridge}.0.{}/24", number + 100),
                        format!("fd5{bridge}::{}/64", number + 100),
                    ],
                )
            }
        };
    }
    for segment in 0..segments {
        if !dice.once_in(3) {
            host = host.join(format!("s{segment}"));
        }
    }
    if dice.once_in(4) {
        host = host.forward();
    }
    if dice.once_in(3) {
        host = host.sysctl("net.ipv4.tcp_syn_retries", 1 + dice.below(5));
    }
    if bare {
        return host;
    }
    for gateway in gateways {
        host = match dice.below(5) {
            0 => host.route("192.0.2.0/24", gateway),
            1 => host.route_with("198.51.100.0/24", |r| r.via(gateway).metric(50)),
            2 => host.blackhole("203.0.113.0/24"),
            3 => policy(host, dice, gateway),
            _ => host,
        };
        if dice.once_in(2) {
            return host.route_with("fd99::/64", |r| r.unreachable());
        }
    }
    host
}

/// A table of its own, with several ways, and rules that lead there.
fn policy(host: HostSpec, dice: &mut Dice, gateway: String) -> HostSpec {
    let table = [7, 100, 254, 1000][dice.below(4)];
    let (mark, priority) = (dice.below(3) as u32, dice.once_in(2));
    host.route_with("192.0.2.128/25", |r| {
        let other = gateway.replace(".77", ".78");
        r.next_hop(gateway, 1).next_hop(other, 3).table(table)
    })
    .rule(|r| r.from("192.0.2.0/24").to("198.51.100.1").table(table))
    .rule(|r| r.fwmark(mark).iif("lo").table(table))
    .rule(|r| {
        let r = r.to("fd98::/32").oif("eth0").table(table);
        if priority { r.priority(77) } else { r }
    })
}

#[netns_test(timeout = 300)]
fn a_topology_is_built_as_its_script_says() {
    let strategy = prop::collection::vec(any::<u8>(), 120);
    // Always the same ones: a failure is a failure again.
    let mut runner = TestRunner::deterministic();
    let mut topologies = Vec::new();
    while topologies.len() < TOPOLOGIES {
        let dice = strategy.new_tree(&mut runner).unwrap().current();
        let topology = topology(&mut Dice(dice));
        // Some have mistakes: two hosts too many for a small subnet, a route twice.
        if topology.plan().is_ok() {
            topologies.push(topology);
        }
    }
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(topology) = topologies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let compared = std::panic::catch_unwind(|| assert_same(topology));
                    if let Err(payload) = compared {
                        failure.lock().unwrap().get_or_insert(payload);
                        return;
                    }
                }
            });
        }
    });
    if let Some(payload) = failure.into_inner().unwrap() {
        std::panic::resume_unwind(payload);
    }
}
