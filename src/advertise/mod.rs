//! Router advertisements: a thread in each router that has something to advertise.

mod server;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::thread::{self, JoinHandle};

use crate::error::{Error, Result};
use crate::live::{LiveNode, Parts};
use crate::plan::End;
use crate::sys::ready::{self, Bell};
use crate::worker;
use server::Server;

/// The advertisements of a node. Dropping it ends them.
pub(crate) struct Advertiser {
    bell: Bell,
    /// Joined once, in `drop`: nobody can see it half done.
    thread: AssertUnwindSafe<Option<JoinHandle<()>>>,
    node: String,
}

impl fmt::Debug for Advertiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Advertiser")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl Drop for Advertiser {
    fn drop(&mut self) {
        // A thread that has ended by itself hears no bell.
        drop(self.bell.ring());
        // Its panic was printed; who listens for advertisements has noticed.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Starts what the topology asked for. The first advertisements have been sent when this returns.
pub(crate) fn start_all(parts: &Parts) -> Result<Vec<Advertiser>> {
    let plan = &parts.plan;
    plan.advertisers()
        .map(|node| start(parts.node(node), plan.ends(node).collect()))
        .collect()
}

fn start(node: &LiveNode, ends: Vec<&End>) -> Result<Advertiser> {
    let failed = |cause| {
        let what = format!("advertise node `{}` as a router", node.name);
        Error::kernel(what, cause)
    };
    let (bell, alarm) = ready::alarm().map_err(failed)?;
    let thread = worker::run_in(node, || {
        let mut server = Server::open(&ends, alarm)?;
        server.advertise();
        // Threads are born where their parent is.
        thread::Builder::new()
            .name(format!("ra {}", node.name))
            .spawn(|| server.run())
    })?;
    Ok(Advertiser {
        bell,
        thread: AssertUnwindSafe(Some(thread.map_err(failed)?)),
        node: node.name.clone(),
    })
}
