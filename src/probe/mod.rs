//! Questions put to a network from inside one of its namespaces: does it answer, who answers, how fast?

mod answer;
mod echo;
mod ping;
mod report;

pub use answer::{PingAnswer, PingRedirect};
pub(crate) use echo::run as ping;
pub use ping::Ping;
pub use report::PingReport;
