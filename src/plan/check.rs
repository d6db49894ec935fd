//! Checks what the addresses, hardware addresses and sizes come to.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::panic::Location;

use crate::address::{Cidr, Mac};
use crate::plan::BRIDGE_PORTS;
use crate::plan::address::{is_link_local, is_point_to_point};
use crate::plan::draft::{Domain, Draft, DraftEnd};
use crate::plan::mistakes::Mistakes;
use crate::topology::Mistake;

/// The sizes that a veth pair and a bridge take, in bytes.
const MTU: std::ops::RangeInclusive<u32> = 68..=65535;
/// The smallest MTU over which IPv6 runs, [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200#section-5).
pub(crate) const IPV6_MTU: u32 = 1280;

/// An interface with its addresses, whether it is a bridge or the end of a cable.
struct Held {
    node: usize,
    domain: usize,
    name: String,
    addresses: Vec<(Cidr, &'static Location<'static>)>,
}

/// Checks everything about interfaces.
pub(crate) fn draft(draft: &Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let held = held(draft);
    unfit(draft, &held, mistakes);
    ends_of_subnets(draft, &held, mistakes);
    duplicates(draft, &held, mistakes);
    overlaps(draft, &held, mistakes);
    bridges(draft, mistakes);
    sizes(draft, mistakes);
    hardware_addresses(draft, mistakes);
}

fn held(draft: &Draft<'_>) -> Vec<Held> {
    let bridges = draft.domains.iter().enumerate().filter_map(|(domain, it)| {
        let bridge = it.bridge.as_ref()?;
        let addresses = bridge
            .addresses
            .iter()
            .map(|(address, written)| (*address, written.at))
            .collect();
        Some(Held {
            node: bridge.node,
            domain,
            name: bridge.bridge.name.clone(),
            addresses,
        })
    });
    let ends = draft.cables.iter().flatten().map(|end| Held {
        node: end.node,
        domain: end.domain,
        name: end.name.clone(),
        addresses: end.addresses.clone(),
    });
    bridges.chain(ends).collect()
}

fn interface(draft: &Draft<'_>, node: usize, name: &str) -> String {
    format!("interface `{name}` of node `{}`", draft.nodes[node].name)
}

/// Addresses that no interface can have; the kernel refuses some of them and makes nonsense of the others.
fn unfit(draft: &Draft<'_>, held: &[Held], mistakes: &mut Mistakes<'_>) {
    for one in held {
        for (address, at) in &one.addresses {
            let ip = address.address();
            let cause = if ip.is_multicast() {
                "a multicast address, no interface's own"
            } else if ip.is_unspecified() {
                "the unspecified address, no interface's own"
            } else if ip.is_loopback() {
                "a loopback address: every node has those on `lo`"
            } else {
                continue;
            };
            let object = interface(draft, one.node, &one.name);
            mistakes.push(at, object, format!("{ip} is {cause}"));
        }
    }
}

/// Nobody can have a subnet's own or its broadcast address.
fn ends_of_subnets(draft: &Draft<'_>, held: &[Held], mistakes: &mut Mistakes<'_>) {
    for one in held {
        for (address, at) in &one.addresses {
            if address.address().is_unspecified() {
                continue;
            }
            let object = interface(draft, one.node, &one.name);
            if Some(address.address()) == address.broadcast().map(IpAddr::V4) {
                let cause = format!("{address} is the broadcast address of its subnet");
                mistakes.push_unless_allowed(Mistake::BroadcastAddress, at, &object, cause);
            } else if *address == address.network()
                && address.is_ipv4()
                && !is_point_to_point(*address)
            {
                let cause =
                    format!("{address} is the subnet's own address, hosts start at the next one");
                mistakes.push_unless_allowed(Mistake::NetworkAddress, at, &object, cause);
            }
        }
    }
}

/// The same address twice, where both can be heard: on one segment or in one node.
fn duplicates(draft: &Draft<'_>, held: &[Held], mistakes: &mut Mistakes<'_>) {
    let mut on_segment: HashMap<(usize, IpAddr), &Held> = HashMap::new();
    let mut in_node: HashMap<(usize, IpAddr), &Held> = HashMap::new();
    for one in held {
        let object = interface(draft, one.node, &one.name);
        for (position, (address, at)) in one.addresses.iter().enumerate() {
            let ip = address.address();
            if one.addresses[..position]
                .iter()
                .any(|(earlier, _)| earlier.address() == ip)
            {
                mistakes.push(at, &object, format!("address {ip} is there twice"));
                continue;
            }
            let near = on_segment.insert((one.domain, ip), one);
            let own = in_node.insert((one.node, ip), one);
            // A link-local address means another neighbour on each link.
            let own = own.filter(|_| !is_link_local(ip));
            if let Some(earlier) = near.or(own) {
                let cause = format!(
                    "address {ip} is used twice, first by {}",
                    interface(draft, earlier.node, &earlier.name)
                );
                mistakes.push_unless_allowed(Mistake::DuplicateAddress, at, &object, cause);
            }
        }
    }
}

/// Two interfaces of one node on overlapping subnets: the node could not know by which to send.
fn overlaps(draft: &Draft<'_>, held: &[Held], mistakes: &mut Mistakes<'_>) {
    let mut by_node: BTreeMap<usize, Vec<&Held>> = BTreeMap::new();
    for one in held.iter().filter(|one| !one.addresses.is_empty()) {
        by_node.entry(one.node).or_default().push(one);
    }
    for interfaces in by_node.values() {
        for (position, later) in interfaces.iter().enumerate() {
            for earlier in &interfaces[..position] {
                overlap(draft, earlier, later, mistakes);
            }
        }
    }
}

