//! Bodies that do not end: the state of the network is shown, then the process is killed.

use crate::run::{run, run_with};
use crate::subjects::{Package, assert_in_order};

#[test]
fn the_report_comes_before_the_end() {
    let names = ["endings::never_ends", "endings::never_stops_working"];
    let run = run(Package::Downstream, &["--exact", names[0], names[1]]);
    run.assert_failed(&names);
    assert_in_order(
        run.failure(names[0]),
        &[
            "about to wait\n",
            "---- the network as it was ----",
            "left eth0 10.1.0.1/16",
            "failed to finish test `endings::never_ends`: it ran longer than 1 s\n",
            "help: give it more with `timeout = ..` in the attribute or NETNS_TEST_TIMEOUT=SECONDS",
        ],
    );
    assert_in_order(
        run.failure(names[1]),
        &[
            "---- the network as it was ----",
            "failed to finish test `endings::never_stops_working`",
        ],
    );
}

/// What a program has said so far is there, and what the test waits for.
#[test]
fn a_program_that_is_still_listened_to_is_in_the_report() {
    let name = "endings::never_hears_a_program_out";
    let run = run(Package::Downstream, &["--exact", name]);
    run.assert_failed(&[name]);
    assert_in_order(
        run.failure(name),
        &[
            "---- the network as it was ----",
            "left ran `sh -c \"echo about to daemonize; sleep 1000 &\"`: it exited with code 0; \
             something that it started keeps its output open\n  stdout: about to daemonize\n",
            "it ran longer than 1 s",
        ],
    );
}

/// There is no network yet, or none any more, that could be shown.
#[test]
fn a_test_that_hangs_before_or_after_its_body_is_killed_too() {
    let names = ["endings::never_begins", "endings::never_exits"];
    let run = run_with(
        Package::Downstream,
        &["--exact", names[0], names[1]],
        &[("NETNS_TEST_TIME_SCALE", "0.1")],
    );
    run.assert_failed(&names);
    for name in names {
        let section = run.failure(name);
        assert!(
            section.contains(&format!("failed to finish test `{name}`")),
            "{section}"
        );
        assert!(section.contains("longer than 0.100 s"), "{section}");
    }
}

#[test]
fn an_async_body_has_a_deadline_too() {
    let run = run(Package::Tokio, &["--exact", "never_ends"]);
    run.assert_failed(&["never_ends"]);
    assert_in_order(
        run.failure("never_ends"),
        &["---- the network as it was ----", "it ran longer than 1 s"],
    );
}

#[test]
fn a_deadline_is_no_panic() {
    let name = "panics::fails_by_its_deadline";
    let run = run_with(
        Package::Downstream,
        &["--exact", name],
        &[("NETNS_TEST_TIME_SCALE", "0.1")],
    );
    run.assert_failed(&[name]);
    assert!(
        run.failure(name).contains("it ran longer than 0.100 s"),
        "{}",
        run.stdout
    );
}
