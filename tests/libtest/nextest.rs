//! The same tests under `cargo nextest run`, which starts a process for each test itself.

use std::collections::BTreeSet;

use crate::subjects::{Package, Run, Scratch, assert_in_order, cargo, prepare};
use crate::verdicts::failing_by_default;

fn nextest(package: Package, filters: &[&str]) -> Run {
    let mut cargo = cargo();
    let scratch = Scratch::new();
    prepare(&mut cargo, &scratch);
    // Cargo and rustup live in the home directory.
    match std::env::var_os("HOME") {
        Some(home) => cargo.env("HOME", home),
        None => cargo.env_remove("HOME"),
    };
    let help = cargo_nextest_is_there();
    assert!(
        help,
        "cargo-nextest is not installed: `cargo install --locked cargo-nextest`"
    );
    cargo.args([
        "nextest",
        "run",
        "--no-fail-fast",
        "--show-progress=none",
        "--test=subjects",
        "--package",
    ]);
    cargo
        .arg(package.name())
        .args(filters)
        .env("NETNS_TEST_TIME_SCALE", "0.5");
    Run::of(&cargo.output().unwrap())
}

fn cargo_nextest_is_there() -> bool {
    cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The names of the tests with this verdict.
fn names<'run>(run: &'run Run, verdict: &str) -> BTreeSet<&'run str> {
    let lines = run.stderr.lines().map(str::trim);
    let lines = lines.filter(|line| line.split_whitespace().next() == Some(verdict));
    lines
        .filter_map(|line| line.split_whitespace().last())
        .collect()
}

#[test]
fn the_same_tests_pass_and_fail() {
    let run = nextest(Package::Downstream, &[]);
    // nextest's own exit code for failed tests.
    assert_eq!(run.status.code(), Some(100), "{}", run.stderr);
    assert_eq!(
        names(&run, "FAIL"),
        failing_by_default().into_iter().collect(),
        "{}",
        run.stderr
    );
    // The ordinary test and those of the attribute: no test is ended by its signal, for it is its child that was.
    for verdict in ["SIGABRT", "SIGSEGV", "SIGKILL", "TIMEOUT", "LEAK"] {
        assert_eq!(names(&run, verdict), BTreeSet::new(), "{}", run.stderr);
    }
    let passed = names(&run, "PASS");
    assert!(
        passed.contains("others::rayon_is_here_2") && passed.contains("parallel::t16"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_failure_shows_message_and_report() {
    let run = nextest(
        Package::Downstream,
        &["outcomes::fails_an_assertion", "endings::aborts"],
    );
    assert_in_order(
        &run.stderr,
        &[
            "the lan has two members",
            "---- the network as it was ----",
            "client eth0 10.1.0.1/16",
        ],
    );
    let aborted = "failed to finish test `endings::aborts`: its process was killed by SIGABRT";
    assert!(run.stderr.contains(aborted), "{}", run.stderr);
}

#[test]
fn asynchronous_tests_pass_and_fail_the_same() {
    let run = nextest(Package::Tokio, &[]);
    let mut failing = BTreeSet::from(crate::tasks::FAILING);
    failing.extend([
        "fails_by_a_blocking_thread_that_is_left",
        "fails_with_a_panic",
        "fails_with_an_error",
        "never_ends",
    ]);
    assert_eq!(names(&run, "FAIL"), failing, "{}", run.stderr);
    assert!(
        names(&run, "PASS").contains("passes_on_several_threads"),
        "{}",
        run.stderr
    );
}
