//! Says where packets end: by the nodes' own routes, neighbours, filters and counters.
//!
//! `walk` follows a packet through facts, `judge` weighs the way there, the way back and what became of a real packet; both know
//! nothing of kernels. `live` gathers the facts, `trial` sends the packets.

mod bad_cable;
mod explanation;
mod facts;
mod judge;
mod live;
mod segment;
#[cfg(test)]
mod tests;
mod text;
mod trial;
mod walk;

use std::net::IpAddr;
use std::sync::Arc;

pub use explanation::{Blame, Culprit, Explanation};
pub(crate) use judge::{Load, Question};

use crate::live::Parts;

/// Answers a question for each target address.
pub(crate) fn explain(
    parts: &Arc<Parts>,
    names: (&str, &str),
    questions: &[Question],
) -> Explanation {
    let live = live::Live::new(parts);
    let attempts = questions.iter().map(|question| {
        let mut try_out = |nodes: &[usize], source: Option<IpAddr>| {
            trial::try_out(&live, question, nodes, source)
        };
        judge::judge(&live, question, &mut try_out)
    });
    Explanation {
        from: names.0.to_owned(),
        to: names.1.to_owned(),
        attempts: attempts.collect(),
    }
}
