//! Looking at a namespace: the kernel's listings as plain values.
//!
//! Each function asks for whole listings and picks: a namespace of ours is small, and the kernel filters little by itself. A
//! [`Transport`] looks at the namespace in which it was opened.
//!
//! See [rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html).

mod address;
mod bridge;
mod link;
pub(super) mod neighbour;
mod route;
mod rule;
mod way;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};

use rtnetlink::packet_route::link::LinkMessage;
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::asked::{Lookup, Way};
use super::transport::{Request, Transport};
use crate::address::Family;
use crate::error::{Error, Kind, Result};
use crate::view::{Bridge, Interface, InterfaceAddress, Neighbour, PolicyRules, RouteTable};

/// The kernel's number for a family.
fn number(family: Family) -> AddressFamily {
    match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    }
}

/// All interfaces with their addresses, by their numbers.
pub(crate) fn interfaces(transport: &mut Transport) -> Result<Vec<Interface>> {
    let what = "list interfaces";
    let links = links(transport, what, true)?;
    let mut interfaces = link::interfaces(&links).map_err(unreadable(what))?;
    for (index, address) in listed_addresses(transport, what)? {
        // An interface that came in between has no place here.
        if let Some(interface) = interfaces.iter_mut().find(|i| i.index == index) {
            interface.addresses.push(address);
        }
    }
    Ok(interfaces)
}

/// All addresses, each with the number of its interface; IPv4 first.
pub(crate) fn addresses(transport: &mut Transport) -> Result<Vec<(u32, InterfaceAddress)>> {
    listed_addresses(transport, "list addresses")
}

fn listed_addresses(transport: &mut Transport, what: &str) -> Result<Vec<(u32, InterfaceAddress)>> {
    let mut found = Vec::new();
    for family in Family::BOTH {
        found.extend(addresses_of(transport, family, what)?);
    }
    Ok(found)
}

fn addresses_of(
    transport: &mut Transport,
    family: Family,
    what: &str,
) -> Result<Vec<(u32, InterfaceAddress)>> {
    let listing = transport.dump(what, &address::request(family))?;
    address::addresses(&listing, family).map_err(unreadable(what))
}

/// The IPv6 addresses that the kernel has not taken up yet.
pub(crate) fn tentative(transport: &mut Transport) -> Result<Vec<IpAddr>> {
    let addresses = addresses_of(transport, Family::V6, "list addresses")?;
    let tentative = addresses.iter().filter(|(_, it)| it.flags.tentative());
    Ok(tentative.map(|(_, it)| it.address.address()).collect())
}

/// The routes of one table, usually [`MAIN_TABLE`](crate::view::MAIN_TABLE); `None` is for all tables.
pub(crate) fn routes(
    transport: &mut Transport,
    family: Family,
    table: Option<u32>,
) -> Result<RouteTable> {
    let what = "list routes";
    let names = names(transport, what)?;
    let listing = transport.dump(what, &route::request(family))?;
    route::routes(&listing, family, table, &names).map_err(unreadable(what))
}

/// The policy rules of this family, as `ip rule` lists them.
pub(crate) fn rules(transport: &mut Transport, family: Family) -> Result<PolicyRules> {
    let what = "list policy rules";
    let listing = transport.dump(what, &rule::request(family))?;
    rule::rules(&listing, family).map_err(unreadable(what))
}

/// What the kernel would do with a packet, policy rules and all: what `ip route get` tells.
pub(crate) fn way(transport: &mut Transport, lookup: &Lookup) -> Result<Way> {
    let what = format!("look up the route to {}", lookup.to);
    let mut answers = Vec::new();
    let request = Request::new(what.as_str(), way::request(lookup), 0);
    match transport.ask(vec![request], &mut answers) {
        Ok(()) => way::way(&answers).ok_or_else(|| unreadable(&what)(lacks("a route's interface"))),
        Err(error) => match error.raw_os_error().and_then(way::refused) {
            Some(refused) => Ok(refused),
            None => Err(error),
        },
    }
}

/// The neighbours that this namespace knows or has asked for, as `ip neigh` lists them.
pub(crate) fn neighbours(transport: &mut Transport) -> Result<Vec<Neighbour>> {
    let what = "list neighbours";
    let names = names(transport, what)?;
    let mut found = Vec::new();
    for family in Family::BOTH {
        let listing = transport.dump(what, &neighbour::request(family))?;
        found.extend(neighbour::neighbours(&listing, family, &names).map_err(unreadable(what))?);
    }
    Ok(found)
}

/// All bridges with their ports, by their numbers.
pub(crate) fn bridges(transport: &mut Transport) -> Result<Vec<Bridge>> {
    let what = "list bridges";
    let links = links(transport, what, false)?;
    bridge::bridges(&links).map_err(unreadable(what))
}

