//! Rule sets of nftables as values. They print as `nft list ruleset` prints them.
//!
//! A rule is a list of [`Statement`]s: it compares what [`Selector`]s read of a packet, counts, and does something. What the kernel
//! executes is made of them in `sys/nft`.
//!
//! See [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).

mod icmp;
mod print;
mod selector;
mod statement;
#[cfg(test)]
pub(crate) mod tests;

use std::net::IpAddr;
use std::time::Duration;

use crate::address::Family;

pub(crate) use selector::{Datatype, Selector, Side, Transport};
pub(crate) use statement::{
    Change, EtherType, Flags, Hashed, IcmpRejection, Nat, Operand, Ports, Record, Rejection,
    Statement, States, Target, Value,
};

/// Which packets a table sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Layer {
    Ipv4,
    Ipv6,
    /// IPv4 and IPv6.
    Inet,
    /// The frames that a bridge forwards.
    Bridge,
}

/// A table: what is changed and removed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) layer: Layer,
    pub(crate) name: String,
    pub(crate) sets: Vec<Set>,
    pub(crate) chains: Vec<Chain>,
}

/// A set, or a map if it has values. What has no elements is filled by rules while packets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) key: Vec<Datatype>,
    /// What a map leads to; a set leads nowhere.
    pub(crate) value: Vec<Datatype>,
    /// The addresses that it has for ever, in their order.
    pub(crate) elements: Vec<IpAddr>,
    /// The number of elements that it holds.
    pub(crate) size: u32,
    /// How long an element stays that no packet renews.
    pub(crate) timeout: Option<Duration>,
}

/// A list of rules, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) name: String,
    /// Where packets enter it; without, other chains lead there.
    pub(crate) hook: Option<Hook>,
    pub(crate) rules: Vec<Rule>,
}

/// Where in a packet's way through a node a chain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) kind: Kind,
    pub(crate) point: Point,
    /// Chains with lower numbers come first.
    pub(crate) priority: i32,
    /// What becomes of packets that no rule decided about.
    pub(crate) drops: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Filter,
    Nat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Point {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

/// One rule, and the name by which people know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) statements: Vec<Statement>,
    pub(crate) comment: Option<String>,
}

impl Table {
    pub(crate) fn new(layer: Layer, name: impl Into<String>) -> Self {
        Self {
            layer,
            name: name.into(),
            sets: Vec::new(),
            chains: Vec::new(),
        }
    }
}

impl Set {
    /// A set of addresses of one family that nothing changes.
    pub(crate) fn of(name: impl Into<String>, family: Family, elements: Vec<IpAddr>) -> Self {
        Self {
            name: name.into(),
            key: vec![Datatype::Address(family)],
            value: Vec::new(),
            size: u32::try_from(elements.len()).unwrap_or(u32::MAX),
            elements,
            timeout: None,
        }
    }
}

impl Chain {
    /// A chain that others lead to.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            hook: None,
            rules: Vec::new(),
        }
    }

    /// A chain that packets enter at a point of their way; one without a decision passes.
    pub(crate) fn at(name: impl Into<String>, kind: Kind, point: Point, priority: i32) -> Self {
        Self {
            hook: Some(Hook {
                kind,
                point,
                priority,
                drops: false,
            }),
            ..Self::new(name)
        }
    }

    pub(crate) fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

impl Rule {
    pub(crate) fn new(statements: impl Into<Vec<Statement>>) -> Self {
        Self {
            statements: statements.into(),
            comment: None,
        }
    }

    pub(crate) fn named(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }
}
