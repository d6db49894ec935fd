//! The parts of a live network: what it owns, and what holding them means.

mod family;
mod home;
mod program;
mod pulled;
mod room;
mod seed;
mod slots;
mod trouble;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
mod watch;
mod workshop;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub(crate) use family::Family;
pub(crate) use home::{Home, Lack};
pub(crate) use program::{Awaited, Record, Stream};
pub(crate) use pulled::Pulled;
pub(crate) use room::namespace;
pub(crate) use seed::{Seed, scattered};
pub(crate) use slots::Slots;
pub(crate) use trouble::{Troubles, Undo};
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
pub(crate) use watch::{hear_out, watch};

use crate::error::{Error, Kind, Result};
use crate::plan::Plan;
use crate::probe::PingReport;
use crate::relay::Relay;
use crate::runtime::Runtimes;
use crate::sys::Descriptor;
use crate::sys::netlink::Transport;
use crate::sys::netns::{self, NamespaceId};
#[cfg(feature = "dns")]
use crate::zone::QueryLog;

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
    /// The programs that the test started, in their order.
    programs: Mutex<Vec<Arc<Record>>>,
    /// No program is started any more.
    closed: AtomicBool,
}

/// A live namespace. Its netlink socket pins it: a node costs one descriptor.
#[derive(Debug)]
pub(crate) struct LiveNode {
    pub(crate) name: String,
    pub(crate) namespace: NamespaceId,
    pub(crate) unset: Vec<Unset>,
    /// The kernel looks for duplicates of the link-local addresses that it gives, because that could not be switched off.
    pub(crate) detects_duplicates: bool,
    /// What the DNS server that the topology asked for has seen.
    #[cfg(feature = "dns")]
    pub(crate) dns_queries: QueryLog,
    netlink: Arc<Mutex<Transport>>,
    /// How many rules were added to its firewall: each is called by its number.
    pub(crate) added_rules: Arc<AtomicUsize>,
    home: OnceLock<Home>,
    family: Mutex<Option<Arc<Family>>>,
}

/// A kernel parameter that nobody asked for and that could not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unset {
    pub(crate) sysctl: String,
    pub(crate) value: String,
    pub(crate) cause: String,
}

impl LiveNode {
    pub(crate) fn new(
        name: String,
        namespace: NamespaceId,
        netlink: Transport,
        unset: Vec<Unset>,
    ) -> Self {
        Self {
            name,
            namespace,
            unset,
            detects_duplicates: false,
            #[cfg(feature = "dns")]
            dns_queries: QueryLog::default(),
            netlink: Arc::new(Mutex::new(netlink)),
            added_rules: Arc::default(),
            home: OnceLock::new(),
            family: Mutex::new(None),
        }
    }

    /// A further node in the same namespace. It has nothing of its own yet but its name.
    pub(crate) fn shared_by(&self, name: String) -> Self {
        Self {
            name,
            namespace: self.namespace,
            // Told once, by the owner.
            unset: Vec::new(),
            detects_duplicates: self.detects_duplicates,
            #[cfg(feature = "dns")]
            dns_queries: self.dns_queries.clone(),
            netlink: Arc::clone(&self.netlink),
            added_rules: Arc::clone(&self.added_rules),
            home: OnceLock::new(),
            family: Mutex::new(None),
        }
    }

    /// The node's netlink socket, for one request or listing at a time.
    pub(crate) fn netlink(&self) -> MutexGuard<'_, Transport> {
        lock(&self.netlink)
    }

    /// A descriptor of the namespace, for as long as it is needed.
    pub(crate) fn descriptor(&self) -> Result<Descriptor> {
        self.netlink()
            .namespace()
            .map_err(|e| Error::kernel(format!("open the namespace of node `{}`", self.name), e))
    }

    /// Moves the calling thread into the namespace, for ever. Names and files stay the machine's.
    pub(crate) fn enter(&self) -> Result<()> {
        let descriptor = self.descriptor()?;
        netns::enter(descriptor)
            .map_err(|e| Error::kernel(format!("enter node `{}`", self.name), e))
    }
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
        let mut family = lock(&self.node(node).family);
        match &*family {
            Some(family) => Ok(Arc::clone(family)),
            // A thread that was left behind would found another one.
            None if self.closed.load(Ordering::SeqCst) => Err(Error::new(
                Kind::Kernel,
                format!("start programs in node `{}`", self.node(node).name),
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
            self.programs().iter().for_each(|it| it.close());
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
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
