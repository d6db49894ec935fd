//! Integration tests for networked code, each in its own throwaway network of real kernel parts.

extern crate self as netns_test;

mod errno;
mod error;
// --- values: what was asked, and what follows from it; testable on any machine ---
mod address;
mod plan;
mod settings;
mod topology;
mod view;
mod wire;
// --- effects: the kernel ---
mod diagnosis;
mod sys;
mod wait;
// --- a live network ---
mod apply;
mod entry;
mod here;
mod host;
mod keep;
mod link;
mod live;
mod network;
mod probe;
mod reach;
mod report;
mod settle;
mod worker;
// --- a test ---
mod doctor;
mod harness;
mod runtime;

pub use address::{Cidr, Mac, ParseAddressError};
pub use diagnosis::{Check, CheckResult, DoctorReport};

pub use doctor::doctor;
pub use error::{Error, Result, TestError, TestResult};
pub use here::{Current, current};
pub use host::Host;
pub use link::Link;
#[doc = include_str!("netns_test.md")]
pub use netns_test_macros::netns_test;
/// [`netns_test`](macro@netns_test) under the name that rstest, test-case and their like recognise.
pub use netns_test_macros::test;
pub use network::{Network, run};
pub use plan::Plan;
pub use probe::{
    Family, Ping, PingAnswer, PingRedirect, PingReport, Reachability, ReachabilityMatrix,
};
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
