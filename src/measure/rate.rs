//! The rate of a direction: more datagrams than it carries, and when they arrive.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::measure::count::{message, number, send};
use crate::sys::arrivals::Arrivals;

/// The part of the time in which nothing is measured yet: what a token bucket had saved leaves at once.
const WARMING: u32 = 10;
/// Fewer arrivals say nothing.
const FEWEST: u32 = 8;
/// How long the receiver waits before it looks whether all is over.
const LOOK: Duration = Duration::from_millis(20);
/// How long the sender rests when it is ahead.
const REST: Duration = Duration::from_micros(500);
/// What is longer than this between two looks at the clock is a machine that stood still, and no time in which anything was sent.
const HELD_UP: Duration = Duration::from_millis(50);

/// How one direction is loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) token: u64,
    /// Bytes of a datagram.
    pub(super) payload: usize,
    /// Bytes of its frame.
    pub(super) frame: usize,
    pub(super) time: Duration,
    /// Bits per second; none is as many as the host manages.
    pub(super) offer: Option<f64>,
    /// How long what was sent last may still be under way.
    pub(super) longest: Duration,
}

/// What came of it, in bits per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Throughput {
    pub(super) offered: f64,
    /// None if too few arrived.
    pub(super) carried: Option<f64>,
}

/// Loads a direction, and measures between the first and the last arrival.
pub(super) fn measure(
    sender: &Arrivals,
    receiver: &Arrivals,
    load: &Load,
) -> io::Result<Throughput> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let listener = thread::Builder::new().name("measure".to_owned());
        let listener = listener.spawn_scoped(scope, || listen(receiver, load, &is_over))?;
        let offered = flood(sender, load);
        is_over.store(true, Ordering::Release);
        let carried = match listener.join() {
            Ok(carried) => carried?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        Ok(Throughput { offered, carried })
    })
}

/// Sends for as long as asked, not counting the time in which it could not. Returns how much that was.
fn flood(sender: &Arrivals, load: &Load) -> f64 {
    let bits = load.frame as f64 * 8.0;
    let mut message = message(load.token, load.payload);
    let (mut looked, mut time) = (Instant::now(), Duration::ZERO);
    let mut sent: u32 = 0;
    while time < load.time {
        let now = Instant::now();
        time += (now - looked).min(HELD_UP);
        looked = now;
        let due = load.offer.map(|offer| time.as_secs_f64() * offer / bits);
        if due.is_some_and(|due| f64::from(sent) > due) {
            thread::sleep(REST);
            continue;
        }
        send(sender, &mut message, sent);
        sent = sent.wrapping_add(1);
    }
    f64::from(sent) * bits / time.as_secs_f64()
}

fn listen(receiver: &Arrivals, load: &Load, is_over: &AtomicBool) -> io::Result<Option<f64>> {
    let mut buffer = vec![0; load.payload + 1];
    let mut arrivals = Span::new(load.time / WARMING);
    loop {
        // Before the look: what is sent before the end is waited for.
        let was_over = is_over.load(Ordering::Acquire);
        let wait = if was_over { LOOK + load.longest } else { LOOK };
        match receiver.next(&mut buffer, wait)? {
            Some((length, at)) if number(&buffer[..length], load.token).is_some() => {
                arrivals.add(at);
            }
            None if was_over => break,
            Some(_) | None => {}
        }
    }
    let bits = load.frame as f64 * 8.0;
    Ok(arrivals.rate().map(|frames| frames * bits))
}

/// From the first arrival that counts to the last.
#[derive(Debug)]
struct Span {
    warming: Duration,
    first: Option<Duration>,
    /// The arrival from which on is counted.
    start: Option<Duration>,
    last: Duration,
    /// After that.
    arrivals: u32,
}

impl Span {
    fn new(warming: Duration) -> Self {
        Self {
            warming,
            first: None,
            start: None,
            last: Duration::ZERO,
            arrivals: 0,
        }
    }

    fn add(&mut self, at: Duration) {
        let first = *self.first.get_or_insert(at);
        match self.start {
            Some(_) => {
                self.arrivals += 1;
                self.last = self.last.max(at);
            }
            None if at.saturating_sub(first) >= self.warming => self.start = Some(at),
            None => {}
        }
    }

    /// Arrivals a second: each needed the time since the one before it.
    fn rate(&self) -> Option<f64> {
        let time = self.last.saturating_sub(self.start?).as_secs_f64();
        (self.arrivals >= FEWEST && time > 0.0).then(|| f64::from(self.arrivals) / time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(arrivals: impl IntoIterator<Item = u64>) -> Span {
        let mut span = Span::new(Duration::from_millis(50));
        arrivals
            .into_iter()
            .for_each(|at| span.add(Duration::from_millis(at)));
        span
    }

    #[test]
    fn steady_arrivals_are_counted_by_their_gaps() {
        let rate = span((0..=20).map(|it| 1_000 + it * 10)).rate();
        assert!((rate.unwrap() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_saved_before_does_not_count() {
        let saved = std::iter::repeat_n(1_000, 100);
        let rate = span(saved.chain((1..=20).map(|it| 1_000 + it * 10))).rate();
        assert!((rate.unwrap() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_few_arrivals_say_nothing() {
        assert_eq!(span([]).rate(), None);
        assert_eq!(span((0..12).map(|it| it * 10)).rate(), None);
    }
}
