//! Tasks in hosts: their results cross threads and executors, and nothing here knows which runtime runs them.
#![cfg_attr(
    not(feature = "tokio"),
    allow(
        dead_code,
        unreachable_pub,
        reason = "only the runtimes start tasks; their panics are asked for in any case"
    )
)]

mod job;
mod panics;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use crate::error::panic_text;
#[cfg(feature = "tokio")]
pub(crate) use job::{Job, new};
pub(crate) use panics::{Panicked, Panics};

/// A task in a host, from [`Host::spawn`](crate::Host::spawn) or [`Host::run_async`](crate::Host::run_async).
///
/// It is awaited under any executor, or joined by [`join`](Self::join) where there is none. Both give what the task's future returned,
/// and carry its panic on. A task ends with its network: who awaits it afterwards gets a panic that says so.
///
/// # Panics
///
/// Awaiting it panics with the task's own panic, and if the task was aborted or its network closed before it ended.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
/// let greeting = net.host("server").spawn(|| async { "hello" });
/// assert_eq!(greeting.join(), "hello");
/// # }).unwrap();
/// ```
pub struct Task<T> {
    shared: Arc<Shared<T>>,
    aborts_when_dropped: bool,
}

/// What a task, its job and its runtime know of one another.
struct Shared<T> {
    host: String,
    /// The thread that polls the job.
    thread: Option<ThreadId>,
    panics: Arc<Panics>,
    state: Mutex<State<T>>,
    ended: Condvar,
}

struct State<T> {
    stage: Stage<T>,
    aborted: bool,
    job: Option<Waker>,
    reader: Option<Waker>,
}

enum Stage<T> {
    Running,
    Ended(Ending<T>),
    Taken,
}

enum Ending<T> {
    Returned(T),
    Panicked {
        payload: Box<dyn Any + Send>,
        record: usize,
    },
    Aborted,
    Closed,
}

/// What a runtime does with its tasks, whatever they return.
pub(crate) trait Control: Send + Sync {
    /// The network is closed: whoever waits for the task need not wait any longer.
    fn close(&self);
    fn is_finished(&self) -> bool;
}

impl<T> Task<T> {
    /// Waits on the calling thread until the task has ended, and returns what its future returned.
    ///
    /// It needs no executor and disturbs none, so that it also works in the body of an async test. There it keeps the body's thread
    /// from everything else, and awaiting is better.
    ///
    /// # Panics
    ///
    /// The task's panic goes on in the caller. The task was aborted, or its network closed before it ended. The calling thread is the
    /// one that runs the task, which would wait for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let task = net.host("b").run_async(|| async { netns_test::current().here().name().to_owned() });
    /// assert_eq!(task.join(), "b");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn join(self) -> T {
        let mut state = self.shared.lock();
        while matches!(state.stage, Stage::Running) {
            if self.shared.thread == Some(thread::current().id()) {
                drop(state);
                panic!(
                    "failed to join a task of host `{}`: the thread that would wait is the one that runs it\n  help: `.await` it",
                    self.shared.host
                );
            }
            state = self
                .shared
                .ended
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.shared.take(state)
    }

    /// Ends the task where it awaits next; its future is dropped in the host. One that has ended stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let task = net.host("a").spawn(std::future::pending::<()>);
    /// task.abort();
    /// while !task.is_finished() {
    ///     std::thread::yield_now();
    /// }
    /// # }).unwrap();
    /// ```
    pub fn abort(&self) {
        let mut state = self.shared.lock();
        state.aborted = true;
        let job = state.job.take();
        drop(state);
        if let Some(job) = job {
            job.wake();
        }
    }

    /// Whether the task has ended, in whatever way.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let task = net.host("a").spawn(std::future::pending::<()>);
    /// assert!(!task.is_finished());
    /// # }).unwrap();
    /// ```
    pub fn is_finished(&self) -> bool {
        self.shared.is_over()
    }

    pub(crate) fn abort_when_dropped(mut self) -> Self {
        self.aborts_when_dropped = true;
        self
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.shared.lock();
        if matches!(state.stage, Stage::Running) {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(self.shared.take(state))
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if self.aborts_when_dropped {
            self.abort();
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("host", &self.shared.host)
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics between two steps of a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        !matches!(self.lock().stage, Stage::Running)
    }

    /// Remembers how to wake the job, unless it is to end.
    fn goes_on(&self, job: &Waker) -> bool {
        let mut state = self.lock();
        state.job = Some(job.clone());
        !state.aborted
    }

    /// The first ending counts.
    fn end(&self, ending: Ending<T>) {
        let mut state = self.lock();
        if !matches!(state.stage, Stage::Running) {
            drop(state);
            return;
        }
        state.stage = Stage::Ended(ending);
        state.job = None;
        let reader = state.reader.take();
        drop(state);
        self.ended.notify_all();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// The same for a panic, which is recorded whether anybody wants the ending or not.
    fn end_by_panic(&self, payload: Box<dyn Any + Send>) {
        let record = self.panics.record(&self.host, panic_text(&*payload));
        self.end(Ending::Panicked { payload, record });
    }

    /// What the task came to, for the one who asks first.
    #[track_caller]
    fn take(&self, mut state: MutexGuard<'_, State<T>>) -> T {
        let stage = std::mem::replace(&mut state.stage, Stage::Taken);
        drop(state);
        let why = match stage {
            Stage::Ended(Ending::Returned(value)) => return value,
            Stage::Ended(Ending::Panicked { payload, record }) => {
                self.panics.joined(record);
                panic::resume_unwind(payload)
            }
            Stage::Ended(Ending::Aborted) => "it was aborted",
            Stage::Ended(Ending::Closed) => "its network was closed before it ended",
            Stage::Running | Stage::Taken => "its result has been taken already",
        };
        panic!("failed to join a task of host `{}`: {why}", self.host)
    }
}

impl<T: Send> Control for Shared<T> {
    fn close(&self) {
        self.end(Ending::Closed);
    }

    fn is_finished(&self) -> bool {
        self.is_over()
    }
}

#[cfg(test)]
mod tests;
