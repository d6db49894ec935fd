//! The requests that make and change links, addresses and routes, as rtnetlink spells them.
//!
//! See [rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use rtnetlink::packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use rtnetlink::packet_route::link::{BridgeStpState, InfoData, InfoKind, InfoVeth};
use rtnetlink::packet_route::route::{
    RouteAttribute, RouteMessage, RouteNextHop, RouteNextHopFlags, RouteProtocol, RouteScope,
    RouteType,
};
use rtnetlink::{
    AddressMessageBuilder, LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth,
    RouteMessageBuilder,
};

use super::Request;
use super::asked::{BridgeVerb, HopVerb, RouteVerb, RouteVerbKind, VethVerb};
use crate::address::Cidr;
use crate::sys::Descriptor;

/// Of a veth that was not told another one.
const DEFAULT_MTU: u32 = 1500;
const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// Makes a bridge and leaves it down: rtnetlink's builder would raise it.
pub(crate) fn add_bridge(bridge: &BridgeVerb<'_>) -> Request {
    let mut builder = LinkBridge::new(bridge.name)
        .down()
        .index(bridge.index)
        .stp_state(if bridge.stp {
            BridgeStpState::KernelStp
        } else {
            BridgeStpState::Disabled
        });
    if !bridge.snooping {
        builder = builder.mcast_snooping(false);
    }
    if let Some(mac) = bridge.mac {
        builder = builder.address(mac.0.to_vec());
    }
    if let Some(mtu) = bridge.mtu {
        builder = builder.mtu(mtu);
    }
    if let Some(ageing) = bridge.ageing {
        builder = builder.ageing_time(ageing);
    }
    let message = RouteNetlinkMessage::NewLink(builder.build());
    Request::new(format!("create bridge `{}`", bridge.name), message, CREATE)
}

/// Makes a veth pair: one end here, as a port of the bridge `master` if there is one, the other in `peer_namespace`.
///
/// The kernel raises the near end if asked; to raise the far end needs a request of its own (`ENOTCONN` otherwise).
pub(crate) fn add_veth(
    near: &VethVerb<'_>,
    master: Option<u32>,
    up: bool,
    far: &VethVerb<'_>,
    peer_namespace: Option<&Descriptor>,
) -> Request {
    let mut peer = veth_end(LinkMessageBuilder::<LinkUnspec>::new(), far);
    if let Some(namespace) = peer_namespace {
        peer = peer.setns_by_fd(namespace.as_raw_fd());
    }
    let builder = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth);
    let mut builder =
        veth_end(builder, near).set_info_data(InfoData::Veth(InfoVeth::Peer(peer.build())));
    if let Some(master) = master {
        builder = builder.controller(master);
    }
    if up {
        builder = builder.up();
    }
    let what = format!("create veth pair `{}`-`{}`", near.name, far.name);
    Request::new(what, RouteNetlinkMessage::NewLink(builder.build()), CREATE)
}

fn veth_end<T>(builder: LinkMessageBuilder<T>, end: &VethVerb<'_>) -> LinkMessageBuilder<T> {
    let builder = builder
        .name(end.name)
        .index(end.index)
        .address(end.mac.0.to_vec());
    match end.mtu {
        Some(mtu) => builder.mtu(mtu),
        None => builder,
    }
}

/// Raises or lowers a link.
pub(crate) fn set_up(name: &str, index: u32, up: bool) -> Request {
    let builder = LinkUnspec::new_with_index(index);
    let (verb, builder) = if up {
        ("raise", builder.up())
    } else {
        ("lower", builder.down())
    };
    Request::new(
        format!("{verb} link `{name}`"),
        RouteNetlinkMessage::SetLink(builder.build()),
        0,
    )
}

/// Carries a link into another namespace. It keeps its number there if nobody else has it, its name, and whatever it is joined to.
pub(crate) fn carry(name: &str, index: u32, to: &Descriptor) -> Request {
    let message = LinkUnspec::new_with_index(index)
        .setns_by_fd(to.as_raw_fd())
        .build();
    let what = format!("carry link `{name}` into a new namespace");
    Request::new(what, RouteNetlinkMessage::SetLink(message), 0)
}

/// Gives a link that is down the name and the hardware address that it had when it was made, and its MTU, and makes it a port again.
pub(crate) fn make_as_new(link: &VethVerb<'_>, master: Option<u32>) -> Request {
    let builder = veth_end(LinkUnspec::new_with_index(link.index), link);
    let builder = match link.mtu {
        Some(_) => builder,
        None => builder.mtu(DEFAULT_MTU),
    };
    let builder = match master {
        Some(master) => builder.controller(master),
        None => builder,
    };
    let what = format!("make link `{}` as new", link.name);
    Request::new(what, RouteNetlinkMessage::SetLink(builder.build()), 0)
}

/// Sets the size of the largest packet.
pub(crate) fn set_mtu(name: &str, index: u32, mtu: u32) -> Request {
    let message = LinkUnspec::new_with_index(index).mtu(mtu).build();
    Request::new(
        format!("set the MTU of link `{name}` to {mtu}"),
        RouteNetlinkMessage::SetLink(message),
        0,
    )
}

