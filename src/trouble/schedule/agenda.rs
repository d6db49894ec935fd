//! What is to be done next: pure, so that the same seed gives the same plan.

use std::collections::BTreeMap;
use std::time::Duration;

use super::timing::{Of, chance};
use super::{Schedule, Timing};

/// What is to be done at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// The round of that number begins.
    Round(u64),
    /// The step at that position, which lasts so long, with its chance.
    Step {
        position: usize,
        lasting: Option<Duration>,
        chance: u64,
    },
    /// The trouble of that key has lasted long enough.
    End(u64),
    /// The trouble of that key goes on with the rate at that position.
    Rate(u64, usize),
}

/// What is to be done, the earliest first; of one time, in the order in which it was noted down.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: BTreeMap<(Duration, u64), Deed>,
    noted: u64,
}

impl Agenda {
    /// Of a schedule, from its first round on.
    pub(super) fn of(schedule: &Schedule, seed: u64) -> Self {
        let mut agenda = Self::default();
        if schedule.times() != Some(0) {
            agenda.begin(schedule, seed, 0, Duration::ZERO);
        }
        agenda
    }

    pub(super) fn note(&mut self, at: Duration, deed: Deed) {
        self.noted += 1;
        self.due.insert((at, self.noted), deed);
    }

    /// Notes down a round that begins then, and when the next one does.
    pub(super) fn begin(&mut self, schedule: &Schedule, seed: u64, round: u64, begins: Duration) {
        for (position, (when, step)) in schedule.steps.iter().enumerate() {
            let chosen = |timing: Timing, of| timing.chosen(chance(seed, round, position, of));
            let deed = Deed::Step {
                position,
                lasting: step.lasting.map(|time| chosen(time, Of::Length)),
                chance: chance(seed, round, position, Of::Halves),
            };
            self.note(begins.saturating_add(chosen(*when, Of::Begin)), deed);
        }
        let next = round + 1;
        if schedule.times().is_none_or(|times| next < times) {
            self.note(begins.saturating_add(schedule.period()), Deed::Round(next));
        }
    }

    /// When the next thing is due: nothing if nothing is left to be done.
    pub(super) fn next(&self) -> Option<Duration> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn pop(&mut self) -> Option<(Duration, Deed)> {
        self.due.pop_first().map(|((at, _), deed)| (at, deed))
    }
}
