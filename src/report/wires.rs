//! Wires on which something was lost, or was meant to be: what was asked for and what was counted.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::live::Parts;
use crate::packet::Way;
use crate::plan::{End, Plan, Role};
use crate::view::WayCounters;
use crate::wires;

/// Of more than these, the first are shown.
const WIRES: usize = 16;
/// How long whoever carries them may take to tell: a rule's closure may keep it for good.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn render(parts: &Arc<Parts>) -> String {
    if parts.plan.wires.is_empty() {
        return String::new();
    }
    let asked = Arc::clone(parts);
    let bad = move || {
        let all = 0..asked.plan.wires.len();
        all.filter_map(|wire| told_of(&asked, wire)).collect()
    };
    listed(&within(PATIENCE, bad))
}

/// A line that says so if nothing is told in time.
fn within(patience: Duration, tell: impl FnOnce() -> Vec<String> + Send + 'static) -> Vec<String> {
    let (send, told) = mpsc::channel();
    // Nobody may be waiting any more when it has an answer.
    let asking = thread::Builder::new().spawn(move || drop(send.send(tell())));
    let Ok(bad) = told.recv_timeout(patience) else {
        return vec!["  (whoever carries them does not answer)\n".to_owned()];
    };
    drop(asking.map(thread::JoinHandle::join));
    bad
}

fn listed(bad: &[String]) -> String {
    if bad.is_empty() {
        return String::new();
    }
    let shown: String = bad.iter().take(WIRES).map(String::as_str).collect();
    let more = match bad.len().saturating_sub(WIRES) {
        0 => String::new(),
        more => format!("  ({more} more)\n"),
    };
    format!("bad wires:\n{shown}{more}")
}

/// Nothing of one on which all is well.
fn told_of(parts: &Parts, wire: usize) -> Option<String> {
    let counted = wires::counters(parts, wire).unwrap_or_default();
    let troubles = Way::BOTH.map(|way| parts.relay.trouble(wire, way));
    if troubles.iter().all(Option::is_none) && !counted.iter().any(has_lost) {
        return None;
    }
    let ends = &parts.plan.cables[parts.plan.wires[wire].cable].ends;
    let ways = Way::BOTH.into_iter().zip(troubles).zip(counted);
    let lines = ways.map(|((way, trouble), counted)| {
        let (from, to) = match way {
            Way::Forth => (&ends[0], &ends[1]),
            Way::Back => (&ends[1], &ends[0]),
        };
        let [from, to] = [from, to].map(|end| name(&parts.plan, end));
        let trouble = trouble.map(|trouble| format!(" ({trouble})"));
        format!(
            "  {from} -> {to}{}: {counted}\n",
            trouble.unwrap_or_default()
        )
    });
    Some(lines.collect())
}

fn has_lost(counted: &WayCounters) -> bool {
    let told = [counted.dropped_by_rules, counted.corrupted, counted.overrun];
    counted.lost + counted.queue_full > 0 || told.into_iter().flatten().any(|it| it > 0)
}

fn name(plan: &Plan, end: &End) -> String {
    let node = &plan.nodes[end.node];
    match node.role {
        Role::Switch => node.name.clone(),
        _ => format!("{} {}", node.name, end.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_shown_and_the_others_counted() {
        assert_eq!(listed(&[]), "");
        let many = vec!["  a -> b\n".to_owned(); WIRES + 2];
        let text = listed(&many);
        assert!(text.starts_with("bad wires:\n  a -> b\n"), "{text}");
        assert!(text.ends_with("  a -> b\n  (2 more)\n"), "{text}");
        assert_eq!(text.lines().count(), WIRES + 2);
    }

    #[test]
    fn a_report_does_not_wait_for_a_rule_that_never_decides() {
        let (decided, decision) = mpsc::channel::<()>();
        let stuck = move || decision.recv().map_or_else(|_| Vec::new(), |()| Vec::new());
        let told = within(Duration::ZERO, stuck);
        assert_eq!(told, ["  (whoever carries them does not answer)\n"]);
        drop(decided);
    }
}
