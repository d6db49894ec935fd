//! What is said of links that do something else than they declare.

use super::*;
use crate::impairment::{Impairment, Jitter, Loss, Reorder};

fn direction(declared: Impairment) -> DirectionReport {
    DirectionReport {
        sent: 1_000,
        distinct: 1_000,
        time: Duration::from_millis(500),
        declared: Some(Declared::new(vec![declared])),
        ..DirectionReport::default()
    }
}

fn report(directions: [DirectionReport; 2]) -> LinkReport {
    LinkReport {
        names: ["a", "b"].map(str::to_owned),
        addresses: [[10, 1, 0, 1].into(), [10, 1, 0, 2].into()],
        round_trips: [40, 41, 45].map(Duration::from_millis).to_vec(),
        asked: 3,
        directions,
    }
}

#[track_caller]
fn assert_faults(direction: &DirectionReport, expected: &[&str]) {
    assert_eq!(direction.faults(), expected);
}

#[test]
fn a_link_that_does_as_declared_is_left_in_peace() {
    let delay = Impairment::new().delay(Duration::from_millis(20));
    let good = report([direction(delay.clone()), direction(delay)]);
    good.assert_as_declared();
}

#[test]
fn round_trips_below_the_delays_are_told_with_all_that_was_measured() {
    let delay = Impairment::new().delay(Duration::from_millis(30));
    let wrong = report([direction(delay.clone()), direction(delay)]);
    assert_eq!(
        wrong.as_declared().unwrap_err().to_string(),
        "failed to find the link between `a` and `b` as it was declared: a round trip took 40ms, and the delays make 60ms\n  \
         help: this was measured:\n\
         `a` (10.1.0.1) and `b` (10.1.0.2), round trip 40.000/41.000/45.000 ms (min/median/max of 3)\n\
         direction  sent  lost     99.9 % sure  twice  late  damaged  rate\n\
         a > b      1000   0 %  0 % to 0.757 %      0     0        0     -\n\
         b > a      1000   0 %  0 % to 0.757 %      0     0        0     -"
    );
}

#[test]
fn a_way_over_other_nodes_declares_nothing() {
    let unknown = || DirectionReport {
        declared: None,
        ..direction(Impairment::new())
    };
    assert_eq!(
        report([unknown(), unknown()])
            .as_declared()
            .unwrap_err()
            .to_string(),
        "failed to find the link between `a` and `b` as it was declared: the two are not on one segment, so no link is declared\n  \
         help: measure between neighbours, one segment after the other"
    );
}

#[test]
fn too_many_and_too_few_losses_are_faults() {
    let lossy = Impairment::new().loss(Loss::random(0.05));
    let lost = |count: u64| DirectionReport {
        distinct: 1_000 - count,
        ..direction(lossy.clone())
    };
    assert_faults(&lost(48), &[]);
    assert_faults(
        &lost(100),
        &["100 of 1000 datagrams were lost, which makes 7.138 % to 13.477 %, and 5 % is declared"],
    );
    assert_eq!(lost(10).faults().len(), 1);
    // In bursts, 100 of 1,000 are no surprise.
    let bursts = Impairment::new().loss(Loss::correlated(0.05, 0.8));
    let bursts = DirectionReport {
        distinct: 900,
        ..direction(bursts)
    };
    assert_faults(&bursts, &[]);
}

#[test]
fn damage_explains_losses_of_its_own_size() {
    let damaging = Impairment::new().corrupt(0.1);
    let damaged = DirectionReport {
        distinct: 900,
        damaged: 80,
        ..direction(damaging)
    };
    assert_eq!(damaged.lost(), 20);
    assert_faults(&damaged, &[]);
    let undeclared = DirectionReport {
        declared: Some(Declared::default()),
        ..damaged
    };
    assert_eq!(
        undeclared.faults()[1],
        "80 datagrams were damaged, which makes 5.45 % to 11.197 %, and 0 % is declared"
    );
}

#[test]
fn a_sender_that_is_moved_to_another_processor_is_no_fault_of_the_link() {
    let late = |overtaken| DirectionReport {
        overtaken,
        ..direction(Impairment::new())
    };
    assert_faults(&late(10), &[]);
    assert_faults(&late(11), &["11 datagrams were overtaken"]);
}

#[test]
fn copies_and_late_ones_must_have_been_asked_for() {
    let mixed = |declared| DirectionReport {
        duplicates: 100,
        overtaken: 30,
        ..direction(declared)
    };
    assert_faults(
        &mixed(Impairment::new()),
        &[
            "100 of 1000 datagrams came twice, which makes 7.138 % to 13.477 %, and 0 % is declared",
            "30 datagrams were overtaken",
        ],
    );
    let asked = Impairment::new()
        .delay(Duration::from_millis(5))
        .duplicate(0.1);
    assert_faults(&mixed(asked.clone().reorder(Reorder::new(0.1))), &[]);
    assert_faults(
        &mixed(asked.jitter(Jitter::uniform(Duration::from_millis(1)))),
        &[],
    );
}

#[test]
fn a_rate_is_met_within_two_percent_or_was_not_tried() {
    let limited = Impairment::new().rate(10_000_000);
    let rate = |offered, rate| DirectionReport {
        offered: Some(offered),
        rate,
        ..direction(limited.clone())
    };
    assert_faults(&rate(12.5e6, Some(10.1e6)), &[]);
    assert_faults(&rate(12.5e6, Some(9.85e6)), &[]);
    assert_faults(
        &rate(12.5e6, Some(10.3e6)),
        &["the rate is 10.3 Mbit/s, and 10 Mbit/s is declared"],
    );
    assert_faults(
        &rate(12.5e6, None),
        &["too little arrived to tell a rate, and 10 Mbit/s is declared"],
    );
    assert_faults(
        &rate(8e6, Some(8e6)),
        &["this machine could send 8 Mbit/s only, too little to try a rate of 10 Mbit/s"],
    );
    // Arrivals that may be 10 ms early or late, of 500.
    let shaky = limited
        .delay(Duration::from_millis(10))
        .jitter(Jitter::uniform(Duration::from_millis(5)));
    let shaky = DirectionReport {
        offered: Some(12.5e6),
        rate: Some(10.4e6),
        ..direction(shaky)
    };
    assert_faults(&shaky, &[]);
}
