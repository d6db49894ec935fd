//! Networks that translate on their way to an internet.
//!
//! The internet is one segment, `203.0.113.0/24` and `2001:db8:113::/64`, with a host `server` that ends in 80.

use crate::topology::{HostSpec, NatKind, Topology};

const INTERNET: [&str; 2] = ["203.0.113.0/24", "2001:db8:113::/64"];
const SERVER: [&str; 2] = ["203.0.113.80/24", "2001:db8:113::80/64"];

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
