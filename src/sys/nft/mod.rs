//! Rule sets of nftables in the kernel: changed in atomic batches, read back, compared.
//!
//! Everything here is about the calling thread's network namespace.
//!
//! See [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html), `linux/netfilter/nf_tables.h`.

mod asked;
mod chains;
mod compare;
mod expression;
pub(super) mod ingress;
mod listing;
mod message;
mod registers;
mod told;
mod trace;

pub(crate) use asked::{Action, Change, Counted, Dropped, Listed, ListedChain, Told};
pub(crate) use told::told;
pub(crate) use trace::Trace;

use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Kind};
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Draft, RawSocket};

const MORE_ROOM: &str = "have fewer rules, or allow users larger messages, as the machine's root: `sysctl -w net.core.wmem_max=16777216 net.core.rmem_max=16777216`";

/// Makes the changes, all of them or none, reads back what was added and compares. Returns the handles of added rules.
///
/// `what` completes "failed to ...".
pub(crate) fn commit(what: &str, changes: &[Change<'_>]) -> Result<Vec<u64>, Failure> {
    // What another thread changes before this one has compared would be a difference.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut socket = open().map_err(|refusal| Failure::new(what, "a socket", refusal))?;
    let mut messages: Vec<(String, Draft)> = Vec::new();
    for change in changes {
        messages.extend(message::of(change));
    }
    let (names, drafts): (Vec<String>, Vec<Draft>) = messages.into_iter().unzip();
    let answers = socket
        .batch(Some(message::begin()), drafts, Some(message::end()))
        .map_err(|(position, refusal)| match refusal.errno {
            libc::EMSGSIZE => Failure::new(what, "the batch", refusal),
            _ => Failure::new(what, &names[position], refusal),
        })?;
    let handles: Vec<u64> = answers.iter().filter_map(listing::handle).collect();
    compare::with_kernel(&mut socket, what, changes, &handles)?;
    Ok(handles)
}

/// All rules of all tables, in the kernel's order.
pub(crate) fn rules() -> Result<Vec<Listed>, Failure> {
    let what = "list the rules";
    let mut socket = open().map_err(|refusal| Failure::new(what, "a socket", refusal))?;
    listing::rules(&mut socket, None).map_err(|refusal| Failure::new(what, "a dump", refusal))
}

/// All chains of all tables.
pub(crate) fn chains() -> Result<Vec<ListedChain>, Failure> {
    let what = "list the chains";
    let mut socket = open().map_err(|refusal| Failure::new(what, "a socket", refusal))?;
    chains::chains(&mut socket).map_err(|refusal| Failure::new(what, "a dump", refusal))
}

fn open() -> Result<RawSocket, Refusal> {
    RawSocket::open(libc::NETLINK_NETFILTER).map_err(Refusal::of)
}

/// A rule set that the kernel did not take, or took otherwise.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What completes "failed to ...".
    what: String,
    pub(crate) cause: Cause,
}

#[derive(Debug)]
pub(crate) enum Cause {
    Refused(Refusal),
    /// The kernel said yes, and has something else.
    Differs(String),
}

impl Failure {
    fn new(what: &str, part: &str, refusal: Refusal) -> Self {
        Self {
            what: format!("{what}, at {part}"),
            cause: Cause::Refused(refusal),
        }
    }

    fn differs(what: &str, part: String) -> Self {
        Self {
            what: what.to_owned(),
            cause: Cause::Differs(part),
        }
    }

    /// As an error about this one step.
    pub(crate) fn into_error(self) -> Error {
        let Self { what, cause } = self;
        match cause {
            Cause::Refused(refusal) if refusal.errno == libc::EMSGSIZE => {
                refusal.during(&what).help(MORE_ROOM)
            }
            Cause::Refused(refusal) => refusal.during(&what),
            Cause::Differs(part) => {
                let cause = format!("the kernel has something else than what was sent: {part}");
                Error::new(Kind::Kernel, what, cause)
            }
        }
    }
}
