//! The messages of a batch: tables, sets, chains, rules.
//!
//! See `linux/netfilter/nf_tables.h` for the numbers.

use std::net::IpAddr;

use super::listing::DUMP;
use super::{Change, expression};
use crate::nft::{Chain, Datatype, Hook, Kind, Layer, Point, Rule, Set, Table};
use crate::sys::netlink::raw::{Attributes, Draft};

const SUBSYSTEM: u16 = 10;
pub(super) const NEW_TABLE: u16 = SUBSYSTEM << 8;
pub(super) const DELETE_TABLE: u16 = SUBSYSTEM << 8 | 2;
pub(super) const NEW_CHAIN: u16 = SUBSYSTEM << 8 | 3;
pub(super) const GET_CHAIN: u16 = SUBSYSTEM << 8 | 4;
pub(super) const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;
pub(super) const GET_RULE: u16 = SUBSYSTEM << 8 | 7;
const DELETE_RULE: u16 = SUBSYSTEM << 8 | 8;
const NEW_SET: u16 = SUBSYSTEM << 8 | 9;
const NEW_ELEMENTS: u16 = SUBSYSTEM << 8 | 12;
const GET_ELEMENTS: u16 = SUBSYSTEM << 8 | 13;
const DELETE_ELEMENTS: u16 = SUBSYSTEM << 8 | 14;
pub(super) const TRACE: u16 = SUBSYSTEM << 8 | 17;

pub(super) const CREATE: u16 = 0x400;
/// Refused if it is there already.
pub(super) const EXCLUSIVE: u16 = 0x200;
const APPEND: u16 = 0x800;
/// What was made is told to who made it: a rule's handle.
const ECHO: u16 = 8;

/// `struct nfgenmsg`: family, version, and for what encloses a batch whose it is.
pub(super) const HEADER: usize = 4;

pub(super) fn begin() -> Draft {
    enclosing(0x10)
}

pub(super) fn end() -> Draft {
    enclosing(0x11)
}

fn enclosing(kind: u16) -> Draft {
    let [high, low] = SUBSYSTEM.to_be_bytes();
    Draft::new(kind, 0, &[0, 0, high, low])
}

fn draft(kind: u16, flags: u16, layer: Layer) -> Draft {
    Draft::new(kind, flags, &header(layer))
}

fn header(layer: Layer) -> [u8; HEADER] {
    [number(layer), 0, 0, 0]
}

/// The kernel's number of a table's family, `NFPROTO_*`.
fn number(layer: Layer) -> u8 {
    match layer {
        Layer::Inet => 1,
        Layer::Ipv4 => 2,
        Layer::Bridge => 7,
        Layer::Ipv6 => 10,
    }
}

/// What a number stands for; other programs may have tables of other families.
pub(super) fn layer(number: u8) -> Option<Layer> {
    match number {
        1 => Some(Layer::Inet),
        2 => Some(Layer::Ipv4),
        7 => Some(Layer::Bridge),
        10 => Some(Layer::Ipv6),
        _ => None,
    }
}

/// The messages of a change, each with what it is about.
pub(super) fn of(change: &Change<'_>) -> Vec<(String, Draft)> {
    match *change {
        Change::Install(table) => install(table),
        Change::Ensure(table) => ensure(table),
        Change::Refill(table) => refill(table),
        Change::Remove(layer, name) => vec![
            // Removing what is not there is refused; making it first costs nothing.
            (format!("table `{name}`"), new_table(layer, name)),
            (format!("table `{name}`"), delete_table(layer, name)),
        ],
        Change::AddRule {
            layer,
            table,
            chain,
            rule,
            first,
        } => {
            let place = if first { 0 } else { APPEND };
            vec![new_rule(layer, table, chain, rule, place | ECHO)]
        }
        Change::RemoveRule {
            layer,
            table,
            chain,
            handle,
        } => {
            let draft = draft(DELETE_RULE, 0, layer)
                .text(1, table)
                .text(2, chain)
                .with(3, &handle.to_be_bytes());
            vec![(format!("rule {handle} of chain `{chain}`"), draft)]
        }
        Change::Flush { layer, table, set } => {
            let draft = draft(DELETE_ELEMENTS, 0, layer).text(1, table).text(2, set);
            vec![(format!("set `{set}`"), draft)]
        }
    }
}

fn install(table: &Table) -> Vec<(String, Draft)> {
    let Table {
        layer, name, sets, ..
    } = table;
    let this = format!("table `{name}`");
    let new = draft(NEW_TABLE, CREATE | EXCLUSIVE, *layer).text(1, name);
    let mut messages = vec![(this, new)];
    for (position, set) in sets.iter().enumerate() {
        let draft = new_set(*layer, name, set, position as u32 + 1);
        messages.push((format!("set `{}`", set.name), draft));
        // An attribute has less than 64 KiB.
        for elements in set.elements.chunks(1000) {
            let draft = new_elements(*layer, name, &set.name, elements);
            messages.push((format!("elements of set `{}`", set.name), draft));
        }
    }
    messages.extend(new_chains(table));
    messages.extend(new_rules(table));
    messages
}

fn ensure(table: &Table) -> Vec<(String, Draft)> {
    let this = format!("table `{}`", table.name);
    let mut messages = vec![(this, new_table(table.layer, &table.name))];
    messages.extend(new_chains(table));
    messages
}

