//! Routes out of the kernel's listing.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteMetric, RouteNextHop,
    RouteNextHopFlags, RouteType, RouteVia,
};

use super::{name_of, number};
use crate::address::Cidr;
use crate::address::Family;
use crate::view::{NextHop, Route, RouteKind, RouteOrigin, RoutePreference, RouteTable, Scope};

/// The kernel's times are in hundredths of a second, whatever its own clock.
const TICK: Duration = Duration::from_millis(10);

pub(super) fn request(family: Family) -> RouteNetlinkMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = number(family);
    RouteNetlinkMessage::GetRoute(message)
}

/// The routes of this family in this table, or in all. What the kernel has learnt in passing, such as the path's MTU, is not a
/// route that anybody entered, and is left out.
pub(super) fn routes(
    messages: &[RouteNetlinkMessage],
    family: Family,
    table: Option<u32>,
    names: &HashMap<u32, String>,
) -> Result<RouteTable, String> {
    let mut found = Vec::new();
    for message in messages {
        let RouteNetlinkMessage::NewRoute(message) = message else {
            continue;
        };
        if message.header.address_family != number(family)
            || message.header.flags.contains(RouteFlags::Cloned)
        {
            continue;
        }
        let route = route(message, family, names)?;
        if table.is_none_or(|table| table == route.table) {
            found.push(route);
        }
    }
    Ok(RouteTable(found))
}

/// The destinations of local routes, each with the number of its interface.
pub(super) fn local_ipv6(messages: &[RouteNetlinkMessage]) -> Vec<(u32, Ipv6Addr)> {
    let local = messages.iter().filter_map(|message| match message {
        RouteNetlinkMessage::NewRoute(message) if message.header.kind == RouteType::Local => {
            Some(message)
        }
        _ => None,
    });
    let found = local.filter_map(|message| {
        let attributes = || message.attributes.iter();
        let index = attributes().find_map(|attribute| match attribute {
            RouteAttribute::Oif(index) => Some(*index),
            _ => None,
        });
        let address = attributes().find_map(|attribute| match attribute {
            RouteAttribute::Destination(RouteAddress::Inet6(address)) => Some(*address),
            _ => None,
        });
        index.zip(address)
    });
    found.collect()
}

fn route(
    message: &RouteMessage,
    family: Family,
    names: &HashMap<u32, String>,
) -> Result<Route, String> {
    let header = &message.header;
    let mut destination = Cidr::everything(family == Family::V4).address();
    let mut route = Route {
        kind: RouteKind::from_number(header.kind.into()),
        destination: Cidr::everything(family == Family::V4),
        via: None,
        device: None,
        source: None,
        metric: None,
        protocol: RouteOrigin::from_number(header.protocol.into()),
        scope: Scope::from_number(header.scope.into()),
        table: u32::from(header.table),
        onlink: header.flags.contains(RouteFlags::Onlink),
        dead: header.flags.contains(RouteFlags::Dead),
        linkdown: header.flags.contains(RouteFlags::Linkdown),
        mtu: None,
        expires: None,
        preference: None,
        next_hops: Vec::new(),
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => {
                destination = ip(address).unwrap_or(destination);
            }
            RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => route.via = via(attribute),
            RouteAttribute::Oif(index) => route.device = Some(name_of(names, *index)),
            RouteAttribute::PrefSource(address) => route.source = ip(address),
            RouteAttribute::Priority(metric) => route.metric = Some(*metric),
            // The header has room for the first 255 tables only.
            RouteAttribute::Table(number) => route.table = *number,
            RouteAttribute::Metrics(metrics) => route.mtu = mtu(metrics),
            RouteAttribute::CacheInfo(times) => route.expires = expires(times.expires),
            RouteAttribute::Preference(number) => {
                route.preference = Some(RoutePreference::from_number((*number).into()));
            }
            RouteAttribute::MultiPath(hops) => {
                route.next_hops = hops.iter().map(|hop| next_hop(hop, names)).collect();
            }
            _ => {}
        }
    }
    route.destination = Cidr::new(destination, header.destination_prefix_length)
        .map_err(|error| error.to_string())?;
    Ok(route)
}

fn next_hop(hop: &RouteNextHop, names: &HashMap<u32, String>) -> NextHop {
    NextHop {
        via: hop.attributes.iter().find_map(via),
        device: (hop.interface_index != 0).then(|| name_of(names, hop.interface_index)),
        // The kernel counts from zero, people from one.
        weight: u16::from(hop.hops) + 1,
        onlink: hop.flags.contains(RouteNextHopFlags::Onlink),
        dead: hop.flags.contains(RouteNextHopFlags::Dead),
        linkdown: hop.flags.contains(RouteNextHopFlags::Linkdown),
    }
}

/// The next router, also one of the other family.
pub(super) fn via(attribute: &RouteAttribute) -> Option<IpAddr> {
    match attribute {
        RouteAttribute::Gateway(address) => ip(address),
        RouteAttribute::Via(RouteVia::Inet(address)) => Some(IpAddr::V4(*address)),
        RouteAttribute::Via(RouteVia::Inet6(address)) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

pub(super) fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

fn mtu(metrics: &[RouteMetric]) -> Option<u32> {
    metrics.iter().find_map(|metric| match metric {
        RouteMetric::Mtu(mtu) => Some(*mtu),
        _ => None,
    })
}

/// Zero is for ever; the number is signed, and negative once the time is over.
fn expires(ticks: u32) -> Option<Duration> {
    match ticks as i32 {
        0 => None,
        ticks => Some(TICK * u32::try_from(ticks).unwrap_or(0)),
    }
}
