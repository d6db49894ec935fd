//! Fates repeat, are as frequent as declared, and do not depend on one another.

use std::time::Duration;

use proptest::prelude::*;

use super::{Bottleneck, Fate, Fates, Offer};
use crate::impairment::{Impairment, Jitter, Loss, LossModel, Queue, Reorder};

const FRAME: usize = 1514;

fn everything() -> Impairment {
    Impairment::new()
        .delay(Duration::from_millis(20))
        .jitter(Jitter::normal(Duration::from_millis(5)))
        .loss(Loss::random(0.1))
        .duplicate(0.1)
        .corrupt(0.1)
        .reorder(Reorder::new(0.2))
}

fn fates(what: &Impairment, seed: u64, count: usize) -> Vec<Fate> {
    let mut fates = Fates::new(what, seed);
    (0..count).map(|_| fates.next(FRAME)).collect()
}

/// Asserts that a count of so many trials is within the interval in which 999 of 1000 such counts lie.
fn assert_share(count: usize, trials: usize, probability: f64, what: &str) {
    let expected = trials as f64 * probability;
    let deviation = (expected * (1.0 - probability)).sqrt();
    let off = (count as f64 - expected).abs();
    assert!(
        off <= 3.2905 * deviation + 0.5,
        "{what}: {count} of {trials}, {expected} expected"
    );
}

#[test]
fn the_same_seed_is_the_same_fates_one_by_one() {
    let first = fates(&everything(), 42, 1000);
    for (nth, (one, other)) in first.iter().zip(fates(&everything(), 42, 1000)).enumerate() {
        assert_eq!(*one, other, "packet {nth}");
    }
    let other = fates(&everything(), 43, 1000);
    let alike = first.iter().zip(&other).filter(|(a, b)| a == b).count();
    // Reordered packets are alike: a fifth of a fifth of them.
    assert!(alike < 100, "{alike} of 1000 alike");
}

#[test]
fn one_trouble_more_changes_no_other() {
    let plain = everything();
    let lost = |what: &Impairment| -> Vec<bool> {
        fates(what, 7, 1000).iter().map(|fate| fate.lost).collect()
    };
    let damaged = |what: &Impairment| -> Vec<_> {
        fates(what, 7, 1000)
            .iter()
            .map(|fate| fate.first.damage)
            .collect()
    };
    let cleaner = plain
        .clone()
        .corrupt(0.0)
        .duplicate(0.0)
        .reorder(Reorder::new(0.0));
    assert_eq!(lost(&plain), lost(&cleaner));
    assert_eq!(
        damaged(&plain),
        damaged(&plain.clone().loss(Loss::random(0.0)).duplicate(0.9))
    );
}

#[test]
fn what_is_declared_is_as_frequent_as_declared() {
    const TRIALS: usize = 20_000;
    for seed in 0..5 {
        let fates = fates(&everything(), seed, TRIALS);
        let count = |what: fn(&Fate) -> bool| fates.iter().filter(|fate| what(fate)).count();
        let copies = fates.iter().filter(|fate| !fate.lost);
        let (copied, passed) = (
            copies.clone().filter(|fate| fate.copy.is_some()).count(),
            copies.count(),
        );
        assert_share(count(|fate| fate.lost), TRIALS, 0.1, "lost");
        assert_share(copied, passed, 0.1, "duplicated");
        assert_share(
            count(|fate| fate.first.damage.is_some()),
            TRIALS,
            0.1,
            "damaged",
        );
        assert_share(count(|fate| fate.first.reordered), TRIALS, 0.2, "reordered");
    }
}

fn losses(model: LossModel, seed: u64, count: usize) -> Vec<bool> {
    let what = Impairment::new().loss(Loss(model));
    fates(&what, seed, count)
        .iter()
        .map(|fate| fate.lost)
        .collect()
}

/// How often the packet after a lost one is lost.
fn after_a_loss(lost: &[bool]) -> f64 {
    let pairs = lost.windows(2).filter(|pair| pair[0]);
    let both = pairs.clone().filter(|pair| pair[1]).count();
    both as f64 / pairs.count() as f64
}

