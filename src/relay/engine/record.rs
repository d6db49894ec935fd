//! What entered a line, packet by packet.

use std::time::Duration;

use crate::packet::{Verdict, Way};
use crate::relay::fate::{Damage, Passage};

/// How many packets are kept.
const MOST: usize = 65_536;

/// A packet that was seen, and what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The first of a recording is 1, whichever way it goes.
    pub(crate) number: u64,
    /// Since the engine began.
    pub(crate) at: Duration,
    pub(crate) way: Way,
    /// What a rule decided, if it was not to let it pass.
    pub(crate) rule: Option<Verdict>,
    pub(crate) end: End,
    /// Whether a rule changed its bytes.
    pub(crate) rewritten: bool,
    /// How many copies followed it.
    pub(crate) copies: u32,
    pub(crate) damage: Option<Damage>,
    /// What the impairment delayed it by, behind its queue.
    pub(crate) delay: Duration,
    pub(crate) reordered: bool,
    /// The whole frame as it entered, its checksums complete.
    pub(crate) bytes: Vec<u8>,
}

/// Where it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// On its way to the other end, or there.
    Passed,
    /// The impairment lost it.
    Lost,
    /// It found the queue full.
    QueueFull,
    /// A rule dropped it.
    Dropped,
    /// A rule holds it.
    Held,
}

/// What was seen, and how much more there was than is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) seen: Vec<Seen>,
    pub(crate) missed: u64,
    /// How many packets earlier recordings of the line wrote down: numbers go on, so that what they saw is not taken for another.
    before: u64,
}

impl Recording {
    /// One that begins when so many packets have been written down.
    pub(super) fn after(before: u64) -> Self {
        Self {
            before,
            ..Self::default()
        }
    }

    /// How many packets have been written down in its end, earlier ones among them.
    pub(super) fn written(&self) -> u64 {
        self.before + self.seen.len() as u64
    }

    /// Writes a packet down; returns its number.
    pub(super) fn enter(&mut self, way: Way, at: Duration, frame: &[u8]) -> Option<u64> {
        if self.seen.len() >= MOST {
            self.missed += 1;
            return None;
        }
        let number = self.before + self.seen.len() as u64 + 1;
        self.seen.push(Seen {
            number,
            at,
            way,
            rule: None,
            end: End::Passed,
            rewritten: false,
            copies: 0,
            damage: None,
            delay: Duration::ZERO,
            reordered: false,
            bytes: frame.to_vec(),
        });
        Some(number)
    }

    /// A packet that was written down, unless the recording has begun anew since.
    pub(super) fn seen(&mut self, number: u64) -> Option<&mut Seen> {
        let place = number.checked_sub(self.before + 1)?;
        self.seen.get_mut(usize::try_from(place).ok()?)
    }
}

impl Seen {
    pub(super) fn pass(&mut self, passage: &Passage) {
        self.end = End::Passed;
        self.damage = passage.damage;
        self.delay = passage.delay;
        self.reordered = passage.reordered;
    }
}
