//! Integration tests for networked code, each in its own throwaway network of real kernel parts.

#![cfg_attr(
    any(not(target_os = "linux"), netns_test_elsewhere),
    allow(
        dead_code,
        unreachable_code,
        unused_variables,
        reason = "without the kernel's part most of the rest has no caller"
    )
)]

extern crate self as netns_test;

// A module imports only from those above its row: `tests/tidy.rs` holds the table.
mod errno;
mod error;
// --- values: what was asked, and what follows from it; testable on any machine ---
mod address;
mod view;
mod wire;

mod topology;

mod plan;

mod diagnosis;
mod settings;
// --- effects: the kernel ---
#[cfg_attr(
    any(not(target_os = "linux"), netns_test_elsewhere),
    path = "sys/elsewhere.rs"
)]
mod sys;

mod console;
mod entry;
mod probe;
mod runtime;
mod wait;
// --- a live network ---
mod live;

mod here;
mod worker;

mod settle;

mod apply;

mod host;

mod link;

mod network;

mod current;
mod reach;
mod report;

mod doctor;
mod keep;
// --- a test ---
mod harness;

pub use address::{Cidr, Family, Mac, ParseAddressError};
pub use diagnosis::{Check, CheckResult, DoctorReport};

pub use current::{Current, current};
pub use doctor::doctor;
pub use error::{Error, Result, TestError, TestResult};
pub use host::Host;
pub use link::Link;
#[doc = include_str!("netns_test.md")]
pub use netns_test_macros::netns_test;
/// [`netns_test`](macro@netns_test) under the name that rstest, test-case and their like recognise.
pub use netns_test_macros::test;
pub use network::{Network, run};
pub use plan::Plan;
pub use probe::{Ping, PingAnswer, PingRedirect, PingReport, Reachability, ReachabilityMatrix};
pub use topology::{
    Addresses, BridgeSpec, HostSpec, InterfaceSpec, LinkEnd, Mistake, RouteSpec, Topology,
};
pub use view::{
    AddressFlags, AddressOrigin, Bridge, BridgePort, Counters, Hardware, Interface,
    InterfaceAddress, InterfaceFlags, LinkMode, Master, Neighbour, NeighbourState, NextHop,
    OperState, Peer, PortState, Route, RouteKind, RouteOrigin, RoutePreference, RouteTable, Scope,
};
pub use wire::UnreachableReason;

/// What the attribute expands to. Not for people: it changes with every release.
#[doc(hidden)]
#[allow(missing_docs, reason = "not public API")]
pub mod __private {
    pub use crate::harness::{Case, Ending, Outcome, ShouldPanic, outcome, run};
    pub use crate::runtime::{Flavor, block_on};
}
