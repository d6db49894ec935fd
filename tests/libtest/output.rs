//! What tests print: captured and in order, or shown at once.

use crate::run::run;
use crate::subjects::{Package, assert_in_order};

const LINES: [&str; 9] = [
    "1 standard output\n",
    "2 standard error\n",
    "3 without a break\n",
    "4 another thread\n",
    "5 another thread's standard error\n",
    "6 a program\n",
    "7 standard output itself\n",
    "8 standard error itself\n",
    "9 not \u{fffd} UTF-8, ü is\n",
];

#[test]
fn a_failing_tests_output_stands_in_order_under_its_heading() {
    let run = run(
        Package::Downstream,
        &["--exact", "output::prints_and_fails"],
    );
    run.assert_failed(&["output::prints_and_fails"]);
    let mut parts = LINES.to_vec();
    parts.extend(["10 the panic", "---- the network as it was ----"]);
    assert_in_order(run.failure("output::prints_and_fails"), &parts);
    // Nothing of it came past the capture.
    assert_eq!(
        run.stdout.matches("1 standard output").count(),
        1,
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_passing_tests_output_is_not_shown() {
    let run = run(
        Package::Downstream,
        &["--exact", "output::prints_and_passes"],
    );
    run.assert_passed();
    assert!(!run.stdout.contains("standard output"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_passing_tests_output_is_shown_when_it_is_asked_for() {
    let run = run(
        Package::Downstream,
        &["--exact", "output::prints_and_passes", "--show-output"],
    );
    run.assert_passed();
    assert_in_order(&run.stdout, &LINES);
    assert!(
        !run.stdout.contains("the network as it was"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_panic_that_is_meant_brings_no_report() {
    let run = run(
        Package::Downstream,
        &[
            "--exact",
            "output::prints_and_panics_as_it_should",
            "--show-output",
        ],
    );
    run.assert_passed();
    assert_in_order(
        &run.stdout,
        &["a line of a test that passes", "as it should"],
    );
    assert!(
        !run.stdout.contains("the network as it was"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_line_without_an_end_comes_before_the_error() {
    let name = "output::prints_without_a_break_and_fails";
    let run = run(Package::Downstream, &["--exact", name]);
    run.assert_failed(&[name]);
    assert_in_order(
        run.failure(name),
        &["no break at the end", "the error", "the network as it was"],
    );
}

#[test]
fn a_line_without_an_end_comes_before_the_report() {
    let name = "output::prints_without_a_break_and_panics";
    let run = run(Package::Downstream, &["--exact", name]);
    run.assert_failed(&[name]);
    assert_in_order(
        run.failure(name),
        &["no break at the end", "the network as it was"],
    );
}

#[test]
fn much_output_is_complete() {
    let name = "output::prints_much_and_fails";
    let run = run(Package::Downstream, &["--exact", name]);
    run.assert_failed(&[name]);
    let section = run.failure(name);
    assert_eq!(
        section
            .lines()
            .filter(|line| line.ends_with(" of many"))
            .count(),
        20_000
    );
    assert_in_order(
        section,
        &[
            "line 0 of many\n",
            "line 19999 of many\n",
            "after much output",
        ],
    );
}

/// Straight to the streams of the program, each to its own.
#[test]
fn nothing_is_captured_if_nothing_is_to_be() {
    for arguments in [
        ["--nocapture", "--test-threads=1"],
        ["--no-capture", "--test-threads=4"],
    ] {
        let [capture, threads] = arguments;
        let name = "output::prints_and_fails";
        let run = run(Package::Downstream, &["--exact", name, capture, threads]);
        assert_eq!(run.status.code(), Some(101), "{run:#?}");
        assert_in_order(
            &run.stdout,
            &[
                LINES[0],
                LINES[2],
                LINES[3],
                LINES[5],
                LINES[6],
                LINES[8],
                "FAILED",
                "test result: FAILED. 0 passed; 1 failed",
            ],
        );
        assert_in_order(
            &run.stderr,
            &[
                LINES[1],
                LINES[4],
                LINES[7],
                "panicked at",
                "10 the panic",
                "---- the network as it was ----",
            ],
        );
        // The test's own process has its own header and verdict, which nobody wants twice.
        assert_eq!(
            run.stdout.matches("running 1 test").count(),
            1,
            "{}",
            run.stdout
        );
        assert_eq!(
            run.stdout.matches("test result").count(),
            1,
            "{}",
            run.stdout
        );
    }
}

#[test]
fn the_variable_for_no_capture_does_the_same() {
    let name = "output::prints_and_passes";
    let run = crate::run::run_with(
        Package::Downstream,
        &["--exact", name],
        &[("RUST_TEST_NOCAPTURE", "1")],
    );
    run.assert_passed();
    assert_in_order(&run.stdout, &[LINES[0], LINES[8]]);
    assert_in_order(&run.stderr, &[LINES[1], LINES[7]]);
}

#[test]
fn should_panic_says_what_it_missed() {
    let names = [
        "panics::fails_by_an_error",
        "panics::fails_by_the_wrong_panic",
        "panics::fails_without_a_panic",
    ];
    let run = run(
        Package::Downstream,
        &["--exact", names[0], names[1], names[2]],
    );
    run.assert_failed(&names);
    let report = "the network as it was";
    let no_panic = "the test did not panic as expected";
    assert_in_order(
        run.failure(names[0]),
        &["an error is no panic", report, no_panic],
    );
    assert_in_order(
        run.failure(names[1]),
        &[
            "panicked at",
            "connection refused",
            report,
            "panicked with: `connection refused`",
            "expected part: `no route`",
        ],
    );
    assert_in_order(run.failure(names[2]), &[report, no_panic]);
}
