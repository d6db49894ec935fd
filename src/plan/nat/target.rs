//! Where forwarded ports and 1:1 addresses lead: inside, to somebody who may be there.

use std::net::{IpAddr, SocketAddr};

use super::side::{self, Side};
use super::{Deciding, Forward};
use crate::address::{Cidr, Family};
use crate::plan::address::is_link_local;
use crate::plan::draft::{Draft, listed};
use crate::topology::ForwardSpec;

impl Deciding<'_, '_, '_> {
    pub(super) fn forwards(&mut self, outside: &Side) -> Vec<Forward> {
        let mut found: Vec<Forward> = Vec::new();
        for spec in &self.spec.forwards {
            let at = spec.target.at;
            let targets = match self.targets(spec, outside) {
                Ok(targets) => targets,
                Err(cause) => {
                    self.wrong(at, cause);
                    continue;
                }
            };
            for to in targets {
                let is_same = |it: &&Forward| {
                    let family = it.to.is_ipv4() == to.is_ipv4();
                    it.is_tcp == spec.is_tcp && it.port == spec.port && family
                };
                if let Some(other) = found.iter().find(is_same) {
                    let (port, protocol, other) = (spec.port, protocol(spec), other.to);
                    let cause = format!("{protocol} port {port} leads to {other} already");
                    self.wrong(at, cause);
                    break;
                }
                found.push(Forward {
                    is_tcp: spec.is_tcp,
                    port: spec.port,
                    to,
                });
            }
        }
        found
    }

    /// The sockets that are meant: one, or one of each family if a node is named.
    fn targets(&self, spec: &ForwardSpec, outside: &Side) -> Result<Vec<SocketAddr>, String> {
        let text = &spec.target.text;
        let sockets = match text.parse::<SocketAddr>() {
            Ok(socket) => {
                behind(self.draft, outside, socket.ip())?;
                vec![socket]
            }
            Err(_) => self.of_node(text, outside)?,
        };
        if spec.port == 0 || sockets.iter().any(|it| it.port() == 0) {
            let protocol = protocol(spec);
            return Err(format!("{protocol} port 0 is nobody's: ports begin at 1"));
        }
        Ok(sockets)
    }

    /// `web:80`: addresses of that node that are not outside, those next to the router first.
    fn of_node(&self, text: &str, outside: &Side) -> Result<Vec<SocketAddr>, String> {
        let unclear = || {
            format!(
                "`{text}` is no target: write `10.0.0.2:80`, `[fd00::2]:80`, or a node and a port, `web:80`"
            )
        };
        let (name, port) = text.rsplit_once(':').ok_or_else(unclear)?;
        let port: u16 = port.parse().map_err(|_| unclear())?;
        let nodes = &self.draft.nodes;
        let mut known = nodes.iter().enumerate();
        let known = known.by_ref().filter(|(_, it)| !it.role.is_hidden());
        let known: Vec<(usize, &str)> = known.map(|(node, it)| (node, it.name.as_str())).collect();
        let named = known.iter().find(|(_, it)| *it == name);
        let Some(node) = named.map(|(node, _)| nodes[*node].shares.unwrap_or(*node)) else {
            let known: Vec<&str> = known.into_iter().map(|(_, it)| it).collect();
            return Err(format!("no node is called `{name}` ({})", listed(&known)));
        };
        let own = side::of(self.draft, self.node);
        let mut theirs = side::of(self.draft, node);
        theirs.retain(|it| it.domain != outside.domain);
        theirs.sort_by_key(|it| !own.iter().any(|side| side.domain == it.domain));
        let wanted = |family: &Family| *family == Family::V4 || self.spec.ipv6;
        let families = Family::BOTH.into_iter().filter(wanted);
        let found: Vec<SocketAddr> = families
            .filter_map(|family| theirs.iter().find_map(|it| it.address(family)))
            .map(|address| SocketAddr::new(address, port))
            .collect();
        if found.is_empty() && self.draft.only.is_none() {
            return Err(format!(
                "node `{name}` has no address behind the router in a family that is translated"
            ));
        }
        Ok(found)
    }
}

fn protocol(spec: &ForwardSpec) -> &'static str {
    if spec.is_tcp { "TCP" } else { "UDP" }
}

/// Whether an address is in a subnet of the network that is not outside; why not, if it is not.
pub(super) fn behind(draft: &Draft<'_>, outside: &Side, address: IpAddr) -> Result<(), String> {
    let nodes = (0..draft.nodes.len()).flat_map(|node| side::of(draft, node));
    let mut subnets: Vec<Cidr> = nodes
        .filter(|it| it.domain != outside.domain)
        .flat_map(|it| it.addresses)
        .filter(|it| !is_link_local(it.address()))
        .map(Cidr::network)
        .collect();
    subnets.sort_unstable();
    subnets.dedup();
    let other = draft.only.is_some_and(|only| !only.includes(address));
    if other || subnets.iter().any(|it| it.contains(address)) {
        return Ok(());
    }
    let subnets = side::subnets(&subnets);
    Err(format!(
        "{address} is on no subnet behind the router ({subnets})"
    ))
}
