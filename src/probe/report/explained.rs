//! Where the requests of a ping ended, and what has to be known to find that out.

use std::net::IpAddr;

use super::{Later, PingReport};

impl PingReport {
    /// Where requests or replies end and why, as [`Network::explain`](crate::Network::explain) says it; `None` if all were replied to,
    /// if nothing is wrong any more, or if the network is gone.
    ///
    /// It is found out when it is first asked for, in the network as it is then; the text of a failed assertion contains it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// net.host("a").link("eth0").down().unwrap();
    /// let report = net.host("a").ping("b").unwrap();
    /// assert!(report.explanation().unwrap().contains("interface `eth0` of node `a` is down"));
    /// # }).unwrap();
    /// ```
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.text()
    }

    pub(crate) fn explain(&mut self, explanation: Later) {
        self.explanation = explanation;
    }

    /// Whether the explanation is in another text already.
    pub(crate) fn is_explained(&self) -> bool {
        self.explanation.was_asked()
    }

    /// The target as the caller named it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(crate) fn chosen_source(&self) -> Option<IpAddr> {
        self.source.filter(|_| self.source_chosen)
    }
}

/// An explanation below a report.
pub(in crate::probe) fn explained(explanation: Option<&str>) -> String {
    explanation.map_or_else(String::new, |it| format!("\n{it}\n"))
}
