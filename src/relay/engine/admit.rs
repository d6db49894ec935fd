//! From a packet to its end: the rules' verdict, the impairment, the link, the delay.

use super::bytes;
use super::core::{Core, Opening, nanoseconds};
use super::record::{End, Seen};
use super::slab::{Id, Stage, Trip};
use crate::packet::{Verdict, Way};
use crate::relay::fate::{Damage, Fate, Offer, Passage};
use crate::sys::ring::HEAD;

impl Core {
    /// Writes down what the rules decided.
    pub(super) fn note_rule(&mut self, line: usize, way: Way, seen: Option<u64>, verdict: Verdict) {
        let ruled = &mut self.lines[line].way(way).counters.ruled;
        match verdict {
            Verdict::Pass => return,
            Verdict::Drop => ruled.dropped += 1,
            Verdict::Delay(_) => ruled.delayed += 1,
            Verdict::Duplicate(copies) => ruled.duplicated += u64::from(copies),
            Verdict::Hold(_) => ruled.held += 1,
            Verdict::Release(_) => ruled.reversed += 1,
        }
        self.note(line, seen, |seen| {
            seen.rule = Some(verdict);
            match verdict {
                Verdict::Drop => seen.end = End::Dropped,
                Verdict::Hold(_) => seen.end = End::Held,
                Verdict::Duplicate(copies) => seen.copies += copies,
                Verdict::Pass | Verdict::Delay(_) | Verdict::Release(_) => {}
            }
        });
    }

    /// Does with a frame what the rules decided.
    pub(super) fn follow(&mut self, verdict: Verdict, packet: &[u8], trip: Trip, now: u64) {
        let copies = match verdict {
            Verdict::Duplicate(copies) => copies,
            _ => 0,
        };
        for _ in 0..=copies {
            let Some(id) = self.keep(packet, trip) else {
                return;
            };
            match verdict {
                Verdict::Delay(delay) => self.schedule(id, now.saturating_add(nanoseconds(delay))),
                Verdict::Hold(gate) => {
                    self.gates.entry(gate).or_default().push(&mut self.slab, id);
                }
                Verdict::Pass | Verdict::Drop | Verdict::Duplicate(_) | Verdict::Release(_) => {
                    self.admit(id, now);
                }
            }
        }
        if let Verdict::Release(gate) = verdict {
            self.open_gate(gate, Opening::Reversed);
        }
    }

    /// Lets a packet meet the impairment of its direction.
    pub(super) fn admit(&mut self, id: Id, now: u64) {
        let trip = self.slab.trip(id);
        let length = self.slab.bytes(id).len() - HEAD;
        let direction = self.lines[trip.line].way(trip.way);
        let Some(fates) = &mut direction.fates else {
            self.enter_link(id, &Passage::default(), now);
            return;
        };
        let Fate { lost, first, copy } = fates.next(length);
        if lost {
            self.lose(id, trip);
            return;
        }
        // The copy is made before the packet is damaged, and follows it.
        let copied = copy.and_then(|passage| Some((self.slab.copy(id)?, passage)));
        self.note(trip.line, trip.seen, |seen| {
            seen.pass(&first);
            seen.copies += u32::from(copied.is_some());
        });
        self.enter_link(id, &first, now);
        if let Some((copy, passage)) = copied {
            self.lines[trip.line].way(trip.way).counters.duplicated += 1;
            self.slab.set_trip(copy, Trip { seen: None, ..trip });
            self.enter_link(copy, &passage, now);
        }
    }

    /// Lets go the packets whose transmission has ended; returns whether there were any.
    pub(super) fn transmit(&mut self, now: u64) -> bool {
        let mut any = false;
        for line in 0..self.lines.len() {
            for way in Way::BOTH {
                while let Some(ends) = self.lines[line]
                    .way(way)
                    .link
                    .ends()
                    .filter(|at| *at <= now)
                {
                    any = true;
                    self.leave_link(line, way, ends, now);
                }
            }
        }
        any
    }

