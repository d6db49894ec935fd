//! Integration tests for networked code, each in its own throwaway network of real kernel parts.

mod error;
// --- values: what was asked, and what follows from it ---
mod address;
mod plan;
mod topology;
// --- effects: the kernel ---
mod sys;

pub use address::{Cidr, Mac, ParseAddressError};
pub use error::{Error, Result, TestError, TestResult};
pub use plan::Plan;
pub use topology::{
    Addresses, BridgeSpec, HostSpec, InterfaceSpec, LinkEnd, Mistake, RouteSpec, Topology,
};
