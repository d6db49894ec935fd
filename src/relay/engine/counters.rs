//! What became of packets, in numbers.

/// What one direction of a line has seen since its engine began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// What entered.
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// What was handed on to the other end, duplicates included.
    pub(crate) delivered: u64,
    /// By the impairment's loss.
    pub(crate) lost: u64,
    /// What found the queue full.
    pub(crate) queue_full: u64,
    pub(crate) duplicated: u64,
    pub(crate) corrupted: u64,
    pub(crate) reordered: u64,
    /// ARP and IPv6 neighbour discovery: they are packets, too.
    pub(crate) neighbours: u64,
    pub(crate) neighbours_lost: u64,
    /// By rules.
    pub(crate) ruled: Ruled,
    /// What this machine had no room for: nobody asked for these to be lost.
    pub(crate) overrun: u64,
    /// Longer than was agreed, or than the other end takes.
    pub(crate) refused: u64,
    /// What met a port that was down.
    pub(crate) down: u64,
}

/// What rules decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ruled {
    pub(crate) dropped: u64,
    pub(crate) delayed: u64,
    pub(crate) duplicated: u64,
    pub(crate) held: u64,
    pub(crate) reversed: u64,
}
