//! Waits until a new network carries packets.
//!
//! The kernel notices in a worker of its own that a cable has two ends that are up. Until it has, the end that was raised first
//! drops packets and a bridge's port forwards none. It takes up new IPv6 addresses in another worker.

use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::live::{LiveNode, Parts, Unset};
use crate::plan::{Plan, Role};
use crate::settings;
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
    for (node, live) in plan.nodes.iter().zip(nodes) {
        if node.role != Role::Switch {
            wait_for_addresses(plan, live, deadline)?;
        }
    }
    Ok(())
}

/// Waits until neighbours that ask for the node's IPv6 addresses are heard.
fn wait_for_addresses(plan: &Plan, live: &LiveNode, deadline: Instant) -> Result<()> {
    let undetected = |unset: &Unset| unset.sysctl.ends_with("accept_dad");
    let dad = plan.realistic || live.unset.iter().any(undetected);
    let mut waiting = Ok(Vec::new());
    let left = deadline.saturating_duration_since(Instant::now());
    let settled = wait::until(left, || {
        waiting = look::not_reachable(&mut live.netlink(), dad);
        !matches!(&waiting, Ok(addresses) if !addresses.is_empty())
    });
    let waiting = waiting?;
    if settled {
        return Ok(());
    }
    let what = format!("bring the addresses of node `{}` into service", live.name);
    let cause = format!("the kernel did not take up {waiting:?}");
    Err(Error::new(Kind::TimedOut, what, cause))
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
    let watch = |error| {
        let what = format!("watch the links of node `{}`", live.name);
        Error::kernel(what, error)
    };
    netlink.watch_links(true).map_err(watch)?;
    loop {
        let waiting = look::not_in_service(&mut netlink, expected)?;
        if waiting.is_empty() {
            return netlink.watch_links(false).map_err(watch);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !netlink.changed_within(left).map_err(watch)? {
            return Err(not_settled(live, &waiting));
        }
    }
}

/// Waits until an interface that was raised or attached, its far end and their bridges pass packets, as far as they can.
pub(crate) fn wait_around(parts: &Parts, node: usize, index: u32) -> Result<()> {
    let far = parts.plan.cables.iter().find_map(|cable| {
        let [a, b] = &cable.ends;
        let is_it = |end: &&crate::plan::End| end.node == node && end.index == index;
        Some(a)
            .filter(is_it)
            .map(|_| b)
            .or_else(|| Some(b).filter(is_it).map(|_| a))
    });
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for node in std::iter::once(node).chain(far.map(|end| end.node)) {
        let live = &parts.nodes[node];
        let mut waiting = Ok(Vec::new());
        let left = deadline.saturating_duration_since(Instant::now());
        let settled = wait::until(left, || {
            waiting = look::in_between(&mut live.netlink());
            !matches!(&waiting, Ok(links) if !links.is_empty())
        });
        let waiting = waiting?;
        if !settled {
            return Err(not_settled(live, &waiting));
        }
        wait_for_addresses(&parts.plan, live, deadline)?;
    }
    Ok(())
}

fn not_settled(live: &LiveNode, waiting: &[u32]) -> Error {
    let what = format!("bring the links of node `{}` into service", live.name);
    let cause = format!("links {waiting:?} have no carrier or do not forward");
    Error::new(Kind::TimedOut, what, cause)
}
