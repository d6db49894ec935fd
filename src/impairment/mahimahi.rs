//! Reads the traces of mahimahi, of which there are many published ones.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::impairment::{FULL_PACKET, RateTrace};

/// Opportunities are counted in bins of so many milliseconds: a packet takes 12 ms at 1 Mbit/s.
const BIN: u64 = 100;

/// A week.
const LONGEST: u64 = 7 * 24 * 3600 * 1000;

impl RateTrace {
    /// Reads a trace of [mahimahi](http://mahimahi.mit.edu/), as its `mm-link` takes them.
    ///
    /// Each line is a time in milliseconds at which one packet of 1,500 bytes may cross the link; the same time may stand on several lines.
    /// They are counted in steps of 100 ms, of which equal neighbours are one, as frames of 1,514 bytes, so that as many packets cross here. As with
    /// `mm-link`, the trace is repeated, and its last line says when.
    ///
    /// # Errors
    ///
    /// A line that is no number, or smaller than the one before; no line at all; a trace that ends at 0 or is longer than a week.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::RateTrace;
    /// use std::time::Duration;
    ///
    /// // Ten packets in 100 ms, and then two.
    /// let text = "10\n20\n30\n40\n50\n60\n70\n80\n90\n100\n150\n200\n";
    /// let trace = RateTrace::from_mahimahi(text).unwrap();
    /// assert_eq!(trace.duration(), Duration::from_millis(200));
    /// assert_eq!(trace.rate_at(Duration::ZERO), 10 * 1514 * 8 * 10);
    /// assert_eq!(trace.rate_at(Duration::from_millis(100)), 2 * 1514 * 8 * 10);
    /// ```
    pub fn from_mahimahi(text: &str) -> Result<Self> {
        let trace = parse(text).and_then(|times| binned(&times));
        trace.map_err(|cause| {
            Error::new(Kind::Invalid, "read a trace of mahimahi", cause).help(
                "each line of such a trace is a time in whole milliseconds, none smaller than the one before",
            )
        })
    }
}

fn parse(text: &str) -> Result<Vec<u64>, String> {
    let mut times: Vec<u64> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (number, line) = (number + 1, line.trim());
        if line.is_empty() {
            continue;
        }
        let Ok(time) = line.parse() else {
            return Err(format!(
                "line {number} is `{line}`, which is no time in milliseconds"
            ));
        };
        if let Some(before) = times.last().filter(|before| time < **before) {
            return Err(format!("line {number} says {time} after {before}"));
        }
        times.push(time);
    }
    Ok(times)
}

fn binned(times: &[u64]) -> Result<RateTrace, String> {
    let end = match times.last() {
        None => return Err("it has no lines".to_owned()),
        Some(0) => return Err("it ends at 0 ms, so that it takes no time".to_owned()),
        Some(end) if *end > LONGEST => {
            return Err(format!("it ends at {end} ms, after more than a week"));
        }
        Some(end) => *end,
    };
    let mut packets: BTreeMap<u64, u64> = BTreeMap::new();
    for time in times {
        // The end of a bin is still in it, as the last line is in the trace.
        *packets.entry(time.saturating_sub(1) / BIN).or_default() += 1;
    }
    let mut steps: Vec<(Duration, u64)> = Vec::new();
    let mut at = 0;
    for (bin, packets) in packets {
        let begins = bin * BIN;
        let ends = (begins + BIN).min(end);
        push(&mut steps, begins - at, 0);
        push(
            &mut steps,
            ends - begins,
            packets * FULL_PACKET * 8 * 1000 / (ends - begins),
        );
        at = ends;
    }
    let trace = RateTrace::new(steps).repeated();
    match trace.mistakes().first() {
        None => Ok(trace),
        Some(mistake) => Err(mistake.clone()),
    }
}

/// One step more, or a longer last one.
fn push(steps: &mut Vec<(Duration, u64)>, millis: u64, rate: u64) {
    let time = Duration::from_millis(millis);
    match steps.last_mut() {
        _ if time.is_zero() => {}
        Some(last) if last.1 == rate => last.0 += time,
        _ => steps.push((time, rate)),
    }
}
