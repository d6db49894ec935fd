//! Integration tests for networked code, each in its own throwaway network of real kernel parts.

mod errno;
mod error;
// --- values: what was asked, and what follows from it ---
mod address;
mod diagnosis;
// --- effects: the kernel ---
mod sys;

pub use address::{Cidr, Mac, ParseAddressError};
pub use diagnosis::{Check, CheckResult, DoctorReport};
pub use error::{Error, Result, TestError, TestResult};
