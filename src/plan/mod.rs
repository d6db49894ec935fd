//! From what was asked to what will be done: every name, number, address and route decided, and every mistake found.
//!
//! Planning is a pure function. The same topology gives the same plan on any machine.

mod address;
mod check;
#[cfg(feature = "dns")]
mod dns;
mod docker;
mod draft;
pub(crate) mod etc;
mod family;
pub(crate) mod firewall;
mod mistakes;
mod name;
mod nat;
mod path;
pub(crate) mod route;
pub(crate) mod rule;
mod runtime;
mod script;
mod share;
mod slaac;
pub(crate) mod stand_in;
mod sysctl;
#[cfg(test)]
mod tests;
mod wire;
pub(crate) mod wires;

use std::net::IpAddr;
use std::time::Duration;

pub(crate) use etc::{HOST_CONF, nsswitch_conf};
pub(crate) use nat::TABLE as NAT;
pub(crate) use script::centiseconds;
pub(crate) use sysctl::{BRIDGED, INHERITED, IPV6_FORWARDING, path as sysctl_path};

use crate::address::{Cidr, Family, Mac};
use crate::error::Result;
use crate::impairment::{Backend, Impairment};
use crate::nft::Table;
use crate::topology::{Mistake, RouteKind, Topology};
use crate::wire::advertisement::Advertisement;

/// Interface indexes start here: low ones are taken by `lo` and, on some kernels, by fallback tunnels.
const FIRST_INDEX: u32 = 100;
/// The indexes of one node's interfaces and the next's are this far apart.
const INDEXES: u32 = 1000;
/// What a veth passes at most, in bytes.
const LARGEST_MTU: u32 = 65_535;
/// A bridge takes no more ports than this; the next one is `EXFULL`.
const BRIDGE_PORTS: usize = 1023;

/// What a topology comes to: every name, address, route and step decided.
///
/// It prints as the script of `ip` commands that a person would have typed.
///
/// # Examples
///
/// ```
/// let plan = netns_test::Topology::new().bridge("br0", "10.0.0.1/24").plan().unwrap();
/// assert!(plan.to_string().contains("ip address add 10.0.0.1/24 dev br0"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The root is the first; hosts follow in the order of the topology, then the switches.
    pub(crate) nodes: Vec<Node>,
    pub(crate) cables: Vec<Cable>,
    pub(crate) wires: Vec<Wire>,
    /// What joins the halves of wires.
    pub(crate) backend: Backend,
    pub(crate) seed: Option<u64>,
    /// What interfaces can be on, beside cables between two nodes.
    pub(crate) segments: Vec<Segment>,
    pub(crate) bare: bool,
    pub(crate) realistic: bool,
    /// The one family that it is limited to.
    pub(crate) only: Option<Family>,
    pub(crate) allowed: Vec<Mistake>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Root,
    Host,
    Switch,
    /// Where the halves of wires meet.
    Wire,
}

impl Role {
    /// Whether nobody's code ever runs there.
    pub(crate) fn is_hidden(self) -> bool {
        matches!(self, Self::Switch | Self::Wire)
    }
}

/// A network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// Further names by which others find it.
    pub(crate) aliases: Vec<String>,
    pub(crate) role: Role,
    /// The node in whose namespace it lives, unless it has one of its own.
    pub(crate) shares: Option<usize>,
    pub(crate) bridges: Vec<Bridge>,
    /// Whether it passes on what is not for itself.
    pub(crate) forwards: bool,
    pub(crate) routes: Vec<Route>,
    /// The DNS servers that it was told to ask, instead of those of the topology.
    pub(crate) name_servers: Vec<IpAddr>,
    pub(crate) rules: Vec<rule::Rule>,
    /// What the topology asked for; what it did not ask for is [`Plan::default_sysctls`].
    pub(crate) sysctls: Vec<Sysctl>,
    /// The rules of nftables.
    pub(crate) tables: Vec<Table>,
    /// The zones that it serves.
    #[cfg(feature = "dns")]
    pub(crate) dns: Vec<crate::zone::Authority>,
    /// Of its async runtime, if it has any.
    pub(crate) worker_threads: Option<usize>,
}

/// A bridge device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bridge {
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) mac: Option<Mac>,
    pub(crate) mtu: Option<u32>,
    pub(crate) stp: bool,
    pub(crate) ageing: Option<Duration>,
    pub(crate) addresses: Vec<Cidr>,
}

/// A bridge or a segment of the topology: who is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) subnets: Vec<Cidr>,
    /// Nodes, and the names of their interfaces.
    pub(crate) members: Vec<(usize, String)>,
}

/// A veth pair, or two if it is a wire. Its first end is made, and raised, first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cable {
    pub(crate) ends: [End; 2],
    /// Position in [`Plan::wires`]: then it is two pairs, each with its far end in the hidden node.
    pub(crate) wire: Option<usize>,
}

/// What is between the halves of a cable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wire {
    /// Position in [`Plan::cables`].
    pub(crate) cable: usize,
    /// In the hidden node: that of the cable's first end, then that of its second.
    pub(crate) ports: [End; 2],
    /// Of what goes forth, from the first end to the second, and back.
    pub(crate) impairments: [Option<Impairment>; 2],
}

