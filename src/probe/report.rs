//! What became of all requests of a ping, and the text that ping(8) would have printed.

mod explained;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::answer::{PingAnswer, PingRedirect};
use super::later::Later;
pub(super) use explained::explained;

/// What became of the echo requests of one ping.
///
/// `Display` prints what [ping(8)] would have printed, line by line; the panics of the `assert_*` methods contain it.
///
/// # Examples
///
/// ```
/// use netns_test::PingReport;
///
/// fn judge(report: &PingReport) {
///     report.assert_lossless();
///     assert!(report.max().unwrap().as_millis() < 100);
/// }
/// # let _ = judge;
/// ```
///
/// [ping(8)]: https://man7.org/linux/man-pages/man8/ping.8.html
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PingReport {
    /// The target as the caller named it.
    pub(super) name: String,
    pub(super) target: IpAddr,
    pub(super) source: Option<IpAddr>,
    /// Whether the caller chose the source address.
    pub(super) source_chosen: bool,
    pub(super) payload: usize,
    /// One for each request, in their order.
    pub(super) answers: Vec<PingAnswer>,
    pub(super) duplicates: Vec<PingAnswer>,
    pub(super) redirects: Vec<PingRedirect>,
    /// From the first request to the last.
    pub(super) elapsed: Duration,
    /// Whether requests must not be fragmented.
    pub(super) whole: bool,
    /// Where requests ended and why.
    pub(super) explanation: Later,
}

impl PingReport {
    /// The address that was pinged.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.target().is_ipv4());
    /// # }
    /// ```
    pub fn target(&self) -> IpAddr {
        self.target
    }

    /// The address that the requests were sent from; `None` if the host has no route to the target.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert_eq!(report.source(), Some([172, 16, 1, 1].into()));
    /// # }
    /// ```
    pub fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// What became of each request, in the order of their numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// use netns_test::PingAnswer;
    ///
    /// assert!(matches!(report.answers()[0], PingAnswer::TimeExceeded { .. }));
    /// # }
    /// ```
    pub fn answers(&self) -> &[PingAnswer] {
        &self.answers
    }

    /// Further replies to requests that had a reply already.
    ///
    /// The ping ends with the first answer to its last request and does not wait for duplicates.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.duplicates().is_empty());
    /// # }
    /// ```
    pub fn duplicates(&self) -> &[PingAnswer] {
        &self.duplicates
    }

    /// The better next hops that routers named on the way. A request that caused one was forwarded all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.redirects().iter().all(|redirect| redirect.sequence == 1));
    /// # }
    /// ```
    pub fn redirects(&self) -> &[PingRedirect] {
        &self.redirects
    }

    /// How many requests there were; those that the kernel refused to send count too, as they do for ping(8).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert_eq!(report.transmitted(), 2);
    /// # }
    /// ```
    pub fn transmitted(&self) -> usize {
        self.answers.len()
    }

    /// How many requests were replied to.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert_eq!(report.received(), report.transmitted());
    /// # }
    /// ```
    pub fn received(&self) -> usize {
        self.times().count()
    }

    /// The part of the requests that was not replied to, 0.0 to 1.0.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.loss() < 0.2);
    /// # }
    /// ```
    pub fn loss(&self) -> f64 {
        match self.transmitted() {
            0 => 0.0,
            transmitted => (transmitted - self.received()) as f64 / transmitted as f64,
        }
    }

    /// The shortest time from a request to its reply; `None` without replies.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.min() <= report.avg() && report.avg() <= report.max());
    /// # }
    /// ```
    pub fn min(&self) -> Option<Duration> {
        self.times().min()
    }

    /// The mean time from a request to its reply; `None` without replies.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.avg().unwrap().as_millis() >= 20);
    /// # }
    /// ```
    pub fn avg(&self) -> Option<Duration> {
        let count = u32::try_from(self.received()).ok()?;
        self.times().sum::<Duration>().checked_div(count)
    }

    /// The longest time from a request to its reply; `None` without replies.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.max().unwrap().as_millis() < 100);
    /// # }
    /// ```
    pub fn max(&self) -> Option<Duration> {
        self.times().max()
    }

    /// The standard deviation of the times, which ping(8) calls `mdev`; `None` without replies.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// let jitter = report.mdev().unwrap();
    /// # }
    /// ```
    pub fn mdev(&self) -> Option<Duration> {
        let mean = self.avg()?.as_secs_f64();
        let squares: f64 = self
            .times()
            .map(|time| (time.as_secs_f64() - mean).powi(2))
            .sum();
        let variance = squares / self.received() as f64;
        Some(Duration::from_secs_f64(variance.sqrt()))
    }

