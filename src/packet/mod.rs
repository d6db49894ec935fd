//! Packets as they are on a wire: whose they are, what is in them, and what is to become of them.

mod checksum;
mod condition;
mod edit;
mod flags;
pub mod header;
mod layout;
mod matching;
mod print;
mod random;
mod rule;
mod rules;
mod tally;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use std::time::Duration;

pub(crate) use condition::Sender;
pub use edit::PacketMut;
pub use matching::Match;
pub(crate) use matching::Selection;
pub use rule::{PacketAction, PacketRule};
pub(crate) use rules::Rules;
pub(crate) use tally::{Counts, Tally};
pub use view::Packet;

/// Which way a packet goes on a cable: from its first end to its second, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Way {
    Forth,
    Back,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Forth, Self::Back];

    pub(crate) fn back(self) -> Self {
        match self {
            Self::Forth => Self::Back,
            Self::Back => Self::Forth,
        }
    }
}

/// What rules decide about a packet. Only what passes meets the impairment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Drop,
    /// It goes on after this time, and meets the impairment then.
    Delay(Duration),
    /// It goes on, and so many copies follow it.
    Duplicate(u32),
    /// It waits until the gate of this number is opened.
    Hold(u64),
    /// It goes on, and what waits at the gate of this number follows it, the latest first.
    Release(u64),
}

/// A frame in a buffer that may be longer.
#[derive(Debug)]
pub(crate) struct Frame<'b> {
    pub(crate) buffer: &'b mut [u8],
    pub(crate) length: usize,
}

/// Whoever decides about the packets of a cable, on the thread that carries them.
pub(crate) trait Judge: Send {
    /// May change the frame. `at` is the time since the network began.
    fn judge(&mut self, way: Way, frame: &mut Frame<'_>, at: Duration) -> Verdict;
}
