//! The rule sets that trouble has given to nodes: a node that restarts meanwhile gets them again.

use std::sync::Mutex;

use crate::live::lock;
use crate::nft::Table;

/// Tables, each with its node.
#[derive(Debug, Default)]
pub(crate) struct Imposed(Mutex<Vec<(usize, Table)>>);

impl Imposed {
    pub(crate) fn add(&self, node: usize, table: Table) {
        lock(&self.0).push((node, table));
    }

    pub(crate) fn remove(&self, node: usize, name: &str) {
        lock(&self.0).retain(|(place, table)| *place != node || table.name != name);
    }

    /// Those of a network: of the nodes that share it.
    pub(crate) fn on(&self, nodes: &[usize]) -> Vec<Table> {
        let all = lock(&self.0);
        let own = all.iter().filter(|(place, _)| nodes.contains(place));
        own.map(|(_, table)| table.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nft::Layer;

    #[test]
    fn each_node_has_its_own_until_they_are_taken_out() {
        let imposed = Imposed::default();
        for (node, name) in [(1, "p1"), (2, "p1"), (1, "p2")] {
            imposed.add(node, Table::new(Layer::Inet, name));
        }
        imposed.remove(1, "p1");
        let names = |nodes: &[usize]| -> Vec<String> {
            let tables = imposed.on(nodes).into_iter();
            tables.map(|table| table.name).collect()
        };
        assert_eq!(names(&[1]), ["p2"]);
        assert_eq!(names(&[2, 3]), ["p1"]);
        assert_eq!(names(&[2, 1]), ["p1", "p2"]);
    }
}
