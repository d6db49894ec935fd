//! Opening and closing sockets beside the traffic: the kernel takes 10 ms and more for each, in which no line is to wait.

use std::io;
use std::thread::{self, JoinHandle};

use super::Engine;
use super::core::Core;
use super::inlet::Inlet;
use super::line::{Frames, Sockets};

/// What all ports together have for frames that wait, and each of them: a burst must not be lost because nobody was fast enough.
const ROOM: usize = 1 << 28;
const MOST_ROOM: usize = 1 << 23;

/// A ring that is being opened for each end of a line.
pub(super) type Opening = [JoinHandle<io::Result<Inlet>>; 2];

impl Engine {
    /// Opens what these lines will need, all at once. [`Core::take`] finds it there.
    pub(crate) fn prepare(&self, lines: &[(usize, Frames)]) -> io::Result<()> {
        let opening = self.with(|core| {
            let lines = lines
                .iter()
                .filter(|(line, frames)| core.lacks(*line, *frames));
            let lines =
                lines.map(|&(line, frames)| Ok((line, frames, core.begin_to_open(line, frames)?)));
            lines.collect::<io::Result<Vec<_>>>()
        })?;
        let opened = opening
            .into_iter()
            .map(|(line, frames, rings)| Ok((line, frames, wait(rings)?)));
        let opened: Vec<_> = opened.collect::<io::Result<_>>()?;
        self.with(|core| {
            for (line, frames, rings) in opened {
                core.lines[line].prepared = Some((frames, rings));
            }
        });
        Ok(())
    }
}

impl Core {
    fn lacks(&self, line: usize, frames: Frames) -> bool {
        let line = &self.lines[line];
        let prepared = line.prepared.as_ref().map(|(frames, _)| *frames);
        line.frames != Some(frames) && prepared != Some(frames)
    }

    /// Opens rings for both ends, on threads that live where this one does.
    pub(super) fn begin_to_open(&self, line: usize, frames: Frames) -> io::Result<Opening> {
        let room = MOST_ROOM.min(ROOM / (2 * self.lines.len()));
        let open = |port| {
            let open = move || Inlet::open(port, frames, room);
            thread::Builder::new().name("wire".to_owned()).spawn(open)
        };
        let [one, other] = self.lines[line].ports;
        Ok([open(one)?, open(other)?])
    }
}

/// The rings, once they are open.
pub(super) fn wait(opening: Opening) -> io::Result<[Inlet; 2]> {
    // Both are waited for, whatever becomes of one.
    let [one, other] = opening.map(|ring| {
        let failed = |_| Err(io::Error::other("the thread that opens a port panicked"));
        ring.join().unwrap_or_else(failed)
    });
    Ok([one?, other?])
}

/// Threads that close sockets.
#[derive(Default)]
pub(super) struct Closing(Vec<JoinHandle<()>>);

impl Closing {
    /// Closes these, each on a thread of its own: the kernel lets those that close at once wait together.
    pub(super) fn close(&mut self, sockets: impl Iterator<Item = Sockets>) {
        self.0.retain(|thread| !thread.is_finished());
        for sockets in sockets {
            let thread = thread::Builder::new().name("wire".to_owned());
            // Without a thread more, they are closed here.
            self.0.extend(thread.spawn(move || drop(sockets)));
        }
    }

    /// Waits until all are closed.
    pub(super) fn wait(self) {
        for thread in self.0 {
            // Closing has nothing to say.
            drop(thread.join());
        }
    }
}
