//! Decides what routers advertise, and which addresses hosts make of it.

use std::net::{IpAddr, Ipv6Addr};
use std::panic::Location;

use crate::address::{Cidr, Family};
use crate::plan::check::IPV6_MTU;
use crate::plan::draft::{Draft, DraftEnd, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Plan, Sysctl};
use crate::topology::{AdvertisementSpec, Topology};
use crate::wire::advertisement::Advertisement;

/// The length of the subnets in which hosts make themselves addresses.
const BITS: u8 = 64;
/// What fits into a router's lifetime, by RFC 4861.
const LONGEST: u64 = 9000;

/// Decides the advertisements, and the addresses of those who listen.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    if draft.only == Some(Family::V4) {
        return;
    }
    let mut forwards = vec![false; draft.nodes.len()];
    for (node, host) in nodes(topology) {
        forwards[node] = host.forwards;
    }
    advertise(draft, &forwards, mistakes);
    listen(draft, &forwards, mistakes);
}

fn advertise(draft: &mut Draft<'_>, forwards: &[bool], mistakes: &mut Mistakes<'_>) {
    let names: Vec<String> = draft.nodes.iter().map(|it| it.name.clone()).collect();
    for end in draft.cables.iter_mut().flatten() {
        let Some(spec) = end.spec.and_then(|spec| spec.advertisement.as_ref()) else {
            continue;
        };
        let object = format!("interface `{}` of node `{}`", end.name, names[end.node]);
        let subnets = own_subnets(end);
        if subnets.is_empty() {
            let cause =
                format!("it has no IPv6 subnet of {BITS} bits to advertise: give it an address");
            mistakes.push(spec.at, &object, cause);
        }
        let lifetime = if forwards[end.node] {
            spec.lifetime.as_secs()
        } else {
            0
        };
        end.advertisement = Some(Advertisement {
            lifetime: lifetime.min(LONGEST) as u16,
            source: end.mac,
            mtu: spec.mtu.map(|(mtu, _)| mtu),
            subnets,
            dns: servers(spec, &object, mistakes),
        });
        check(spec, &object, mistakes);
    }
}

fn check(spec: &AdvertisementSpec, object: &str, mistakes: &mut Mistakes<'_>) {
    if spec.lifetime.as_secs() > LONGEST {
        let cause = format!("a router's lifetime is 0 to {LONGEST} seconds");
        mistakes.push(spec.at, object, cause);
    }
    if let Some((mtu, at)) = spec.mtu {
        if !(IPV6_MTU..=65_535).contains(&mtu) {
            let cause = format!("the advertised mtu {mtu} is out of range ({IPV6_MTU} to 65535)");
            mistakes.push(at, object, cause);
        }
    }
}

fn servers(spec: &AdvertisementSpec, object: &str, mistakes: &mut Mistakes<'_>) -> Vec<Ipv6Addr> {
    let mut found = Vec::new();
    for written in &spec.dns {
        match written.text.parse() {
            Ok(address) => found.push(address),
            Err(_) => {
                let cause = format!("DNS server `{}` is not an IPv6 address", written.text);
                mistakes.push(written.at, object, cause);
            }
        }
    }
    found
}

/// The IPv6 subnets of an interface in which hosts can make themselves addresses.
fn own_subnets(end: &DraftEnd<'_>) -> Vec<Ipv6Addr> {
    let mut found = Vec::new();
    for (address, _) in &end.addresses {
        if let (IpAddr::V6(subnet), BITS) = (address.network().address(), address.prefix()) {
            if !subnet.is_unicast_link_local() && !found.contains(&subnet) {
                found.push(subnet);
            }
        }
    }
    found
}

/// Has interfaces make themselves addresses, and others not listen: theirs are those of the plan.
fn listen(draft: &mut Draft<'_>, forwards: &[bool], mistakes: &mut Mistakes<'_>) {
    let heard: Vec<(usize, Vec<Ipv6Addr>)> = draft
        .cables
        .iter()
        .flatten()
        .filter_map(|end| Some((end.domain, end.advertisement.as_ref()?.subnets.clone())))
        .collect();
    let Draft {
        nodes,
        domains,
        cables,
        ..
    } = draft;
    for end in cables.iter_mut().flatten().filter(|end| !end.port) {
        let node = &mut nodes[end.node];
        let of_domain = heard.iter().filter(|(domain, _)| *domain == end.domain);
        let subnets: Vec<Ipv6Addr> = of_domain.flat_map(|(_, it)| it).copied().collect();
        let Some(at) = end.spec.and_then(|spec| spec.slaac) else {
            if !subnets.is_empty() && !forwards[end.node] {
                node.sysctls.push(parameter(&end.name, "accept_ra", "0"));
            }
            continue;
        };
        let object = format!("interface `{}` of node `{}`", end.name, node.name);
        if let Some((own, at)) = end.addresses.iter().find(|(own, _)| !own.is_ipv4()) {
            let cause = format!("it makes its IPv6 addresses itself, and is given {own}");
            mistakes.push(at, &object, cause);
        }
        if subnets.is_empty() {
            let cause = format!(
                "nobody on {} advertises a subnet: give a router's interface there `.advertise()`",
                domains[end.domain].name
            );
            mistakes.push(at, &object, cause);
        }
        end.addresses.extend(made(end, &subnets, at));
        end.autoconfigured = true;
        node.sysctls
            .extend(parameters(&end.name, forwards[end.node]));
    }
}

/// The address that an interface makes itself in each subnet.
fn made<'a>(
    end: &DraftEnd<'_>,
    subnets: &'a [Ipv6Addr],
    at: &'static Location<'static>,
) -> impl Iterator<Item = (Cidr, &'static Location<'static>)> + use<'a> {
    let own = u128::from(end.mac.link_local()) & u128::from(u64::MAX);
    subnets.iter().filter_map(move |subnet| {
        let address = Ipv6Addr::from(u128::from(*subnet) | own);
        Some((Cidr::new(address.into(), BITS).ok()?, at))
    })
}

/// It asks for routers whenever it is raised, as is the kernel's default; one that forwards would not listen otherwise.
fn parameters(interface: &str, forwards: bool) -> impl Iterator<Item = Sysctl> {
    let listens = if forwards { "2" } else { "1" };
    [
        parameter(interface, "router_solicitations", "-1"),
        parameter(interface, "accept_ra", listens),
    ]
    .into_iter()
}

fn parameter(interface: &str, name: &str, value: &str) -> Sysctl {
    Sysctl {
        name: format!("net/ipv6/conf/{interface}/{name}"),
        value: value.to_owned(),
    }
}

/// Whether routers tell the node its default route.
pub(crate) fn listens(draft: &Draft<'_>, node: usize) -> bool {
    let mut ends = draft.cables.iter().flatten();
    ends.any(|end| end.node == node && end.autoconfigured)
}

impl Plan {
    /// The nodes with an interface that advertises.
    pub(crate) fn advertisers(&self) -> impl Iterator<Item = usize> + '_ {
        let nodes = 0..self.nodes.len();
        nodes.filter(|node| self.ends(*node).any(|end| end.advertisement.is_some()))
    }
}
