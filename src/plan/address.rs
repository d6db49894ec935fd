//! Decides addresses: parses the given ones, allots the others.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::address::Cidr;
use crate::plan::draft::{Domain, Draft, DraftEnd};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Role, family};
use crate::topology::Addressing;

/// The number of the last automatic subnets: `10.255.0.0/16` and `fd00:ff::/64`.
const AUTOMATIC: u8 = 255;

/// Gives every interface its addresses.
pub(crate) fn allot(draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    take_given(draft, mistakes);
    derive_subnets(draft);
    family::leave_out(draft);
    let mut taken = taken(draft);
    let hosts = draft
        .nodes
        .iter()
        .filter(|node| node.role == Role::Host)
        .count();
    let Draft {
        nodes,
        domains,
        cables,
        wires: _,
        only,
    } = draft;
    for end in cables.iter_mut().flatten() {
        if !matches!(
            end.spec.map(|spec| &spec.addressing),
            Some(Addressing::Allotted)
        ) {
            continue;
        }
        let domain = &domains[end.domain];
        let object = format!("node `{}`", nodes[end.node].name);
        if domain.subnets.is_empty() {
            let cause = if domain.automatic {
                format!(
                    "the automatic subnets, 10.1.0.0/16 to 10.{AUTOMATIC}.0.0/16, are used up: give {} its own",
                    domain.name
                )
            } else {
                format!("{} has no subnet to allot an address from", domain.name)
            };
            mistakes.push(end.at, &object, cause);
        }
        // The root is nobody's number; it comes after the last host.
        let number = if end.node == 0 { hosts + 1 } else { end.node };
        let wanted = |subnet: &&Cidr| only.is_none_or(|family| family.includes(subnet.address()));
        let makes_its_own = end.spec.is_some_and(|spec| spec.slaac.is_some());
        let wanted = |subnet: &&Cidr| wanted(subnet) && (subnet.is_ipv4() || !makes_its_own);
        for subnet in domain.subnets.iter().filter(wanted) {
            let docker = domain.docker.as_ref();
            let free = match docker.and_then(|it| it.lan(*subnet)) {
                Some(lan) => lan.next(|ip| taken.contains(&(end.domain, ip))),
                None => free_address(*subnet, number as u128, end.domain, &taken),
            };
            match free {
                Some(address) => {
                    taken.insert((end.domain, address.address()));
                    end.addresses.push((address, end.at));
                }
                None => mistakes.push(
                    end.at,
                    &object,
                    format!(
                        "{} of {} has no free address left",
                        docker.map_or(*subnet, |it| it.pool(*subnet)),
                        domain.name
                    ),
                ),
            }
        }
    }
}

fn take_given(draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let Draft { nodes, cables, .. } = draft;
    for end in cables.iter_mut().flatten() {
        if let Some(Addressing::Given(given)) = end.spec.map(|spec| &spec.addressing) {
            let object = format!(
                "interface `{}` of node `{}`",
                end.name, nodes[end.node].name
            );
            for written in given {
                if let Some(address) = mistakes.parse::<Cidr>(written, &object) {
                    end.addresses.push((address, written.at));
                }
            }
        }
    }
}

/// A domain without subnets of its own takes those of its members' addresses, or the next automatic pair.
fn derive_subnets(draft: &mut Draft<'_>) {
    let given: Vec<Cidr> = subnets(draft).collect();
    let mut numbers = 1..=AUTOMATIC;
    for (position, domain) in draft.domains.iter_mut().enumerate() {
        if domain.automatic {
            domain.subnets.extend(automatic(&mut numbers, &given));
        } else if domain.subnets.is_empty() {
            let ends = draft
                .cables
                .iter()
                .flatten()
                .filter(|end| end.domain == position);
            for (address, _) in ends.flat_map(|end| &end.addresses) {
                if !domain.subnets.contains(&address.network()) {
                    domain.subnets.push(address.network());
                }
            }
        }
    }
}

/// Every subnet that the topology mentions.
fn subnets(draft: &Draft<'_>) -> impl Iterator<Item = Cidr> {
    let of_domains = draft
        .domains
        .iter()
        .flat_map(|domain: &Domain<'_>| domain.subnets.iter().copied());
    let of_ends = draft
        .cables
        .iter()
        .flatten()
        .flat_map(|end: &DraftEnd<'_>| &end.addresses);
    of_domains.chain(of_ends.map(|(address, _)| address.network()))
}

/// The next IPv4 and IPv6 subnet that nobody mentioned. There are none after the last.
fn automatic(numbers: impl Iterator<Item = u8>, given: &[Cidr]) -> Vec<Cidr> {
    for number in numbers {
        let pair = [
            format!("10.{number}.0.0/16"),
            format!("fd00:{number:x}::/64"),
        ];
        let pair: Vec<Cidr> = pair.iter().filter_map(|text| text.parse().ok()).collect();
        if !pair
            .iter()
            .any(|subnet| given.iter().any(|other| subnet.overlaps(*other)))
        {
            return pair;
        }
    }
    Vec::new()
}

/// Addresses that are in use, by domain.
fn taken(draft: &Draft<'_>) -> HashSet<(usize, IpAddr)> {
    let of_ends = draft.cables.iter().flatten().flat_map(|end| {
        end.addresses
            .iter()
            .map(move |(address, _)| (end.domain, address.address()))
    });
    let of_bridges = draft
        .domains
        .iter()
        .enumerate()
        .flat_map(|(position, domain)| {
            let addresses = domain.bridge.iter().flat_map(|bridge| &bridge.addresses);
            addresses.map(move |(address, _)| (position, address.address()))
        });
    of_ends.chain(of_bridges).collect()
}

/// The address with this number in the subnet, or the lowest one that is free.
fn free_address(
    subnet: Cidr,
    number: u128,
    domain: usize,
    taken: &HashSet<(usize, IpAddr)>,
) -> Option<Cidr> {
    let usable = |address: &Cidr| {
        let ip = address.address();
        !is_end(subnet, ip) && !taken.contains(&(domain, ip))
    };
    let wished = subnet.nth(number).filter(usable);
    // Among one more than are taken, the two ends aside, one is free.
    wished.or_else(|| {
        (0..taken.len() as u128 + 3)
            .map_while(|n| subnet.nth(n))
            .find(usable)
    })
}

/// `/31` and `/32` (`/127` and `/128`) have no network address; see [RFC 3021](https://www.rfc-editor.org/rfc/rfc3021).
pub(crate) fn is_point_to_point(subnet: Cidr) -> bool {
    subnet.prefix() >= if subnet.is_ipv4() { 31 } else { 127 }
}

/// Whether an address is the subnet's own or its broadcast address, which no host has.
pub(crate) fn is_end(subnet: Cidr, ip: IpAddr) -> bool {
    let own = ip == subnet.network().address() && !is_point_to_point(subnet);
    own || Some(ip) == subnet.broadcast().map(IpAddr::V4)
}

/// Whether the address means a neighbour on one link only. IPv4's 169.254.0.0/16 does not: to the kernel it is a subnet like others.
pub(crate) fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}
