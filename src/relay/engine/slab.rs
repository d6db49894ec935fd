//! Where frames wait: slots of three sizes that are used again and again, so that a packet costs no allocation.

use crate::packet::Way;

/// No frame.
const NONE: u32 = u32::MAX;
/// How long the frames of each class may be: of the usual MTU, jumbo frames, offloaded ones.
const SIZES: [usize; 3] = [2048, 16_384, 69_632];
/// More than any test needs, and less than a machine has.
const MOST: usize = 1 << 30;

/// The number of a frame in the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(u32);

/// Frames that wait somewhere, each in one [`List`].
#[derive(Default)]
pub(super) struct Slab {
    entries: Vec<Entry>,
    free: List,
    /// Slots that nobody uses, of each size.
    slots: [Vec<Box<[u8]>>; SIZES.len()],
    allocated: usize,
}

struct Entry {
    next: u32,
    slot: Box<[u8]>,
    length: usize,
    /// When it goes on, in nanoseconds.
    at: u64,
    trip: Trip,
}

/// Whither a frame is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trip {
    pub(super) line: usize,
    pub(super) way: Way,
    pub(super) stage: Stage,
    /// What it still has to wait behind the queue, in nanoseconds.
    pub(super) delay: u64,
    /// It goes at once, whatever goes before it.
    pub(super) overtakes: bool,
    /// Its number in the recording.
    pub(super) seen: Option<u64>,
}

/// What a frame waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// A rule delayed or held it: the impairment is still to come.
    Judged,
    /// It has met the impairment.
    Impaired,
}

/// Frames in a row: the first in is the first out.
#[derive(Debug)]
pub(super) struct List {
    first: u32,
    last: u32,
    length: usize,
}

impl Default for List {
    fn default() -> Self {
        Self {
            first: NONE,
            last: NONE,
            length: 0,
        }
    }
}

impl List {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn first(&self) -> Option<Id> {
        (self.first != NONE).then_some(Id(self.first))
    }

    pub(super) fn push(&mut self, slab: &mut Slab, id: Id) {
        self.push_entry(&mut slab.entries, id.0);
    }

    pub(super) fn pop(&mut self, slab: &mut Slab) -> Option<Id> {
        self.pop_entry(&slab.entries).map(Id)
    }

    /// The frames, first to last.
    pub(super) fn iter<'s>(&self, slab: &'s Slab) -> impl Iterator<Item = Id> + use<'s> {
        let mut at = self.first;
        std::iter::from_fn(move || {
            let id = (at != NONE).then_some(Id(at))?;
            at = slab.entries[at as usize].next;
            Some(id)
        })
    }

    fn push_entry(&mut self, entries: &mut [Entry], id: u32) {
        entries[id as usize].next = NONE;
        if self.last == NONE {
            self.first = id;
        } else {
            entries[self.last as usize].next = id;
        }
        self.last = id;
        self.length += 1;
    }

    fn pop_entry(&mut self, entries: &[Entry]) -> Option<u32> {
        if self.first == NONE {
            return None;
        }
        let id = self.first;
        self.first = entries[id as usize].next;
        if self.first == NONE {
            self.last = NONE;
        }
        self.length -= 1;
        Some(id)
    }
}

impl Slab {
    /// Keeps a copy of a frame; nothing if it is too long or all room is taken.
    pub(super) fn keep(&mut self, bytes: &[u8], trip: Trip) -> Option<Id> {
        let mut slot = self.slot(bytes.len())?;
        slot[..bytes.len()].copy_from_slice(bytes);
        let entry = Entry {
            next: NONE,
            slot,
            length: bytes.len(),
            at: 0,
            trip,
        };
        if let Some(id) = self.free.pop_entry(&self.entries) {
            self.entries[id as usize] = entry;
            return Some(Id(id));
        }
        self.entries.push(entry);
        Some(Id(self.entries.len() as u32 - 1))
    }

    /// Keeps another copy of a frame.
    pub(super) fn copy(&mut self, id: Id) -> Option<Id> {
        let entry = &mut self.entries[id.0 as usize];
        let (slot, length, trip) = (std::mem::take(&mut entry.slot), entry.length, entry.trip);
        let copy = self.keep(&slot[..length], trip);
        self.entries[id.0 as usize].slot = slot;
        copy
    }

    /// Gives a frame's slot to others.
    pub(super) fn forget(&mut self, id: Id) {
        let slot = std::mem::take(&mut self.entries[id.0 as usize].slot);
        if let Some(class) = SIZES.iter().position(|size| slot.len() == *size) {
            self.slots[class].push(slot);
        }
        self.free.push_entry(&mut self.entries, id.0);
    }

    pub(super) fn bytes(&self, id: Id) -> &[u8] {
        let entry = &self.entries[id.0 as usize];
        &entry.slot[..entry.length]
    }

    pub(super) fn bytes_mut(&mut self, id: Id) -> &mut [u8] {
        let entry = &mut self.entries[id.0 as usize];
        &mut entry.slot[..entry.length]
    }

    pub(super) fn trip(&self, id: Id) -> Trip {
        self.entries[id.0 as usize].trip
    }

    pub(super) fn set_trip(&mut self, id: Id, trip: Trip) {
        self.entries[id.0 as usize].trip = trip;
    }

    /// How many frames are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// How many frames there have been at once.
    #[cfg(test)]
    pub(super) fn peak(&self) -> usize {
        self.entries.len()
    }

    /// When a frame goes on, in nanoseconds.
    pub(super) fn at(&self, id: Id) -> u64 {
        self.entries[id.0 as usize].at
    }

    pub(super) fn set_at(&mut self, id: Id, at: u64) {
        self.entries[id.0 as usize].at = at;
    }

    /// A slot of the least size that will do, used before if there is one.
    fn slot(&mut self, length: usize) -> Option<Box<[u8]>> {
        let class = SIZES.iter().position(|size| length <= *size)?;
        if let Some(slot) = self.slots[class].pop() {
            return Some(slot);
        }
        let size = SIZES[class];
        if self.allocated + size > MOST {
            return None;
        }
        self.allocated += size;
        Some(vec![0; size].into_boxed_slice())
    }
}
