//! The way to a target, hop by hop, and the text that traceroute(8) would have printed.

use std::fmt;
use std::net::IpAddr;

use super::answer::{Responder, TraceAnswer};

/// Who answered at one distance.
///
/// # Examples
///
/// ```
/// # fn example(report: &netns_test::TraceReport) {
/// for hop in report.hops() {
///     println!("{}: {}", hop.distance(), hop.name().unwrap_or("somebody silent"));
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHop {
    pub(crate) distance: u8,
    pub(crate) answers: Vec<TraceAnswer>,
}

impl TraceHop {
    /// The number of routers that the probes could pass, and one: the TTL or hop limit that they were sent with.
    pub fn distance(&self) -> u8 {
        self.distance
    }

    /// What became of each probe.
    pub fn answers(&self) -> &[TraceAnswer] {
        &self.answers
    }

    /// Who answered first, if anybody did. Where there are several ways, the other probes may tell of others.
    pub fn responder(&self) -> Option<&Responder> {
        self.answers.iter().find_map(TraceAnswer::from)
    }

    /// The name of the node that answered first.
    pub fn name(&self) -> Option<&str> {
        self.responder().and_then(Responder::host)
    }

    /// The node's name, else its address; `*` if there was silence.
    pub(crate) fn label(&self) -> String {
        self.responder()
            .map_or_else(|| "*".to_owned(), Responder::name)
    }

    /// Who answered each probe, and how fast.
    pub(crate) fn found(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        for answer in &self.answers {
            let from = answer.from();
            text.push_str(&match from {
                Some(responder) if last != from => format!(" {responder}  {answer}"),
                Some(_) => format!("  {answer}"),
                None => format!(" {answer}"),
            });
            last = from.or(last);
        }
        text.trim_start().to_owned()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.answers
            .iter()
            .all(|answer| matches!(answer, TraceAnswer::Silent))
    }

    pub(crate) fn has_reached(&self) -> bool {
        self.answers
            .iter()
            .any(|answer| matches!(answer, TraceAnswer::Reached { .. }))
    }
}

impl fmt::Display for TraceHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:2}  {}", self.distance, self.found())
    }
}

/// The way to a target, hop by hop.
///
/// `Display` prints what [traceroute(8)] would have printed, with the names of the topology; the panics of the `assert_*` methods
/// contain it.
///
/// # Examples
///
/// ```
/// # fn example(report: &netns_test::TraceReport) {
/// report.assert_reached();
/// assert_eq!(report.names(), ["r1", "r2", "b"]);
/// # }
/// ```
///
/// [traceroute(8)]: https://man7.org/linux/man-pages/man8/traceroute.8.html
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceReport {
    /// The target as the caller named it.
    pub(crate) name: String,
    pub(crate) target: IpAddr,
    pub(crate) max_hops: u8,
    /// Of a probe, IP header included.
    pub(crate) bytes: usize,
    /// Up to the one at which the target, or a refusal, answered.
    pub(crate) hops: Vec<TraceHop>,
}

impl TraceReport {
    /// The address that was traced.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::TraceReport) {
    /// assert!(report.target().is_ipv6());
    /// # }
    /// ```
    pub fn target(&self) -> IpAddr {
        self.target
    }

    /// One for each distance, the nearest first; the last is the target if that was reached.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::TraceReport) {
    /// assert_eq!(report.hops().last().unwrap().name(), Some("server"));
    /// # }
    /// ```
    pub fn hops(&self) -> &[TraceHop] {
        &self.hops
    }

    /// Whether a probe arrived at the target.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::TraceReport) {
    /// assert!(!report.reached(), "{report}");
    /// # }
    /// ```
    pub fn reached(&self) -> bool {
        self.hops.iter().any(TraceHop::has_reached)
    }

    /// The name of the node at each hop, or its address if it is no node of the topology, or `*` if it was silent.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::TraceReport) {
    /// assert_eq!(report.names(), ["r1", "*", "server"]);
    /// # }
    /// ```
    #[doc(alias = "path")]
    #[doc(alias = "routers")]
    pub fn names(&self) -> Vec<String> {
        self.hops.iter().map(TraceHop::label).collect()
    }

    /// Fails the test unless a probe arrived at the target.
    ///
    /// # Panics
    ///
    /// None arrived. The text contains the whole report.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::TraceReport) {
    /// report.assert_reached();
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_reached(&self) {
        assert!(
            self.reached(),
            "`{}` should have been reached, but no probe arrived:\n\n{self}\n",
            self.name
        );
    }

    /// Fails the test if a probe arrived at the target. Refusals of routers and silence are both what it wants.
    ///
    /// # Panics
    ///
    /// One arrived. The text contains the whole report.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::TraceReport) {
    /// report.assert_unreachable();
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_unreachable(&self) {
        assert!(
            !self.reached(),
            "`{}` should have been unreachable, but a probe arrived:\n\n{self}\n",
            self.name
        );
    }
}

impl fmt::Display for TraceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "traceroute to {} ({}), {} hops max, {} byte packets",
            self.name, self.target, self.max_hops, self.bytes
        )?;
        let heard = self.hops.iter().rposition(|hop| !hop.is_silent());
        let shown = heard.map_or(0, |last| last + 1);
        for hop in &self.hops[..shown] {
            write!(f, "\n{hop}")?;
        }
        // The program prints a line for each.
        match &self.hops[shown..] {
            [] => Ok(()),
            [only] => write!(f, "\n{only}"),
            [first, .., last] => {
                write!(f, "\n{first}\n    ... silence up to hop {}", last.distance)
            }
        }
    }
}

#[cfg(test)]
mod tests;
