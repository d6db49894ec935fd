//! Other crates' test attributes, their thread pools, and asynchronous bodies.

use crate::run::run;
use crate::subjects::{Package, assert_in_order};

#[test]
fn rstest_makes_a_test_of_each_case() {
    let run = run(Package::Downstream, &["others::rstest"]);
    run.assert_failed(&["others::rstest_fails_if_large::case_2_large"]);
    assert_eq!(
        run.names("ok"),
        [
            "others::rstest_fails_if_large::case_1_small",
            "others::rstest_passes::case_1",
            "others::rstest_passes::case_2"
        ]
    );
    let section = run.failure("others::rstest_fails_if_large::case_2_large");
    assert_in_order(
        section,
        &["panicked at", "65536 is no port", "the network as it was"],
    );
}

#[test]
fn serial_harms_nobody_and_file_serial_excludes() {
    let run = run(Package::Downstream, &["serial_", "--test-threads=8"]);
    run.assert_failed(&["others::serial_fails"]);
    assert_eq!(
        run.names("ok"),
        [
            "others::file_serial_excludes_1",
            "others::file_serial_excludes_2",
            "others::serial_below_passes",
            "others::serial_passes"
        ]
    );
    assert_in_order(
        run.failure("others::serial_fails"),
        &["panicked at", "in series", "the network as it was"],
    );
}

#[test]
fn a_global_pool_is_each_tests_own() {
    let run = run(Package::Downstream, &["others::rayon"]);
    run.assert_failed(&["others::rayon_fails_if_not_allowed"]);
    assert_eq!(
        run.names("ok"),
        ["others::rayon_is_here_1", "others::rayon_is_here_2"]
    );
    let section = run.failure("others::rayon_fails_if_not_allowed");
    assert_in_order(
        section,
        &[
            "still live",
            "in it after the body has ended",
            ".allow(Mistake::ThreadLeft)",
        ],
    );
}

/// The whole program of asynchronous tests, in both ways that libtest calls tests.
#[test]
fn asynchronous_tests_are_as_meant() {
    let failing = [
        "fails_by_a_blocking_thread_that_is_left",
        "fails_with_a_panic",
        "fails_with_an_error",
        "never_ends",
    ];
    let passing = [
        "ordinary_passes",
        "passes_by_a_panic",
        "passes_inside_a_host",
        "passes_on_one_thread",
        "passes_on_several_threads",
        "passes_with_a_task_that_never_ends",
        "test_case_judges_panics::test_case_1_too_small",
        "test_case_judges_panics::test_case_2_large_enough",
        "test_case_passes::test_case_1_http",
        "test_case_passes::test_case_2_https",
        "time_passes",
    ];
    for threads in ["--test-threads=1", "--test-threads=8"] {
        let run = run(Package::Tokio, &[threads, "--skip=tasks::"]);
        run.assert_failed(&failing);
        assert_eq!(run.names("ok"), passing);
        assert_in_order(
            run.failure(failing[0]),
            &["still live", "in it after the body has ended"],
        );
    }
}

/// What people do with threads alone, in a package without Tokio.
#[test]
fn servers_and_clients_need_no_runtime() {
    let run = run(Package::Downstream, &["servers::"]);
    run.assert_passed();
    assert_eq!(run.names("ok").len(), 2, "{}", run.stdout);
}
