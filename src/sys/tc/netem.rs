//! netem: delay, loss, duplicates, damage. Its options as bytes, and what the kernel made of them.
//!
//! See [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html), `struct tc_netem_qopt` in `linux/pkt_sched.h`.

use super::loss::Chain;
use super::message::{attribute, long, word, words};
use crate::impairment::{Impairment, Jitter, UNDER_WAY};
use crate::sys::netlink::raw::Attributes;

const TCA_NETEM_DELAY_DIST: u16 = 2;
const TCA_NETEM_REORDER: u16 = 3;
const TCA_NETEM_CORRUPT: u16 = 4;
const TCA_NETEM_LOSS: u16 = 5;
const TCA_NETEM_RATE: u16 = 6;
const TCA_NETEM_RATE64: u16 = 8;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
const TCA_NETEM_PRNG_SEED: u16 = 14;

/// The length of `struct tc_netem_qopt`.
const HEADER: usize = 24;
/// A rate, in bytes a second, at which a packet takes no time to speak of. With any rate, netem lets no packet leave before the one
/// that came before it.
const IN_ORDER: u64 = 1_000_000_000_000 / 8;

/// The options, as the kernel has them. Probabilities are parts of 2^32 - 1, times nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Netem {
    pub(super) limit: u32,
    loss: u32,
    chain: Option<Chain>,
    gap: u32,
    reorder: u32,
    duplicate: u32,
    corrupt: u32,
    latency: u64,
    jitter: u64,
    /// Bytes a second, at which nothing is late and everything in order.
    rate: u64,
    /// The deviations of the delay; the kernel does not give it back.
    table: Vec<u8>,
    /// Kernels before 6.6 know of no seed, and say nothing.
    pub(super) seed: Option<u64>,
}

/// As a part of 2^32 - 1. What is asked for is never exceeded, so that sums do not wrap.
pub(super) fn part(probability: f64) -> u32 {
    (probability * f64::from(u32::MAX)) as u32
}

/// The deviations of the delay, of which netem picks one for each packet, as 16-bit numbers.
///
/// netem varies evenly without a table. But a change that brings none leaves the one before.
fn table(jitter: Jitter) -> Vec<u8> {
    const EVEN: [i16; 4096] = {
        // From one spread below to one above, in steps of which each stands for its middle.
        let mut table = [0; 4096];
        let mut entry = 0;
        while entry < table.len() {
            table[entry] = (4 * entry as i32 - 8190) as i16;
            entry += 1;
        }
        table
    };
    let table = jitter.distribution.table();
    let table = table.as_deref().unwrap_or(&EVEN);
    table.iter().flat_map(|it| it.to_ne_bytes()).collect()
}

/// Whether it needs netem at all: a rate alone does not.
pub(super) fn is_needed(what: &Impairment) -> bool {
    let mut rest = what.clone();
    (rest.rate, rest.queue) = (None, None);
    rest != Impairment::new()
}

impl Netem {
    /// The options for an impairment.
    pub(super) fn of(what: &Impairment, seed: u64) -> Self {
        let chain = what.loss.as_ref().and_then(|loss| Chain::of(&loss.0));
        let (gap, reorder) = match what.reorder {
            Some(reorder) => (reorder.gap.unwrap_or(1), part(reorder.probability)),
            None => (0, 0),
        };
        let in_order = what.jitter.is_some_and(|it| !it.reorders);
        Self {
            limit: UNDER_WAY,
            loss: what
                .loss
                .as_ref()
                .map_or(0, |it| super::loss::random(&it.0)),
            chain,
            gap,
            reorder,
            duplicate: part(what.duplicate),
            corrupt: part(what.corrupt),
            latency: what.delay.as_nanos() as u64,
            jitter: what.jitter.map_or(0, |it| it.spread.as_nanos() as u64),
            rate: if in_order { IN_ORDER } else { 0 },
            table: what.jitter.map_or(Vec::new(), table),
            seed: Some(seed),
        }
    }

    /// `TCA_OPTIONS`: a structure, and attributes behind it.
    ///
    /// A change leaves what is not mentioned as it was, so that all is mentioned.
    pub(super) fn options(&self) -> Vec<u8> {
        let ticks = 0;
        let head = [
            ticks,
            self.limit,
            self.loss,
            self.gap,
            self.duplicate,
            ticks,
        ];
        let mut rest = Attributes::new()
            .with(TCA_NETEM_REORDER, &words(&[self.reorder, 0]))
            .with(TCA_NETEM_CORRUPT, &words(&[self.corrupt, 0]))
            .with(TCA_NETEM_RATE, &words(&[0; 4]))
            .with(TCA_NETEM_RATE64, &self.rate.to_ne_bytes())
            .with(TCA_NETEM_LATENCY64, &self.latency.to_ne_bytes())
            .with(TCA_NETEM_JITTER64, &self.jitter.to_ne_bytes());
        if let Some(chain) = &self.chain {
            rest = rest.nest(TCA_NETEM_LOSS, |inner| chain.encode(inner));
        }
        if !self.table.is_empty() {
            rest = rest.with(TCA_NETEM_DELAY_DIST, &self.table);
        }
        if let Some(seed) = self.seed {
            rest = rest.with(TCA_NETEM_PRNG_SEED, &seed.to_ne_bytes());
        }
        [&words(&head), rest.bytes()].concat()
    }

    /// What the kernel has, as far as it tells; nothing if it cannot be read.
    pub(super) fn read(options: &[u8]) -> Option<Self> {
        let rest = options.get(HEADER..)?;
        let number = |kind| attribute(rest, kind).and_then(long);
        let first = |kind| attribute(rest, kind).and_then(|it| word(it, 0));
        let rate = number(TCA_NETEM_RATE64).or_else(|| first(TCA_NETEM_RATE).map(u64::from));
        Some(Self {
            limit: word(options, 1)?,
            loss: word(options, 2)?,
            chain: attribute(rest, TCA_NETEM_LOSS).and_then(Chain::read),
            gap: word(options, 3)?,
            reorder: first(TCA_NETEM_REORDER)?,
            duplicate: word(options, 4)?,
            corrupt: first(TCA_NETEM_CORRUPT)?,
            latency: number(TCA_NETEM_LATENCY64)?,
            jitter: number(TCA_NETEM_JITTER64)?,
            rate: rate?,
            table: Vec::new(),
            seed: number(TCA_NETEM_PRNG_SEED),
        })
    }

    /// What the kernel has otherwise than it was sent, the seed apart.
    pub(super) fn differences(&self, found: &Self) -> Vec<String> {
        let numbers = |it: &Self| {
            [
                ("limit", u64::from(it.limit)),
                ("loss", u64::from(it.loss)),
                ("gap", u64::from(it.gap)),
                ("reorder", u64::from(it.reorder)),
                ("duplicate", u64::from(it.duplicate)),
                ("corrupt", u64::from(it.corrupt)),
                ("delay", it.latency),
                ("jitter", it.jitter),
                ("rate", it.rate),
            ]
        };
        let mut differences: Vec<String> = numbers(self)
            .iter()
            .zip(numbers(found))
            .filter(|(sent, found)| **sent != *found)
            .map(|((name, sent), (_, found))| format!("{name} {found} instead of {sent}"))
            .collect();
        if self.chain != found.chain {
            differences.push(format!(
                "loss {:?} instead of {:?}",
                found.chain, self.chain
            ));
        }
        differences
    }
}