#[test]
fn chains_lose_as_much_as_their_theory_says_and_in_bursts() {
    const TRIALS: usize = 400_000;
    let share = |lost: &[bool]| lost.iter().filter(|lost| **lost).count() as f64 / TRIALS as f64;
    let near = |found: f64, theory: f64, what: &str| {
        assert!(
            (found - theory).abs() < 0.05 * theory,
            "{what}: {found}, by theory {theory}"
        );
    };
    let correlated = losses(
        LossModel::Correlated {
            probability: 0.1,
            correlation: 0.5,
        },
        1,
        TRIALS,
    );
    near(share(&correlated), 0.1, "correlated");
    near(
        after_a_loss(&correlated),
        0.1 + 0.5 * 0.9,
        "correlated, after a loss",
    );

    let (p, r, bad, good) = (0.02, 0.2, 0.7, 0.01);
    let elliott = losses(LossModel::GilbertElliott { p, r, bad, good }, 2, TRIALS);
    let in_bad = p / (p + r);
    near(
        share(&elliott),
        in_bad * bad + (1.0 - in_bad) * good,
        "Gilbert-Elliott",
    );

    let [p13, p31, p32, p23, p14] = [0.02, 0.2, 0.1, 0.3, 0.01];
    let four = losses(
        LossModel::FourState {
            p13,
            p31,
            p32,
            p23,
            p14,
        },
        3,
        TRIALS,
    );
    // The chain's own balance: what enters a state leaves it.
    let burst = p13 / p31;
    let (within, alone) = (burst * p32 / p23, p14);
    let theory = (burst + alone) / (1.0 + burst + within + alone);
    near(share(&four), theory, "four states");
    near(
        Loss(LossModel::FourState {
            p13,
            p31,
            p32,
            p23,
            p14,
        })
        .average(),
        theory,
        "as the model says",
    );
}

#[test]
fn every_nth_is_every_nth() {
    let lost = losses(LossModel::EveryNth(3), 1, 9);
    assert_eq!(
        lost,
        [false, false, true, false, false, true, false, false, true]
    );
}

#[test]
fn every_fifth_overtakes_those_before_it() {
    let what = Impairment::new()
        .delay(Duration::from_millis(10))
        .reorder(Reorder::new(1.0).gap(5));
    let early: Vec<usize> = (1..)
        .zip(fates(&what, 1, 15))
        .filter(|(_, fate)| fate.first.delay.is_zero())
        .map(|(nth, _)| nth)
        .collect();
    assert_eq!(early, [5, 10, 15]);
}

#[test]
fn delays_vary_as_declared() {
    let (delay, spread) = (Duration::from_millis(50), Duration::from_millis(10));
    for (jitter, deviation) in [
        (Jitter::uniform(spread), 10.0 / 3.0_f64.sqrt()),
        (Jitter::normal(spread), 10.0),
    ] {
        let what = Impairment::new().delay(delay).jitter(jitter);
        let delays: Vec<f64> = fates(&what, 5, 50_000)
            .iter()
            .map(|fate| fate.first.delay.as_secs_f64() * 1000.0)
            .collect();
        let mean = delays.iter().sum::<f64>() / delays.len() as f64;
        let variance = delays
            .iter()
            .map(|delay| (delay - mean).powi(2))
            .sum::<f64>()
            / delays.len() as f64;
        assert!((mean - 50.0).abs() < 0.2, "{jitter:?}: {mean}");
        assert!(
            (variance.sqrt() - deviation).abs() < 0.2,
            "{jitter:?}: {}",
            variance.sqrt()
        );
    }
    let pareto = fates(
        &Impairment::new()
            .delay(delay)
            .jitter(Jitter::pareto(spread)),
        5,
        50_000,
    );
    let mut delays: Vec<Duration> = pareto.iter().map(|fate| fate.first.delay).collect();
    delays.sort();
    assert!(
        delays[0] >= Duration::from_micros(43_333) && delays[49_999] <= Duration::from_millis(90)
    );
    // The median of that curve is 4/3 (2^(1/3) - 1.5) = -0.32 spreads.
    let median = delays[25_000].as_secs_f64() * 1000.0;
    assert!((median - 46.8).abs() < 0.2, "{median}");
}

