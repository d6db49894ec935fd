//! Netlink: a blocking transport, rtnetlink's messages for it, and what its listings say.

pub(crate) mod look;
mod transport;

pub(crate) use transport::{Request, Transport};
