//! Integration tests for networked code, each in its own throwaway network of real kernel parts.

mod error;
// --- values: what was asked, and what follows from it ---
mod address;
mod wire;
// --- effects: the kernel ---
mod sys;
// --- what happens inside a namespace ---
mod probe;

pub use address::{Cidr, Mac, ParseAddressError};
pub use error::{Error, Result, TestError, TestResult};
pub use probe::{
    Family, Ping, PingAnswer, PingRedirect, PingReport, Reachability, ReachabilityMatrix,
};
pub use wire::UnreachableReason;
