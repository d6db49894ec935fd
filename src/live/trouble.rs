//! The troubles of a live network: each is known by a number, and knows how it is undone.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::{Error, Kind, Result};
use crate::live::{Parts, lock};
use crate::relay::refuse_in_rules;

/// So many of those that have ended are remembered.
const HEALED: usize = 8;

/// How a trouble is undone.
pub(crate) type Undo = Box<dyn FnOnce(&Arc<Parts>) -> Result<()> + Send>;

/// How a trouble is told: of one that goes on by itself, otherwise from time to time.
type Told = Box<dyn Fn() -> String + Send>;

/// What somebody did to a network, and has not undone yet.
#[derive(Default)]
pub(crate) struct Troubles(Mutex<Register>);

#[derive(Default)]
struct Register {
    last: u64,
    live: BTreeMap<u64, (Told, Undo)>,
    /// Those that have ended, the latest few.
    healed: VecDeque<String>,
    /// What failed while nobody was there to be told.
    missed: BTreeMap<u64, String>,
}

impl Register {
    fn note(&mut self, what: String) {
        self.healed.push_back(what);
        if self.healed.len() > HEALED {
            self.healed.pop_front();
        }
    }
}

impl Troubles {
    /// Remembers a trouble that has just begun; returns its number.
    pub(crate) fn begin(
        &self,
        what: impl Into<String>,
        undo: impl FnOnce(&Arc<Parts>) -> Result<()> + Send + 'static,
    ) -> u64 {
        let what = what.into();
        self.begin_telling(move || what.clone(), undo)
    }

    /// Remembers one that goes on by itself. Telling of it must not ask for troubles.
    pub(crate) fn begin_telling(
        &self,
        told: impl Fn() -> String + Send + 'static,
        undo: impl FnOnce(&Arc<Parts>) -> Result<()> + Send + 'static,
    ) -> u64 {
        let mut register = self.register();
        register.last += 1;
        let number = register.last;
        register
            .live
            .insert(number, (Box::new(told) as Told, Box::new(undo) as Undo));
        number
    }

    /// Forgets one: whoever takes it over undoes it.
    pub(crate) fn hand_over(&self, number: u64) -> Option<Undo> {
        let taken = self.register().live.remove(&number);
        taken.map(|(_, undo)| undo)
    }

    /// Remembers a failure of which somebody is to be told; returns its number.
    pub(crate) fn failed(&self, what: &str) -> u64 {
        let mut register = self.register();
        register.last += 1;
        let number = register.last;
        register.missed.insert(number, what.to_owned());
        number
    }

    /// Somebody was told of a failure.
    pub(crate) fn told_of(&self, number: u64) {
        self.register().missed.remove(&number);
    }

    /// The first failure of which nobody was told.
    pub(crate) fn nobody_missed_one(&self) -> Result<()> {
        match self.register().missed.pop_first() {
            Some((_, what)) => Err(Error::new(Kind::Kernel, "play a schedule", what)
                .help("`wait` or `stop` of its guard tell this where it matters")),
            None => Ok(()),
        }
    }

    /// Makes one of several, which end together, the latest first.
    pub(crate) fn merge(&self, what: impl Into<String>, numbers: Vec<u64>) -> u64 {
        let mut register = self.register();
        let undos = numbers
            .iter()
            .rev()
            .filter_map(|it| register.live.remove(it));
        let undos: Vec<Undo> = undos.map(|(_, undo)| undo).collect();
        drop(register);
        self.begin(what, move |parts| {
            let ended: Vec<Result<()>> = undos.into_iter().map(|undo| undo(parts)).collect();
            ended.into_iter().collect()
        })
    }

    /// Ends one, unless it has ended already.
    pub(crate) fn end(&self, number: u64, parts: &Arc<Parts>) -> Result<()> {
        // Before anything is taken out that would be undone by halves.
        refuse_in_rules();
        // Not under the lock: undoing takes time, and may look at others.
        let mut register = self.register();
        let Some((what, undo)) = register.live.remove(&number) else {
            return Ok(());
        };
        register.note(what());
        drop(register);
        let undone = undo(parts);
        parts.search_again();
        undone
    }

    /// Ends all of them, the latest first. Each is tried, whatever becomes of the others.
    pub(crate) fn end_all(&self, parts: &Arc<Parts>) -> Result<()> {
        refuse_in_rules();
        let mut register = self.register();
        let live = std::mem::take(&mut register.live);
        live.values().for_each(|(what, _)| register.note(what()));
        drop(register);
        let ended = live.into_values().rev().map(|(_, undo)| undo(parts));
        let ended: Vec<Result<()>> = ended.collect();
        parts.search_again();
        ended.into_iter().collect()
    }

    /// Leaves all as it is, because the network ends. What goes on by itself ends with what would have undone it.
    pub(crate) fn abandon(&self) {
        // Not under the lock, either. What is ending may begin one more until then.
        loop {
            let live = std::mem::take(&mut self.register().live);
            if live.is_empty() {
                return;
            }
            drop(live);
        }
    }

    /// Those that have ended, as many as are remembered, the earliest first.
    pub(crate) fn healed(&self) -> Vec<String> {
        self.register().healed.iter().cloned().collect()
    }

    /// What is going on, in words, the earliest first.
    pub(crate) fn told(&self) -> Vec<String> {
        let register = self.register();
        register.live.values().map(|(what, _)| what()).collect()
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        lock(&self.0)
    }
}

impl fmt::Debug for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.told()).finish()
    }
}
