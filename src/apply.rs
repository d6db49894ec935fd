//! From a plan to live parts. Undoing is dropping what exists.

mod parameters;
mod rebuild;
mod tables;

pub(crate) use rebuild::rebuild;
pub(crate) use tables::refusal as rules_refused;

use std::collections::BTreeMap;

use self::parameters::Defaults;
use crate::address::Cidr;
use crate::diagnosis::Step;
use crate::entry;
use crate::errno;
use crate::error::{Error, Result};
use crate::live::{self, LiveNode};
use crate::plan::rule::Rule;
use crate::plan::stand_in::StandIn;
use crate::plan::{self, Bridge, End, Ends, NextHop, Node, Plan, Role, Route};
use crate::settle;
use crate::sys::netlink::{
    self, BridgeVerb, HopVerb, Request, RouteVerb, RouteVerbKind, RuleVerb, Transport, VethVerb,
};
use crate::sys::netns::{self, NamespaceId};
use crate::sys::{identity, limits, sysctl};
use crate::topology::RouteKind;
use crate::worker;

/// Cables made by one batch: each needs a descriptor of its far namespace while it is made.
const CABLES: usize = 32;

/// Builds everything that the plan says.
pub(crate) fn apply(plan: &Plan) -> Result<Vec<LiveNode>> {
    let room = limits::make_room(plan.nodes.len())?;
    // The thread that makes namespaces wanders from one to the next and cannot come back.
    worker::on_a_thread_of_its_own("netns builder", || {
        let (nodes, stand_ins) = namespaces(plan, room.floor())?;
        let builder = Builder {
            plan,
            nodes: nodes.iter().collect(),
            stand_ins,
            ends: plan.ends_by_node(),
        };
        builder.build()?;
        Ok(nodes)
    })
}

/// The network in the making.
struct Builder<'p> {
    plan: &'p Plan,
    nodes: Vec<&'p LiveNode>,
    /// By node; none where `/proc/sys` can be written.
    stand_ins: Vec<Vec<StandIn>>,
    ends: Vec<Ends<'p>>,
}

impl<'p> Builder<'p> {
    fn build(&self) -> Result<()> {
        for node in 0..self.nodes.len() {
            self.bridges(node)?;
        }
        self.cables()?;
        for node in 0..self.nodes.len() {
            self.stand_in(node)?;
        }
        // A bridge is raised when its ports carry: it then forwards at once, and until then no packet of one host, as every host sends
        // them when it is raised, is copied to all the others.
        let (with_bridges, others): (Vec<_>, Vec<_>) =
            (0..self.nodes.len()).partition(|node| !self.plan.nodes[*node].bridges.is_empty());
        for &node in &with_bridges {
            self.execute(node, self.raise(node))?;
        }
        for &node in &others {
            let requests = self.raise(node).into_iter().chain(self.furnish(node));
            self.execute(node, requests.collect())?;
        }
        if !self.plan.bare {
            settle::links(&self.nodes, &self.ends)?;
        }
        for &node in &with_bridges {
            self.execute(node, self.furnish(node))?;
        }
        // With the kernel's own defaults an address is tentative for seconds, and meant to be.
        if !self.plan.bare && !self.plan.realistic {
            settle::addresses(self.plan, &self.nodes, &self.ends)?;
        }
        for (position, live) in self.nodes.iter().enumerate() {
            self.sysctls(position)?;
            let node = &self.plan.nodes[position];
            tables::install(&node.name, &node.tables, live)?;
        }
        Ok(())
    }

    fn bridges(&self, node: usize) -> Result<()> {
        let bridges = self.plan.nodes[node].bridges.iter();
        let requests = bridges.map(|bridge| bridge_request(self.plan, bridge));
        self.nodes[node]
            .netlink()
            .execute(requests.collect())
            .map_err(|error| missing("bridge", error))
    }

    /// Makes veth pairs, both ends in place, in batches by the namespace of their first end.
    fn cables(&self) -> Result<()> {
        let mut by_node: BTreeMap<usize, Vec<[&End; 2]>> = BTreeMap::new();
        for pair in self.plan.veths() {
            by_node.entry(pair[0].node).or_default().push(pair);
        }
        for (node, pairs) in by_node {
            for batch in pairs.chunks(CABLES) {
                self.veth_batch(node, batch)?;
            }
        }
        Ok(())
    }

    /// The bridge that an end is a port of.
    fn master(&self, end: &End) -> Option<u32> {
        let bridge = end.bridge?;
        Some(self.plan.nodes[end.node].bridges[bridge].index)
    }

