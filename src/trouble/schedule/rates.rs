//! Links whose rate changes over time.

use std::sync::Arc;

use super::player::Player;
use super::{Schedule, Step};
use crate::error::{Error, Kind, Result};
use crate::impairment::{Impairment, Queue, RateTrace, Room};
use crate::link::Link;
use crate::live::Parts;
use crate::network::Network;
use crate::trouble::Trouble;
use crate::trouble::impair::Side;
use crate::wires;

/// Bits per second: slower than any test is patient.
const OUTAGE: u64 = 1;

impl<'net> Link<'net> {
    /// Lets the rate of its cable follow a trace, in each direction for itself, until the guard is dropped.
    ///
    /// The first rate holds when this returns. Whatever else is wrong with the cable at this moment, delay and loss say, stays so, and the
    /// trace takes the place of its rate. What waits when the rate changes goes on waiting, and leaves at the new rate; a rate of 0 stops it.
    /// Nor do fates begin anew: a change of the rate changes nothing about which packets are lost.
    ///
    /// The queue is always that of the trace's highest rate, unless the impairment has one. By the kernel, each change lets one burst pass
    /// at once: a millisecond of the new rate, at least one frame; a trace with a rate of 0 is always played by this crate's own wire.
    ///
    /// # Errors
    ///
    /// The cable is not a wire, the trace makes no sense, or the kernel refused. What is refused later is told by [`Trouble::heal`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{RateTrace, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let second = Duration::from_secs(1);
    /// let trace = RateTrace::new([(second, 20_000_000), (second, 1_000_000)]).repeated();
    /// let trouble = net.host("a").link("eth0").play_rate(trace).unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// trouble.heal().unwrap();
    /// # }).unwrap();
    /// ```
    ///
    /// Traces of real links come as files of [mahimahi](https://man.archlinux.org/man/mm-link.1): see [`RateTrace::from_mahimahi`].
    #[doc(alias = "mahimahi")]
    #[doc(alias = "bandwidth")]
    pub fn play_rate(self, trace: RateTrace) -> Result<Trouble<'net>> {
        self.play_alone(trace, Step::play_rate)
    }

    /// Lets the rate of what this interface sends follow a trace, until the guard is dropped. All else is as with
    /// [`play_rate`](Self::play_rate).
    ///
    /// # Errors
    ///
    /// As [`play_rate`](Self::play_rate).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{RateTrace, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let trace = RateTrace::new([(Duration::from_secs(1), 20_000_000), (Duration::from_secs(1), 1_000_000)]);
    /// let trouble = net.host("a").link("eth0").play_rate_egress(trace).unwrap();
    /// # drop(trouble);
    /// # }).unwrap();
    /// ```
    pub fn play_rate_egress(self, trace: RateTrace) -> Result<Trouble<'net>> {
        self.play_alone(trace, Step::play_rate_egress)
    }

    /// Lets the rate of what this interface receives follow a trace, until the guard is dropped. All else is as with
    /// [`play_rate`](Self::play_rate).
    ///
    /// # Errors
    ///
    /// As [`play_rate`](Self::play_rate).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{RateTrace, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let trace = RateTrace::new([(Duration::from_secs(1), 20_000_000), (Duration::from_secs(1), 1_000_000)]);
    /// let trouble = net.host("a").link("eth0").play_rate_ingress(trace).unwrap();
    /// # drop(trouble);
    /// # }).unwrap();
    /// ```
    pub fn play_rate_ingress(self, trace: RateTrace) -> Result<Trouble<'net>> {
        self.play_alone(trace, Step::play_rate_ingress)
    }

    fn play_alone(
        self,
        trace: RateTrace,
        step: fn(&str, &str, RateTrace) -> Step,
    ) -> Result<Trouble<'net>> {
        // In the words of who asked for no schedule.
        self.wire("play rates on")?;
        let mistakes = trace.mistakes();
        if !mistakes.is_empty() {
            let what = format!("play rates on {}", self.called());
            return Err(Error::new(Kind::Invalid, what, mistakes.join("; ")));
        }
        let parts = self.host().parts();
        let step = step(self.host().name(), self.name(), trace);
        let what = step.to_string();
        let schedule = Schedule::new().at(std::time::Duration::ZERO, step);
        super::check::check(&Network::from_parts(Arc::clone(parts)), &schedule)?;
        let player = Player::start(parts, schedule, 0)?;
        let shared = Arc::clone(player.shared());
        let trouble = Trouble::begun(parts, what, move |parts| player.end(parts));
        match shared.wait_for(std::time::Duration::ZERO) {
            Ok(()) => Ok(trouble),
            Err(error) => {
                // It tells the same once more.
                drop(trouble.heal());
                Err(error)
            }
        }
    }
}

/// The directions of a wire whose rate follows a trace.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    wire: usize,
    /// Of the impairments that say the rate.
    numbers: Vec<u64>,
}

impl Rates {
    /// Begins with the trace's first rate.
    pub(super) fn begin<'net>(
        link: Link<'net>,
        sides: &[Side],
        trace: &RateTrace,
    ) -> Result<(Self, Trouble<'net>)> {
        let (wire, end) = link.wire("play rates on")?;
        let parts = link.host().parts();
        let rates = || trace.steps.iter().map(|step| step.1);
        let most = rates().max().unwrap_or(OUTAGE);
        let stops = usize::from(rates().any(|rate| rate == 0));
        let first = trace.rate_at(std::time::Duration::ZERO);
        let numbers: Vec<u64> = wires::change(parts, wire, |line| {
            line.outages += stops;
            let begun = sides.iter().map(|side| {
                let way = side.way(end);
                let below = line.effective(way).map(|(what, _)| what.clone());
                line.impair(way, limited(below.unwrap_or_default(), first, most))
            });
            begun.collect()
        })?;
        let own = Self { wire, numbers };
        let undone = own.clone();
        let what = format!("{} follows {trace}", link.called());
        let trouble = Trouble::begun(parts, what, move |parts| {
            if stops > 0 {
                // What waits would do so for ever where nobody carries the wire any more who knows of it.
                undone.set(parts, most)?;
            }
            wires::change(parts, undone.wire, |line| {
                line.outages -= stops;
                undone.numbers.iter().for_each(|it| line.relieve(*it));
            })
        });
        Ok((own, trouble))
    }

    /// Goes on with another rate.
    pub(super) fn set(&self, parts: &Parts, rate: u64) -> Result<()> {
        wires::change(parts, self.wire, |line| {
            let numbers = self.numbers.iter();
            numbers.for_each(|number| line.limit(*number, rate.max(OUTAGE)));
        })
    }
}

/// The same trouble with another rate, and a queue that stays when the rate changes.
fn limited(mut what: Impairment, rate: u64, most: u64) -> Impairment {
    what.rate = Some(most);
    what.queue = what.room().map(|room| match room {
        Room::Packets(packets) => Queue::Packets(packets),
        Room::Bytes(bytes) => Queue::Bytes(bytes),
    });
    what.rate = Some(rate.max(OUTAGE));
    what
}
