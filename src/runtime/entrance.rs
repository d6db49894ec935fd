//! Where the threads of a runtime belong.

use std::sync::Arc;

use crate::error::Result;
use crate::task::Panics;

/// The node of a runtime, as far as its threads have to know it.
pub(crate) struct Entrance {
    pub(crate) host: String,
    pub(crate) panics: Arc<Panics>,
    enter: Box<Enter>,
}

/// Moves the calling thread into the node for ever, and tells it where it is. A thread that is there already need not be moved.
type Enter = dyn Fn(WhoEnters) -> Result<()> + Send + Sync;

/// How a thread came to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhoEnters {
    /// By whoever used the host first, wherever that was.
    Standing,
    /// By the runtime, from one of its own threads unless a handle has been carried outside.
    Pooled,
}

impl Entrance {
    pub(crate) fn new(
        host: &str,
        panics: &Arc<Panics>,
        enter: impl Fn(WhoEnters) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            host: host.to_owned(),
            panics: Arc::clone(panics),
            enter: Box::new(enter),
        }
    }

    /// Moves the calling thread in.
    pub(crate) fn enter(&self) -> Result<()> {
        (self.enter)(WhoEnters::Standing)
    }

    /// For a fresh thread of a runtime's pool: `spawn_blocking` by a handle that was carried outside starts it where the caller is, and
    /// later calls from inside would reuse it.
    ///
    /// # Panics
    ///
    /// The thread cannot get in. Tokio says nothing of a thread that ends here, and whoever waits for its work waits for ever: so that
    /// the test's report tells the reason, it is recorded as a panic of the host.
    pub(crate) fn find_back(&self) {
        if let Err(error) = (self.enter)(WhoEnters::Pooled) {
            let error = error.help("keep tokio's `Handle` inside the host that it belongs to");
            self.panics.record(&self.host, error.to_string());
            panic!("{error}");
        }
    }
}
