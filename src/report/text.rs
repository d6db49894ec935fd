//! The report as text. What stands out comes first, below the panic; then who should be joined to whom; then all that is.

use std::net::{IpAddr, Ipv6Addr};

use crate::address::Cidr;
use crate::error::Result;
use crate::live::{Lack, Unset};
use crate::plan::{End, Plan, Role};
use crate::report::shortfalls;
use crate::task::Panicked;
use crate::view::{Interface, Neighbour, NeighbourState, OperState, Route, RuleCounter};

/// Of more pings than these, the last are shown.
const PINGS: usize = 8;
/// Of more tasks that panicked than these, the first are shown.
const TASKS: usize = 8;
/// A report of a large network shows this many cables.
const CABLES: usize = 64;
/// Addresses that a hint lists.
const KNOWN: usize = 12;
/// Rules of a node whose counters are shown.
const RULES: usize = 16;
/// What every interface has unless somebody chose another.
const MTU: u32 = 1500;

/// Adds a line to a text.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{
        $text.push_str(&format!($($arguments)*));
        $text.push('\n');
    }};
}

/// A node as the kernel showed it.
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) interfaces: Vec<Interface>,
    pub(super) routes: Vec<Route>,
    pub(super) neighbours: Vec<Neighbour>,
    /// What the rules of firewalls have met.
    pub(super) counters: Vec<RuleCounter>,
    /// Who listens, on one line. That it cannot be told hides nothing else.
    pub(super) listening: Result<Option<String>>,
    pub(super) unset: Vec<Unset>,
    pub(super) lacking: Vec<Lack>,
}

/// A ping that the test sent.
pub(super) struct Sent {
    pub(super) from: String,
    pub(super) target: IpAddr,
    pub(super) received: usize,
    pub(super) transmitted: usize,
    /// The first answer that is an error.
    pub(super) refusal: Option<String>,
    /// Where packets ended.
    pub(super) explanation: Option<String>,
}

/// One of `seen` for each network of the plan, as far as it goes.
pub(super) fn render(
    plan: &Plan,
    seen: &[Result<Seen>],
    sent: &[Sent],
    panicked: &[Panicked],
    troubles: &str,
    programs: &str,
) -> String {
    let mut text = format!("\n---- the network as it was ----\n{troubles}");
    let nodes: Vec<&Seen> = seen.iter().flatten().collect();
    let standing_out = format!("{}{}", tasks(panicked), standing_out(plan, &nodes, sent));
    text.push_str(&standing_out);
    text.push_str(programs);
    if [troubles, &standing_out, programs]
        .iter()
        .any(|it| !it.is_empty())
    {
        text.push('\n');
    }
    text.push_str(&brief(plan));
    for (node, (_, planned)) in seen.iter().zip(plan.networks()) {
        line!(text, "{}:", planned.name);
        match node {
            Ok(node) => text.push_str(&state(node)),
            Err(error) => text.push_str(&format!("  {error}\n")),
        }
    }
    let left_out = plan.networks().count().saturating_sub(seen.len());
    if left_out > 0 {
        line!(text, "({left_out} more nodes)");
    }
    text.push_str("----\n");
    text
}

/// The tasks that panicked, joined or not: one may be why another failed.
fn tasks(panicked: &[Panicked]) -> String {
    let mut text = String::new();
    for Panicked {
        host, text: said, ..
    } in panicked.iter().take(TASKS)
    {
        line!(
            text,
            "a task of host `{host}` panicked: {}",
            said.replace('\n', "\n  ")
        );
    }
    if panicked.len() > TASKS {
        line!(text, "({} more tasks panicked)", panicked.len() - TASKS);
    }
    text
}

