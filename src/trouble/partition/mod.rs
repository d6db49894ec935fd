//! Partitions: nodes that do not hear others any more, though every cable is as it was.

mod apart;
mod grudge;

pub use grudge::Grudge;
pub(super) use grudge::names;

use std::sync::atomic::Ordering;

use crate::error::Result;
use crate::host::Host;
use crate::network::Network;
use crate::plan::Role;
use crate::trouble::Trouble;

/// What is left to chance, beside the numbers of wires.
const RANDOM_HALVES: u64 = u64::MAX;

/// Of more nodes than these, the first are told.
const TOLD: usize = 8;

impl Network {
    /// Two sides that do not hear each other any more, until the guard is dropped. Any node may be on either, a router or the root, too.
    ///
    /// It acts where packets arrive: each node drops what comes from an address that a node of the other side has now. So
    /// it does not matter what is in between, and what they route for others goes on. Nobody is told: who sends notices nothing,
    /// connections stall and go on when it is over, as with a broken cable. Broadcasts and multicasts of the other side are not heard
    /// either. Several partitions may overlap, and healing one leaves the others.
    ///
    /// What passes:
    /// - ARP and IPv6 neighbour discovery, router advertisements included: the sides still know each other's hardware addresses. Those
    ///   who are on the same segment and want that to fail, too, need a [cut](crate::Link::cut).
    /// - What is sent from no address, as by DHCP clients, or from one that a node was given later.
    /// - What a router on the way gave another source, by translation: only what arrives with an address of the other side is dropped.
    ///   To keep a client behind such a router from a server, name the router as well.
    ///
    /// # Errors
    ///
    /// There is no such node, one is on both sides or shares its network with one of the other, one has no address, a side is empty, or
    /// the kernel refused: then nothing is changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let trouble = net.partition(["a", "b"], ["c"]).unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// assert_eq!(net.host("a").ping("c").unwrap().received(), 0);
    /// trouble.heal().unwrap();
    /// net.host("a").ping("c").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    ///
    /// The rules are those of [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).
    #[doc(alias = "split")]
    #[doc(alias = "nemesis")]
    pub fn partition<A: AsRef<str>, B: AsRef<str>>(
        &self,
        one: impl IntoIterator<Item = A>,
        other: impl IntoIterator<Item = B>,
    ) -> Result<Trouble<'_>> {
        let (one, other) = (names(one), names(other));
        let what = format!("partition: {} | {}", listed(&one), listed(&other));
        apart::keep(self, &Grudge::between(&one, &other), what)
    }

    /// Nobody of `to` hears anybody of `from` any more; what they send themselves arrives.
    ///
    /// That is a ping without an answer either way, and a TCP connection that stalls: only datagrams show which way is open. All else is as
    /// with [`partition`](Self::partition).
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let trouble = net.partition_one_way(["a"], ["b"]).unwrap();
    /// let heard = net.host("a").run(|| UdpSocket::bind("0.0.0.0:7")).unwrap();
    /// let sender = net.host("b").run(|| UdpSocket::bind("0.0.0.0:0")).unwrap();
    /// sender.send_to(b"still here", net.host("a").socket_addr(7)).unwrap();
    /// assert_eq!(heard.recv(&mut [0; 16]).unwrap(), 10);
    /// # drop(trouble);
    /// # }).unwrap();
    /// ```
    pub fn partition_one_way<A: AsRef<str>, B: AsRef<str>>(
        &self,
        from: impl IntoIterator<Item = A>,
        to: impl IntoIterator<Item = B>,
    ) -> Result<Trouble<'_>> {
        let (from, to) = (names(from), names(to));
        let verb = if to.len() == 1 { "does" } else { "do" };
        let what = format!(
            "partition: {} {verb} not hear {}",
            listed(&to),
            listed(&from)
        );
        apart::keep(self, &Grudge::one_way(&from, &to), what)
    }

    /// Drops everything between two nodes, both ways, until the guard is dropped: a [partition](Self::partition) of two.
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
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
    pub fn block(&self, a: &str, b: &str) -> Result<Trouble<'_>> {
        self.partition([a], [b])
    }

    /// A node that hears nobody and is heard by nobody, the routers and the root among them: a [partition](Self::partition) from all
    /// others that have addresses, but for those that share its network.
    ///
    /// What it routes for others goes on.
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let trouble = net.isolate("b").unwrap();
    /// assert_eq!(net.host("b").ping("a").unwrap().received(), 0);
    /// net.host("a").ping("c").unwrap().assert_lossless();
    /// # drop(trouble);
    /// # }).unwrap();
    /// ```
    pub fn isolate(&self, node: &str) -> Result<Trouble<'_>> {
        let own = self.find_host(node)?;
        let mut others = Vec::new();
        for (other, _) in self.parts().plan.networks() {
            let other = Host::new(self.parts(), other);
            let is_own = other.live().namespace == own.live().namespace;
            if !is_own && !apart::sending(other)?.is_empty() {
                others.push(other.name());
            }
        }
        let what = format!("partition: {node} is isolated");
        apart::keep(self, &Grudge::between([node], others), what)
    }

    /// The first half of the hosts, in the order of the topology, against the others, who are one more if the number is odd.
    ///
    /// The root is none of them, nor is who forwards, nor who shares another's network: they are what is between the hosts.
    /// [`halves_of`](Self::halves_of) takes the nodes that it is given.
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let trouble = net.halves().unwrap();
    /// assert_eq!(trouble.to_string(), "partition: a | b, c");
    /// # }).unwrap();
    /// ```
    pub fn halves(&self) -> Result<Trouble<'_>> {
        self.halves_of(self.between_whom())
    }

    /// The first half of these nodes against the others, who are one more if the number is odd.
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let trouble = net.halves_of(["c", "a"]).unwrap();
    /// assert_eq!(trouble.to_string(), "partition: c | a");
    /// # }).unwrap();
    /// ```
    pub fn halves_of<A: AsRef<str>>(
        &self,
        nodes: impl IntoIterator<Item = A>,
    ) -> Result<Trouble<'_>> {
        let nodes = names(nodes);
        let (first, second) = nodes.split_at(nodes.len() / 2);
        self.partition(first, second)
    }

    /// Two halves of the hosts that are left to chance: other ones with each call, and the same for the same [seed](Self::seed).
    ///
    /// The hosts are those of [`halves`](Self::halves).
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c", "d"]).seed(7), |net| {
    /// println!("{}", net.random_halves().unwrap());
    /// # }).unwrap();
    /// ```
    pub fn random_halves(&self) -> Result<Trouble<'_>> {
        let parts = self.parts();
        let number = parts.random_halves.fetch_add(1, Ordering::Relaxed);
        let mut nodes = names(self.between_whom());
        grudge::shuffle(&mut nodes, parts.seed.of([RANDOM_HALVES, number, 0]));
        self.halves_of(nodes)
    }

    /// Two halves of the hosts, as with [`halves`](Self::halves), that hear only one node in common: the bridge, which hears both.
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let trouble = net.bridge_node("b").unwrap();
    /// assert_eq!(net.host("a").ping("c").unwrap().received(), 0);
    /// net.host("b").ping("a").unwrap().assert_lossless();
    /// net.host("b").ping("c").unwrap().assert_lossless();
    /// # drop(trouble);
    /// # }).unwrap();
    /// ```
    #[doc(alias = "bridge")]
    pub fn bridge_node(&self, bridge: &str) -> Result<Trouble<'_>> {
        self.find_host(bridge)?;
        let mut nodes = self.between_whom();
        nodes.retain(|it| *it != bridge);
        let (one, other) = nodes.split_at(nodes.len() / 2);
        let what = format!(
            "partition: {} | {}, and {bridge} hears both",
            listed(one),
            listed(other)
        );
        apart::keep(self, &Grudge::bridge(&nodes, bridge), what)
    }

    /// Every host hears a majority of the hosts, and no two hear the same: see [`Grudge::majorities_ring`].
    ///
    /// The hosts are those of [`halves`](Self::halves).
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition); there are fewer than three hosts.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c", "d", "e"]), |net| {
    /// let trouble = net.majorities_ring().unwrap();
    /// net.host("a").ping("e").unwrap().assert_lossless();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// assert_eq!(net.host("a").ping("c").unwrap().received(), 0);
    /// # drop(trouble);
    /// # }).unwrap();
    /// ```
    pub fn majorities_ring(&self) -> Result<Trouble<'_>> {
        let nodes = self.between_whom();
        let what = format!("partition: a ring of majorities of {}", listed(&nodes));
        apart::keep(self, &Grudge::majorities_ring(&nodes), what)
    }

    /// Keeps from each node what it is not to hear: any partition that can be said. What passes is said at [`partition`](Self::partition).
    ///
    /// # Errors
    ///
    /// As [`partition`](Self::partition).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let trouble = net.apply_grudge(&Grudge::majorities_ring(["a", "b", "c"])).unwrap();
    /// assert_eq!(trouble.to_string(), "partition: a does not hear c; b does not hear a; c does not hear b");
    /// # }).unwrap();
    /// ```
    #[doc(alias = "nemesis")]
    pub fn apply_grudge(&self, grudge: &Grudge) -> Result<Trouble<'_>> {
        let pairs = grudge.pairs().count();
        let what = if pairs > TOLD * TOLD {
            format!("partition: {pairs} times somebody does not hear another")
        } else {
            format!("partition: {grudge}")
        };
        apart::keep(self, grudge, what)
    }

    /// The hosts that are no part of the network between others.
    pub(super) fn between_whom(&self) -> Vec<&str> {
        let networks = self.parts().plan.networks();
        let hosts = networks.filter(|(_, node)| node.role == Role::Host && !node.forwards);
        hosts.map(|(_, node)| node.name.as_str()).collect()
    }
}

pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let told: Vec<&str> = names.iter().take(TOLD).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(TOLD) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
