//! A program that this machine lacks: a failure, or a skip that nobody can overlook.

use crate::run::run_with;
use crate::subjects::{Package, Run, Scratch, assert_in_order};

const NEEDING: [&str; 3] = [
    "lacking::needs_one",
    "lacking::needs_one_and_should_panic",
    "lacking::needs_one_in_a_result_of_ours",
];
/// The reason is hidden from the harness, or is not all that went wrong.
const FAILING_ALWAYS: [&str; 2] = [
    "lacking::needs_one_and_aborts_afterwards",
    "lacking::needs_one_in_a_box",
];
const REASON: &str =
    "failed to find program `netns-test-no-such-program`: there is no such program";
const SKIP: (&str, &str) = ("NETNS_TEST_UNSUPPORTED", "skip");

fn run(variables: &[(&str, &str)]) -> Run {
    run_with(Package::Downstream, &["lacking::"], variables)
}

fn all_failing() -> Vec<&'static str> {
    let mut names: Vec<_> = NEEDING.into_iter().chain(FAILING_ALWAYS).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_program_that_is_missing_fails_each_test_that_needs_it() {
    let run = run(&[]);
    run.assert_failed(&all_failing());
    assert_eq!(run.names("ok"), ["lacking::needs_a_shell"]);
    for name in NEEDING {
        let section = run.failure(name);
        assert!(section.starts_with(REASON), "{section}");
        assert_in_order(
            section,
            &[
                "\n  help: install it; it is in none of ",
                "/usr/sbin",
                "\n  help: to skip such tests instead, set NETNS_TEST_UNSUPPORTED=skip",
            ],
        );
        // The network is not to blame.
        assert!(!section.contains("the network as it was"), "{section}");
    }
    let section = run.failure("lacking::needs_one");
    assert!(section.contains("returned by `?` at "), "{section}");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_skip_for_a_program_is_told_recorded_and_summed_up() {
    let scratch = Scratch::new();
    let record = scratch.path().join("skipped");
    let recorded = ("NETNS_TEST_SKIPPED", record.to_str().unwrap());
    let run = run(&[SKIP, recorded]);
    run.assert_failed(&FAILING_ALWAYS);
    for name in NEEDING {
        let line = format!("netns-test: skipped `{name}`: {REASON}\n");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    let summary = format!("netns-test: 3 tests were skipped\n  3 because: {REASON}\n");
    assert!(run.stderr.ends_with(&summary), "{}", run.stderr);
    let recorded = std::fs::read_to_string(record).unwrap();
    let mut lines: Vec<_> = recorded.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, NEEDING.map(|name| format!("{name}\t{REASON}")));
}

#[test]
fn a_process_that_fails_after_the_lack_is_no_skip() {
    let run = run(&[SKIP]);
    let section = run.failure("lacking::needs_one_and_aborts_afterwards");
    let words = "its process was killed by SIGABRT after this machine had been found to lack what the test needs";
    assert!(section.contains(words), "{section}");
}

#[test]
fn a_skip_for_a_program_can_be_forbidden() {
    let run = run(&[SKIP, ("NETNS_TEST_REQUIRE", "1")]);
    run.assert_failed(&all_failing());
    for name in NEEDING {
        let section = run.failure(name);
        let words = "note: NETNS_TEST_REQUIRE=1 forbids to skip it";
        assert!(section.ends_with(words), "{section}");
    }
}

#[test]
fn a_program_that_is_missing_is_the_same_in_threads() {
    let threads = ("NETNS_TEST_ISOLATION", "thread");
    let arguments = ["--exact", "lacking::needs_one", "lacking::needs_a_shell"];
    let run = run_with(Package::Downstream, &arguments, &[threads, SKIP]);
    run.assert_passed();
    assert!(
        run.stderr.contains("skipped `lacking::needs_one`"),
        "{}",
        run.stderr
    );
    let run = run_with(Package::Downstream, &arguments, &[threads]);
    run.assert_failed(&["lacking::needs_one"]);
}
