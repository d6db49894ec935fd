//! Rates that change over time.

use std::fmt;
use std::time::Duration;

use crate::impairment::check::wrong_rate;
use crate::impairment::print::Rate;

/// A rate that changes over time: steps, each with how long it holds and its bits per second.
///
/// After the last step that one's rate stays, unless the trace is [`repeated`](Self::repeated). A rate of 0 stands for a
/// time in which nothing is sent: what comes waits in the queue.
///
/// # Examples
///
/// ```
/// use netns_test::RateTrace;
/// use std::time::Duration;
///
/// // A mobile link that is bad for half a second every two.
/// let trace = RateTrace::new([
///     (Duration::from_millis(1500), 12_000_000),
///     (Duration::from_millis(500), 200_000),
/// ])
/// .repeated();
/// assert_eq!(trace.rate_at(Duration::from_millis(1600)), 200_000);
/// assert_eq!(trace.rate_at(Duration::from_millis(2100)), 12_000_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateTrace {
    pub(crate) steps: Vec<(Duration, u64)>,
    pub(crate) repeated: bool,
}

impl RateTrace {
    /// Of steps, each how long it holds and the bits per second in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::RateTrace;
    /// use std::time::Duration;
    ///
    /// let fading = RateTrace::new([(Duration::from_secs(1), 8_000_000), (Duration::from_secs(1), 1_000_000)]);
    /// assert_eq!(fading.rate_at(Duration::from_secs(60)), 1_000_000);
    /// ```
    pub fn new(steps: impl IntoIterator<Item = (Duration, u64)>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            repeated: false,
        }
    }

    /// Begins again after the last step.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::RateTrace;
    /// use std::time::Duration;
    ///
    /// let once = RateTrace::new([(Duration::from_secs(1), 1_000_000)]);
    /// assert_ne!(once.clone().repeated(), once);
    /// ```
    #[must_use = "builder methods return the changed trace"]
    pub fn repeated(mut self) -> Self {
        self.repeated = true;
        self
    }

    /// The steps: how long, and how many bits per second.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::RateTrace;
    /// use std::time::Duration;
    ///
    /// let step = (Duration::from_secs(1), 1_000_000);
    /// assert_eq!(RateTrace::new([step]).steps(), [step]);
    /// ```
    pub fn steps(&self) -> &[(Duration, u64)] {
        &self.steps
    }

    /// How long all steps take together, once.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::RateTrace;
    /// use std::time::Duration;
    ///
    /// let trace = RateTrace::new([(Duration::from_secs(1), 1_000_000), (Duration::from_secs(2), 2_000_000)]);
    /// assert_eq!(trace.duration(), Duration::from_secs(3));
    /// ```
    pub fn duration(&self) -> Duration {
        let times = self.steps.iter().map(|step| step.0);
        times.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The bits per second at a time after the beginning: 0 of a trace without steps.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::RateTrace;
    /// use std::time::Duration;
    ///
    /// let trace = RateTrace::new([(Duration::from_secs(1), 1_000_000), (Duration::from_secs(1), 2_000_000)]);
    /// assert_eq!(trace.rate_at(Duration::ZERO), 1_000_000);
    /// assert_eq!(trace.rate_at(Duration::from_secs(1)), 2_000_000);
    /// ```
    pub fn rate_at(&self, at: Duration) -> u64 {
        let mut left = self.within(at);
        for (time, rate) in &self.steps {
            match left.checked_sub(*time) {
                Some(rest) => left = rest,
                None => return *rate,
            }
        }
        self.steps.last().map_or(0, |step| step.1)
    }

    /// Why it makes no sense: nothing if it does.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        if self.steps.is_empty() {
            return vec!["a trace of rates has no steps".to_owned()];
        }
        let mut found = Vec::new();
        for (number, (time, rate)) in self.steps.iter().enumerate() {
            let number = number + 1;
            if time.is_zero() {
                found.push(format!(
                    "step {number} of the trace takes no time: say how long a rate holds, not when it begins"
                ));
            }
            // Zero is an outage here.
            if let Some(reason) = wrong_rate(*rate).filter(|_| *rate != 0) {
                found.push(format!("step {number} of the trace: {reason}"));
            }
        }
        if self.steps.iter().all(|step| step.1 == 0) {
            found.push("a trace whose rates are all 0 sends nothing: that is a cut".to_owned());
        }
        found
    }

    /// The same time in the first round.
    fn within(&self, at: Duration) -> Duration {
        let round = self.duration().as_nanos();
        if !self.repeated || round == 0 {
            return at;
        }
        let rest = at.as_nanos() % round;
        let second = 1_000_000_000;
        // Both fit: no rest is longer than the time that it is of.
        Duration::new((rest / second) as u64, (rest % second) as u32)
    }
}

impl fmt::Display for RateTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates = || self.steps.iter().map(|step| step.1);
        let (Some(least), Some(most)) = (rates().min(), rates().max()) else {
            return f.write_str("no rates");
        };
        write!(f, "rates from {} to {}", Rate(least), Rate(most))?;
        let repeated = if self.repeated { ", repeated" } else { "" };
        let steps = if self.steps.len() == 1 {
            "step"
        } else {
            "steps"
        };
        write!(
            f,
            " in {} {steps} over {:?}{repeated}",
            self.steps.len(),
            self.duration()
        )
    }
}
