//! What rules do, for those who ask why packets are lost: nobody has to wait for the thread that follows them.

use std::sync::{Arc, Mutex};

use super::lock;
use crate::packet::Tally;

/// The rules of all wires, in the order in which they were installed.
#[derive(Debug, Default)]
pub(crate) struct Works(Mutex<Vec<Work>>);

#[derive(Debug)]
struct Work {
    wire: usize,
    /// That of the rule.
    number: u64,
    rule: String,
    tally: Arc<Tally>,
}

impl Works {
    pub(crate) fn begin(&self, wire: usize, number: u64, rule: String, tally: &Arc<Tally>) {
        lock(&self.0).push(Work {
            wire,
            number,
            rule,
            tally: Arc::clone(tally),
        });
    }

    pub(crate) fn end(&self, number: u64) {
        lock(&self.0).retain(|it| it.number != number);
    }

    /// Those of a wire that have had something to do.
    pub(super) fn of(&self, wire: usize) -> Vec<String> {
        let works = lock(&self.0);
        let own = works.iter().filter(|it| it.wire == wire);
        own.filter_map(Work::told).collect()
    }
}

impl Work {
    fn told(&self) -> Option<String> {
        match self.tally.counts().hits {
            0 => None,
            1 => Some(format!("packet rule `{}` (1 hit)", self.rule)),
            hits => Some(format!("packet rule `{}` ({hits} hits)", self.rule)),
        }
    }
}
