//! Netlink: a blocking transport, rtnetlink's messages for it, and what its listings say.

mod answer;
mod asked;
pub(crate) mod look;
mod parameters;
pub(crate) mod raw;
mod rules;
mod searches;
mod transport;
mod verbs;

pub(crate) use answer::Refusal;
pub(crate) use asked::{
    BridgeVerb, HopVerb, Lookup, RouteVerb, RouteVerbKind, RuleVerb, VethVerb, Way,
};
pub(crate) use parameters::*;
pub(crate) use rules::*;
pub(crate) use searches::search_again;
pub(crate) use transport::{Changes, Request, Transport};
pub(crate) use verbs::*;
