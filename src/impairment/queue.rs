//! What waits before a limited rate.

use std::time::Duration;

use crate::impairment::Impairment;

/// A full packet of Ethernet: 1500 bytes and the header.
pub(crate) const FULL_PACKET: u64 = 1514;

/// More than this never waits, in bytes: tests share a machine's memory.
pub(crate) const LARGEST: u64 = 1 << 30;

/// A queue that nobody gave holds at least so many full packets, those of TCP's first window.
const FEWEST: u64 = 10;

/// And what the link sends in this time, which is what modems and access points were measured to hold at the least.
const SHORTEST: Duration = Duration::from_millis(50);

/// What waits before a link of limited rate; what finds it full is dropped.
///
/// Only what waits to be sent counts, not the packet that is being sent, nor what is under way because of the delay. Without one, the
/// queue holds
///
/// ```text
/// rate × max(2 × delay, 50 ms), at least 10 full packets (15,140 bytes), at most 1 GiB
/// ```
///
/// With this delay both ways that is what is under way in one round trip: as much as one TCP connection needs to keep the link busy.
///
/// A queue that cannot hold one full packet of 1,514 bytes is refused: it would silently stop every large packet. So is
/// one of more than 1 GiB.
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Queue};
/// use std::time::Duration;
///
/// let link = Impairment::new().rate(8_000_000);
/// assert_eq!(link.queue_bytes(), Some(50_000));
/// assert_eq!(link.clone().delay(Duration::from_millis(100)).queue_bytes(), Some(200_000));
/// assert_eq!(link.queue(Queue::Time(Duration::from_millis(10))).queue_bytes(), Some(10_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// So many packets, of whatever size.
    Packets(u32),
    /// So many bytes, of whole frames.
    Bytes(u64),
    /// What the link sends in this time.
    Time(Duration),
}

/// A queue as a backend counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Packets(u32),
    Bytes(u64),
}

impl Room {
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Packets(packets) => u64::from(packets) * FULL_PACKET,
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl Impairment {
    /// How many bytes may wait for the rate: of the queue that was given, or of the one that follows from rate and delay. None without a rate.
    ///
    /// A queue of packets counts as so many full ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Queue};
    ///
    /// assert_eq!(Impairment::new().queue_bytes(), None);
    /// assert_eq!(Impairment::new().rate(1_000_000).queue(Queue::Packets(2)).queue_bytes(), Some(3028));
    /// ```
    pub fn queue_bytes(&self) -> Option<u64> {
        self.room().map(Room::bytes)
    }

    /// The queue that both backends make, if the rate is limited.
    pub(crate) fn room(&self) -> Option<Room> {
        let rate = self.rate?;
        Some(match self.queue {
            Some(Queue::Packets(packets)) => Room::Packets(packets),
            Some(Queue::Bytes(bytes)) => Room::Bytes(bytes),
            Some(Queue::Time(time)) => Room::Bytes(sent_in(time, rate)),
            None => {
                let time = self.delay.saturating_mul(2).max(SHORTEST);
                Room::Bytes(sent_in(time, rate).clamp(FEWEST * FULL_PACKET, LARGEST))
            }
        })
    }

    /// What the kernel's token bucket holds: what leaves at once after a pause. At least the `longest` frame, which it would drop
    /// otherwise, and a millisecond of the rate, because timers are no finer than that on a busy machine.
    pub(crate) fn burst(&self, longest: u64) -> Option<u64> {
        let rate = self.rate?;
        Some(sent_in(Duration::from_millis(1), rate).max(longest))
    }
}

/// How many bytes a rate sends in a time.
fn sent_in(time: Duration, rate: u64) -> u64 {
    let bits = time.as_nanos().saturating_mul(u128::from(rate)) / 1_000_000_000;
    u64::try_from(bits / 8).unwrap_or(u64::MAX)
}
