//! Rules as the kernel lists them: whose they are, what they are called, what they counted.

use std::collections::HashSet;

use super::message::{self, GET_RULE, HEADER, NEW_RULE};
use super::{Counted, Listed};
use crate::nft::Layer;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Answer, Draft, RawSocket, attributes};

pub(super) const DUMP: u16 = 0x300;

/// All rules, or those of one table.
pub(super) fn rules(
    socket: &mut RawSocket,
    table: Option<(Layer, &str)>,
) -> Result<Vec<Listed>, Refusal> {
    let answers = socket.dump(Draft::new(GET_RULE, DUMP, &[0; HEADER]))?;
    let rules = answers.iter().filter_map(rule);
    let wanted =
        |rule: &Listed| table.is_none_or(|(layer, name)| rule.layer == layer && rule.table == name);
    Ok(rules.filter(wanted).collect())
}

/// The handle of a rule that was added.
pub(super) fn handle(answer: &Answer) -> Option<u64> {
    rule(answer).map(|rule| rule.handle)
}

/// The keys of a set's elements.
pub(super) fn elements(
    socket: &mut RawSocket,
    layer: Layer,
    table: &str,
    set: &str,
) -> Result<HashSet<Vec<u8>>, Refusal> {
    let inside = |value: &[u8], wanted: u16| {
        let found = attributes(value).filter(move |(kind, _)| *kind == wanted);
        found
            .map(|(_, value)| value.to_vec())
            .collect::<Vec<Vec<u8>>>()
    };
    let mut keys = HashSet::new();
    for answer in socket.dump(message::get_elements(layer, table, set))? {
        let lists = answer.attributes(HEADER).filter(|(kind, _)| *kind == 3);
        for element in lists.flat_map(|(_, list)| inside(list, 1)) {
            let key = inside(&element, 1)
                .into_iter()
                .flat_map(|key| inside(&key, 1));
            keys.extend(key);
        }
    }
    Ok(keys)
}

fn rule(answer: &Answer) -> Option<Listed> {
    if answer.kind != NEW_RULE {
        return None;
    }
    let mut rule = Listed {
        layer: message::layer(answer.family())?,
        table: String::new(),
        chain: String::new(),
        handle: 0,
        comment: None,
        counted: None,
        expressions: Vec::new(),
    };
    for (kind, value) in answer.attributes(HEADER) {
        match kind {
            1 => rule.table = text(value),
            2 => rule.chain = text(value),
            3 => rule.handle = number(value)?,
            4 => {
                rule.expressions = attributes(value)
                    .filter_map(|(_, it)| expression(it))
                    .collect()
            }
            7 => rule.comment = comment(value),
            _ => {}
        }
    }
    let counter = rule.expressions.iter().find(|(name, _)| name == "counter");
    rule.counted = counter.map(|(_, data)| counted(data));
    Some(rule)
}

fn expression(element: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut name = None;
    let mut data = Vec::new();
    for (kind, value) in attributes(element) {
        match kind {
            1 => name = Some(text(value)),
            2 => data = value.to_vec(),
            _ => {}
        }
    }
    Some((name?, data))
}

fn counted(data: &[u8]) -> Counted {
    let find = |wanted| attributes(data).find(|(kind, _)| *kind == wanted);
    let value = |wanted| find(wanted).and_then(|(_, value)| number(value));
    Counted {
        bytes: value(1).unwrap_or_default(),
        packets: value(2).unwrap_or_default(),
    }
}

fn comment(user_data: &[u8]) -> Option<String> {
    let [0, length, rest @ ..] = user_data else {
        return None;
    };
    rest.get(..usize::from(*length)).map(text)
}

fn number(value: &[u8]) -> Option<u64> {
    value.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

pub(super) fn text(value: &[u8]) -> String {
    let value = value.strip_suffix(&[0]).unwrap_or(value);
    String::from_utf8_lossy(value).into_owned()
}
