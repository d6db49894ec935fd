//! Bridges and their ports out of the kernel's listing of links.

use std::time::Duration;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::{
    BridgePortState, BridgeStpState, InfoBridge, InfoBridgePort, InfoData, InfoKind, InfoPortData,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, State,
};

use super::link::{info, links, name};
use crate::address::Mac;
use crate::view::{Bridge, BridgePort, PortState};

pub(super) fn bridges(messages: &[RouteNetlinkMessage]) -> Result<Vec<Bridge>, String> {
    let mut bridges = Vec::new();
    for link in links(messages).filter(|link| is_bridge(link)) {
        let mut bridge = bridge(link)?;
        for port in links(messages).filter(|port| master(port) == Some(bridge.index)) {
            bridge.ports.push(self::port(port)?);
        }
        bridge.ports.sort_by_key(|port| port.number);
        bridges.push(bridge);
    }
    bridges.sort_by_key(|bridge| bridge.index);
    Ok(bridges)
}

/// Whether a port of a bridge forwards, or another interface runs.
///
/// A link that was just made counts as running while its state is unknown, which the kernel has yet to look at: it still drops
/// what it is to send. The state of a bridge may stay unknown.
pub(super) fn is_ready(link: &LinkMessage) -> bool {
    let is_up = |attribute: &LinkAttribute| *attribute == LinkAttribute::OperState(State::Up);
    let mut states = port_data(link).filter_map(|part| match part {
        InfoBridgePort::State(state) => Some(*state),
        _ => None,
    });
    link.header
        .flags
        .contains(LinkFlags::Running | LinkFlags::LowerUp)
        && (is_bridge(link) || link.attributes.iter().any(is_up))
        && states.all(|state| state == BridgePortState::Forwarding)
}

fn is_bridge(link: &LinkMessage) -> bool {
    info(link).any(|part| matches!(part, LinkInfo::Kind(InfoKind::Bridge)))
}

fn master(link: &LinkMessage) -> Option<u32> {
    link.attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::Controller(index) => Some(*index),
            _ => None,
        })
}

fn bridge(link: &LinkMessage) -> Result<Bridge, String> {
    let mut bridge = Bridge {
        name: name(link)?,
        index: link.header.index,
        id: String::new(),
        stp: false,
        ageing: Duration::ZERO,
        ports: Vec::new(),
    };
    let data = info(link).filter_map(|part| match part {
        LinkInfo::Data(InfoData::Bridge(parts)) => Some(parts),
        _ => None,
    });
    for part in data.flatten() {
        match part {
            InfoBridge::BridgeId(id) => {
                let address = Mac(id.address).to_string().replace(':', "");
                bridge.id = format!("{:04x}.{address}", id.priority);
            }
            InfoBridge::StpState(state) => bridge.stp = *state != BridgeStpState::Disabled,
            // In hundredths of a second, whatever the kernel's own clock.
            InfoBridge::AgeingTime(ticks) => {
                bridge.ageing = Duration::from_millis(u64::from(*ticks) * 10);
            }
            _ => {}
        }
    }
    Ok(bridge)
}

fn port_data(link: &LinkMessage) -> impl Iterator<Item = &InfoBridgePort> {
    info(link)
        .filter_map(|part| match part {
            LinkInfo::PortData(InfoPortData::BridgePort(parts)) => Some(parts),
            _ => None,
        })
        .flatten()
}

fn port(link: &LinkMessage) -> Result<BridgePort, String> {
    let mut port = BridgePort {
        name: name(link)?,
        index: link.header.index,
        number: 0,
        id: String::new(),
        state: PortState::Disabled,
        path_cost: 0,
        priority: 0,
    };
    for part in port_data(link) {
        match part {
            InfoBridgePort::PortNumber(number) => port.number = *number,
            InfoBridgePort::PortId(id) => port.id = format!("{id:04x}"),
            InfoBridgePort::State(state) => port.state = PortState::from_number((*state).into()),
            InfoBridgePort::Cost(cost) => port.path_cost = *cost,
            InfoBridgePort::Priority(priority) => port.priority = *priority,
            _ => {}
        }
    }
    Ok(port)
}