/// Bits are numbered from the frame's beginning, and its addresses and type are spared: it arrives, whatever it says.
#[test]
fn any_bit_behind_the_header_is_flipped() {
    let what = Impairment::new().corrupt(1.0);
    let mut fates = Fates::new(&what, 3);
    let mut met = [false; 8];
    for _ in 0..200 {
        let damage = fates.next(15).first.damage.unwrap();
        assert_eq!(damage.byte, 14);
        met[usize::from(damage.bit)] = true;
    }
    assert_eq!(met, [true; 8]);
    assert_eq!(fates.next(14).first.damage, None);
}

#[test]
fn a_link_sends_one_packet_after_the_other_at_its_rate() {
    let mut link = Bottleneck::default();
    assert_eq!(link.offer(1000, 0), Offer::Passes);
    // 8 bits a microsecond: a packet of 1000 bytes takes a millisecond.
    let what = Impairment::new().rate(8_000_000).queue(Queue::Packets(2));
    link.change(Some(&what), 0);
    let offers = [0, 0, 0, 0].map(|now| link.offer(1000, now));
    assert_eq!(
        offers,
        [Offer::Waits, Offer::Waits, Offer::Waits, Offer::Full]
    );
    assert_eq!(link.ends(), Some(1_000_000));
    link.go_on(Some(1000));
    assert_eq!(link.ends(), Some(2_000_000));
    // Half way through, the rate doubles: the other half takes half the time, and so does the next packet.
    link.change(Some(&what.clone().rate(16_000_000)), 1_500_000);
    assert_eq!(link.ends(), Some(1_750_000));
    link.go_on(Some(1000));
    assert_eq!(link.ends(), Some(2_250_000));
    link.go_on(None);
    assert_eq!(link.ends(), None);
    // After a pause the link begins when the packet comes.
    assert_eq!(link.offer(1000, 5_000_000), Offer::Waits);
    assert_eq!(link.ends(), Some(5_500_000));
}

#[test]
fn a_queue_of_bytes_counts_what_waits_and_not_what_is_sent() {
    let mut link = Bottleneck::default();
    link.change(
        Some(&Impairment::new().rate(8_000_000).queue(Queue::Bytes(1514))),
        0,
    );
    let offers = [1514, 1000, 514, 1].map(|length| link.offer(length, 0));
    assert_eq!(
        offers,
        [Offer::Waits, Offer::Waits, Offer::Waits, Offer::Full]
    );
    // Healed, everything goes at once.
    link.change(None, 10);
    assert_eq!(link.ends(), Some(10));
    link.go_on(Some(1000));
    link.go_on(Some(514));
    assert_eq!(link.ends(), Some(10));
}

proptest! {
    /// Whatever comes when, a link is never faster than its rate, and takes what its queue has room for.
    #[test]
    fn no_link_is_faster_than_its_rate(
        rate in 1_000_u64..10_000_000_000,
        packets in prop::collection::vec((60_usize..9000, 0_u64..10_000_000), 1..100),
    ) {
        let mut link = Bottleneck::default();
        link.change(Some(&Impairment::new().rate(rate).queue(Queue::Packets(10))), 0);
        let mut waiting = std::collections::VecDeque::new();
        let (mut now, mut busy_until) = (0, 0_u64);
        for (length, pause) in packets {
            now += pause;
            while let Some(ends) = link.ends().filter(|ends| *ends <= now) {
                let sent: usize = waiting.pop_front().unwrap();
                let least = (sent as u128 * 8 * 1_000_000_000 / u128::from(rate)) as u64;
                prop_assert!(ends >= busy_until + least);
                busy_until = ends;
                link.go_on(waiting.front().copied());
            }
            match link.offer(length, now) {
                Offer::Waits => {
                    if waiting.is_empty() {
                        busy_until = now;
                    }
                    waiting.push_back(length);
                }
                Offer::Full => prop_assert_eq!(waiting.len(), 11),
                Offer::Passes => prop_assert!(false, "a limited link lets nothing past"),
            }
        }
    }
}

#[test]
fn a_rate_decides_about_no_fate_and_all_else_does() {
    let lossy = Impairment::new().loss(Loss::random(0.5));
    let fates = Fates::new(&lossy, 7);
    let limited = lossy.clone().rate(1_000_000).queue(Queue::Packets(3));
    assert!(fates.are_of(&lossy, 7) && fates.are_of(&limited, 7));
    assert!(!fates.are_of(&limited, 8));
    assert!(!fates.are_of(&limited.corrupt(0.1), 7));
}
