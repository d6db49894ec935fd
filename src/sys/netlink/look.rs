//! Looking at a namespace: the kernel's listings as plain values.
//!
//! Each function asks for whole listings and picks: a namespace of ours is small, and the kernel filters little by itself. A
//! [`Transport`] looks at the namespace in which it was opened.
//!
//! See [rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html).

mod address;
mod bridge;
mod link;
mod neighbour;
mod route;

use std::collections::{HashMap, HashSet};

use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::transport::Transport;
use crate::error::{Error, Kind, Result};
use crate::view::{Bridge, Interface, InterfaceAddress, Neighbour, RouteTable};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    const BOTH: [Self; 2] = [Self::V4, Self::V6];

    fn number(self) -> AddressFamily {
        match self {
            Self::V4 => AddressFamily::Inet,
            Self::V6 => AddressFamily::Inet6,
        }
    }
}

/// All interfaces with their addresses, by their numbers.
pub(crate) fn interfaces(transport: &mut Transport) -> Result<Vec<Interface>> {
    let what = "list interfaces";
    let links = transport.dump(what, &link::request(true))?;
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
        let listing = transport.dump(what, &address::request(family))?;
        found.extend(address::addresses(&listing, family).map_err(unreadable(what))?);
    }
    Ok(found)
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
    let links = transport.dump(what, &link::request(false))?;
    bridge::bridges(&links).map_err(unreadable(what))
}

/// Which of these interfaces cannot pass packets yet, by one listing without counters. One that does not exist cannot.
pub(crate) fn not_in_service(transport: &mut Transport, indexes: &[u32]) -> Result<Vec<u32>> {
    let links = transport.dump("list interfaces", &link::request(false))?;
    Ok(not_ready(&links, indexes))
}

fn not_ready(links: &[RouteNetlinkMessage], indexes: &[u32]) -> Vec<u32> {
    let ready: HashSet<u32> = link::links(links)
        .filter(|link| link::is_ready(link))
        .map(|link| link.header.index)
        .collect();
    let waiting = indexes.iter().filter(|index| !ready.contains(index));
    waiting.copied().collect()
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