fn standing_out(plan: &Plan, nodes: &[&Seen], sent: &[Sent]) -> String {
    let mut text = String::new();
    let shown = &sent[sent.len().saturating_sub(PINGS)..];
    let (lossless, lossy): (Vec<&Sent>, Vec<&Sent>) = shown
        .iter()
        .partition(|ping| ping.received == ping.transmitted);
    for ping in lossy {
        text.push_str(&pinged(ping));
        line!(text, "; {}", hint(plan, nodes, ping.target));
        if let Some(refusal) = &ping.refusal {
            line!(text, "  {refusal}");
        }
        if let Some(explanation) = &ping.explanation {
            line!(text, "  {}", explanation.replace('\n', "\n  "));
        }
    }
    for node in nodes {
        for neighbour in node.neighbours.iter().filter(|it| is_silent(it)) {
            let Neighbour {
                address,
                device,
                state,
                ..
            } = neighbour;
            line!(
                text,
                "{} asked on {device} who has {address}, and nobody answered ({state})",
                node.name
            );
        }
        for interface in &node.interfaces {
            text.push_str(&broken(node, interface));
        }
    }
    text.push_str(&shortfalls::render(nodes));
    for ping in lossless {
        text.push_str(&pinged(ping));
        text.push('\n');
    }
    text
}

fn pinged(ping: &Sent) -> String {
    let Sent {
        from,
        target,
        received,
        transmitted,
        ..
    } = ping;
    format!("{from} pinged {target}: {received} of {transmitted} answered")
}

fn is_silent(neighbour: &Neighbour) -> bool {
    matches!(
        neighbour.state,
        NeighbourState::Incomplete | NeighbourState::Failed
    )
}

/// What is wrong with an interface, a line each.
fn broken(node: &Seen, interface: &Interface) -> String {
    let mut text = String::new();
    let name = format!("{} {}", node.name, interface.name);
    if is_ours(interface) && !interface.flags.up() {
        line!(text, "{name} is down");
    } else if interface.flags.no_carrier() {
        let why = match interface.kind.as_deref() {
            Some("bridge") => "none of its ports is in use",
            _ => "its other end is down",
        };
        line!(text, "{name} is up and has no carrier: {why}");
    }
    for address in &interface.addresses {
        if address.flags.dad_failed() {
            line!(
                text,
                "{name} cannot use {}: another host has it",
                address.address
            );
        } else if address.flags.tentative() {
            line!(
                text,
                "{name} cannot use {} yet: the kernel still looks for duplicates",
                address.address
            );
        }
    }
    text
}

/// Not one of the devices that some kernels put into every namespace.
fn is_ours(interface: &Interface) -> bool {
    interface.name == "lo" || matches!(interface.kind.as_deref(), Some("veth" | "bridge"))
}

/// What a stranger would want to know about an address that did not answer.
fn hint(plan: &Plan, nodes: &[&Seen], target: IpAddr) -> String {
    let mut known = Vec::new();
    for node in nodes {
        for interface in &node.interfaces {
            for address in &interface.addresses {
                let address = address.address.address();
                if address == target {
                    return format!("that is {}'s address on {}", node.name, interface.name);
                }
                if address.is_ipv4() == target.is_ipv4() && is_useful(address) {
                    known.push(format!("{} {address}", node.name));
                }
            }
        }
    }
    for (node, planned) in plan.visible() {
        if plan.addresses(node).any(|it| it.address() == target) {
            let name = &planned.name;
            return if nodes.iter().any(|seen| seen.name == *name) {
                format!("{name} had that address in the plan, and has it no longer")
            } else {
                format!("that is an address of {name}")
            };
        }
    }
    if known.is_empty() {
        return "no node has that address".to_owned();
    }
    let more = known.len().saturating_sub(KNOWN);
    known.truncate(KNOWN);
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!(
        "no node has that address (there are: {}{more})",
        known.join(", ")
    )
}

/// Whether another host could use it.
fn is_useful(address: IpAddr) -> bool {
    let near = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !near && !address.is_loopback()
}

