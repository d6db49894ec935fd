//! What a thread finds out, awaited.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::machine;

/// The result of a thread that was started for it. `None`: it could not be started, or panicked.
pub(super) struct Answer<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<T>,
    is_over: bool,
    reader: Option<Waker>,
}

/// Whatever becomes of the thread, its reader goes on.
struct Over<T>(Arc<Mutex<State<T>>>);

impl<T> Drop for Over<T> {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.is_over = true;
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<T: Send + 'static> Answer<T> {
    /// Asks on a thread of its own, outside of the network. It goes on if nobody waits any more.
    pub(super) fn of(question: impl FnOnce() -> T + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new(State {
            value: None,
            is_over: false,
            reader: None,
        }));
        let over = Over(Arc::clone(&state));
        // Without a thread `over` is dropped, and the answer is none.
        drop(machine::spawn("program waiter", move || {
            let value = question();
            lock(&over.0).value = Some(value);
        }));
        Self(state)
    }
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = lock(&self.0);
        if state.is_over {
            return Poll::Ready(state.value.take());
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