    fn veth_batch(&self, node: usize, pairs: &[[&End; 2]]) -> Result<()> {
        // The descriptors have to stay open until the kernel has used them.
        let mut namespaces = Vec::with_capacity(pairs.len());
        for [_, far] in pairs {
            let far = far.node;
            namespaces.push(if far == node {
                None
            } else {
                Some(self.nodes[far].descriptor()?)
            });
        }
        let requests = pairs
            .iter()
            .zip(&namespaces)
            .map(|([near, far], namespace)| {
                netlink::add_veth(
                    &veth(near),
                    self.master(near),
                    self.raises(near.node),
                    &veth(far),
                    namespace.as_ref(),
                )
            });
        self.nodes[node]
            .netlink()
            .execute(requests.collect())
            .map_err(|error| missing("veth", error))
    }

    /// Raises what is still down, bridges excepted.
    fn raise(&self, node: usize) -> Vec<Request> {
        if !self.raises(node) || self.plan.nodes[node].shares.is_some() {
            return Vec::new();
        }
        let far = self.ends[node].far.iter();
        std::iter::once(netlink::set_up("lo", 1, true))
            .chain(self.unwanted_loopback(node))
            .chain(far.map(|end| netlink::set_up(&end.name, end.index, true)))
            .collect()
    }

    /// Whether interfaces are raised here. Nobody could raise those where the halves of wires meet.
    fn raises(&self, node: usize) -> bool {
        !self.plan.bare || self.plan.nodes[node].role == Role::Wire
    }

    /// Raises bridges, adds addresses, then routes and rules.
    fn furnish(&self, node: usize) -> Vec<Request> {
        let Node {
            bridges,
            routes,
            rules,
            ..
        } = &self.plan.nodes[node];
        let mut requests = Vec::new();
        for bridge in bridges {
            // Not before it has ports: its link-local address follows from the lowest of their hardware addresses.
            if !self.plan.bare {
                requests.push(netlink::set_up(&bridge.name, bridge.index, true));
            }
            let addresses = bridge.addresses.iter().copied();
            requests.extend(self.addresses(&bridge.name, bridge.index, addresses));
        }
        for end in &self.ends[node].all {
            requests.extend(self.addresses(&end.name, end.index, end.given()));
        }
        let routes = routes
            .iter()
            .map(|route| netlink::add_route(&route.to_string(), &route_verb(route)));
        requests.extend(routes);
        let rules = rules.iter();
        requests.extend(rules.map(|rule| netlink::add_rule(&rule.to_string(), &rule_verb(rule))));
        requests
    }

    fn execute(&self, node: usize, requests: Vec<Request>) -> Result<()> {
        self.nodes[node]
            .netlink()
            .execute(requests)
            .map_err(|error| without_ipv6(error).inside(&self.plan.nodes[node].name))
    }

    fn addresses<'a>(
        &self,
        link: &'a str,
        index: u32,
        addresses: impl Iterator<Item = Cidr> + 'a,
    ) -> impl Iterator<Item = Request> + 'a {
        let dad = self.plan.realistic;
        addresses.map(move |address| netlink::add_address(link, index, address, dad))
    }

    /// Sets what the topology asked for: unlike our own defaults, it has to work.
    fn sysctls(&self, position: usize) -> Result<()> {
        let node = &self.plan.nodes[position];
        if node.sysctls.is_empty() {
            return Ok(());
        }
        let interfaces = self.plan.interfaces(node, &self.ends[position]);
        parameters::set_asked(node, self.nodes[position], interfaces.collect())
    }

    /// Does to interfaces what could not be written below `/proc/sys`, before any of them carries.
    fn stand_in(&self, position: usize) -> Result<()> {
        let stand_ins = &self.stand_ins[position];
        if stand_ins.is_empty() {
            return Ok(());
        }
        let node = &self.plan.nodes[position];
        let interfaces: Vec<_> = self.plan.interfaces(node, &self.ends[position]).collect();
        let requests = parameters::stand_in(stand_ins, &interfaces, self.plan.bare);
        self.execute(position, requests)
    }

    /// What the kernel gives to `lo` in the moment in which it is raised, and the topology excludes.
    fn unwanted_loopback(&self, node: usize) -> Option<Request> {
        let loopback = self.plan.unwanted_loopback()?;
        // IPv6 that is switched off gives none.
        let is_given = loopback.is_ipv4() || self.stand_ins[node].contains(&StandIn::NoIpv6);
        is_given.then(|| netlink::remove_address("lo", 1, loopback))
    }
}

