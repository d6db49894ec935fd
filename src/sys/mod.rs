//! System calls and netlink: the only unsafe code, and the only place that names rtnetlink, nix, socket2, libc and ctor.
//!
//! Each function is one verb. Nothing here knows plans, networks or tests.

pub(crate) mod netlink;
pub(crate) mod packet;
mod socket;
