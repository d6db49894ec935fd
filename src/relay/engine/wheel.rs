//! When frames go on: a hierarchical timer wheel, so that a frame costs the same among ten others and among a million.

use super::slab::{Id, List, Slab};

/// A tick is 2^14 nanoseconds, 16 microseconds: frames are never early, and late by as much at most.
const TICK: u32 = 14;
const LEVELS: usize = 6;
/// A level has 64 slots, each as long as the whole level below.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// How many bits of a tick the levels tell apart: 13 days.
const SPAN: u32 = BITS * LEVELS as u32;

/// Frames by when they go on. Those of one tick keep their order.
pub(super) struct Wheel {
    levels: [Level; LEVELS],
    /// What belongs to another span of 13 days.
    far: List,
    /// All ticks before have passed.
    tick: u64,
    length: usize,
}

#[derive(Default)]
struct Level {
    /// A bit for each slot that has frames.
    occupied: u64,
    slots: Vec<List>,
}

impl Wheel {
    pub(super) fn new() -> Self {
        let level = || Level {
            occupied: 0,
            slots: (0..SLOTS).map(|_| List::default()).collect(),
        };
        Self {
            levels: std::array::from_fn(|_| level()),
            far: List::default(),
            tick: 0,
            length: 0,
        }
    }

    /// Lets a frame wait until its moment. The wheel must have been advanced to now.
    pub(super) fn insert(&mut self, slab: &mut Slab, id: Id) {
        // The first tick that begins when the moment has come.
        let tick = slab.at(id).div_ceil(1 << TICK);
        self.place(slab, id, tick);
        self.length += 1;
    }

    /// Moves what is due at `now` to the end of `due`.
    pub(super) fn advance(&mut self, slab: &mut Slab, now: u64, due: &mut List) {
        let now = now >> TICK;
        self.turn(slab, now, due);
        // Span by span, so that what comes first goes first.
        while !self.far.is_empty() && now >> SPAN > self.tick >> SPAN {
            self.tick = ((self.tick >> SPAN) + 1) << SPAN;
            let mut far = std::mem::take(&mut self.far);
            while let Some(id) = far.pop(slab) {
                let tick = slab.at(id).div_ceil(1 << TICK);
                self.place(slab, id, tick);
            }
            self.turn(slab, now, due);
        }
        self.tick = self.tick.max(now);
    }

    /// Empties the slots that have begun at `now`: into lower levels, and the lowest into `due`.
    fn turn(&mut self, slab: &mut Slab, now: u64, due: &mut List) {
        while let Some((level, slot, begin)) = self.first() {
            if begin > now {
                break;
            }
            self.tick = self.tick.max(begin);
            let mut list = std::mem::take(&mut self.levels[level].slots[slot]);
            self.levels[level].occupied &= !(1 << slot);
            while let Some(id) = list.pop(slab) {
                let tick = slab.at(id).div_ceil(1 << TICK);
                if tick <= self.tick {
                    due.push(slab, id);
                    self.length -= 1;
                } else {
                    self.place(slab, id, tick);
                }
            }
        }
    }

    /// When to look again, in nanoseconds: nothing is due before.
    pub(super) fn next(&self) -> Option<u64> {
        let far = (!self.far.is_empty()).then_some(((self.tick >> SPAN) + 1) << SPAN);
        let tick = self.first().map(|(_, _, tick)| tick).or(far)?;
        Some(tick.saturating_mul(1 << TICK))
    }

    /// How many frames wait.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    fn place(&mut self, slab: &mut Slab, id: Id, tick: u64) {
        let tick = tick.max(self.tick);
        // The highest digit in which the tick differs from now is that of the level.
        let differs = (tick ^ self.tick) | 1;
        let level = (differs.ilog2() / BITS) as usize;
        if level >= LEVELS {
            self.far.push(slab, id);
            return;
        }
        let slot = (tick >> (level as u32 * BITS)) as usize % SLOTS;
        self.levels[level].slots[slot].push(slab, id);
        self.levels[level].occupied |= 1 << slot;
    }

    /// The earliest slot with frames: its level, its number, and the tick at which it begins.
    fn first(&self) -> Option<(usize, usize, u64)> {
        // What is on a lower level differs from now in lower digits only, so that it is earlier.
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros();
        let shift = level as u32 * BITS;
        let above = self.tick >> (shift + BITS) << (shift + BITS);
        Some((level, slot as usize, above | u64::from(slot) << shift))
    }
}