/// Which of these interfaces are not in operation yet, whether or not they are ports of a bridge that forwards. One that does not
/// exist is not.
pub(crate) fn not_in_service(transport: &mut Transport, indexes: &[u32]) -> Result<Vec<u32>> {
    let what = "list interfaces";
    let wrong = |indexes: &[u32], links: &[_]| without(indexes, links, bridge::is_in_operation);
    // Of many, most have been put into operation by the time that the last one was raised.
    let behind = if indexes.len() > ASKED {
        wrong(indexes, &transport.dump(what, &link::request(false))?)
    } else {
        indexes.to_vec()
    };
    Ok(wrong(&behind, &conclude(transport, what, &behind)))
}

/// Which interfaces are up, have a carrier and cannot pass packets yet.
pub(crate) fn in_between(transport: &mut Transport) -> Result<Vec<u32>> {
    let links = links(transport, "list interfaces", false)?;
    Ok(without(
        &bridge::to_be_ready(&links),
        &links,
        bridge::is_ready,
    ))
}

/// Which IPv6 addresses of interfaces with a carrier take no packets in yet; those under duplicate address detection are passed over
/// if `dad` says that it runs.
pub(crate) fn not_reachable(transport: &mut Transport, dad: bool) -> Result<Vec<Ipv6Addr>> {
    let what = "list addresses";
    // In this order: looking at the links may be what makes the kernel add an address.
    let with_carrier = bridge::with_carrier(&links(transport, what, false)?);
    let addresses = addresses_of(transport, Family::V6, what)?;
    let receiving = receiving_ipv6(transport)?;
    let waiting = addresses
        .into_iter()
        .filter_map(|(index, it)| match it.address.address() {
            IpAddr::V6(own) if with_carrier.contains(&index) && !it.flags.dad_failed() => {
                let passed_over = dad && it.flags.tentative();
                let waits = it.flags.tentative() || !receiving.contains(&(index, own));
                (waits && !passed_over).then_some(own)
            }
            _ => None,
        });
    Ok(waiting.collect())
}

/// The IPv6 addresses at which this namespace takes packets in, each with the number of its interface.
///
/// They are those of the local table. An address that was added is listed as one at once, but the kernel makes its route, without
/// which it drops what is sent there, in a worker of its own.
pub(crate) fn receiving_ipv6(transport: &mut Transport) -> Result<Vec<(u32, Ipv6Addr)>> {
    let listing = transport.dump("list local routes", &route::request(Family::V6))?;
    Ok(route::local_ipv6(&listing))
}

/// Those of the interfaces that are not as they should be.
fn without(
    indexes: &[u32],
    links: &[RouteNetlinkMessage],
    is_right: impl Fn(&LinkMessage) -> bool,
) -> Vec<u32> {
    let right: HashSet<u32> = link::links(links)
        .filter(|link| is_right(link))
        .map(|link| link.header.index)
        .collect();
    let wrong = indexes.iter().filter(|index| !right.contains(index));
    wrong.copied().collect()
}

/// Links asked for by one batch: their answers fit the socket's receive buffer.
const ASKED: usize = 16;

/// All links, after the kernel has drawn its conclusions.
///
/// A link that got or lost its carrier is put into or out of operation by a worker of the kernel, later. Until then it has a
/// carrier and loses what it should send. But who asks for one link, and not for all, has that link's conclusions drawn at once
/// (`rtnl_getlink`, since Linux 6.8 and in the stable releases of that time).
fn links(
    transport: &mut Transport,
    what: &str,
    counters: bool,
) -> Result<Vec<RouteNetlinkMessage>> {
    let request = link::request(counters);
    let links = transport.dump(what, &request)?;
    let behind = bridge::behind(&links);
    if behind.is_empty() {
        return Ok(links);
    }
    conclude(transport, what, &behind);
    transport.dump(what, &request)
}

/// Has the kernel draw its conclusions about these links, by asking for each. Returns them as they are then.
fn conclude(transport: &mut Transport, what: &str, indexes: &[u32]) -> Vec<RouteNetlinkMessage> {
    let mut links = Vec::with_capacity(indexes.len());
    for batch in indexes.chunks(ASKED) {
        let requests = batch
            .iter()
            .map(|index| Request::new(what, link::request_one(*index), 0));
        // One that is gone by now is missed by nobody.
        drop(transport.ask(requests.collect(), &mut links));
    }
    links
}

/// The names of all interfaces.
fn names(transport: &mut Transport, what: &str) -> Result<HashMap<u32, String>> {
    let links = transport.dump(what, &link::request(false))?;
    link::names(&links).map_err(unreadable(what))
}

/// The name of an interface; one that is gone, or in another namespace, has the name that `ip` gives it.
fn name_of(names: &HashMap<u32, String>, index: u32) -> String {
    match names.get(&index) {
        Some(name) => name.clone(),
        None => format!("if{index}"),
    }
}

fn unreadable(what: &str) -> impl Fn(String) -> Error {
    move |cause| Error::new(Kind::Kernel, what, cause)
}

/// An answer that lacks what every such answer has.
fn lacks(part: &str) -> String {
    format!("the kernel's answer lacks {part}")
}

#[cfg(test)]
mod tests;
