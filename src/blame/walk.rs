//! Follows a packet from node to node by the nodes' own answers, until it arrives or something is wrong.

use std::net::IpAddr;

use super::explanation::{Blame, Culprit};
use super::facts::{Facts, Place, Port};
use super::segment::{self, Segment, Station};
use crate::address::{Cidr, Family};
use crate::sys::netlink::{Lookup, Way};

/// A packet, where it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) node: usize,
    /// The interface by which it came; without one, the node sends it itself.
    pub(super) through: Option<u32>,
    /// Without one, the node chooses.
    pub(super) source: Option<IpAddr>,
    pub(super) target: IpAddr,
    /// Its size in bytes, if that matters. Then it must not be fragmented.
    pub(super) size: Option<u32>,
}

/// The way of a packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// The nodes where it was routed, the sender among them.
    pub(super) nodes: Vec<usize>,
    /// From one to the next.
    pub(super) hops: Vec<Hop>,
    /// As the sender chose it.
    pub(super) source: Option<IpAddr>,
    pub(super) translations: Vec<Translation>,
    pub(super) fault: Option<Culprit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) node: usize,
    pub(super) device: String,
    /// Who is asked for on the link: a router or the target.
    pub(super) next: IpAddr,
    /// The interfaces that it passes, the one that receives it last.
    pub(super) passed: Vec<Place>,
}

/// A node on the way gave the packet another source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// The interface by which it left.
    pub(super) place: Place,
    pub(super) device: String,
    pub(super) before: IpAddr,
    pub(super) after: IpAddr,
}

pub(super) fn walk(facts: &dyn Facts, packet: Packet) -> Walk {
    let mut walk = Walk {
        source: packet.source,
        ..Walk::default()
    };
    let mut packet = packet;
    loop {
        let is_loop = walk.nodes.contains(&packet.node);
        walk.nodes.push(packet.node);
        if is_loop {
            walk.fault = Some(blame(facts, packet.node, None, Blame::Loop));
            return walk;
        }
        match step(facts, &packet, &mut walk) {
            Ok(Some(next)) => packet = next,
            Ok(None) => return walk,
            Err(culprit) => {
                walk.fault = Some(culprit);
                return walk;
            }
        }
    }
}

/// From a node to the next; nothing if it has arrived.
fn step(facts: &dyn Facts, packet: &Packet, walk: &mut Walk) -> Result<Option<Packet>, Culprit> {
    let &Packet { node, target, .. } = packet;
    if let Some(outage) = facts.outage(node) {
        return Err(blame(facts, node, None, outage));
    }
    let is_own = facts.ports(node).iter().any(|port| port.has(target));
    if !is_own {
        may_pass(facts, packet)?;
    }
    let lookup = Lookup {
        to: target,
        from: packet.source,
        through: packet.through,
    };
    let (device, via, source) = match facts.way(node, &lookup) {
        Way::Local => return Ok(None),
        Way::Out {
            device,
            via,
            source,
        } => (device, via, source),
        refusal => return Err(refused(facts, packet, refusal)),
    };
    let source = packet.source.or(source);
    walk.source = walk.source.or(source);
    let port = leave(facts, (node, device), packet.size)?;
    let next = via.unwrap_or(target);
    let segment = segment::around(facts, (node, device), next);
    let station = find(facts, node, &port, &segment, next, via.is_some())?;
    fits(facts, &station, packet.size)?;
    walk.hops.push(Hop {
        node,
        device: port.name.clone(),
        next,
        passed: station.passed.clone(),
    });
    let mut further = Packet {
        node: station.place.0,
        through: Some(station.place.1),
        source,
        ..*packet
    };
    if let Some(translation) = translation(facts, packet, &port, source) {
        further.source = Some(translation.after);
        walk.translations.push(translation);
    }
    Ok(Some(further))
}

/// Whether the node passes on what is not for itself.
fn may_pass(facts: &dyn Facts, packet: &Packet) -> Result<(), Culprit> {
    let Some(through) = packet.through else {
        return Ok(());
    };
    let port = facts.port((packet.node, through));
    let name = port.map(|port| port.name).unwrap_or_default();
    match facts.forwarding_off(packet.node, family(packet.target), &name) {
        Some(sysctl) => {
            let off = Blame::ForwardingOff { sysctl };
            Err(blame(facts, packet.node, Some(&name), off))
        }
        None => Ok(()),
    }
}

/// The interface by which it leaves, if that is in order.
fn leave(facts: &dyn Facts, place: Place, size: Option<u32>) -> Result<Port, Culprit> {
    let Some(port) = facts.port(place) else {
        let unexplained = Blame::Unexplained { seen: false };
        return Err(blame(facts, place.0, None, unexplained));
    };
    let far = facts.far_end(place);
    if let Some((node, outage)) = far.and_then(|(node, _)| Some((node, facts.outage(node)?))) {
        return Err(blame(facts, node, None, outage));
    }
    let wrong = match far {
        _ if !port.up => Some(Blame::LinkDown),
        Some(far) => segment::cable(facts, place, far),
        None => None,
    };
    let too_large = size.filter(|size| *size > port.mtu);
    let wrong = wrong.or_else(|| {
        too_large.map(|size| Blame::MtuTooSmall {
            mtu: port.mtu,
            size,
            silent: false,
        })
    });
    match wrong {
        Some(wrong) => Err(blame(facts, place.0, Some(&port.name), wrong)),
        None => Ok(port),
    }
}

