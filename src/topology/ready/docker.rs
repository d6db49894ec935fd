//! The four ways in which a container can be connected, each with a host `outside` that is joined to the container's machine by a cable.
//!
//! The root plays the machine. Its address outside is `203.0.113.1`, `2001:db8:113::1`, and that of `outside` ends in 9. Containers on a
//! bridge of the machine's have addresses from `172.17.0.0/16` and `fd00:172:17::/64`.
//!
//! | Mode | containers reach | `outside` reaches |
//! |---|---|---|
//! | [`isolated`] | themselves | the machine |
//! | [`bridged`] | one another and the machine | the machine |
//! | [`nat`] | all, by their machine's address | the machine, and published ports |
//! | [`physical`] | all | all |

use crate::topology::{
    Attachment, DockerBridge, ForwardSpec, HostSpec, InterfaceSpec, LinkEnd, ROOT, Topology,
    Written,
};

/// The machine's and the outside host's addresses.
const MACHINE: [&str; 2] = ["203.0.113.1/24", "2001:db8:113::1/64"];
const OUTSIDE: [&str; 2] = ["203.0.113.9/24", "2001:db8:113::9/64"];

/// Containers that have `lo` and nothing else, `docker run --network none`.
///
/// ```text
///   +----+  +----+   +------+
///   | c1 |  | c2 |   | root | uplink ---- eth0 outside
///   +----+  +----+   +------+
/// ```
///
/// # Examples
///
/// ```
/// use netns_test::topologies::docker;
///
/// # netns_test::run(&docker::isolated(["c1", "c2"]), |net| {
/// let interfaces = net.host("c1").interfaces().unwrap();
/// assert_eq!(interfaces[0].name, "lo");
/// assert!(net.host("c1").ping("203.0.113.1").unwrap().received() == 0);
/// # }).unwrap();
/// ```
#[doc(alias = "none")]
#[track_caller]
pub fn isolated<I>(containers: I) -> Topology
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    let mut topology = with_uplink(Topology::new());
    for name in containers {
        topology.hosts.push(HostSpec::new(name));
    }
    topology
}

/// Containers on a bridge, whose owner forwards nothing: `docker0` on a machine without `ip_forward`.
///
/// ```text
///   c1 eth0 ---- veth1 +-------+
///                      |docker0|  root  uplink ---- eth0 outside
///   c2 eth0 ---- veth2 +-------+
/// ```
///
/// # Examples
///
/// ```
/// use netns_test::topologies::docker;
///
/// # netns_test::run(&docker::bridged(["c1", "c2"]), |net| {
/// net.host("c1").ping("c2").unwrap().assert_lossless();
/// net.host("c1").ping("172.17.0.1").unwrap().assert_lossless();
/// # }).unwrap();
/// ```
#[track_caller]
pub fn bridged<I>(containers: I) -> Topology
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    let bridge = DockerBridge::new("docker0")
        .bip("172.17.0.1/16")
        .bip("fd00:172:17::1/64");
    let start = with_uplink(Topology::new().docker_bridge(bridge));
    joined(start, containers, "docker0")
}

/// Containers on a bridge, whose owner forwards and translates: `docker0` as most people have it, IPv4 and IPv6.
///
/// ```text
///   c1 eth0 ---- veth1 +-------+
///                      |docker0|  root  uplink ---- eth0 outside
///   c2 eth0 ---- veth2 +-------+ forwards, masquerades
/// ```
///
/// `outside` sees the machine's address. Each pair of `published` leads a TCP port of the machine's to one of a container's, `docker run
/// --publish 8080:80`.
///
/// # Examples
///
/// ```
/// use std::net::{TcpListener, TcpStream};
///
/// use netns_test::topologies::docker;
///
/// # netns_test::run(&docker::nat(["c1", "c2"], [(8080, "c1:80")]), |net| {
/// let outside = net.host("outside");
/// net.host("c2").ping("outside").unwrap().assert_lossless();
///
/// let web = net.host("c1").run(|| TcpListener::bind("0.0.0.0:80")).unwrap();
/// assert!(outside.run(|| TcpStream::connect("203.0.113.1:8080")).is_ok());
/// # drop(web);
/// # }).unwrap();
/// ```
#[doc(alias = "masquerade")]
#[doc(alias = "publish")]
#[track_caller]
pub fn nat<I, P>(containers: I, published: P) -> Topology
where
    I: IntoIterator,
    I::Item: Into<String>,
    P: IntoIterator<Item = (u16, &'static str)>,
{
    let mut forwards = Vec::new();
    for (port, target) in published {
        forwards.push(ForwardSpec {
            is_tcp: true,
            port,
            target: Written::here(target),
        });
    }
    let mut topology = bridged(containers);
    let root = topology.root.forward();
    topology.root = root.nat("uplink", |mut nat| {
        nat.forwards = forwards;
        nat.ipv6()
    });
    topology
}

/// Containers on the outside network itself: the machine's uplink is a port of their bridge.
///
/// ```text
///   c1 eth0 ---- veth1 +-----+
///                      | br0 | uplink ---- eth0 outside
///   c2 eth0 ---- veth2 +-----+
///                       root
/// ```
///
/// Everybody is in one subnet, and nobody in between: `outside` sees the containers' own hardware addresses.
///
/// # Examples
///
/// ```
/// use netns_test::topologies::docker;
///
/// # netns_test::run(&docker::physical(["c1", "c2"]), |net| {
/// net.host("outside").ping("c1").unwrap().assert_lossless();
/// assert_eq!(net.host("c1").ipv4().to_string(), "203.0.113.2");
/// # }).unwrap();
/// ```
#[track_caller]
pub fn physical<I>(containers: I) -> Topology
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    let [ipv4, ipv6] = MACHINE;
    let bridge = DockerBridge::new("br0").bip(ipv4).bip(ipv6).internal();
    let mut topology = Topology::new().docker_bridge(bridge);
    let mut outside = HostSpec::new("outside");
    outside.attachments.push(Attachment {
        target: Written::here("br0"),
        interface: InterfaceSpec::new().port("uplink").address(OUTSIDE),
    });
    topology.hosts.push(outside);
    joined(topology, containers, "br0")
}

/// Adds the host outside, and a cable to it.
#[track_caller]
fn with_uplink(mut topology: Topology) -> Topology {
    topology.hosts.push(HostSpec::new("outside"));
    let uplink = LinkEnd {
        node: Written::here(ROOT),
        interface: InterfaceSpec::new().name("uplink").address(MACHINE),
    };
    topology.link(uplink, ("outside", OUTSIDE))
}

#[track_caller]
fn joined<I>(mut topology: Topology, containers: I, bridge: &str) -> Topology
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    for name in containers {
        topology.hosts.push(HostSpec::new(name).join(bridge));
    }
    topology
}
