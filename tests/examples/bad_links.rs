//! The examples about bad links: what they print holds on any machine, however busy.

use std::process::Command;

use super::{assert_in_order, example, run};

/// The numbers of a column, of the rows that begin with something else.
fn column(text: &str, unit: &str) -> Vec<f64> {
    let before_unit = |line: &str| {
        line.split(unit)
            .next()?
            .split_whitespace()
            .last()?
            .parse()
            .ok()
    };
    let rows = text.lines().filter(|line| line.contains(unit));
    rows.filter_map(before_unit).collect()
}

#[test]
fn tcp_over_lossy_links_gets_no_more_than_the_links_carry() {
    let text = run("lossy_tcp");
    let rates = column(text.split("Mathis").nth(1).unwrap(), " Mbit/s");
    assert_eq!(rates.len(), 6, "{text}");
    // Busy machines are slower. What TCP's own headers take is not in it.
    let possible = |rate: &f64| *rate > 0.0 && *rate < 20.0;
    assert!(rates.iter().all(possible), "{text}");
}

#[test]
fn lossy_tcp_refuses_a_backend_that_nobody_knows() {
    let output = Command::new(example("lossy_tcp"))
        .arg("tin")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("`tin` is none of kernel, wire and auto"),
        "{text}"
    );
}

#[test]
fn quic_saves_the_ship_a_round_trip() {
    let text = run("satellite");
    assert_in_order(
        &text,
        &[
            "`ship` sends: delay 300ms, loss 0.2 %, rate 10 Mbit/s, ",
            "one round trip: ",
            "HTTP over TCP ",
            "HTTPS over TCP ",
            "HTTP over QUIC ",
        ],
    );
    // Nobody is faster than light. A busy machine, or a loss, makes it slower.
    let (link, pages) = text.split_once("round trips\n").unwrap();
    let times = [column(link, " ms"), column(pages, " ms")].concat();
    for (time, round_trips) in times.iter().zip([1.0, 2.0, 3.0, 2.0]) {
        assert!(*time >= 600.0 * round_trips, "{text}");
    }
    assert_eq!(times.len(), 4, "{text}");
}
