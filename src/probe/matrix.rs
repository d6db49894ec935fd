//! Who reaches whom: the result of a ping from every node to every other.

use std::time::Duration;

use super::later::Later;
use super::report::explained;
use crate::address::Family;

/// Whether one node reaches another by one address family.
///
/// # Examples
///
/// ```
/// use netns_test::Reachability;
///
/// let reached = Reachability::Reached { time: std::time::Duration::from_micros(45) };
/// assert_ne!(reached, Reachability::NotApplicable);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reachability {
    /// It replied.
    Reached {
        /// From the request to its reply.
        time: Duration,
    },
    /// It did not reply.
    Failed {
        /// What the kernel, a router or the silence says.
        reason: String,
    },
    /// There was nothing to ask: one of them has no address of that family, or they are the same node.
    #[default]
    NotApplicable,
}

impl Reachability {
    pub(super) fn is_reached(&self) -> bool {
        matches!(self, Self::Reached { .. })
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// Who reaches whom: every node pinged every other one, once for each address family that both have.
///
/// `Display` prints a table with a row for each node that asked and a column for each that was asked, and below it the
/// pairs that failed with their reasons; the panics of the `assert_*` methods contain it.
///
/// # Examples
///
/// ```
/// use netns_test::ReachabilityMatrix;
///
/// fn judge(matrix: &ReachabilityMatrix) {
///     matrix.assert_reachable("client", "server");
///     matrix.assert_unreachable("guest", "server");
/// }
/// # let _ = judge;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachabilityMatrix {
    nodes: Vec<String>,
    /// By row, then by column; IPv4 and IPv6.
    cells: Vec<[Reachability; 2]>,
    /// Of the first pairs that failed.
    explanations: Vec<Later>,
}

impl ReachabilityMatrix {
    /// `entries` are the pairs that were asked: from, to (both indexes into `nodes`), family, result.
    pub(crate) fn new(
        nodes: Vec<String>,
        entries: impl IntoIterator<Item = (usize, usize, Family, Reachability)>,
    ) -> Self {
        let mut cells = vec![<[Reachability; 2]>::default(); nodes.len() * nodes.len()];
        for (from, to, family, result) in entries {
            cells[from * nodes.len() + to][family as usize] = result;
        }
        Self {
            nodes,
            cells,
            explanations: Vec::new(),
        }
    }

    /// With what is known of the first pairs that failed.
    pub(crate) fn explained(mut self, explanations: Vec<Later>) -> Self {
        self.explanations = explanations;
        self
    }

    /// The names of the nodes, in the order of the table.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// assert_eq!(matrix.nodes(), ["ns1", "ns2"]);
    /// # }
    /// ```
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Whether `from` reaches `to` by `family`.
    ///
    /// # Panics
    ///
    /// There is no node of that name; the text lists those that there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// use netns_test::{Family, Reachability};
    ///
    /// assert!(matches!(matrix.get("ns1", "ns2", Family::V4), Reachability::Reached { .. }));
    /// # }
    /// ```
    #[track_caller]
    pub fn get(&self, from: &str, to: &str, family: Family) -> &Reachability {
        &self.pair(from, to)[family as usize]
    }

    /// Whether `from` reaches `to` by every family that both have. False if they have none in common, and for a node and itself,
    /// because nothing was asked.
    ///
    /// # Panics
    ///
    /// There is no node of that name; the text lists those that there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// assert!(matrix.is_reachable("ns1", "ns2"));
    /// # }
    /// ```
    #[track_caller]
    pub fn is_reachable(&self, from: &str, to: &str) -> bool {
        let pair = self.pair(from, to);
        pair.iter().any(Reachability::is_reached) && !pair.iter().any(Reachability::is_failed)
    }