/// One end of a veth pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Position in [`Plan::nodes`].
    pub(crate) node: usize,
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) mac: Mac,
    pub(crate) mtu: Option<u32>,
    /// Position in the node's bridges.
    pub(crate) bridge: Option<usize>,
    pub(crate) addresses: Vec<Cidr>,
    /// Its IPv6 addresses follow from what routers advertise.
    pub(crate) autoconfigured: bool,
    pub(crate) advertisement: Option<Advertisement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) kind: RouteKind,
    pub(crate) destination: Cidr,
    pub(crate) via: Option<IpAddr>,
    /// Name and index of the interface.
    pub(crate) device: Option<(String, u32)>,
    pub(crate) metric: Option<u32>,
    pub(crate) source: Option<IpAddr>,
    pub(crate) onlink: bool,
    /// Where packets go if there is more than one way; `via` and `device` are `None` then.
    pub(crate) next_hops: Vec<NextHop>,
    /// The table, unless that is the main one.
    pub(crate) table: Option<u32>,
}

/// One of several ways to the same destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NextHop {
    pub(crate) via: IpAddr,
    /// Name and index of the interface.
    pub(crate) device: Option<(String, u32)>,
    /// Its share of the traffic.
    pub(crate) weight: u16,
}

/// A kernel parameter, its name with slashes: `net/ipv4/ip_forward`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sysctl {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The cable ends in one node.
#[derive(Default)]
pub(crate) struct Ends<'p> {
    pub(crate) all: Vec<&'p End>,
    /// Those that are made, and raised, before the other end of their cable.
    pub(crate) near: Vec<&'p End>,
    pub(crate) far: Vec<&'p End>,
}

impl End {
    /// The addresses that it is given, as opposed to those that it makes itself.
    pub(crate) fn given(&self) -> impl Iterator<Item = Cidr> + use<'_> {
        let addresses = self.addresses.iter().copied();
        addresses.filter(|address| address.is_ipv4() || !self.autoconfigured)
    }
}

impl Topology {
    /// Decides every name, address and route.
    ///
    /// # Errors
    ///
    /// The topology contains mistakes: all of them are listed, each with the file and line that caused it.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = netns_test::Topology::new()
    ///     .host("ns1", |h| h.join("office"))
    ///     .host("ns1", |h| h)
    ///     .plan()
    ///     .unwrap_err();
    /// assert!(error.to_string().contains("no bridge or segment is called `office`"));
    /// assert!(error.to_string().contains("node `ns1`: the name is used twice"));
    /// ```
    pub fn plan(&self) -> Result<Plan> {
        let mut mistakes = mistakes::Mistakes::new(&self.allowed);
        name::check(self, &mut mistakes);
        let mut draft = draft::Draft::of(self, &mut mistakes);
        share::decide(self, &mut draft, &mut mistakes);
        wires::decide(self, &mut draft, &mut mistakes);
        address::allot(&mut draft, &mut mistakes);
        slaac::decide(self, &mut draft, &mut mistakes);
        nat::decide(self, &mut draft, &mut mistakes);
        check::draft(&draft, &mut mistakes);
        route::decide(self, &mut draft, &mut mistakes);
        nat::add_routes(self, &mut draft);
        draft.drop_small_ipv6();
        docker::decide(self, &mut draft, &mut mistakes);
        path::decide(self, &mut draft, &mut mistakes);
        rule::decide(self, &mut draft, &mut mistakes);
        sysctl::decide(self, &mut draft, &mut mistakes);
        #[cfg(feature = "dns")]
        dns::decide(self, &mut draft, &mut mistakes);
        runtime::decide(self, &mut draft, &mut mistakes);
        let mut plan = draft.into_plan(self);
        firewall::decide(self, &mut plan, &mut mistakes);
        mistakes.into_result()?;
        Ok(plan)
    }
}

impl Plan {
    /// The interface addresses of a node, bridges included, in the order in which they are added.
    pub(crate) fn addresses(&self, node: usize) -> impl Iterator<Item = Cidr> + '_ {
        let node = self.namespace_of(node);
        let bridges = self.nodes[node]
            .bridges
            .iter()
            .flat_map(|bridge| &bridge.addresses);
        bridges
            .chain(self.ends(node).flat_map(|end| &end.addresses))
            .copied()
    }

    /// The cable ends of each node, looked up once for all of them.
    pub(crate) fn ends_by_node(&self) -> Vec<Ends<'_>> {
        let mut ends: Vec<Ends<'_>> = self.nodes.iter().map(|_| Ends::default()).collect();
        for [near, far] in self.veths() {
            ends[near.node].all.push(near);
            ends[near.node].near.push(near);
            ends[far.node].all.push(far);
            ends[far.node].far.push(far);
        }
        ends
    }

    /// The veth pairs, the end that is made and raised first before the other.
    pub(crate) fn veths(&self) -> impl Iterator<Item = [&End; 2]> + '_ {
        self.cables.iter().flat_map(|cable| {
            let [first, second] = &cable.ends;
            let pairs = match cable.wire {
                None => [Some([first, second]), None],
                Some(wire) => {
                    let [to_first, to_second] = &self.wires[wire].ports;
                    [Some([first, to_first]), Some([to_second, second])]
                }
            };
            pairs.into_iter().flatten()
        })
    }

    /// The wire that an interface is an end of, and which end.
    pub(crate) fn wire_of(&self, node: usize, index: u32) -> Option<(usize, usize)> {
        let node = self.namespace_of(node);
        self.wires.iter().enumerate().find_map(|(wire, it)| {
            let mut ends = self.cables[it.cable].ends.iter();
            let end = ends.position(|end| end.node == node && end.index == index)?;
            Some((wire, end))
        })
    }

    /// The cable ends in a node.
    pub(crate) fn ends(&self, node: usize) -> impl Iterator<Item = &End> + '_ {
        self.veths().flatten().filter(move |end| end.node == node)
    }

    /// The nodes that people know about: the root and the hosts.
    pub(crate) fn visible(&self) -> impl Iterator<Item = (usize, &Node)> + '_ {
        self.nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| !node.role.is_hidden())
    }
}
