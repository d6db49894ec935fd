//! What the kernel would do with a packet, as `ip route get` asks.

use std::net::IpAddr;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteType};

use super::{number, route};
use crate::address::Family;
use crate::sys::netlink::asked::{Lookup, Way};

pub(super) fn request(lookup: &Lookup) -> RouteNetlinkMessage {
    let (family, bits) = if lookup.to.is_ipv4() {
        (Family::V4, 32)
    } else {
        (Family::V6, 128)
    };
    let mut message = RouteMessage::default();
    message.header.address_family = number(family);
    message.header.destination_prefix_length = bits;
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Destination(address(lookup.to)));
    if let Some(from) = lookup.from {
        message.header.source_prefix_length = bits;
        attributes.push(RouteAttribute::Source(address(from)));
    }
    if let Some(index) = lookup.through {
        attributes.push(RouteAttribute::Iif(index));
    }
    RouteNetlinkMessage::GetRoute(message)
}

fn address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}

/// The kernel refuses to name a route where it would refuse to send.
pub(super) fn refused(errno: i32) -> Option<Way> {
    match errno {
        libc::ENETUNREACH => Some(Way::NoRoute),
        libc::EHOSTUNREACH => Some(Way::Unreachable),
        libc::EINVAL => Some(Way::Blackhole),
        libc::EACCES => Some(Way::Prohibited),
        libc::EXDEV => Some(Way::ReverseFilter),
        _ => None,
    }
}

pub(super) fn way(messages: &[RouteNetlinkMessage]) -> Option<Way> {
    let message = messages.iter().find_map(|message| match message {
        RouteNetlinkMessage::NewRoute(message) => Some(message),
        _ => None,
    })?;
    match message.header.kind {
        RouteType::Local | RouteType::Broadcast | RouteType::Anycast | RouteType::Multicast => {
            return Some(Way::Local);
        }
        RouteType::BlackHole => return Some(Way::Blackhole),
        RouteType::Unreachable => return Some(Way::Unreachable),
        RouteType::Prohibit => return Some(Way::Prohibited),
        _ => {}
    }
    let attributes = || message.attributes.iter();
    let device = attributes().find_map(|attribute| match attribute {
        RouteAttribute::Oif(index) => Some(*index),
        _ => None,
    })?;
    let source = attributes().find_map(|attribute| match attribute {
        RouteAttribute::PrefSource(address) => route::ip(address),
        _ => None,
    });
    Some(Way::Out {
        device,
        via: attributes().find_map(route::via),
        source,
    })
}