    /// Hands a packet to the port at the other end.
    pub(super) fn leave(&mut self, id: Id) {
        let trip = self.slab.trip(id);
        match &mut self.lines[trip.line].way(trip.way).outlet {
            Some(outlet) => outlet.queue(&mut self.slab, id),
            None => self.slab.forget(id),
        }
    }

    fn lose(&mut self, id: Id, trip: Trip) {
        let neighbour = bytes::is_neighbour(bytes::frame(self.slab.bytes(id)));
        let counters = &mut self.lines[trip.line].way(trip.way).counters;
        counters.lost += 1;
        counters.neighbours_lost += u64::from(neighbour);
        self.note(trip.line, trip.seen, |seen| seen.end = End::Lost);
        self.slab.forget(id);
    }

    /// The queue of a limited rate, or past it.
    fn enter_link(&mut self, id: Id, passage: &Passage, now: u64) {
        let trip = self.slab.trip(id);
        let length = self.slab.bytes(id).len() - HEAD;
        self.slab.set_trip(
            id,
            Trip {
                stage: Stage::Impaired,
                delay: nanoseconds(passage.delay),
                overtakes: passage.reordered,
                ..trip
            },
        );
        if let Some(Damage { byte, bit }) = passage.damage {
            if let Some(byte) = self.slab.bytes_mut(id).get_mut(HEAD + byte) {
                *byte ^= 1 << bit;
            }
        }
        let direction = self.lines[trip.line].way(trip.way);
        match direction.link.offer(length, now) {
            Offer::Full => {
                direction.counters.queue_full += 1;
                self.slab.forget(id);
                self.note(trip.line, trip.seen, |seen| seen.end = End::QueueFull);
                return;
            }
            Offer::Waits => direction.queue.push(&mut self.slab, id),
            Offer::Passes => self.fly(id, now, now),
        }
        let counters = &mut self.lines[trip.line].way(trip.way).counters;
        counters.corrupted += u64::from(passage.damage.is_some());
        counters.reordered += u64::from(passage.reordered);
    }

    /// The packet in transmission has left the link, and the next one begins.
    fn leave_link(&mut self, line: usize, way: Way, ends: u64, now: u64) {
        let direction = self.lines[line].way(way);
        let left = direction.queue.pop(&mut self.slab);
        let next = direction.queue.first();
        let next = next.map(|id| self.slab.bytes(id).len() - HEAD);
        direction.link.go_on(next);
        if let Some(id) = left {
            self.fly(id, ends, now);
        }
    }

    /// The way itself: a packet that left at `left` arrives when its delay is over.
    fn fly(&mut self, id: Id, left: u64, now: u64) {
        let trip = self.slab.trip(id);
        let direction = self.lines[trip.line].way(trip.way);
        let mut at = left.saturating_add(trip.delay);
        if !trip.overtakes && direction.fates.as_ref().is_some_and(|it| it.keeps_order()) {
            at = at.max(direction.last);
            direction.last = at;
        }
        if at <= now {
            self.leave(id);
        } else {
            self.schedule(id, at);
        }
    }

    fn schedule(&mut self, id: Id, at: u64) {
        self.slab.set_at(id, at);
        self.wheel.insert(&mut self.slab, id);
    }

    /// Keeps a frame; one that finds no room is counted.
    fn keep(&mut self, packet: &[u8], trip: Trip) -> Option<Id> {
        let kept = self.slab.keep(packet, trip);
        if kept.is_none() {
            self.lines[trip.line].way(trip.way).counters.overrun += 1;
        }
        kept
    }

    /// Writes something down about a packet that is in the recording.
    pub(super) fn note(&mut self, line: usize, seen: Option<u64>, write: impl FnOnce(&mut Seen)) {
        let recording = self.lines[line].recording.as_mut();
        let seen = recording.zip(seen).and_then(|(it, number)| it.seen(number));
        if let Some(seen) = seen {
            write(seen);
        }
    }
}
