//! What became of the packets of a wire, in numbers.

use std::fmt;

/// What a wire has counted, from [`Link::wire_counters`](crate::Link::wire_counters). Those of the kernel are what `tc -s qdisc` shows: see
/// [tc(8)](https://man7.org/linux/man-pages/man8/tc.8.html).
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).wires(), |net| {
/// println!("{}", net.host("a").link("eth0").wire_counters().unwrap());
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireCounters {
    /// Of what the interface sends.
    pub egress: WayCounters,
    /// Of what it receives.
    pub ingress: WayCounters,
}

/// What one direction of a wire has counted.
///
/// The kernel does not tell everything: what only this crate's own thread knows is an option.
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Loss, Topology};
///
/// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
/// let link = net.host("a").link("eth0");
/// let _trouble = link.impair_egress(Impairment::new().loss(Loss::every_nth(1))).unwrap();
/// net.host("a").ping_with("b", |p| p.count(1)).unwrap();
/// let sent = link.wire_counters().unwrap().egress;
/// assert!(sent.packets > 0);
/// assert_eq!((sent.delivered, sent.lost), (0, sent.packets));
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WayCounters {
    /// Packets that entered.
    pub packets: u64,
    /// Packets that were handed on to the other end, duplicates included.
    pub delivered: u64,
    /// Packets that the impairment lost.
    pub lost: u64,
    /// Packets that found the queue full.
    pub queue_full: u64,
    /// Packets that left before others that had come first.
    pub reordered: u64,
    /// Copies that were made.
    pub duplicated: Option<u64>,
    /// Packets in which a bit was flipped.
    pub corrupted: Option<u64>,
    /// Packets of ARP and IPv6 neighbour discovery: they are among the others, and suffer like them.
    pub neighbours: Option<u64>,
    /// Those of them that the impairment lost.
    pub neighbours_lost: Option<u64>,
    /// Packets that rules dropped.
    pub dropped_by_rules: Option<u64>,
    /// Packets that the other end did not take: its port was down, or they were longer than it passes.
    pub undeliverable: Option<u64>,
    /// Packets for which this machine had no room: nobody asked for these to be lost.
    pub overrun: Option<u64>,
}

impl fmt::Display for WireCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sent: {}\nreceived: {}", self.egress, self.ingress)
    }
}

impl fmt::Display for WayCounters {
    /// What is zero is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets, {} delivered", self.packets, self.delivered)?;
        for (count, word) in [
            (Some(self.lost), "lost"),
            (Some(self.queue_full), "found the queue full"),
            (Some(self.reordered), "reordered"),
            (self.duplicated, "duplicated"),
            (self.corrupted, "corrupted"),
            (self.dropped_by_rules, "dropped by rules"),
            (self.undeliverable, "undeliverable"),
            (self.overrun, "overrun"),
        ] {
            if let Some(count @ 1..) = count {
                write!(f, ", {count} {word}")?;
            }
        }
        if let (Some(all @ 1..), Some(lost)) = (self.neighbours, self.neighbours_lost) {
            write!(
                f,
                " ({all} of ARP and neighbour discovery, {lost} of these lost)"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_zero_or_unknown_is_left_out() {
        let few = WayCounters {
            packets: 3,
            delivered: 2,
            lost: 1,
            neighbours: Some(2),
            neighbours_lost: Some(1),
            overrun: Some(0),
            ..WayCounters::default()
        };
        assert_eq!(
            few.to_string(),
            "3 packets, 2 delivered, 1 lost (2 of ARP and neighbour discovery, 1 of these lost)"
        );
    }
}
