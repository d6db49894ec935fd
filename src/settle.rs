//! Waits until a new network carries packets.
//!
//! The kernel notices in a worker of its own that a cable has two ends that are up. Until it has, the end that was raised first
//! drops packets and a bridge's port forwards none.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::live::LiveNode;
use crate::plan::Plan;
use crate::settings;
use crate::sys::multicast;
use crate::sys::netlink::look;
use crate::wait;

/// The kernel takes less than a millisecond, on a loaded machine some tens.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for every end that was raised before its far end, and for the bridges behind them.
pub(crate) fn wait(plan: &Plan, nodes: &[LiveNode]) -> Result<()> {
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for (position, live) in nodes.iter().enumerate() {
        let expected = expected(plan, position);
        if !expected.is_empty() {
            wait_for(live, &expected, deadline)?;
        }
    }
    Ok(())
}

/// Waits until neighbours can ask for every IPv6 address of the plan.
///
/// The kernel joins an address's group in a worker of its own, after the request that added the address. Until it has, questions
/// for the address are dropped, and the neighbour asks again only after a second.
pub(crate) fn wait_for_ipv6(plan: &Plan, nodes: &[LiveNode]) -> Result<()> {
    for (position, live) in nodes.iter().enumerate() {
        let mut groups = groups(plan, position);
        if groups.is_empty() {
            continue;
        }
        live.enter()?;
        let all_joined = || {
            match multicast::joined() {
                Some(joined) => groups.retain(|group| !joined.contains(group)),
                // What this system does not tell cannot be waited for.
                None => groups.clear(),
            }
            groups.is_empty()
        };
        if !wait::until(settings::scaled(LIMIT), all_joined) {
            let groups: Vec<String> = groups.iter().map(|(_, it)| it.to_string()).collect();
            let what = format!(
                "bring the IPv6 addresses of node `{}` into service",
                live.name
            );
            let cause = format!("groups {} are not joined", groups.join(", "));
            return Err(Error::new(Kind::TimedOut, what, cause));
        }
    }
    Ok(())
}

/// The groups that a node's IPv6 addresses bring along, with the interfaces' numbers.
fn groups(plan: &Plan, node: usize) -> Vec<(u32, Ipv6Addr)> {
    let bridges = plan.nodes[node].bridges.iter();
    let bridges = bridges.map(|bridge| (bridge.index, &bridge.addresses));
    let ends = plan.ends(node).map(|end| (end.index, &end.addresses));
    let addresses = bridges.chain(ends).flat_map(|(index, addresses)| {
        let addresses = addresses.iter();
        addresses.map(move |address| (index, address.address()))
    });
    let groups = addresses.filter_map(|(index, address)| match address {
        IpAddr::V6(address) => Some((index, multicast::solicited(address))),
        IpAddr::V4(_) => None,
    });
    groups.collect()
}

/// The interfaces of a node that come into service after they were raised. With a spanning tree that takes half a minute by design.
fn expected(plan: &Plan, node: usize) -> Vec<u32> {
    let bridges = &plan.nodes[node].bridges;
    let near = plan
        .cables
        .iter()
        .map(|cable| &cable.ends[0])
        .filter(|end| end.node == node);
    let near: Vec<_> = near
        .filter(|end| !end.bridge.is_some_and(|bridge| bridges[bridge].stp))
        .collect();
    let used = bridges
        .iter()
        .enumerate()
        .filter(|(position, _)| near.iter().any(|end| end.bridge == Some(*position)));
    near.iter()
        .map(|end| end.index)
        .chain(used.map(|(_, bridge)| bridge.index))
        .collect()
}

fn wait_for(live: &LiveNode, expected: &[u32], deadline: Instant) -> Result<()> {
    let mut netlink = live.netlink();
    if look::not_in_service(&mut netlink, expected)?.is_empty() {
        return Ok(());
    }
    let what = format!("bring the links of node `{}` into service", live.name);
    let watch = |error| Error::kernel(what.as_str(), error);
    netlink.watch_links(true).map_err(watch)?;
    loop {
        let waiting = look::not_in_service(&mut netlink, expected)?;
        if waiting.is_empty() {
            return netlink.watch_links(false).map_err(watch);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !netlink.changed_within(left).map_err(watch)? {
            let cause = format!("links {waiting:?} have no carrier or do not forward");
            return Err(Error::new(Kind::TimedOut, what, cause));
        }
    }
}
