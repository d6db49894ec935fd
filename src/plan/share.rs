//! Decides which nodes live in another one's namespace.

use crate::plan::draft::{Draft, listed, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Node, Plan};
use crate::topology::{HostSpec, ROOT, Topology, Written};

/// Finds the host whose namespace each one has that shares.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let known: Vec<&str> = nodes(topology)
        .map(|(_, it)| it.name.text.as_str())
        .collect();
    let mut shares: Vec<Option<usize>> = vec![None; known.len()];
    for (node, host) in nodes(topology) {
        let Some(other) = host.shares.first() else {
            continue;
        };
        let mut wrong = |at, cause: String| {
            mistakes.push(at, format!("node `{}`", host.name.text), cause);
        };
        let others = host.shares.iter().skip(1);
        for second in others.filter(|second| second.text != other.text) {
            let cause = format!(
                "it shares the network of `{}` as well, from {}: a host is in one",
                other.text, other.at
            );
            wrong(second.at, cause);
        }
        for (at, what) in own_parts(topology, host) {
            let cause = format!(
                "{what}, but its network is that of `{}`: it belongs there",
                other.text
            );
            wrong(at, cause);
        }
        match known.iter().position(|name| *name == other.text) {
            None => {
                let cause = format!("no node is called `{}` ({})", other.text, listed(&known));
                wrong(other.at, cause);
            }
            Some(_) if node == 0 => {
                let cause = "the root has a network of its own: let the other host share it";
                wrong(other.at, cause.to_owned());
            }
            Some(itself) if itself == node => {
                wrong(other.at, "it shares its own network".to_owned());
            }
            Some(position) => shares[node] = Some(position),
        }
    }
    for (node, host) in nodes(topology) {
        match end_of(&shares, node) {
            Ok(end) => draft.nodes[node].shares = (end != node).then_some(end),
            Err(circle) => {
                let names: Vec<&str> = circle.iter().map(|node| known[*node]).collect();
                let cause = format!(
                    "the hosts share in a circle, {}: one of them needs a network of its own",
                    names.join(" -> ")
                );
                let at = host.shares.first().unwrap_or(&host.name).at;
                mistakes.push(at, format!("node `{}`", host.name.text), cause);
            }
        }
    }
}

/// The node at the end of a chain of sharing nodes, or the circle that the chain runs into.
fn end_of(shares: &[Option<usize>], node: usize) -> Result<usize, Vec<usize>> {
    let mut chain = vec![node];
    let mut last = node;
    while let Some(next) = shares[last] {
        if let Some(first) = chain.iter().position(|seen| *seen == next) {
            chain.push(next);
            return Err(chain.split_off(first));
        }
        chain.push(next);
        last = next;
    }
    Ok(last)
}

/// What was asked for that only a network of its own could have.
fn own_parts<'t>(
    topology: &'t Topology,
    host: &'t HostSpec,
) -> Vec<(&'static std::panic::Location<'static>, String)> {
    let of = |what: &str, written: &Written| (written.at, format!("{what} `{}`", written.text));
    let attachments = host.attachments.iter();
    let ends = topology.links.iter().flat_map(|link| &link.ends);
    let links = ends.filter(|end| end.node.text == host.name.text && host.name.text != ROOT);
    let mut found: Vec<_> = attachments
        .map(|it| of("it has an attachment to", &it.target))
        .chain(links.map(|end| (end.node.at, "it has a link".to_owned())))
        .chain(
            host.routes
                .iter()
                .map(|it| of("it has a route to", &it.destination)),
        )
        .chain(
            host.sysctls
                .iter()
                .map(|(name, _)| of("it has a sysctl", name)),
        )
        .collect();
    for rule in &host.rules {
        found.push((rule.at, "it has a policy rule".to_owned()));
    }
    for nat in &host.nats {
        let what = format!("it translates towards `{}`", nat.toward.text);
        found.push((nat.toward.at, what));
    }
    if host.manual_routes {
        found.push((host.name.at, "it has `.manual_routes()`".to_owned()));
    }
    if host.forwards {
        found.push((host.name.at, "it forwards".to_owned()));
    }
    if !host.firewall.is_empty() {
        found.push((host.name.at, "it has a firewall".to_owned()));
    }
    if host.pmtu_black_hole || host.clamp_mss {
        found.push((host.name.at, "it has rules about path MTUs".to_owned()));
    }
    #[cfg(feature = "dns")]
    if !host.dns.is_empty() {
        found.push((host.name.at, "it serves DNS zones".to_owned()));
    }
    found.dedup();
    found
}

impl Plan {
    /// The node whose namespace, host name and files a node has: its own, unless it shares another's.
    pub(crate) fn namespace_of(&self, node: usize) -> usize {
        self.nodes[node].shares.unwrap_or(node)
    }

    /// The nodes that people know about, those that share another's network left out.
    pub(crate) fn networks(&self) -> impl Iterator<Item = (usize, &Node)> + '_ {
        self.visible().filter(|(_, node)| node.shares.is_none())
    }

    /// The names of the nodes that share, each with that of the node whose network it has.
    pub(crate) fn sharing(&self) -> impl Iterator<Item = (&str, &str)> + '_ {
        self.nodes.iter().filter_map(|node| {
            let other = &self.nodes[node.shares?];
            Some((node.name.as_str(), other.name.as_str()))
        })
    }
}
