//! The wire engine: a thread that carries frames from port to port, and lets them meet what they are to meet.
//!
//! `core` is what it has and can be told, `pump` takes frames in, `admit` decides about them and lets them wait, `outlet` lets them out.
//! `rest` and `vigil` are for when there is nothing to do.

mod admit;
mod bytes;
mod core;
mod counters;
mod inlet;
mod line;
mod outlet;
mod prepare;
mod pump;
mod record;
mod rest;
mod slab;
mod vigil;
mod wheel;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    core::{Core, Opening},
    counters::Counters,
    record::{End, Recording, Seen},
};
pub(crate) use line::Frames;

use std::cell::Cell;
use std::fmt;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};

use crate::sys::lend::{self, JobOn};
use crate::sys::ring::{self, Bell, Waiting};

thread_local! {
    /// Whether this thread carries packets, and runs the closures of rules.
    static CARRIES: Cell<bool> = const { Cell::new(false) };
}

/// The thread, as those see it who tell it what to do. It ends when this is dropped, and what is under way ends with it.
pub(crate) struct Engine {
    /// Nothing only while it is dropped.
    jobs: Option<Sender<JobOn<Core>>>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts a thread in the calling thread's namespace, for lines each of which has two ports there: the indexes of interfaces.
    /// It carries none of them yet.
    pub(crate) fn start(lines: Vec<[u32; 2]>) -> io::Result<Self> {
        let bell = ring::bell()?;
        let sleep = Waiting::new(&bell)?;
        let (jobs, waiting) = mpsc::channel();
        let woken = bell.clone();
        let thread = thread::Builder::new()
            .name("wire".to_owned())
            .spawn(move || {
                let mut core = Core::new(lines, sleep);
                run(&mut core, &waiting, &woken);
                core.end();
            })?;
        Ok(Self {
            jobs: Some(jobs),
            bell,
            thread: Some(thread),
        })
    }

    /// Lets the engine's thread change something between two packets, and waits for it.
    ///
    /// # Panics
    ///
    /// When it is called from the engine's thread, which would wait for itself; and with what `change` panics with.
    pub(crate) fn with<T: Send>(&self, change: impl FnOnce(&mut Core) -> T + Send) -> T {
        refuse_in_rules();
        let post = |job| {
            if let Some(jobs) = &self.jobs {
                // One whose thread has ended is dropped.
                drop(jobs.send(job));
                self.bell.ring();
            }
        };
        match lend::lend_on(change, post) {
            Some(value) => value,
            None => panic!("the thread that carries the wires has ended"),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.jobs = None;
        self.bell.ring();
        if let Some(thread) = self.thread.take() {
            // It has nobody to tell of a panic any more.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Works until nobody can tell it anything any more.
/// Panics on a thread that carries packets: it would wait for itself, or for somebody who waits for it.
pub(crate) fn refuse_in_rules() {
    assert!(
        !CARRIES.get(),
        "a packet rule cannot change the wire that waits for its decision: do so from the test's body"
    );
}

fn run(core: &mut Core, jobs: &Receiver<JobOn<Core>>, bell: &Bell) {
    CARRIES.set(true);
    ring::wake_punctually();
    loop {
        match jobs.try_recv() {
            Ok(job) => job(core),
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                if core.step() {
                    core.wake();
                } else {
                    core.rest(bell);
                }
            }
        }
    }
}
