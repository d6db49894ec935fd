//! What a firewall has counted.

use std::fmt;

/// What a rule of a firewall, or several of one name, have met so far.
///
/// # Examples
///
/// ```
/// use netns_test::{Rule, Topology};
///
/// let lab = Topology::lan(["a"])
///     .host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().icmp().named("no ping"))));
/// # netns_test::run(&lab, |net| {
/// net.host("a").ping_with("10.1.0.2", |ping| ping.count(1)).unwrap();
/// let counters = net.host("b").counters().unwrap();
/// assert_eq!(counters[0].to_string(), "input: no ping: 1 packet, 84 bytes");
/// # }).unwrap();
/// ```
///
/// See [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html), "Counters".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RuleCounter {
    /// The table that the rule is in: `firewall`.
    pub table: String,
    /// The chain that the rule is in: the direction, `input`, `forward` or `output`, or `bridge1` for the topology's first bridge.
    pub chain: String,
    /// The rule's name.
    pub name: String,
    /// The packets that met its conditions.
    pub packets: u64,
    /// The bytes of these packets, from the header of IP on.
    pub bytes: u64,
}

impl fmt::Display for RuleCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chain,
            name,
            packets,
            bytes,
            ..
        } = self;
        let plural = if *packets == 1 { "" } else { "s" };
        write!(
            f,
            "{chain}: {name}: {packets} packet{plural}, {bytes} bytes"
        )
    }
}
