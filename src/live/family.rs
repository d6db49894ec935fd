//! The programs of a node: a family whose first process holds it together.
//!
//! Processes are started by one standing thread, because the first process dies with the thread that made it: when that ends, or this
//! process does, the kernel kills the family.

use std::io;
use std::process::Child;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::diagnosis::Step;
use crate::entry;
use crate::error::{Error, Result};
use crate::live::{Lack, Parts, lock, room};
use crate::machine;
use crate::settings;
use crate::sys::family::{self, Began, First};
use crate::sys::lend::{self, Job};
use crate::wait;

/// How long the kernel may take to bring the last of a family down.
const GONE_WITHIN: Duration = Duration::from_secs(2);
/// How long it usually takes at most.
const GONE_SOON: Duration = Duration::from_millis(50);

/// The processes of a node and the thread that starts them.
#[derive(Debug)]
pub(crate) struct Family {
    first: First,
    starter: Option<(Sender<Job>, JoinHandle<()>)>,
    /// Processes whose owners no longer care what becomes of them.
    forgotten: Mutex<Vec<Child>>,
    /// What its processes see of the machine's.
    pub(crate) lacking: Option<Lack>,
}

impl Family {
    pub(crate) fn found(parts: &Arc<Parts>, node: usize) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let (told, began) = mpsc::channel();
        let parts = Arc::clone(parts);
        let name = parts.node(node).name.clone();
        let start = move || {
            let began = begin(&parts, node);
            drop(parts);
            let failed = began.is_err();
            if told.send(began).is_ok() && !failed {
                waiting.into_iter().for_each(|job| job());
            }
        };
        let named = thread::Builder::new().name(format!("{name} starter"));
        // The caller may be the starter of another node, which can start no thread.
        let thread =
            machine::run("netns builder", || named.spawn(start))?.map_err(machine::no_thread)?;
        match began.recv() {
            Ok(Ok(Began { first, proc })) => Ok(Self {
                first,
                lacking: proc
                    .err()
                    .map(|cause| Lack::refused("/proc", Step::MountOf("proc"), &cause)),
                starter: Some((jobs, thread)),
                forgotten: Mutex::default(),
            }),
            Ok(Err(error)) => Err(error.inside(&name)),
            Err(_) => Err(Error::new(
                crate::error::Kind::Kernel,
                format!("start programs in node `{name}`"),
                "the thread that starts them ended",
            )),
        }
    }

    /// Runs `body` on the thread that starts the node's programs; what it starts belongs to the family.
    pub(crate) fn run<T: Send>(&self, body: impl FnOnce() -> T + Send) -> io::Result<T> {
        let gone = || io::Error::other("the thread that starts programs ended");
        let (jobs, starter) = self.starter.as_ref().ok_or_else(gone)?;
        if starter.thread().id() == thread::current().id() {
            // A start inside of another one: the thread would wait for itself.
            return Ok(body());
        }
        // Without a thread the job comes back, and is dropped.
        lend::lend(body, |job| drop(jobs.send(job))).ok_or_else(gone)
    }

    /// Takes a process that nobody will wait for.
    pub(crate) fn forget(&self, child: Child) {
        let mut forgotten = lock(&self.forgotten);
        forgotten.push(child);
        // What has ended would count as a process until the network is closed.
        forgotten.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    pub(crate) fn kill(&self) {
        self.first.kill();
    }

    /// Stops all programs, or lets them go on. They have stopped when it returns, but for what cannot: who waits for a disk, say.
    pub(crate) fn stop(&self, stopped: bool) -> io::Result<()> {
        self.first.stop(stopped)?;
        if stopped {
            wait::until(settings::scaled(GONE_WITHIN), || self.first.has_stopped());
        }
        Ok(())
    }

    /// Waits until all of them are dead, for a bounded time. Those whose owners have not waited for them stay as what they are then.
    pub(crate) fn await_death(&self) {
        let first = &self.first;
        if !wait::until(settings::scaled(GONE_SOON), || first.is_gone()) {
            // A process that somebody holds elsewhere may never be waited for: what is left of it goes with this process.
            wait::until(settings::scaled(GONE_WITHIN), || {
                first.is_gone() || first.waits_for_owners()
            });
        }
    }
}

fn begin(parts: &Parts, node: usize) -> Result<Began> {
    parts.inhabit(node)?;
    room::namespace(Step::PidNamespace, family::separate)?;
    family::found().map_err(|cause| entry::refused(Step::FirstProcess, &cause))
}

impl Drop for Family {
    fn drop(&mut self) {
        self.kill();
        // The first process is gone when its whole family is, and those who died count until they are waited for.
        for child in lock(&self.forgotten).iter_mut() {
            drop(child.wait());
        }
        self.await_death();
        if let Some((jobs, thread)) = self.starter.take() {
            drop(jobs);
            drop(thread.join());
        }
    }
}
