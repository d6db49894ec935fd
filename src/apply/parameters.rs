//! Kernel parameters of the nodes: what is written below `/proc/sys`, and what is done by netlink where that is read-only.

use std::io;

use crate::error::{Error, Kind, Result, errno_text};
use crate::live::{LiveNode, Unset};
use crate::plan::stand_in::{self, Interface, StandIn};
use crate::plan::{self, Node, Plan};
use crate::sys::netlink::{self, Request};
use crate::sys::sysctl;

/// What became of this crate's own parameters in a node.
pub(super) struct Defaults {
    /// What remains as the machine has it.
    pub(super) unset: Vec<Unset>,
    /// What is to be done to the interfaces instead of writing.
    pub(super) stand_ins: Vec<StandIn>,
}

/// Sets what nobody asked for, in the calling thread's namespace: what the machine's administrator changed is changed back, and what
/// keeps a network from being usable at once.
pub(super) fn set_defaults(
    plan: &Plan,
    position: usize,
    inherited: &[(&'static str, &'static str)],
    groups: &str,
) -> Result<Defaults> {
    let node = &plan.nodes[position];
    let own = (!node.role.is_hidden() && !plan.realistic)
        .then_some(("net/ipv4/ping_group_range", groups));
    let has_bridges = !node.role.is_hidden() && !node.bridges.is_empty();
    let bridged = inherited
        .iter()
        .filter(|(name, _)| has_bridges || !name.starts_with("net/bridge/"));
    let defaults = bridged
        .copied()
        .chain(plan.default_sysctls(node))
        .chain(own);
    let mut result = Defaults {
        unset: Vec::new(),
        stand_ins: Vec::new(),
    };
    for (name, value) in defaults {
        let Err(cause) = set(name, value) else {
            continue;
        };
        let stand_in = stand_in::of_default(name, value).filter(|_| is_closed(&cause));
        if let Some(stand_in) = stand_in {
            result.stand_ins.push(stand_in);
            continue;
        }
        // A kernel without IPv6 has no switch for it, and needs none.
        if plan.promises(name, position) && cause.kind() != io::ErrorKind::NotFound {
            return Err(if name == plan::IPV6_FORWARDING {
                unroutable(&node.name, &cause)
            } else {
                unsettable(&node.name, name, value, cause)
            });
        }
        result.unset.push(Unset {
            sysctl: name.to_owned(),
            value: value.to_owned(),
            cause: errno_text(&cause),
        });
    }
    Ok(result)
}

/// Sets what the topology asked for in one node. Moves the calling thread there.
pub(super) fn set_asked(
    node: &Node,
    live: &LiveNode,
    interfaces: Vec<Interface<'_>>,
) -> Result<()> {
    live.enter()?;
    for plan::Sysctl { name, value } in &node.sysctls {
        let Err(cause) = set(name, value) else {
            continue;
        };
        let found = stand_in::of_interface(name, value).filter(|_| is_closed(&cause));
        let request = found.and_then(|(link, stand_in)| {
            let planned = interfaces.iter().find(|it| it.name == link);
            let lo = (link == "lo").then_some(1);
            let index = planned.map(|it| it.index).or(lo)?;
            parameter(stand_in, link, index)
        });
        match request {
            Some(request) => live.netlink().execute(vec![request])?,
            None => return Err(unsettable(&node.name, name, value, cause)),
        }
    }
    Ok(())
}

