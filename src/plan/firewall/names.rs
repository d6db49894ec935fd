//! What the texts of a rule mean: addresses, and interfaces.

use std::net::IpAddr;

use super::Place;
use crate::address::{Cidr, Family};
use crate::plan::draft::listed;
use crate::plan::mistakes::Mistakes;
use crate::plan::{Cable, Plan, name};
use crate::topology::Written;

/// The subnets that a text means: its own, the addresses of a node, or the subnets of a bridge or segment.
pub(super) fn subnets(
    plan: &Plan,
    written: &Written,
    object: &str,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Cidr> {
    let text = written.text.as_str();
    let mut nodes = plan.visible();
    if let Some((node, _)) = nodes.find(|(_, node)| node.name == text) {
        let own: Vec<Cidr> = plan
            .addresses(node)
            .filter_map(|it| alone(it.address()))
            .collect();
        if own.is_empty() {
            mistakes.push(written.at, object, format!("node `{text}` has no address"));
        }
        return own;
    }
    if let Some(segment) = plan.segments.iter().find(|it| it.name == text) {
        if segment.subnets.is_empty() {
            mistakes.push(written.at, object, format!("`{text}` has no subnet"));
        }
        return segment.subnets.clone();
    }
    match subnet(text) {
        Ok(subnet) => vec![subnet],
        Err(cause) => {
            mistakes.push(written.at, object, format!("{cause} ({})", known(plan)));
            Vec::new()
        }
    }
}

/// A single address is a subnet, too.
fn subnet(text: &str) -> Result<Cidr, String> {
    match text.parse::<IpAddr>() {
        Ok(address) => alone(address).ok_or_else(|| "it has no prefix".to_owned()),
        Err(_) => match text.parse::<Cidr>() {
            Ok(subnet) => Ok(subnet.network()),
            Err(error) if text.contains('/') => Err(error.to_string()),
            Err(_) => Err(format!(
                "`{text}` is no address, no subnet, and no name of a node, bridge or segment"
            )),
        },
    }
}

/// An address as the subnet that consists of it.
pub(super) fn alone(address: IpAddr) -> Option<Cidr> {
    let all = if address.is_ipv4() { 32 } else { 128 };
    Cidr::new(address, all).ok()
}

pub(super) fn family_of(subnet: Cidr) -> Family {
    if subnet.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    }
}

fn known(plan: &Plan) -> String {
    let nodes = plan.visible().map(|(_, node)| node.name.as_str());
    let segments = plan.segments.iter().map(|segment| segment.name.as_str());
    listed(&nodes.chain(segments).collect::<Vec<_>>())
}

/// The interfaces that a text means: one, or those that are on a bridge or segment; of a bridge, a port or those of a node.
pub(super) fn interfaces(
    plan: &Plan,
    place: Place,
    written: &Written,
    object: &str,
    mistakes: &mut Mistakes<'_>,
) -> Vec<String> {
    let text = &written.text;
    let (own, others) = match place {
        Place::Node(node) => (of_node(plan, node), on_segments(plan, node)),
        Place::Bridge(bridge) => (ports(plan, bridge), behind_ports(plan, bridge)),
    };
    if own.contains(&text.as_str()) {
        if let Err(cause) = name::in_rules(text) {
            mistakes.push(written.at, object, cause);
        }
        return vec![text.clone()];
    }
    let meant = others.iter().filter(|(name, _)| name == text);
    let found: Vec<String> = meant.map(|(_, it)| (*it).to_owned()).collect();
    let nameless = found.iter().filter_map(|it| name::in_rules(it).err());
    nameless.for_each(|cause| mistakes.push(written.at, object, cause));
    if found.is_empty() {
        let mut known: Vec<&str> = own;
        for (name, _) in others {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let cause = format!("there is no interface `{text}` ({})", listed(&known));
        mistakes.push(written.at, object, cause);
    }
    found
}

/// A node's interfaces by which packets come and go: ports of bridges are not among them, the bridges are.
fn of_node(plan: &Plan, node: usize) -> Vec<&str> {
    let bridges = plan.nodes[node].bridges.iter().map(|it| it.name.as_str());
    let ends = plan.ends(node).filter(|end| end.bridge.is_none());
    let ends = ends.map(|end| end.name.as_str());
    std::iter::once("lo").chain(bridges).chain(ends).collect()
}

/// The bridges and segments that a node is on, each with an interface.
fn on_segments(plan: &Plan, node: usize) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for segment in &plan.segments {
        let own = segment.members.iter().filter(|(member, _)| *member == node);
        found.extend(own.map(|(_, interface)| (segment.name.as_str(), interface.as_str())));
    }
    found
}

/// The ports of a bridge of the root.
pub(super) fn ports(plan: &Plan, bridge: usize) -> Vec<&str> {
    let ports = plan.ends(0).filter(|end| end.bridge == Some(bridge));
    ports.map(|end| end.name.as_str()).collect()
}

/// The nodes behind the ports of a bridge of the root, each with a port.
fn behind_ports(plan: &Plan, bridge: usize) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for Cable { ends: [a, b], .. } in &plan.cables {
        for (port, other) in [(a, b), (b, a)] {
            if port.node == 0 && port.bridge == Some(bridge) {
                let node = plan.nodes[other.node].name.as_str();
                found.push((node, port.name.as_str()));
            }
        }
    }
    found
}
