//! One function, several tests: what they are called, and that each is judged by itself.

use crate::run::run;
use crate::subjects::{Package, assert_in_order};

#[test]
fn variants_are_listed_by_their_paths() {
    let run = run(Package::Downstream, &["--list", "variants::passes"]);
    run.assert_passed();
    let listed: Vec<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    assert_eq!(
        listed,
        [
            "variants::passes_everywhere::far::v4",
            "variants::passes_everywhere::far::v6",
            "variants::passes_everywhere::near::v4",
            "variants::passes_everywhere::near::v6",
            "variants::passes_in_each::dual",
            "variants::passes_in_each::v4",
            "variants::passes_in_each::v6",
        ]
    );
}

#[test]
fn one_variant_fails_and_the_others_pass() {
    let run = run(Package::Downstream, &["variants::fails_in_one"]);
    run.assert_failed(&["variants::fails_in_one::v6"]);
    assert_eq!(
        run.names("ok"),
        ["variants::fails_in_one::dual", "variants::fails_in_one::v4"]
    );
    let section = run.failure("variants::fails_in_one::v6");
    assert_in_order(
        section,
        &[
            "printed over [V6]",
            "panicked at",
            "variants.rs:",
            "not over IPv6 alone",
            "the network as it was",
        ],
    );
}

#[test]
fn a_variant_is_run_by_its_name() {
    for arguments in [
        &["passes_in_each::v4"][..],
        &["--exact", "variants::passes_in_each::v4"],
    ] {
        let run = run(Package::Downstream, arguments);
        run.assert_passed();
        assert_eq!(run.names("ok"), ["variants::passes_in_each::v4"]);
    }
}

#[test]
fn other_attributes_hold_for_each_variant() {
    let run = run(
        Package::Downstream,
        &["variants::", "--skip", "one", "--include-ignored"],
    );
    run.assert_failed(&[
        "variants::fails_by_its_deadline::v4",
        "variants::fails_by_its_topology::v6",
        "variants::fails_by_the_wrong_panic::v6",
    ]);
    let passed = run.names("ok");
    for name in [
        "variants::fails_by_its_deadline::v6",
        "variants::fails_by_the_wrong_panic::v4",
        "variants::ignored_and_passes::v4",
        "variants::ignored_and_passes::v6",
        "variants::rstest_passes::case_1_http::v4",
        "variants::rstest_passes::case_2_https::v6",
    ] {
        assert!(passed.contains(&name), "{name} is not in {passed:?}");
    }
}

/// A topology that is limited already cannot be limited to the other family: both places are named.
#[test]
fn a_variant_that_its_topology_excludes_says_where() {
    let run = run(Package::Downstream, &["variants::fails_by_its_topology"]);
    let section = run.failure("variants::fails_by_its_topology::v6");
    assert_eq!(section.matches("variants.rs:").count(), 2, "{section}");
    assert_in_order(
        section,
        &[
            "failed to plan the topology: 1 mistake",
            "topology: IPv6 only, and IPv4 only from",
            "no address would be left",
        ],
    );
}
