//! What the kernel cannot do of an impairment.

use std::time::Duration;

use super::tbf::{bytes_per_second, queue};
use crate::impairment::{Impairment, LossModel};

/// netem keeps the spread of the delay in 31 bits of nanoseconds.
const WIDEST_SPREAD: Duration = Duration::from_nanos(i32::MAX as u64);

/// Why the kernel cannot do this.
pub(super) fn cannot(what: &Impairment) -> Option<String> {
    if let Some(LossModel::EveryNth(nth)) = what.loss.as_ref().map(|loss| loss.0) {
        return Some(format!(
            "netem loses by chance, and not packet number {nth}"
        ));
    }
    if what.jitter.is_some_and(|it| it.spread > WIDEST_SPREAD) {
        return Some(format!("netem's delay varies by {WIDEST_SPREAD:?} at most"));
    }
    if i64::try_from(what.delay.as_nanos()).is_err() {
        return Some("netem's delay has 63 bits of nanoseconds".to_owned());
    }
    let rate = what.rate?;
    if bytes_per_second(rate) == 0 {
        return Some("tbf's rate is one byte a second at least".to_owned());
    }
    if what.reorder.is_some() {
        return Some("packets that netem puts before others leave past tbf's rate".to_owned());
    }
    let (_, length) = queue(what)?;
    if u32::try_from(length).is_err() {
        return Some(format!("tbf's queue has {} bytes at most", u32::MAX));
    }
    None
}
