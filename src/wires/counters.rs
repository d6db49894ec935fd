//! What wires count, whoever carries them.

use super::{Wire, leaving};
use crate::error::Result;
use crate::impairment::Backend;
use crate::live::Parts;
use crate::packet::Way;
use crate::relay::Counters;
use crate::sys::tc;
use crate::view::WayCounters;

/// What became of a wire's packets, forth and back.
pub(crate) fn counters(parts: &Parts, wire: usize) -> Result<[WayCounters; 2]> {
    let line = parts.relay.line(wire);
    let wire = Wire { parts, wire };
    match line.driver {
        Some(Backend::Kernel) => wire.of_the_kernel(),
        _ => Ok(wire.of_the_engine()),
    }
}

impl Wire<'_> {
    fn of_the_kernel(self) -> Result<[WayCounters; 2]> {
        let ports = self.parts.relay.ports(self.wire);
        let of = |way| self.with_socket(|socket| tc::statistics(socket, leaving(ports, way)));
        Ok([of(Way::Forth)?, of(Way::Back)?])
    }

    fn of_the_engine(self) -> [WayCounters; 2] {
        let Some(engine) = self.parts.relay.running() else {
            return Default::default();
        };
        let counted = engine.with(|core| Way::BOTH.map(|way| core.counters(self.wire, way)));
        counted.map(WayCounters::from)
    }
}

impl From<Counters> for WayCounters {
    fn from(counted: Counters) -> Self {
        Self {
            packets: counted.packets,
            delivered: counted.delivered,
            lost: counted.lost,
            queue_full: counted.queue_full,
            reordered: counted.reordered,
            duplicated: Some(counted.duplicated),
            corrupted: Some(counted.corrupted),
            neighbours: Some(counted.neighbours),
            neighbours_lost: Some(counted.neighbours_lost),
            dropped_by_rules: Some(counted.ruled.dropped),
            undeliverable: Some(counted.refused + counted.down),
            overrun: Some(counted.overrun),
        }
    }
}
