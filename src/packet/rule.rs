//! What is done to packets that match.

use std::fmt;
use std::time::Duration;

use super::edit::PacketMut;
use super::matching::Match;

/// What is done to packets that match, for [`Link::packet_rule`](crate::Link::packet_rule).
///
/// A plain value; what makes no sense is told when it is installed. Rules come before the [impairment](crate::Impairment): what they let pass meets that. The rules of a link are tried in the order in which they were installed.
/// One that changes a packet hands it on to the next; the first that drops, delays, duplicates or holds it ends the matter.
///
/// # Examples
///
/// ```
/// use netns_test::{Match, PacketRule};
/// use std::time::Duration;
///
/// let _first_syn = PacketRule::drop(Match::tcp().syn().first(1));
/// let _late = PacketRule::delay(Match::udp().nth(3), Duration::from_millis(50));
/// let _twice = PacketRule::duplicate(Match::icmp(), 1);
/// let _damaged = PacketRule::flip_bit(Match::udp().nth(5), 40, 3);
/// let _swapped = PacketRule::reverse(Match::udp().first(2), 2);
/// assert_eq!(_damaged.to_string(), "flip bit 3 of byte 40: udp, nth 5");
/// ```
pub struct PacketRule {
    pub(crate) what: Match,
    pub(super) act: Act,
}

pub(super) enum Act {
    Drop,
    Delay(Duration),
    Duplicate(u32),
    FlipBit {
        byte: usize,
        bit: u8,
    },
    Rewrite(Box<Rewrite>),
    Decide(Box<Decide>),
    Hold,
    Reverse(u32),
    /// What is left of a rule whose closure panicked.
    Nothing,
}

type Rewrite = dyn FnMut(&mut PacketMut<'_>) + Send;
type Decide = dyn FnMut(&mut PacketMut<'_>) -> PacketAction + Send;

/// What a closure decides about a packet.
///
/// # Examples
///
/// ```
/// use netns_test::{Match, PacketAction, PacketRule};
///
/// let mut seen = std::collections::HashSet::new();
/// let _no_retransmission = PacketRule::decide(Match::tcp(), move |packet| {
///     let tcp = packet.view().tcp().map(|tcp| (tcp.source_port, tcp.sequence, tcp.payload.len()));
///     if seen.insert(tcp) { PacketAction::Pass } else { PacketAction::Drop }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PacketAction {
    /// It goes on, to the next rule.
    Pass,
    /// It goes no further, and nobody is told.
    Drop,
    /// It goes on after this time.
    Delay(Duration),
    /// It goes on, and so many copies follow it.
    Duplicate(u32),
}

impl PacketRule {
    /// They go no further, and nobody is told.
    ///
    /// # Examples
    ///
    /// See [`PacketRule`].
    #[doc(alias = "lose")]
    pub fn drop(what: Match) -> Self {
        Self::new(what, Act::Drop)
    }

    /// They go on after this time. Others overtake them.
    ///
    /// # Examples
    ///
    /// See [`PacketRule`].
    pub fn delay(what: Match, delay: Duration) -> Self {
        Self::new(what, Act::Delay(delay))
    }

    /// They go on, and so many copies follow each: 1 to 1,000.
    ///
    /// # Examples
    ///
    /// See [`PacketRule`].
    pub fn duplicate(what: Match, copies: u32) -> Self {
        Self::new(what, Act::Duplicate(copies))
    }

    /// Flips a bit in each, and leaves the checksums: damage, as on a bad cable. Bytes count from 0 at the beginning of the Ethernet header,
    /// as in a capture; bit 0 is the one that counts 1. A packet that is too short stays as it is, and is no hit.
    ///
    /// # Examples
    ///
    /// See [`PacketRule`].
    #[doc(alias = "corrupt")]
    pub fn flip_bit(what: Match, byte: usize, bit: u8) -> Self {
        Self::new(what, Act::FlipBit { byte, bit })
    }

    /// Changes them. The checksums are right afterwards, unless the closure asks to [leave](PacketMut::leave_checksums) them.
    ///
    /// The closure is called by the thread that carries the packets of the network, which waits for it: it must not use the network itself.
    /// If it panics, the packet goes on as it is, the rule does nothing more, and its guard tells.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _nearly_there = PacketRule::rewrite(Match::udp(), |packet| {
    ///     packet.set_ttl(1);
    /// });
    /// ```
    pub fn rewrite(what: Match, change: impl FnMut(&mut PacketMut<'_>) + Send + 'static) -> Self {
        Self::new(what, Act::Rewrite(Box::new(change)))
    }

    /// Asks a closure, which may also change them: see [`rewrite`](Self::rewrite). Those that it lets pass are no hits.
    ///
    /// # Examples
    ///
    /// See [`PacketAction`].
    pub fn decide(
        what: Match,
        decide: impl FnMut(&mut PacketMut<'_>) -> PacketAction + Send + 'static,
    ) -> Self {
        Self::new(what, Act::Decide(Box::new(decide)))
    }

    /// Keeps them until the rule is removed, and lets them go then. To let them go one by one, say [`Link::hold`](crate::Link::hold).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _half_closed = PacketRule::hold(Match::tcp().fin());
    /// ```
    pub fn hold(what: Match) -> Self {
        Self::new(what, Act::Hold)
    }

    /// Delivers each n of them in the other order: they wait until the nth comes, which goes first.
    ///
    /// What waits for an nth that never comes is let go when the rule is removed.
    ///
    /// # Examples
    ///
    /// See [`PacketRule`].
    #[doc(alias = "swap")]
    #[doc(alias = "reorder")]
    pub fn reverse(what: Match, n: u32) -> Self {
        Self::new(what, Act::Reverse(n))
    }

    fn new(what: Match, act: Act) -> Self {
        Self { what, act }
    }

    /// What makes no sense in it.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.what.mistakes();
        mistakes.extend(match self.act {
            Act::FlipBit { bit: 8.., .. } => {
                Some(format!("`{}`: a byte has bits 0 to 7", self.act))
            }
            Act::Duplicate(0) => Some(format!("`{}` changes nothing: say 1 or more", self.act)),
            Act::Duplicate(1_001..) => {
                Some(format!("`{}` floods the wire: say 1000 or less", self.act))
            }
            Act::Reverse(0 | 1) => Some(format!("`{}` changes nothing: say 2 or more", self.act)),
            _ => None,
        });
        mistakes
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop => f.write_str("drop"),
            Self::Delay(delay) => write!(f, "delay by {delay:?}"),
            Self::Duplicate(copies) => write!(f, "duplicate {copies} times"),
            Self::FlipBit { byte, bit } => write!(f, "flip bit {bit} of byte {byte}"),
            Self::Rewrite(_) => f.write_str("rewrite"),
            Self::Decide(_) => f.write_str("decide"),
            Self::Hold => f.write_str("hold"),
            Self::Reverse(n) => write!(f, "reverse each {n}"),
            Self::Nothing => f.write_str("do nothing"),
        }
    }
}

impl fmt::Display for PacketRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.act, self.what)
    }
}

impl fmt::Debug for PacketRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacketRule({self})")
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
