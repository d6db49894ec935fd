//! Features that a test asks for, and those that the environment requires of every test.
//!
//! What is missing is taken away by filters, so that it is missing on each machine.

use super::refusals::Refusal;
use super::subjects::{Package, Run, assert_in_order};
use super::{HEADLINE, LAST_REMEDY, Program};

const SKIP: (&str, &str) = ("NETNS_TEST_UNSUPPORTED", "skip");
const NO_MOUNTS: Refusal = Refusal::Unshare {
    flag: libc::CLONE_NEWNS,
};
const NO_PACKETS: Refusal = Refusal::Socket {
    family: libc::AF_PACKET,
    errno: libc::EAFNOSUPPORT,
};

const ALL: [&str; 6] = [
    "requiring::both_and_should_panic",
    "requiring::both_in_its_body",
    "requiring::names",
    "requiring::nothing",
    "requiring::packet_sockets::v4",
    "requiring::packet_sockets::v6",
];
const ASKING_FOR_NAMES: [&str; 3] = [ALL[0], ALL[1], ALL[2]];
const ASKING_FOR_PACKETS: [&str; 4] = [ALL[0], ALL[1], ALL[4], ALL[5]];

fn run(refusal: Refusal, variables: &[(&str, &str)]) -> Run {
    Program::new(Package::Downstream).run(&["requiring::"], refusal, variables)
}

#[test]
fn a_feature_that_is_missing_fails_each_test_that_asks_for_it_and_no_other() {
    let run = run(NO_MOUNTS, &[]);
    run.assert_failed(&ASKING_FOR_NAMES);
    for name in ASKING_FOR_NAMES {
        assert_in_order(
            run.failure(name),
            &[
                "failed to find feature `names`: this machine lacks it\n",
                "  refused: hosts see the machine's host name and files (",
                "unshare(CLONE_NEWNS) with EPERM",
                "\n  help: ",
                LAST_REMEDY,
            ],
        );
        assert!(!run.failure(name).contains("the network as it was"));
    }
}

#[test]
fn what_provides_a_feature_is_said() {
    let run = run(NO_PACKETS, &[]);
    run.assert_failed(&ASKING_FOR_PACKETS);
    for name in ASKING_FOR_PACKETS {
        assert_in_order(
            run.failure(name),
            &[
                "failed to find feature `packet_sockets`: this machine lacks it\n",
                "  refused: socket(AF_PACKET) with EAFNOSUPPORT (Address family not supported by protocol)\n",
                "  provided by: the kernel's module af_packet (CONFIG_PACKET)\n",
                "  help: ",
                LAST_REMEDY,
            ],
        );
    }
}

#[test]
fn a_skip_for_a_feature_is_told_and_summed_up() {
    let run = run(NO_PACKETS, &[SKIP]);
    run.assert_passed();
    let reason = "failed to find feature `packet_sockets`: this machine lacks it\n";
    for name in ASKING_FOR_PACKETS {
        let line = format!("netns-test: skipped `{name}`: {reason}");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    let summary = format!("netns-test: 4 tests were skipped\n  4 because: {reason}");
    assert!(run.stderr.ends_with(&summary), "{}", run.stderr);
}

/// It may be there: neither the test nor the machine is judged by it.
#[test]
fn what_could_not_be_told_is_red_and_no_skip() {
    let refusal = Refusal::Socket {
        family: libc::AF_PACKET,
        errno: libc::EMFILE,
    };
    let run = run(refusal, &[SKIP]);
    run.assert_failed(&ASKING_FOR_PACKETS);
    for name in ASKING_FOR_PACKETS {
        assert_in_order(
            run.failure(name),
            &[
                "failed to find feature `packet_sockets`: whether this machine has it could not be told\n",
                "  refused: socket(AF_PACKET) with EMFILE (Too many open files)",
            ],
        );
    }
    assert_eq!(run.stderr, "");
}

#[test]
fn a_feature_that_is_required_fails_every_test() {
    let run = run(NO_MOUNTS, &[SKIP, ("NETNS_TEST_REQUIRE", "veth,names")]);
    run.assert_failed(&ALL);
    let note = "\n  note: NETNS_TEST_REQUIRE=veth,names requires it of this machine for every test";
    for name in ALL {
        let section = run.failure(name);
        assert!(
            section.contains("failed to find feature `names`: "),
            "{section}"
        );
        assert!(section.ends_with(note), "{section}");
    }
    assert_eq!(run.stderr, "");
}

#[test]
fn what_is_not_required_may_still_be_skipped() {
    let run = run(NO_MOUNTS, &[SKIP, ("NETNS_TEST_REQUIRE", "sysctls, veth")]);
    run.assert_passed();
    assert!(
        run.stderr.contains("3 tests were skipped"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_machine_without_networks_has_nothing_of_what_is_required() {
    let variables = [SKIP, ("NETNS_TEST_REQUIRE", "veth")];
    let run = run(Refusal::Namespaces, &variables);
    run.assert_failed(&ALL);
    let note = "\n  note: NETNS_TEST_REQUIRE=veth requires it of this machine for every test";
    for name in ALL {
        let section = run.failure(name);
        assert!(
            section.starts_with(HEADLINE) && section.ends_with(note),
            "{section}"
        );
    }
}

/// Green without: the same test sees the machine's names and does not mind.
#[test]
fn what_a_network_does_without_is_red_where_all_is_required() {
    let run = run(NO_MOUNTS, &[SKIP, ("NETNS_TEST_REQUIRE", "1")]);
    run.assert_failed(&[
        "requiring::both_and_should_panic",
        ALL[1],
        ALL[2],
        ALL[3],
        ALL[4],
        ALL[5],
    ]);
    assert_in_order(
        run.failure("requiring::nothing"),
        &[
            "failed to find feature `names`: the network did without: host name and files (",
            "\n  help: NETNS_TEST_REQUIRE=1 tolerates no lack; `cargo netns doctor` says what helps",
        ],
    );
    let note = "note: NETNS_TEST_REQUIRE=1 forbids to skip it";
    assert!(run.failure("requiring::names").ends_with(note));
}
