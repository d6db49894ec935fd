//! The routers between two nodes, and what to say if they are others than expected.

use std::fmt;

use crate::address::Family;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::network::Network;
use crate::probe::{TraceAnswer, TraceReport};
use crate::reach::{Explain, nearest, pingable};

/// The way from one node to another, by each family that both have.
///
/// `Display` prints a traceroute for each.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// let path = net.path("a", "b").unwrap();
/// assert_eq!(path.routers(netns_test::Family::V6), Some(vec![]));
/// println!("{path}");
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathReport {
    from: String,
    to: String,
    traces: Vec<(Family, TraceReport)>,
}

impl PathReport {
    /// What was found for a family; `None` if the two nodes do not both have it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(path: &netns_test::PathReport) {
    /// path.trace(netns_test::Family::V4).unwrap().assert_reached();
    /// # }
    /// ```
    pub fn trace(&self, family: Family) -> Option<&TraceReport> {
        let mut traces = self.traces.iter();
        traces.find(|(it, _)| *it == family).map(|(_, trace)| trace)
    }

    /// The names of the routers in between, in their order, as of [`TraceReport::names`]; `None` if the target was not reached by this
    /// family, or the two nodes do not both have it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(path: &netns_test::PathReport) {
    /// let expected = vec!["r1".to_owned(), "r2".to_owned()];
    /// assert_eq!(path.routers(netns_test::Family::V4), Some(expected));
    /// # }
    /// ```
    pub fn routers(&self, family: Family) -> Option<Vec<String>> {
        let trace = self.trace(family).filter(|trace| trace.reached())?;
        let mut names = trace.names();
        names.pop();
        Some(names)
    }

    /// Where it differs from these routers, in words; nothing if it does not.
    fn difference(&self, routers: &[&str]) -> Option<String> {
        let mut expected = routers.to_vec();
        expected.push(&self.to);
        let wrong = self
            .traces
            .iter()
            .filter(|(_, trace)| !trace.reached() || trace.names() != expected);
        let tables: Vec<String> = wrong
            .map(|(family, trace)| format!("\n{family}\n{}", table(&expected, trace)))
            .collect();
        let way = match routers {
            [] => "directly".to_owned(),
            routers => format!("by {}", routers.join(", ")),
        };
        (!tables.is_empty()).then(|| {
            format!(
                "`{}` should have reached `{}` {way}, but it did not:\n{}",
                self.from,
                self.to,
                tables.concat()
            )
        })
    }
}

impl fmt::Display for PathReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (_, trace)) in self.traces.iter().enumerate() {
            let gap = if position > 0 { "\n" } else { "" };
            write!(f, "{gap}{trace}")?;
        }
        Ok(())
    }
}

/// What was expected at each hop beside what was found. Silence at the end is told once.
fn table(expected: &[&str], trace: &TraceReport) -> String {
    let width = expected.iter().map(|name| name.len()).max().unwrap_or(0);
    let width = width.max("expected".len());
    let hops = trace.hops();
    let heard = hops.iter().rposition(|hop| hop.responder().is_some());
    let shown = heard.map_or(1, |last| last + 2).max(expected.len());
    let mut text = format!("  hop  {:width$}  found\n", "expected");
    for position in 0..shown.min(hops.len().max(expected.len())) {
        let wanted = expected.get(position).copied().unwrap_or("-");
        let hop = hops.get(position);
        let found = hop.map_or_else(|| "-".to_owned(), |hop| hop.found());
        let is_right = hop.is_some_and(|hop| hop.label() == wanted);
        let mark = if is_right { ' ' } else { '!' };
        let number = position + 1;
        text.push_str(&format!("{mark}{number:4}  {wanted:width$}  {found}\n"));
    }
    text
}

