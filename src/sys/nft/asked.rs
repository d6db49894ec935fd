//! What is asked of nftables and what it tells, as values: on every system, so that what calls the verbs is the same code everywhere.

use std::net::IpAddr;

use crate::nft::{Layer, Point, Rule, Table};

/// One change of a rule set. Those of a [`commit`] are made together or not at all.
#[derive(Debug)]
pub(crate) enum Change<'a> {
    /// A new table with everything in it. One of that name must not be there: what a batch replaces, the kernel waits for when the socket
    /// is closed, longer than all the rest takes.
    Install(&'a Table),
    /// The table, and its chains without their rules. What is there of them stays as it is.
    Ensure(&'a Table),
    /// The table's rules in the place of all that a table of that name has. Other chains stay, empty; handles are not used again.
    Refill(&'a Table),
    /// A table with everything in it, gone.
    Remove(Layer, &'a str),
    /// A rule, behind those of a chain or before them.
    AddRule {
        layer: Layer,
        table: &'a str,
        chain: &'a str,
        rule: &'a Rule,
        first: bool,
    },
    RemoveRule {
        layer: Layer,
        table: &'a str,
        chain: &'a str,
        handle: u64,
    },
    /// A set's elements, gone.
    Flush {
        layer: Layer,
        table: &'a str,
        set: &'a str,
    },
}

/// A rule in the kernel.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) layer: Layer,
    pub(crate) table: String,
    pub(crate) chain: String,
    pub(crate) handle: u64,
    pub(crate) comment: Option<String>,
    pub(crate) counted: Option<Counted>,
    /// Each expression's name and attributes.
    pub(in crate::sys) expressions: Vec<(String, Vec<u8>)>,
}

/// What a rule's counter says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

/// A chain in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedChain {
    pub(crate) layer: Layer,
    pub(crate) table: String,
    pub(crate) name: String,
    /// Where packets enter it; without, other chains lead there.
    pub(crate) point: Option<Point>,
    /// What becomes of packets that no rule decided about.
    pub(crate) drops: bool,
}

/// A rule as people would read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Which packets it is about, about as `nft` writes it.
    pub(crate) conditions: String,
    pub(crate) action: Action,
    /// The only interface by which the packets leave that it is about.
    pub(crate) out: Option<String>,
}

/// What a rule does in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Drop,
    Reject,
    /// Gives packets another source.
    TranslateSource,
    /// Gives packets another destination.
    TranslateDestination,
    Other,
}

/// A traced packet that went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) layer: Layer,
    pub(crate) table: String,
    pub(crate) chain: String,
    /// The rule's handle; without one, it was the chain's policy.
    pub(crate) rule: Option<u64>,
    /// Its source and destination.
    pub(crate) ends: Option<(IpAddr, IpAddr)>,
}