/// Whose interface has the address that is asked for on the link.
fn find(
    facts: &dyn Facts,
    node: usize,
    port: &Port,
    segment: &Segment,
    next: IpAddr,
    is_gateway: bool,
) -> Result<Station, Culprit> {
    let here = segment.stations.iter().find(|it| it.port.has(next));
    let planned = || {
        let has = |it: &&Station| it.port.planned.iter().any(|own| own.address() == next);
        segment.stations.iter().find(has)
    };
    if let Some(station) = here.or_else(planned) {
        if let Some(trouble) = &station.trouble {
            let (node, _) = trouble.place;
            let name = facts.port(trouble.place).map(|port| port.name);
            return Err(blame(facts, node, name.as_deref(), trouble.blame.clone()));
        }
        if here.is_some() {
            return Ok(station.clone());
        }
    }
    let takes_it_in = port.addresses.iter().find(|own| own.contains(next));
    let wrong = match takes_it_in {
        _ if is_gateway => Blame::WrongGateway {
            gateway: next,
            segment: segment.name.clone(),
        },
        // Somebody has it, on another link.
        Some(own) if facts.owned(next).is_some() && planned().is_none() => Blame::WrongPrefix {
            address: *own,
            other: next,
        },
        _ => Blame::NeighbourUnreachable {
            address: next,
            owner: planned().map(|station| facts.name(station.place.0).to_owned()),
        },
    };
    Err(blame(facts, node, Some(&port.name), wrong))
}

/// An interface drops what it receives and what is larger than it would send, and tells nobody.
fn fits(facts: &dyn Facts, station: &Station, size: Option<u32>) -> Result<(), Culprit> {
    for place in &station.passed {
        let Some((port, size)) = facts.port(*place).zip(size) else {
            continue;
        };
        if size > port.mtu {
            let silent = Blame::MtuTooSmall {
                mtu: port.mtu,
                size,
                silent: true,
            };
            return Err(blame(facts, place.0, Some(&port.name), silent));
        }
    }
    Ok(())
}

/// What a node sends itself has its source by then, and need not be translated.
fn translation(
    facts: &dyn Facts,
    packet: &Packet,
    port: &Port,
    source: Option<IpAddr>,
) -> Option<Translation> {
    packet.through?;
    let family = family(packet.target);
    if !facts.translates(packet.node, family, &port.name) {
        return None;
    }
    Some(Translation {
        place: (packet.node, port.index),
        device: port.name.clone(),
        before: source?,
        after: port.first(family)?.address(),
    })
}

/// Why a node does not send.
fn refused(facts: &dyn Facts, packet: &Packet, way: Way) -> Culprit {
    let &Packet { node, target, .. } = packet;
    let to = target;
    let wrong = match way {
        Way::Blackhole => Blame::Blackhole { to },
        Way::Unreachable => Blame::UnreachableRoute { to },
        Way::Prohibited => Blame::ProhibitedRoute { to },
        Way::ReverseFilter => {
            let port = packet.through.and_then(|index| facts.port((node, index)));
            let source = packet.source.unwrap_or(target);
            let wrong = Blame::ReversePath { source };
            return blame(facts, node, port.map(|it| it.name).as_deref(), wrong);
        }
        _ => return no_route(facts, node, target),
    };
    blame(facts, node, None, wrong)
}

/// A route is missing because its interface is down, because a prefix is too narrow, or because nobody made it.
fn no_route(facts: &dyn Facts, node: usize, target: IpAddr) -> Culprit {
    let planned = facts.planned(node, target);
    let planned = planned.and_then(|index| facts.port((node, index)));
    if let Some(port) = planned.filter(|port| !port.up) {
        return blame(facts, node, Some(&port.name), Blame::LinkDown);
    }
    for port in facts.ports(node).iter().filter(|port| port.up) {
        let own = port.first(family(target));
        // One that takes the target in lacks its route for another reason.
        let Some(own) = own.filter(|own| !own.contains(target)) else {
            continue;
        };
        let takes_us_in = |other: &Cidr| other.address() == target && other.contains(own.address());
        let segment = segment::around(facts, (node, port.index), target);
        let mut others = segment.stations.iter().flat_map(|it| &it.port.addresses);
        if others.any(takes_us_in) {
            let wrong = Blame::WrongPrefix {
                address: own,
                other: target,
            };
            return blame(facts, node, Some(&port.name), wrong);
        }
    }
    let to = facts.owned(target).map(Cidr::network);
    let to = to.or_else(|| Cidr::new(target, if target.is_ipv4() { 32 } else { 128 }).ok());
    let to = to.unwrap_or_else(|| Cidr::everything(target.is_ipv4()));
    blame(facts, node, None, Blame::NoRoute { to })
}

pub(super) fn family(address: IpAddr) -> Family {
    if address.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    }
}

pub(super) fn blame(
    facts: &dyn Facts,
    node: usize,
    interface: Option<&str>,
    blame: Blame,
) -> Culprit {
    Culprit::new(facts.name(node), interface.map(str::to_owned), blame)
}
