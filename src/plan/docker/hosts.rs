//! What hosts get from the bridges of Docker's that they are attached to: addresses, default routes and DNS servers.

use std::net::IpAddr;

use crate::address::Cidr;
use crate::plan::Route;
use crate::plan::address::is_end;
use crate::plan::docker::{Lan, Network};
use crate::plan::draft::{Draft, DraftEnd};
use crate::plan::mistakes::Mistakes;
use crate::topology::{Mistake, RouteKind, Topology};

impl Network {
    /// The part of it that has this subnet.
    pub(crate) fn lan(&self, subnet: Cidr) -> Option<&Lan> {
        self.lans.iter().find(|lan| lan.own.network() == subnet)
    }

    /// Where the hosts of a subnet draw their addresses from.
    pub(crate) fn pool(&self, subnet: Cidr) -> Cidr {
        self.lan(subnet).map_or(subnet, |lan| lan.pool)
    }

    /// Whether its hosts get no way out.
    pub(crate) fn is_internal(&self) -> bool {
        self.internal
    }

    fn around(&self, address: Cidr) -> Option<&Lan> {
        self.lans
            .iter()
            .find(|lan| lan.own.contains(address.address()))
    }
}

impl Lan {
    /// The lowest address of the pool that nobody has: pools are used up in order.
    pub(crate) fn next(&self, is_taken: impl Fn(IpAddr) -> bool) -> Option<Cidr> {
        let subnet = self.own.network();
        let numbers = (0..=u128::MAX).map_while(|n| self.pool.nth(n));
        let mut addresses = numbers.map(Cidr::address);
        let found = addresses.find(|ip| {
            let is_reserved = self.reserved.contains(ip);
            !is_reserved && !is_taken(*ip) && !is_end(subnet, *ip)
        })?;
        Cidr::new(found, subnet.prefix()).ok()
    }
}

/// Gives hosts their default routes, the first bridge's of each family, and the DNS servers of all bridges.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let Draft {
        nodes,
        domains,
        cables,
        wires: _,
        only,
    } = draft;
    for end in cables.iter().flatten().filter(|end| !end.port) {
        let domain = &domains[end.domain];
        let Some(network) = &domain.docker else {
            continue;
        };
        let object = format!(
            "interface `{}` of node `{}`",
            end.name, nodes[end.node].name
        );
        let node = &mut nodes[end.node];
        for server in &network.dns {
            let is_wanted = only.is_none_or(|family| family.includes(*server));
            if is_wanted && !node.name_servers.contains(server) {
                node.name_servers.push(*server);
            }
        }
        for (address, at) in &end.addresses {
            match network.around(*address) {
                Some(lan) if !topology.bare && !network.is_internal() && !lan.is_gateway(end) => {
                    node.routes
                        .extend(lan.route(&end.name, end.index, &node.routes));
                }
                Some(_) => {}
                None if network.lans.is_empty() => {}
                None => {
                    let cause = format!("{address} is on no subnet of {}", domain.name);
                    mistakes.push_unless_allowed(Mistake::GatewayOffSubnet, at, &object, cause);
                }
            }
        }
    }
}

impl Lan {
    /// Whether the interface is the one that the others' default routes lead to.
    fn is_gateway(&self, end: &DraftEnd<'_>) -> bool {
        let mut own = end.addresses.iter();
        own.any(|(address, _)| address.address() == self.gateway)
    }

    /// The default route of a host, unless it has one of this family.
    fn route(&self, device: &str, index: u32, others: &[Route]) -> Option<Route> {
        let destination = Cidr::everything(self.own.is_ipv4());
        let is_one = |other: &Route| other.destination == destination && other.table.is_none();
        if others.iter().any(is_one) {
            return None;
        }
        Some(Route {
            kind: RouteKind::Unicast,
            destination,
            via: Some(self.gateway),
            device: Some((device.to_owned(), index)),
            metric: None,
            source: None,
            onlink: false,
            next_hops: Vec::new(),
            table: None,
        })
    }
}
