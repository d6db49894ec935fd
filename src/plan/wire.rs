//! Decides nodes, bridges and cables: which interface is in which node, under which name, index and hardware address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::Location;

use crate::address::{Cidr, Mac};
use crate::plan::check::IPV6_MTU;
use crate::plan::mistakes::Mistakes;
use crate::plan::{Bridge, Cable, End, FIRST_INDEX, Node, Plan, Role, Route, Sysctl, name};
use crate::topology::{
    Addressing, Attachment, BridgeSpec, HostSpec, InterfaceSpec, ROOT, Topology, Written,
};

/// A plan in the making: what is decided, beside what it was asked with.
pub(crate) struct Draft<'t> {
    pub(crate) nodes: Vec<DraftNode>,
    pub(crate) domains: Vec<Domain<'t>>,
    pub(crate) cables: Vec<[DraftEnd<'t>; 2]>,
}

pub(crate) struct DraftNode {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) routes: Vec<Route>,
    pub(crate) sysctls: Vec<Sysctl>,
    /// Interface names that are taken, and where they were chosen.
    names: HashMap<String, Option<&'static Location<'static>>>,
    next_name: usize,
    next_index: u32,
}

/// Interfaces that hear one another's broadcasts: a bridge, a segment, or a cable with nothing else.
pub(crate) struct Domain<'t> {
    pub(crate) name: String,
    pub(crate) at: &'static Location<'static>,
    /// The subnets that addresses are allotted from.
    pub(crate) subnets: Vec<Cidr>,
    /// The bridge that joins the cables, if there is one.
    pub(crate) bridge: Option<DraftBridge<'t>>,
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
    pub(crate) spec: Option<&'t InterfaceSpec>,
    pub(crate) at: &'static Location<'static>,
}

/// One interface that somebody asked for, before it has a name.
struct Wish<'t> {
    node: usize,
    spec: &'t InterfaceSpec,
    at: &'static Location<'static>,
}

impl<'t> Draft<'t> {
    pub(crate) fn of(topology: &'t Topology, mistakes: &mut Mistakes<'_>) -> Self {
        let mut draft = Self {
            nodes: Vec::new(),
            domains: Vec::new(),
            cables: Vec::new(),
        };
        draft
            .nodes
            .push(DraftNode::new(&topology.root.name.text, Role::Root));
        for host in &topology.hosts {
            draft
                .nodes
                .push(DraftNode::new(&host.name.text, Role::Host));
        }
        draft.reserve_names(topology, mistakes);
        draft.add_bridges(topology, mistakes);
        draft.add_segments(topology, mistakes);
        draft.attach(topology, mistakes);
        draft.link(topology, mistakes);
        draft
    }

    /// Chosen names come first, so that an automatic one never takes them.
    fn reserve_names(&mut self, topology: &'t Topology, mistakes: &mut Mistakes<'_>) {
        // What is wrong with a bridge's own name has been said already.
        for bridge in &topology.bridges {
            let names = &mut self.nodes[0].names;
            names
                .entry(bridge.name.text.clone())
                .or_insert(Some(bridge.name.at));
        }
        for (node, host) in nodes(topology) {
            for attachment in &host.attachments {
                if let Some(name) = &attachment.interface.name {
                    self.reserve(node, name, mistakes);
                }
                let on_bridge = topology
                    .bridges
                    .iter()
                    .any(|bridge| bridge.name.text == attachment.target.text);
                match &attachment.interface.port {
                    Some(port) if on_bridge => self.reserve(0, port, mistakes),
                    Some(port) => mistakes.push(
                        port.at,
                        format!("interface `{}`", port.text),
                        "only an attachment to a bridge has a port to name",
                    ),
                    None => {}
                }
            }
        }
        for end in topology.links.iter().flat_map(|link| &link.ends) {
            let name = end.interface.name.as_ref();
            if let (Some(node), Some(name)) = (find_node(topology, &end.node.text), name) {
                self.reserve(node, name, mistakes);
            }
        }
    }

