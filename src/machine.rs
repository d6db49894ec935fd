//! The machine's own network, for those who have entered another: a thread that never leaves starts threads that begin there.
//!
//! The way back is closed to an ordinary user, whose capabilities count in the user namespace only. And a node's own mounts are made from
//! the machine's, not from those of whoever happens to come first.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::errno;
use crate::error::{Error, Result};
use crate::sys::lend::{self, Job};

/// A thread to be started: its name, its work, and who is told whether it was.
type Start = (String, Job, Sender<io::Result<()>>);

static STANDING: Mutex<Option<Sender<Start>>> = Mutex::new(None);

const THREADS: &str = "the machine's or the user's limit of tasks is reached, or the process's of memory: see `ulimit -u`, `ulimit -v` and the container's pids limit";
const STARTER: &str = "a closure in `Host::start` can start processes but no threads: do outside of it what needs one, such as `Host::run`";

/// Starts the standing thread, unless there is one. The calling thread must be in the machine's network.
pub(crate) fn stand_by() -> Result<()> {
    let mut standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
    if standing.is_none() {
        let (starts, waiting) = mpsc::channel::<Start>();
        start("netns-test".to_owned(), move || {
            for (name, job, told) in waiting {
                // Whoever gave it may have gone.
                drop(told.send(start(name, job)));
            }
        })
        .map_err(no_thread)?;
        *standing = Some(starts);
    }
    Ok(())
}

fn start(name: String, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let _detached = thread::Builder::new().name(name).spawn(job)?;
    Ok(())
}

/// A thread that could not be started, with what helps.
pub(crate) fn no_thread(cause: io::Error) -> Error {
    let help = what_helps(&cause);
    Error::kernel("start a thread", cause).help(help)
}

/// For work that came back undone: the standing thread could start none for it.
pub(crate) fn out_of_threads() -> Error {
    no_thread(io::Error::from_raw_os_error(errno::EAGAIN))
}

/// What helps when a thread could not be started.
pub(crate) fn what_helps(cause: &io::Error) -> &'static str {
    match cause.raw_os_error() {
        // The kernel's answer to a thread whose children are to be in another PID namespace.
        Some(errno::EINVAL) => STARTER,
        _ => THREADS,
    }
}

/// Starts a thread in the machine's network that lives on. Without one the job is dropped.
pub(crate) fn spawn(name: &str, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let gone = || io::Error::other("the thread that starts others ended");
    give(name, Box::new(job)).recv().map_err(|_| gone())?
}

/// Runs `body` on a fresh thread in the machine's network, with the machine's files and names, and forwards its panic.
pub(crate) fn run<T: Send>(name: &str, body: impl FnOnce() -> T + Send) -> Result<T> {
    let mut started = None;
    lend::lend(body, |job| started = Some(give(name, job))).ok_or_else(|| {
        match started.map(|started| started.recv()) {
            Some(Ok(Err(cause))) => no_thread(cause),
            _ => out_of_threads(),
        }
    })
}

/// Hands the work to the standing thread; says where it will tell whether it could start another one for it.
fn give(name: &str, job: Job) -> Receiver<io::Result<()>> {
    let (told, started) = mpsc::channel();
    let standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(starts) = &*standing {
        // If the thread has gone, so has the job.
        drop(starts.send((name.to_owned(), job, told)));
    }
    started
}
