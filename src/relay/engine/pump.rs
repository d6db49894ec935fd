//! The engine's work: frames in, and what is due out.

use std::time::Duration;

use super::bytes;
use super::core::Core;
use super::inlet::Inlet;
use super::line::{Direction, Frames};
use super::slab::{List, Stage, Trip};
use crate::packet::{Frame, Verdict, Way};
use crate::sys::ring::HEAD;

/// How many frames are taken from a port before others have their turn.
const BURST: usize = 64;

impl Core {
    /// Does what there is to do now; returns whether there was anything.
    pub(super) fn step(&mut self) -> bool {
        let mut busy = self.let_go();
        for line in 0..self.lines.len() {
            if self.lines[line].frames.is_some() {
                for way in Way::BOTH {
                    busy |= self.pump(line, way);
                }
            }
        }
        busy | self.flush()
    }

    /// Takes a burst of frames from a port; returns whether there was any.
    pub(super) fn pump(&mut self, line: usize, way: Way) -> bool {
        let direction = self.lines[line].way(way);
        let ring = direction.ring.as_ref().filter(|_| direction.is_open());
        ring.is_some_and(Inlet::is_ready) && self.take_burst(line, way) > 0
    }

    /// Takes in what has entered a port until now, even if it has to wait at the other.
    pub(super) fn drain(&mut self, line: usize, way: Way) {
        let ring = self.lines[line].way(way).ring.as_ref();
        // What enters meanwhile is not waited for.
        let most = ring.map_or(0, Inlet::slots);
        let mut taken = 0;
        while taken < most {
            match self.take_burst(line, way) {
                0 => return,
                count => taken += count,
            }
        }
    }

    /// Takes a burst of frames from a port; returns how many there were.
    fn take_burst(&mut self, line: usize, way: Way) -> usize {
        let Some(mut ring) = self.lines[line].way(way).ring.take() else {
            return 0;
        };
        let count = ring.fetch(BURST);
        let direction = self.lines[line].way(way);
        for nth in 0..count {
            count_entering(direction, bytes::frame(ring.frame(nth)));
        }
        let passed = if self.lines[line].is_plain(way) {
            self.pass(line, way, &ring, count)
        } else {
            0
        };
        let now = self.now();
        for nth in passed..count {
            self.meet(line, way, &mut ring, nth, now);
        }
        ring.give_back();
        self.lines[line].way(way).ring = Some(ring);
        count
    }

    /// Sends frames on as they are, out of the slots in which they came; returns how many the port took.
    fn pass(&mut self, line: usize, way: Way, ring: &Inlet, count: usize) -> usize {
        let direction = self.lines[line].way(way);
        let Some(outlet) = &mut direction.outlet else {
            return 0;
        };
        outlet.send(&mut direction.counters, count, |nth| ring.frame(nth))
    }

    /// Lets a frame meet whatever is to decide about it: first who sees it, then the rules, then the impairment.
    fn meet(&mut self, line: usize, way: Way, ring: &mut Inlet, nth: usize, now: u64) {
        if ring.frame(nth).is_empty() {
            return;
        }
        let at = Duration::from_nanos(now);
        let single = matches!(self.lines[line].frames, Some(Frames::Single { .. }));
        if single {
            bytes::complete_checksum(ring.frame_mut(nth).0);
        }
        let one = &mut self.lines[line];
        let recording = one.recording.as_mut();
        let seen = recording.and_then(|it| it.enter(way, at, bytes::frame(ring.frame(nth))));
        let verdict = self.verdict(line, way, ring, nth, at);
        self.note_rule(line, way, seen, verdict);
        self.note(line, seen, |seen| {
            seen.rewritten = seen.bytes != bytes::frame(ring.frame(nth));
        });
        if verdict == Verdict::Drop {
            return;
        }
        let trip = Trip {
            line,
            way,
            stage: Stage::Judged,
            delay: 0,
            overtakes: false,
            seen,
        };
        self.follow(verdict, ring.frame(nth), trip, now);
    }

    /// What the rules decide. They may change the frame where it lies.
    fn verdict(
        &mut self,
        line: usize,
        way: Way,
        ring: &mut Inlet,
        nth: usize,
        at: Duration,
    ) -> Verdict {
        let line = &mut self.lines[line];
        let Some(judge) = &mut line.judge else {
            return Verdict::Pass;
        };
        let (packet, length) = ring.frame_mut(nth);
        let mut frame = Frame {
            buffer: &mut packet[HEAD..],
            length: length - HEAD,
        };
        let verdict = judge.judge(way, &mut frame, at);
        let length = HEAD + frame.length;
        ring.set_length(nth, length);
        verdict
    }

    /// Sends on what waits for ports, as far as they have room; returns whether anything left.
    pub(super) fn flush(&mut self) -> bool {
        let mut any = false;
        for direction in self.lines.iter_mut().flat_map(|line| &mut line.ways) {
            if let Some(outlet) = direction
                .outlet
                .as_mut()
                .filter(|outlet| !outlet.is_clear())
            {
                any |= outlet.flush(&mut self.slab, &mut direction.counters);
            }
        }
        any
    }

    /// Lets go what is due; returns whether anything was.
    fn let_go(&mut self) -> bool {
        if self.wheel.len() == 0 && self.lines.iter().all(|line| line.is_idle()) {
            return false;
        }
        let now = self.now();
        let mut any = self.transmit(now);
        let mut due = List::default();
        self.wheel.advance(&mut self.slab, now, &mut due);
        while let Some(id) = due.pop(&mut self.slab) {
            any = true;
            match self.slab.trip(id).stage {
                Stage::Judged => self.admit(id, now),
                Stage::Impaired => self.leave(id),
            }
        }
        any
    }
}

fn count_entering(direction: &mut Direction, frame: &[u8]) {
    let counters = &mut direction.counters;
    counters.packets += 1;
    counters.bytes += frame.len() as u64;
    if frame.is_empty() {
        // It was longer than its slot.
        counters.refused += 1;
    }
    if bytes::is_neighbour(frame) {
        counters.neighbours += 1;
    }
}
