//! The runtimes that have been started: one for each host that was used so.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::runtime::Entrance;
use crate::runtime::host::{HostRuntime, StillRuns};
use crate::settings;
use crate::task::{self, Panics, Task};

/// How long tasks and the threads of a pool may take to end.
const END_WITHIN: Duration = Duration::from_secs(2);
/// How long those need that wait for nothing.
const END_SOON: Duration = Duration::from_millis(100);
/// How long a report waits for tasks that are just panicking.
const CATCH_UP_WITHIN: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(crate) struct Started(Mutex<State>);

#[derive(Default)]
struct State {
    closed: bool,
    /// By the node's position in the plan.
    hosts: BTreeMap<usize, Arc<HostRuntime>>,
}

/// The host that a task is for.
pub(crate) struct Host {
    pub(crate) node: usize,
    pub(crate) entrance: Entrance,
    pub(crate) workers: Option<usize>,
}

impl Started {
    /// Starts a task in a host, and the host's runtime if it is the first.
    ///
    /// # Errors
    ///
    /// The runtime could not be started.
    pub(crate) fn spawn<F, Fut>(
        &self,
        panics: &Arc<Panics>,
        host: Host,
        make: F,
    ) -> Result<Task<Fut::Output>>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        let name = host.entrance.host.clone();
        // In a closed network the job is dropped, which ends the task: it can still be asked.
        let runtime = self.runtime(host)?;
        let thread = runtime.as_ref().map(|runtime| runtime.thread);
        let (task, control, job) = task::new(&name, thread, panics, make);
        if let Some(runtime) = runtime {
            runtime.give(job, control);
        }
        Ok(task)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runtime(&self, host: Host) -> Result<Option<Arc<HostRuntime>>> {
        let mut state = self.lock();
        if state.closed {
            return Ok(None);
        }
        if let Some(runtime) = state.hosts.get(&host.node) {
            return Ok(Some(Arc::clone(runtime)));
        }
        let runtime = Arc::new(HostRuntime::start(host.entrance, host.workers)?);
        state.hosts.insert(host.node, Arc::clone(&runtime));
        Ok(Some(runtime))
    }

    pub(crate) fn catch_up(&self) {
        let hosts: Vec<_> = self.lock().hosts.values().cloned().collect();
        let deadline = Instant::now() + settings::scaled(CATCH_UP_WITHIN);
        for host in hosts {
            host.catch_up(deadline);
        }
    }

    pub(crate) fn close(&self, unblock: impl FnOnce()) -> Result<()> {
        let mut state = self.lock();
        state.closed = true;
        let hosts = std::mem::take(&mut state.hosts);
        drop(state);
        end(hosts, "close the network", unblock)
    }

    /// Ends the runtimes of these nodes; others may be started there afterwards. `what` completes "failed to ...".
    pub(crate) fn end_in(&self, nodes: &[usize], what: &str, unblock: impl FnOnce()) -> Result<()> {
        let mut state = self.lock();
        let all = std::mem::take(&mut state.hosts);
        let (ending, staying) = all.into_iter().partition(|(node, _)| nodes.contains(node));
        state.hosts = staying;
        drop(state);
        end(ending, what, unblock)
    }
}

/// Ends runtimes. Some end only after `unblock`, which is called for them alone.
fn end(hosts: BTreeMap<usize, Arc<HostRuntime>>, what: &str, unblock: impl FnOnce()) -> Result<()> {
    let limit = settings::scaled(END_WITHIN);
    let deadline = Instant::now() + limit;
    for host in hosts.values() {
        host.close(deadline);
    }
    let soon = Instant::now() + settings::scaled(END_SOON);
    if !hosts.values().all(|host| host.ends_by(soon)) {
        unblock();
    }
    let mut still = Vec::new();
    for host in hosts.values() {
        if let Some(threads) = host.ended(deadline) {
            still.push((host.host.as_str(), threads));
        }
        host.close_tasks();
    }
    if still.is_empty() {
        return Ok(());
    }
    Err(not_closed(&still, what, limit))
}

fn not_closed(still: &[(&str, StillRuns)], what: &str, limit: Duration) -> Error {
    let seconds = limit.as_secs_f64();
    let mut causes = Vec::new();
    let mut helps = Vec::new();
    for (host, threads) in still {
        let (cause, help) = match threads {
            StillRuns::Standing(thread) => (
                format!(
                    "a task of host `{host}` still runs after {seconds} s: thread `{host}` ({thread})"
                ),
                "a task can only be ended where it awaits: let a long loop await, or run it by `spawn_blocking`",
            ),
            StillRuns::Pooled(threads) => {
                let threads: Vec<String> = threads
                    .iter()
                    .map(|thread| format!("thread `{host} pool` ({thread})"))
                    .collect();
                (
                    format!(
                        "a blocking task or a worker of host `{host}` still runs after {seconds} s: {}",
                        threads.join(", ")
                    ),
                    "nothing can end blocking code from outside: tell it to end before the test does",
                )
            }
        };
        causes.push(cause);
        if !helps.contains(&help) {
            helps.push(help);
        }
    }
    let error = Error::new(Kind::TimedOut, what, causes.join("; "));
    helps
        .into_iter()
        .fold(error, Error::help)
        .help("on purpose? `.allow(Mistake::ThreadLeft)` in the topology")
}
