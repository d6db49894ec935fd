//! Rules about single packets of a live link.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::attempt::seconds;
use crate::error::{Error, Kind, Result};
use crate::link::Link;
use crate::packet::{Counts, Match, PacketRule, Sender, Tally};
use crate::settings;
use crate::trouble::Trouble;
use crate::trouble::impair::Side;
use crate::wires::Rule;

/// How long a packet is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

impl<'net> Link<'net> {
    /// Installs a rule about single packets on its wire, behind those that are there, until the guard is dropped.
    ///
    /// What passes the rules meets the [impairment](Self::impair). While a wire has rules, this crate's own thread carries its packets, and one
    /// packet is one frame.
    ///
    /// # Errors
    ///
    /// The cable is not a wire, the rule makes no sense, it names a sender that is at neither end, or the topology insists on the kernel
    /// ([`Backend::Kernel`](crate::Backend::Kernel)), which has no such rules.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let rule = PacketRule::drop(Match::icmp().sent().first(1));
    /// let guard = net.host("a").link("eth0").packet_rule(rule).unwrap();
    /// let to = net.host("b").ipv4().to_string();
    /// assert_eq!(net.host("a").ping_with(&to, |p| p.count(3)).unwrap().received(), 2);
    /// assert_eq!(guard.hits(), 1);
    /// # }).unwrap();
    /// ```
    pub fn packet_rule(self, rule: PacketRule) -> Result<PacketRuleGuard<'net>> {
        Ok(self.installed(rule)?.0)
    }

    pub(super) fn installed(self, mut rule: PacketRule) -> Result<(PacketRuleGuard<'net>, Rule)> {
        const WHAT: &str = "install a packet rule on";
        let (wire, end) = self.wire(WHAT)?;
        let mistakes = rule.mistakes();
        if !mistakes.is_empty() {
            let what = format!("{WHAT} {}", self.called());
            return Err(Error::new(Kind::Invalid, what, mistakes.join("; ")));
        }
        let text = rule.to_string();
        self.name_senders(&mut rule.what)?;
        let parts = self.host().parts();
        let own = Side::Egress.way(end);
        let (installed, tally) = Rule::install(parts, wire, own, rule)?;
        let named = format!("packet rule `{text}` on {}", self.called());
        let trouble = Trouble::begun(parts, named, move |parts| installed.remove(parts));
        let guard = PacketRuleGuard {
            trouble: Some(trouble),
            tally,
            text,
            told: AtomicBool::new(false),
        };
        Ok((guard, installed))
    }

    /// Who the senders are that a match calls by name.
    pub(super) fn name_senders(self, what: &mut Match) -> Result<()> {
        let [own, far] = self.ends()?;
        what.name_senders(&mut |name| {
            if name == own {
                Ok(Sender::Own)
            } else if name == far {
                Ok(Sender::Far)
            } else {
                let what = format!("find sender `{name}` at an end of {}", self.called());
                Err(Error::unknown_name(what, &[own, far]).help(
                    "who sends from behind a switch or a router is told by an address: `.source(..)`",
                ))
            }
        })
    }

    /// The names of the host itself and of what is at the other end of the cable.
    pub(super) fn ends(self) -> Result<[&'net str; 2]> {
        let (wire, end) = self.wire("look at")?;
        let plan = &self.host().parts().plan;
        let far = &plan.cables[plan.wires[wire].cable].ends[1 - end];
        let node = &plan.nodes[far.node];
        let far = match far.bridge {
            Some(bridge) => &node.bridges[bridge].name,
            None => &node.name,
        };
        Ok([self.host().name(), far])
    }
}

