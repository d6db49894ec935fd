//! One node of a living network, built again: a new namespace at the old cables.
//!
//! The ends of its cables are carried over from the old namespace, as one plugs the same cables into a machine that was replaced. So what
//! is at their other ends stays as it is, with whatever somebody has done to it since.

use super::{Builder, enter_new_namespace, open, parameters, tables, veth};
use crate::error::Result;
use crate::live::{LiveNode, Parts};
use crate::nft::Table;
use crate::settle;
use crate::sys::netlink::{self, Request};
use crate::sys::{identity, limits};
use crate::worker;

/// Puts a new node in the place of one that has crashed. Its neighbours are to be waited for.
pub(crate) fn rebuild(parts: &Parts, node: usize) -> Result<()> {
    let room = limits::make_room(1)?;
    worker::on_a_thread_of_its_own("netns builder", || {
        enter_new_namespace()?;
        let (inherited, groups) = (parameters::tuned(), identity::ping_groups());
        let opened = open(&parts.plan, node, &inherited, &groups, room.floor())?;
        let (new, own_stand_ins) = opened;
        let old = parts.node(node);
        carry(parts, node, old, &new)?;
        take_place(parts, node, new.succeeding(old));
        let mut stand_ins = vec![Vec::new(); parts.plan.nodes.len()];
        stand_ins[node] = own_stand_ins;
        let builder = Builder {
            plan: &parts.plan,
            nodes: parts.nodes.all().collect(),
            stand_ins,
            ends: parts.plan.ends_by_node(),
        };
        let rules = [
            &parts.plan.nodes[node].tables[..],
            &parts.imposed.on(&parts.sharing(node)),
        ];
        builder.build_again(node, &rules.concat())
    })
}

/// Takes the ends of its cables along.
fn carry(parts: &Parts, node: usize, old: &LiveNode, new: &LiveNode) -> Result<()> {
    let descriptor = new.descriptor()?;
    let ends = parts.plan.ends(node);
    let requests = ends.map(|end| netlink::carry(&end.name, end.index, &descriptor));
    let requests = requests.collect();
    old.netlink().execute(requests).map_err(|error| {
        error
            .inside(&old.name)
            .help("a cable whose end somebody has removed while the node was up cannot be plugged in again")
    })
}

/// Puts the node in its place, and those that share its network in theirs.
fn take_place(parts: &Parts, node: usize, new: LiveNode) {
    let sharing = parts.sharing(node).into_iter().filter(|it| *it != node);
    for position in sharing {
        let before = parts.node(position);
        let shared = new.shared_by(before.name.clone());
        parts.nodes.replace(position, shared.succeeding(before));
    }
    parts.nodes.replace(node, new);
}

impl Builder<'_> {
    /// What [`build`](Self::build) does to a node, to one whose interfaces are there already.
    fn build_again(&self, node: usize, rules: &[Table]) -> Result<()> {
        self.bridges(node)?;
        let ends = self.ends[node].all.iter();
        let as_new = ends.map(|end| netlink::make_as_new(&veth(end), self.master(end)));
        self.execute(node, as_new.collect())?;
        self.stand_in(node)?;
        // Before anything can come in.
        tables::install(&self.plan.nodes[node].name, rules, self.nodes[node])?;
        if self.ends[node].all.iter().any(|end| end.autoconfigured) {
            // Who is told only now to ask for routers has asked for none when it was raised.
            self.sysctls(node)?;
        }
        self.execute(node, self.raise_all(node))?;
        settle::carriers(self.nodes[node])?;
        self.execute(node, self.furnish(node))?;
        self.sysctls(node)
    }

    fn raise_all(&self, node: usize) -> Vec<Request> {
        let mut requests = self.raise(node);
        if self.raises(node) {
            let near = self.ends[node].near.iter();
            requests.extend(near.map(|end| netlink::set_up(&end.name, end.index, true)));
        }
        requests
    }
}
