//! Trouble by the clock: what begins and ends when.

mod act;
mod agenda;
mod check;
mod player;
mod playing;
mod rates;
mod step;
#[cfg(test)]
mod tests;
mod timing;

pub use playing::{PlayedStep, Playing};
pub use step::Step;
pub use timing::Timing;

use std::fmt;
use std::time::Duration;

use step::What;

/// Trouble by the clock: "at 200 ms cut, at 500 ms heal". [`Network::play`](crate::Network::play) plays it.
///
/// A plain value; the order in which steps are added matters only for those of one time. Nothing is checked before it is played.
///
/// Times may be left to chance: of a range, the network's [seed](crate::Network::seed) chooses one, another one in each round. With the
/// same seed, and as many schedules played before, they are the same.
///
/// # Examples
///
/// ```
/// use netns_test::{Schedule, Step, Topology};
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let bad_day = Schedule::new()
///     .at(ms(20), Step::partition(["a"], ["b", "c"]))
///     .at(ms(40)..=ms(60), Step::cut("c", "eth0").lasting(ms(10)))
///     .at(ms(80), Step::heal());
///
/// # netns_test::run(&Topology::lan(["a", "b", "c"]), |net| {
/// let playing = net.play(bad_day).unwrap();
/// // Here the program under test does its work.
/// playing.wait().unwrap();
/// net.ping_all().unwrap().assert_all_reachable();
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[doc(alias = "nemesis")]
#[must_use = "a schedule does nothing until it is played"]
pub struct Schedule {
    pub(super) steps: Vec<(Timing, Step)>,
    pub(super) every: Option<Duration>,
    pub(super) rounds: Option<u64>,
}

impl Schedule {
    /// Without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does something at a time after the beginning of the round.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// let schedule = Schedule::new().at(ms(5)..=ms(9), Step::isolate("a")).at(ms(20), Step::heal());
    /// assert_eq!(schedule.to_string(), "at 5ms..=9ms isolate node `a`; at 20ms heal");
    /// ```
    pub fn at(mut self, when: impl Into<Timing>, step: Step) -> Self {
        self.steps.push((when.into(), step));
        self
    }

    /// Begins again so often: without end, unless it is [`repeated`](Self::repeated) so many times. Each round but the first begins by
    /// healing what the one before has left.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// let schedule = Schedule::new().at(ms(5), Step::isolate("a").lasting(ms(5))).every(ms(50));
    /// assert_eq!(schedule.to_string(), "at 5ms isolate node `a` for 5ms; every 50ms");
    /// ```
    pub fn every(mut self, period: Duration) -> Self {
        self.every = Some(period);
        self
    }

    /// Is played so many times, one after the other, or [so often](Self::every).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// let schedule = Schedule::new().at(ms(5), Step::isolate("a").lasting(ms(5))).repeated(3);
    /// assert_eq!(schedule.to_string(), "at 5ms isolate node `a` for 5ms; 3 times");
    /// ```
    pub fn repeated(mut self, times: u64) -> Self {
        self.rounds = Some(times);
        self
    }

    /// Whether the seed decides about anything.
    pub(super) fn is_random(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|(when, step)| when.is_random() || step.is_random())
    }

    /// How long a round may take.
    pub(super) fn length(&self) -> Duration {
        let ends = self.steps.iter().map(|(when, step)| {
            let lasting = match (step.lasting, &step.what) {
                (Some(time), _) => time.latest,
                (None, What::Rates(_, _, trace)) if !trace.repeated => trace.duration(),
                _ => Duration::ZERO,
            };
            when.latest.saturating_add(lasting)
        });
        ends.max().unwrap_or_default()
    }

    /// The time from one round to the next.
    pub(super) fn period(&self) -> Duration {
        self.every.unwrap_or_else(|| self.length())
    }

    /// How often it is played: nothing is without end.
    pub(super) fn times(&self) -> Option<u64> {
        match (self.rounds, self.every) {
            (None, Some(_)) => None,
            (rounds, _) => Some(rounds.unwrap_or(1)),
        }
    }

    /// Whether it goes on for ever.
    pub(super) fn is_endless(&self) -> bool {
        self.times().is_none()
            || self
                .steps
                .iter()
                .any(|(when, step)| self.goes_on(*when, step))
    }

    /// Whether a step's rates change for ever.
    fn goes_on(&self, when: Timing, step: &Step) -> bool {
        let What::Rates(_, _, trace) = &step.what else {
            return false;
        };
        let is_ended = self.steps.iter().any(|(other, it)| {
            let ends = match &it.what {
                What::Heal => true,
                What::End(name) => step.name.as_ref() == Some(name),
                _ => false,
            };
            ends && other.earliest >= when.latest
        });
        trace.repeated && trace.steps.len() > 1 && step.lasting.is_none() && !is_ended
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps.iter();
        let mut words: Vec<String> = steps
            .map(|(when, step)| format!("at {when} {step}"))
            .collect();
        words.extend(self.every.map(|period| format!("every {period:?}")));
        words.extend(self.rounds.map(|rounds| format!("{rounds} times")));
        f.write_str(&words.join("; "))
    }
}
