//! Integration tests for networked code, each in its own throwaway network of real kernel parts.

mod error;
// --- values: what was asked, and what follows from it ---
mod address;
mod view;
// --- effects: the kernel ---
mod sys;

pub use address::{Cidr, Mac, ParseAddressError};
pub use error::{Error, Result, TestError, TestResult};
pub use view::{
    AddressFlags, AddressOrigin, Bridge, BridgePort, Counters, Hardware, Interface,
    InterfaceAddress, InterfaceFlags, LinkMode, Master, Neighbour, NeighbourState, NextHop,
    OperState, Peer, PortState, Route, RouteKind, RouteOrigin, RoutePreference, RouteTable, Scope,
};
