//! The parts of a live network: what it owns, and what holding them means.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::probe::PingReport;
use crate::runtime::Runtimes;
use crate::sys::Descriptor;
use crate::sys::netlink::Transport;
use crate::sys::netns::{self, NamespaceId};

/// Everything that a network owns. Dropping it closes the last descriptors of its namespaces; the kernel does the rest.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) plan: Plan,
    /// In the order of the plan's nodes.
    pub(crate) nodes: Vec<LiveNode>,
    /// The pings that the test sent, for the report of a failure.
    pub(crate) pings: Mutex<Vec<(String, PingReport)>>,
    /// The async runtimes of the hosts that have one.
    pub(crate) runtimes: Runtimes,
}

/// A live namespace. Its netlink socket pins it: a node costs one descriptor.
#[derive(Debug)]
pub(crate) struct LiveNode {
    pub(crate) name: String,
    pub(crate) namespace: NamespaceId,
    pub(crate) unset: Vec<Unset>,
    netlink: Mutex<Transport>,
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
            netlink: Mutex::new(netlink),
        }
    }

    /// The node's netlink socket, for one request or listing at a time.
    pub(crate) fn netlink(&self) -> MutexGuard<'_, Transport> {
        // A panic between two requests leaves nothing half done.
        self.netlink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A descriptor of the namespace, for as long as it is needed.
    pub(crate) fn descriptor(&self) -> Result<Descriptor> {
        self.netlink()
            .namespace()
            .map_err(|e| Error::kernel(format!("open the namespace of node `{}`", self.name), e))
    }

    /// Moves the calling thread in, for ever.
    pub(crate) fn enter(&self) -> Result<()> {
        let descriptor = self.descriptor()?;
        netns::enter(descriptor)
            .map_err(|e| Error::kernel(format!("enter node `{}`", self.name), e))
    }
}

impl Parts {
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