impl Network {
    /// Finds the routers on the way from one node to another, over IPv4 and IPv6 where both nodes have addresses.
    ///
    /// It is a traceroute with UDP, and with ICMP where nobody answers that.
    ///
    /// # Errors
    ///
    /// There is no such node, or the two have no family in common. Silence is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Family, Topology};
    ///
    /// let lab = Topology::new()
    ///     .segment("left", ())
    ///     .segment("right", ())
    ///     .router("r1", |r| r.join("left").join("right"))
    ///     .host("a", |h| h.join("left"))
    ///     .host("b", |h| h.join("right"));
    /// # netns_test::run(&lab, |net| {
    /// let path = net.path("a", "b").unwrap();
    /// assert_eq!(path.routers(Family::V4).unwrap(), ["r1"]);
    /// # }).unwrap();
    /// ```
    pub fn path(&self, from: &str, to: &str) -> Result<PathReport> {
        let what = || format!("find the way from `{from}` to `{to}`");
        let [start, end] = [self.find_host(from)?, self.find_host(to)?];
        let [own, addresses] = [start, end].map(pingable);
        let mut traces = Vec::new();
        for family in Family::BOTH {
            if !own.iter().any(|address| family.includes(*address)) {
                continue;
            }
            let of_family = |address: &std::net::IpAddr| family.includes(*address);
            if let Some(address) = nearest(start, &addresses, of_family) {
                let mut trace = start.traceroute(address)?;
                let is_silent = |it: &TraceAnswer| matches!(it, TraceAnswer::Silent);
                let last = trace.hops().last();
                if last.is_some_and(|hop| hop.answers().iter().all(is_silent)) {
                    let other = start.traceroute_with(address, |t| t.icmp())?;
                    if other.reached() {
                        trace = other;
                    }
                }
                trace.name = to.to_owned();
                traces.push((family, trace));
            }
        }
        if traces.is_empty() {
            let cause = "the two have no addresses of the same family";
            return Err(Error::new(Kind::UnknownName, what(), cause));
        }
        Ok(PathReport {
            from: from.to_owned(),
            to: owner(end).to_owned(),
            traces,
        })
    }

    /// Fails the test unless packets from one node to another pass these routers, in this order, and no others: over IPv4 and IPv6 where
    /// both nodes have addresses.
    ///
    /// # Panics
    ///
    /// They pass others, or do not arrive: the text sets what was found beside what was expected, hop by hop, and
    /// [explains](Self::explain) where packets end. There is no node of one of the names, or [`path`](Self::path) fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("left", ())
    ///     .segment("right", ())
    ///     .router("r1", |r| r.join("left").join("right"))
    ///     .host("a", |h| h.join("left"))
    ///     .host("b", |h| h.join("right"));
    /// # netns_test::run(&lab, |net| {
    /// net.assert_path("a", "b", ["r1"]);
    /// net.assert_path("r1", "b", []);
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn assert_path<'a>(
        &self,
        from: &str,
        to: &str,
        routers: impl IntoIterator<Item = &'a str>,
    ) {
        let found = routers.into_iter().map(|name| self.find_host(name));
        let routers: Result<Vec<Host<'_>>> = found.collect();
        let path = routers.and_then(|routers| Ok((routers, self.path(from, to)?)));
        // No closure: the panic is at the caller's line.
        match path {
            Ok((routers, path)) => {
                let routers: Vec<&str> = routers.into_iter().map(owner).collect();
                if let Some(difference) = path.difference(&routers) {
                    panic!("{difference}{}", self.why_not(&path, to));
                }
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Where packets end, if they did not arrive. What cannot be explained is left unsaid: the difference is the failure.
    fn why_not(&self, path: &PathReport, to: &str) -> String {
        let lost = path.traces.iter().filter(|(_, trace)| !trace.reached());
        let explanations = lost.filter_map(|(family, _)| {
            let of_family = |explain: Explain| explain.family(*family);
            let explanation = self.explain_with(&path.from, to, of_family).ok()?;
            (!explanation.is_reachable()).then(|| format!("\n{explanation}\n"))
        });
        explanations.collect()
    }
}

/// The name of the host whose network a host has: what answers has that one's addresses.
fn owner(host: Host<'_>) -> &str {
    let parts = host.parts();
    &parts.node(parts.plan.namespace_of(host.node())).name
}

#[cfg(test)]
mod tests;
