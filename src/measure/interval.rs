//! How sure a share is that was counted.

use std::fmt;

/// Where a probability lies, as far as counting tells: between `low` and `high`.
///
/// It is the interval of Clopper and Pearson, which is never too narrow: whatever the probability is, a count whose interval misses it is no more
/// likely than the rest to 1 of the [confidence](Self::confidence).
///
/// # Examples
///
/// ```
/// use netns_test::ConfidenceInterval;
///
/// // 48 of 1,000 datagrams were lost. A loss of 5 % is believable, one of 8 % is not.
/// let loss = ConfidenceInterval::of(48, 1_000, 0.999);
/// assert!(loss.contains(0.05) && !loss.contains(0.08));
/// assert_eq!(loss.to_string(), "2.869 % to 7.432 %");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceInterval {
    low: f64,
    high: f64,
    confidence: f64,
}

impl ConfidenceInterval {
    /// For something that happened `hits` times in `trials`, each by itself. Of no trials it says everything: 0 to 1.
    ///
    /// # Panics
    ///
    /// There are more hits than trials, or the confidence is not between 0 and 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::ConfidenceInterval;
    ///
    /// let never = ConfidenceInterval::of(0, 1_000, 0.999);
    /// assert_eq!(never.low(), 0.0);
    /// assert!(never.high() < 0.008);
    /// ```
    pub fn of(hits: u64, trials: u64, confidence: f64) -> Self {
        Self::between(hits as f64, trials as f64, confidence)
    }

    /// The same of counts that are no whole numbers: so many as say as much as those that depend on each other.
    pub(super) fn between(hits: f64, trials: f64, confidence: f64) -> Self {
        assert!(
            hits <= trials,
            "{hits} of {trials} are more than there were"
        );
        assert!(
            confidence > 0.0 && confidence < 1.0,
            "a confidence of {confidence} is not between 0 and 1"
        );
        let tail = (1.0 - confidence) / 2.0;
        let misses = trials - hits;
        let low = if hits > 0.0 {
            quantile(hits, misses + 1.0, tail)
        } else {
            0.0
        };
        let high = if misses > 0.0 {
            quantile(hits + 1.0, misses, 1.0 - tail)
        } else {
            1.0
        };
        Self {
            low,
            high,
            confidence,
        }
    }

    /// The smallest believable probability.
    ///
    /// # Examples
    ///
    /// ```
    /// let lost = netns_test::ConfidenceInterval::of(10, 1_000, 0.999);
    /// assert!(lost.low() > 0.0 && lost.low() < 0.01);
    /// ```
    pub fn low(self) -> f64 {
        self.low
    }

    /// The largest believable probability.
    ///
    /// # Examples
    ///
    /// ```
    /// let lost = netns_test::ConfidenceInterval::of(10, 1_000, 0.999);
    /// assert!(lost.high() > 0.01 && lost.high() < 0.1);
    /// ```
    pub fn high(self) -> f64 {
        self.high
    }

    /// How sure it is: 0.999 of what [measurements](crate::Network::measure) tell.
    ///
    /// # Examples
    ///
    /// ```
    /// let lost = netns_test::ConfidenceInterval::of(10, 1_000, 0.999);
    /// assert_eq!(lost.confidence(), 0.999);
    /// ```
    pub fn confidence(self) -> f64 {
        self.confidence
    }

    /// Whether this probability is believable.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!netns_test::ConfidenceInterval::of(1, 1_000, 0.999).contains(0.0));
    /// ```
    pub fn contains(self, probability: f64) -> bool {
        (self.low..=self.high).contains(&probability)
    }
}

impl fmt::Display for ConfidenceInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = [self.low, self.high].map(percent);
        write!(f, "{low} to {high}")
    }
}

/// Three decimals at most, as impairments print.
pub(super) fn percent(probability: f64) -> String {
    let rounded = (probability * 100_000.0).round() / 1_000.0;
    format!("{rounded} %")
}

/// Where the beta distribution reaches a probability. It grows, so halves of the rest find it.
fn quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if beta(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// The regularized incomplete beta function, by the continued fraction of Abramowitz and Stegun, 26.5.8, in Lentz's way.
fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges on this side of the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, 1.0 - x);
    }
    let front = a * x.ln() + b * (-x).ln_1p() - (ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b));
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for coefficient in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() < 1e-15 * fraction.abs() {
            break;
        }
    }
    front.exp() * fraction / a
}

/// The logarithm of the gamma function, by Stirling's series, which is exact enough from 10 on.
fn ln_gamma(x: f64) -> f64 {
    let mut shifted = x;
    let mut product = 1.0;
    while shifted < 10.0 {
        product *= shifted;
        shifted += 1.0;
    }
    let square = shifted * shifted;
    let series = (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square)
        / shifted;
    let whole = (shifted - 0.5) * shifted.ln() - shifted + 0.5 * std::f64::consts::TAU.ln();
    whole + series - f64::ln(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_bounds(hits: u64, trials: u64, confidence: f64, low: f64, high: f64) {
        let found = ConfidenceInterval::of(hits, trials, confidence);
        let near = |a: f64, b: f64| (a - b).abs() < 5e-6;
        assert!(
            near(found.low, low) && near(found.high, high),
            "{found:?} should be {low} to {high}"
        );
    }

    /// What R's `binom.test` and tables say.
    #[test]
    fn bounds_are_those_of_tables() {
        assert_bounds(10, 100, 0.95, 0.049_005, 0.176_223);
        assert_bounds(0, 10, 0.95, 0.0, 0.308_498);
        assert_bounds(1, 10, 0.95, 0.002_529, 0.445_016);
        assert_bounds(50, 100, 0.95, 0.398_321, 0.601_679);
        assert_bounds(10, 10, 0.95, 0.691_502, 1.0);
        assert_bounds(0, 0, 0.999, 0.0, 1.0);
    }

    /// Without hits, and with nothing else, the bounds have a closed form.
    #[test]
    fn extreme_counts_have_the_bounds_of_their_closed_form() {
        for trials in [1_u64, 10, 1_000, 100_000] {
            let bound = 0.0005_f64.powf(1.0 / trials as f64);
            assert_bounds(0, trials, 0.999, 0.0, 1.0 - bound);
            assert_bounds(trials, trials, 0.999, bound, 1.0);
        }
    }

    /// What defines them: at the lower bound, so many hits or more are as unlikely as the tail; at the upper one, so many or fewer.
    #[test]
    fn the_tails_of_the_binomial_at_the_bounds_are_what_was_asked() {
        for (hits, trials) in [(1, 20), (48, 1_000), (500, 1_000), (999, 1_000)] {
            let found = ConfidenceInterval::of(hits, trials, 0.999);
            let up_to = |most: u64, p: f64| -> f64 {
                let one = |k: u64| {
                    let [n, k] = [trials as f64, k as f64];
                    let ways = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
                    (ways + k * p.ln() + (n - k) * (-p).ln_1p()).exp()
                };
                (0..=most).map(one).sum()
            };
            let tails = [1.0 - up_to(hits - 1, found.low), up_to(hits, found.high)];
            for tail in tails {
                assert!((tail - 0.0005).abs() < 1e-8, "{hits} of {trials}: {tail}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "11 of 10 are more than there were")]
    fn more_hits_than_trials_are_refused() {
        let _ = ConfidenceInterval::of(11, 10, 0.95);
    }

    #[test]
    #[should_panic(expected = "a confidence of 99.9 is not between 0 and 1")]
    fn a_confidence_in_percent_is_refused() {
        let _ = ConfidenceInterval::of(1, 10, 99.9);
    }
}