    fn reserve(&mut self, node: usize, name: &Written, mistakes: &mut Mistakes<'_>) {
        let node = &mut self.nodes[node];
        let object = format!("interface `{}` of node `{}`", name.text, node.name);
        if let Err(cause) = name::interface(&name.text) {
            mistakes.push(name.at, &object, cause);
        }
        match node.names.entry(name.text.clone()) {
            Entry::Vacant(free) => {
                free.insert(Some(name.at));
            }
            Entry::Occupied(taken) => {
                let first = taken.get().unwrap_or(name.at);
                let cause = format!("the name is used twice, first at {first}");
                mistakes.push(name.at, &object, cause);
            }
        }
    }

    fn add_bridges(&mut self, topology: &'t Topology, mistakes: &mut Mistakes<'_>) {
        for spec in &topology.bridges {
            let object = format!("bridge `{}`", spec.name.text);
            let mut addresses = Vec::new();
            for written in &spec.addresses {
                if let Some(address) = mistakes.parse::<Cidr>(written, &object) {
                    addresses.push((address, written));
                }
            }
            let mac = spec
                .mac
                .as_ref()
                .and_then(|mac| mistakes.parse::<Mac>(mac, &object));
            let bridge = Bridge {
                name: spec.name.text.clone(),
                index: self.nodes[0].take_index(),
                mac,
                mtu: spec.mtu.as_ref().map(|(mtu, _)| *mtu),
                stp: spec.stp,
                ageing: spec.ageing,
                addresses: addresses.iter().map(|(address, _)| *address).collect(),
            };
            let subnets = distinct(addresses.iter().map(|(address, _)| address.network()));
            self.domains.push(Domain {
                name: object,
                at: spec.name.at,
                automatic: false,
                subnets,
                bridge: Some(DraftBridge {
                    node: 0,
                    bridge,
                    addresses,
                    spec: Some(spec),
                }),
            });
        }
    }

    fn add_segments(&mut self, topology: &'t Topology, mistakes: &mut Mistakes<'_>) {
        for spec in &topology.segments {
            let name = format!("segment `{}`", spec.name.text);
            let subnets = spec
                .subnets
                .iter()
                .filter_map(|subnet| mistakes.parse::<Cidr>(subnet, &name));
            let subnets = distinct(subnets.map(Cidr::network));
            let automatic = spec.subnets.is_empty();
            self.domains.push(Domain {
                name,
                at: spec.name.at,
                automatic,
                subnets,
                bridge: None,
            });
        }
    }