fn refill(table: &Table) -> Vec<(String, Draft)> {
    let mut messages = ensure(table);
    let all_rules = draft(DELETE_RULE, 0, table.layer).text(1, &table.name);
    messages.push((format!("the rules of table `{}`", table.name), all_rules));
    messages.extend(new_rules(table));
    messages
}

/// All of them, before any rule leads to one.
fn new_chains(table: &Table) -> impl Iterator<Item = (String, Draft)> {
    table.chains.iter().map(|chain| {
        let draft = new_chain(table.layer, &table.name, chain);
        (format!("chain `{}`", chain.name), draft)
    })
}

fn new_rules(table: &Table) -> impl Iterator<Item = (String, Draft)> {
    table.chains.iter().flat_map(|chain| {
        let rules = chain.rules.iter();
        rules.map(|rule| new_rule(table.layer, &table.name, &chain.name, rule, APPEND))
    })
}

fn new_table(layer: Layer, name: &str) -> Draft {
    draft(NEW_TABLE, CREATE, layer).text(1, name)
}

fn delete_table(layer: Layer, name: &str) -> Draft {
    draft(DELETE_TABLE, 0, layer).text(1, name)
}

fn new_set(layer: Layer, table: &str, set: &Set, id: u32) -> Draft {
    const MAP: u32 = 8;
    const TIMEOUT: u32 = 16;
    const FILLED_BY_RULES: u32 = 32;
    let mut flags = if set.elements.is_empty() {
        FILLED_BY_RULES
    } else {
        0
    };
    if !set.value.is_empty() {
        flags |= MAP;
    }
    if set.timeout.is_some() {
        flags |= TIMEOUT;
    }
    draft(NEW_SET, CREATE, layer).attributes(|it| {
        let mut it = it
            .text(1, table)
            .text(2, &set.name)
            .number(3, flags)
            .number(4, types(&set.key))
            .number(5, length(&set.key));
        if !set.value.is_empty() {
            it = it
                .number(6, types(&set.value))
                .number(7, length(&set.value));
        }
        if set.elements.is_empty() {
            it = it.nest(9, |description| description.number(1, set.size));
        }
        it = it.number(10, id);
        match set.timeout {
            Some(timeout) => it.with(11, &(timeout.as_millis() as u64).to_be_bytes()),
            None => it,
        }
    })
}

fn new_elements(layer: Layer, table: &str, set: &str, elements: &[IpAddr]) -> Draft {
    draft(NEW_ELEMENTS, CREATE, layer).attributes(|it| {
        it.text(1, table).text(2, set).nest(3, |list| {
            elements.iter().fold(list, |list, element| {
                let key = |it: Attributes| it.with(1, &expression::octets(*element));
                list.nest(1, |it| it.nest(1, key))
            })
        })
    })
}

/// The elements that a set has.
pub(super) fn get_elements(layer: Layer, table: &str, set: &str) -> Draft {
    draft(GET_ELEMENTS, DUMP, layer).text(1, table).text(2, set)
}

/// The types of the parts of a key, six bits each.
fn types(parts: &[Datatype]) -> u32 {
    parts
        .iter()
        .fold(0, |types, part| types << 6 | part.number())
}

fn length(parts: &[Datatype]) -> u32 {
    match parts {
        [one] => one.length(),
        parts => parts
            .iter()
            .map(|part| part.length().next_multiple_of(4))
            .sum(),
    }
}

fn new_chain(layer: Layer, table: &str, chain: &Chain) -> Draft {
    draft(NEW_CHAIN, CREATE, layer).attributes(|it| {
        let it = it.text(1, table).text(3, &chain.name);
        match chain.hook {
            Some(hook) => hooked(it, hook),
            None => it,
        }
    })
}

fn hooked(chain: Attributes, hook: Hook) -> Attributes {
    let kind = match hook.kind {
        Kind::Filter => "filter",
        Kind::Nat => "nat",
    };
    let point = match hook.point {
        Point::Prerouting => 0,
        Point::Input => 1,
        Point::Forward => 2,
        Point::Output => 3,
        Point::Postrouting => 4,
    };
    chain
        .nest(4, |it| {
            it.number(1, point).with(2, &hook.priority.to_be_bytes())
        })
        .number(5, u32::from(!hook.drops))
        .text(7, kind)
}

fn new_rule(layer: Layer, table: &str, chain: &str, rule: &Rule, flags: u16) -> (String, Draft) {
    let draft = draft(NEW_RULE, CREATE | flags, layer).attributes(|it| {
        let it = it.text(1, table).text(2, chain).nest(4, |list| {
            let expressions = expression::of(rule, layer);
            expressions.into_iter().fold(list, |list, expression| {
                list.nest(1, |it| {
                    it.text(1, expression.name)
                        .nest(2, |data| data.append(&expression.data))
                })
            })
        });
        match &rule.comment {
            Some(comment) => it.with(7, &user_data(comment)),
            None => it,
        }
    });
    (format!("rule `{rule}` of chain `{chain}`"), draft)
}

/// A comment as `nft` keeps it: kind, length, text, NUL.
fn user_data(comment: &str) -> Vec<u8> {
    const COMMENT: u8 = 0;
    let text = format!("{comment}\0");
    let length = text.len() as u8;
    [&[COMMENT, length], text.as_bytes()].concat()
}
