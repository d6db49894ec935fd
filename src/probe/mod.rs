//! Questions put to a network from inside one of its namespaces: does it answer, who answers, how fast?

mod answer;
mod echo;
mod later;
mod matrix;
mod mtu;
mod pace;
mod ping;
mod report;
mod sweep;
mod table;
mod trace;

pub use answer::{PingAnswer, PingRedirect};
pub(crate) use echo::run as ping;
pub(crate) use later::Later;
pub use matrix::{Reachability, ReachabilityMatrix};
pub use mtu::PathMtu;
pub(crate) use mtu::path_mtu;
pub use ping::Ping;
pub use report::PingReport;
pub(crate) use sweep::sweep;
pub(crate) use trace::trace;
pub use trace::{Responder, TraceAnswer, TraceHop, TraceReport, Traceroute};
