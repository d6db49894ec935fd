//! Router advertisements: a thread in each router that has something to advertise.

mod server;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::error::{Error, Result};
use crate::live::{LiveNode, Parts, Service};
use crate::plan::End;
use crate::sys::ready::{self, Bell};
use crate::worker;
use server::Server;

/// The advertisements of a node. Dropping it ends them.
struct Advertiser {
    bell: Bell,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Service for Advertiser {
    fn end(&self) {
        // A thread that has ended by itself hears no bell.
        drop(self.bell.ring());
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        // Its panic was printed; who listens for advertisements has noticed.
        drop(thread.take().map(JoinHandle::join));
    }
}

impl Drop for Advertiser {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts what the topology asked for in these nodes. The first advertisements have been sent when this returns.
pub(crate) fn start_in(parts: &Parts, nodes: &[usize]) -> Result<()> {
    let all = parts.plan.advertisers();
    for node in all.filter(|node| nodes.contains(node)) {
        let ends = parts.plan.ends(node).collect();
        let advertiser = start(parts.node(node), ends)?;
        parts.services.keep(node, Arc::new(advertiser));
    }
    Ok(())
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
        thread: Mutex::new(Some(thread.map_err(failed)?)),
    })
}
