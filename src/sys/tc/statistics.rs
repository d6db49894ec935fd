//! What became of the packets that left by a port, as the kernel counts them.

use super::message::{attribute, long, look, word};
use crate::error::Result;
use crate::sys::netlink::raw::RawSocket;
use crate::view::WayCounters;

const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_PKT64: u16 = 8;

/// What one qdisc has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    packets: u64,
    waiting: u32,
    drops: u32,
    requeues: u32,
}

/// What became of packets since the first impairment of a port; nothing is counted where there is none.
pub(super) fn of(socket: &mut RawSocket, port: u32, parents: [u32; 2]) -> Result<WayCounters> {
    let mut found = parents.iter().map(|parent| {
        let found = look(socket, port, *parent);
        found.map_err(|it| it.during("look at the counters of qdiscs"))
    });
    let first = found.next().transpose()?.flatten();
    let second = found.next().transpose()?.flatten();
    let Some(first) = first else {
        return Ok(WayCounters::default());
    };
    let root = counted(&first.statistics);
    // Alone, tbf stands where netem would.
    let (netem, tbf) = match (first.kind.as_str(), second) {
        ("tbf", _) => (Counted::default(), root),
        (_, Some(second)) => (root, counted(&second.statistics)),
        (_, None) => (root, Counted::default()),
    };
    // What the root dropped, by tbf's full queue as well.
    let (dropped, overflowed) = (u64::from(root.drops), u64::from(tbf.drops));
    Ok(WayCounters {
        packets: root.packets + dropped + u64::from(root.waiting),
        delivered: root.packets,
        lost: dropped - overflowed,
        queue_full: overflowed,
        reordered: netem.requeues.into(),
        ..WayCounters::default()
    })
}

/// Reads `TCA_STATS2`. What is missing is zero.
fn counted(statistics: &[u8]) -> Counted {
    let basic = attribute(statistics, TCA_STATS_BASIC).unwrap_or_default();
    let queue = attribute(statistics, TCA_STATS_QUEUE).unwrap_or_default();
    // Of `struct gnet_stats_queue`: packets that wait, drops, requeues.
    let [waiting, drops, requeues] = [0, 2, 3].map(|place| word(queue, place).unwrap_or_default());
    let packets = attribute(statistics, TCA_STATS_PKT64).and_then(long);
    Counted {
        packets: packets.unwrap_or_else(|| word(basic, 2).unwrap_or_default().into()),
        waiting,
        drops,
        requeues,
    }
}
