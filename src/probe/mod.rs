//! Questions put to a network from inside one of its namespaces: does it answer, who answers, how fast?

mod answer;
mod ping;
mod report;

pub use answer::{PingAnswer, PingRedirect};
pub use ping::Ping;
pub use report::PingReport;
