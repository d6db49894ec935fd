//! A plan in the making.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::panic::Location;

use crate::address::{Cidr, Family, Mac};
use crate::impairment::Impairment;
use crate::nft::Table;
use crate::plan::check::IPV6_MTU;
use crate::plan::docker::Network;
use crate::plan::rule::Rule;
use crate::plan::{
    Bridge, Cable, End, FIRST_INDEX, INDEXES, LARGEST_MTU, Node, Plan, Role, Route, Segment,
    Sysctl, Wire,
};
use crate::topology::{BridgeSpec, HostSpec, InterfaceSpec, Topology, Written};
use crate::wire::advertisement::Advertisement;

/// A plan in the making: what is decided, beside what it was asked with.
pub(crate) struct Draft<'t> {
    pub(crate) nodes: Vec<DraftNode>,
    pub(crate) domains: Vec<Domain<'t>>,
    pub(crate) cables: Vec<[DraftEnd<'t>; 2]>,
    pub(crate) wires: Vec<DraftWire>,
    /// The one family that the network is limited to.
    pub(crate) only: Option<Family>,
}

pub(crate) struct DraftNode {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The node in whose namespace it lives.
    pub(crate) shares: Option<usize>,
    pub(crate) routes: Vec<Route>,
    pub(crate) name_servers: Vec<IpAddr>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) sysctls: Vec<Sysctl>,
    pub(crate) tables: Vec<Table>,
    /// The domains in which nobody can know of what is behind this node, by family.
    pub(crate) hides: Vec<(usize, Family)>,
    /// The prefixes that it stands for outside, each by an interface.
    pub(crate) stands_for: Vec<(String, Cidr)>,
    #[cfg(feature = "dns")]
    pub(crate) dns: Vec<crate::zone::Authority>,
    pub(crate) worker_threads: Option<usize>,
    /// Interface names that are taken, and where they were chosen.
    pub(crate) names: HashMap<String, Option<&'static Location<'static>>>,
    next_name: usize,
    /// The position in the plan.
    number: u32,
    /// How many interfaces have a place.
    interfaces: u32,
}

/// Interfaces that hear one another's broadcasts: a bridge, a segment, or a cable with nothing else.
pub(crate) struct Domain<'t> {
    pub(crate) name: String,
    pub(crate) at: &'static Location<'static>,
    /// The subnets that addresses are allotted from.
    pub(crate) subnets: Vec<Cidr>,
    /// The bridge that joins the cables, if there is one.
    pub(crate) bridge: Option<DraftBridge<'t>>,
    /// What its hosts get from it, if it is a bridge of Docker's.
    pub(crate) docker: Option<Network>,
    /// Neither the topology nor an end's address says which subnets there are.
    pub(crate) automatic: bool,
}

pub(crate) struct DraftBridge<'t> {
    pub(crate) node: usize,
    pub(crate) bridge: Bridge,
    pub(crate) addresses: Vec<(Cidr, &'t Written)>,
    /// What was asked for; nobody asked for a switch's.
    pub(crate) spec: Option<&'t BridgeSpec>,
}

/// A cable that is a wire, with names, indexes and hardware addresses of its own two ports.
pub(crate) struct DraftWire {
    pub(crate) cable: usize,
    pub(crate) ports: [(String, u32, Mac); 2],
    pub(crate) impairments: [Option<Impairment>; 2],
}

pub(crate) struct DraftEnd<'t> {
    pub(crate) node: usize,
    pub(crate) domain: usize,
    /// Whether this end is a port of the domain's bridge.
    pub(crate) port: bool,
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) mac: Mac,
    pub(crate) mtu: Option<u32>,
    pub(crate) addresses: Vec<(Cidr, &'static Location<'static>)>,
    pub(crate) autoconfigured: bool,
    pub(crate) advertisement: Option<Advertisement>,
    pub(crate) spec: Option<&'t InterfaceSpec>,
    pub(crate) at: &'static Location<'static>,
}

