//! The engine's rest: for how long, and what ends it.

use std::io;
use std::time::Duration;

use super::core::Core;
use super::inlet::Inlet;
use crate::sys::ring::{Bell, Ring};

/// How long to sleep where the kernel refuses to watch something.
const NAP: Duration = Duration::from_millis(1);

impl Core {
    /// Sleeps until a frame enters, a frame is due, a port has room again or the bell is rung; or returns at once, to look again.
    pub(super) fn rest(&mut self, bell: &Bell) {
        let now = self.now();
        let due = self.next();
        // What is due ends a sleep by itself, and a wire at its limit would have the thread awake all the time: it would lose its turn
        // to others on busy processors.
        if due.is_none() && self.vigil.stays(now) {
            return;
        }
        let time = due.map(|at| at.saturating_sub(now));
        let time = time.map(Duration::from_nanos);
        let time = match self.watch() {
            Ok(()) => time,
            Err(_) => Some(time.map_or(NAP, |time| time.min(NAP))),
        };
        if self.waiting.wait(time) {
            self.forgive();
        }
        bell.quiet();
    }

    /// There was work: it may be worth staying awake for the next.
    pub(super) fn wake(&mut self) {
        if self.vigil.is_idle() {
            let now = self.now();
            self.vigil.ends(now);
        }
    }

    /// Watches what is to end a sleep, and nothing else: a ring that is not read would end each at once.
    fn watch(&mut self) -> io::Result<()> {
        for direction in self.lines.iter_mut().flat_map(|line| &mut line.ways) {
            let is_open = direction.is_open();
            match &mut direction.ring {
                Some(ring) if is_open => ring.watch(&self.waiting)?,
                Some(ring) => ring.ignore(&self.waiting),
                None => {}
            }
            if let Some(outlet) = &mut direction.outlet {
                outlet.watch(&self.waiting)?;
            }
        }
        Ok(())
    }

    /// When something is due that nobody announces.
    fn next(&self) -> Option<u64> {
        let links = self.lines.iter().flat_map(|line| &line.ways);
        let links = links.filter_map(|direction| direction.link.ends());
        links.chain(self.wheel.next()).min()
    }

    /// A port that went down says so until it is asked: then waiting for it waits again.
    fn forgive(&self) {
        for direction in self.lines.iter().flat_map(|line| &line.ways) {
            let rings = direction.ring.iter().flat_map(Inlet::rings);
            rings.for_each(Ring::forgive);
            if let Some(outlet) = &direction.outlet {
                outlet.port.forgive();
            }
        }
    }
}
