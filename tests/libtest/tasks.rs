//! What becomes of a test by the tasks of its hosts.

use crate::run::run;
use crate::subjects::{Package, assert_in_order};

const REPORT: &str = "---- the network as it was ----";
const UNJOINED: &str = "failed to finish a task of host `server`: it panicked: out of cheese\n  help: nobody joined it: ";

/// Those that have to fail.
pub(crate) const FAILING: [&str; 6] = [
    "tasks::fails_although_the_body_panicked_as_it_should",
    "tasks::fails_and_the_report_names_the_task",
    "tasks::fails_because_the_body_did_not_panic",
    "tasks::fails_by_a_blocking_task",
    "tasks::fails_by_a_panic_that_nobody_joined",
    "tasks::fails_by_a_task_that_never_awaits",
];

fn section(name: &str) -> String {
    let name = format!("tasks::{name}");
    let run = run(Package::Tokio, &["--exact", &name]);
    run.assert_failed(&[&name]);
    run.failure(&name).to_owned()
}

#[test]
fn tasks_pass_and_fail_as_meant() {
    let run = run(Package::Tokio, &["tasks::"]);
    run.assert_failed(&FAILING);
    assert_eq!(run.names("ok").len(), 3, "{}", run.stdout);
}

#[test]
fn a_panic_that_nobody_joined_fails_the_test() {
    let section = section("fails_by_a_panic_that_nobody_joined");
    assert_in_order(
        &section,
        &[
            "thread 'server'",
            "out of cheese",
            REPORT,
            "\na task of host `server` panicked: out of cheese\n",
            "server ran `sleep 1000`: it ran until the network was closed\n",
            UNJOINED,
            "`.await` a task",
        ],
    );
}

#[test]
fn a_panic_that_nobody_joined_does_not_satisfy_should_panic() {
    assert_in_order(
        &section("fails_because_the_body_did_not_panic"),
        &[
            REPORT,
            "\na task of host `server` panicked: out of cheese\n",
            "the test did not panic as expected",
        ],
    );
    assert_in_order(
        &section("fails_although_the_body_panicked_as_it_should"),
        &["this is wanted", UNJOINED],
    );
}

#[test]
fn the_report_begins_with_the_task_that_panicked() {
    let section = section("fails_and_the_report_names_the_task");
    let first = format!("{REPORT}\na task of host `server` panicked: cannot serve this\n");
    assert_in_order(&section, &["assertion `left == right` failed", &first]);
    let programs = [
        &first,
        "server ran `sh -c \"for number in $(seq 30); do ",
        "`: it is running\n  (11 lines before these)\n  stdout: line 12\n",
        "  stderr: no cheese left\n",
        "client ran `false`: it exited with code 1\n",
        "\nplan:\n",
    ];
    assert_in_order(&section, &programs);
}

#[test]
fn what_does_not_end_is_named() {
    for (name, what) in [
        (
            "fails_by_a_task_that_never_awaits",
            "a task of host `server` still runs after 2 s: thread `server` (",
        ),
        (
            "fails_by_a_blocking_task",
            "a blocking task or a worker of host `server` still runs after 2 s: thread `server pool` (",
        ),
    ] {
        let help = "help: on purpose? `.allow(Mistake::ThreadLeft)` in the topology";
        assert_in_order(
            &section(name),
            &["failed to close the network: ", what, help],
        );
    }
}
