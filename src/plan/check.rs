//! Checks what the addresses, hardware addresses and sizes come to.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::Location;

use crate::address::{Cidr, Mac};
use crate::plan::BRIDGE_PORTS;
use crate::plan::address::is_point_to_point;
use crate::plan::mistakes::Mistakes;
use crate::plan::wire::{Draft, DraftEnd};
use crate::topology::Mistake;

/// The sizes that a veth pair and a bridge take, in bytes.
const MTU: std::ops::RangeInclusive<u32> = 68..=65535;
/// The smallest MTU over which IPv6 runs, [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200#section-5).
const IPV6_MTU: u32 = 1280;

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

/// Nobody can have a subnet's own or its broadcast address.
fn ends_of_subnets(draft: &Draft<'_>, held: &[Held], mistakes: &mut Mistakes<'_>) {
    for one in held {
        for (address, at) in &one.addresses {
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
    let mut on_segment = HashMap::new();
    let mut in_node = HashMap::new();
    for one in held {
        for (address, at) in &one.addresses {
            let ip = address.address();
            let earlier = on_segment
                .insert((one.domain, ip), one)
                .or_else(|| in_node.insert((one.node, ip), one));
            in_node.insert((one.node, ip), one);
            if let Some(earlier) = earlier {
                let object = interface(draft, one.node, &one.name);
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
    let mut by_node: HashMap<usize, Vec<&Held>> = HashMap::new();
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
            if a.overlaps(*b) && a.address() != b.address() {
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
        if let Some(bridge) = &domain.bridge {
            let ipv6 = bridge
                .addresses
                .iter()
                .any(|(address, _)| !address.is_ipv4());
            size(bridge.bridge.mtu, ipv6, domain.at, &domain.name, mistakes);
        }
    }
    for end in draft.cables.iter().flatten() {
        let ipv6 = end.addresses.iter().any(|(address, _)| !address.is_ipv4());
        size(
            end.mtu,
            ipv6,
            end.at,
            &interface(draft, end.node, &end.name),
            mistakes,
        );
    }
}

fn size(
    mtu: Option<u32>,
    ipv6: bool,
    at: &Location<'_>,
    object: &str,
    mistakes: &mut Mistakes<'_>,
) {
    let Some(mtu) = mtu else { return };
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
        let mac = domain.bridge.as_ref()?.bridge.mac?;
        Some((mac, domain.name.clone(), domain.at))
    });
    let ends = draft
        .cables
        .iter()
        .flatten()
        .map(|end: &DraftEnd<'_>| (end.mac, interface(draft, end.node, &end.name), end.at));
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
