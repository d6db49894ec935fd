//! Tables of nftables: an empty chain, a nat chain that masquerades, a rule about connections.

use super::refused;
use crate::diagnosis::Failed;
use crate::feature::Feature;
use crate::nft::{
    Chain, Flags, Kind, Layer, Point, Ports, Rule, Selector, Statement, States, Table, Value,
};
use crate::sys::nft::{self, Cause, Change};

/// Adds a table with what the feature is about.
pub(super) fn add(feature: Feature) -> Result<(), Failed> {
    let filter = || Chain::at("chain", Kind::Filter, Point::Input, 0);
    let (what, chain) = match feature {
        Feature::Nat => {
            let masquerade = Statement::Masquerade(Ports::Keep, Flags::default());
            let chain = Chain::at("chain", Kind::Nat, Point::Postrouting, 100);
            let what = "nft batch (a nat chain with masquerade)";
            (what, chain.rule(Rule::new([masquerade])))
        }
        Feature::Conntrack => {
            let is_new = Statement::Is(Selector::State, Value::States(States::NEW));
            let what = "nft batch (a rule with ct state)";
            (what, filter().rule(Rule::new([is_new])))
        }
        _ => ("nft batch (a table with a filter chain)", filter()),
    };
    let mut table = Table::new(Layer::Ipv4, feature.name());
    table.chains.push(chain);
    match nft::commit(what, &[Change::Install(&table)]) {
        Ok(_) => Ok(()),
        Err(failure) => Err(match failure.cause {
            Cause::Refused(refusal) => refused(what, refusal),
            Cause::Differs(part) => Failed {
                text: format!("{what}: the kernel has something else than {part}"),
                is_lack: false,
                remedy: None,
            },
        }),
    }
}