/// Makes the namespaces, and says what is to be done to the interfaces of each instead of writing below `/proc/sys`.
fn namespaces(plan: &Plan, floor: Option<i32>) -> Result<(Vec<LiveNode>, Vec<Vec<StandIn>>)> {
    let mut made = BTreeMap::new();
    let mut inherited = Vec::new();
    let groups = identity::ping_groups();
    let (own, sharing): (Vec<_>, Vec<_>) =
        (0..plan.nodes.len()).partition(|node| plan.nodes[*node].shares.is_none());
    for position in own {
        enter_new_namespace()?;
        if position == 0 {
            inherited = parameters::tuned();
        }
        let opened = open(plan, position, &inherited, &groups, floor)?;
        made.insert(position, opened);
    }
    for position in sharing {
        let (other, _) = &made[&plan.namespace_of(position)];
        let live = other.shared_by(plan.nodes[position].name.clone());
        made.insert(position, (live, Vec::new()));
    }
    Ok(made.into_values().unzip())
}

fn enter_new_namespace() -> Result<()> {
    live::namespace(Step::NetworkNamespace, netns::unshare)
}

/// Opens the node that the calling thread has just made.
fn open(
    plan: &Plan,
    node: usize,
    inherited: &[(&'static str, &'static str)],
    groups: &str,
    floor: Option<i32>,
) -> Result<(LiveNode, Vec<StandIn>)> {
    let netlink =
        Transport::open(floor).map_err(|cause| entry::refused(Step::NetlinkSocket, &cause))?;
    let namespace = netlink
        .namespace()
        .and_then(NamespaceId::of)
        .map_err(|cause| Error::kernel("look at the new namespace", cause))?;
    let Defaults { unset, stand_ins } = parameters::set_defaults(plan, node, inherited, groups)?;
    let mut live = LiveNode::new(plan.nodes[node].name.clone(), namespace, netlink, unset);
    live.detects_duplicates = stand_ins.contains(&StandIn::LinkLocal);
    Ok((live, stand_ins))
}

/// A kernel without this kind of link, or capabilities that are none, is a matter for the diagnosis.
fn missing(kind: &'static str, error: Error) -> Error {
    match error.raw_os_error() {
        Some(errno @ (errno::EOPNOTSUPP | errno::EPERM)) => entry::refusal(Step::Link(kind), errno),
        _ => error,
    }
}

/// A machine without IPv6 is a matter for the diagnosis as well: the kernel's word for it is that of missing rights.
fn without_ipv6(error: Error) -> Error {
    let is_there = || sysctl::read("net/ipv6/conf/default/disable_ipv6").is_ok();
    match error.raw_os_error() {
        Some(errno::EACCES) => entry::refusal(Step::Ipv6Address, errno::EACCES),
        Some(errno @ (errno::EAFNOSUPPORT | errno::EOPNOTSUPP)) if !is_there() => {
            entry::refusal(Step::Ipv6Address, errno)
        }
        _ => error,
    }
}

fn bridge_request(plan: &Plan, bridge: &Bridge) -> Request {
    netlink::add_bridge(&BridgeVerb {
        name: &bridge.name,
        index: bridge.index,
        mac: bridge.mac,
        mtu: bridge.mtu,
        stp: bridge.stp,
        ageing: bridge.ageing.map(plan::centiseconds),
        snooping: plan.realistic,
    })
}

fn veth(end: &End) -> VethVerb<'_> {
    VethVerb {
        name: &end.name,
        index: end.index,
        mac: end.mac,
        mtu: end.mtu,
    }
}

pub(crate) fn route_verb(route: &Route) -> RouteVerb {
    RouteVerb {
        kind: match route.kind {
            RouteKind::Unicast => RouteVerbKind::Unicast,
            RouteKind::Blackhole => RouteVerbKind::Blackhole,
            RouteKind::Unreachable => RouteVerbKind::Unreachable,
            RouteKind::Prohibit => RouteVerbKind::Prohibit,
        },
        destination: route.destination,
        via: route.via,
        device: route.device.as_ref().map(|(_, index)| *index),
        metric: route.metric,
        source: route.source,
        onlink: route.onlink,
        next_hops: route.next_hops.iter().map(hop_verb).collect(),
        table: route.table,
    }
}

fn hop_verb(hop: &NextHop) -> HopVerb {
    HopVerb {
        via: hop.via,
        device: hop.device.as_ref().map(|(_, index)| *index),
        weight: hop.weight,
    }
}

pub(crate) fn rule_verb(rule: &Rule) -> RuleVerb<'_> {
    RuleVerb {
        family: rule.family,
        from: rule.from,
        to: rule.to,
        iif: rule.iif.as_deref(),
        oif: rule.oif.as_deref(),
        fwmark: rule.fwmark,
        table: rule.table,
        priority: rule.priority,
    }
}
