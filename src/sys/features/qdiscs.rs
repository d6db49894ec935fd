//! Queueing disciplines on `lo`, one after the other.

use super::refused;
use crate::diagnosis::Failed;
use crate::feature::Feature;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Attributes, Draft, RawSocket};
use crate::sys::tc;

const RTM_NEWQDISC: u16 = 36;
const CREATE_OR_REPLACE: u16 = 0x500;
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;

const ROOT: u32 = 0xFFFF_FFFF;
const INGRESS: u32 = 0xFFFF_FFF1;
const INGRESS_HANDLE: u32 = 0xFFFF_0000;

/// Adds the feature's qdisc.
pub(super) fn add(feature: Feature) -> Result<(), Failed> {
    let (handle, parent) = match feature {
        Feature::Ingress => (INGRESS_HANDLE, INGRESS),
        _ => (0, ROOT),
    };
    let lo = 1_u32;
    let header = words(&[0, lo, handle, parent, 0]);
    let draft = Draft::new(RTM_NEWQDISC, CREATE_OR_REPLACE, &header).text(TCA_KIND, feature.name());
    let draft = match feature {
        Feature::Netem => draft.with(TCA_OPTIONS, &netem()),
        Feature::Tbf => draft.nest(TCA_OPTIONS, tbf),
        Feature::Htb => draft.nest(TCA_OPTIONS, htb),
        _ => draft,
    };
    let socket = RawSocket::open(libc::NETLINK_ROUTE).map_err(Refusal::of);
    socket
        .and_then(|mut socket| socket.ask(draft))
        .map_err(|refusal| refused(format!("RTM_NEWQDISC ({feature})"), refusal))
}

/// Has what arrives at `lo` leave by it again, which nothing does here.
pub(super) fn mirred() -> Result<(), Failed> {
    add(Feature::Ingress)?;
    let lo = 1;
    let socket = RawSocket::open(libc::NETLINK_ROUTE).map_err(Refusal::of);
    socket
        .and_then(|mut socket| tc::redirect_all(&mut socket, lo, lo))
        .map_err(|refusal| refused("RTM_NEWTFILTER (mirred)", refusal))
}

/// `struct tc_netem_qopt`: latency, limit, loss, gap, duplicate, jitter.
fn netem() -> Vec<u8> {
    words(&[0, 1000, 0, 0, 0, 0])
}

/// `struct tc_tbf_qopt`, and the burst in bytes: more than one packet of `lo`, or the kernel's log complains.
fn tbf(options: Attributes) -> Attributes {
    const TCA_TBF_PARMS: u16 = 1;
    const TCA_TBF_BURST: u16 = 6;
    const ETHERNET: u8 = 1;
    const BYTES: u32 = 1_000_000;
    let rate = [&[0, ETHERNET, 0, 0, 0, 0, 0, 0], &BYTES.to_ne_bytes()[..]].concat();
    let rest = words(&[0, 0, 0, BYTES, BYTES, 0]);
    options
        .with(TCA_TBF_PARMS, &[rate, rest].concat())
        .with(TCA_TBF_BURST, &BYTES.to_ne_bytes())
}

/// `struct tc_htb_glob`: version, rate to quantum, default class.
fn htb(options: Attributes) -> Attributes {
    const TCA_HTB_INIT: u16 = 2;
    options.with(TCA_HTB_INIT, &words(&[3, 10, 0, 0, 0]))
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}
