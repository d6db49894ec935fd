//! What messages about qdiscs and filters consist of, and how they are answered.
//!
//! See [rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html) and `linux/rtnetlink.h`.

use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Answer, Draft, RawSocket, attributes};

pub(super) const RTM_NEWQDISC: u16 = 36;
pub(super) const RTM_DELQDISC: u16 = 37;
pub(super) const RTM_GETQDISC: u16 = 38;
pub(super) const RTM_NEWTFILTER: u16 = 44;

const NLM_F_REPLACE: u16 = 0x100;
const NLM_F_CREATE: u16 = 0x400;
/// What is there is changed and keeps its packets, if its handle is the same.
pub(super) const CREATE_OR_CHANGE: u16 = NLM_F_CREATE | NLM_F_REPLACE;

pub(super) const TCA_KIND: u16 = 1;
pub(super) const TCA_OPTIONS: u16 = 2;
const TCA_STATS2: u16 = 7;

/// The answer to who asks for one qdisc is what everybody is told; who asks hears it by this flag alone.
const NLM_F_ECHO: u16 = 8;

/// Where the first qdisc of an interface hangs.
pub(super) const ROOT: u32 = 0xFFFF_FFFF;
pub(super) const INGRESS: u32 = 0xFFFF_FFF1;
pub(super) const INGRESS_HANDLE: u32 = 0xFFFF_0000;

/// The length of `struct tcmsg`.
const HEADER: usize = 20;

/// A request about a qdisc of an interface.
pub(super) fn request(kind: u16, flags: u16, port: u32, handle: u32, parent: u32) -> Draft {
    Draft::new(kind, flags, &words(&[0, port, handle, parent, 0]))
}

pub(super) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The word of a structure that stands at this place, counted in words.
pub(super) fn word(bytes: &[u8], place: usize) -> Option<u32> {
    let at = place * 4;
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(super) fn long(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(..8)?.try_into().ok()?))
}

/// A qdisc as the kernel has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) kind: String,
    pub(super) handle: u32,
    pub(super) options: Vec<u8>,
    /// `TCA_STATS2`: attributes.
    pub(super) statistics: Vec<u8>,
}

/// The qdisc below a parent, unless it is one that the kernel put there by itself.
pub(super) fn look(
    socket: &mut RawSocket,
    port: u32,
    parent: u32,
) -> Result<Option<Found>, Refusal> {
    let asked = socket.batch(
        None,
        vec![request(RTM_GETQDISC, NLM_F_ECHO, port, 0, parent)],
        None,
    );
    match asked {
        Ok(answers) => Ok(answers.iter().find_map(found)),
        Err((_, refusal)) if is_absence(&refusal) => Ok(None),
        Err((_, refusal)) => Err(refusal),
    }
}

/// Whether there is nothing at the place that was named; kernels differ in how they say it.
pub(super) fn is_absence(refusal: &Refusal) -> bool {
    matches!(refusal.errno, libc::ENOENT | libc::EINVAL)
}

fn found(answer: &Answer) -> Option<Found> {
    if answer.kind != RTM_NEWQDISC {
        return None;
    }
    let mut found = Found {
        handle: word(answer.header(HEADER)?, 2)?,
        ..Found::default()
    };
    for (kind, value) in answer.attributes(HEADER) {
        match kind {
            TCA_KIND => {
                let text = value.strip_suffix(&[0]).unwrap_or(value);
                found.kind = String::from_utf8_lossy(text).into_owned();
            }
            TCA_OPTIONS => found.options = value.to_vec(),
            TCA_STATS2 => found.statistics = value.to_vec(),
            _ => {}
        }
    }
    (found.handle != 0).then_some(found)
}

/// The value of one attribute among others.
pub(super) fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find_map(|(found, value)| (found == kind).then_some(value))
}
