//! The troubles of a live network: each is known by a number, and knows how it is undone.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Result;
use crate::live::Parts;

/// How a trouble is undone.
type Undo = Box<dyn FnOnce(&Arc<Parts>) -> Result<()> + Send>;

/// What somebody did to a network, and has not undone yet.
#[derive(Default)]
pub(crate) struct Troubles(Mutex<Register>);

#[derive(Default)]
struct Register {
    last: u64,
    live: BTreeMap<u64, (String, Undo)>,
}

impl Troubles {
    /// Remembers a trouble that has just begun; returns its number.
    pub(crate) fn begin(
        &self,
        what: impl Into<String>,
        undo: impl FnOnce(&Arc<Parts>) -> Result<()> + Send + 'static,
    ) -> u64 {
        let mut register = self.register();
        register.last += 1;
        let number = register.last;
        register
            .live
            .insert(number, (what.into(), Box::new(undo) as Undo));
        number
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
        // Not under the lock: undoing takes time, and may look at others.
        let found = self.register().live.remove(&number);
        found.map_or(Ok(()), |(_, undo)| undo(parts))
    }

    /// Ends all of them, the latest first. Each is tried, whatever becomes of the others.
    pub(crate) fn end_all(&self, parts: &Arc<Parts>) -> Result<()> {
        let live = std::mem::take(&mut self.register().live);
        let ended = live.into_values().rev().map(|(_, undo)| undo(parts));
        let ended: Vec<Result<()>> = ended.collect();
        ended.into_iter().collect()
    }

    /// What is going on, in words, the earliest first.
    pub(crate) fn told(&self) -> Vec<String> {
        let register = self.register();
        register
            .live
            .values()
            .map(|(what, _)| what.clone())
            .collect()
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.told()).finish()
    }
}
