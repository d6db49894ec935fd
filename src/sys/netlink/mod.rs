//! Netlink: a blocking transport, rtnetlink's messages for it, and what its listings say.

mod answer;
mod asked;
pub(crate) mod look;
mod parameters;
mod transport;
mod verbs;

pub(crate) use asked::{BridgeVerb, RouteVerb, RouteVerbKind, VethVerb};
pub(crate) use parameters::*;
pub(crate) use transport::{Changes, Request, Transport};
pub(crate) use verbs::*;
