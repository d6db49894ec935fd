//! Netlink: a blocking transport, and rtnetlink's messages for it.

mod transport;

pub(crate) use transport::{Request, Transport};
