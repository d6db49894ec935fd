//! The nodes of a live network by their positions in the plan, each with those that stood there before it restarted.

use std::iter;
use std::sync::OnceLock;

use crate::live::LiveNode;

/// The nodes of a network. A node that restarts is another one from then on; who has borrowed the old one keeps it.
#[derive(Debug)]
pub(crate) struct Slots(Vec<Slot>);

/// A node, and what came after it.
#[derive(Debug)]
struct Slot {
    node: LiveNode,
    next: OnceLock<Box<Self>>,
}

impl Slot {
    fn new(node: LiveNode) -> Self {
        Self {
            node,
            next: OnceLock::new(),
        }
    }

    /// This one and all that came after it, the earliest first.
    fn generations(&self) -> impl Iterator<Item = &Self> {
        iter::successors(Some(self), |slot| slot.next.get().map(Box::as_ref))
    }

    fn last(&self) -> &Self {
        self.generations().last().unwrap_or(self)
    }
}

impl Slots {
    pub(crate) fn new(nodes: Vec<LiveNode>) -> Self {
        Self(nodes.into_iter().map(Slot::new).collect())
    }

    /// The node that stands there now.
    pub(crate) fn node(&self, position: usize) -> &LiveNode {
        &self.0[position].last().node
    }

    /// The nodes that stand there now, in the order of the plan.
    pub(crate) fn all(&self) -> impl Iterator<Item = &LiveNode> {
        self.0.iter().map(|slot| &slot.last().node)
    }

    /// All nodes that have ever stood there, each with its position.
    pub(crate) fn ever(&self) -> impl Iterator<Item = (usize, &LiveNode)> {
        let slots = self.0.iter().enumerate();
        slots.flat_map(|(position, slot)| slot.generations().map(move |it| (position, &it.node)))
    }

    /// Puts a node in the place of the one that stands there.
    pub(crate) fn replace(&self, position: usize, node: LiveNode) {
        let mut new = Box::new(Slot::new(node));
        // Who comes second stands behind the first.
        while let Err(refused) = self.0[position].last().next.set(new) {
            new = refused;
        }
    }
}
