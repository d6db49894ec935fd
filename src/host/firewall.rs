//! A live host's firewall: what it counted, and rules that come and go.

use std::collections::HashSet;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering;

use crate::apply;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::nft::{Layer, Table};
use crate::plan::firewall::{self, TABLE};
use crate::sys::netns::NamespaceId;
use crate::sys::nft::{self, Change, Failure, Listed};
use crate::topology::{Firewall, Rule};
use crate::view::RuleCounter;

impl<'net> Host<'net> {
    /// What the rules of this node have counted: each named once for each chain, in the order in which they are tried.
    ///
    /// # Errors
    ///
    /// The kernel refused to list them.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::accept().tcp(80).named("web"))));
    /// # netns_test::run(&lab, |net| {
    /// for counter in net.host("b").counters().unwrap() {
    ///     println!("{counter}");
    /// }
    /// # }).unwrap();
    /// ```
    ///
    /// See [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).
    pub fn counters(self) -> Result<Vec<RuleCounter>> {
        let mut counters: Vec<RuleCounter> = Vec::new();
        for rule in self.listed()? {
            let (Some(name), Some(counted)) = (rule.comment, rule.counted) else {
                continue;
            };
            let same = |it: &&mut RuleCounter| {
                it.table == rule.table && it.chain == rule.chain && it.name == name
            };
            match counters.iter_mut().find(same) {
                Some(counter) => {
                    counter.packets += counted.packets;
                    counter.bytes += counted.bytes;
                }
                None => counters.push(RuleCounter {
                    table: rule.table,
                    chain: rule.chain,
                    name,
                    packets: counted.packets,
                    bytes: counted.bytes,
                }),
            }
        }
        Ok(counters)
    }

    /// What the rules of this name have counted, together if there are several.
    ///
    /// # Errors
    ///
    /// No rule has that name; the text lists those that there are. The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// let lab = Topology::lan(["a"])
    ///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().icmp().named("no ping"))));
    /// # netns_test::run(&lab, |net| {
    /// assert_eq!(net.host("b").counter("no ping").unwrap().packets, 0);
    /// let error = net.host("b").counter("no pong").unwrap_err();
    /// assert!(error.to_string().contains("known: no ping"));
    /// # }).unwrap();
    /// ```
    pub fn counter(self, name: &str) -> Result<RuleCounter> {
        let counters = self.counters()?;
        let own = counters.iter().filter(|counter| counter.name == name);
        let sum = own.cloned().reduce(|mut sum, next| {
            sum.packets += next.packets;
            sum.bytes += next.bytes;
            sum
        });
        sum.ok_or_else(|| {
            let mut known: Vec<&str> = Vec::new();
            for counter in &counters {
                if !known.contains(&counter.name.as_str()) {
                    known.push(&counter.name);
                }
            }
            let what = format!("find counter `{name}` of node `{}`", self.name());
            Error::unknown_name(what, &known)
        })
    }

    /// Adds a rule before all others of the node's firewall, until the guard is dropped. A node without a firewall gets one.
    ///
    /// It is about packets of connections that exist already, too: it comes before what [`stateful`](Firewall::stateful) lets pass.
    ///
    /// # Errors
    ///
    /// The rule makes no sense, or the kernel refuses it: then nothing is changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let (a, b) = (net.host("a"), net.host("b"));
    /// let guard = b.add_rule(Rule::drop().icmp()).unwrap();
    /// assert_eq!(a.ping("b").unwrap().received(), 0);
    /// drop(guard);
    /// a.ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "iptables")]
    #[doc(alias = "nft")]
    pub fn add_rule(self, rule: Rule) -> Result<RuleGuard<'net>> {
        let number = self.live().added_rules.fetch_add(1, Ordering::Relaxed) + 1;
        let rules = firewall::decide_one(&self.parts().plan, self.node(), &rule, number)?;
        let mut table = Table::new(Layer::Inet, TABLE);
        for (direction, _) in &rules {
            let chain = firewall::chain(*direction);
            if !table.chains.contains(&chain) {
                table.chains.push(chain);
            }
        }
        let mut changes = vec![Change::Ensure(&table)];
        let chains: Vec<String> = rules.iter().map(|(it, _)| it.to_string()).collect();
        // Each is put before the others: the last one first.
        for ((_, rule), chain) in rules.iter().zip(&chains).rev() {
            changes.push(Change::AddRule {
                layer: Layer::Inet,
                table: TABLE,
                chain,
                rule,
                first: true,
            });
        }
        let what = format!("add a rule to node `{}`", self.name());
        let handles = self.commit(&what, &changes, &table)?;
        let rules = chains.into_iter().rev().zip(handles).collect();
        Ok(RuleGuard {
            host: self,
            namespace: self.live().namespace,
            rules,
        })
    }

    /// Gives the node another firewall, in one step: no packet finds it without one. Counters begin at zero.
    ///
    /// Rules that were [added](Self::add_rule) go, too. [`Network::block`](crate::Network::block), translation, and what the topology
    /// says about path MTU discovery stay.
    ///
    /// # Errors
    ///
    /// A rule makes no sense, or the kernel refuses one: then nothing is changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Rule, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// net.host("b").replace_firewall(|f| f.rule(Rule::drop().from("a"))).unwrap();
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// net.host("b").replace_firewall(|f| f).unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn replace_firewall(self, configure: impl FnOnce(Firewall) -> Firewall) -> Result<()> {
        let firewall = configure(Firewall::default());
        let table = firewall::decide_whole(&self.parts().plan, self.node(), &firewall)?;
        let what = format!("replace the firewall of node `{}`", self.name());
        self.commit(&what, &[Change::Refill(&table)], &table)?;
        Ok(())
    }

    /// Changes rules in the node; `table` is what they are about, for the verdict on a kernel that refuses.
    pub(crate) fn commit(
        self,
        what: &str,
        changes: &[Change<'_>],
        table: &Table,
    ) -> Result<Vec<u64>> {
        let done = self.try_run(|| nft::commit(what, changes))?;
        done.map_err(|failure| apply::rules_refused(failure, std::slice::from_ref(table)))
    }

    fn listed(self) -> Result<Vec<Listed>> {
        let listed = self.try_run(nft::rules)?;
        listed.map_err(|failure| Failure::into_error(failure).inside(self.name()))
    }
}

