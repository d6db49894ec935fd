//! The end where frames enter a line.

use std::io;

use super::line::Frames;
use crate::sys::ring::{Ring, Waiting};

/// Whole frames longer than this have a ring of their own, so that short ones do not waste its slots: a burst of those is
/// thousands of packets.
const SHORT: u32 = 2000;
const LONGEST: u32 = 65_600;

/// A port's rings: one for short frames, and for long ones if there are any.
pub(super) struct Inlet {
    short: Ring,
    long: Option<Ring>,
    /// The frames at hand, as they arrived: whether each is a long one, and its number in its ring.
    order: Vec<(bool, usize)>,
    /// Whether a frame ends the engine's sleep.
    watched: bool,
}

impl Inlet {
    /// Opens a port. It hears nothing yet.
    pub(super) fn open(port: u32, frames: Frames, room: usize) -> io::Result<Self> {
        let (short, long) = match frames {
            Frames::Single { longest } => (Ring::open(port, longest, room, None)?, None),
            Frames::Whole => {
                let short = Ring::open(port, SHORT as usize, room, Some(0..=SHORT))?;
                let long = Some(SHORT + 1..=u32::MAX);
                (short, Some(Ring::open(port, LONGEST as usize, room, long)?))
            }
        };
        Ok(Self {
            short,
            long,
            order: Vec::with_capacity(64),
            watched: false,
        })
    }

    pub(super) fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.short).chain(&self.long)
    }

    /// Takes what waits, about `most` frames; returns how many are at hand until [`give_back`](Self::give_back).
    pub(super) fn fetch(&mut self, most: usize) -> usize {
        self.order.clear();
        let Some(long) = &mut self.long else {
            let count = self.short.fetch(most.min(self.short.slots() / 2));
            self.order.extend((0..count).map(|nth| (false, nth)));
            return count;
        };
        let most = most.min(long.slots() / 2);
        let last =
            |ring: &Ring, count: usize| count.checked_sub(1).and_then(|nth| ring.arrived(nth));
        // What arrived before a frame that is seen can be seen as well, in a ring that is looked at later. So what is not later than the
        // last frame of the first two looks is complete after the third, and in order.
        let first = self.short.fetch(most);
        let longs = long.fetch(most);
        let mut until = last(&self.short, first).max(last(long, longs));
        let shorts = self.short.fetch(most);
        for (ring, count) in [(&self.short, shorts), (&*long, longs)] {
            if count == most {
                // There may be more behind.
                until = until.min(last(ring, count));
            }
        }
        let times = [&self.short, &*long].map(|ring| |nth: usize| ring.arrived(nth));
        merge(&mut self.order, times, until);
        if self.order.is_empty() && until.is_some() {
            // Somebody has set the clock back: what is there goes as it lies.
            self.order.extend((0..shorts).map(|nth| (false, nth)));
            self.order.extend((0..longs).map(|nth| (true, nth)));
        }
        self.order.len()
    }

    pub(super) fn slots(&self) -> usize {
        self.rings().map(Ring::slots).sum()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.rings()
            .any(|ring| ring.arrived(0).is_some() || ring.is_ready())
    }

    pub(super) fn frame(&self, nth: usize) -> &[u8] {
        let (ring, nth) = self.find(nth);
        ring.frame(nth)
    }

    pub(super) fn frame_mut(&mut self, nth: usize) -> (&mut [u8], usize) {
        let (ring, nth) = self.find_mut(nth);
        ring.frame_mut(nth)
    }

    pub(super) fn set_length(&mut self, nth: usize, length: usize) {
        let (ring, nth) = self.find_mut(nth);
        ring.set_length(nth, length);
    }

    pub(super) fn give_back(&mut self) {
        let longs = self.order.iter().filter(|(long, _)| *long).count();
        self.short.give_back(self.order.len() - longs);
        if let Some(long) = &mut self.long {
            long.give_back(longs);
        }
        self.order.clear();
    }

    pub(super) fn hear(&self) -> io::Result<()> {
        self.rings().try_for_each(Ring::hear)
    }

    pub(super) fn deafen(&self) -> io::Result<()> {
        self.rings().try_for_each(Ring::deafen)
    }

    /// Lets frames end the engine's sleep.
    pub(super) fn watch(&mut self, waiting: &Waiting) -> io::Result<()> {
        if !self.watched {
            self.rings().try_for_each(|ring| waiting.add(ring, false))?;
            self.watched = true;
        }
        Ok(())
    }

    /// Frames do not end the engine's sleep any more.
    pub(super) fn ignore(&mut self, waiting: &Waiting) {
        if self.watched {
            self.rings().for_each(|ring| waiting.remove(ring));
            self.watched = false;
        }
    }

    pub(super) fn overrun(&self) -> u64 {
        self.rings().map(Ring::overrun).sum()
    }

    fn find(&self, nth: usize) -> (&Ring, usize) {
        match (&self.long, self.order[nth]) {
            (Some(long), (true, nth)) => (long, nth),
            (_, (_, nth)) => (&self.short, nth),
        }
    }

    fn find_mut(&mut self, nth: usize) -> (&mut Ring, usize) {
        match (&mut self.long, self.order[nth]) {
            (Some(long), (true, nth)) => (long, nth),
            (_, (_, nth)) => (&mut self.short, nth),
        }
    }
}

/// The frames of both rings that are not later than `until`, as they arrived.
fn merge(
    order: &mut Vec<(bool, usize)>,
    [short, long]: [impl Fn(usize) -> Option<u64>; 2],
    until: Option<u64>,
) {
    let due = |at: Option<u64>| at.filter(|at| Some(*at) <= until);
    let (mut shorts, mut longs) = (0, 0);
    loop {
        let is_long = match (due(short(shorts)), due(long(longs))) {
            (None, None) => return,
            (Some(_), None) => false,
            (None, Some(_)) => true,
            (Some(short), Some(long)) => long < short,
        };
        let nth = if is_long { &mut longs } else { &mut shorts };
        order.push((is_long, *nth));
        *nth += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(short: &[u64], long: &[u64], until: u64) -> Vec<(bool, usize)> {
        let mut order = Vec::new();
        let times = [short, long].map(|times| |nth: usize| times.get(nth).copied());
        merge(&mut order, times, Some(until));
        order
    }

    #[test]
    fn frames_of_both_rings_go_as_they_arrived() {
        let order = merged(&[1, 2, 7, 9], &[3, 8], 8);
        assert_eq!(
            order,
            [(false, 0), (false, 1), (true, 0), (false, 2), (true, 1)]
        );
        assert_eq!(merged(&[], &[1, 2], 2), [(true, 0), (true, 1)]);
        // What is later may have others before it that nobody has seen yet.
        assert_eq!(merged(&[5], &[3], 2), []);
        assert_eq!(merged(&[5], &[3], 3), [(true, 0)]);
    }
}
