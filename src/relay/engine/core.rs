//! What the engine has, and what it can be told.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use super::counters::Counters;
use super::line::{Frames, Line};
use super::prepare::{self, Closing};
use super::record::{End, Recording};
use super::slab::{List, Slab};
use super::vigil::Vigil;
use super::wheel::Wheel;
use crate::impairment::Impairment;
use crate::packet::{Judge, Way};
use crate::relay::fate::Fates;
use crate::sys::ring::Waiting;

/// Everything that lives on the engine's thread.
pub(crate) struct Core {
    began: Instant,
    pub(super) lines: Vec<Line>,
    pub(super) slab: Slab,
    pub(super) wheel: Wheel,
    /// What rules hold, until a gate is opened.
    pub(super) gates: BTreeMap<u64, List>,
    pub(super) vigil: Vigil,
    /// What ends the thread's sleep.
    pub(super) waiting: Waiting,
    closing: Closing,
}

/// Whom an open gate lets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// So many, those first that came first.
    First(usize),
    All,
    /// All, the last one first.
    Reversed,
}

impl Core {
    pub(super) fn new(lines: Vec<[u32; 2]>, waiting: Waiting) -> Self {
        Self {
            began: Instant::now(),
            lines: lines.into_iter().map(Line::new).collect(),
            slab: Slab::default(),
            wheel: Wheel::new(),
            gates: BTreeMap::new(),
            vigil: Vigil::new(),
            waiting,
            closing: Closing::default(),
        }
    }

    /// How long the engine has been at work.
    pub(crate) fn time(&self) -> Duration {
        self.began.elapsed()
    }

    /// Nanoseconds since the engine began.
    pub(super) fn now(&self) -> u64 {
        nanoseconds(self.began.elapsed())
    }

    /// Carries a line from now on, or goes on with other frames. What was not prepared for that lets all lines wait meanwhile.
    pub(crate) fn take(&mut self, line: usize, frames: Frames) -> io::Result<()> {
        if self.lines[line].frames == Some(frames) {
            return Ok(());
        }
        let rings = match self.lines[line].prepared.take() {
            Some((prepared, rings)) if prepared == frames => rings,
            _ => prepare::wait(self.begin_to_open(line, frames)?)?,
        };
        self.lines[line].open_outlets()?;
        self.release(line);
        let line = &mut self.lines[line];
        for (direction, ring) in line.ways.iter_mut().zip(rings) {
            ring.hear()?;
            direction.ring = Some(ring);
        }
        line.frames = Some(frames);
        Ok(())
    }

    /// Carries nothing more that enters a line; what is under way still arrives, and what is due is ahead of what somebody else carries then.
    pub(crate) fn release(&mut self, line: usize) {
        let mut deaf = Vec::new();
        for way in Way::BOTH {
            if let Some(ring) = &self.lines[line].way(way).ring {
                // What it would take now is nobody's: it is closed soon.
                drop(ring.deafen());
            }
            // What has entered already is under way.
            self.drain(line, way);
            self.count_overrun(line, way);
            if let Some(mut ring) = self.lines[line].way(way).ring.take() {
                ring.ignore(&self.waiting);
                deaf.push(ring);
            }
        }
        self.flush();
        self.lines[line].frames = None;
        self.closing
            .close(deaf.into_iter().map(|ring| (Some(ring), None)));
    }

    /// Closes everything.
    pub(super) fn end(mut self) {
        for line in &mut self.lines {
            self.closing.close(line.take_apart());
        }
        self.closing.wait();
    }

    /// Impairs a direction from now on, or heals it. What is under way keeps its time, and what waits for the link goes on at the new
    /// rate. The fates of packets begin anew, unless only the rate is another: they follow from the seed and the order in which packets
    /// come from now on.
    pub(crate) fn impair(&mut self, line: usize, way: Way, what: Option<&Impairment>, seed: u64) {
        // What has entered meets what was there when it did.
        self.drain(line, way);
        let now = self.now();
        let direction = self.lines[line].way(way);
        let goes_on = |fates: &Fates| what.is_some_and(|what| fates.are_of(what, seed));
        if !direction.fates.as_ref().is_some_and(goes_on) {
            direction.fates = what.map(|what| Fates::new(what, seed));
            // What an earlier impairment delays is not waited for.
            direction.last = 0;
        }
        direction.link.change(what, now);
    }

    /// Lets somebody decide about each packet before it meets the impairment. What was held stays held. It must not panic: it would take
    /// all wires along.
    pub(crate) fn judge(&mut self, line: usize, judge: Option<Box<dyn Judge>>) {
        self.lines[line].judge = judge;
    }

    /// Lets packets go that a rule holds; returns how many. They meet the impairment now.
    pub(crate) fn open_gate(&mut self, gate: u64, how: Opening) -> usize {
        let Some(mut held) = self.gates.remove(&gate) else {
            return 0;
        };
        let most = match how {
            Opening::First(most) => most,
            Opening::All | Opening::Reversed => usize::MAX,
        };
        let mut free = Vec::new();
        while free.len() < most {
            let Some(id) = held.pop(&mut self.slab) else {
                break;
            };
            free.push(id);
        }
        if !held.is_empty() {
            self.gates.insert(gate, held);
        }
        if how == Opening::Reversed {
            free.reverse();
        }
        let now = self.now();
        let count = free.len();
        for id in free {
            let trip = self.slab.trip(id);
            self.note(trip.line, trip.seen, |seen| seen.end = End::Passed);
            self.admit(id, now);
        }
        self.flush();
        count
    }

    /// How many packets wait at a gate.
    pub(crate) fn held(&self, gate: u64) -> usize {
        self.gates.get(&gate).map_or(0, List::len)
    }

    /// Begins a recording, or ends it and forgets it.
    pub(crate) fn record(&mut self, line: usize, on: bool) {
        let line = &mut self.lines[line];
        if let Some(ended) = line.recording.take() {
            line.written = ended.written();
        }
        line.recording = on.then(|| Recording::after(line.written));
    }

    /// What was recorded until now: nothing if nothing is recorded.
    pub(crate) fn recorded(&mut self, line: usize) -> Recording {
        // What has entered is to be seen, even if nobody had the time yet.
        for way in Way::BOTH {
            self.drain(line, way);
        }
        self.lines[line].recording.clone().unwrap_or_default()
    }

    /// What became of the packets of a direction until now.
    pub(crate) fn counters(&mut self, line: usize, way: Way) -> Counters {
        self.drain(line, way);
        self.count_overrun(line, way);
        self.lines[line].way(way).counters
    }

    fn count_overrun(&mut self, line: usize, way: Way) {
        let direction = self.lines[line].way(way);
        if let Some(ring) = &direction.ring {
            direction.counters.overrun += ring.overrun();
        }
    }
}

/// A span of time that no test outlives is for ever.
pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
