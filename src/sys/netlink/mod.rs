//! Netlink: a blocking transport, and rtnetlink's messages for it.

mod transport;
mod verbs;

pub(crate) use transport::{Request, Transport};
pub(crate) use verbs::*;
