//! Policy rules out of the kernel's listing.

use std::net::IpAddr;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::rule::{RuleAction, RuleAttribute, RuleFlags, RuleMessage};

use super::number;
use crate::address::{Cidr, Family};
use crate::view::{PolicyRule, PolicyRules, RuleAction as Action};

pub(super) fn request(family: Family) -> RouteNetlinkMessage {
    let mut message = RuleMessage::default();
    message.header.family = number(family);
    RouteNetlinkMessage::GetRule(message)
}

/// The rules of this family, in their order.
pub(super) fn rules(
    messages: &[RouteNetlinkMessage],
    family: Family,
) -> Result<PolicyRules, String> {
    let mut found = Vec::new();
    for message in messages {
        match message {
            RouteNetlinkMessage::NewRule(message) if message.header.family == number(family) => {
                found.push(rule(message)?);
            }
            _ => {}
        }
    }
    Ok(PolicyRules(found))
}

fn rule(message: &RuleMessage) -> Result<PolicyRule, String> {
    let header = &message.header;
    let mut rule = PolicyRule {
        priority: 0,
        inverted: header.flags.contains(RuleFlags::Invert),
        from: None,
        to: None,
        fwmark: None,
        fwmask: None,
        iif: None,
        iif_detached: header.flags.contains(RuleFlags::IifDetached),
        oif: None,
        oif_detached: header.flags.contains(RuleFlags::OifDetached),
        action: Action::Nop,
        suppress_prefix_length: None,
    };
    let (mut table, mut goto) = (u32::from(header.table), 0);
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Priority(priority) => rule.priority = *priority,
            RuleAttribute::Source(address) => rule.from = subnet(*address, header.src_len)?,
            RuleAttribute::Destination(address) => rule.to = subnet(*address, header.dst_len)?,
            RuleAttribute::FwMark(mark) => rule.fwmark = Some(*mark),
            RuleAttribute::FwMask(mask) => rule.fwmask = Some(*mask),
            RuleAttribute::Iifname(name) => rule.iif = Some(name.clone()),
            RuleAttribute::Oifname(name) => rule.oif = Some(name.clone()),
            // The header has room for the first 255 tables only.
            RuleAttribute::Table(number) => table = *number,
            RuleAttribute::Goto(priority) => goto = *priority,
            // The kernel says that it is off by the highest number.
            RuleAttribute::SuppressPrefixLen(length) => {
                rule.suppress_prefix_length = Some(*length).filter(|length| *length != u32::MAX);
            }
            _ => {}
        }
    }
    rule.action = match header.action {
        RuleAction::ToTable => Action::Lookup(table),
        RuleAction::Goto => Action::Goto(goto),
        RuleAction::Nop => Action::Nop,
        RuleAction::Blackhole => Action::Blackhole,
        RuleAction::Unreachable => Action::Unreachable,
        RuleAction::Prohibit => Action::Prohibit,
        other => Action::Other(other.into()),
    };
    Ok(rule)
}

fn subnet(address: IpAddr, prefix: u8) -> Result<Option<Cidr>, String> {
    let subnet = Cidr::new(address, prefix).map_err(|error| error.to_string())?;
    Ok(Some(subnet))
}
