//! What a way of one or two wires declares.

use std::time::Duration;

use crate::impairment::{Impairment, Jitter, Room};
use crate::measure::burst::burstiness;

/// The impairments that a packet meets on its way, in their order; none is a way without trouble.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Declared {
    pub(super) impairments: Vec<Impairment>,
    /// Whether the kernel lets packets go by its timers. Each runs on any processor, which passes on for itself: no order is kept.
    by_timers: bool,
}

impl Declared {
    #[cfg(test)]
    pub(super) fn new(impairments: Vec<Impairment>) -> Self {
        Self {
            impairments,
            by_timers: false,
        }
    }

    /// The same, if each is done by the kernel or not.
    pub(super) fn by(wires: impl Iterator<Item = (Impairment, bool)>) -> Self {
        let mut declared = Self::default();
        for (impairment, by_kernel) in wires {
            let waits = !impairment.delay.is_zero() || impairment.rate.is_some();
            declared.by_timers |= by_kernel && waits;
            declared.impairments.push(impairment);
        }
        declared
    }

    /// The share of datagrams that get lost: what one wire lets through, the next may lose.
    pub(super) fn loss(&self) -> f64 {
        any(self.impairments.iter().map(Impairment::declared_loss))
    }

    /// Whether all arrive, and whole.
    pub(super) fn is_sound(&self) -> bool {
        self.loss() + self.damage() <= 0.0
    }

    pub(super) fn duplicates(&self) -> f64 {
        // Of one that was copied, each copy may be copied again.
        let copies = self.impairments.iter().map(|it| 1.0 + it.duplicate);
        copies.product::<f64>() - 1.0
    }

    pub(super) fn damage(&self) -> f64 {
        any(self.impairments.iter().map(|it| it.corrupt))
    }

    /// How many datagrams say as much about the loss as one would by itself.
    pub(super) fn burstiness(&self) -> f64 {
        let losses = self.impairments.iter().filter_map(|it| it.loss.as_ref());
        losses.map(burstiness).fold(1.0, f64::max)
    }

    pub(super) fn rate(&self) -> Option<u64> {
        self.impairments.iter().filter_map(|it| it.rate).min()
    }

    /// How many frames of this size may be under way without finding a queue full.
    pub(super) fn room(&self, frame: usize) -> Option<u64> {
        let rooms = self.impairments.iter().filter_map(Impairment::room);
        let frames = rooms.map(|room| match room {
            Room::Packets(packets) => u64::from(packets),
            Room::Bytes(bytes) => bytes / frame as u64,
        });
        frames.min().map(|room| room.max(1))
    }

    /// How long the slowest rate needs for a frame.
    pub(super) fn time_for(&self, frame: usize) -> Duration {
        self.rate().map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(frame as f64 * 8.0 / rate as f64)
        })
    }

    /// How long full queues make a packet wait.
    pub(super) fn waiting(&self) -> Duration {
        let each = self.impairments.iter().filter_map(|it| {
            let bits = it.queue_bytes()? as f64 * 8.0;
            Some(Duration::from_secs_f64(bits / it.rate? as f64))
        });
        each.sum()
    }

    /// Whether a packet may overtake another.
    pub(super) fn reorders(&self) -> bool {
        let jitters = |it: &Impairment| it.jitter.is_some_and(|jitter| jitter.reorders);
        self.by_timers
            || self
                .impairments
                .iter()
                .any(|it| it.reorder.is_some() || jitters(it))
    }

    /// No packet is faster than this.
    pub(super) fn shortest(&self) -> Duration {
        let each = self.impairments.iter().map(|it| {
            let (back, _) = deviations(it);
            match it.reorder {
                Some(_) => Duration::ZERO,
                None => it.delay.saturating_sub(back),
            }
        });
        each.sum()
    }

    /// Few are slower than this, as long as nothing waits for the rate.
    pub(super) fn longest(&self) -> Duration {
        self.impairments
            .iter()
            .map(|it| it.delay + deviations(it).1)
            .sum()
    }

    /// How far two packets' delays may be apart.
    pub(super) fn spread(&self) -> Duration {
        self.longest().saturating_sub(self.shortest())
    }
}

