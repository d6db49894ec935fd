use std::time::Duration;

use super::*;

fn responder(last: u8, place: Option<(&str, &str)>) -> Responder {
    Responder {
        address: [10, 0, 0, last].into(),
        place: place.map(|(host, interface)| (host.to_owned(), interface.to_owned())),
    }
}

fn passed(from: Responder, micros: u64) -> TraceAnswer {
    let time = Duration::from_micros(micros);
    TraceAnswer::TimeExceeded { from, time }
}

fn report(answers: Vec<Vec<TraceAnswer>>) -> TraceReport {
    let hops = answers.into_iter().zip(1..);
    TraceReport {
        name: "b".to_owned(),
        target: [10, 0, 0, 9].into(),
        max_hops: 30,
        bytes: 60,
        hops: hops
            .map(|(answers, distance)| TraceHop { distance, answers })
            .collect(),
    }
}

fn three_hops() -> TraceReport {
    let r1 = || responder(1, Some(("r1", "eth0")));
    let stranger = || responder(2, None);
    report(vec![
        vec![passed(r1(), 45), passed(r1(), 1_030), TraceAnswer::Silent],
        vec![passed(stranger(), 61), TraceAnswer::Silent, passed(r1(), 7)],
        vec![TraceAnswer::Reached {
            from: responder(9, Some(("b", "eth0"))),
            time: Duration::from_micros(99),
        }],
    ])
}

#[test]
fn it_prints_as_traceroute_prints() {
    assert_eq!(
        three_hops().to_string(),
        "traceroute to b (10.0.0.9), 30 hops max, 60 byte packets\n \
         1  r1.eth0 (10.0.0.1)  0.045 ms  1.030 ms *\n \
         2  10.0.0.2 (10.0.0.2)  0.061 ms * r1.eth0 (10.0.0.1)  0.007 ms\n \
         3  b.eth0 (10.0.0.9)  0.099 ms"
    );
}

#[test]
fn names_are_those_of_nodes_and_addresses_of_strangers() {
    let report = three_hops();
    assert_eq!(report.names(), ["r1", "10.0.0.2", "b"]);
    assert!(report.reached());
    report.assert_reached();
    assert_eq!(report.hops()[1].name(), None);
}

#[test]
fn silence_at_the_end_is_one_line() {
    let silent = || vec![TraceAnswer::Silent];
    let r1 = || vec![passed(responder(1, Some(("r1", "eth0"))), 45)];
    let text = report(vec![r1(), silent(), silent(), silent()]).to_string();
    assert!(
        text.ends_with("0.045 ms\n 2  *\n    ... silence up to hop 4"),
        "{text}"
    );
    let text = report(vec![silent(), r1(), silent()]).to_string();
    assert!(
        text.ends_with("packets\n 1  *\n 2  r1.eth0 (10.0.0.1)  0.045 ms\n 3  *"),
        "{text}"
    );
    assert_eq!(report(vec![silent(), r1()]).names(), ["*", "r1"]);
}

#[test]
#[should_panic(expected = "`b` should have been reached, but no probe arrived:\n\ntraceroute to b")]
fn what_was_not_reached_fails() {
    report(vec![vec![TraceAnswer::Silent]]).assert_reached();
}

#[test]
#[should_panic(
    expected = "`b` should have been unreachable, but a probe arrived:\n\ntraceroute to b"
)]
fn what_was_reached_fails() {
    three_hops().assert_unreachable();
}