/// Who is joined to whom, with the addresses of the plan.
fn brief(plan: &Plan) -> String {
    let mut text = String::from("plan:\n");
    for node in plan.nodes.iter().filter(|node| !node.role.is_hidden()) {
        for bridge in &node.bridges {
            let addresses = listed(&bridge.addresses);
            line!(text, "  {} bridge {}{addresses}", node.name, bridge.name);
        }
    }
    for cable in plan.cables.iter().take(CABLES) {
        // A host before the port that it is plugged into.
        let [a, b] = &cable.ends;
        let (first, second) = if a.bridge.is_some() { (b, a) } else { (a, b) };
        let wire = cable.wire.map_or("", |_| " (wire)");
        line!(
            text,
            "  {} -- {}{wire}",
            side(plan, first),
            side(plan, second)
        );
    }
    if plan.cables.len() > CABLES {
        line!(text, "  ({} more cables)", plan.cables.len() - CABLES);
    }
    for (name, other) in plan.sharing() {
        line!(text, "  {name} shares the network of {other}");
    }
    text
}

fn side(plan: &Plan, end: &End) -> String {
    let node = &plan.nodes[end.node];
    match end.bridge {
        Some(_) if node.role == Role::Switch => node.name.clone(),
        Some(bridge) => format!(
            "{} {} (port of {})",
            node.name, end.name, node.bridges[bridge].name
        ),
        None => format!("{} {}{}", node.name, end.name, listed(&end.addresses)),
    }
}

fn listed(addresses: &[Cidr]) -> String {
    addresses
        .iter()
        .map(|address| format!(" {address}"))
        .collect()
}

/// All that a node has, without what every node has.
fn state(node: &Seen) -> String {
    let mut text = String::new();
    for interface in &node.interfaces {
        let idle = interface.name == "lo" && interface.flags.up() && has_nothing_else(interface);
        let foreign = !is_ours(interface) && !interface.flags.up();
        if !idle && !foreign {
            line!(text, "  {}", link(interface));
        }
    }
    for route in node.routes.iter().filter(|route| !is_link_local(route)) {
        line!(text, "  route {route}");
    }
    for neighbour in &node.neighbours {
        line!(text, "  neighbour {neighbour}");
    }
    for counter in node.counters.iter().take(RULES) {
        line!(text, "  counter {counter}");
    }
    if node.counters.len() > RULES {
        line!(text, "  ({} more rules)", node.counters.len() - RULES);
    }
    match &node.listening {
        Ok(Some(listening)) => line!(text, "  listening: {listening}"),
        Ok(None) => {}
        Err(error) => line!(text, "  {error}"),
    }
    if text.is_empty() {
        text.push_str("  nothing but lo\n");
    }
    text
}

fn has_nothing_else(lo: &Interface) -> bool {
    lo.addresses.iter().all(|it| {
        it.address.to_string() == "127.0.0.1/8" || it.address.address() == Ipv6Addr::LOCALHOST
    })
}

/// The route that comes with every interface's link-local address.
fn is_link_local(route: &Route) -> bool {
    matches!(route.destination.address(), IpAddr::V6(address) if address.is_unicast_link_local())
        && route.via.is_none()
}

/// An interface on one line.
fn link(interface: &Interface) -> String {
    let mut text = interface.name.clone();
    // The flags of an interface in use say nothing.
    let in_use =
        interface.flags.up() && interface.flags.lower_up() && interface.state == OperState::Up;
    if in_use {
        text.push_str(" UP");
    } else {
        text.push_str(&format!(" <{}> {}", interface.flags, interface.state));
    }
    if interface.mtu != MTU && interface.name != "lo" {
        text.push_str(&format!(" mtu {}", interface.mtu));
    }
    if let Some(mac) = interface.mac.filter(|_| interface.name != "lo") {
        text.push_str(&format!(" {mac}"));
    }
    if let Some(master) = &interface.master {
        text.push_str(&format!(" port of {}", master.name));
    }
    for address in &interface.addresses {
        text.push_str(&format!(" {}", address.address));
    }
    text
}

#[cfg(test)]
mod tests;
