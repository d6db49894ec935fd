use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::probe::{Responder, TraceHop};

fn address(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

fn responder(name: &str, last: u8) -> Responder {
    let mut responder = Responder::new(address(last));
    responder.place = Some((name.to_owned(), "eth0".to_owned()));
    responder
}

/// A trace that passed these nodes; `*` was silent, and `b` is the target.
fn path(names: &[&str]) -> PathReport {
    let time = Duration::from_micros(45);
    let answer = |(name, last): (&&str, u8)| match *name {
        "*" => TraceAnswer::Silent,
        "b" => TraceAnswer::Reached {
            from: responder("b", last),
            time,
        },
        name => TraceAnswer::TimeExceeded {
            from: responder(name, last),
            time,
        },
    };
    let hops = names.iter().zip(1..).map(|it| TraceHop {
        distance: it.1,
        answers: vec![answer(it)],
    });
    let trace = TraceReport {
        name: "b".to_owned(),
        target: address(9),
        max_hops: 30,
        bytes: 60,
        hops: hops.collect(),
    };
    PathReport {
        from: "a".to_owned(),
        to: "b".to_owned(),
        traces: vec![(Family::V4, trace)],
    }
}

#[test]
fn the_expected_way_is_no_difference() {
    assert_eq!(path(&["r1", "r2", "b"]).difference(&["r1", "r2"]), None);
    assert_eq!(path(&["b"]).difference(&[]), None);
    let routers = path(&["r1", "*", "b"]).routers(Family::V4);
    assert_eq!(routers, Some(vec!["r1".to_owned(), "*".to_owned()]));
    assert_eq!(path(&["r1", "*"]).routers(Family::V4), None);
    assert_eq!(path(&["b"]).routers(Family::V6), None);
}

#[test]
fn another_way_is_shown_beside_the_expected_one() {
    assert_eq!(
        path(&["r1", "router-3", "b"]).difference(&["r1", "r2"]),
        Some(
            "`a` should have reached `b` by r1, r2, but it did not:\n\
             \nIPv4\n  \
             hop  expected  found\n    \
             1  r1        r1.eth0 (10.0.0.1)  0.045 ms\n!   \
             2  r2        router-3.eth0 (10.0.0.2)  0.045 ms\n    \
             3  b         b.eth0 (10.0.0.3)  0.045 ms\n"
                .to_owned()
        )
    );
}

#[test]
fn ways_of_other_lengths_have_gaps() {
    let longer = path(&["r1", "b"]).difference(&[]).unwrap();
    assert!(
        longer.starts_with("`a` should have reached `b` directly, but it did not:"),
        "{longer}"
    );
    assert!(
        longer.ends_with("!   1  b         r1.eth0 (10.0.0.1)  0.045 ms\n!   2  -         b.eth0 (10.0.0.2)  0.045 ms\n"),
        "{longer}"
    );
    let shorter = path(&["b"]).difference(&["r1"]).unwrap();
    assert!(
        shorter.ends_with("!   1  r1        b.eth0 (10.0.0.1)  0.045 ms\n!   2  b         -\n"),
        "{shorter}"
    );
    let silent = path(&["r1", "*", "*", "*", "*"])
        .difference(&["r1"])
        .unwrap();
    assert!(
        silent.ends_with("    1  r1        r1.eth0 (10.0.0.1)  0.045 ms\n!   2  b         *\n"),
        "{silent}"
    );
}
