//! Netlink: a blocking transport, rtnetlink's messages for it, and what its listings say.

mod answer;
pub(crate) mod look;
mod transport;
mod verbs;

pub(crate) use transport::{Changes, Request, Transport};
pub(crate) use verbs::*;