/// The requests that do to the interfaces of a node what could not be written.
pub(super) fn stand_in(
    stand_ins: &[StandIn],
    interfaces: &[Interface<'_>],
    bare: bool,
) -> Vec<Request> {
    let mut requests = Vec::new();
    for interface in interfaces {
        let Interface { name, index, .. } = *interface;
        for stand_in in stand_ins {
            requests.extend(match stand_in {
                StandIn::Ipv4 { .. } => parameter(*stand_in, name, index),
                StandIn::NoIpv6 => Some(netlink::give_no_link_local(name, index)),
                // An interface that nobody raises has no address: it will look for duplicates when somebody does.
                StandIn::LinkLocal if bare => None,
                StandIn::LinkLocal => {
                    let address = interface.link_local;
                    address.map(|address| netlink::add_address(name, index, address, false))
                }
            });
        }
    }
    requests
}

fn parameter(stand_in: StandIn, link: &str, index: u32) -> Option<Request> {
    match stand_in {
        StandIn::Ipv4 { parameter, value } => {
            Some(netlink::set_ipv4_parameter(link, index, parameter, value))
        }
        StandIn::NoIpv6 | StandIn::LinkLocal => None,
    }
}

/// Writes a parameter, unless it cannot be written and is so already.
fn set(name: &str, value: &str) -> io::Result<()> {
    let written = sysctl::write(name, value);
    match &written {
        Err(cause) if is_closed(cause) && has(name, value) => Ok(()),
        _ => written,
    }
}

/// Whether the machine lets nobody write there, whatever the value.
fn is_closed(cause: &io::Error) -> bool {
    let kinds = [
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::PermissionDenied,
    ];
    kinds.contains(&cause.kind())
}

/// Whether the parameter has this value, which may be several words.
fn has(name: &str, value: &str) -> bool {
    sysctl::read(name).is_ok_and(|own| own.split_whitespace().eq(value.split_whitespace()))
}

/// The inherited parameters that this machine's administrator changed, with the values that every node gets instead.
///
/// The calling thread is in a namespace that nobody has touched yet, so that it shows what every other one will inherit.
pub(super) fn tuned() -> Vec<(&'static str, &'static str)> {
    let differs = |(name, default): &(&str, &str)| {
        let default = default.split('|').next();
        sysctl::read(name).is_ok_and(|value| Some(value.as_str()) != default)
    };
    plan::INHERITED
        .iter()
        .chain(&plan::BRIDGED)
        .filter(|pair| differs(pair))
        .map(|(name, values)| (*name, usable(name, values)))
        .collect()
}

/// The first of the values that the kernel takes, or the last one.
fn usable(name: &str, values: &'static str) -> &'static str {
    let (first, others) = values.split_once('|').unwrap_or((values, ""));
    let written = sysctl::write(name, first).map_err(|cause| cause.kind());
    // Where nothing can be written no value is better than the first.
    if others.is_empty() || matches!(written, Ok(()) | Err(io::ErrorKind::ReadOnlyFilesystem)) {
        first
    } else {
        usable(name, others)
    }
}

/// What lets `/proc/sys` be written.
const READ_ONLY: &str = "/proc/sys is read-only in this container: `docker run --security-opt systempaths=unconfined`, `podman run --security-opt unmask=ALL`, in a Kubernetes pod `procMount: Unmasked`";

/// A router with IPv6 addresses that the machine does not let forward them: nothing but this parameter makes it.
fn unroutable(node: &str, cause: &io::Error) -> Error {
    let what = format!("make node `{node}` forward IPv6");
    let error = Error::new(Kind::Unsupported, what, errno_text(cause));
    let error = match cause.kind() {
        io::ErrorKind::ReadOnlyFilesystem => error.help(READ_ONLY),
        _ => error,
    };
    error.help("IPv4 is forwarded here all the same: leave IPv6 out, `Topology::only(Family::V4)`")
}

fn unsettable(node: &str, name: &str, value: &str, cause: io::Error) -> Error {
    let kind = cause.kind();
    let error = Error::kernel(
        format!("set sysctl `{name}` of node `{node}` to `{value}`"),
        cause,
    );
    match kind {
        io::ErrorKind::NotFound => {
            error.help("this kernel does not have it, or only for the whole machine")
        }
        io::ErrorKind::ReadOnlyFilesystem => error.help(READ_ONLY),
        io::ErrorKind::PermissionDenied => {
            error.help("the kernel lets only the machine's own network change it")
        }
        io::ErrorKind::InvalidInput => error.help("the kernel does not take that value"),
        _ => error,
    }
}