    /// Whether every request was replied to.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// assert!(report.is_lossless() == (report.loss() == 0.0));
    /// # }
    /// ```
    pub fn is_lossless(&self) -> bool {
        self.received() == self.transmitted()
    }

    /// Fails the test unless every request was replied to.
    ///
    /// # Panics
    ///
    /// A request was lost or answered by an error. The text contains the whole report, and where packets ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// report.assert_lossless();
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_lossless(&self) {
        assert!(
            self.is_lossless(),
            "`{}` should have replied to every echo request, but it replied to {} of {}:\n\n{self}\n{}",
            self.name,
            self.received(),
            self.transmitted(),
            explained(self.explanation()),
        );
    }

    /// Fails the test if any request was replied to. Errors from routers and silence are both what it wants.
    ///
    /// # Panics
    ///
    /// The target replied. The text contains the whole report.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: &netns_test::PingReport) {
    /// report.assert_unreachable();
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_unreachable(&self) {
        assert!(
            self.received() == 0,
            "`{}` should have been unreachable, but it replied to {} of {} echo requests:\n\n{self}\n",
            self.name,
            self.received(),
            self.transmitted(),
        );
    }

    fn times(&self) -> impl Iterator<Item = Duration> {
        self.answers.iter().filter_map(PingAnswer::time)
    }

    /// `PING 172.16.1.2 (172.16.1.2) 56(84) bytes of data.`
    fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// What an IPv4 and an ICMP header add to the payload.
        const HEADERS: usize = 28;
        let gap = if self.target.is_ipv4() { " " } else { "" };
        write!(f, "PING {}{gap}({}) ", self.name, self.target)?;
        if let (Some(source), true) = (self.source, self.source_chosen) {
            write!(f, "from {source} : ")?;
        }
        let payload = self.payload;
        if self.target.is_ipv4() {
            writeln!(f, "{payload}({}) bytes of data.", payload + HEADERS)
        } else {
            writeln!(f, "{payload} data bytes")
        }
    }

    /// The lines between the heading and the statistics. A request that was lost has none.
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for answer in &self.answers {
            let sequence = answer.sequence();
            for redirect in &self.redirects {
                if redirect.sequence == sequence {
                    writeln!(f, "{redirect}")?;
                }
            }
            if !matches!(answer, PingAnswer::Lost { .. }) {
                writeln!(f, "{answer}")?;
            }
            for duplicate in &self.duplicates {
                if duplicate.sequence() == sequence {
                    writeln!(f, "{duplicate} (DUP!)")?;
                }
            }
        }
        Ok(())
    }

    /// `2 packets transmitted, 2 received, 0% packet loss, time 10ms`
    fn totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.answers.iter().filter(|a| a.is_error()).count();
        write!(
            f,
            "{} packets transmitted, {} received",
            self.transmitted(),
            self.received()
        )?;
        if !self.duplicates.is_empty() {
            write!(f, ", +{} duplicates", self.duplicates.len())?;
        }
        if errors > 0 {
            write!(f, ", +{errors} errors")?;
        }
        write!(
            f,
            ", {}% packet loss, time {}ms",
            percent(self.loss() * 100.0),
            self.elapsed.as_millis()
        )
    }
}

impl fmt::Display for PingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.heading(f)?;
        self.lines(f)?;
        writeln!(f, "\n--- {} ping statistics ---", self.name)?;
        self.totals(f)?;
        if let (Some(min), Some(avg), Some(max), Some(mdev)) =
            (self.min(), self.avg(), self.max(), self.mdev())
        {
            let [min, avg, max, mdev] = [min, avg, max, mdev].map(|time| {
                let micros = time.as_micros();
                format!("{}.{:03}", micros / 1000, micros % 1000)
            });
            write!(f, "\nrtt min/avg/max/mdev = {min}/{avg}/{max}/{mdev} ms")?;
        }
        Ok(())
    }
}

/// Six significant digits without trailing zeros, as C's `%g` prints: `33.3333`, `50`.
fn percent(value: f64) -> String {
    let decimals = match value {
        value if value >= 100.0 => 3,
        value if value >= 10.0 => 4,
        value if value >= 1.0 => 5,
        value if value >= 0.1 => 6,
        value if value >= 0.01 => 7,
        _ => 8,
    };
    let digits = format!("{value:.decimals$}");
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests;
