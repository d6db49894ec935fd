//! The real iproute2 as the judge of what this crate builds and sees.
//!
//! A plan prints as a script of `ip` and `sysctl` lines. Here the script runs in a scratch namespace, and what it makes there must be
//! what [`Topology::build`](netns_test::Topology::build) makes. And what a host sees must be what `ip` sees there.
//!
//! It needs `ip`, `tc`, `nft`, `sysctl`, `mount`, `unshare`, `sh`, `traceroute`, `tracepath` and `ethtool`: Debian's iproute2, nftables,
//! procps, mount, util-linux, traceroute, iputils-tracepath and ethtool.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod compare;
mod families;
mod features;
mod firewalls;
mod labs;
mod looks;
mod nat;
mod qdiscs;
mod random;
mod reader;
mod routers;
mod scratch;
mod sockets;
mod traces;