impl Draft<'_> {
    /// Where a small MTU is allowed, the kernel takes no IPv6 addresses.
    pub(crate) fn drop_small_ipv6(&mut self) {
        let small = |mtu: Option<u32>| mtu.is_some_and(|mtu| mtu < IPV6_MTU);
        for (position, domain) in self.domains.iter_mut().enumerate() {
            let mut ends = self.cables.iter().flatten();
            let Some(DraftBridge { bridge, .. }) = &mut domain.bridge else {
                continue;
            };
            // A bridge is as small as its smallest port.
            let port = ends.any(|end| end.port && end.domain == position && small(end.mtu));
            if port || small(bridge.mtu) {
                bridge.addresses.retain(|address| address.is_ipv4());
            }
        }
        for end in self.cables.iter_mut().flatten() {
            if small(end.mtu) {
                end.addresses.retain(|(address, _)| address.is_ipv4());
            }
        }
    }

    /// The topology's bridges and segments, which are the first domains.
    fn segments(&self, topology: &Topology) -> Vec<Segment> {
        let bridges = topology.bridges.iter().map(|bridge| &bridge.name.text);
        let names = bridges.chain(topology.segments.iter().map(|segment| &segment.name.text));
        let mut segments: Vec<Segment> = self
            .domains
            .iter()
            .zip(names)
            .map(|(domain, name)| {
                let own = domain.bridge.iter().filter(|it| it.spec.is_some());
                Segment {
                    name: name.clone(),
                    subnets: domain.subnets.clone(),
                    members: own.map(|it| (it.node, it.bridge.name.clone())).collect(),
                }
            })
            .collect();
        for end in self.cables.iter().flatten().filter(|end| !end.port) {
            if let Some(segment) = segments.get_mut(end.domain) {
                segment.members.push((end.node, end.name.clone()));
            }
        }
        segments
    }

    /// Gives up the notes and keeps the decisions.
    pub(crate) fn into_plan(self, topology: &Topology) -> Plan {
        let segments = self.segments(topology);
        let mut nodes: Vec<Node> = self.nodes.into_iter().map(DraftNode::into_node).collect();
        for (node, host) in self::nodes(topology) {
            nodes[node].aliases = host.aliases.iter().map(|it| it.text.clone()).collect();
            nodes[node].forwards = host.forwards;
        }
        let mut positions = vec![None; self.domains.len()];
        for (position, domain) in self.domains.into_iter().enumerate() {
            if let Some(bridge) = domain.bridge {
                positions[position] = Some(nodes[bridge.node].bridges.len());
                nodes[bridge.node].bridges.push(bridge.bridge);
            }
        }
        let end = |end: DraftEnd<'_>| End {
            node: end.node,
            name: end.name,
            index: end.index,
            mac: end.mac,
            mtu: end.mtu,
            bridge: positions[end.domain].filter(|_| end.port),
            addresses: end
                .addresses
                .into_iter()
                .map(|(address, _)| address)
                .collect(),
            autoconfigured: end.autoconfigured,
            advertisement: end.advertisement,
        };
        let cables = self
            .cables
            .into_iter()
            .enumerate()
            .map(|(cable, ends)| Cable {
                ends: ends.map(&end),
                wire: self.wires.iter().position(|it| it.cable == cable),
            })
            .collect();
        // The hidden node is the last one.
        let hidden = nodes.len() - 1;
        let wires = self.wires.into_iter();
        let wires = wires.map(|wire| wire.into_wire(hidden)).collect();
        Plan {
            nodes,
            cables,
            wires,
            backend: topology.backend,
            seed: topology.seed,
            segments,
            bare: topology.bare,
            realistic: topology.realistic,
            only: self.only,
            allowed: topology.allowed.clone(),
        }
    }
}

