//! How large a packet may be to arrive in one piece.

mod report;
mod run;

pub use report::PathMtu;
pub(crate) use run::run as path_mtu;
