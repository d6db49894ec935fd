//! A node of a live network: its namespace and what belongs to it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use crate::error::{Error, Kind, Result};
use crate::live::{Family, Home, lock};
use crate::sys::Descriptor;
use crate::sys::netlink::{self, Transport};
use crate::sys::netns::{self, NamespaceId};
#[cfg(feature = "dns")]
use crate::zone::QueryLog;

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
    /// Whether it is up.
    pub(crate) outage: Arc<Outage>,
    /// How many rules were added to its firewall: each is called by its number.
    pub(crate) added_rules: Arc<AtomicUsize>,
    pub(super) home: OnceLock<Home>,
    pub(super) family: Mutex<Option<Arc<Family>>>,
}

/// What has happened to a namespace as a whole.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    pub(crate) crashed: AtomicBool,
    pub(crate) paused: AtomicBool,
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
            outage: Arc::default(),
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
            outage: Arc::clone(&self.outage),
            added_rules: Arc::clone(&self.added_rules),
            home: OnceLock::new(),
            family: Mutex::new(None),
        }
    }

    /// This node as what comes after another one. What a test has asked for by a name or number stays its own.
    pub(crate) fn succeeding(self, before: &Self) -> Self {
        Self {
            #[cfg(feature = "dns")]
            dns_queries: before.dns_queries.clone(),
            // A guard of the old one's rules must not find those of the new one.
            added_rules: Arc::clone(&before.added_rules),
            ..self
        }
    }

    pub(crate) fn has_crashed(&self) -> bool {
        self.outage.crashed.load(Ordering::SeqCst)
    }

    /// Whether somebody's code can run there.
    pub(crate) fn must_be_up(&self) -> Result<()> {
        if !self.has_crashed() {
            return Ok(());
        }
        let what = format!("enter node `{}`", self.name);
        let error = Error::new(Kind::Invalid, what, "it has crashed");
        Err(error.help("`Host::restart` brings it back"))
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.outage.paused.load(Ordering::SeqCst)
    }

    /// The node's netlink socket, for one request or listing at a time.
    pub(crate) fn netlink(&self) -> MutexGuard<'_, Transport> {
        lock(&self.netlink)
    }

    /// Asks again, at once, for the neighbours that have not answered yet.
    pub(crate) fn search_again(&self) {
        if !self.has_crashed() {
            // Otherwise the kernel asks again within a second.
            drop(netlink::search_again(&mut self.netlink()));
        }
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
