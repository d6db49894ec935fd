//! Ready-made topologies, each drawn in its documentation: take one, add to it, [`merge`](crate::Topology::merge) it with others.
//!
//! They are ordinary values of [`Topology`](crate::Topology): their plans print every command, and hosts, links and routes can be added.
//! Routers are called `r1`, `r2`, ..., hosts `h1`, `h2`, ..., and subnets are those that the plan allots; so are the routes.
//!
//! # Examples
//!
//! ```
//! use netns_test::topologies;
//!
//! let lab = topologies::ring(4).host("observer", |h| h.sysctl("net.ipv4.tcp_sack", 0));
//! # netns_test::run(&lab, |net| {
//! net.host("h1").ping("h3").unwrap().assert_lossless();
//! # }).unwrap();
//! ```

pub mod docker;
mod homes;
mod routed;

pub use homes::{home, office, two_homes};
pub use routed::{dumbbell, leaf_spine, ring, star, tree};
