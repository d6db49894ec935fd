//! Nodes that do not hear others: a table in each, where packets arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Grudge;
use crate::address::{Cidr, Mac};
use crate::error::{Error, Kind, Result};
use crate::host::{Host, quietly};
use crate::live::Parts;
use crate::network::Network;
use crate::nft::{Layer, Table};
use crate::plan::firewall;
use crate::sys::nft::Change;
use crate::trouble::Trouble;

/// Of a process: tables of one network never share a name.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Keeps nodes apart; `what` is how people know it.
pub(super) fn keep<'net>(
    net: &'net Network,
    grudge: &Grudge,
    what: String,
) -> Result<Trouble<'net>> {
    let name = format!("partition{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let parts = net.parts();
    // Who restarts meanwhile would come back without it.
    let _turn = parts.turn();
    // All are asked for their addresses before anything is changed.
    let tables = tables(net, grudge, &name)?;
    let mut changed = Vec::new();
    for (host, table) in tables {
        let what = format!("block what comes to node `{}`", host.name());
        if let Err(error) = host.commit(&what, &[Change::Install(&table)], &table) {
            quietly(|| remove(parts, &changed, &name));
            return Err(error);
        }
        parts.imposed.add(host.node(), table);
        changed.push(host.node());
    }
    Ok(Trouble::begun(parts, what, move |parts| {
        join(parts, &changed, &name)
    }))
}

/// Takes the tables out again, and no node comes back meanwhile.
fn join(parts: &Arc<Parts>, nodes: &[usize], table: &str) -> Result<()> {
    let _turn = parts.turn();
    remove(parts, nodes, table)
}

/// All nodes are tried, whatever becomes of the first.
fn remove(parts: &Arc<Parts>, nodes: &[usize], table: &str) -> Result<()> {
    let table = Table::new(Layer::Inet, table);
    let joined = nodes.iter().map(|node| {
        let host = Host::new(parts, *node);
        parts.imposed.remove(*node, &table.name);
        let what = format!("let packets come to node `{}` again", host.name());
        let change = Change::Remove(table.layer, &table.name);
        host.commit(&what, &[change], &table).map(drop)
    });
    let joined: Vec<Result<()>> = joined.collect();
    joined.into_iter().collect()
}

/// What one network is not to hear.
#[derive(Default)]
struct Unheard<'g> {
    speakers: Vec<&'g str>,
    addresses: BTreeSet<IpAddr>,
}

/// A table for each network that does not hear somebody.
fn tables<'net>(
    net: &'net Network,
    grudge: &Grudge,
    name: &str,
) -> Result<Vec<(Host<'net>, Table)>> {
    let plan = &net.parts().plan;
    let mut known: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    let mut unheard: BTreeMap<usize, Unheard<'_>> = BTreeMap::new();
    for (hearer, speaker) in grudge.pairs() {
        let (to, from) = (net.find_host(hearer)?, net.find_host(speaker)?);
        not_one(to, from)?;
        if !known.contains_key(speaker) {
            known.insert(speaker, addresses(from)?);
        }
        let table = unheard.entry(plan.namespace_of(to.node())).or_default();
        table.addresses.extend(&known[speaker]);
        if !table.speakers.contains(&speaker) {
            table.speakers.push(speaker);
        }
    }
    if unheard.is_empty() {
        return Err(nobody());
    }
    let tables = unheard.into_iter().map(|(node, unheard)| {
        let addresses: Vec<IpAddr> = unheard.addresses.into_iter().collect();
        let table = firewall::block(name, &unheard.speakers, &addresses);
        (Host::new(net.parts(), node), table)
    });
    Ok(tables.collect())
}

fn nobody() -> Error {
    let cause = "everybody would go on hearing everybody";
    Error::new(Kind::Invalid, "keep nodes apart", cause)
        .help("name a node on each side; halves need two nodes, a ring of majorities three")
}

fn not_one(to: Host<'_>, from: Host<'_>) -> Result<()> {
    let what = || format!("block `{}` from `{}`", to.name(), from.name());
    if to.node() == from.node() {
        return Err(Error::new(Kind::Invalid, what(), "it is on both sides")
            .help("name each node on one side only"));
    }
    if to.live().namespace == from.live().namespace {
        return Err(Error::new(Kind::Invalid, what(), "they are one network")
            .help("name two nodes, each with a network of its own"));
    }
    Ok(())
}

/// The addresses from which a node sends to others now; of one that has crashed, also those with which it comes back.
pub(super) fn sending(host: Host<'_>) -> Result<BTreeSet<IpAddr>> {
    let interfaces = host.interfaces()?;
    let addresses = interfaces.iter().flat_map(|it| &it.addresses);
    let mut all: BTreeSet<IpAddr> = addresses.map(|it| it.address.address()).collect();
    if host.is_crashed() {
        // An interface that is down has lost its addresses of IPv6.
        let plan = &host.parts().plan;
        let planned = plan.addresses(plan.namespace_of(host.node()));
        all.extend(planned.map(Cidr::address));
        let made = interfaces
            .iter()
            .filter_map(|it| it.mac.map(Mac::link_local));
        all.extend(made.map(IpAddr::from));
    }
    all.retain(|it| !it.is_loopback());
    Ok(all)
}

fn addresses(host: Host<'_>) -> Result<BTreeSet<IpAddr>> {
    let addresses = sending(host)?;
    if addresses.is_empty() {
        let what = format!("block what node `{}` sends", host.name());
        return Err(Error::new(Kind::Invalid, what, "it has no address")
            .help("give it one first: a block is about the addresses that a node has"));
    }
    Ok(addresses)
}
