//! The part of a task that runs in its host: the future, made there, polled there and dropped there.

use std::any::Any;
use std::future::Future;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::task::{Context, Poll};
use std::thread::ThreadId;

use crate::task::{Control, Ending, Panics, Shared, Stage, State, Task};

/// A future that stays on its thread.
pub(crate) type LocalFuture = Pin<Box<dyn Future<Output = ()>>>;
/// What is sent to the thread that makes the future. Dropped unused, it ends its task as the closing of the network does.
pub(crate) type Job = Box<dyn FnOnce() -> LocalFuture + Send>;

/// A task of the host, and the job for the thread that will run it.
pub(crate) fn new<F, Fut>(
    host: &str,
    thread: Option<ThreadId>,
    panics: &Arc<Panics>,
    make: F,
) -> (Task<Fut::Output>, Weak<dyn Control>, Job)
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future + 'static,
    Fut::Output: Send + 'static,
{
    let shared = Arc::new(Shared {
        host: host.to_owned(),
        thread,
        panics: Arc::clone(panics),
        state: Mutex::new(State {
            stage: Stage::Running,
            aborted: false,
            job: None,
            reader: None,
        }),
        ended: Condvar::new(),
    });
    let end = End(Arc::clone(&shared));
    let job: Job = Box::new(move || {
        Box::pin(Running {
            work: Work::New(make),
            end,
        })
    });
    let control: Weak<Shared<Fut::Output>> = Arc::downgrade(&shared);
    let task = Task {
        shared,
        aborts_when_dropped: false,
    };
    (task, control, job)
}

/// Whatever becomes of a job, its task ends.
struct End<T>(Arc<Shared<T>>);

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        self.0.end(Ending::Closed);
    }
}

struct Running<F, Fut: Future> {
    work: Work<F, Fut>,
    end: End<Fut::Output>,
}

/// The future is boxed, and the closure is never polled.
impl<F, Fut: Future> Unpin for Running<F, Fut> {}

enum Work<F, Fut> {
    New(F),
    Begun(Pin<Box<Fut>>),
    Gone,
}

impl<F: FnOnce() -> Fut, Fut: Future> Work<F, Fut> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Fut::Output> {
        if let Self::New(_) = self {
            if let Self::New(make) = mem::replace(self, Self::Gone) {
                *self = Self::Begun(Box::pin(make()));
            }
        }
        match self {
            Self::Begun(future) => future.as_mut().poll(context),
            Self::New(_) | Self::Gone => Poll::Pending,
        }
    }
}

impl<F, Fut: Future> Running<F, Fut> {
    /// Drops the future, which may panic.
    fn let_go(&mut self) -> Result<(), Box<dyn Any + Send>> {
        let work = mem::replace(&mut self.work, Work::Gone);
        panic::catch_unwind(AssertUnwindSafe(|| drop(work)))
    }

    /// The future is gone before anybody learns of the end.
    fn end(&mut self, ending: Ending<Fut::Output>) -> Poll<()> {
        match self.let_go() {
            Ok(()) => self.end.0.end(ending),
            Err(payload) => self.end.0.end_by_panic(payload),
        }
        Poll::Ready(())
    }

    fn end_by_panic(&mut self, payload: Box<dyn Any + Send>) -> Poll<()> {
        let dropped = self.let_go();
        self.end.0.end_by_panic(payload);
        if let Err(second) = dropped {
            self.end.0.end_by_panic(second);
        }
        Poll::Ready(())
    }
}

impl<F: FnOnce() -> Fut, Fut: Future> Future for Running<F, Fut> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !self.end.0.goes_on(context.waker()) {
            return self.end(Ending::Aborted);
        }
        let work = &mut self.work;
        match panic::catch_unwind(AssertUnwindSafe(|| work.poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => self.end(Ending::Returned(value)),
            Err(payload) => self.end_by_panic(payload),
        }
    }
}

impl<F, Fut: Future> Drop for Running<F, Fut> {
    fn drop(&mut self) {
        if let Err(payload) = self.let_go() {
            self.end.0.end_by_panic(payload);
        }
    }
}
