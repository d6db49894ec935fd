//! The parts of a live network: what it owns, and what holding them means.

mod family;
mod home;
mod imposed;
mod node;
mod program;
mod pulled;
mod room;
mod seed;
mod service;
mod slots;
mod trouble;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod watch;
mod workshop;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use family::Family;
pub(crate) use home::{Home, Lack};
pub(crate) use imposed::Imposed;
pub(crate) use node::{LiveNode, Unset};
pub(crate) use program::{Awaited, Cut, Record, Stream};
pub(crate) use pulled::Pulled;
pub(crate) use room::namespace;
pub(crate) use seed::Seed;
pub(crate) use service::{Service, Services};
pub(crate) use slots::Slots;
pub(crate) use trouble::{Troubles, Undo};
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
pub(crate) use watch::{hear_out, watch};

use crate::error::{Error, Kind, Result};
use crate::plan::Plan;
use crate::probe::PingReport;
use crate::relay::Relay;
use crate::runtime::Runtimes;

/// Everything that a network owns. Dropping it closes the last descriptors of its namespaces; the kernel does the rest.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) plan: Plan,
    /// By the positions of the plan's nodes.
    pub(crate) nodes: Slots,
    /// The pings that the test sent, for the report of a failure.
    pub(crate) pings: Mutex<Vec<(String, PingReport)>>,
    /// The async runtimes of the hosts that have one.
    pub(crate) runtimes: Runtimes,
    /// What joins the halves of wires.
    pub(crate) relay: Relay,
    /// From which everything follows that is left to chance.
    pub(crate) seed: Seed,
    /// What somebody did to the network, and has not undone yet.
    pub(crate) troubles: Troubles,
    /// The ports that are down because cables were cut.
    pub(crate) pulled: Pulled,
    /// The rules that trouble has given to nodes.
    pub(crate) imposed: Imposed,
    /// The threads of ours that serve in nodes.
    pub(crate) services: Services,
    /// Held while a node is paused, crashed or restarted.
    upheaval: Mutex<()>,
    /// How many partitions were left to chance.
    pub(crate) random_halves: AtomicU64,
    /// The programs that the test started, in their order.
    programs: Mutex<Vec<Arc<Record>>>,
    /// No program is started any more.
    closed: AtomicBool,
}

