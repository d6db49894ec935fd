//! The addresses of interfaces out of the kernel's listing.

use std::net::IpAddr;
use std::time::Duration;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};

use super::{lacks, number};
use crate::address::Cidr;
use crate::address::Family;
use crate::view::{AddressFlags, AddressOrigin, InterfaceAddress, Scope};

/// The kernel's number for a lifetime without end.
const FOREVER: u32 = u32::MAX;

pub(super) fn request(family: Family) -> RouteNetlinkMessage {
    let mut message = AddressMessage::default();
    message.header.family = number(family);
    RouteNetlinkMessage::GetAddress(message)
}

/// The addresses of this family: a kernel without IPv6 answers with all families that it has.
pub(super) fn addresses(
    messages: &[RouteNetlinkMessage],
    family: Family,
) -> Result<Vec<(u32, InterfaceAddress)>, String> {
    let mut found = Vec::new();
    for message in messages {
        match message {
            RouteNetlinkMessage::NewAddress(message) if message.header.family == number(family) => {
                found.push((message.header.index, address(message)?));
            }
            _ => {}
        }
    }
    Ok(found)
}

fn address(message: &AddressMessage) -> Result<InterfaceAddress, String> {
    let header = &message.header;
    let mut own = None;
    let mut far = None;
    let mut flags = u32::from(header.flags.bits());
    let mut broadcast = None;
    let mut label = None;
    let mut metric = None;
    let mut origin = None;
    let mut lifetimes = (FOREVER, FOREVER);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => own = Some(*address),
            AddressAttribute::Address(address) => far = Some(*address),
            // All 32 bits of what the header has room for eight of.
            AddressAttribute::Flags(all) => flags = all.bits(),
            AddressAttribute::Broadcast(address) => broadcast = Some(*address),
            AddressAttribute::Label(text) => label = Some(text.clone()),
            AddressAttribute::RoutePriority(number) => metric = Some(*number),
            AddressAttribute::Protocol(number) => {
                origin = Some(AddressOrigin::from_number((*number).into()));
            }
            AddressAttribute::CacheInfo(times) => {
                lifetimes = (times.ifa_valid, times.ifa_preferred);
            }
            _ => {}
        }
    }
    // Only with a point-to-point address are there two: the own one, and the other end's.
    let (own, peer): (IpAddr, _) = match (own, far) {
        (Some(own), far) => (own, far.filter(|far| *far != own)),
        (None, Some(own)) => (own, None),
        (None, None) => return Err(lacks("the address of an interface")),
    };
    let duration = |seconds| (seconds != FOREVER).then(|| Duration::from_secs(u64::from(seconds)));
    Ok(InterfaceAddress {
        address: Cidr::new(own, header.prefix_len).map_err(|e| e.to_string())?,
        peer,
        broadcast,
        scope: Scope::from_number(header.scope.into()),
        flags: AddressFlags::from_bits(flags),
        label,
        metric: metric.filter(|metric| *metric != 0),
        origin,
        valid: duration(lifetimes.0),
        preferred: duration(lifetimes.1),
    })
}
