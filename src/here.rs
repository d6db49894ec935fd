//! Where the calling thread is: the network and node that it was started for.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

#[cfg(feature = "tokio")]
use crate::error::{Error, Kind};
use crate::live::Parts;
#[cfg(feature = "tokio")]
use crate::runtime::{Entrance, WhoEnters};
#[cfg(feature = "tokio")]
use crate::sys::netns::NamespaceId;

thread_local! {
    /// No thread keeps a network: those of a runtime end because it is closed.
    static HERE: RefCell<Option<(Weak<Parts>, usize)>> = const { RefCell::new(None) };
}

/// Runs `body` with this network and node as the calling thread's own.
pub(crate) fn set<T>(parts: &Arc<Parts>, node: usize, body: impl FnOnce() -> T) -> T {
    /// The thread ends with `body`, but its thread-locals end later.
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            HERE.with(|here| here.borrow_mut().take());
        }
    }
    HERE.with(|here| *here.borrow_mut() = Some((Arc::downgrade(parts), node)));
    let _clear = Clear;
    body()
}

/// The network and node that the calling thread was started for, if it was.
pub(crate) fn get() -> Option<(Arc<Parts>, usize)> {
    let (parts, node) = HERE.with(|here| here.borrow().clone())?;
    Some((parts.upgrade()?, node))
}

/// What the threads of a runtime in this node have to know. It does not keep the network open.
#[cfg(feature = "tokio")]
pub(crate) fn entrance(parts: &Arc<Parts>, node: usize) -> Entrance {
    let name = parts.node(node).name.as_str();
    let namespace = parts.node(node).namespace;
    let what = format!("enter node `{name}`");
    let panics = parts.runtimes.panics();
    let parts = Arc::downgrade(parts);
    Entrance::new(name, panics, move |who| {
        let is_in = who == WhoEnters::Pooled
            && NamespaceId::current().is_ok_and(|current| current == namespace);
        if !is_in {
            let closed = || Error::new(Kind::Kernel, what.as_str(), "the network is closed");
            parts.upgrade().ok_or_else(closed)?.inhabit(node)?;
        }
        HERE.with(|here| *here.borrow_mut() = Some((Weak::clone(&parts), node)));
        Ok(())
    })
}
