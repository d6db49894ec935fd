//! Where the calling thread is: the network and node that it was started for.

use std::cell::RefCell;
use std::sync::Arc;

use crate::live::Parts;

thread_local! {
    static HERE: RefCell<Option<(Arc<Parts>, usize)>> = const { RefCell::new(None) };
}

/// Runs `body` with this network and node as the calling thread's own.
pub(crate) fn set<T>(parts: &Arc<Parts>, node: usize, body: impl FnOnce() -> T) -> T {
    /// The thread ends with `body`, but its thread-locals end later: a network must not stay open for them.
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            HERE.with(|here| here.borrow_mut().take());
        }
    }
    HERE.with(|here| *here.borrow_mut() = Some((Arc::clone(parts), node)));
    let _clear = Clear;
    body()
}

/// The network and node that the calling thread was started for, if it was.
pub(crate) fn get() -> Option<(Arc<Parts>, usize)> {
    HERE.with(|here| here.borrow().clone())
}
