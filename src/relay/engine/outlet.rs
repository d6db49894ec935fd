//! The end where frames leave a line.

use std::io;

use super::counters::Counters;
use super::slab::{Id, List, Slab};
use crate::sys::ring::{Fault, Port, Waiting};

/// What may wait for a port; until it has taken some, nothing more is read that goes there.
const BACKLOG: usize = 512;
/// How many frames are handed to the kernel at once.
const BURST: usize = 64;

/// A port, and the frames that it has not taken yet.
pub(super) struct Outlet {
    pub(super) port: Port,
    waiting: List,
    /// Whether room ends the engine's sleep.
    watched: bool,
}

impl Outlet {
    pub(super) fn new(port: Port) -> Self {
        Self {
            port,
            waiting: List::default(),
            watched: false,
        }
    }

    pub(super) fn is_clear(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_congested(&self) -> bool {
        self.waiting.len() >= BACKLOG
    }

    /// Lets room for what waits end the engine's sleep.
    pub(super) fn watch(&mut self, waiting: &Waiting) -> io::Result<()> {
        match (self.is_clear(), self.watched) {
            (false, false) => waiting.add(&self.port, true)?,
            (true, true) => waiting.remove(&self.port),
            _ => return Ok(()),
        }
        self.watched = !self.watched;
        Ok(())
    }

    /// Sends the frames of these numbers. Returns how many are done with; the port has no room for the others.
    pub(super) fn send<'f>(
        &mut self,
        counters: &mut Counters,
        count: usize,
        frame: impl Fn(usize) -> &'f [u8],
    ) -> usize {
        let mut done = 0;
        while done < count {
            let (sent, fault) = self.port.send((done..count).map(&frame));
            counters.delivered += sent as u64;
            done += sent;
            match fault {
                None => continue,
                Some(Fault::Full) => break,
                Some(Fault::Down) => counters.down += 1,
                Some(Fault::Overrun) => counters.overrun += 1,
                Some(Fault::Refused) => counters.refused += 1,
            }
            done += 1;
        }
        done
    }

    /// Lets a frame leave behind those that wait.
    pub(super) fn queue(&mut self, slab: &mut Slab, id: Id) {
        self.waiting.push(slab, id);
    }

    /// Sends what waits, as far as there is room. Returns whether any of it is done with.
    pub(super) fn flush(&mut self, slab: &mut Slab, counters: &mut Counters) -> bool {
        let mut any = false;
        while !self.waiting.is_empty() {
            let mut burst = [const { None }; BURST];
            let ids = burst.iter_mut().zip(self.waiting.iter(slab));
            let count = ids.map(|(place, id)| *place = Some(id)).count();
            let bytes = |nth: usize| burst[nth].map_or(&[][..], |id| slab.bytes(id));
            let done = self.send(counters, count, bytes);
            for _ in 0..done {
                if let Some(id) = self.waiting.pop(slab) {
                    slab.forget(id);
                }
            }
            any |= done > 0;
            if done < count {
                break;
            }
        }
        any
    }
}
