//! The jobs that wait for a host's runtime.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::task::Job;

/// A queue from any thread to the one that runs the jobs.
#[derive(Default)]
pub(crate) struct Inbox(Mutex<Content>);

#[derive(Default)]
struct Content {
    jobs: VecDeque<Job>,
    /// When the runtime has to have ended.
    closing: Option<Instant>,
    reader: Option<Waker>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job, or drops it if the runtime is to end.
    pub(crate) fn give(&self, job: Job) {
        let mut content = self.lock();
        if content.closing.is_some() {
            drop(content);
            drop(job);
            return;
        }
        content.jobs.push_back(job);
        wake(content);
    }

    /// Lets the runtime end, until this moment at the latest.
    pub(crate) fn close(&self, deadline: Instant) {
        let mut content = self.lock();
        content.closing = Some(deadline);
        wake(content);
    }

    /// The next job, or nothing when all have been taken and the runtime is to end.
    pub(crate) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Job>> {
        let mut content = self.lock();
        if let Some(job) = content.jobs.pop_front() {
            return Poll::Ready(Some(job));
        }
        if content.closing.is_some() {
            return Poll::Ready(None);
        }
        content.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// When the runtime has to have ended, if it is to end.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lock().closing
    }
}

fn wake(mut content: MutexGuard<'_, Content>) {
    let reader = content.reader.take();
    drop(content);
    if let Some(reader) = reader {
        reader.wake();
    }
}