fn overlap(draft: &Draft<'_>, earlier: &Held, later: &Held, mistakes: &mut Mistakes<'_>) {
    // Both ends of one cable in one node are on one subnet by nature.
    if earlier.domain == later.domain {
        return;
    }
    for (a, _) in &earlier.addresses {
        for (b, at) in &later.addresses {
            let link_local = is_link_local(a.address()) && is_link_local(b.address());
            if a.overlaps(*b) && a.address() != b.address() && !link_local {
                let cause = format!(
                    "{} overlaps {} of interface `{}`",
                    b.network(),
                    a.network(),
                    earlier.name
                );
                let object = interface(draft, later.node, &later.name);
                mistakes.push_unless_allowed(Mistake::OverlappingSubnets, at, object, cause);
            }
        }
    }
}

fn bridges(draft: &Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (position, domain) in draft
        .domains
        .iter()
        .enumerate()
        .filter(|(_, domain)| domain.bridge.is_some())
    {
        let ports = draft
            .cables
            .iter()
            .flatten()
            .filter(|end| end.domain == position && end.port)
            .count();
        if ports > BRIDGE_PORTS {
            let cause = format!(
                "{ports} hosts are attached, a bridge of the kernel has at most {BRIDGE_PORTS} ports"
            );
            mistakes.push(domain.at, &domain.name, cause);
        }
    }
}

fn sizes(draft: &Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for domain in &draft.domains {
        let Some(bridge) = &domain.bridge else {
            continue;
        };
        if let Some((mtu, written)) = bridge.spec.and_then(|spec| spec.mtu.as_ref()) {
            let mut addresses = bridge.addresses.iter();
            let ipv6 = addresses.any(|(address, _)| !address.is_ipv4());
            size(*mtu, ipv6, written.at, &domain.name, mistakes);
        }
    }
    // A port's size is that of the interface behind it.
    for end in draft.cables.iter().flatten().filter(|end| !end.port) {
        let object = interface(draft, end.node, &end.name);
        let ipv6 = end.addresses.iter().any(|(address, _)| !address.is_ipv4());
        let chosen = end.spec.and_then(|spec| spec.mtu.as_ref());
        if let Some((mtu, written)) = chosen {
            lowered(
                &draft.domains[end.domain],
                *mtu,
                written.at,
                &object,
                mistakes,
            );
        }
        match (chosen, end.mtu) {
            (Some((mtu, written)), _) => size(*mtu, ipv6, written.at, &object, mistakes),
            // The bridge's, which was found out of range above if it is.
            (None, Some(mtu)) if MTU.contains(&mtu) => size(mtu, ipv6, end.at, &object, mistakes),
            (None, _) => {}
        }
    }
}

/// A bridge is as small as its smallest port, and loses its IPv6 addresses with it.
fn lowered(
    domain: &Domain<'_>,
    mtu: u32,
    at: &Location<'_>,
    object: &str,
    mistakes: &mut Mistakes<'_>,
) {
    let Some(bridge) = &domain.bridge else { return };
    let mut addresses = bridge.addresses.iter();
    let fits = bridge.bridge.mtu.is_none_or(|own| own >= IPV6_MTU);
    if mtu < IPV6_MTU && fits && addresses.any(|(address, _)| !address.is_ipv4()) {
        let name = &domain.name;
        let cause = format!(
            "the MTU {mtu} lowers that of {name}, which has IPv6 addresses, below {IPV6_MTU}"
        );
        mistakes.push_unless_allowed(Mistake::SmallMtu, at, object, cause);
    }
}

fn size(mtu: u32, ipv6: bool, at: &Location<'_>, object: &str, mistakes: &mut Mistakes<'_>) {
    if !MTU.contains(&mtu) {
        mistakes.push(
            at,
            object,
            format!(
                "the MTU {mtu} is out of range ({} to {})",
                MTU.start(),
                MTU.end()
            ),
        );
    } else if ipv6 && mtu < IPV6_MTU {
        let cause = format!("the MTU {mtu} is below {IPV6_MTU}, the minimum of IPv6");
        mistakes.push_unless_allowed(Mistake::SmallMtu, at, object, cause);
    }
}

fn hardware_addresses(draft: &Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let mut seen: HashMap<Mac, String> = HashMap::new();
    let bridges = draft.domains.iter().filter_map(|domain| {
        let bridge = domain.bridge.as_ref()?;
        let written = bridge.spec?.mac.as_ref()?;
        Some((bridge.bridge.mac?, domain.name.clone(), written.at))
    });
    let ends = draft.cables.iter().flatten().map(|end: &DraftEnd<'_>| {
        let written = end.spec.and_then(|spec| spec.mac.as_ref());
        let at = written.map_or(end.at, |written| written.at);
        (end.mac, interface(draft, end.node, &end.name), at)
    });
    for (mac, object, at) in bridges.chain(ends) {
        if mac.is_multicast() {
            mistakes.push(
                at,
                &object,
                format!("hardware address {mac} is a multicast address, no interface's own"),
            );
        } else if mac == Mac([0; 6]) {
            mistakes.push(
                at,
                &object,
                "hardware address 00:00:00:00:00:00 is no interface's own",
            );
        }
        if let Some(earlier) = seen.get(&mac) {
            let cause = format!("hardware address {mac} is used twice, first by {earlier}");
            mistakes.push_unless_allowed(Mistake::DuplicateMac, at, &object, cause);
        } else {
            seen.insert(mac, object);
        }
    }
}
