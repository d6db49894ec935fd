//! Tables of nftables: an empty chain, a nat chain that masquerades, a rule about connections.

use super::refused;
use crate::diagnosis::Failed;
use crate::feature::Feature;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Attributes, Draft, RawSocket};

const CREATE: u16 = 0x400;
const IPV4: u8 = 2;
const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const NEW_CHAIN: u16 = SUBSYSTEM << 8 | 3;
const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;

const INPUT: u32 = 1;
const POSTROUTING: u32 = 4;

/// Adds a table with what the feature is about.
pub(super) fn add(feature: Feature) -> Result<(), Failed> {
    let table = feature.name();
    let (chain, rule) = match feature {
        Feature::Nat => (
            chain(table, "nat", POSTROUTING, 100),
            Some(rule(table, "masq", |data| data)),
        ),
        Feature::Conntrack => (
            chain(table, "filter", INPUT, 0),
            Some(rule(table, "ct", state)),
        ),
        _ => (chain(table, "filter", INPUT, 0), None),
    };
    let what = match feature {
        Feature::Nat => "nft batch (a nat chain with masquerade)",
        Feature::Conntrack => "nft batch (a rule with ct state)",
        _ => "nft batch (a table with a filter chain)",
    };
    let new_table = Draft::new(NEW_TABLE, CREATE, &header(IPV4, 0)).text(1, table);
    let inside = [Some(new_table), Some(chain), rule];
    let socket = RawSocket::open(libc::NETLINK_NETFILTER).map_err(Refusal::of);
    socket
        .and_then(|mut socket| {
            let enclose = |kind| Some(Draft::new(kind, 0, &header(0, SUBSYSTEM)));
            let inside = inside.into_iter().flatten().collect();
            match socket.batch(enclose(BATCH_BEGIN), inside, enclose(BATCH_END)) {
                Ok(_) => Ok(()),
                Err((_, refusal)) => Err(refusal),
            }
        })
        .map_err(|refusal| refused(what, refusal))
}

/// `struct nfgenmsg`: family, version, and for what encloses a batch whose it is.
fn header(family: u8, whose: u16) -> [u8; 4] {
    let [high, low] = whose.to_be_bytes();
    [family, 0, high, low]
}

fn chain(table: &str, kind: &str, hook: u32, priority: u32) -> Draft {
    const NAME: u16 = 3;
    const HOOK: u16 = 4;
    const TYPE: u16 = 7;
    Draft::new(NEW_CHAIN, CREATE, &header(IPV4, 0))
        .text(1, table)
        .text(NAME, "chain")
        .nest(HOOK, |it| {
            it.with(1, &hook.to_be_bytes())
                .with(2, &priority.to_be_bytes())
        })
        .text(TYPE, kind)
}

/// A rule of one expression.
fn rule(table: &str, expression: &str, data: impl FnOnce(Attributes) -> Attributes) -> Draft {
    const CHAIN: u16 = 2;
    const EXPRESSIONS: u16 = 4;
    const APPEND: u16 = 0x800;
    Draft::new(NEW_RULE, CREATE | APPEND, &header(IPV4, 0))
        .text(1, table)
        .text(CHAIN, "chain")
        .nest(EXPRESSIONS, |list| {
            list.nest(1, |it| it.text(1, expression).nest(2, data))
        })
}

/// The state of a connection, into the first register.
fn state(data: Attributes) -> Attributes {
    const REGISTER: u32 = 8;
    const STATE: u32 = 0;
    data.with(1, &REGISTER.to_be_bytes())
        .with(2, &STATE.to_be_bytes())
}
