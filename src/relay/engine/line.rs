//! A line: two ports, and what goes on between them each way.

use std::io;

use super::counters::Counters;
use super::inlet::Inlet;
use super::outlet::Outlet;
use super::record::Recording;
use super::slab::List;
use crate::packet::{Judge, Way};
use crate::relay::fate::{Bottleneck, Fates};
use crate::sys::ring::Port;

/// What frames a line carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    /// As the hosts send them, for interfaces that would cut them up and write their checksums: up to 64 KiB each.
    Whole,
    /// One packet each: frames of `longest` bytes at most, with Ethernet's header and tags.
    Single { longest: usize },
}

/// Sockets that may be closed.
pub(super) type Sockets = (Option<Inlet>, Option<Outlet>);

pub(super) struct Line {
    pub(super) ports: [u32; 2],
    /// How it is carried, if it is.
    pub(super) frames: Option<Frames>,
    /// Rings that hear nothing yet.
    pub(super) prepared: Option<(Frames, [Inlet; 2])>,
    pub(super) ways: [Direction; 2],
    pub(super) judge: Option<Box<dyn Judge>>,
    pub(super) recording: Option<Recording>,
    /// How many packets ended recordings wrote down.
    pub(super) written: u64,
}

/// One way through a line.
#[derive(Default)]
pub(super) struct Direction {
    /// Where frames come in, while the line is carried.
    pub(super) ring: Option<Inlet>,
    /// Where they leave, since the line was carried first.
    pub(super) outlet: Option<Outlet>,
    pub(super) fates: Option<Fates>,
    pub(super) link: Bottleneck,
    /// What waits before the link: its first frame is in transmission.
    pub(super) queue: List,
    /// When the last frame arrives that must not be overtaken.
    pub(super) last: u64,
    pub(super) counters: Counters,
}

impl Line {
    pub(super) fn new(ports: [u32; 2]) -> Self {
        Self {
            ports,
            frames: None,
            prepared: None,
            ways: [Direction::default(), Direction::default()],
            judge: None,
            recording: None,
            written: 0,
        }
    }

    pub(super) fn way(&mut self, way: Way) -> &mut Direction {
        &mut self.ways[way as usize]
    }

    /// Opens the ends where frames leave, if they are not open yet.
    pub(super) fn open_outlets(&mut self) -> io::Result<()> {
        for way in Way::BOTH {
            let to = self.ports[way.back() as usize];
            let direction = self.way(way);
            if direction.outlet.is_none() {
                direction.outlet = Some(Outlet::new(Port::open(to)?));
            }
        }
        Ok(())
    }

    /// Everything that takes the kernel long to close.
    pub(super) fn take_apart(&mut self) -> impl Iterator<Item = Sockets> {
        let ways = self.ways.iter_mut();
        ways.map(|way| (way.ring.take(), way.outlet.take()))
            .chain(
                self.prepared
                    .take()
                    .map(|it| it.1)
                    .into_iter()
                    .flatten()
                    .map(|ring| (Some(ring), None)),
            )
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// No packet is in transmission.
    pub(super) fn is_idle(&self) -> bool {
        self.ways.iter().all(|way| way.link.ends().is_none())
    }

    /// Nothing is to be decided about the packets that go this way, and nothing waits before them.
    pub(super) fn is_plain(&self, way: Way) -> bool {
        let direction = &self.ways[way as usize];
        self.judge.is_none()
            && self.recording.is_none()
            && direction.fates.is_none()
            && direction.link.ends().is_none()
            && direction.outlet.as_ref().is_some_and(Outlet::is_clear)
    }
}

impl Direction {
    /// What enters is read, unless what came before has no room to leave.
    pub(super) fn is_open(&self) -> bool {
        !self.outlet.as_ref().is_some_and(Outlet::is_congested)
    }
}
