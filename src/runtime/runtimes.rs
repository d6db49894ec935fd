//! The runtimes of a network's hosts: started when first used, ended when the network is closed.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
#[cfg(feature = "tokio")]
use crate::runtime::started::Started;
use crate::task::Panics;

/// The runtimes of one network, and what their tasks panicked with.
#[derive(Default)]
pub(crate) struct Runtimes {
    panics: Arc<Panics>,
    #[cfg(feature = "tokio")]
    started: Started,
}

impl Runtimes {
    pub(crate) fn panics(&self) -> &Arc<Panics> {
        &self.panics
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn started(&self) -> &Started {
        &self.started
    }

    /// Lets panics be recorded that are just unwinding or about to happen, so that a report does not miss them: what a task held is
    /// dropped first, and that may be what the test failed by.
    pub(crate) fn catch_up(&self) {
        #[cfg(feature = "tokio")]
        self.started.catch_up();
    }

    /// Ends all tasks and runtimes, the first time that it is called. Some end only after `unblock`, which is called for them alone.
    ///
    /// # Errors
    ///
    /// Names the threads that still run at the limit. They are left alone from then on.
    pub(crate) fn close(&self, unblock: impl FnOnce()) -> Result<()> {
        #[cfg(feature = "tokio")]
        self.started.close(unblock)?;
        #[cfg(not(feature = "tokio"))]
        drop(unblock);
        Ok(())
    }
}

impl Runtimes {
    /// Ends the tasks and runtimes of these nodes, as [`close`](Self::close) does all of them. `what` completes "failed to ...".
    pub(crate) fn end_in(&self, nodes: &[usize], what: &str, unblock: impl FnOnce()) -> Result<()> {
        #[cfg(feature = "tokio")]
        self.started.end_in(nodes, what, unblock)?;
        #[cfg(not(feature = "tokio"))]
        drop((nodes, what, unblock));
        Ok(())
    }
}

impl fmt::Debug for Runtimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtimes").finish_non_exhaustive()
    }
}