/// How far the delay goes down, and up, from its middle.
fn deviations(it: &Impairment) -> (Duration, Duration) {
    let far = |jitter: &Jitter| {
        // The ends themselves are nowhere on some curves.
        let [down, up] =
            [1e-12, 1.0 - 1e-12].map(|chance| jitter.distribution.deviation(chance).abs());
        (jitter.spread.mul_f64(down), jitter.spread.mul_f64(up))
    };
    it.jitter.as_ref().map(far).unwrap_or_default()
}

/// The probability that one of several things happens.
fn any(probabilities: impl Iterator<Item = f64>) -> f64 {
    1.0 - probabilities.map(|it| 1.0 - it).product::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impairment::{Loss, Queue, Reorder};

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn two_wires_are_one_way() {
        let first = Impairment::new().delay(ms(20)).loss(Loss::random(0.1));
        let first = first.duplicate(0.5).rate(1_000_000);
        let second = Impairment::new().delay(ms(30)).loss(Loss::random(0.5));
        let second = second.duplicate(0.5).corrupt(0.1).rate(2_000_000);
        let both = Declared::new(vec![first, second]);
        assert!((both.loss() - 0.55).abs() < 1e-12);
        assert!((both.duplicates() - 1.25).abs() < 1e-12);
        assert!((both.damage() - 0.1).abs() < 1e-12);
        assert_eq!(both.rate(), Some(1_000_000));
        assert_eq!((both.shortest(), both.longest()), (ms(50), ms(50)));
    }

    #[test]
    fn no_wires_declare_no_trouble() {
        let none = Declared::default();
        assert_eq!(
            (none.loss(), none.damage(), none.burstiness()),
            (0.0, 0.0, 1.0)
        );
        assert_eq!((none.rate(), none.room(100)), (None, None));
        assert_eq!(none.longest(), Duration::ZERO);
    }

    #[test]
    fn jitter_and_reordering_make_packets_faster() {
        let shaky = Impairment::new()
            .delay(ms(20))
            .jitter(Jitter::uniform(ms(5)));
        let declared = Declared::new(vec![shaky.clone()]);
        assert_eq!((declared.shortest(), declared.longest()), (ms(15), ms(25)));
        let mixed = Declared::new(vec![shaky.reorder(Reorder::new(0.5))]);
        assert_eq!((mixed.shortest(), mixed.spread()), (ms(0), ms(25)));
    }

    #[test]
    fn curves_without_ends_are_cut() {
        let shaky = Impairment::new().delay(ms(20));
        for (jitter, shortest, longest) in [
            (Jitter::normal(ms(4)), 4, 36),
            (Jitter::pareto(ms(6)), 16, 44),
        ] {
            let declared = Declared::new(vec![shaky.clone().jitter(jitter)]);
            let found = [declared.shortest(), declared.longest()];
            let found = found.map(|it| (it.as_secs_f64() * 1e3).round() as u64);
            assert_eq!(found, [shortest, longest], "{jitter:?}");
        }
    }

    #[test]
    fn a_queue_has_room_for_one_at_least() {
        let limited = |queue| Declared::new(vec![Impairment::new().rate(1_000_000).queue(queue)]);
        assert_eq!(limited(Queue::Packets(3)).room(142), Some(3));
        assert_eq!(limited(Queue::Bytes(1514)).room(142), Some(10));
        assert_eq!(limited(Queue::Bytes(1514)).room(9000), Some(1));
    }

    #[test]
    fn where_the_kernel_delays_no_order_is_kept() {
        let delayed = Impairment::new().delay(Duration::from_millis(5));
        let reorders = |what: &Impairment, by_kernel| {
            Declared::by([(what.clone(), by_kernel)].into_iter()).reorders()
        };
        assert!(reorders(&delayed, true));
        assert!(reorders(&Impairment::new().rate(1_000_000), true));
        assert!(!reorders(&delayed, false));
        assert!(!reorders(&Impairment::new().duplicate(0.1), true));
    }
}
