//! System calls and netlink: the only unsafe code, and the only place that names rtnetlink, nix, socket2, libc and ctor.
//!
//! Each function is one verb. Nothing here knows plans, networks or tests.

/// A descriptor of a namespace.
pub(crate) type Descriptor = std::os::fd::OwnedFd;

pub(crate) mod arrivals;
pub(crate) mod bootstrap;
mod capabilities;
pub(crate) mod conntrack;
#[cfg(feature = "dns")]
pub(crate) mod datagram;
pub(crate) mod facts;
pub(crate) mod family;
pub(crate) mod features;
pub(crate) mod identity;
pub(crate) mod lend;
pub(crate) mod limits;
pub(crate) mod link_socket;
pub(crate) mod mounts;
pub(crate) mod netlink;
pub(crate) mod netns;
pub(crate) mod nft;
pub(crate) mod offload;
pub(crate) mod packet;
pub(crate) mod passed;
mod plain;
pub(crate) mod process;
mod quota;
pub(crate) mod ready;
pub(crate) mod reset;
pub(crate) mod ring;
pub(crate) mod silence;
pub(crate) mod socket;
pub(crate) mod socket_tables;
pub(crate) mod sysctl;
pub(crate) mod tc;
pub(crate) mod udp;
pub(crate) mod userns;