    /// Plugs hosts into bridges and segments. Bridges and segments are the first domains, in the order of the topology.
    fn attach(&mut self, topology: &'t Topology, mistakes: &mut Mistakes<'_>) {
        let targets = topology.bridges.iter().map(|bridge| &bridge.name);
        let targets: Vec<&Written> = targets
            .chain(topology.segments.iter().map(|segment| &segment.name))
            .collect();
        let mut members: HashMap<usize, Vec<Wish<'t>>> = HashMap::new();
        for (node, host) in nodes(topology) {
            for attachment in &host.attachments {
                let Attachment { target, interface } = attachment;
                match targets.iter().position(|known| known.text == target.text) {
                    Some(domain) if node == 0 && domain < topology.bridges.len() => mistakes.push(
                        target.at,
                        "node `root`",
                        format!("bridge `{}` is a device of the root itself: give the bridge the address", target.text),
                    ),
                    Some(domain) => {
                        members.entry(domain).or_default().push(Wish { node, spec: interface, at: target.at });
                    }
                    None => {
                        let known: Vec<&str> = targets.iter().map(|known| known.text.as_str()).collect();
                        let cause = format!("no bridge or segment is called `{}` ({})", target.text, listed(&known));
                        mistakes.push(target.at, format!("node `{}`", host.name.text), cause);
                    }
                }
            }
        }
        for domain in 0..targets.len() {
            let members = members.remove(&domain).unwrap_or_default();
            match (
                &self.domains[domain].bridge,
                <[Wish<'t>; 2]>::try_from(members),
            ) {
                (None, Ok([a, b])) => self.cable(domain, a, b, mistakes),
                (_, Ok(pair)) => self.plug(domain, pair.into(), mistakes),
                (_, Err(members)) => self.plug(domain, members, mistakes),
            }
        }
    }

    /// Cables from each member to the domain's bridge; a segment gets one in a namespace of its own first.
    fn plug(&mut self, domain: usize, members: Vec<Wish<'t>>, mistakes: &mut Mistakes<'_>) {
        if members.is_empty() {
            return;
        }
        let node = match &self.domains[domain].bridge {
            Some(bridge) => bridge.node,
            None => self.add_switch(domain),
        };
        for member in members {
            let end = self.end(domain, &member, mistakes);
            let port = self.port(domain, node, &member);
            self.cables.push([port, end]);
        }
    }

    /// A switch: a hidden namespace with one bridge, in which nobody's code runs.
    fn add_switch(&mut self, domain: usize) -> usize {
        let node = self.nodes.len();
        let name = &self.domains[domain].name;
        let mut switch = DraftNode::new(name, Role::Switch);
        let bridge = Bridge {
            name: "switch".to_owned(),
            index: switch.take_index(),
            mac: None,
            mtu: None,
            stp: false,
            ageing: None,
            addresses: Vec::new(),
        };
        self.nodes.push(switch);
        self.domains[domain].bridge = Some(DraftBridge {
            node,
            bridge,
            addresses: Vec::new(),
            spec: None,
        });
        node
    }

    fn link(&mut self, topology: &'t Topology, mistakes: &mut Mistakes<'_>) {
        for link in &topology.links {
            let mut wishes = Vec::new();
            for end in &link.ends {
                match find_node(topology, &end.node.text) {
                    Some(node) => wishes.push(Wish {
                        node,
                        spec: &end.interface,
                        at: end.node.at,
                    }),
                    None => {
                        let known: Vec<&str> = nodes(topology)
                            .map(|(_, host)| host.name.text.as_str())
                            .collect();
                        let cause =
                            format!("no node is called `{}` ({})", end.node.text, listed(&known));
                        mistakes.push(end.node.at, "link", cause);
                    }
                }
            }
            let Ok([a, b]) = <[Wish<'t>; 2]>::try_from(wishes) else {
                continue;
            };
            let domain = self.domains.len();
            let name = format!(
                "link `{}`-`{}`",
                link.ends[0].node.text, link.ends[1].node.text
            );
            let ends = [&a.spec.addressing, &b.spec.addressing];
            let allotted = |end: &&Addressing| matches!(end, Addressing::Allotted);
            let given =
                |end: &&Addressing| matches!(end, Addressing::Given(given) if !given.is_empty());
            let automatic = ends.iter().any(allotted) && !ends.iter().any(given);
            self.domains.push(Domain {
                name,
                at: link.at,
                automatic,
                subnets: Vec::new(),
                bridge: None,
            });
            self.cable(domain, a, b, mistakes);
        }
    }

    /// One cable and nothing else. The root's end comes first, like a port of a bridge.
    fn cable(&mut self, domain: usize, a: Wish<'t>, b: Wish<'t>, mistakes: &mut Mistakes<'_>) {
        let (a, b) = if b.node == 0 { (b, a) } else { (a, b) };
        let ends = [
            self.end(domain, &a, mistakes),
            self.end(domain, &b, mistakes),
        ];
        self.cables.push(ends);
    }

    fn end(&mut self, domain: usize, wish: &Wish<'t>, mistakes: &mut Mistakes<'_>) -> DraftEnd<'t> {
        let inherited = self.domains[domain]
            .bridge
            .as_ref()
            .and_then(|bridge| bridge.bridge.mtu);
        let node = &mut self.nodes[wish.node];
        let name = wish
            .spec
            .name
            .as_ref()
            .map_or_else(|| node.free_name(), |name| name.text.clone());
        let index = node.take_index();
        let object = format!("interface `{name}` of node `{}`", node.name);
        let chosen = wish.spec.mac.as_ref();
        let chosen = chosen.and_then(|written| mistakes.parse::<Mac>(written, object));
        DraftEnd {
            node: wish.node,
            domain,
            port: false,
            name,
            index,
            mac: chosen.unwrap_or_else(|| mac(wish.node, index)),
            mtu: wish.spec.mtu.as_ref().map(|(mtu, _)| *mtu).or(inherited),
            addresses: Vec::new(),
            spec: Some(wish.spec),
            at: wish.at,
        }
    }