impl DraftWire {
    fn into_wire(self, node: usize) -> Wire {
        let port = |(name, index, mac)| End {
            node,
            name,
            index,
            mac,
            // It passes whatever the hosts' ends pass.
            mtu: Some(LARGEST_MTU),
            bridge: None,
            addresses: Vec::new(),
            autoconfigured: false,
            advertisement: None,
        };
        Wire {
            cable: self.cable,
            ports: self.ports.map(port),
            impairments: self.impairments,
        }
    }
}

impl Domain<'_> {
    /// Whether nobody in it may use a router, as in an internal network of Docker's.
    pub(crate) fn is_internal(&self) -> bool {
        self.docker.as_ref().is_some_and(Network::is_internal)
    }
}

impl DraftNode {
    pub(crate) fn new(name: &str, role: Role, number: usize) -> Self {
        Self {
            name: name.to_owned(),
            role,
            shares: None,
            routes: Vec::new(),
            name_servers: Vec::new(),
            rules: Vec::new(),
            sysctls: Vec::new(),
            tables: Vec::new(),
            hides: Vec::new(),
            stands_for: Vec::new(),
            #[cfg(feature = "dns")]
            dns: Vec::new(),
            worker_threads: None,
            names: HashMap::new(),
            // As people count them: `eth0` is a host's first interface, `veth1` the first port.
            next_name: usize::from(role != Role::Host),
            number: number as u32,
            interfaces: 0,
        }
    }

    /// The next interface's place among the node's: its index, and its hardware address unless another is chosen.
    ///
    /// Both tell the node: the first interface of the second host is number 2100, with an address that ends in `02:00:01`. Above all,
    /// the ends of a cable get different indexes. The kernel takes an interface whose peer has the same one for an interface without
    /// a peer, and then lets up to a second pass before it acts on a new carrier (`linkwatch_urgent_event`).
    pub(crate) fn take_place(&mut self, peer: Option<u32>) -> (u32, Mac) {
        if Some(self.index()) == peer {
            self.interfaces += 1;
        }
        let index = self.index();
        self.interfaces += 1;
        let [_, _, node_high, node_low] = self.number.to_be_bytes();
        let [_, _, port_high, port_low] = self.interfaces.to_be_bytes();
        (index, Mac([2, 0, node_high, node_low, port_high, port_low]))
    }

    fn index(&self) -> u32 {
        FIRST_INDEX + self.number * INDEXES + self.interfaces
    }

    /// The next free name of the node's series: `eth0`, `eth1`, ... in a host, `veth1`, `veth2`, ... in the root.
    pub(crate) fn free_name(&mut self) -> String {
        let stem = match self.role {
            Role::Root => "veth",
            Role::Host => "eth",
            Role::Switch => "port",
            Role::Wire => "wire",
        };
        loop {
            let name = format!("{stem}{}", self.next_name);
            self.next_name += 1;
            if let Entry::Vacant(free) = self.names.entry(name.clone()) {
                free.insert(None);
                return name;
            }
        }
    }

    fn into_node(self) -> Node {
        Node {
            name: self.name,
            aliases: Vec::new(),
            role: self.role,
            shares: self.shares,
            bridges: Vec::new(),
            forwards: false,
            routes: self.routes,
            name_servers: self.name_servers,
            rules: self.rules,
            sysctls: self.sysctls,
            tables: self.tables,
            #[cfg(feature = "dns")]
            dns: self.dns,
            worker_threads: self.worker_threads,
        }
    }
}

/// Root and hosts, by the position that they have in the plan.
pub(crate) fn nodes(topology: &Topology) -> impl Iterator<Item = (usize, &HostSpec)> {
    std::iter::once(&topology.root)
        .chain(&topology.hosts)
        .enumerate()
}

/// Known names for an error text.
pub(crate) fn listed(known: &[&str]) -> String {
    if known.is_empty() {
        "there is none".to_owned()
    } else {
        format!("known: {}", known.join(", "))
    }
}
