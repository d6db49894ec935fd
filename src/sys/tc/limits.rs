//! What the kernel cannot do of an impairment.

use std::time::Duration;

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
    if what.reorder.is_some() && what.rate.is_some() {
        return Some("packets that netem puts before others leave past tbf's rate".to_owned());
    }
    None
}
