//! What is planned, without a network.

use std::time::Duration;

use proptest::prelude::*;

use super::agenda::{Agenda, Deed};
use super::*;
use crate::impairment::RateTrace;

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// The first things to be done: when, and which step or round.
fn planned(schedule: &Schedule, seed: u64, count: usize) -> Vec<(Duration, String)> {
    let mut agenda = Agenda::of(schedule, seed);
    let mut done = Vec::new();
    while let Some((at, deed)) = agenda.pop().filter(|_| done.len() < count) {
        let what = match deed {
            Deed::Step {
                position, lasting, ..
            } => format!("step {position} for {lasting:?}"),
            Deed::Round(round) => {
                agenda.begin(schedule, seed, round, at);
                format!("round {round}")
            }
            other => format!("{other:?}"),
        };
        done.push((at, what));
    }
    done
}

fn random() -> Schedule {
    Schedule::new()
        .at(
            ms(100)..=ms(200),
            Step::isolate("a").lasting(ms(1)..=ms(50)),
        )
        .at(ms(300)..=ms(400), Step::random_halves())
        .every(ms(500))
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_one_another() {
    let plan = planned(&random(), 7, 20);
    assert_eq!(plan, planned(&random(), 7, 20));
    assert_ne!(plan, planned(&random(), 8, 20));
    // Other rounds, other times.
    assert_ne!(plan[0].0 + ms(500), plan[3].0);
}

/// Whoever repeats a run by its seed in another version wants the same times.
#[test]
fn the_times_of_a_seed_are_for_ever() {
    let micros = |time: &(Duration, String)| time.0.as_micros();
    let plan = planned(&random(), 7, 3);
    let times: Vec<u128> = plan.iter().map(micros).collect();
    assert_eq!(times, [120_650, 346_498, 500_000]);
}

#[test]
fn rounds_follow_each_other_and_end() {
    let schedule = Schedule::new()
        .at(ms(20), Step::heal())
        .at(ms(10), Step::isolate("a"))
        .at(ms(10), Step::isolate("b"));
    let plan = planned(&schedule.clone().repeated(2), 0, 100);
    let plan: Vec<(u128, &str)> = plan
        .iter()
        .map(|(at, what)| (at.as_millis(), what.as_str()))
        .collect();
    let none = "step 0 for None";
    assert_eq!(
        plan,
        [
            (10, "step 1 for None"),
            (10, "step 2 for None"),
            (20, none),
            (20, "round 1"),
            (30, "step 1 for None"),
            (30, "step 2 for None"),
            (40, none),
        ]
    );
    assert!(schedule.clone().every(ms(30)).is_endless());
    assert!(!schedule.every(ms(30)).repeated(9).is_endless());
}

#[test]
fn rates_that_are_repeated_have_no_end_unless_somebody_ends_them() {
    let trace = RateTrace::new([(ms(10), 1_000_000), (ms(10), 2_000_000)]);
    let of = |trace: &RateTrace| Step::play_rate("a", "eth0", trace.clone()).named("rates");
    let playing = |step| Schedule::new().at(ms(5), step);
    assert!(!playing(of(&trace)).is_endless());
    let trace = trace.repeated();
    assert!(playing(of(&trace)).is_endless());
    assert!(playing(of(&trace)).at(ms(4), Step::heal()).is_endless());
    assert!(!playing(of(&trace)).at(ms(6), Step::heal()).is_endless());
    assert!(
        !playing(of(&trace))
            .at(ms(6), Step::end("rates"))
            .is_endless()
    );
    assert!(!playing(of(&trace).lasting(ms(50))).is_endless());
}

proptest! {
    #[test]
    fn times_are_chosen_from_their_ranges(seed: u64, earliest in 0..10_000_u64, span in 0..10_000_u64) {
        let schedule = Schedule::new()
            .at(ms(earliest)..=ms(earliest + span), Step::heal());
        let at = planned(&schedule, seed, 1)[0].0;
        prop_assert!(at >= ms(earliest) && at <= ms(earliest + span));
    }
}
