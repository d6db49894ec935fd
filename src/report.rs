//! The network as it was when a test failed.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use crate::error::Result;
use crate::host::Host;
use crate::live::Parts;
use crate::plan::{Plan, Role};
use crate::view::Interface;

/// More pings than these are summed up.
const PINGS: usize = 8;
/// A report of a large network shows this many nodes in full.
const NODES: usize = 16;

/// Prints the report where the failed test prints.
#[expect(
    clippy::print_stderr,
    reason = "the report is part of the failed test's output"
)]
pub(crate) fn print(parts: &Arc<Parts>) {
    eprint!("{}", render(parts));
}

fn render(parts: &Arc<Parts>) -> String {
    let mut text = String::from("\n---- the network as it was ----\n");
    text.push_str(&brief(&parts.plan));
    let mut nodes: Vec<usize> = parts.plan.visible().map(|(node, _)| node).collect();
    let left_out = nodes.split_off(nodes.len().min(NODES));
    for node in nodes {
        let host = Host::new(parts, node);
        let _ = writeln!(text, "{}:", host.name());
        let told = node_state(host).unwrap_or_else(|error| format!("  {error}\n"));
        text.push_str(&told);
    }
    if !left_out.is_empty() {
        let _ = writeln!(text, "({} more nodes)", left_out.len());
    }
    text.push_str(&pings(parts));
    text.push_str("----\n");
    text
}

/// Who is joined to whom, with the addresses of the plan.
fn brief(plan: &Plan) -> String {
    let mut text = String::from("plan:\n");
    for bridge in plan
        .nodes
        .iter()
        .filter(|node| node.role != Role::Switch)
        .flat_map(|node| &node.bridges)
    {
        let _ = writeln!(
            text,
            "  bridge {}{}",
            bridge.name,
            listed(&bridge.addresses)
        );
    }
    for cable in plan.cables.iter().take(4 * NODES) {
        let [near, far] = &cable.ends;
        let side = |end: &crate::plan::End| match end.bridge {
            Some(bridge) => {
                let node = &plan.nodes[end.node];
                let bridge = &node.bridges[bridge].name;
                if node.role == Role::Switch {
                    node.name.clone()
                } else {
                    format!("{bridge} (port {})", end.name)
                }
            }
            None => format!(
                "{} {}{}",
                plan.nodes[end.node].name,
                end.name,
                listed(&end.addresses)
            ),
        };
        let _ = writeln!(text, "  {} -- {}", side(near), side(far));
    }
    text
}

fn listed(addresses: &[crate::address::Cidr]) -> String {
    addresses
        .iter()
        .map(|address| format!(" {address}"))
        .collect()
}

fn node_state(host: Host<'_>) -> Result<String> {
    let mut text = String::new();
    for interface in host.interfaces()? {
        let _ = writeln!(text, "  {}", link(&interface));
    }
    for route in host.routes()?.iter().chain(host.routes_ipv6()?.iter()) {
        let _ = writeln!(text, "  route {route}");
    }
    for neighbour in host.neighbours()? {
        let _ = writeln!(text, "  neighbour {neighbour}");
    }
    for unset in &host.live().unset {
        let _ = writeln!(
            text,
            "  could not set {} to {}: {}",
            unset.sysctl, unset.value, unset.cause
        );
    }
    Ok(text)
}

/// An interface on one line.
fn link(interface: &Interface) -> String {
    let mut text = format!(
        "{} <{}> mtu {} state {}",
        interface.name, interface.flags, interface.mtu, interface.state
    );
    if let Some(mac) = interface.mac.filter(|_| interface.name != "lo") {
        let _ = write!(text, " {mac}");
    }
    if let Some(master) = &interface.master {
        let _ = write!(text, " port of {}", master.name);
    }
    for address in &interface.addresses {
        let state = match (address.flags.tentative(), address.flags.dad_failed()) {
            (_, true) => " (duplicate!)",
            (true, _) => " (tentative)",
            _ => "",
        };
        let _ = write!(text, " {}{state}", address.address);
    }
    text
}

fn pings(parts: &Parts) -> String {
    let pings = parts.pings.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::new();
    for (from, report) in pings.iter().rev().take(PINGS).rev() {
        let target = report.target();
        let _ = write!(
            text,
            "{from} pinged {target}: {} of {} answered",
            report.received(),
            report.transmitted()
        );
        if report.received() < report.transmitted() {
            text.push_str(&hint(&parts.plan, target));
        }
        text.push('\n');
    }
    text
}

/// What a stranger would want to know about an address that did not answer.
fn hint(plan: &Plan, target: std::net::IpAddr) -> String {
    let mut known = Vec::new();
    for (node, spec) in plan.visible() {
        for address in plan.addresses(node) {
            if address.address() == target {
                return format!("; it is an address of node `{}`", spec.name);
            }
            if address.address().is_ipv4() == target.is_ipv4() {
                known.push(format!("{} {}", spec.name, address.address()));
            }
        }
    }
    format!(
        "; no node has that address (there are: {})",
        known.join(", ")
    )
}
