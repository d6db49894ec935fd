//! Waits until a new network carries packets.
//!
//! The kernel does three things in workers of its own, some of which wait for the machine's global lock:
//! - It notices that a cable has two ends that are up. Until then, the end that was raised first drops packets, and a bridge's port
//!   forwards none.
//! - It makes the local route of an IPv6 address, without duplicate address detection, too. Until then, the host sends packets from
//!   that address and drops the answers.
//! - It gives an interface its link-local address, once it has noticed that the cable carries.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::address::{Cidr, Family};
use crate::error::{Error, Kind, Result};
use crate::live::{LiveNode, Parts};
use crate::plan::{End, Ends, Node, Plan};
use crate::settings;
use crate::sys::netlink::{self, Changes, Transport, look};
use crate::sys::sysctl;

/// The kernel takes less than a millisecond, on a loaded machine some tens.
const LIMIT: Duration = Duration::from_secs(30);

/// Not everything that ends a wait is a change of the kind that is listened to: an interface may lose its carrier meanwhile.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Waits for every end of every cable.
///
/// Their bridges are still down: one that is raised when its ports carry forwards at once.
pub(crate) fn links(nodes: &[&LiveNode], ends: &[Ends<'_>]) -> Result<()> {
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for (live, ends) in nodes
        .iter()
        .zip(ends)
        .filter(|(_, ends)| !ends.all.is_empty())
    {
        let expected: Vec<u32> = ends.all.iter().map(|end| end.index).collect();
        wait_for_service(live, deadline, |netlink| {
            Ok(idle(&look::not_in_service(netlink, &expected)?))
        })?;
    }
    if ends.iter().any(|ends| !ends.all.is_empty()) {
        // A link's state is shown a moment before the kernel has finished. It holds its global lock meanwhile, which every change takes,
        // also one that changes nothing.
        nodes[0]
            .netlink()
            .execute(vec![netlink::set_up("lo", 1, true)])?;
    }
    Ok(())
}

/// Waits for the IPv6 addresses of every node of a network in which they are usable at once.
pub(crate) fn addresses(plan: &Plan, nodes: &[&LiveNode], ends: &[Ends<'_>]) -> Result<()> {
    if plan.only == Some(Family::V4) {
        return Ok(());
    }
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for ((live, node), ends) in nodes.iter().zip(&plan.nodes).zip(ends) {
        let own = own_addresses(node, ends);
        let others = has_others(node, ends, &own);
        wait_for_addresses(live, own, deadline)?;
        if others && !node.role.is_hidden() && has_ipv6(live) {
            wait_until_none_is_tentative(live, !node.bridges.is_empty(), deadline)?;
        }
    }
    Ok(())
}

/// Waits for the addresses that hosts make themselves, once routers have advertised. The default route is there before.
pub(crate) fn autoconfigured(parts: &Parts, nodes: &[usize]) -> Result<()> {
    let plan = &parts.plan;
    // Links that are down hear nobody, and with the kernel's own defaults it takes seconds.
    if plan.bare || plan.realistic {
        return Ok(());
    }
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for &position in nodes {
        let ends = plan.ends(position).filter(|end| end.autoconfigured);
        let own: Vec<Own> = ends.flat_map(made).collect();
        if !own.is_empty() {
            wait_for_addresses(parts.node(position), own, deadline)?;
        }
    }
    Ok(())
}

/// The addresses that an interface makes itself.
fn made(end: &End) -> impl Iterator<Item = Own> + '_ {
    end.addresses.iter().filter_map(|it| match it.address() {
        IpAddr::V6(address) => Some(Own {
            index: end.index,
            address: Some(address),
        }),
        IpAddr::V4(_) => None,
    })
}

fn idle(waiting: &[u32]) -> Option<String> {
    (!waiting.is_empty()).then(|| format!("links {waiting:?} do not pass packets yet"))
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
fn own_addresses(node: &Node, ends: &Ends<'_>) -> Vec<Own> {
    let bridges = node.bridges.iter().enumerate().map(|(position, bridge)| {
        // With a spanning tree it takes half a minute by design until a port forwards.
        let carries = !bridge.stp && ends.near.iter().any(|end| end.bridge == Some(position));
        (bridge.index, bridge.addresses.clone(), carries)
    });
    let ends = ends
        .all
        .iter()
        .filter(|end| end.bridge.is_none())
        .map(|end| (end.index, end.given().collect(), true));
    let of_interface = |(index, addresses, carries): (u32, Vec<Cidr>, bool)| {
        let planned = addresses.iter().filter_map(|it| match it.address() {
            IpAddr::V6(address) => Some(address),
            IpAddr::V4(_) => None,
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

/// Whether an interface may have a link-local address that is not among those.
fn has_others(node: &Node, ends: &Ends<'_>, own: &[Own]) -> bool {
    let bridges = node.bridges.iter().map(|bridge| bridge.index);
    let is_known = |index: u32| {
        own.iter()
            .any(|own| own.index == index && own.address.is_none())
    };
    ends.all
        .iter()
        .map(|end| end.index)
        .chain(bridges)
        .any(|index| !is_known(index))
}

fn wait_for_addresses(live: &LiveNode, mut expected: Vec<Own>, deadline: Instant) -> Result<()> {
    if missing(&mut live.netlink(), &expected)?.is_empty() {
        return Ok(());
    }
    if !makes_link_locals(live)? {
        expected.retain(|own| own.address.is_some());
    }
    wait_for_ipv6(live, deadline, |netlink| {
        let missing = missing(netlink, &expected)?;
        Ok(missing.first().map(|own| match own.address {
            Some(address) => format!("{address} receives nothing yet"),
            None => format!("link {} has no link-local address yet", own.index),
        }))
    })
}

/// Waits for the other link-local addresses, which people see and may use though nobody asked for IPv6.
///
/// The kernel marks them as tentative, even without duplicate address detection, until its worker has taken them up.
///
/// A bridge gets its own when the kernel has noticed its carrier, which asking for it hastens.
fn wait_until_none_is_tentative(live: &LiveNode, bridged: bool, deadline: Instant) -> Result<()> {
    wait_for_ipv6(live, deadline, |netlink| {
        if bridged {
            let waiting = idle(&look::in_between(netlink)?);
            if waiting.is_some() {
                return Ok(waiting);
            }
        }
        let tentative = look::tentative(netlink)?;
        Ok(tentative
            .first()
            .map(|address| format!("{address} is still tentative")))
    })
}

/// Waits until the interfaces of a node have noticed whether they carry.
pub(crate) fn carriers(live: &LiveNode) -> Result<()> {
    let deadline = Instant::now() + settings::scaled(LIMIT);
    wait_for_service(live, deadline, |netlink| {
        Ok(idle(&look::in_between(netlink)?))
    })
}

/// Waits until an interface that was raised or attached, its far end and their bridges pass packets, as far as they can.
pub(crate) fn wait_around(parts: &Parts, node: usize, index: u32) -> Result<()> {
    let far = far_end(&parts.plan, node, index).map(|end| end.node);
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for node in std::iter::once(node).chain(far) {
        let live = parts.node(node);
        wait_for_service(live, deadline, |netlink| {
            Ok(idle(&look::in_between(netlink)?))
        })?;
        if parts.plan.only == Some(Family::V4) {
            continue;
        }
        let detected = parts.plan.realistic || live.detects_duplicates;
        wait_for_ipv6(live, deadline, |netlink| {
            let waiting = look::not_reachable(netlink, detected)?;
            Ok(waiting
                .first()
                .map(|address| format!("{address} receives nothing yet")))
        })?;
    }
    Ok(())
}

/// Waits until the far end of a cable has noticed that this one is down.
pub(crate) fn wait_for_silence(parts: &Parts, node: usize, index: u32) -> Result<()> {
    let Some(far) = far_end(&parts.plan, node, index) else {
        return Ok(());
    };
    let deadline = Instant::now() + settings::scaled(LIMIT);
    wait_for_service(parts.node(far.node), deadline, |netlink| {
        let links = look::interfaces(netlink)?;
        let carries = links
            .iter()
            .any(|it| it.index == far.index && (it.flags.lower_up() || it.flags.running()));
        Ok(carries.then(|| format!("link `{}` has not lost its carrier yet", far.name)))
    })
}

fn far_end(plan: &Plan, node: usize, index: u32) -> Option<&End> {
    let is_it = |end: &End| end.node == node && end.index == index;
    plan.veths().find_map(|pair| match pair {
        [near, far] if is_it(near) => Some(far),
        [near, far] if is_it(far) => Some(near),
        _ => None,
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

/// Whether the kernel makes link-local addresses here. Moves the calling thread.
fn makes_link_locals(live: &LiveNode) -> Result<bool> {
    const NONE: &str = "1";
    live.enter()?;
    let mode = sysctl::read("net/ipv6/conf/default/addr_gen_mode");
    Ok(has_ipv6(live) && mode.is_ok_and(|mode| mode != NONE))
}

/// Whether the kernel has IPv6: whoever has has this parameter, or was given something that serves instead.
fn has_ipv6(live: &LiveNode) -> bool {
    let mut unset = live.unset.iter();
    !unset.any(|unset| unset.sysctl.ends_with("/accept_dad"))
}

/// Waits for links, looking again at each change of one.
fn wait_for_service(
    live: &LiveNode,
    deadline: Instant,
    waiting: impl FnMut(&mut Transport) -> Result<Option<String>>,
) -> Result<()> {
    let what = format!("bring the links of node `{}` into service", live.name);
    wait_for(live, Changes::Links, &what, deadline, waiting)
}

/// Waits for IPv6 addresses, looking again at each change of a route.
fn wait_for_ipv6(
    live: &LiveNode,
    deadline: Instant,
    waiting: impl FnMut(&mut Transport) -> Result<Option<String>>,
) -> Result<()> {
    let what = format!(
        "bring the IPv6 addresses of node `{}` into service",
        live.name
    );
    wait_for(live, Changes::Ipv6Routes, &what, deadline, waiting)
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
        if left.is_zero() {
            return Err(Error::new(Kind::TimedOut, what, cause));
        }
        netlink
            .changed_within(left.min(LOOK_AGAIN_AFTER))
            .map_err(watch)?;
    }
}
