//! Which packets a rule is about.

mod conditions;
mod count;

use std::fmt;
use std::ops::Not;

use super::condition::{Condition, Kind, Sender};
use super::view::Packet;
use count::{Count, Counter};

/// Which packets a rule is about: those that meet all conditions, and of these the ones that are counted out.
///
/// A plain value. Its methods never fail; what makes no sense is told when the rule is installed. Conditions may stand in any order. The
/// counts ([`nth`](Self::nth), [`first`](Self::first), [`every`](Self::every), [`with_probability`](Self::with_probability)) come after all
/// of them; of several, each counts what the one before has let pass. Each rule counts for itself, from when it was installed.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let first_syn = Match::tcp().syn().destination_port(80).first(1);
/// let answers = Match::udp().source("10.1.0.0/16").received();
/// let no_ssh = !Match::tcp().port(22);
/// assert_eq!(first_syn.to_string(), "tcp, syn, destination port 80, first 1");
/// assert_eq!(answers.or(no_ssh).to_string(), "(udp, source 10.1.0.0/16, received) or (not (tcp, port 22))");
/// ```
///
/// Who knows captures finds the words of [pcap-filter(7)](https://www.tcpdump.org/manpages/pcap-filter.7.html).
#[derive(Clone, Default)]
#[doc(alias = "filter")]
pub struct Match {
    conditions: Vec<Condition>,
    counts: Vec<Count>,
    mistakes: Vec<String>,
}

impl Match {
    /// Every packet.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn any() -> Self {
        Self::default()
    }

    /// TCP segments, over IPv4 and IPv6.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn tcp() -> Self {
        Self::kind(Kind::Tcp)
    }

    /// UDP datagrams, over IPv4 and IPv6. Of one that was sent in fragments, the first of these.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn udp() -> Self {
        Self::kind(Kind::Udp)
    }

    /// ICMP messages of IPv4.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn icmp() -> Self {
        Self::kind(Kind::Icmp)
    }

    /// ICMPv6 messages, neighbour discovery among them.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn icmpv6() -> Self {
        Self::kind(Kind::Icmpv6)
    }

    /// ARP messages.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn arp() -> Self {
        Self::kind(Kind::Arp)
    }

    /// The messages of IPv6's neighbour discovery: solicitations, advertisements, redirects.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    #[doc(alias = "ndp")]
    pub fn neighbour_discovery() -> Self {
        Self::kind(Kind::NeighbourDiscovery)
    }

    /// IPv4 packets.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn ipv4() -> Self {
        Self::kind(Kind::Ipv4)
    }

    /// IPv6 packets.
    ///
    /// # Examples
    ///
    /// See [`Match`].
    pub fn ipv6() -> Self {
        Self::kind(Kind::Ipv6)
    }

    fn kind(kind: Kind) -> Self {
        Self::default().with(Condition::Kind(kind))
    }

    fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    fn wrong(mut self, mistake: String) -> Self {
        self.mistakes.push(mistake);
        self
    }

    /// As a part of another match, which must not count.
    fn uncounted(mut self) -> Self {
        let counts = std::mem::take(&mut self.counts);
        match counts.first() {
            Some(count) => self.wrong(format!(
                "`{count}` stands in a part of a match, and only the whole can count"
            )),
            None => self,
        }
    }

    pub(super) fn holds(&self, packet: &Packet<'_>, sender: &Sender) -> bool {
        self.conditions.iter().all(|it| it.holds(packet, sender))
    }

    /// What makes no sense in it.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.mistakes.clone();
        mistakes.extend(self.counts.iter().filter_map(Count::mistake));
        for condition in &self.conditions {
            match condition {
                Condition::Kind(kind) => {
                    mistakes.extend(self.conditions.iter().filter_map(|it| kind.never(it)));
                }
                Condition::Not(other) => mistakes.extend(other.mistakes()),
                Condition::Or(either) => mistakes.extend(either.iter().flat_map(Self::mistakes)),
                _ => {}
            }
        }
        mistakes
    }

    /// Replaces the names of senders by who they are.
    pub(crate) fn name_senders<E>(
        &mut self,
        who: &mut impl FnMut(&str) -> Result<Sender, E>,
    ) -> Result<(), E> {
        for condition in &mut self.conditions {
            match condition {
                Condition::Sender(sender) => {
                    if let Sender::Named(name) = sender {
                        *sender = who(name)?;
                    }
                }
                Condition::Not(other) => other.name_senders(who)?,
                Condition::Or(either) => {
                    either.iter_mut().try_for_each(|it| it.name_senders(who))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a seed decides about it.
    pub(crate) fn is_random(&self) -> bool {
        self.counts.iter().any(Count::is_random)
    }
}

/// A match at work.
#[derive(Debug)]
pub(crate) struct Selection {
    what: Match,
    counters: Vec<Counter>,
}

impl Selection {
    /// Counts from now on.
    pub(crate) fn new(what: Match, seed: u64) -> Self {
        let numbered = (0..).zip(&what.counts);
        let counters =
            numbered.map(|(number, count)| Counter::new(*count, seed.wrapping_add(number)));
        Self {
            counters: counters.collect(),
            what,
        }
    }

    /// Whether a packet meets all conditions.
    pub(crate) fn holds(&self, packet: &Packet<'_>, sender: &Sender) -> bool {
        self.what.holds(packet, sender)
    }

    /// Counts a packet that does; tells if it is one of those that are counted out.
    pub(crate) fn counts(&mut self) -> bool {
        self.counters.iter_mut().all(Counter::takes)
    }
}

impl Not for Match {
    type Output = Self;

    fn not(self) -> Self {
        Self::any().except(self)
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any = self.conditions.is_empty().then(|| "any".to_owned());
        let conditions = self.conditions.iter().map(ToString::to_string);
        let counts = self.counts.iter().map(ToString::to_string);
        let parts: Vec<String> = any.into_iter().chain(conditions).chain(counts).collect();
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Match({self})")
    }
}
