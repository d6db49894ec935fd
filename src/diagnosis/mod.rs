//! Why this machine refuses to give a test its network: from gathered facts to a verdict with a remedy.
//!
//! Everything here is a pure function of values, so that every wall that people run into is a test on any machine. `sys::facts`
//! gathers the facts; whoever entered, or tried to, names the step and the error number.
//!
//! ```text
//! Facts --reading, Surroundings--> judge: Wall --text, remedy--> Verdict
//! ```
//!
//! No single fact predicts success, so nothing is judged before a step has failed.

mod check;
mod doctor;
mod evidence;
mod facts;
mod json;
mod judge;
mod kernel;
mod lack;
mod limits;
mod modules;
mod reading;
mod remedy;
mod sentences;
mod step;
mod surroundings;
mod text;
mod verdict;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod noise;

pub use check::{Check, CheckResult};
pub use doctor::DoctorReport;
pub(crate) use facts::Facts;
#[cfg(all(target_os = "linux", not(netns_test_elsewhere)))]
pub(crate) use facts::Limits;
pub(crate) use kernel::kernel;
pub(crate) use lack::{Failed, Ground, error as lack_error, lack_remedy};
pub(crate) use limits::headroom;
pub(crate) use step::{Namespace, Step};
pub(crate) use verdict::diagnose;
#[cfg(test)]
pub(crate) use verdict::{Verdict, Wall};
