//! The thread that pulls a cable out and plugs it in again, over and over.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::cut::{Port, plug, pull};
use crate::error::Result;
use crate::live::Parts;
use crate::machine;

/// A cable that is flapping. Dropping it ends the thread, which leaves the cable plugged in.
pub(super) struct Flapping {
    /// Hung up to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Flapping {
    /// Goes on with a cable that is out; the times are those with a carrier and without.
    pub(super) fn start(
        parts: &Arc<Parts>,
        node: &str,
        ports: Vec<Port>,
        times: [Duration; 2],
    ) -> Result<Self> {
        let (stop, stopped) = mpsc::channel();
        // The network is closed by its owner, and this ends because of that, not the other way round.
        let parts = Arc::downgrade(parts);
        let thread = thread::Builder::new().name(format!("flap {node}"));
        // Threads are born where their parent is, and one in a node would look like one that the test has left there.
        let started = machine::run("flap", || {
            thread.spawn(move || flap(&parts, &ports, times, &stopped))
        })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(started.map_err(machine::no_thread)?),
        })
    }

    pub(super) fn end(mut self) -> Result<()> {
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        drop(self.stop.take());
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        // Whoever drops the last of a network may be this very thread.
        if thread.thread().id() == thread::current().id() {
            return Ok(());
        }
        match thread.join() {
            Ok(result) => result,
            Err(panicked) => std::panic::resume_unwind(panicked),
        }
    }
}

impl Drop for Flapping {
    fn drop(&mut self) {
        crate::host::quietly(|| self.join());
    }
}

fn flap(
    parts: &Weak<Parts>,
    ports: &[Port],
    [up, down]: [Duration; 2],
    stopped: &Receiver<()>,
) -> Result<()> {
    let mut is_out = true;
    loop {
        let pause = if is_out { down } else { up };
        let goes_on = stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout);
        let Some(parts) = parts.upgrade() else {
            return Ok(());
        };
        match (is_out, goes_on) {
            (true, _) => plug(&parts, ports)?,
            (false, true) => pull(&parts, ports)?,
            (false, false) => {}
        }
        if !goes_on {
            return Ok(());
        }
        is_out = !is_out;
    }
}
