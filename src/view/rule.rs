//! Policy rules, as `ip rule` shows them.

use std::fmt;
use std::ops::Deref;

use super::route::{LOCAL_TABLE, MAIN_TABLE};
use crate::address::Cidr;

/// A policy rule: packets that match everything that it names meet its action.
///
/// It prints as `ip rule` prints it: `32765: from 10.0.0.0/24 lookup 100`, with a tab behind the colon. Selectors by users, ports and
/// the like, which nothing here can set, are not shown.
///
/// # Examples
///
/// ```
/// use netns_test::{PolicyRule, RuleAction};
///
/// fn asks_table_100(rule: &PolicyRule) -> bool {
///     rule.action == RuleAction::Lookup(100)
/// }
/// # let _: fn(&PolicyRule) -> bool = asks_table_100;
/// ```
///
/// See [ip-rule(8)](https://man7.org/linux/man-pages/man8/ip-rule.8.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyRule {
    /// When it is asked: the lowest number first.
    pub priority: u32,
    /// Whether it is about the packets that do not match.
    pub inverted: bool,
    /// The subnet of the packets' source.
    pub from: Option<Cidr>,
    /// The subnet of their destination.
    pub to: Option<Cidr>,
    /// The packets' mark.
    pub fwmark: Option<u32>,
    /// Which bits of the mark count.
    pub fwmask: Option<u32>,
    /// The interface by which they came in.
    pub iif: Option<String>,
    /// Whether there is no interface of that name.
    pub iif_detached: bool,
    /// The interface that their socket is bound to.
    pub oif: Option<String>,
    /// Whether there is no interface of that name.
    pub oif_detached: bool,
    /// What becomes of them.
    pub action: RuleAction,
    /// Routes with prefixes of this length or shorter are passed over.
    pub suppress_prefix_length: Option<u32>,
}

/// What becomes of packets that match a policy rule.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::RuleAction::Lookup(254).to_string(), "lookup main");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleAction {
    /// They are routed by this table, if it has a route.
    Lookup(u32),
    /// The search goes on at the rule with this priority.
    Goto(u32),
    /// Nothing.
    Nop,
    /// They vanish.
    Blackhole,
    /// They are answered with "host unreachable".
    Unreachable,
    /// They are answered with "administratively prohibited".
    Prohibit,
    /// A number that has no name.
    Other(u8),
}

/// Policy rules of one family, in the order in which they are asked. It is a slice of [`PolicyRule`]s, and prints one on each line.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::new(), |net| {
/// assert_eq!(
///     net.root().policy_rules().unwrap().to_string(),
///     "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default",
/// );
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRules(pub Vec<PolicyRule>);

impl Deref for PolicyRules {
    type Target = [PolicyRule];

    fn deref(&self) -> &[PolicyRule] {
        &self.0
    }
}

impl fmt::Display for PolicyRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, rule) in self.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{rule}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:\t", self.priority)?;
        if self.inverted {
            write!(f, "not ")?;
        }
        match self.from {
            Some(from) => write!(f, "from {}", short(from))?,
            None => write!(f, "from all")?,
        }
        if let Some(to) = self.to {
            write!(f, " to {}", short(to))?;
        }
        match (self.fwmark, self.fwmask) {
            (None, None | Some(0)) => {}
            (mark, mask) => {
                write!(f, " fwmark {}", hex(mark.unwrap_or(0)))?;
                if let Some(mask) = mask.filter(|mask| *mask != u32::MAX) {
                    write!(f, "/{}", hex(mask))?;
                }
            }
        }
        write_interface(f, "iif", self.iif.as_deref(), self.iif_detached)?;
        write_interface(f, "oif", self.oif.as_deref(), self.oif_detached)?;
        write!(f, " {}", self.action)?;
        match self.suppress_prefix_length {
            Some(length) => write!(f, " suppress_prefixlength {length}"),
            None => Ok(()),
        }
    }
}

fn write_interface(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    name: Option<&str>,
    detached: bool,
) -> fmt::Result {
    let Some(name) = name else { return Ok(()) };
    let detached = if detached { " [detached]" } else { "" };
    write!(f, " {word} {name}{detached}")
}

/// As C writes it: zero is no more than that.
fn hex(number: u32) -> String {
    match number {
        0 => "0".to_owned(),
        number => format!("{number:#x}"),
    }
}

/// One address stands alone.
fn short(subnet: Cidr) -> String {
    let length = if subnet.is_ipv4() { 32 } else { 128 };
    if subnet.prefix() == length {
        subnet.address().to_string()
    } else {
        subnet.to_string()
    }
}

impl fmt::Display for RuleAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookup(MAIN_TABLE) => f.pad("lookup main"),
            Self::Lookup(LOCAL_TABLE) => f.pad("lookup local"),
            Self::Lookup(253) => f.pad("lookup default"),
            Self::Lookup(table) => write!(f, "lookup {table}"),
            Self::Goto(priority) => write!(f, "goto {priority}"),
            Self::Nop => f.pad("nop"),
            Self::Blackhole => f.pad("blackhole"),
            Self::Unreachable => f.pad("unreachable"),
            Self::Prohibit => f.pad("prohibit"),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
}
