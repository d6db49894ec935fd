//! What became of the packets that left by a port, as the kernel counts them.

use super::message::{attribute, long, look, word};
use crate::error::Result;
use crate::sys::netlink::raw::RawSocket;

const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_PKT64: u16 = 8;

/// Counters since the first impairment of a port; nothing is counted where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    /// Packets that left, each duplicate as well.
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    /// Packets that were lost, those that found the queue full included.
    pub(crate) dropped: u64,
    /// Of these, those that found the queue full.
    pub(crate) overflowed: u64,
    /// Packets that are under way or wait.
    pub(crate) waiting: u64,
    pub(crate) waiting_bytes: u64,
    /// How often a packet had to wait for the rate.
    pub(crate) held_back: u64,
    /// Packets that were put before others.
    pub(crate) reordered: u64,
}

/// What one qdisc has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    bytes: u64,
    packets: u64,
    waiting: u32,
    waiting_bytes: u32,
    drops: u32,
    requeues: u32,
    overlimits: u32,
}

/// The counters of a port.
pub(super) fn of(socket: &mut RawSocket, port: u32, parents: [u32; 2]) -> Result<Statistics> {
    let mut found = parents.iter().map(|parent| {
        let found = look(socket, port, *parent);
        found.map_err(|it| it.during("look at the counters of qdiscs"))
    });
    let first = found.next().transpose()?.flatten();
    let second = found.next().transpose()?.flatten();
    let Some(first) = first else {
        return Ok(Statistics::default());
    };
    let root = counted(&first.statistics);
    // Alone, tbf stands where netem would.
    let (netem, tbf) = match (first.kind.as_str(), second) {
        ("tbf", _) => (Counted::default(), root),
        (_, Some(second)) => (root, counted(&second.statistics)),
        (_, None) => (root, Counted::default()),
    };
    Ok(Statistics {
        sent: root.packets,
        sent_bytes: root.bytes,
        dropped: root.drops.into(),
        overflowed: tbf.drops.into(),
        waiting: root.waiting.into(),
        waiting_bytes: root.waiting_bytes.into(),
        held_back: tbf.overlimits.into(),
        reordered: netem.requeues.into(),
    })
}

/// Reads `TCA_STATS2`. What is missing is zero.
fn counted(statistics: &[u8]) -> Counted {
    let basic = attribute(statistics, TCA_STATS_BASIC).unwrap_or_default();
    let queue = attribute(statistics, TCA_STATS_QUEUE).unwrap_or_default();
    // `struct gnet_stats_queue`.
    let [waiting, waiting_bytes, drops, requeues, overlimits] =
        [0, 1, 2, 3, 4].map(|place| word(queue, place).unwrap_or_default());
    let packets = attribute(statistics, TCA_STATS_PKT64).and_then(long);
    Counted {
        bytes: long(basic).unwrap_or_default(),
        packets: packets.unwrap_or_else(|| word(basic, 2).unwrap_or_default().into()),
        waiting,
        waiting_bytes,
        drops,
        requeues,
        overlimits,
    }
}