    fn port(&mut self, domain: usize, node: usize, wish: &Wish<'t>) -> DraftEnd<'t> {
        let inherited = self.domains[domain]
            .bridge
            .as_ref()
            .and_then(|bridge| bridge.bridge.mtu);
        let switch = &mut self.nodes[node];
        let name = wish
            .spec
            .port
            .as_ref()
            .map_or_else(|| switch.free_name(), |name| name.text.clone());
        let index = switch.take_index();
        DraftEnd {
            node,
            domain,
            port: true,
            name,
            index,
            mac: mac(node, index),
            mtu: wish.spec.mtu.as_ref().map(|(mtu, _)| *mtu).or(inherited),
            addresses: Vec::new(),
            spec: None,
            at: wish.at,
        }
    }

    /// Where a small MTU is allowed, the kernel takes no IPv6 addresses.
    fn drop_small_ipv6(&mut self) {
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

    /// Gives up the notes and keeps the decisions.
    pub(crate) fn into_plan(mut self, topology: &Topology) -> Plan {
        self.drop_small_ipv6();
        let mut nodes: Vec<Node> = self.nodes.into_iter().map(DraftNode::into_node).collect();
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
        };
        let cables = self
            .cables
            .into_iter()
            .map(|ends| Cable {
                ends: ends.map(&end),
            })
            .collect();
        Plan {
            nodes,
            cables,
            bare: topology.bare,
            realistic: topology.realistic,
            allowed: topology.allowed.clone(),
        }
    }
}

impl DraftNode {
    fn new(name: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            role,
            routes: Vec::new(),
            sysctls: Vec::new(),
            names: HashMap::new(),
            // As people count them: `eth0` is a host's first interface, `veth1` the first port.
            next_name: usize::from(role != Role::Host),
            next_index: FIRST_INDEX,
        }
    }

    fn take_index(&mut self) -> u32 {
        self.next_index += 1;
        self.next_index - 1
    }

    /// The next free name of the node's series: `eth0`, `eth1`, ... in a host, `veth1`, `veth2`, ... in the root.
    fn free_name(&mut self) -> String {
        let stem = match self.role {
            Role::Root => "veth",
            Role::Host => "eth",
            Role::Switch => "port",
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
            role: self.role,
            bridges: Vec::new(),
            routes: self.routes,
            sysctls: self.sysctls,
        }
    }
}

/// Root and hosts, by the position that they have in the plan.
pub(crate) fn nodes(topology: &Topology) -> impl Iterator<Item = (usize, &HostSpec)> {
    std::iter::once(&topology.root)
        .chain(&topology.hosts)
        .enumerate()
}

fn find_node(topology: &Topology, name: &str) -> Option<usize> {
    if name == ROOT {
        return Some(0);
    }
    nodes(topology)
        .find(|(_, host)| host.name.text == name)
        .map(|(node, _)| node)
}

/// Two addresses of one subnet do not make it two.
fn distinct(subnets: impl Iterator<Item = Cidr>) -> Vec<Cidr> {
    let mut distinct = Vec::new();
    for subnet in subnets {
        if !distinct.contains(&subnet) {
            distinct.push(subnet);
        }
    }
    distinct
}

/// A locally administered address from the node's and the interface's number.
fn mac(node: usize, index: u32) -> Mac {
    let [_, _, node_high, node_low] = (node as u32).to_be_bytes();
    let [_, _, port_high, port_low] = (index - FIRST_INDEX + 1).to_be_bytes();
    Mac([2, 0, node_high, node_low, port_high, port_low])
}

/// Known names for an error text.
pub(crate) fn listed(known: &[&str]) -> String {
    if known.is_empty() {
        "there is none".to_owned()
    } else {
        format!("known: {}", known.join(", "))
    }
}
