//! The requests that add and remove policy rules.
//!
//! See [rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html) and `linux/fib_rules.h`.

use rtnetlink::packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use rtnetlink::packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::Request;
use super::asked::RuleVerb;
use crate::address::Family;

/// Adds a policy rule; `shown` is the rule as a person writes it.
pub(crate) fn add_rule(shown: &str, rule: &RuleVerb<'_>) -> Request {
    let message = RouteNetlinkMessage::NewRule(message(rule));
    Request::new(
        format!("add rule `{shown}`"),
        message,
        NLM_F_CREATE | NLM_F_EXCL,
    )
}

/// Removes a policy rule: the first with all that is named.
pub(crate) fn remove_rule(shown: &str, rule: &RuleVerb<'_>) -> Request {
    let message = RouteNetlinkMessage::DelRule(message(rule));
    Request::new(format!("remove rule `{shown}`"), message, 0)
}

fn message(rule: &RuleVerb<'_>) -> RuleMessage {
    let mut message = RuleMessage::default();
    let header = &mut message.header;
    header.family = match rule.family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    };
    header.action = RuleAction::ToTable;
    header.src_len = rule.from.map_or(0, |from| from.prefix());
    header.dst_len = rule.to.map_or(0, |to| to.prefix());
    let from = rule.from.map(|it| RuleAttribute::Source(it.address()));
    let to = rule.to.map(|it| RuleAttribute::Destination(it.address()));
    let iif = rule.iif.map(|it| RuleAttribute::Iifname(it.to_owned()));
    let oif = rule.oif.map(|it| RuleAttribute::Oifname(it.to_owned()));
    let fwmark = rule.fwmark.map(RuleAttribute::FwMark);
    let priority = rule.priority.map(RuleAttribute::Priority);
    let table = Some(RuleAttribute::Table(rule.table));
    let all = [from, to, iif, oif, fwmark, priority, table];
    message.attributes = all.into_iter().flatten().collect();
    message
}
