//! What is asked of nftables and what it tells, as values: on every system, so that what calls the verbs is the same code everywhere.

use crate::nft::{Layer, Rule, Table};

/// One change of a rule set. Those of a [`commit`] are made together or not at all.
#[derive(Debug)]
pub(crate) enum Change<'a> {
    /// A table with everything in it. One of that name is replaced.
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
