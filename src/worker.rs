//! Threads that enter a namespace once and die there.
//!
//! There is no code that goes back: a thread that could fail to restore its namespace would carry one host's work into another.

use std::panic;
use std::thread;

use crate::error::Result;
use crate::live::{LiveNode, Parts};
use crate::machine;

/// Runs `body` on a fresh thread and forwards its panic.
pub(crate) fn on_a_thread_of_its_own<T: Send>(name: &str, body: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let spawned = thread::Builder::new()
            .name(name.to_owned())
            .spawn_scoped(scope, body);
        match spawned {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|payload| panic::resume_unwind(payload)),
            Err(cause) => panic!("{}", machine::no_thread(cause)),
        }
    })
}

/// Runs `body` on a fresh thread inside the node and forwards its panic.
pub(crate) fn run_in<T: Send>(node: &LiveNode, body: impl FnOnce() -> T + Send) -> Result<T> {
    on_a_thread_of_its_own(&node.name, || {
        node.enter()?;
        Ok(body())
    })
}

/// The same with the node's names and files: for code that is not ours.
pub(crate) fn run_at_home<T: Send>(
    parts: &Parts,
    node: usize,
    body: impl FnOnce() -> T + Send,
) -> Result<T> {
    on_a_thread_of_its_own(&parts.node(node).name, || {
        parts.inhabit(node)?;
        Ok(body())
    })
}
