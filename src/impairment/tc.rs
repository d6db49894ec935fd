//! The words of `tc` that say the same as an impairment, for the script that a plan prints.

use std::time::Duration;

use crate::impairment::print::percent;
use crate::impairment::{Impairment, Loss, LossModel, Room};

/// So many packets may be under way at once. Netem's own limit of 1,000 would silently cap the rate of a long link.
pub(crate) const UNDER_WAY: u32 = 1_000_000;

/// What tbf must be able to send at once: a full packet, and VLAN headers.
const LONGEST: u64 = 1600;

impl Impairment {
    /// What stands behind `tc qdisc add dev <port>`, one line for each queueing discipline, the root first. None if `tc` has no words for it.
    ///
    /// `netem` delays, damages and loses; `tbf` below it limits the rate, and holds the queue.
    pub(crate) fn tc(&self) -> Option<Vec<String>> {
        let mut lines: Vec<String> = Vec::new();
        let mut add = |words: String| {
            let place = match lines.len() {
                0 => "root handle 1:".to_owned(),
                above => format!("parent {above}:1 handle {}:", above + 1),
            };
            lines.push(format!("{place} {words}"));
        };
        let netem = self.netem()?;
        if !netem.is_empty() {
            add(format!("netem limit {UNDER_WAY} {}", netem.join(" ")));
        }
        if let (Some(rate), Some(room), Some(burst)) = (self.rate, self.room(), self.burst(LONGEST))
        {
            let limit = room.bytes();
            add(format!("tbf rate {rate}bit burst {burst} limit {limit}"));
            if let Room::Packets(packets) = room {
                add(format!("pfifo limit {packets}"));
            }
        }
        Some(lines)
    }

    fn netem(&self) -> Option<Vec<String>> {
        let mut words = Vec::new();
        if !self.delay.is_zero() {
            words.push(self.netem_delay());
        }
        if let Some(loss) = self.loss {
            words.push(loss.netem()?);
        }
        for (word, probability) in [("duplicate", self.duplicate), ("corrupt", self.corrupt)] {
            if probability != 0.0 {
                words.push(format!("{word} {}", Percent(probability)));
            }
        }
        if let Some(reorder) = self.reorder {
            words.push(format!("reorder {}", Percent(reorder.probability)));
            words.extend(reorder.gap.map(|gap| format!("gap {gap}")));
        }
        if self.jitter.is_some_and(|jitter| !jitter.reorders) {
            // A netem with a rate sends no packet before the last one, and this rate is none.
            words.push("rate 1tbit".to_owned());
        }
        Some(words)
    }

    fn netem_delay(&self) -> String {
        let mut words = format!("delay {}", time(self.delay));
        if let Some(jitter) = &self.jitter {
            words += &format!(" {}", time(jitter.spread));
            if jitter.distribution.table().is_some() {
                words += &format!(" distribution {}", jitter.distribution.word());
            }
        }
        words
    }
}

impl Loss {
    fn netem(&self) -> Option<String> {
        if let Some(chain) = self.0.chain() {
            let all = [chain.p, chain.r, chain.bad, chain.good];
            return Some(format!("loss gemodel {}", percents(&all)));
        }
        match self.0 {
            LossModel::Random { probability } => {
                Some(format!("loss random {}", Percent(probability)))
            }
            LossModel::FourState {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => Some(format!(
                "loss state {}",
                percents(&[p13, p31, p32, p23, p14])
            )),
            LossModel::EveryNth(_)
            | LossModel::Correlated { .. }
            | LossModel::GilbertElliott { .. } => None,
        }
    }
}

fn percents(probabilities: &[f64]) -> String {
    let words: Vec<String> = probabilities
        .iter()
        .map(|p| Percent(*p).to_string())
        .collect();
    words.join(" ")
}

/// As `tc` reads it: it takes no exponents, and Rust writes none.
struct Percent(f64);

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", percent(self.0, 1e9))
    }
}

/// `tc` knows no micro sign, and takes parts of microseconds, but no nanoseconds.
fn time(time: Duration) -> String {
    match time.as_nanos() {
        nanos if nanos % 1_000_000 == 0 => format!("{}ms", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!("{}us", nanos / 1_000),
        nanos => format!("{}.{:03}us", nanos / 1_000, nanos % 1_000),
    }
}
