//! Two ports of a namespace joined: what comes in by one leaves by the other.
//!
//! A filter of every packet, ARP and neighbour discovery included, stands where packets come in, and takes them away before the
//! namespace's own stack sees them. See [tc-mirred(8)](https://man7.org/linux/man-pages/man8/tc-mirred.8.html).

use super::message::{
    CREATE_OR_CHANGE, INGRESS, INGRESS_HANDLE, RTM_DELQDISC, RTM_NEWQDISC, RTM_NEWTFILTER,
    TCA_KIND, TCA_OPTIONS, is_absence, request, words,
};
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Attributes, Draft, RawSocket};

/// The first and only filter, for packets of all protocols: priority and `ETH_P_ALL` as networks write it.
const FIRST_OF_ALL: u32 = 1 << 16 | 0x0003_u16.to_be() as u32;

const TCA_ACT_KIND: u16 = 1;
const TCA_ACT_OPTIONS: u16 = 2;
const TCA_MIRRED_PARMS: u16 = 2;
const TC_ACT_STOLEN: u32 = 4;
const TCA_EGRESS_REDIR: u32 = 1;

/// The kinds of filters that can match everything. Each is missing from some kernel that has the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    Matchall,
    U32,
}

impl Matcher {
    fn name(self) -> &'static str {
        match self {
            Self::Matchall => "matchall",
            Self::U32 => "u32",
        }
    }

    fn options(self, options: Attributes, to: u32) -> Attributes {
        const TCA_MATCHALL_ACT: u16 = 2;
        const TCA_U32_SEL: u16 = 5;
        const TCA_U32_ACT: u16 = 7;
        /// `struct tc_u32_sel` without a key: the match ends here.
        const EVERYTHING: [u8; 16] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        match self {
            Self::Matchall => options.nest(TCA_MATCHALL_ACT, |actions| redirect(actions, to)),
            Self::U32 => options
                .with(TCA_U32_SEL, &EVERYTHING)
                .nest(TCA_U32_ACT, |actions| redirect(actions, to)),
        }
    }
}

/// The first action: send it out of that port, and be done with it.
fn redirect(actions: Attributes, to: u32) -> Attributes {
    const FIRST: u16 = 1;
    // `struct tc_mirred`: index, capabilities, action, two counters, kind, interface.
    let mirred = words(&[0, 0, TC_ACT_STOLEN, 0, 0, TCA_EGRESS_REDIR, to]);
    actions.nest(FIRST, |action| {
        action
            .text(TCA_ACT_KIND, "mirred")
            .nest(TCA_ACT_OPTIONS, |options| {
                options.with(TCA_MIRRED_PARMS, &mirred)
            })
    })
}

/// Where filters of what comes in stand.
pub(super) fn ingress(port: u32) -> Draft {
    request(
        RTM_NEWQDISC,
        CREATE_OR_CHANGE,
        port,
        INGRESS_HANDLE,
        INGRESS,
    )
    .text(TCA_KIND, "ingress")
}

/// What comes in by one port leaves by another.
pub(super) fn filter(matcher: Matcher, from: u32, to: u32) -> Draft {
    let header = words(&[0, from, 0, INGRESS_HANDLE, FIRST_OF_ALL]);
    Draft::new(RTM_NEWTFILTER, CREATE_OR_CHANGE, &header)
        .text(TCA_KIND, matcher.name())
        .nest(TCA_OPTIONS, |options| matcher.options(options, to))
}

/// Takes all filters of what comes in away, if there are any.
pub(super) fn leave(socket: &mut RawSocket, port: u32) -> Result<(), Refusal> {
    match socket.ask(request(RTM_DELQDISC, 0, port, INGRESS_HANDLE, INGRESS)) {
        Err(refusal) if !is_absence(&refusal) => Err(refusal),
        _ => Ok(()),
    }
}