    /// The pairs that failed: from, to, family, reason.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// let guests = matrix.failures().filter(|(from, ..)| *from == "guest").count();
    /// # }
    /// ```
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str, Family, &str)> {
        self.rows().flat_map(move |(from, row)| {
            row.iter().zip(&self.nodes).flat_map(move |(pair, to)| {
                Family::BOTH
                    .into_iter()
                    .filter_map(move |family| match &pair[family as usize] {
                        Reachability::Failed { reason } => {
                            Some((from, to.as_str(), family, reason.as_str()))
                        }
                        _ => None,
                    })
            })
        })
    }

    /// Fails the test if any pair failed.
    ///
    /// # Panics
    ///
    /// A node did not reply to another one; the text lists each such pair and why, contains the table, and says of the
    /// first ones where packets end. Also if nothing was
    /// asked at all, because no two nodes have addresses of the same family.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// matrix.assert_all_reachable();
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_all_reachable(&self) {
        let failed = self.failures().count();
        let asked = self.cells.iter().flatten();
        let asked = asked
            .filter(|cell| **cell != Reachability::NotApplicable)
            .count();
        assert!(
            failed == 0,
            "every node should have reached every other one, but {failed} of {asked} pings failed:\n\n{self}\n{}",
            self.explained_text()
        );
        assert!(
            asked > 0 || self.nodes.len() < 2,
            "every node should have reached every other one, but no two of them have addresses of the same family:\n\n{self}\n"
        );
    }

    /// Fails the test unless `from` reaches `to` by every family that both have.
    ///
    /// # Panics
    ///
    /// It does not, or they have no family in common, or there is no node of that name.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// matrix.assert_reachable("client", "server");
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_reachable(&self, from: &str, to: &str) {
        let reachable = self.is_reachable(from, to);
        assert!(
            reachable,
            "`{from}` should have reached `{to}`, but {}:\n\n{self}\n",
            self.words(from, to)
        );
    }

    /// Fails the test if `from` reaches `to` by any family.
    ///
    /// # Panics
    ///
    /// It does, or there is no node of that name.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(matrix: &netns_test::ReachabilityMatrix) {
    /// matrix.assert_unreachable("guest", "server");
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_unreachable(&self, from: &str, to: &str) {
        let reached = self.pair(from, to).iter().any(Reachability::is_reached);
        assert!(
            !reached,
            "`{from}` should not have reached `{to}`, but {}:\n\n{self}\n",
            self.words(from, to)
        );
    }

    fn explained_text(&self) -> String {
        let explanations = self.explanations.iter();
        explanations.map(|it| explained(it.text())).collect()
    }

    /// Each node with what it reached, in the order of the columns.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &[[Reachability; 2]])> {
        let names = self.nodes.iter().map(String::as_str);
        names.zip(self.cells.chunks(self.nodes.len().max(1)))
    }

    #[track_caller]
    fn pair(&self, from: &str, to: &str) -> &[Reachability; 2] {
        &self.cells[self.index(from) * self.nodes.len() + self.index(to)]
    }

    #[track_caller]
    fn index(&self, name: &str) -> usize {
        match self.nodes.iter().position(|node| node == name) {
            Some(index) => index,
            None => panic!(
                "there is no node `{name}` in the reachability matrix (known: {})",
                self.nodes.join(", ")
            ),
        }
    }

    /// What is known of a pair, as the end of a sentence.
    #[track_caller]
    fn words(&self, from: &str, to: &str) -> String {
        let pair = self.pair(from, to);
        let words = Family::BOTH
            .into_iter()
            .filter_map(|family| match &pair[family as usize] {
                Reachability::Reached { time } => {
                    Some(format!("{family} was answered in {time:?}"))
                }
                Reachability::Failed { reason } => Some(format!("{family} failed: {reason}")),
                Reachability::NotApplicable => None,
            });
        let words: Vec<_> = words.collect();
        if from == to {
            "a node is not asked about itself".to_owned()
        } else if words.is_empty() {
            "they have no address family in common".to_owned()
        } else {
            words.join(", and ")
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
