//! What plans say, and what they refuse.

mod addresses;
#[cfg(feature = "dns")]
mod dns;
mod docker;
mod families;
mod firewalls;
mod hardware;
mod names;
mod nat;
mod paths;
mod printing;
mod properties;
mod routes;
mod rules;
mod share;
mod walks;
mod wires;

use crate::topology::{Mistake, Topology};

/// The tests' own sources: the lines that mistakes are blamed on.
const SOURCES: &[(&str, &str)] = &[
    ("src/plan/tests/addresses.rs", include_str!("addresses.rs")),
    ("src/plan/tests/dns.rs", include_str!("dns.rs")),
    ("src/plan/tests/docker.rs", include_str!("docker.rs")),
    ("src/plan/tests/families.rs", include_str!("families.rs")),
    ("src/plan/tests/firewalls.rs", include_str!("firewalls.rs")),
    ("src/plan/tests/hardware.rs", include_str!("hardware.rs")),
    ("src/plan/tests/names.rs", include_str!("names.rs")),
    ("src/plan/tests/nat.rs", include_str!("nat.rs")),
    ("src/plan/tests/paths.rs", include_str!("paths.rs")),
    ("src/plan/tests/routes.rs", include_str!("routes.rs")),
    ("src/plan/tests/rules.rs", include_str!("rules.rs")),
    ("src/plan/tests/share.rs", include_str!("share.rs")),
];

/// The text of a refusal, each place in it replaced by the code that stands there: `[attach("br0", "10.0.0.1/24"]`.
///
/// So a test says which call is blamed, and stays right when lines move.
fn refusal(topology: &Topology) -> String {
    let error = topology
        .plan()
        .expect_err("the plan should have been refused");
    assert!(error.is_topology());
    let mut text = error.to_string();
    for (file, source) in SOURCES {
        while let Some(start) = text.find(file) {
            let numbers: Vec<&str> = text[start + file.len() + 1..].splitn(3, ':').collect();
            let column_length = numbers[1].find(|c: char| !c.is_ascii_digit());
            let column = &numbers[1][..column_length.unwrap_or(numbers[1].len())];
            let line = source
                .lines()
                .nth(numbers[0].parse::<usize>().unwrap() - 1)
                .unwrap();
            let code = &line[column.parse::<usize>().unwrap() - 1..];
            let code = code
                .split(['|', ')'])
                .next()
                .unwrap()
                .trim_end_matches([',', ' ']);
            let end = start + file.len() + 2 + numbers[0].len() + column.len();
            text.replace_range(start..end, &format!("[{code}]"));
        }
    }
    text
}

/// The one mistake of a topology: its place, its object, its cause.
fn mistake(topology: &Topology) -> String {
    let text = refusal(topology);
    let one = text.strip_prefix("failed to plan the topology: 1 mistake\n    ");
    one.unwrap_or_else(|| panic!("there should be one mistake: {text}"))
        .to_owned()
}

/// The one mistake of a topology that can be allowed, without the line that says how; and that allowing it helps.
fn allowable(topology: &Topology, mistake_: Mistake) -> String {
    let text = mistake(topology);
    let hint = format!("\n      (on purpose? `.allow(Mistake::{mistake_:?})`)");
    let cause = text
        .strip_suffix(&hint)
        .unwrap_or_else(|| panic!("no hint in {text}"));
    let allowed = topology.clone().allow(mistake_).plan();
    assert!(allowed.is_ok(), "{allowed:?}");
    cause.to_owned()
}

#[test]
fn several_mistakes_are_all_listed_in_the_order_in_which_they_are_looked_for() {
    let text = Topology::new()
        .host("a", |h| h.join("office"))
        .host("a", |h| h)
        .link("b", "root")
        .plan()
        .unwrap_err()
        .to_string();
    let causes: Vec<&str> = text
        .lines()
        .map(|line| line.rsplit(": ").next().unwrap())
        .collect();
    assert_eq!(causes.len(), 4, "{text}");
    assert_eq!(causes[0], "3 mistakes");
    assert!(causes[1].starts_with("the name is used twice, first at src/plan/tests/mod.rs:"));
    assert!(causes[2].starts_with("no bridge or segment is called `office` (there is none)"));
    assert!(
        text.contains("no node is called `b` (known: root, a, a)"),
        "{text}"
    );
}
