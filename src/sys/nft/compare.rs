//! Compares what was sent with what the kernel has.

use std::collections::{HashMap, HashSet};

use super::expression::{self, Expression, octets};
use super::listing;
use super::{Change, Failure, Listed};
use crate::nft::{Layer, Rule, Table};
use crate::sys::netlink::raw::{RawSocket, attributes};

/// Reads the tables that were filled and compares every rule of theirs, and the rules that were added, whose handles are given.
pub(super) fn with_kernel(
    socket: &mut RawSocket,
    what: &str,
    changes: &[Change<'_>],
    handles: &[u64],
) -> Result<(), Failure> {
    added(socket, what, changes, handles)?;
    for change in changes {
        let (Change::Install(table) | Change::Refill(table)) = change else {
            continue;
        };
        let found = listing::rules(socket, Some((table.layer, &table.name)))
            .map_err(|refusal| Failure::new(what, "the listing of the rules", refusal))?;
        if let Some(difference) = difference(table, &found) {
            return Err(Failure::differs(what, difference));
        }
        for set in table.sets.iter().filter(|set| !set.elements.is_empty()) {
            let found = listing::elements(socket, table.layer, &table.name, &set.name)
                .map_err(|refusal| Failure::new(what, "the listing of a set", refusal))?;
            let sent: HashSet<Vec<u8>> = set.elements.iter().map(|it| octets(*it)).collect();
            if sent != found {
                return Err(Failure::differs(what, format!("set `{}`", set.name)));
            }
        }
    }
    Ok(())
}

/// Compares the rules that were added one by one.
fn added(
    socket: &mut RawSocket,
    what: &str,
    changes: &[Change<'_>],
    handles: &[u64],
) -> Result<(), Failure> {
    let only_added = |change: &&Change<'_>| matches!(change, Change::AddRule { .. });
    let mut added = changes.iter().filter(only_added).peekable();
    if added.peek().is_none() {
        return Ok(());
    }
    let found = listing::rules(socket, None)
        .map_err(|refusal| Failure::new(what, "the listing of the rules", refusal))?;
    let found = found.iter();
    let found: HashMap<_, &Listed> = found
        .map(|it| ((it.layer, it.table.as_str(), it.handle), it))
        .collect();
    let count = changes.iter().filter(only_added).count();
    if handles.len() != count {
        let cause = format!("{count} rules were added, and {} told", handles.len());
        return Err(Failure::differs(what, cause));
    }
    for (change, handle) in added.zip(handles) {
        let Change::AddRule {
            layer, table, rule, ..
        } = change
        else {
            continue;
        };
        let listed = found.get(&(*layer, *table, *handle));
        if !listed.is_some_and(|it| same(rule, *layer, it)) {
            return Err(Failure::differs(what, format!("rule `{rule}`")));
        }
    }
    Ok(())
}

/// The first rule of a table that the kernel has otherwise.
fn difference(table: &Table, found: &[Listed]) -> Option<String> {
    for chain in &table.chains {
        let mut listed = found.iter().filter(|rule| rule.chain == chain.name);
        for rule in &chain.rules {
            let is_same = listed
                .next()
                .is_some_and(|listed| same(rule, table.layer, listed));
            if !is_same {
                return Some(format!("rule `{rule}` of chain `{}`", chain.name));
            }
        }
        if let Some(more) = listed.next() {
            return Some(format!("rule {} of chain `{}`", more.handle, chain.name));
        }
    }
    None
}

fn same(rule: &Rule, layer: Layer, listed: &Listed) -> bool {
    let sent = expression::of(rule, layer);
    sent.len() == listed.expressions.len()
        && rule.comment == listed.comment
        && sent
            .iter()
            .zip(&listed.expressions)
            .all(|(sent, (name, data))| is_in(sent, name, data))
}

/// Whether an expression has all that was sent; the kernel adds what follows from it.
fn is_in(sent: &Expression, name: &str, data: &[u8]) -> bool {
    match sent.name {
        _ if sent.name != name => false,
        // Packets may have passed already.
        "counter" => true,
        // The kernel adds flags that say which registers there are.
        "nat" => all_in(sent.data.bytes(), data, Some(7)),
        "masq" => all_in(sent.data.bytes(), data, Some(1)),
        "redir" => all_in(sent.data.bytes(), data, Some(3)),
        _ => all_in(sent.data.bytes(), data, None),
    }
}

/// Whether every attribute is there with the same value; `flags` is one whose bits may be more.
fn all_in(sent: &[u8], found: &[u8], flags: Option<u16>) -> bool {
    attributes(sent).all(|(kind, value)| {
        let mut same_kind = attributes(found).filter(|(other, _)| *other == kind);
        same_kind.any(|(_, other)| {
            if flags == Some(kind) {
                has_bits(value, other)
            } else {
                value == other || is_nest(value) && all_in(value, other, None)
            }
        })
    })
}

fn has_bits(wanted: &[u8], found: &[u8]) -> bool {
    wanted.len() == found.len() && wanted.iter().zip(found).all(|(w, f)| w & f == *w)
}

/// Whether a value consists of attributes to its end.
fn is_nest(value: &[u8]) -> bool {
    let whole: usize = attributes(value)
        .map(|(_, inner)| (4 + inner.len()).next_multiple_of(4))
        .sum();
    whole == value.len() && !value.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::netlink::raw::Attributes;

    #[test]
    fn what_the_kernel_adds_is_no_difference_and_what_it_changes_is() {
        let sent = Attributes::new()
            .number(1, 5)
            .nest(3, |it| it.with(1, &[7; 4]));
        let more = Attributes::new()
            .number(1, 5)
            .number(2, 9)
            .nest(3, |it| it.with(1, &[7; 4]).number(2, 1));
        assert!(all_in(sent.bytes(), more.bytes(), None));
        assert!(!all_in(more.bytes(), sent.bytes(), None));
        let other = Attributes::new()
            .number(1, 5)
            .nest(3, |it| it.with(1, &[8; 4]));
        assert!(!all_in(sent.bytes(), other.bytes(), None));
    }

    #[test]
    fn further_flags_are_no_difference() {
        let flags = |bits| Attributes::new().number(7, bits);
        let (sent, more, less) = (flags(24), flags(27), flags(16));
        assert!(all_in(sent.bytes(), more.bytes(), Some(7)));
        assert!(!all_in(sent.bytes(), less.bytes(), Some(7)));
        assert!(!all_in(sent.bytes(), more.bytes(), None));
    }
}
