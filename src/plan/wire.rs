//! Decides nodes, bridges and cables: which interface is in which node, under which name, index and hardware address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::Location;

use crate::address::{Cidr, Mac};
use crate::plan::draft::{Domain, Draft, DraftBridge, DraftEnd, DraftNode, listed, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Bridge, Role, docker, family, name};
use crate::topology::{Addressing, Attachment, InterfaceSpec, ROOT, Topology, Written};

/// One interface that somebody asked for, before it has a name.
struct Wish<'t> {
    node: usize,
    spec: &'t InterfaceSpec,
    at: &'static Location<'static>,
}

impl<'t> Draft<'t> {
    /// Wires up the topology; addresses, routes and parameters are still to come.
    pub(crate) fn of(topology: &'t Topology, mistakes: &mut Mistakes<'_>) -> Self {
        let mut draft = Self {
            nodes: Vec::new(),
            domains: Vec::new(),
            cables: Vec::new(),
            wires: Vec::new(),
            only: family::only(topology, mistakes),
        };
        draft
            .nodes
            .push(DraftNode::new(&topology.root.name.text, Role::Root, 0));
        for (number, host) in nodes(topology).skip(1) {
            draft
                .nodes
                .push(DraftNode::new(&host.name.text, Role::Host, number));
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
            let docker = spec.docker.as_ref();
            let docker = docker.map(|it| docker::settle(it, &object, spec.name.at, mistakes));
            addresses.extend(docker.iter().flat_map(docker::Settled::addresses));
            let mac = spec
                .mac
                .as_ref()
                .and_then(|mac| mistakes.parse::<Mac>(mac, &object));
            let bridge = Bridge {
                name: spec.name.text.clone(),
                index: self.nodes[0].take_place(None).0,
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
                docker: docker.map(|it| it.network),
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
                docker: None,
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
            let end = self.end(domain, &member, None, mistakes);
            let port = self.port(domain, node, &member, end.index);
            self.cables.push([port, end]);
        }
    }

    /// A switch: a hidden namespace with one bridge, in which nobody's code runs.
    fn add_switch(&mut self, domain: usize) -> usize {
        let node = self.nodes.len();
        let mut switch = DraftNode::new(&self.domains[domain].name, Role::Switch, node);
        let bridge = Bridge {
            name: "switch".to_owned(),
            index: switch.take_place(None).0,
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
                docker: None,
                automatic,
                subnets: Vec::new(),
                bridge: None,
            });
            self.cable(domain, a, b, mistakes);
        }
    }

    /// One cable and nothing else. The root's end comes first, like a port of a bridge.
    fn cable(&mut self, domain: usize, a: Wish<'t>, b: Wish<'t>, mistakes: &mut Mistakes<'_>) {
        let (a, b) = if b.node == 0 && a.node != 0 {
            (b, a)
        } else {
            (a, b)
        };
        let a = self.end(domain, &a, None, mistakes);
        let b = self.end(domain, &b, Some(a.index), mistakes);
        self.cables.push([a, b]);
    }

    /// An interface as it was asked for; `peer` is the index of the cable's other end, if that is decided.
    fn end(
        &mut self,
        domain: usize,
        wish: &Wish<'t>,
        peer: Option<u32>,
        mistakes: &mut Mistakes<'_>,
    ) -> DraftEnd<'t> {
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
        let (index, mac) = node.take_place(peer);
        let object = format!("interface `{name}` of node `{}`", node.name);
        let chosen = wish.spec.mac.as_ref();
        let chosen = chosen.and_then(|written| mistakes.parse::<Mac>(written, object));
        DraftEnd {
            node: wish.node,
            domain,
            port: false,
            name,
            index,
            mac: chosen.unwrap_or(mac),
            mtu: wish.spec.mtu.as_ref().map(|(mtu, _)| *mtu).or(inherited),
            addresses: Vec::new(),
            autoconfigured: false,
            advertisement: None,
            spec: Some(wish.spec),
            at: wish.at,
        }
    }

    fn port(&mut self, domain: usize, node: usize, wish: &Wish<'t>, peer: u32) -> DraftEnd<'t> {
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
        let (index, mac) = switch.take_place(Some(peer));
        DraftEnd {
            node,
            domain,
            port: true,
            name,
            index,
            mac,
            mtu: wish.spec.mtu.as_ref().map(|(mtu, _)| *mtu).or(inherited),
            addresses: Vec::new(),
            autoconfigured: false,
            advertisement: None,
            spec: None,
            at: wish.at,
        }
    }
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
