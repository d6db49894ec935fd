//! Decides which nodes serve which DNS zones, and whom each node asks.

use std::net::IpAddr;

use crate::plan::Plan;
use crate::plan::draft::{Draft, nodes};
use crate::plan::mistakes::Mistakes;
use crate::topology::Topology;
use crate::zone;

/// Checks the zones of each node.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (position, host) in nodes(topology) {
        let (zones, wrong) = zone::check(&host.dns);
        for mistake in wrong {
            let object = format!("node `{}`: {}", host.name.text, mistake.object);
            mistakes.push(mistake.at, object, mistake.cause);
        }
        draft.nodes[position].dns = zones;
    }
}

impl Plan {
    /// The nodes that serve DNS.
    pub(crate) fn dns_nodes(&self) -> impl Iterator<Item = usize> + '_ {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| !node.dns.is_empty())
            .map(|(position, _)| position)
    }

    /// The addresses of all DNS servers, in the order in which a node should ask: those on a subnet of its own first, and of both
    /// kinds IPv4 before IPv6. A link-local address says nothing without its link and is left out.
    pub(crate) fn nameservers(&self, node: usize) -> Vec<IpAddr> {
        let own: Vec<_> = self.addresses(node).collect();
        let servers = self.dns_nodes().flat_map(|server| self.addresses(server));
        let mut found: Vec<IpAddr> = servers.map(|address| address.address()).collect();
        found.retain(|address| match address {
            IpAddr::V4(address) => !address.is_link_local(),
            IpAddr::V6(address) => !address.is_unicast_link_local(),
        });
        let is_far = |address: IpAddr| !own.iter().any(|own| own.contains(address));
        found.sort_by_key(|address| (is_far(*address), address.is_ipv6()));
        found
    }
}
