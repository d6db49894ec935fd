//! Trying again until it succeeds: what an attempt may be, how long to pause after one, and what is told of those that failed.

use std::fmt::Display;
use std::panic::Location;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind};

/// The first pause; each is twice as long as the one before, up to the last.
const FIRST: Duration = Duration::from_micros(50);
const LAST: Duration = Duration::from_millis(20);

/// What one try of [`eventually`](crate::eventually) may return: `bool`, `Option<T>`, or `Result<T, E>` whose error can be printed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use netns_test::{Attempt, eventually};
///
/// fn soon<A: Attempt>(attempt: impl FnMut() -> A) -> netns_test::Result<A::Value> {
///     eventually(Duration::from_millis(500), attempt)
/// }
/// assert_eq!(soon(|| "80".parse::<u16>()).unwrap(), 80);
/// soon(|| true).unwrap();
/// ```
pub trait Attempt: sealed::Sealed {
    /// What a successful one gives.
    type Value;

    #[doc(hidden)]
    fn judge(self) -> Result<Self::Value, String>;
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else can implement `Attempt`")]
    pub trait Sealed {}
    impl Sealed for bool {}
    impl<T> Sealed for Option<T> {}
    impl<T, E> Sealed for Result<T, E> {}
}

impl Attempt for bool {
    type Value = ();

    fn judge(self) -> Result<(), String> {
        if self {
            Ok(())
        } else {
            Err("false".to_owned())
        }
    }
}

impl<T> Attempt for Option<T> {
    type Value = T;

    fn judge(self) -> Result<T, String> {
        self.ok_or_else(|| "None".to_owned())
    }
}

impl<T, E: Display> Attempt for Result<T, E> {
    type Value = T;

    fn judge(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Growing pauses between tries, as far as the limit goes.
#[derive(Debug)]
pub(crate) struct Pauses {
    /// `None` is too far away to be a date.
    deadline: Option<Instant>,
    next: Duration,
}

impl Pauses {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            deadline: Instant::now().checked_add(limit),
            next: FIRST,
        }
    }

    pub(crate) fn left(&self) -> Duration {
        match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => Duration::MAX,
        }
    }

    /// How long to pause before the next try; `None` at the limit.
    pub(crate) fn next(&mut self) -> Option<Duration> {
        let left = self.left();
        let pause = self.next.min(left);
        self.next = (self.next * 2).min(LAST);
        (!left.is_zero()).then_some(pause)
    }
}

/// The attempts of one `eventually`, as far as they failed.
#[derive(Debug)]
pub(crate) struct Attempts {
    at: &'static Location<'static>,
    within: Duration,
    started: Instant,
    pauses: Pauses,
    made: u64,
    last: Option<String>,
}

impl Attempts {
    /// `within` is scaled already.
    pub(crate) fn new(within: Duration, at: &'static Location<'static>) -> Self {
        Self {
            at,
            within,
            started: Instant::now(),
            pauses: Pauses::new(within),
            made: 0,
            last: None,
        }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn left(&self) -> Duration {
        self.pauses.left()
    }

    /// One more has failed. The pause before the next; `None` at the limit.
    pub(crate) fn failed(&mut self, value: String) -> Option<Duration> {
        self.made += 1;
        self.last = Some(value);
        self.pauses.next()
    }

    /// The limit was reached while one was under way: what the one before said is worth more.
    #[cfg(any(feature = "tokio", test))]
    pub(crate) fn cut_short(&mut self) {
        self.made += 1;
    }

    pub(crate) fn into_error(self) -> Error {
        let attempts = match self.made {
            1 => "1 attempt".to_owned(),
            made => format!("{made} attempts"),
        };
        let last = self
            .last
            .unwrap_or_else(|| "the attempt did not end".to_owned());
        Error::new(
            Kind::TimedOut,
            format!(
                "see the attempt at {} succeed within {}",
                self.at,
                seconds(self.within)
            ),
            format!(
                "{attempts} in {:.3} s\n  last: {last}",
                self.started.elapsed().as_secs_f64()
            ),
        )
    }
}

/// A limit for people: `10 s`, `0.250 s`.
pub(crate) fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{:.3} s", limit.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_with_the_limit() {
        let mut pauses = Pauses::new(Duration::from_secs(3600));
        let first: Vec<u128> = (0..11)
            .map(|_| pauses.next().unwrap().as_micros())
            .collect();
        assert_eq!(
            first,
            [
                50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000
            ]
        );
        assert_eq!(Pauses::new(Duration::ZERO).next(), None);
    }

    #[test]
    fn a_limit_beyond_all_dates_is_none() {
        let mut pauses = Pauses::new(Duration::MAX);
        assert_eq!(pauses.left(), Duration::MAX);
        assert_eq!(pauses.next(), Some(FIRST));
    }

    #[test]
    fn an_attempt_is_judged_by_its_type() {
        assert_eq!(true.judge(), Ok(()));
        assert_eq!(false.judge(), Err("false".to_owned()));
        assert_eq!(Some(7).judge(), Ok(7));
        assert_eq!(None::<u8>.judge(), Err("None".to_owned()));
        assert_eq!(Ok::<_, String>(7).judge(), Ok(7));
        assert_eq!(Err::<u8, _>("no").judge(), Err("no".to_owned()));
    }

    #[test]
    fn an_attempt_that_was_cut_short_leaves_the_value_before() {
        let at = Location::caller();
        let mut attempts = Attempts::new(Duration::ZERO, at);
        attempts.cut_short();
        let text = attempts.into_error().to_string();
        assert!(
            text.starts_with(&format!(
                "failed to see the attempt at {at} succeed within 0 s: 1 attempt in 0."
            )),
            "{text}"
        );
        assert!(
            text.ends_with(" s\n  last: the attempt did not end"),
            "{text}"
        );
        let mut attempts = Attempts::new(Duration::ZERO, at);
        attempts.failed("no answer".to_owned());
        attempts.cut_short();
        let text = attempts.into_error().to_string();
        assert!(text.contains(": 2 attempts in 0."), "{text}");
        assert!(text.ends_with(" s\n  last: no answer"), "{text}");
    }

    #[test]
    fn limits_read_well() {
        assert_eq!(seconds(Duration::from_secs(10)), "10 s");
        assert_eq!(seconds(Duration::from_millis(250)), "0.250 s");
    }
}
