//! What a rule has done, for whoever waits for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a rule has done: written by the thread that carries the packets, read by the test.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Packets that met all conditions.
    pub(crate) matched: u64,
    /// Packets that it did something to.
    pub(crate) hits: u64,
    /// The panic of its closure.
    pub(crate) panicked: Option<String>,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Waits until it has acted on so many packets, panicked, or the limit is reached.
    pub(crate) fn wait(&self, hits: u64, limit: Duration) -> Counts {
        // A limit that no clock reaches is none.
        let end = Instant::now().checked_add(limit);
        let mut counts = self.lock();
        while counts.hits < hits && counts.panicked.is_none() {
            let left = end.map_or(limit, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(counts, left);
            counts = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        counts.clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
