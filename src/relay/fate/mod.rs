//! What is to become of packets, from an impairment and a seed: pure, without clocks of its own.
//!
//! The order: loss, duplication, damage, the queue of a limited rate, the delay. Every decision about a packet follows from the seed,
//! the kind of decision and the packet's number, so that one trouble more does not change what becomes of packets otherwise.

mod chance;
mod loss;
mod queue;
#[cfg(test)]
mod tests;

pub(crate) use queue::{Bottleneck, Offer};

use std::time::Duration;

use chance::{Chance, Kind};
use loss::Losses;

use crate::impairment::{Impairment, Jitter, Reorder};

/// The fates of the packets of one direction, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Fates {
    impairment: Impairment,
    seed: u64,
    chance: Chance,
    losses: Option<Losses>,
    /// Packets so far.
    number: u64,
    /// Packets in a row that were not reordered.
    in_order: u32,
}

/// What becomes of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) lost: bool,
    pub(crate) first: Passage,
    /// What becomes of its duplicate.
    pub(crate) copy: Option<Passage>,
}

/// How a packet passes that is not lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) damage: Option<Damage>,
    /// Behind the queue.
    pub(crate) delay: Duration,
    /// It goes at once, before those that wait.
    pub(crate) reordered: bool,
}

/// A bit that is flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// From the frame's beginning.
    pub(crate) byte: usize,
    /// 0 is the lowest.
    pub(crate) bit: u8,
}

impl Fates {
    pub(crate) fn new(impairment: &Impairment, seed: u64) -> Self {
        Self {
            seed,
            impairment: impairment.clone(),
            losses: impairment.loss.map(|loss| Losses::new(loss.0)),
            chance: Chance::new(seed),
            number: 0,
            in_order: 0,
        }
    }

    /// Whether they would be the same from the beginning: the rate of a link decides about no fate.
    pub(crate) fn are_of(&self, impairment: &Impairment, seed: u64) -> bool {
        let fate_of = |what: &Impairment| Impairment {
            rate: None,
            queue: None,
            ..what.clone()
        };
        self.seed == seed && fate_of(&self.impairment) == fate_of(impairment)
    }

    /// Decides about the next packet, a frame of so many bytes.
    pub(crate) fn next(&mut self, length: usize) -> Fate {
        let number = self.number;
        self.number += 1;
        let lost = match &mut self.losses {
            Some(losses) => losses.next(&self.chance, number),
            None => false,
        };
        let again = self
            .chance
            .happens(self.impairment.duplicate, Kind::Duplicate, number);
        // Counted for lost packets as well: whether there is loss changes nothing else.
        let reordered = self.is_reordered(number);
        let first = Passage {
            damage: self.damage(2 * number, length),
            delay: if reordered {
                Duration::ZERO
            } else {
                self.delay(2 * number)
            },
            reordered,
        };
        let copy = (again && !lost).then(|| Passage {
            damage: self.damage(2 * number + 1, length),
            delay: self.delay(2 * number + 1),
            reordered: false,
        });
        Fate { lost, first, copy }
    }

    /// Whether what leaves later must not arrive earlier.
    pub(crate) fn keeps_order(&self) -> bool {
        self.impairment
            .jitter
            .is_some_and(|jitter| !jitter.reorders)
    }

    fn is_reordered(&mut self, number: u64) -> bool {
        let Some(Reorder { probability, gap }) = self.impairment.reorder else {
            return false;
        };
        // As netem does: after so many in order, each is a candidate until one goes.
        let candidate = self.in_order >= gap.unwrap_or(1).saturating_sub(1);
        let reordered = candidate && self.chance.happens(probability, Kind::Reorder, number);
        self.in_order = if reordered {
            0
        } else {
            self.in_order.saturating_add(1)
        };
        reordered
    }

    /// Around the delay that was asked for, and never below zero.
    fn delay(&self, number: u64) -> Duration {
        let delay = self.impairment.delay;
        let Some(Jitter {
            spread,
            distribution,
            ..
        }) = self.impairment.jitter
        else {
            return delay;
        };
        let spreads = distribution.deviation(self.chance.inner(Kind::Jitter, number));
        let shift = spread.as_secs_f64() * spreads;
        // What is too long to be told is as long as there is.
        let far = Duration::try_from_secs_f64(shift.abs()).unwrap_or(Duration::MAX);
        if shift < 0.0 {
            delay.saturating_sub(far)
        } else {
            delay.saturating_add(far)
        }
    }

    /// Any bit behind the addresses and the type, which lead to the other end in any case.
    fn damage(&self, number: u64, length: usize) -> Option<Damage> {
        const ETHERNET: usize = 14;
        let happens = self
            .chance
            .happens(self.impairment.corrupt, Kind::Corrupt, number);
        let bits = (length.saturating_sub(ETHERNET) * 8) as u64;
        (happens && bits > 0).then(|| {
            let bit = self.chance.below(bits, Kind::Bit, number) as usize;
            Damage {
                byte: ETHERNET + bit / 8,
                bit: (bit % 8) as u8,
            }
        })
    }
}
