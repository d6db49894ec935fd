//! Bridges and their ports out of the kernel's listing of links.

use std::time::Duration;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::{
    BridgePortState, BridgeStpState, InfoBridge, InfoBridgePort, InfoData, InfoKind, InfoPortData,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};

use super::link::{info, links, name};
use crate::address::Mac;
use crate::view::{Bridge, BridgePort, OperState, PortState};

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

/// Whether a port of a bridge forwards, or another interface is in operation.
pub(super) fn is_ready(link: &LinkMessage) -> bool {
    let mut states = port_data(link).filter_map(|part| match part {
        InfoBridgePort::State(state) => Some(*state),
        _ => None,
    });
    is_in_operation(link) && states.all(|state| state == BridgePortState::Forwarding)
}

/// The flag `RUNNING` would not do: it is set, too, as long as the kernel has not looked at a new link.
pub(super) fn is_in_operation(link: &LinkMessage) -> bool {
    let carrier = link.header.flags.contains(LinkFlags::LowerUp);
    match state(link) {
        OperState::Up => carrier,
        // A bridge is made with a carrier: if it never loses that, the kernel never looks at it.
        OperState::Unknown => carrier && (is_bridge(link) || is_loopback(link)),
        _ => false,
    }
}

fn is_loopback(link: &LinkMessage) -> bool {
    link.header.flags.contains(LinkFlags::Loopback)
}

fn state(link: &LinkMessage) -> OperState {
    let state = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::OperState(state) => Some(OperState::from_number((*state).into())),
            _ => None,
        });
    state.unwrap_or_default()
}

/// The links whose state does not follow from their carrier yet; bridges last, for they follow their ports.
pub(super) fn behind(messages: &[RouteNetlinkMessage]) -> Vec<u32> {
    let is_behind = |link: &&LinkMessage| {
        let carrier = link.header.flags.contains(LinkFlags::LowerUp);
        link.header.flags.contains(LinkFlags::Up)
            && match state(link) {
                OperState::Up => !carrier,
                OperState::Unknown => !is_loopback(link),
                OperState::Down | OperState::LowerLayerDown => carrier,
                _ => false,
            }
    };
    let mut behind: Vec<&LinkMessage> = links(messages).filter(is_behind).collect();
    behind.sort_by_key(|link| is_bridge(link));
    behind.iter().map(|link| link.header.index).collect()
}

/// The links that are up and have a carrier.
pub(super) fn with_carrier(messages: &[RouteNetlinkMessage]) -> Vec<u32> {
    let has = |link: &&LinkMessage| {
        link.header
            .flags
            .contains(LinkFlags::Up | LinkFlags::LowerUp)
    };
    links(messages)
        .filter(has)
        .map(|link| link.header.index)
        .collect()
}

/// The links that have a carrier and so will pass packets, unless they are ports of a bridge that is down or waits by design.
pub(super) fn to_be_ready(messages: &[RouteNetlinkMessage]) -> Vec<u32> {
    let passes = |bridge: &LinkMessage| {
        let stp = self::bridge(bridge).is_ok_and(|bridge| bridge.stp);
        bridge.header.flags.contains(LinkFlags::Up) && !stp
    };
    let found = links(messages).filter(|link| {
        let bridge = master(link)
            .and_then(|master| links(messages).find(|bridge| bridge.header.index == master));
        link.header
            .flags
            .contains(LinkFlags::Up | LinkFlags::LowerUp)
            && bridge.is_none_or(passes)
    });
    found.map(|link| link.header.index).collect()
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
