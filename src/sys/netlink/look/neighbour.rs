//! Neighbours out of the kernel's listing.

use std::collections::HashMap;
use std::net::IpAddr;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage,
};

use super::{lacks, link, name_of, number};
use crate::address::Family;
use crate::view::{Neighbour, NeighbourState};

pub(in super::super) fn request(family: Family) -> RouteNetlinkMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = number(family);
    RouteNetlinkMessage::GetNeighbour(message)
}

/// The neighbours of this family that `ip neigh` would list: those that need no asking (groups, the loopback interface) and
/// those of which nothing is known are left out.
pub(super) fn neighbours(
    messages: &[RouteNetlinkMessage],
    family: Family,
    names: &HashMap<u32, String>,
) -> Result<Vec<Neighbour>, String> {
    let mut found = Vec::new();
    for message in messages {
        let RouteNetlinkMessage::NewNeighbour(message) = message else {
            continue;
        };
        let state = NeighbourState::from_number(message.header.state.into());
        if message.header.family == number(family)
            && !matches!(state, NeighbourState::NoArp | NeighbourState::None)
        {
            found.push(neighbour(message, state, names)?);
        }
    }
    Ok(found)
}

fn neighbour(
    message: &NeighbourMessage,
    state: NeighbourState,
    names: &HashMap<u32, String>,
) -> Result<Neighbour, String> {
    let mut address = None;
    let mut mac = None;
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(ip)) => {
                address = Some(IpAddr::V4(*ip));
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(ip)) => {
                address = Some(IpAddr::V6(*ip));
            }
            NeighbourAttribute::LinkLayerAddress(bytes) => mac = link::mac(bytes),
            _ => {}
        }
    }
    Ok(Neighbour {
        address: address.ok_or_else(|| lacks("the address of a neighbour"))?,
        device: name_of(names, message.header.ifindex),
        mac,
        state,
        router: message.header.flags.contains(NeighbourFlags::Router),
    })
}
