//! The network as it was when a test failed.

mod chance;
mod programs;
mod shortfalls;
mod text;
mod trouble;
mod wires;

use std::sync::{Arc, PoisonError};

use crate::error::Result;
use crate::host::Host;
use crate::live::Parts;
use crate::probe::{PingAnswer, PingReport};
use crate::view;
use text::{Seen, Sent};

/// A report of a large network shows this many nodes.
const NODES: usize = 16;
/// And this many listeners of each.
const LISTENERS: usize = 12;
/// The last pings are explained, if they failed: each may take a moment.
const EXPLAINED: usize = 3;

/// Prints the report where the failed test prints.
#[expect(
    clippy::print_stderr,
    reason = "the report is part of the failed test's output"
)]
pub(crate) fn print(parts: &Arc<Parts>, test: &str) {
    eprint!("{}{}", render(parts), chance::render(parts, test));
}

fn render(parts: &Arc<Parts>) -> String {
    parts.runtimes.catch_up();
    let panicked = parts.runtimes.panics().all();
    let visible: Vec<usize> = parts.plan.networks().map(|(node, _)| node).collect();
    let seen: Vec<Result<Seen>> = visible
        .iter()
        .take(NODES)
        .map(|node| look(Host::new(parts, *node)))
        .collect();
    let pings = parts.pings.lock().unwrap_or_else(PoisonError::into_inner);
    let is_old = |position: usize| position + EXPLAINED < pings.len();
    let sent: Vec<Sent> = pings
        .iter()
        .enumerate()
        .map(|(position, (from, report))| sent(from, report, !is_old(position)))
        .collect();
    text::render(
        &parts.plan,
        &seen,
        &sent,
        &panicked,
        &(trouble::render(parts) + &wires::render(parts)),
        &programs::render(parts),
    )
}

fn look(host: Host<'_>) -> Result<Seen> {
    let mut routes = host.routes()?.0;
    routes.extend(host.routes_ipv6()?.0);
    Ok(Seen {
        name: host.name().to_owned(),
        interfaces: host.interfaces()?,
        routes,
        neighbours: host.neighbours()?,
        // A kernel without nftables counts nothing, and what it cannot list hides nothing else.
        counters: host.counters().unwrap_or_default(),
        listening: host
            .sockets()
            .map(|sockets| view::listening(&sockets, LISTENERS)),
        unset: host.live().unset.clone(),
        lacking: host.parts().lacking(host.node()),
    })
}

fn sent(from: &str, report: &PingReport, is_explained: bool) -> Sent {
    // What an assertion has said is not said again.
    let unsaid = Some(report).filter(|report| is_explained && !report.is_explained());
    let silent = |answer: &&PingAnswer| {
        !matches!(answer, PingAnswer::Reply { .. } | PingAnswer::Lost { .. })
    };
    Sent {
        from: from.to_owned(),
        target: report.target(),
        received: report.received(),
        transmitted: report.transmitted(),
        refusal: report
            .answers()
            .iter()
            .find(silent)
            .map(ToString::to_string),
        explanation: unsaid.and_then(|report| report.explanation().map(str::to_owned)),
    }
}
