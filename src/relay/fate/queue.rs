//! A link of limited rate, and the queue before it: how long each packet takes, and which find no room. Moments are nanoseconds.

use crate::impairment::{Impairment, Room};

const SECOND: u128 = 1_000_000_000;
const WITHOUT_LIMIT: Room = Room::Bytes(u64::MAX);

/// The link: one packet is in transmission, the others wait in order. Whose they are, the caller knows.
#[derive(Clone, Debug)]
pub(crate) struct Bottleneck {
    /// Bits per second; 0 is without limit.
    rate: u64,
    limit: Room,
    /// Packets and bytes that wait.
    packets: u64,
    bytes: u64,
    /// When the packet in transmission has left.
    ends: Option<u64>,
}

/// What becomes of a packet that came to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// There is no limit, and nobody before it.
    Passes,
    /// It waits, or is in transmission: see [`Bottleneck::ends`].
    Waits,
    /// There is no room.
    Full,
}

impl Default for Bottleneck {
    fn default() -> Self {
        Self {
            rate: 0,
            limit: WITHOUT_LIMIT,
            packets: 0,
            bytes: 0,
            ends: None,
        }
    }
}

impl Bottleneck {
    /// Goes on with another rate and queue. What waits keeps its place, and what is in transmission goes on at the new rate.
    pub(crate) fn change(&mut self, impairment: Option<&Impairment>, now: u64) {
        let old = self.rate;
        self.rate = impairment.and_then(|what| what.rate).unwrap_or(0);
        self.limit = impairment
            .and_then(Impairment::room)
            .unwrap_or(WITHOUT_LIMIT);
        self.ends = self.ends.map(|ends| {
            let left = u128::from(ends.saturating_sub(now)) * u128::from(old);
            match self.rate {
                0 => now.min(ends),
                rate => now
                    .min(ends)
                    .saturating_add(narrow(left / u128::from(rate))),
            }
        });
    }

    /// A packet of so many bytes comes.
    pub(crate) fn offer(&mut self, length: usize, now: u64) -> Offer {
        if self.ends.is_none() {
            if self.rate == 0 {
                return Offer::Passes;
            }
            self.ends = Some(now.saturating_add(self.time(length as u64)));
            return Offer::Waits;
        }
        let bytes = self.bytes + length as u64;
        let fits = match self.limit {
            Room::Packets(most) => self.packets < u64::from(most),
            Room::Bytes(most) => bytes <= most,
        };
        if !fits {
            return Offer::Full;
        }
        self.packets += 1;
        self.bytes = bytes;
        Offer::Waits
    }

    /// When the packet in transmission has left.
    pub(crate) fn ends(&self) -> Option<u64> {
        self.ends
    }

    /// The packet in transmission has left, and the next one, of this length, begins where it ended.
    pub(crate) fn go_on(&mut self, next: Option<usize>) {
        let Some(length) = next.map(|length| length as u64) else {
            self.ends = None;
            return;
        };
        self.packets -= 1;
        self.bytes -= length;
        let begins = self.ends.unwrap_or(0);
        self.ends = Some(begins.saturating_add(self.time(length)));
    }

    /// How long the link needs for so many bytes.
    fn time(&self, bytes: u64) -> u64 {
        match self.rate {
            0 => 0,
            rate => narrow(u128::from(bytes) * 8 * SECOND / u128::from(rate)),
        }
    }
}

fn narrow(time: u128) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}
