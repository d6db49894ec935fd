//! Networks that translate on their way to an internet.
//!
//! The internet is one segment, `203.0.113.0/24` and `2001:db8:113::/64`, with a host `server` that ends in 80.

use crate::topology::{Direction, Firewall, HostSpec, NatKind, Rule, Topology};

const INTERNET: [&str; 2] = ["203.0.113.0/24", "2001:db8:113::/64"];
const SERVER: [&str; 2] = ["203.0.113.80/24", "2001:db8:113::80/64"];

/// A home: hosts behind a router, `box`, that translates IPv4 and lets in nothing that was not asked for, IPv4 or IPv6.
///
/// ```text
///   laptop --\
///             +-- home -- box -- internet -- server
///   phone  --/     .1       .9                 .80
///
///   192.168.1.0/24, 2001:db8:1::/64   203.0.113.0/24, 2001:db8:113::/64
/// ```
///
/// IPv6 is not translated: the server sees each host's own address, and has a route to it, at whose end the firewall is.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::home(["laptop", "phone"]), |net| {
/// net.host("laptop").ping("server").unwrap().assert_lossless();
/// let laptop = net.host("laptop").ipv6();
/// assert_eq!(net.host("server").ping(laptop).unwrap().received(), 0);
/// # }).unwrap();
/// ```
#[track_caller]
pub fn home<I>(hosts: I) -> Topology
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    let mut topology = with_internet(&INTERNET, &SERVER);
    topology = topology.segment("home", ["192.168.1.0/24", "2001:db8:1::/64"]);
    let mut router = HostSpec::new("box")
        .attach("home", ["192.168.1.1/24", "2001:db8:1::1/64"])
        .attach("internet", ["203.0.113.9/24", "2001:db8:113::9/64"])
        .forward()
        .nat("internet", |nat| nat);
    router.firewall = Firewall::default()
        .stateful()
        .rule(Rule::accept().input().incoming("home"))
        .rule(Rule::accept().forward().incoming("home"))
        .drop_by_default(Direction::Input)
        .drop_by_default(Direction::Forward);
    topology.hosts.push(router);
    for host in hosts {
        topology.hosts.push(HostSpec::new(host).join("home"));
    }
    topology
}

/// An office with a router, `gate`, between three segments and the internet: staff, guests, and a web server that everybody may see.
///
/// ```text
///   desk1, desk2, ..   -- staff   --\
///   guest1, guest2, .. -- guests  ---+-- gate -- internet -- server
///   web                -- servers --/
/// ```
///
/// Staff may go everywhere, guests to the internet only, and everybody to TCP port 80 of `web`, over IPv4 by the gate's own address outside,
/// `203.0.113.9`. Only staff can talk to the gate itself. IPv4 is translated, IPv6 is not.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::topologies::office(1, 1), |net| {
/// net.host("desk1").ping("web").unwrap().assert_lossless();
/// net.host("guest1").ping("server").unwrap().assert_lossless();
/// assert_eq!(net.host("guest1").ping("desk1").unwrap().received(), 0);
/// # }).unwrap();
/// ```
#[track_caller]
pub fn office(desks: usize, guests: usize) -> Topology {
    let mut topology = with_internet(&INTERNET, &SERVER);
    let mut gate = HostSpec::new("gate");
    for (number, segment) in ["staff", "guests", "servers"].into_iter().enumerate() {
        let subnets = [
            format!("10.0.{number}.0/24"),
            format!("2001:db8:1:{number}::/64"),
        ];
        topology = topology.segment(segment, subnets);
        let own = [
            format!("10.0.{number}.254/24"),
            format!("2001:db8:1:{number}::fe/64"),
        ];
        gate = gate.attach(segment, own);
    }
    gate = gate
        .attach("internet", ["203.0.113.9/24", "2001:db8:113::9/64"])
        .forward()
        .nat("internet", |nat| nat.forward_tcp(80, "web:80"));
    gate.firewall = Firewall::default()
        .stateful()
        .rule(Rule::accept().input().incoming("staff"))
        .rule(Rule::accept().forward().incoming("staff"))
        .rule(
            Rule::accept()
                .forward()
                .incoming("guests")
                .outgoing("internet"),
        )
        .rule(
            Rule::accept()
                .forward()
                .outgoing("servers")
                .tcp(80)
                .named("web"),
        )
        .drop_by_default(Direction::Input)
        .drop_by_default(Direction::Forward);
    topology.hosts.push(gate);
    topology.hosts.push(HostSpec::new("web").join("servers"));
    for (number, stem, segment) in [(desks, "desk", "staff"), (guests, "guest", "guests")] {
        for number in 1..=number {
            let name = format!("{stem}{number}");
            topology.hosts.push(HostSpec::new(name).join(segment));
        }
    }
    topology
}

/// Two homes, each with a host behind a router that translates IPv4 in its own way: `alice` in one, `bob` in the other. Who wants to reach
/// the other has to punch a hole, with the help of `server`.
///
/// ```text
///   alice 192.168.1.2 ---- box1 203.0.113.1 --+-- 203.0.113.2 box2 ---- 192.168.2.2 bob
///                                             |
///                                      203.0.113.80 server
/// ```
///
/// # Examples
///
/// ```
/// use netns_test::{NatKind, topologies};
///
/// let lab = topologies::two_homes(NatKind::FullCone, NatKind::Symmetric);
/// # netns_test::run(&lab, |net| {
/// net.host("alice").ping("server").unwrap().assert_lossless();
/// assert_eq!(net.host("alice").ping("bob").unwrap().received(), 0);
/// # }).unwrap();
/// ```
#[doc(alias = "hole_punching")]
#[track_caller]
pub fn two_homes(alices: NatKind, bobs: NatKind) -> Topology {
    let mut topology = with_internet(&INTERNET[..1], &SERVER[..1]);
    for (number, host, kind) in [(1, "alice", alices), (2, "bob", bobs)] {
        let (home, subnet) = (format!("home{number}"), format!("192.168.{number}.0/24"));
        topology = topology.segment(&home, subnet);
        let inside = format!("192.168.{number}.1/24");
        let outside = format!("203.0.113.{number}/24");
        let router = HostSpec::new(format!("box{number}"))
            .attach(&home, inside)
            .attach("internet", outside)
            .forward()
            .nat("internet", |nat| nat.kind(kind));
        topology.hosts.push(router);
        let own = format!("192.168.{number}.2/24");
        topology.hosts.push(HostSpec::new(host).attach(&home, own));
    }
    topology
}

/// The segment `internet` with the host `server`.
#[track_caller]
fn with_internet(subnets: &[&str], addresses: &[&str]) -> Topology {
    let mut topology = Topology::new().segment("internet", subnets);
    let server = HostSpec::new("server").attach("internet", addresses);
    topology.hosts.push(server);
    topology
}
