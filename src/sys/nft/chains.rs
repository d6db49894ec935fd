//! The chains of all tables: where packets enter them, and what becomes of those that no rule decided about.

use super::message::{self, GET_CHAIN, HEADER};
use super::{ListedChain, listing};
use crate::nft::Point;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Answer, Draft, RawSocket, attributes};

pub(super) fn chains(socket: &mut RawSocket) -> Result<Vec<ListedChain>, Refusal> {
    let answers = socket.dump(Draft::new(GET_CHAIN, listing::DUMP, &[0; HEADER]))?;
    Ok(answers.iter().filter_map(chain).collect())
}

fn chain(answer: &Answer) -> Option<ListedChain> {
    let mut chain = ListedChain {
        layer: message::layer(answer.family())?,
        table: String::new(),
        name: String::new(),
        point: None,
        drops: false,
    };
    for (kind, value) in answer.attributes(HEADER) {
        match kind {
            1 => chain.table = listing::text(value),
            3 => chain.name = listing::text(value),
            4 => {
                let number = attributes(value).find(|(kind, _)| *kind == 1);
                chain.point = number.and_then(|(_, value)| point(value));
            }
            5 => chain.drops = value.iter().all(|byte| *byte == 0),
            _ => {}
        }
    }
    Some(chain)
}

fn point(number: &[u8]) -> Option<Point> {
    match number {
        [0, 0, 0, 0] => Some(Point::Prerouting),
        [0, 0, 0, 1] => Some(Point::Input),
        [0, 0, 0, 2] => Some(Point::Forward),
        [0, 0, 0, 3] => Some(Point::Output),
        [0, 0, 0, 4] => Some(Point::Postrouting),
        _ => None,
    }
}
