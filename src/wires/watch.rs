//! Who needs to see each packet of a wire: its rules, and its recordings.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::live::{Parts, lock};
use crate::packet::{PacketRule, Tally, Way};
use crate::relay::{Core, Opening, Recording};

use super::change;

/// What one seed is for: impairments take the numbers of their directions.
const RULES: u64 = 2;

/// A wire whose packets somebody looks at: the engine carries it meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    wire: usize,
}

/// A rule of a wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    watch: Watch,
    /// Also that of its gate.
    number: u64,
}

impl Watch {
    /// Begins a recording, unless there is one already; returns also how much of it is older, and the time.
    pub(crate) fn record(parts: &Parts, wire: usize) -> Result<(Self, usize, Duration)> {
        let watch = Self { wire };
        let others = change(parts, wire, |line| {
            line.watchers += 1;
            line.recorders += 1;
            line.recorders - 1
        })?;
        let began = watch.with(parts, |core| {
            if others == 0 {
                core.record(wire, true);
            }
            (core.recorded(wire).seen.len(), core.time())
        });
        let (older, time) = began.unwrap_or_default();
        Ok((watch, older, time))
    }

    /// What was recorded until now.
    pub(crate) fn recorded(self, parts: &Parts) -> Recording {
        let recorded = self.with(parts, |core| core.recorded(self.wire));
        recorded.unwrap_or_default()
    }

    /// Ends a recording; the last one ends all of it.
    pub(crate) fn end_recording(self, parts: &Parts) -> Result<()> {
        change(parts, self.wire, |line| {
            line.watchers -= 1;
            line.recorders -= 1;
            // Here, so that nobody begins one in between.
            if line.recorders == 0 {
                self.with(parts, |core| core.record(self.wire, false));
            }
        })
    }

    /// Does something between two packets. Nothing if the wires have ended.
    fn with<T: Send>(self, parts: &Parts, act: impl FnOnce(&mut Core) -> T + Send) -> Option<T> {
        Some(parts.relay.running()?.with(act))
    }
}

impl Rule {
    /// Installs a rule behind the others. `own` is the way of what the host sends that it is seen from.
    pub(crate) fn install(
        parts: &Parts,
        wire: usize,
        own: Way,
        rule: PacketRule,
    ) -> Result<(Self, Arc<Tally>)> {
        let watch = Watch { wire };
        let number = parts.relay.number();
        let told = rule.to_string();
        // Asking for a seed is telling of it when the test fails.
        let seed = if rule.what.is_random() {
            parts.seed.of([wire as u64, RULES, number])
        } else {
            0
        };
        change(parts, wire, |line| line.watchers += 1)?;
        let shared = parts.relay.rules(wire);
        let tally = watch.with(parts, |core| {
            let tally = lock(shared).add(number, own, rule, seed);
            core.judge(wire, Some(Box::new(Arc::clone(shared))));
            tally
        });
        let tally = tally.unwrap_or_default();
        parts.relay.works().begin(wire, number, told, &tally);
        Ok((Self { watch, number }, tally))
    }

    /// Removes it, and lets go what it holds, in order.
    pub(crate) fn remove(self, parts: &Parts) -> Result<()> {
        let wire = self.watch.wire;
        let shared = parts.relay.rules(wire);
        parts.relay.works().end(self.number);
        self.watch.with(parts, |core| {
            let mut rules = lock(shared);
            rules.remove(self.number);
            if rules.is_empty() {
                core.judge(wire, None);
            }
            core.open_gate(self.number, Opening::All);
        });
        change(parts, wire, |line| line.watchers -= 1)
    }

    /// How many packets it holds now.
    pub(crate) fn held(self, parts: &Parts) -> usize {
        let held = self.watch.with(parts, |core| core.held(self.number));
        held.unwrap_or_default()
    }

    /// Lets go what it holds; returns how many.
    pub(crate) fn open(self, parts: &Parts, how: Opening) -> usize {
        let opened = self
            .watch
            .with(parts, |core| core.open_gate(self.number, how));
        opened.unwrap_or_default()
    }
}
