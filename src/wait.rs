//! The one place that waits for what the kernel does not announce.

use std::thread;
use std::time::{Duration, Instant};

/// The first pause; each is twice as long as the one before, up to the last.
const FIRST: Duration = Duration::from_micros(50);
const LAST: Duration = Duration::from_millis(20);

/// Tries at once, then with growing pauses, until `condition` holds or the limit is reached. Tells whether it held.
pub(crate) fn until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    let mut pause = FIRST;
    loop {
        if condition() {
            return true;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_holds_is_not_waited_for() {
        let mut tries = 0;
        assert!(until(Duration::ZERO, || {
            tries += 1;
            true
        }));
        assert_eq!(tries, 1);
    }

    #[test]
    fn a_condition_that_never_holds_ends_at_the_limit() {
        assert!(!until(Duration::from_millis(1), || false));
    }
}