/// Makes a link a port of a bridge, given by name and index, or of none.
pub(crate) fn set_master(name: &str, index: u32, bridge: Option<(&str, u32)>) -> Request {
    let builder = LinkUnspec::new_with_index(index);
    let (what, builder) = match bridge {
        Some((bridge, master)) => (
            format!("attach link `{name}` to bridge `{bridge}`"),
            builder.controller(master),
        ),
        None => (
            format!("detach link `{name}` from its bridge"),
            builder.nocontroller(),
        ),
    };
    Request::new(what, RouteNetlinkMessage::SetLink(builder.build()), 0)
}

/// Adds an address; `dad` is whether the kernel looks for duplicates first, which takes a second or two.
pub(crate) fn add_address(link: &str, index: u32, address: Cidr, dad: bool) -> Request {
    let mut message = address_message(index, address);
    if !dad && !address.is_ipv4() {
        message
            .attributes
            .push(AddressAttribute::Flags(AddressFlags::Nodad));
    }
    let what = format!("add address `{address}` to link `{link}`");
    Request::new(what, RouteNetlinkMessage::NewAddress(message), CREATE)
}

/// Removes an address.
pub(crate) fn remove_address(link: &str, index: u32, address: Cidr) -> Request {
    let what = format!("remove address `{address}` from link `{link}`");
    Request::new(
        what,
        RouteNetlinkMessage::DelAddress(address_message(index, address)),
        0,
    )
}

fn address_message(index: u32, address: Cidr) -> AddressMessage {
    match address.address() {
        IpAddr::V4(ip) => AddressMessageBuilder::<Ipv4Addr>::new()
            .index(index)
            .address(ip, address.prefix())
            .build(),
        IpAddr::V6(ip) => AddressMessageBuilder::<Ipv6Addr>::new()
            .index(index)
            .address(ip, address.prefix())
            .build(),
    }
}

/// Adds a route; `shown` is the route as a person writes it.
pub(crate) fn add_route(shown: &str, route: &RouteVerb) -> Request {
    Request::new(
        format!("add route `{shown}`"),
        RouteNetlinkMessage::NewRoute(route_message(route)),
        CREATE,
    )
}

/// Removes a route.
pub(crate) fn remove_route(shown: &str, route: &RouteVerb) -> Request {
    let mut message = route_message(route);
    // Whoever made it, and of whatever scope: as `ip route del` asks.
    message.header.protocol = RouteProtocol::Unspec;
    message.header.scope = RouteScope::NoWhere;
    let what = format!("remove route `{shown}`");
    Request::new(what, RouteNetlinkMessage::DelRoute(message), 0)
}

fn route_message(route: &RouteVerb) -> RouteMessage {
    let kind = match route.kind {
        RouteVerbKind::Unicast => RouteType::Unicast,
        RouteVerbKind::Blackhole => RouteType::BlackHole,
        RouteVerbKind::Unreachable => RouteType::Unreachable,
        RouteVerbKind::Prohibit => RouteType::Prohibit,
    };
    // As `ip route` does: a destination that is reached without a gateway is on the link.
    let gateway = route.via.is_some() || !route.next_hops.is_empty();
    let direct = matches!(route.kind, RouteVerbKind::Unicast) && !gateway;
    let scope = if direct && route.destination.is_ipv4() {
        RouteScope::Link
    } else {
        RouteScope::Universe
    };
    let prefix = route.destination.prefix();
    let mut message = match route.destination.address() {
        IpAddr::V4(destination) => {
            let mut builder =
                RouteMessageBuilder::<Ipv4Addr>::new().destination_prefix(destination, prefix);
            if let Some(IpAddr::V4(via)) = route.via {
                builder = builder.gateway(via);
            }
            if let Some(IpAddr::V4(source)) = route.source {
                builder = builder.pref_source(source);
            }
            common(builder, route).kind(kind).scope(scope).build()
        }
        IpAddr::V6(destination) => {
            let mut builder =
                RouteMessageBuilder::<Ipv6Addr>::new().destination_prefix(destination, prefix);
            if let Some(IpAddr::V6(via)) = route.via {
                builder = builder.gateway(via);
            }
            if let Some(IpAddr::V6(source)) = route.source {
                builder = builder.pref_source(source);
            }
            common(builder, route).kind(kind).scope(scope).build()
        }
    };
    message.header.protocol = RouteProtocol::Boot;
    message
}

fn common<T>(mut builder: RouteMessageBuilder<T>, route: &RouteVerb) -> RouteMessageBuilder<T> {
    if let Some(device) = route.device {
        builder = builder.output_interface(device);
    }
    if let Some(metric) = route.metric {
        builder = builder.priority(metric);
    }
    if let Some(table) = route.table {
        builder = builder.table_id(table);
    }
    if !route.next_hops.is_empty() {
        let hops = route
            .next_hops
            .iter()
            .map(|hop| next_hop(hop, route.onlink));
        return builder.multipath(hops.collect());
    }
    if route.onlink {
        builder = builder.onlink();
    }
    builder
}

fn next_hop(hop: &HopVerb, onlink: bool) -> RouteNextHop {
    let mut next = RouteNextHop::default();
    next.interface_index = hop.device.unwrap_or(0);
    // The kernel counts from zero, people from one.
    next.hops = hop.weight.saturating_sub(1).try_into().unwrap_or(u8::MAX);
    next.attributes = vec![RouteAttribute::Gateway(hop.via.into())];
    if onlink {
        next.flags = RouteNextHopFlags::Onlink;
    }
    next
}
