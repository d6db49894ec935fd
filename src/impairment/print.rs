//! Impairments as people read them, in one short line.

use std::fmt::{self, Display, Formatter};

use crate::impairment::{Impairment, Jitter, Loss, LossModel, Profile, Queue, Reorder, Room};

const BITS: [(u64, &str); 5] = [
    (1_000_000_000_000, "Tbit/s"),
    (1_000_000_000, "Gbit/s"),
    (1_000_000, "Mbit/s"),
    (1_000, "kbit/s"),
    (1, "bit/s"),
];

const BYTES: [(u64, &str); 4] = [
    (1_000_000_000, "GB"),
    (1_000_000, "MB"),
    (1_000, "kB"),
    (1, "bytes"),
];

impl Display for Impairment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.delay.is_zero() || self.jitter.is_some() {
            let jitter = self.jitter.map(|jitter| format!(" {jitter}"));
            parts.push(format!(
                "delay {:?}{}",
                self.delay,
                jitter.unwrap_or_default()
            ));
        }
        parts.extend(self.loss.map(|loss| loss.to_string()));
        if self.duplicate != 0.0 {
            parts.push(format!("duplicates {}", Percent(self.duplicate)));
        }
        if self.corrupt != 0.0 {
            parts.push(format!("corrupts {}", Percent(self.corrupt)));
        }
        parts.extend(self.reorder.map(|reorder| reorder.to_string()));
        parts.extend(self.rate.map(|rate| format!("rate {}", Rate(rate))));
        parts.extend(self.queue_text());
        if parts.is_empty() {
            return f.write_str("no trouble");
        }
        f.write_str(&parts.join(", "))
    }
}

impl Impairment {
    fn queue_text(&self) -> Option<String> {
        Some(match (self.queue, self.room()) {
            (Some(Queue::Packets(1)), _) => "queue 1 packet".to_owned(),
            (Some(Queue::Packets(packets)), _) => format!("queue {packets} packets"),
            (Some(Queue::Time(time)), _) => format!("queue {time:?}"),
            (Some(Queue::Bytes(bytes)), _) | (None, Some(Room::Bytes(bytes))) => {
                format!("queue {}", scaled(bytes, &BYTES))
            }
            (None, _) => return None,
        })
    }
}

impl Display for Jitter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "±{:?} {}", self.spread, self.distribution.word())?;
        match self.reorders {
            true => Ok(()),
            false => f.write_str(" in order"),
        }
    }
}

impl Display for Loss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let LossModel::EveryNth(n) = self.0 {
            return write!(f, "loss of every {}", Nth(n));
        }
        write!(f, "loss {}", Percent(self.average()))?;
        match self.0 {
            LossModel::Random { .. } | LossModel::EveryNth(_) => Ok(()),
            LossModel::Correlated { correlation, .. } => write!(f, " (correlation {correlation})"),
            LossModel::GilbertElliott { p, r, bad, good } => {
                write!(f, " (Gilbert-Elliott p {p}, r {r}, bad {bad}, good {good})")
            }
            LossModel::FourState {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => write!(
                f,
                " (four states p13 {p13}, p31 {p31}, p32 {p32}, p23 {p23}, p14 {p14})"
            ),
        }
    }
}

impl Display for Reorder {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "reorders {}", Percent(self.probability))?;
        match self.gap {
            Some(gap) if gap > 1 => write!(f, " of every {}", Nth(u64::from(gap))),
            _ => Ok(()),
        }
    }
}

impl Display for Profile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_symmetric() {
            return write!(f, "both ways: {}", self.egress);
        }
        write!(f, "sends: {}; receives: {}", self.egress, self.ingress)
    }
}

/// Bits per second.
pub(crate) struct Rate(pub(crate) u64);

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&scaled(self.0, &BITS))
    }
}

/// A probability.
struct Percent(f64);

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", percent(self.0, 1e4))
    }
}

/// Hundredths, free of what binary fractions add: `steps` parts of a hundredth are told apart.
pub(crate) fn percent(probability: f64, steps: f64) -> f64 {
    let rounded = (probability * 100.0 * steps).round() / steps;
    if rounded != 0.0 {
        return rounded;
    }
    // What is rare is not never.
    let rare = probability * 100.0;
    format!("{rare:.3e}").parse().unwrap_or(rare)
}

struct Nth(u64);

impl Display for Nth {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ending = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        write!(f, "{}{ending}", self.0)
    }
}

/// In the largest unit of which there is one, with three decimals at most.
fn scaled(value: u64, units: &[(u64, &str)]) -> String {
    let fits = |unit: &&(u64, &str)| value >= unit.0;
    let Some((size, name)) = units.iter().find(fits).or_else(|| units.last()) else {
        return value.to_string();
    };
    let rounded = (value as f64 / *size as f64 * 1e3).round() / 1e3;
    format!("{rounded} {name}")
}
