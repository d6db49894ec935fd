//! The environment variables that steer a run.

use crate::run::run_with;
use crate::subjects::Package;

const REPORT: &str = "the network as it was";

#[test]
fn a_wrong_value_fails_each_test_with_the_right_ones() {
    let wrong = [
        (
            "NETNS_TEST_UNSUPPORTED",
            "ignore",
            "`ignore` is none of fail, skip",
        ),
        (
            "NETNS_TEST_REQUIRE",
            "names,yes",
            "`yes` is none of 0, 1, or in a list separated by commas: veth, bridge, ipv6, sysctls, names, programs, dummy, vlan, vlan_filtering, macvlan, ipvlan, vxlan, vrf, \
             wireguard, ifb, tun, netem, tbf, htb, ingress, mirred, nftables, nat, conntrack, packet_sockets, sctp, mptcp",
        ),
        (
            "NETNS_TEST_ISOLATION",
            "vm",
            "`vm` is none of process, thread",
        ),
        (
            "NETNS_TEST_ON_FAIL",
            "shrug",
            "`shrug` is none of report, hold, none",
        ),
        (
            "NETNS_TEST_TIMEOUT",
            "soon",
            "`soon` is no number above 0 and up to 1000000",
        ),
        (
            "NETNS_TEST_TIME_SCALE",
            "-1",
            "`-1` is no number above 0 and up to 1000000",
        ),
    ];
    let names = ["outcomes::passes", "panics::passes_by_any_panic"];
    for (name, value, cause) in wrong {
        let arguments = [
            "--exact",
            names[0],
            names[1],
            "ordinary::keeps_its_loopback",
        ];
        let run = run_with(Package::Downstream, &arguments, &[(name, value)]);
        run.assert_failed(&names);
        assert_eq!(run.names("ok"), ["ordinary::keeps_its_loopback"]);
        for test in names {
            assert_eq!(run.failure(test), format!("failed to read {name}: {cause}"));
        }
    }
}

#[test]
fn a_report_can_be_unwanted() {
    let names = ["endings::never_ends", "outcomes::fails_an_assertion"];
    let variables = [
        ("NETNS_TEST_ON_FAIL", "none"),
        ("NETNS_TEST_TIME_SCALE", "0.5"),
    ];
    let run = run_with(
        Package::Downstream,
        &["--exact", names[0], names[1]],
        &variables,
    );
    run.assert_failed(&names);
    assert!(
        run.failure(names[1]).contains("the lan has two members"),
        "{}",
        run.stdout
    );
    assert!(
        run.failure(names[0]).contains("it ran longer than 0.500 s"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains(REPORT), "{}", run.stdout);
}

#[test]
fn a_deadline_can_be_set_for_all() {
    // The attribute's own second is more, and wins.
    let names = ["endings::never_ends", "endings::never_ends_by_default"];
    let run = run_with(
        Package::Downstream,
        &["--include-ignored", "--exact", names[0], names[1]],
        &[("NETNS_TEST_TIMEOUT", "0.25")],
    );
    run.assert_failed(&names);
    let words = ["it ran longer than 1 s\n", "it ran longer than 0.250 s\n"];
    for (name, words) in names.into_iter().zip(words) {
        assert!(run.failure(name).contains(words), "{}", run.stdout);
    }
}

/// Those of a wait, too: each says what it came to.
#[test]
fn limits_can_be_scaled() {
    let name = "outcomes::fails_by_waiting_in_vain";
    for (scale, limit) in [("0.5", "0.025 s"), ("4", "0.200 s")] {
        let run = run_with(
            Package::Downstream,
            &["--exact", name],
            &[("NETNS_TEST_TIME_SCALE", scale)],
        );
        run.assert_failed(&[name]);
        let failure = run.failure(name);
        for words in [
            format!(" succeed within {limit}: "),
            format!("TCP port 80 of host `server`: nobody listened within {limit}\n"),
            format!("wait at the barrier: 1 of 2 parties arrived within {limit}: `root`\n"),
        ] {
            assert!(failure.contains(&words), "{words}\n{failure}");
        }
    }
}

/// For debuggers: everything in the process that people started, which enters before `main` if it has to.
#[test]
fn tests_can_run_in_threads() {
    let failing = [
        "outcomes::fails_an_assertion",
        "outcomes::fails_with_a_test_result",
        "panics::fails_without_a_panic",
    ];
    let passing = [
        "outcomes::nested::deeper::passes_far_down",
        "outcomes::passes_with_a_result",
        "panics::passes_by_the_right_panic",
        "parallel::t01",
        "parallel::t02",
    ];
    for threads in ["--test-threads=1", "--test-threads=8"] {
        let mut arguments = vec![threads, "--exact"];
        arguments.extend(failing.iter().chain(&passing));
        let run = run_with(
            Package::Downstream,
            &arguments,
            &[("NETNS_TEST_ISOLATION", "thread")],
        );
        run.assert_failed(&failing);
        assert_eq!(run.names("ok"), passing);
    }
}

/// One process: a test that ends it ends them all.
#[test]
fn tests_in_threads_share_their_process() {
    let run = run_with(
        Package::Downstream,
        &["--exact", "endings::exits_with_3"],
        &[("NETNS_TEST_ISOLATION", "thread")],
    );
    assert_eq!(run.status.code(), Some(3), "{run:#?}");
}

#[test]
fn asynchronous_tests_can_run_in_threads() {
    let run = run_with(
        Package::Tokio,
        &["passes_"],
        &[("NETNS_TEST_ISOLATION", "thread")],
    );
    run.assert_passed();
}
