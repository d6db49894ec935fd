//! What a firewall lets pass that drops by default: without it a node has no network to filter.

use std::ops::RangeInclusive;

use crate::address::Family;
use crate::nft::{EtherType, Rule, Selector, Side, Statement, Value};
use crate::topology::Direction;

/// Multicast listeners, the old way, and neighbour discovery.
const NEIGHBOURS: RangeInclusive<u8> = 130..=137;
/// Multicast listeners as they report since [RFC 3810](https://www.rfc-editor.org/rfc/rfc3810).
const LISTENERS: u8 = 143;

/// For a node: `lo`, and its neighbours. Neither is ever forwarded.
pub(super) fn of_node(direction: Direction) -> Vec<Rule> {
    let side = match direction {
        Direction::Input => Side::Source,
        Direction::Output => Side::Destination,
        Direction::Forward => return Vec::new(),
    };
    let lo = Value::Interface("lo".to_owned());
    let loopback = accepted(Selector::Interface(side), lo, "loopback");
    [loopback].into_iter().chain(neighbours()).collect()
}

/// For a bridge: its nodes find each other.
pub(super) fn of_bridge() -> impl Iterator<Item = Rule> {
    let arp = accepted(
        Selector::EtherType,
        Value::Ether(EtherType::Arp),
        "address resolution",
    );
    [arp].into_iter().chain(neighbours())
}

pub(super) fn neighbours() -> [Rule; 2] {
    let icmp = Selector::IcmpType(Family::V6);
    [
        accepted(icmp, Value::IcmpTypes(NEIGHBOURS), "neighbour discovery"),
        accepted(icmp, Value::Icmp(LISTENERS), "multicast listeners"),
    ]
}

/// Without a counter: nobody asked for it.
fn accepted(selector: Selector, value: Value, name: &str) -> Rule {
    Rule::new([Statement::Is(selector, value), Statement::Accept]).named(name)
}
