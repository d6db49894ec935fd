//! Two hosts with routers between them, one behind the other.

use super::{Batch, FIRST_INDEX};
use crate::case::Case;

/// A cable from each node to the next one: `eth1`, or a host's only interface, to `eth0`.
pub(super) fn cables(case: &Case) -> Vec<Batch> {
    let nodes = 1..case.hosts;
    nodes
        .map(|node| {
            let mut batch = Batch::new(node);
            batch.veth((near(node), FIRST_INDEX + 1, None), node + 1);
            batch
        })
        .collect()
}

fn near(node: usize) -> &'static str {
    if node == 1 { "eth0" } else { "eth1" }
}

/// Raises the links, adds addresses of both families, and the routes to all other subnets.
pub(super) fn addresses(case: &Case) -> Vec<Batch> {
    let mut root = Batch::new(0);
    root.raise(1);
    let mut batches = vec![root];
    for node in 1..=case.hosts {
        let number = node as u8;
        let mut batch = Batch::new(node);
        batch.raise(1);
        if node > 1 {
            batch.raise(FIRST_INDEX);
            batch.of_link(number - 1, number, FIRST_INDEX);
        }
        if node < case.hosts {
            batch.of_link(number, number, FIRST_INDEX + 1);
        }
        batch.routes(number, case.hosts as u8);
        batches.push(batch);
    }
    batches
}

impl Batch {
    /// The addresses of a node on a link.
    fn of_link(&mut self, link: u8, node: u8, index: u32) {
        self.address_v4([10, link, 0, node], index);
        self.address_v6(link, node, index);
    }

    /// To every subnet that the node is not on; hosts have one default route.
    fn routes(&mut self, node: u8, last: u8) {
        let left = (node - 1, node - 1, FIRST_INDEX);
        let right = (node, node + 1, FIRST_INDEX + 1);
        if node == 1 || node == last {
            let (link, next, index) = if node == 1 { right } else { left };
            self.route(&[], &[10, link, 0, next], index);
            self.route(&[], &v6(link, next), index);
            return;
        }
        for link in (1..last).filter(|link| *link != node && *link != node - 1) {
            let (via, next, index) = if link < node { left } else { right };
            self.route(&[10, link], &[10, via, 0, next], index);
            self.route(&v6(link, 0)[..8], &v6(via, next), index);
        }
    }
}

/// `fd00:LINK::NODE`
pub(super) fn v6(link: u8, node: u8) -> [u8; 16] {
    let mut address = [0; 16];
    address[..4].copy_from_slice(&[0xfd, 0, 0, link]);
    address[15] = node;
    address
}
