//! Two nodes that do not hear each other any more.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Kind, Result};
use crate::host::{Host, quietly};
use crate::network::Network;
use crate::nft::{Layer, Table};
use crate::plan::firewall;
use crate::sys::nft::Change;

/// Of a process: tables of one network never share a name.
static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Network {
    /// Drops everything between two nodes, both ways, until the guard is dropped. Either may be a router, or the root.
    ///
    /// It acts where packets arrive: each of the two drops what comes from an address that the other one has now. So it does not matter
    /// whether they are on one segment or a router is in between, and what they route for others goes on. Nobody is told: who sends
    /// notices nothing, connections stall and go on when it is over, as with a broken cable. ARP and IPv6 neighbour discovery pass. If a
    /// router translates in between, only what arrives with an address of the other node is dropped.
    ///
    /// # Errors
    ///
    /// There is no such node, one has no address, both are one network, or the kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let guard = net.block("a", "b").unwrap();
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// net.host("a").ping("c").unwrap().assert_lossless();
    /// drop(guard);
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    ///
    /// The rules are those of [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).
    #[doc(alias = "partition")]
    pub fn block(&self, a: &str, b: &str) -> Result<BlockGuard<'_>> {
        let (a, b) = (self.find_host(a)?, self.find_host(b)?);
        if a.live().namespace == b.live().namespace {
            let what = format!("block `{}` from `{}`", a.name(), b.name());
            return Err(Error::new(Kind::Invalid, what, "they are one network")
                .help("name two nodes, each with a network of its own"));
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut guard = BlockGuard {
            nodes: Vec::new(),
            table: format!("block{number}"),
        };
        // Both are asked for their addresses before anything is changed.
        let tables = [(a, guard.against(b)?), (b, guard.against(a)?)];
        for (host, table) in tables {
            let what = format!("block what comes to node `{}`", host.name());
            host.commit(&what, &[Change::Install(&table)], &table)?;
            guard.nodes.push(host);
        }
        Ok(guard)
    }
}

/// Two nodes that do not hear each other, from [`Network::block`]. Dropping it heals that.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// let guard = net.block("a", "b").unwrap();
/// guard.remove().unwrap();
/// net.host("a").ping("b").unwrap().assert_lossless();
/// # }).unwrap();
/// ```
#[must_use = "a block whose guard is not bound to a variable is healed at once"]
pub struct BlockGuard<'net> {
    nodes: Vec<Host<'net>>,
    table: String,
}

impl BlockGuard<'_> {
    /// The table that keeps a node's packets out.
    fn against(&self, other: Host<'_>) -> Result<Table> {
        let interfaces = other.interfaces()?;
        let addresses = interfaces.iter().flat_map(|it| &it.addresses);
        let addresses: Vec<IpAddr> = addresses
            .map(|it| it.address.address())
            .filter(|address| !address.is_loopback())
            .collect();
        if addresses.is_empty() {
            let what = format!("block what node `{}` sends", other.name());
            return Err(Error::new(Kind::Invalid, what, "it has no address")
                .help("give it one first: a block is about the addresses that a node has"));
        }
        Ok(firewall::block(&self.table, other.name(), &addresses))
    }

    /// Heals it, and tells if that failed.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.block("a", "b").unwrap().remove().unwrap();
    /// # }).unwrap();
    /// ```
    pub fn remove(mut self) -> Result<()> {
        self.heal()
    }

    /// Leaves the nodes apart for as long as the network lives.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.block("a", "b").unwrap().keep();
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// # }).unwrap();
    /// ```
    pub fn keep(mut self) {
        self.nodes.clear();
    }

    /// Both nodes are tried, whatever becomes of the first.
    fn heal(&mut self) -> Result<()> {
        let table = Table::new(Layer::Inet, &self.table);
        let healed = std::mem::take(&mut self.nodes).into_iter().map(|host| {
            let what = format!("let packets come to node `{}` again", host.name());
            let change = Change::Remove(table.layer, &table.name);
            host.commit(&what, &[change], &table)
        });
        let healed: Vec<Result<Vec<u64>>> = healed.collect();
        healed.into_iter().try_for_each(|it| it.map(drop))
    }
}

impl Drop for BlockGuard<'_> {
    fn drop(&mut self) {
        quietly(|| self.heal());
    }
}

impl fmt::Debug for BlockGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes: Vec<&str> = self.nodes.iter().map(|host| host.name()).collect();
        f.debug_struct("BlockGuard")
            .field("nodes", &nodes)
            .finish_non_exhaustive()
    }
}
