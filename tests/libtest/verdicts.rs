//! Which tests fail, and which do not, however libtest is called.

use crate::run::{run, run_with};
use crate::subjects::{Package, Run};

/// Every subject that has to fail. All others have to pass.
pub(crate) const FAILING: [&str; 57] = [
    "endings::aborts",
    "endings::aborts_after_the_test",
    "endings::exits_with_0",
    "endings::exits_with_3",
    "endings::is_killed",
    "endings::never_begins",
    "endings::never_ends",
    "endings::never_ends_by_default",
    "endings::never_exits",
    "endings::never_hears_a_program_out",
    "endings::never_stops_working",
    "endings::overflows_its_stack",
    "endings::segfaults",
    "lacking::needs_one",
    "lacking::needs_one_and_aborts_afterwards",
    "lacking::needs_one_and_should_panic",
    "lacking::needs_one_in_a_box",
    "lacking::needs_one_in_a_result_of_ours",
    "ordinary::fails_as_ever",
    "others::rayon_fails_if_not_allowed",
    "others::rstest_fails_if_large::case_2_large",
    "others::serial_fails",
    "outcomes::fails_an_assertion",
    "outcomes::fails_at_a_firewall",
    "outcomes::fails_by_a_mistyped_address",
    "outcomes::fails_by_a_thread_that_is_left",
    "outcomes::fails_by_a_topology_that_panics",
    "outcomes::fails_by_chance",
    "outcomes::fails_by_its_topology",
    "outcomes::fails_by_the_name_of_its_host",
    "outcomes::fails_by_waiting_in_vain",
    "outcomes::fails_in_trouble",
    "outcomes::fails_on_a_wire_without_trouble",
    "outcomes::fails_once_although_a_thread_is_left_too",
    "outcomes::fails_with_a_boxed_error",
    "outcomes::fails_with_a_panic",
    "outcomes::fails_with_a_payload_that_is_no_text",
    "outcomes::fails_with_a_test_result",
    "outcomes::fails_with_an_exit_code",
    "outcomes::ignored_and_fails",
    "outcomes::nested::deeper::fails_far_down",
    "output::prints_and_fails",
    "output::prints_much_and_fails",
    "output::prints_without_a_break_and_fails",
    "output::prints_without_a_break_and_panics",
    "panics::fails_by_an_abort",
    "panics::fails_by_an_error",
    "panics::fails_by_an_exit",
    "panics::fails_by_its_deadline",
    "panics::fails_by_its_topology",
    "panics::fails_by_the_name_of_its_host",
    "panics::fails_by_the_wrong_panic",
    "panics::fails_without_a_panic",
    "variants::fails_by_its_deadline::v4",
    "variants::fails_by_its_topology::v6",
    "variants::fails_by_the_wrong_panic::v6",
    "variants::fails_in_one::v6",
];

/// Those that only run when they are asked for.
const IGNORED: [&str; 5] = [
    "endings::never_ends_by_default",
    "outcomes::ignored_and_fails",
    "outcomes::ignored_and_passes",
    "variants::ignored_and_passes::v4",
    "variants::ignored_and_passes::v6",
];

/// Those of the failing ones that run without being asked for by `--include-ignored`.
pub(crate) fn failing_by_default() -> Vec<&'static str> {
    let mut names: Vec<_> = FAILING
        .into_iter()
        .filter(|name| !IGNORED.contains(name))
        .collect();
    names.sort_unstable();
    names
}

/// Deadlines of a second need not take a second here.
const SCALE: (&str, &str) = ("NETNS_TEST_TIME_SCALE", "0.5");

#[track_caller]
fn assert_all_as_meant(run: &Run) {
    run.assert_failed(&failing_by_default());
    assert_eq!(run.names("ignored"), IGNORED);
    let passed = run.names("ok").len();
    let all = passed + run.names("FAILED").len() + run.names("ignored").len();
    assert!(
        run.stdout.contains(&format!("\nrunning {all} tests\n")),
        "a test has no verdict in\n{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains(&format!("test result: FAILED. {passed} passed; ")),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_default_run_is_as_meant() {
    assert_all_as_meant(&run_with(Package::Downstream, &[], &[SCALE]));
}

#[test]
fn one_test_after_the_other_is_the_same() {
    assert_all_as_meant(&run_with(
        Package::Downstream,
        &["--test-threads", "1"],
        &[SCALE],
    ));
}

#[test]
fn sixteen_at_a_time_are_the_same() {
    assert_all_as_meant(&run_with(
        Package::Downstream,
        &["--test-threads", "16"],
        &[SCALE],
    ));
}

#[test]
fn ignored_tests_run_when_they_are_asked_for() {
    let run = run(Package::Downstream, &["--ignored", "outcomes::"]);
    run.assert_failed(&["outcomes::ignored_and_fails"]);
    assert_eq!(run.names("ok"), ["outcomes::ignored_and_passes"]);
    assert!(
        run.failure("outcomes::ignored_and_fails")
            .contains("was asked for")
    );
}

#[test]
fn an_exact_name_runs_one_test() {
    let run = run(Package::Downstream, &["--exact", "outcomes::passes"]);
    run.assert_passed();
    assert!(
        run.stdout.contains("test result: ok. 1 passed; 0 failed;"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_filter_skips_the_rest() {
    let run = run(Package::Downstream, &["outcomes::", "--skip", "fails"]);
    run.assert_passed();
    let names = run.names("ok");
    assert!(
        names.contains(&"outcomes::r#match")
            && names.contains(&"outcomes::nested::deeper::passes_far_down")
    );
}

#[test]
fn a_list_runs_nothing() {
    let run = run(Package::Downstream, &["--list"]);
    run.assert_passed();
    assert!(
        run.stdout.contains("endings::aborts: test\n"),
        "{}",
        run.stdout
    );
}

/// What a test of another crate's harness gets to see: one word a test.
#[test]
fn a_terse_run_prints_one_character_a_test() {
    let run = run(Package::Downstream, &["parallel::", "--format", "terse"]);
    run.assert_passed();
    assert!(run.stdout.contains("................"), "{}", run.stdout);
}
