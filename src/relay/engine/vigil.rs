//! How long the engine stays awake after work, to see the next frame at once: being woken takes longer than carrying it.
//!
//! It learns from how long it had nothing to do, as hypervisors do: short pauses are worth staying awake for, and after a long one it
//! sleeps at once. So a silent network costs nothing, and one with a packet now and then what waking costs.

use std::thread;

/// The longest pause to stay awake for, in nanoseconds: about what an answer takes that was asked for when the last frame left.
const LONGEST: u64 = 50_000;
/// The first one.
const SHORTEST: u64 = 10_000;

/// When to sleep. Times are in nanoseconds since the engine began.
#[derive(Debug, Default)]
pub(super) struct Vigil {
    /// Never longer than this: not at all where it would keep others from their only processor.
    longest: u64,
    /// How long it stays awake now.
    span: u64,
    /// When the work ended, unless there is some.
    since: Option<u64>,
}

impl Vigil {
    pub(super) fn new() -> Self {
        let alone = thread::available_parallelism().map_or(1, |it| it.get()) == 1;
        Self::of(if alone { 0 } else { LONGEST })
    }

    fn of(longest: u64) -> Self {
        Self {
            longest,
            ..Self::default()
        }
    }

    /// Whether there was nothing to do when it was asked last.
    pub(super) fn is_idle(&self) -> bool {
        self.since.is_some()
    }

    /// Whether to look again for work rather than sleep, when there is none.
    pub(super) fn stays(&mut self, now: u64) -> bool {
        let since = *self.since.get_or_insert(now);
        now.saturating_sub(since) < self.span
    }

    /// There is work again.
    pub(super) fn ends(&mut self, now: u64) {
        let Some(since) = self.since.take() else {
            return;
        };
        let pause = now.saturating_sub(since);
        if pause > self.longest {
            self.span = 0;
        } else if pause > self.span {
            self.span = (2 * self.span).max(SHORTEST).min(self.longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pauses one after the other, each so long; how long it was awake in each.
    fn awake(vigil: &mut Vigil, pauses: &[u64]) -> Vec<u64> {
        let mut now = 0;
        let pauses = pauses.iter().map(|pause| {
            let awake = (0..*pause).step_by(1_000);
            let awake = awake.take_while(|at| vigil.stays(now + at)).count();
            // Asked at least once: there was nothing to do.
            assert!(vigil.is_idle());
            now += pause;
            vigil.ends(now);
            assert!(!vigil.is_idle());
            awake as u64 * 1_000
        });
        pauses.collect()
    }

    #[test]
    fn short_pauses_are_stayed_awake_for_from_end_to_end() {
        let pauses = [30_000; 6];
        let expected = [0, 10_000, 20_000, 30_000, 30_000, 30_000];
        assert_eq!(awake(&mut Vigil::of(LONGEST), &pauses), expected);
    }

    #[test]
    fn no_pause_costs_more_than_the_longest() {
        let pauses = [LONGEST; 6];
        let expected = [0, 10_000, 20_000, 40_000, LONGEST, LONGEST];
        assert_eq!(awake(&mut Vigil::of(LONGEST), &pauses), expected);
    }

    #[test]
    fn after_a_long_pause_it_sleeps_at_once() {
        let long = 10 * LONGEST;
        let pauses = [5_000, 5_000, long, long, long, 5_000, 5_000];
        let expected = [0, 5_000, 10_000, 0, 0, 0, 5_000];
        assert_eq!(awake(&mut Vigil::of(LONGEST), &pauses), expected);
    }

    #[test]
    fn on_the_only_processor_it_never_stays() {
        assert_eq!(awake(&mut Vigil::of(0), &[5_000; 5]), [0; 5]);
    }

    #[test]
    fn work_without_a_pause_teaches_nothing() {
        let mut vigil = Vigil::of(LONGEST);
        awake(&mut vigil, &[5_000, 5_000]);
        vigil.ends(1_000_000);
        assert!(vigil.stays(2_000_000));
    }
}