impl Parts {
    pub(crate) fn new(plan: Plan, nodes: Vec<LiveNode>) -> Self {
        Self {
            seed: Seed::new(plan.seed),
            relay: Relay::new(&plan),
            plan,
            nodes: Slots::new(nodes),
            pings: Mutex::default(),
            runtimes: Runtimes::default(),
            troubles: Troubles::default(),
            pulled: Pulled::default(),
            imposed: Imposed::default(),
            services: Services::default(),
            upheaval: Mutex::default(),
            random_halves: AtomicU64::default(),
            programs: Mutex::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// The node at a position of the plan. After a restart it is another one.
    pub(crate) fn node(&self, position: usize) -> &LiveNode {
        self.nodes.node(position)
    }

    /// Moves the calling thread into a node and its home, for ever.
    pub(crate) fn inhabit(&self, node: usize) -> Result<()> {
        let live = self.node(node);
        live.must_be_up()?;
        live.enter()?;
        self.home(node)?
            .enter()
            .map_err(|e| Error::kernel(format!("enter the files of node `{}`", live.name), e))
    }

    /// The home of a node; it is made when it is first asked for.
    pub(crate) fn home(&self, node: usize) -> Result<&Home> {
        let node = self.plan.namespace_of(node);
        let live = self.node(node);
        if let Some(home) = live.home.get() {
            return Ok(home);
        }
        // Two may make one at the same time; the second one's is dropped.
        let home = Home::make(&self.plan, node, live)?;
        Ok(live.home.get_or_init(|| home))
    }

    /// What a node sees of the machine's instead of its own.
    pub(crate) fn lacking(&self, node: usize) -> Vec<Lack> {
        let own = self.plan.namespace_of(node);
        let of_home = self
            .node(own)
            .home
            .get()
            .map_or(&[][..], |home| &home.lacking);
        let mut lacking = of_home.to_vec();
        for (other, live) in self.nodes.all().enumerate() {
            if self.plan.namespace_of(other) == own {
                let family = lock(&live.family);
                lacking.extend(family.iter().filter_map(|family| family.lacking.clone()));
            }
        }
        lacking.dedup();
        lacking
    }

    /// The family that programs in a node belong to; it is founded when it is first asked for.
    pub(crate) fn family(self: &Arc<Self>, node: usize) -> Result<Arc<Family>> {
        let live = self.node(node);
        let mut family = lock(&live.family);
        if live.is_paused() {
            let what = format!("start programs in node `{}`", live.name);
            return Err(Error::new(Kind::Invalid, what, "it is paused")
                .help("heal that first: a machine that stands still starts nothing"));
        }
        match &*family {
            Some(family) => Ok(Arc::clone(family)),
            // A thread that was left behind would found another one.
            None if self.closed.load(Ordering::SeqCst) => Err(Error::new(
                Kind::Kernel,
                format!("start programs in node `{}`", live.name),
                "the network is closed",
            )),
            None => {
                let found = Arc::new(Family::found(self, node)?);
                Ok(Arc::clone(family.insert(found)))
            }
        }
    }

    /// The programs that the test started, in their order.
    pub(crate) fn programs(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        lock(&self.programs)
    }

    /// Kills every program that was started in a node, and whatever those have started. None is started afterwards.
    pub(crate) fn end_programs(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            self.programs().iter().for_each(|it| it.cut(Cut::Close));
        }
        let families: Vec<Arc<Family>> = self
            .nodes
            .ever()
            .filter_map(|(_, node)| lock(&node.family).take())
            .collect();
        // All of them, before any is waited for.
        for family in &families {
            family.kill();
        }
    }

    /// The turn of one that pauses, crashes or restarts nodes.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.upheaval)
    }

    /// The family of programs of a node, if it has one.
    pub(crate) fn programs_of(&self, node: usize) -> Option<Arc<Family>> {
        lock(&self.node(node).family).clone()
    }

    /// Kills every program of a node, and waits until they are dead.
    pub(crate) fn kill_programs(&self, node: usize) {
        let programs = self.programs().clone();
        let own = programs.iter().filter(|record| record.node == node);
        own.for_each(|record| record.cut(Cut::Crash));
        let family = lock(&self.node(node).family).take();
        if let Some(family) = family {
            family.kill();
            family.await_death();
        }
    }

    /// Has every node ask again, at once, for the neighbours that have not answered it yet: the network has changed.
    pub(crate) fn search_again(&self) {
        self.nodes.all().for_each(LiveNode::search_again);
    }

    /// The nodes that are one network with this one, itself among them.
    pub(crate) fn sharing(&self, node: usize) -> Vec<usize> {
        let namespace = self.plan.namespace_of(node);
        let all = 0..self.plan.nodes.len();
        all.filter(|other| self.plan.namespace_of(*other) == namespace)
            .collect()
    }

    /// The node with this name, unless it is a switch.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.plan
            .visible()
            .find(|(_, node)| node.name == name)
            .map(|(position, _)| position)
    }

    /// The names of root and hosts.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.plan
            .visible()
            .map(|(_, node)| node.name.as_str())
            .collect()
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.end_programs();
    }
}

/// A panic of somebody who held it leaves nothing half done here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No program is ever started on other systems.
#[cfg(not(all(target_os = "linux", not(netns_test_elsewhere))))]
pub(crate) fn watch(
    _record: &Arc<Record>,
    _output: Option<std::process::ChildStdout>,
    _error: Option<std::process::ChildStderr>,
) -> std::io::Result<()> {
    Ok(())
}

/// No program is ever started on other systems.
#[cfg(not(all(target_os = "linux", not(netns_test_elsewhere))))]
pub(crate) fn hear_out(
    _record: &Arc<Record>,
    _child: std::process::Child,
) -> std::io::Result<std::process::Output> {
    Err(std::io::ErrorKind::Unsupported.into())
}
