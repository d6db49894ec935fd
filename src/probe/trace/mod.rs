//! Which way packets take: one probe after the other passes one router more, until one arrives.

mod answer;
mod report;
mod run;
mod settings;

pub use answer::{Responder, TraceAnswer};
pub use report::{TraceHop, TraceReport};
pub(crate) use run::run as trace;
pub use settings::Traceroute;