/// A rule that was added to a live node, from [`Host::add_rule`]. Dropping it takes the rule out.
///
/// # Examples
///
/// ```
/// use netns_test::{Rule, Topology};
///
/// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
/// {
///     let _no_dns = net.host("b").add_rule(Rule::reject().udp(53)).unwrap();
/// }
/// assert_eq!(net.host("b").counters().unwrap(), []);
/// # }).unwrap();
/// ```
#[must_use = "a rule whose guard is not bound to a variable is taken out at once"]
pub struct RuleGuard<'net> {
    host: Host<'net>,
    /// In which they are. After a restart it is another one, with rules of its own.
    namespace: NamespaceId,
    /// The chain and the handle of each.
    rules: Vec<(String, u64)>,
}

impl RuleGuard<'_> {
    /// Takes the rule out, and tells if that failed. One that is gone already is no failure.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let guard = net.host("b").add_rule(Rule::reject().tcp(80)).unwrap();
    /// guard.remove().unwrap();
    /// # }).unwrap();
    /// ```
    pub fn remove(mut self) -> Result<()> {
        self.take_out()
    }

    /// Leaves the rule for as long as the network lives.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{Rule, Topology};
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// net.host("b").add_rule(Rule::reject().tcp(80).named("web")).unwrap().keep();
    /// assert!(net.host("b").counter("web").is_ok());
    /// # }).unwrap();
    /// ```
    pub fn keep(mut self) {
        self.rules.clear();
    }

    fn take_out(&mut self) -> Result<()> {
        let mut rules = std::mem::take(&mut self.rules);
        if self.host.live().namespace != self.namespace {
            return Ok(());
        }
        self.forget_gone(&mut rules)?;
        let what = format!("take a rule out of node `{}`", self.host.name());
        let table = Table::new(Layer::Inet, TABLE);
        while !rules.is_empty() {
            let changes = rules.iter().map(|(chain, handle)| Change::RemoveRule {
                layer: Layer::Inet,
                table: TABLE,
                chain,
                handle: *handle,
            });
            let changes: Vec<Change<'_>> = changes.collect();
            let Err(error) = self.host.commit(&what, &changes, &table) else {
                return Ok(());
            };
            // Another thread may have replaced the firewall since.
            let tried = rules.len();
            self.forget_gone(&mut rules)?;
            if rules.len() == tried {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Leaves of the rules those that are there.
    fn forget_gone(&self, rules: &mut Vec<(String, u64)>) -> Result<()> {
        if rules.is_empty() {
            return Ok(());
        }
        let listed = self.host.listed()?;
        let own = listed
            .iter()
            .filter(|it| it.table == TABLE && it.layer == Layer::Inet);
        let there: HashSet<u64> = own.map(|it| it.handle).collect();
        rules.retain(|(_, handle)| there.contains(handle));
        Ok(())
    }
}

impl Drop for RuleGuard<'_> {
    fn drop(&mut self) {
        quietly(|| self.take_out());
    }
}

/// Undoes something where nobody can be told that it failed, and where a panic would end the process.
pub(crate) fn quietly(undo: impl FnOnce() -> Result<()>) {
    drop(panic::catch_unwind(AssertUnwindSafe(undo)));
}

impl fmt::Debug for RuleGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleGuard")
            .field("node", &self.host.name())
            .finish_non_exhaustive()
    }
}
