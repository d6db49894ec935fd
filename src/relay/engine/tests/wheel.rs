//! The wheel against a sorted list.

use proptest::prelude::*;

use crate::packet::Way;
use crate::relay::engine::slab::{List, Slab, Stage, Trip};
use crate::relay::engine::wheel::Wheel;

const TICK: u64 = 1 << 14;

/// A wheel, and what it has to tell: when, and in which order things were inserted.
struct Both {
    slab: Slab,
    wheel: Wheel,
    list: Vec<(u64, usize)>,
    now: u64,
    inserted: usize,
}

impl Both {
    fn new() -> Self {
        Self {
            slab: Slab::default(),
            wheel: Wheel::new(),
            list: Vec::new(),
            now: 0,
            inserted: 0,
        }
    }

    fn insert(&mut self, delay: u64) {
        let at = self.now.saturating_add(delay);
        let trip = Trip {
            line: self.inserted,
            way: Way::Forth,
            stage: Stage::Impaired,
            delay: 0,
            overtakes: false,
            seen: None,
        };
        let id = self.slab.keep(&[], trip).unwrap();
        self.slab.set_at(id, at);
        self.wheel.insert(&mut self.slab, id);
        self.list.push((at.div_ceil(TICK), self.inserted));
        self.inserted += 1;
    }

    /// What is due in the end of so much time, by the wheel and by the list.
    fn advance(&mut self, time: u64) -> (Vec<usize>, Vec<usize>) {
        self.now = self.now.saturating_add(time);
        let mut due = List::default();
        self.wheel.advance(&mut self.slab, self.now, &mut due);
        let mut told = Vec::new();
        while let Some(id) = due.pop(&mut self.slab) {
            assert!(self.slab.at(id) <= self.now, "early");
            told.push(self.slab.trip(id).line);
            self.slab.forget(id);
        }
        let tick = self.now / TICK;
        self.list.sort();
        let count = self.list.iter().take_while(|(at, _)| *at <= tick).count();
        let expected = self.list.drain(..count).map(|(_, number)| number).collect();
        (told, expected)
    }
}

/// Times of all sizes, those around the borders of levels among them.
fn times() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..5 * TICK,
        (0_u32..40, -2_i64..3)
            .prop_map(|(bits, off)| (TICK << bits.min(38)).saturating_add_signed(off)),
        0_u64..1 << 40,
        0_u64..1 << 52,
    ]
}

proptest! {
    #[test]
    fn a_wheel_tells_what_a_sorted_list_tells(
        steps in prop::collection::vec((prop::collection::vec(times(), 0..8), times()), 1..60),
    ) {
        let mut both = Both::new();
        for (delays, time) in steps {
            for delay in delays {
                both.insert(delay);
            }
            let next = both.wheel.next();
            let first = both.list.iter().map(|(at, _)| at * TICK).min();
            // It may ask to be looked at earlier, but not later.
            prop_assert!(next <= first || first.is_none());
            prop_assert_eq!(next.is_none(), first.is_none());
            let (told, expected) = both.advance(time);
            prop_assert_eq!(told, expected);
            prop_assert_eq!(both.wheel.len(), both.list.len());
        }
    }

    /// Whoever sleeps until it asks to be looked at misses nothing, and is not woken for ever.
    #[test]
    fn sleeping_until_the_next_moment_tells_everything_in_time(
        delays in prop::collection::vec(times(), 1..50),
    ) {
        let mut both = Both::new();
        for delay in delays {
            both.insert(delay);
        }
        let mut looks = 0;
        while let Some(next) = both.wheel.next() {
            let at = next - both.now;
            let (told, expected) = both.advance(at);
            prop_assert_eq!(told, expected);
            looks += 1;
            prop_assert!(looks <= 50 * 8, "woken {} times", looks);
        }
        prop_assert!(both.list.is_empty());
    }
}

#[test]
fn slots_are_used_again() {
    let mut both = Both::new();
    for _ in 0..1000 {
        both.insert(TICK);
        both.insert(TICK);
        both.advance(2 * TICK);
    }
    assert_eq!(both.slab.len(), 0);
    assert_eq!(both.slab.peak(), 2);
}