/// A rule of a live link, from [`Link::packet_rule`]. Dropping it removes the rule, and lets go what it holds.
///
/// If a closure of the rule panicked, so does dropping it, unless the test is panicking already or was told by an error.
///
/// # Examples
///
/// ```
/// use netns_test::{Match, PacketRule, Topology};
///
/// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
/// let far = PacketRule::rewrite(Match::icmp().received(), |packet| {
///     packet.set_ttl(17);
/// });
/// let guard = net.host("a").link("eth0").packet_rule(far).unwrap();
/// let to = net.host("b").ipv4().to_string();
/// net.host("a").ping_with(&to, |p| p.count(1)).unwrap().assert_lossless();
/// guard.wait_for_hits(1).unwrap();
/// guard.remove().unwrap();
/// # }).unwrap();
/// ```
#[must_use = "a packet rule whose guard is not bound to a variable is removed at once"]
pub struct PacketRuleGuard<'net> {
    /// None once it is kept or removed.
    trouble: Option<Trouble<'net>>,
    pub(super) tally: Arc<Tally>,
    text: String,
    /// Whether somebody got the panic of its closure.
    told: AtomicBool,
}

impl PacketRuleGuard<'_> {
    /// How many packets it has done something to.
    ///
    /// # Examples
    ///
    /// See [`Link::packet_rule`].
    pub fn hits(&self) -> u64 {
        self.tally.counts().hits
    }

    /// Waits until it has done something to so many packets: for 10 seconds at most, times `NETNS_TEST_TIME_SCALE`.
    ///
    /// # Errors
    ///
    /// There were fewer in time ([`is_timed_out`](Error::is_timed_out)), or its closure panicked.
    ///
    /// # Examples
    ///
    /// See [`PacketRuleGuard`].
    pub fn wait_for_hits(&self, hits: u64) -> Result<()> {
        let limit = settings::scaled(PATIENCE);
        let counts = self.tally.wait(hits, limit);
        if counts.hits >= hits {
            return Ok(());
        }
        let what = format!("wait for {hits} hits of packet rule `{}`", self.text);
        if let Some(error) = panicked(&what, &counts) {
            self.told.store(true, Ordering::Relaxed);
            return Err(error);
        }
        let (hits, matched) = (counts.hits, counts.matched);
        let cause = format!(
            "{hits} in {}, and {matched} packets met its conditions",
            seconds(limit)
        );
        Err(Error::new(Kind::TimedOut, what, cause).help("`Link::record` shows what was sent"))
    }

    /// Removes the rule, and tells if that failed, or if its closure panicked.
    ///
    /// # Errors
    ///
    /// The kernel refused to carry the packets again, or the closure panicked.
    ///
    /// # Examples
    ///
    /// See [`PacketRuleGuard`].
    pub fn remove(mut self) -> Result<()> {
        self.told.store(true, Ordering::Relaxed);
        if let Some(trouble) = self.trouble.take() {
            trouble.heal()?;
        }
        let what = format!("follow packet rule `{}`", self.text);
        panicked(&what, &self.tally.counts()).map_or(Ok(()), Err)
    }

    /// Leaves the rule for as long as the network lives, or until [`Network::heal`](crate::Network::heal).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let link = net.host("a").link("eth0");
    /// link.packet_rule(PacketRule::drop(Match::icmp())).unwrap().keep();
    /// let to = net.host("b").ipv4().to_string();
    /// assert_eq!(net.host("a").ping_with(&to, |p| p.count(1)).unwrap().received(), 0);
    /// net.heal().unwrap();
    /// net.host("a").ping_with(&to, |p| p.count(1)).unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn keep(mut self) {
        if let Some(trouble) = self.trouble.take() {
            trouble.keep();
        }
    }
}

fn panicked(what: &str, counts: &Counts) -> Option<Error> {
    let text = counts.panicked.as_ref()?;
    let cause = format!("its closure panicked: {text}");
    Some(Error::new(Kind::Panicked, what, cause))
}

impl Drop for PacketRuleGuard<'_> {
    fn drop(&mut self) {
        drop(self.trouble.take());
        let told = self.told.load(Ordering::Relaxed);
        let what = format!("follow packet rule `{}`", self.text);
        if let Some(error) = panicked(&what, &self.tally.counts()) {
            assert!(told || thread::panicking(), "{error}");
        }
    }
}

impl fmt::Debug for PacketRuleGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacketRuleGuard({}: {} hits)", self.text, self.hits())
    }
}

#[cfg(test)]
mod tests;
