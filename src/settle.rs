//! Waits until a new network carries packets.
//!
//! The kernel does three things in workers of its own, some of which wait for the machine's global lock:
//! - It notices that a cable has two ends that are up. Until then, the end that was raised first drops packets, and a bridge's port
//!   forwards none.
//! - It makes the local route of an IPv6 address, without duplicate address detection, too. Until then, the host sends packets from
//!   that address and drops the answers.
//! - It gives an interface its link-local address, once it has noticed that the cable carries.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use crate::address::Cidr;
use crate::error::{Error, Kind, Result};
use crate::live::LiveNode;
use crate::plan::Plan;
use crate::settings;
use crate::sys::netlink::{self, Changes, Transport, look};
use crate::sys::sysctl;

/// The kernel takes less than a millisecond, on a loaded machine some tens.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for every end that was raised before its far end, for the bridges behind them, and for IPv6 addresses.
pub(crate) fn wait(plan: &Plan, nodes: &[LiveNode]) -> Result<()> {
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for (position, live) in nodes.iter().enumerate() {
        wait_for_links(live, &links(plan, position), deadline)?;
    }
    if !plan.cables.is_empty() {
        // A link's state is shown a moment before the kernel has finished. It holds its global lock meanwhile, which every change
        // takes, also one that changes nothing.
        nodes[0]
            .netlink()
            .execute(vec![netlink::set_up("lo", 1, true)])?;
    }
    // With the kernel's own defaults an address is tentative for seconds, and meant to be.
    if !plan.realistic {
        for (position, live) in nodes.iter().enumerate() {
            wait_for_addresses(live, own_addresses(plan, position), deadline)?;
        }
    }
    Ok(())
}

/// The interfaces of a node that come into service after they were raised. With a spanning tree that takes half a minute by design.
fn links(plan: &Plan, node: usize) -> Vec<u32> {
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

fn wait_for_links(live: &LiveNode, expected: &[u32], deadline: Instant) -> Result<()> {
    if expected.is_empty() {
        return Ok(());
    }
    let what = format!("bring the links of node `{}` into service", live.name);
    wait_for(live, Changes::Links, &what, deadline, |netlink| {
        let waiting = look::not_in_service(netlink, expected)?;
        Ok((!waiting.is_empty())
            .then(|| format!("links {waiting:?} have no carrier or do not forward")))
    })
}

/// An IPv6 address that an interface is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Own {
    index: u32,
    /// `None` is the link-local one, which the kernel chooses.
    address: Option<Ipv6Addr>,
}

impl Own {
    fn is(self, index: u32, address: Ipv6Addr) -> bool {
        let matches = match self.address {
            Some(own) => own == address,
            None => address.is_unicast_link_local(),
        };
        self.index == index && matches
    }
}

/// The IPv6 addresses of a node: those of the plan, and the link-local ones of the interfaces that have some and carry.
fn own_addresses(plan: &Plan, node: usize) -> Vec<Own> {
    let carrying = links(plan, node);
    let bridges = plan.nodes[node].bridges.iter().map(|bridge| {
        let carries = carrying.contains(&bridge.index);
        (bridge.index, bridge.addresses.as_slice(), carries)
    });
    let ends = plan
        .ends(node)
        .filter(|end| end.bridge.is_none())
        .map(|end| (end.index, end.addresses.as_slice(), true));
    let of_interface = |(index, addresses, carries): (u32, &[Cidr], bool)| {
        let planned = addresses.iter().filter_map(|it| match it.address() {
            std::net::IpAddr::V6(address) => Some(address),
            std::net::IpAddr::V4(_) => None,
        });
        let mut own: Vec<Own> = planned
            .map(|address| Own {
                index,
                address: Some(address),
            })
            .collect();
        if carries && !own.is_empty() {
            own.push(Own {
                index,
                address: None,
            });
        }
        own
    };
    bridges.chain(ends).flat_map(of_interface).collect()
}

fn wait_for_addresses(live: &LiveNode, mut expected: Vec<Own>, deadline: Instant) -> Result<()> {
    if missing(&mut live.netlink(), &expected)?.is_empty() {
        return Ok(());
    }
    if !makes_link_locals(live)? {
        expected.retain(|own| own.address.is_some());
    }
    let what = format!(
        "bring the IPv6 addresses of node `{}` into service",
        live.name
    );
    wait_for(live, Changes::Ipv6Routes, &what, deadline, |netlink| {
        let missing = missing(netlink, &expected)?;
        Ok(missing.first().map(|own| match own.address {
            Some(address) => format!("{address} receives nothing yet"),
            None => format!("link {} has no link-local address yet", own.index),
        }))
    })
}

fn missing(netlink: &mut Transport, expected: &[Own]) -> Result<Vec<Own>> {
    if expected.is_empty() {
        return Ok(Vec::new());
    }
    let found = look::receiving_ipv6(netlink)?;
    let is_missing = |own: &&Own| {
        !found
            .iter()
            .any(|(index, address)| own.is(*index, *address))
    };
    Ok(expected.iter().filter(is_missing).copied().collect())
}

/// Whether the kernel makes link-local addresses here, and lets them be used at once. Moves the calling thread.
fn makes_link_locals(live: &LiveNode) -> Result<bool> {
    const NONE: &str = "1";
    let tentative = live
        .unset
        .iter()
        .any(|unset| unset.sysctl.ends_with("/accept_dad"));
    live.enter()?;
    let mode = sysctl::read("net/ipv6/conf/default/addr_gen_mode");
    Ok(!tentative && mode.is_ok_and(|mode| mode != NONE))
}

/// Waits until there is nothing to wait for, which `waiting` says in words.
fn wait_for(
    live: &LiveNode,
    changes: Changes,
    what: &str,
    deadline: Instant,
    mut waiting: impl FnMut(&mut Transport) -> Result<Option<String>>,
) -> Result<()> {
    let mut netlink = live.netlink();
    if waiting(&mut netlink)?.is_none() {
        return Ok(());
    }
    let watch = |error| Error::kernel(what, error);
    netlink.watch(changes, true).map_err(watch)?;
    loop {
        let Some(cause) = waiting(&mut netlink)? else {
            return netlink.watch(changes, false).map_err(watch);
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !netlink.changed_within(left).map_err(watch)? {
            return Err(Error::new(Kind::TimedOut, what, cause));
        }
    }
}
