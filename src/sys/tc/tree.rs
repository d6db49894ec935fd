//! The qdiscs of one port: what is put there, and whether it is there.
//!
//! ```text
//! netem 1: --> tbf 2: --> bfifo or pfifo 3:        a delay and a rate
//! netem 1:                                          no rate
//!              tbf 2: --> bfifo or pfifo 3:        nothing but a rate, on a port that has no netem yet
//! ```

use super::lack::{self, failure};
use super::message::{
    CREATE_OR_CHANGE, ROOT, RTM_DELQDISC, RTM_NEWQDISC, TCA_KIND, TCA_OPTIONS, is_absence, look,
    request, word,
};
use super::netem::{self, Netem};
use super::tbf::{Fifo, Shaper};
use crate::error::{Error, Kind, Result};
use crate::feature::Feature;
use crate::sys::netlink::raw::{Draft, RawSocket};

const NETEM: u32 = 0x1_0000;
const TBF: u32 = 0x2_0000;
const BYTES: u32 = 0x3_0000;
const PACKETS: u32 = 0x4_0000;
/// The class below a qdisc that has one.
const FIRST: u32 = 1;

/// Where tbf hangs, unless it is alone.
pub(super) const BELOW_NETEM: u32 = NETEM | FIRST;

/// What a port is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) netem: Option<Netem>,
    pub(super) shaper: Option<Shaper>,
}

/// The message that puts netem first on a port.
pub(super) fn add_netem(port: u32, netem: &Netem) -> Draft {
    request(RTM_NEWQDISC, CREATE_OR_CHANGE, port, NETEM, ROOT)
        .text(TCA_KIND, "netem")
        .with(TCA_OPTIONS, &netem.options())
}

/// The message that puts tbf below a parent.
pub(super) fn add_tbf(port: u32, parent: u32, shaper: &Shaper) -> Draft {
    request(RTM_NEWQDISC, CREATE_OR_CHANGE, port, TBF, parent)
        .text(TCA_KIND, "tbf")
        .nest(TCA_OPTIONS, |options| shaper.options(options))
}

/// The message that puts the queue below tbf.
pub(super) fn add_fifo(port: u32, fifo: Fifo) -> Draft {
    // Each kind has a handle of its own: by it the kernel knows a change from another qdisc.
    let (kind, handle) = match fifo {
        Fifo::Bytes(_) => ("bfifo", BYTES),
        Fifo::Packets(_) => ("pfifo", PACKETS),
    };
    request(RTM_NEWQDISC, CREATE_OR_CHANGE, port, handle, TBF | FIRST)
        .text(TCA_KIND, kind)
        .with(TCA_OPTIONS, &fifo.limit().to_ne_bytes())
}

/// Where tbf hangs.
fn above_tbf(is_below_netem: bool) -> u32 {
    if is_below_netem { BELOW_NETEM } else { ROOT }
}

/// Whether the port has a netem of ours.
pub(super) fn has_netem(socket: &mut RawSocket, port: u32) -> Result<bool> {
    let root = look(socket, port, ROOT).map_err(|it| it.during("look at qdiscs"))?;
    Ok(root.is_some_and(|it| it.handle == NETEM))
}

/// Puts the qdiscs there, or changes those that are there; these keep their packets. A netem that comes or goes does not: what waits in
/// tbf is lost when netem is put before it, and what waits in tbf when the rate goes.
pub(super) fn put(socket: &mut RawSocket, port: u32, tree: &Tree) -> Result<()> {
    let is_below_netem = tree.netem.is_some();
    let add = |feature: Feature| format!("RTM_NEWQDISC ({feature})");
    if let Some(netem) = &tree.netem {
        let result = socket.ask(add_netem(port, netem));
        result.map_err(|it| failure(Feature::Netem, &add(Feature::Netem), it))?;
    }
    let parent = above_tbf(is_below_netem);
    match &tree.shaper {
        Some(shaper) => {
            let result = socket.ask(add_tbf(port, parent, shaper));
            result.map_err(|it| failure(Feature::Tbf, &add(Feature::Tbf), it))?;
            let result = socket.ask(add_fifo(port, shaper.queue));
            result.map_err(|it| it.during(&format!("add qdisc `{}`", shaper.queue.kind())))
        }
        None => remove(socket, port, TBF, parent),
    }
}

/// Removes a qdisc with everything below it, if it is there.
fn remove(socket: &mut RawSocket, port: u32, handle: u32, parent: u32) -> Result<()> {
    match socket.ask(request(RTM_DELQDISC, 0, port, handle, parent)) {
        Err(refusal) if !is_absence(&refusal) => Err(refusal.during("remove a qdisc")),
        _ => Ok(()),
    }
}

/// Removes everything.
pub(super) fn clear(socket: &mut RawSocket, port: u32) -> Result<()> {
    remove(socket, port, 0, ROOT)
}

/// Compares what the kernel has with what it was sent, field by field. Whether it keeps the seed, if there is any chance in it.
pub(super) fn compare(socket: &mut RawSocket, port: u32, tree: &Tree) -> Result<bool> {
    let mut keeps = true;
    if let Some(netem) = &tree.netem {
        let options = options(socket, port, ROOT, "netem")?;
        let found = Netem::read(&options);
        let found = found.ok_or_else(|| differs("netem", "its options could not be read"))?;
        same("netem", &netem.differences(&found))?;
        keeps = netem.seed == found.seed;
    }
    if let Some(shaper) = &tree.shaper {
        let parent = above_tbf(tree.netem.is_some());
        let options_of_tbf = options(socket, port, parent, "tbf")?;
        same("tbf", &shaper.differences(&options_of_tbf))?;
        let kind = shaper.queue.kind();
        let limit = word(&options(socket, port, TBF | FIRST, kind)?, 0).unwrap_or_default();
        if limit != shaper.queue.limit() {
            let text = format!("limit {limit} instead of {}", shaper.queue.limit());
            return Err(differs(kind, &text));
        }
    }
    Ok(keeps)
}

/// The options of the qdisc of a kind that should be there.
fn options(socket: &mut RawSocket, port: u32, parent: u32, kind: &str) -> Result<Vec<u8>> {
    let found = look(socket, port, parent);
    let found = found.map_err(|it| it.during(&format!("look at qdisc `{kind}`")))?;
    match found {
        Some(found) if found.kind == kind => Ok(found.options),
        Some(found) => Err(differs(kind, &format!("a `{}`", found.kind))),
        None => Err(differs(kind, "nothing")),
    }
}

fn same(kind: &str, differences: &[String]) -> Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(differs(kind, &differences.join(", ")))
}

fn differs(kind: &str, what: &str) -> Error {
    let cause = format!("the kernel made of it: {what}");
    Error::new(Kind::Kernel, format!("add qdisc `{kind}`"), cause).help(lack::WIRE)
}

/// What a port is to have for an impairment.
pub(super) fn plan(
    what: &crate::impairment::Impairment,
    longest: u32,
    has_netem: bool,
    seed: u64,
) -> Tree {
    let shaper = Shaper::of(what, longest);
    let netem = has_netem || netem::is_needed(what);
    Tree {
        netem: netem.then(|| Netem::of(what, seed)),
        shaper,
    }
}
