//! Rule sets of nftables, given to nodes, and what it means if the kernel does not take one.

use crate::diagnosis::{self, Step};
use crate::entry;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::live::{self, LiveNode};
use crate::nft::{Kind, Selector, Statement, Table};
use crate::sys::nft::{self, Change, Failure};
use crate::sys::{features, netns};
use crate::worker;

/// Gives a node its rules, in one batch. Moves the calling thread.
pub(super) fn install(node: &str, tables: &[Table], live: &LiveNode) -> Result<()> {
    if tables.is_empty() {
        return Ok(());
    }
    live.enter()?;
    let changes: Vec<Change<'_>> = tables.iter().map(Change::Install).collect();
    let what = format!("give node `{node}` its rules");
    nft::commit(&what, &changes)
        .map(drop)
        .map_err(|failure| refusal(failure, tables))
}

/// The kernel's words for a table that is wrong are those for a part that it lacks: whether it does, a trial tells.
pub(crate) fn refusal(failure: Failure, tables: &[Table]) -> Error {
    let chains = || tables.iter().flat_map(|table| &table.chains);
    let mut kinds = chains().filter_map(|chain| Some(chain.hook?.kind));
    let mut steps = chains().flat_map(|chain| chain.rules.iter().flat_map(|it| &it.statements));
    let translates = kinds.any(|kind| kind == Kind::Nat);
    let follows =
        |it: &Statement| matches!(it, Statement::Is(Selector::State | Selector::Status, _));
    let needed = if translates {
        &[Feature::Nftables, Feature::Conntrack, Feature::Nat][..]
    } else if steps.any(follows) {
        &[Feature::Nftables, Feature::Conntrack][..]
    } else {
        &[Feature::Nftables][..]
    };
    lack_of(needed).unwrap_or_else(|| failure.into_error())
}

/// The error of a machine that lacks the first of these features that it lacks.
fn lack_of(needed: &[Feature]) -> Option<Error> {
    let tried = worker::on_a_thread_of_its_own("netns trial", || {
        live::namespace(Step::NetworkNamespace, netns::unshare).ok()?;
        needed.iter().find_map(|feature| {
            let failed = features::try_out(*feature)?.err()?;
            failed.is_lack.then_some((*feature, failed))
        })
    });
    Some(diagnosis::lack_error(&[tried?], &entry::ground()))
}
