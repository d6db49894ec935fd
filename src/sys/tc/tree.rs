//! The qdiscs of one port: what is put there, and whether it is there.
//!
//! ```text
//! netem 1: --> tbf 2: --> bfifo 3: or pfifo 4:    what leaves, once its rate was limited
//! netem 1:                                         before
//!              tbf 2: --> bfifo 3: or pfifo 4:    by a kernel without netem, which can limit rates all the same
//! ```
//!
//! What stands there is changed and never removed, so that nothing is lost that is under way: a kernel that puts another qdisc
//! first on an interface drops what is sent meanwhile. Without trouble netem delays by nothing, and tbf is faster than any link. Only a
//! queue that was counted in packets and is to be counted in bytes, or the other way, is another one, without what waited.

use super::lack::{self, failure};
use super::message::{
    CREATE_OR_CHANGE, ROOT, RTM_DELQDISC, RTM_NEWQDISC, TCA_KIND, TCA_OPTIONS, is_absence, look,
    request,
};
use super::netem::Netem;
use super::tbf::{Fifo, Shaper};
use crate::error::{Error, Kind, Result};
use crate::feature::Feature;
use crate::impairment::Impairment;
use crate::sys::netlink::raw::{Draft, RawSocket};

const NETEM: u32 = 0x1_0000;
const TBF: u32 = 0x2_0000;
const BYTES: u32 = 0x3_0000;
const PACKETS: u32 = 0x4_0000;
/// The class below a qdisc that has one.
const FIRST: u32 = 1;

/// Where tbf hangs, unless it is alone.
pub(super) const BELOW_NETEM: u32 = NETEM | FIRST;

/// What a port has, as far as it is ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Present {
    netem: bool,
    tbf: bool,
    /// tbf's queue is counted in packets.
    in_packets: bool,
}

/// What a port is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tree {
    netem: Option<Netem>,
    shaper: Option<Shaper>,
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

impl Present {
    pub(super) fn look(socket: &mut RawSocket, port: u32) -> Result<Self> {
        let mut at = |parent| {
            let found = look(socket, port, parent).map_err(|it| it.during("look at qdiscs"))?;
            Ok::<_, Error>(found.map(|it| it.handle))
        };
        let root = at(ROOT)?;
        let netem = root == Some(NETEM);
        let first = if netem { at(BELOW_NETEM)? } else { root };
        let tbf = first == Some(TBF);
        Ok(Self {
            netem,
            tbf,
            in_packets: tbf && at(TBF | FIRST)? == Some(PACKETS),
        })
    }

    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl Tree {
    /// What a port is to have for an impairment, given what it has and how long frames may be.
    pub(super) fn of(what: &Impairment, present: Present, longest: u32, seed: u64) -> Self {
        let open = || present.tbf.then(|| Shaper::open(present.in_packets));
        Self {
            netem: Some(Netem::of(what, seed)),
            shaper: Shaper::of(what, longest).or_else(open),
        }
    }

    /// Puts the qdiscs there, or changes those that are there.
    ///
    /// A rate alone needs no netem, and takes it only so that a delay can come later without another first qdisc.
    pub(super) fn put(
        &mut self,
        socket: &mut RawSocket,
        port: u32,
        needs_netem: bool,
    ) -> Result<()> {
        let add = |feature: Feature| format!("RTM_NEWQDISC ({feature})");
        if let Some(netem) = &self.netem {
            let put = match is_there(socket, port, netem) {
                true => Ok(()),
                false => socket.ask(add_netem(port, netem)),
            };
            match put {
                Err(refusal) if !needs_netem && lack::is_lack(&refusal) => self.netem = None,
                Err(refusal) => {
                    return Err(failure(Feature::Netem, &add(Feature::Netem), refusal));
                }
                Ok(()) => {}
            }
        }
        let Some(shaper) = &self.shaper else {
            return Ok(());
        };
        let result = socket.ask(add_tbf(port, self.above_tbf(), shaper));
        result.map_err(|it| failure(Feature::Tbf, &add(Feature::Tbf), it))?;
        let result = socket.ask(add_fifo(port, shaper.queue));
        result.map_err(|it| it.during(&format!("add qdisc `{}`", shaper.queue.kind())))
    }

    fn above_tbf(&self) -> u32 {
        match self.netem {
            Some(_) => BELOW_NETEM,
            None => ROOT,
        }
    }

    /// Compares what the kernel has with what it was sent, field by field. Whether it keeps the seed, if there is any chance in it.
    pub(super) fn compare(&self, socket: &mut RawSocket, port: u32) -> Result<bool> {
        let mut keeps = true;
        if let Some(netem) = &self.netem {
            let options = options(socket, port, ROOT, "netem")?;
            let found = Netem::read(&options);
            let found = found.ok_or_else(|| differs("netem", "options that cannot be read"))?;
            same("netem", &netem.differences(&found))?;
            keeps = netem.seed == found.seed;
        }
        if let Some(shaper) = &self.shaper {
            let tbf = options(socket, port, self.above_tbf(), "tbf")?;
            same("tbf", &shaper.differences(&tbf))?;
            let kind = shaper.queue.kind();
            let fifo = options(socket, port, TBF | FIRST, kind)?;
            same(kind, &shaper.queue.differences(&fifo))?;
        }
        Ok(keeps)
    }
}

/// Whether a port has this netem already: to say the same again would begin its chance again where only the rate changes.
fn is_there(socket: &mut RawSocket, port: u32, netem: &Netem) -> bool {
    let found = look(socket, port, ROOT).ok().flatten();
    let found = found.filter(|it| it.kind == "netem");
    let found = found.and_then(|it| Netem::read(&it.options));
    found.is_some_and(|it| {
        netem.differences(&it).is_empty() && (it.seed.is_none() || it.seed == netem.seed)
    })
}

/// Removes everything, with what is under way.
pub(super) fn clear(socket: &mut RawSocket, port: u32) -> Result<()> {
    match socket.ask(request(RTM_DELQDISC, 0, port, 0, ROOT)) {
        Err(refusal) if !is_absence(&refusal) => Err(refusal.during("remove qdiscs")),
        _ => Ok(()),
    }
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
