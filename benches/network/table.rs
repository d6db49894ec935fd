//! The tables.

use std::time::Duration;

use crate::case::Case;
use crate::sample::Times;

/// What was measured of one case: the library's times, and the floor's.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) case: &'static Case,
    pub(crate) times: [Vec<Times>; 2],
}

/// Prints what it took to build, to ping and to close: medians, their ratio, and the ratio of the fastest two samples, which other
/// programs on the machine have disturbed least.
pub(crate) fn print(rows: &[Row]) {
    for (position, what) in ["build", "first ping", "close"].into_iter().enumerate() {
        println!(
            "\n{what:<12} {:>5}  {:>10} {:>10} {:>6} {:>10} {:>8}  samples",
            "hosts", "library", "floor", "ratio", "per host", "fastest"
        );
        for row in rows {
            let [library, floor] = row
                .times
                .each_ref()
                .map(|times| median(times.iter().map(|times| times[position])));
            let [fastest, floors_fastest] = row
                .times
                .each_ref()
                .map(|times| fastest(times.iter().map(|times| times[position])));
            let hosts = row.case.hosts;
            println!(
                "{:<12} {hosts:>5}  {} {} {:>6.2} {} {:>8.2}  {}",
                row.case.name,
                milliseconds(library),
                milliseconds(floor),
                ratio(library, floor),
                milliseconds(library / hosts as u32),
                ratio(fastest, floors_fastest),
                row.times[0].len(),
            );
        }
    }
}

/// The middle one.
pub(crate) fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn fastest(times: impl Iterator<Item = Duration>) -> Duration {
    times.min().unwrap_or_default()
}

fn ratio(library: Duration, floor: Duration) -> f64 {
    library.as_secs_f64() / floor.as_secs_f64()
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:>7.3} ms", time.as_secs_f64() * 1e3)
}
