//! Whose an address is, where that is asked in the middle of a network.

use std::net::IpAddr;
use std::sync::Arc;

use crate::live::Parts;
use crate::plan::End;
use crate::probe::{Responder, TraceReport};
use crate::sys::netlink::look;

/// A node that has an address, and the interface that it is on.
struct Holder {
    node: usize,
    interface: String,
}

/// Interfaces that hear one another: those at a bridge of a node, or the two of a cable.
#[derive(PartialEq, Eq)]
enum Domain {
    Bridge(usize, usize),
    Cable(usize),
}

/// Gives the addresses of a trace from node `from` the names of the topology.
pub(super) fn name_hops(report: &mut TraceReport, parts: &Arc<Parts>, from: usize) {
    let mut last = from;
    for hop in &mut report.hops {
        let mut node = None;
        for responder in hop.answers.iter_mut().filter_map(|it| it.responder_mut()) {
            let named = name(responder, parts, last);
            node = node.or(named);
        }
        last = node.unwrap_or(last);
    }
}

/// Names one address. Where several nodes have it, as homes behind translating routers do, a neighbour of `near` is meant.
pub(super) fn name(responder: &mut Responder, parts: &Arc<Parts>, near: usize) -> Option<usize> {
    let near = parts.plan.namespace_of(near);
    let mut holders = holders(parts, responder.address);
    let domains = domains(parts, near);
    let nearest = holders.iter().position(|holder| {
        holder.node == near
            || self::domains(parts, holder.node)
                .iter()
                .any(|domain| domains.contains(domain))
    });
    if holders.is_empty() {
        return None;
    }
    let Holder { node, interface } = holders.swap_remove(nearest.unwrap_or(0));
    responder.place = Some((parts.node(node).name.clone(), interface));
    Some(node)
}

/// Who has an address now: those of the plan, or else whoever was given it since.
fn holders(parts: &Arc<Parts>, address: IpAddr) -> Vec<Holder> {
    let plan = &parts.plan;
    let planned = plan.networks().map(|(node, _)| node);
    let planned = planned.filter(|node| plan.addresses(*node).any(|it| it.address() == address));
    let found: Vec<Holder> = planned
        .filter_map(|node| live_holder(parts, node, address))
        .collect();
    if !found.is_empty() {
        return found;
    }
    let everybody = plan.networks().map(|(node, _)| node);
    everybody
        .filter_map(|node| live_holder(parts, node, address))
        .collect()
}

fn live_holder(parts: &Arc<Parts>, node: usize, address: IpAddr) -> Option<Holder> {
    let mut netlink = parts.node(node).netlink();
    let addresses = look::addresses(&mut netlink).ok()?;
    let (index, _) = addresses
        .into_iter()
        .find(|(_, it)| it.address.address() == address)?;
    let interfaces = look::interfaces(&mut netlink).ok()?;
    let interface = interfaces.into_iter().find(|it| it.index == index)?;
    Some(Holder {
        node,
        interface: interface.name,
    })
}

/// What a node's interfaces are plugged into.
fn domains(parts: &Arc<Parts>, node: usize) -> Vec<Domain> {
    let plan = &parts.plan;
    let own = (0..plan.nodes[node].bridges.len()).map(|bridge| Domain::Bridge(node, bridge));
    let plugged = plan.cables.iter().enumerate().filter_map(|(cable, it)| {
        it.ends.iter().find(|end| end.node == node)?;
        let port = it.ends.iter().find_map(at_bridge);
        Some(port.unwrap_or(Domain::Cable(cable)))
    });
    own.chain(plugged).collect()
}

fn at_bridge(end: &End) -> Option<Domain> {
    end.bridge.map(|bridge| Domain::Bridge(end.node, bridge))
}
