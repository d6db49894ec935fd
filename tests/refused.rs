//! Machines that refuse: each test that needs a network fails with the reason and the remedy, no other test notices, and
//! nothing is skipped unless it is asked for, and then aloud.
//!
//! The refusals are real ones: a filter of system calls as container runtimes install it, user namespaces whose maps cannot be
//! written, a root without capabilities.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what cannot go on fails the test"
)]

#[path = "refusals/doctor.rs"]
mod doctor;
#[path = "refusals/read_only.rs"]
mod read_only;
mod refusals;
#[path = "refusals/required.rs"]
mod required;
mod subjects;

use std::path::{Path, PathBuf};
use std::process::Command;

use refusals::{Refusal, become_user, refuse};
use subjects::{Package, Run, Scratch, assert_in_order, prepare};

/// A user who owns nothing, and whose map `12345 12345 1` has a length of its own.
const NOBODY_IN_PARTICULAR: u32 = 12345;

const FILTERED: &str = "refused: unshare(CLONE_NEWUSER) with EPERM (Operation not permitted)\n";
const UNMAPPED: &str =
    "refused: write to /proc/self/gid_map with EPERM (Operation not permitted)\n";
const HEADLINE: &str = "failed to make a network for this test: ";
const LAST_REMEDY: &str = "\n  help: to skip such tests instead, set NETNS_TEST_UNSUPPORTED=skip; `cargo netns doctor` shows the whole verdict (`cargo install netns-test --features cli`)";

/// Tests that need a network, tests that would be met by a panic, and tests that need nothing.
const ARGUMENTS: [&str; 8] = [
    "--exact",
    "outcomes::passes",
    "outcomes::passes_with_a_result",
    "panics::passes_by_any_panic",
    "panics::passes_by_the_right_panic",
    "ordinary::keeps_its_loopback",
    "ordinary::panics_as_ever",
    "--test-threads=4",
];
const NEEDING_A_NETWORK: [&str; 4] = [
    "outcomes::passes",
    "outcomes::passes_with_a_result",
    "panics::passes_by_any_panic",
    "panics::passes_by_the_right_panic",
];
const ORDINARY: [&str; 2] = ["ordinary::keeps_its_loopback", "ordinary::panics_as_ever"];

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The length of the map that a test's process writes, here or as another user.
fn map_length() -> u32 {
    let id = if is_root() {
        NOBODY_IN_PARTICULAR
    } else {
        nix::unistd::getegid().as_raw()
    };
    format!("{id} {id} 1").len() as u32
}

/// A copy of the test program where any user can execute it.
struct Program {
    scratch: Scratch,
    path: PathBuf,
}

impl Program {
    fn new(package: Package) -> Self {
        Self::copy_of(package.program())
    }

    fn copy_of(program: &Path) -> Self {
        let scratch = Scratch::new();
        let path = scratch.path().join("subjects");
        // By another process: a descriptor of ours that is open for writing could slip into a child of another thread, and
        // the kernel executes no file that somebody may still write to.
        let copy = Command::new("cp").arg(program).arg(&path).status();
        assert!(copy.unwrap().success());
        Self { scratch, path }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(self.scratch.path());
        prepare(&mut command, &self.scratch);
        command
    }

    /// Runs it as an ordinary user, who has to take the way that is refused.
    fn run(&self, arguments: &[&str], refusal: Refusal, variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        if is_root() {
            become_user(&mut command, NOBODY_IN_PARTICULAR);
        }
        refuse(&mut command, refusal);
        Run::of(&command.output().unwrap())
    }
}

#[track_caller]
fn assert_all_refused(run: &Run, refusal: &str) {
    run.assert_failed(&NEEDING_A_NETWORK);
    assert_eq!(run.names("ok"), ORDINARY);
    for name in NEEDING_A_NETWORK {
        let section = run.failure(name);
        assert!(section.starts_with(HEADLINE), "{section}");
        assert_in_order(section, &[refusal, "\n  help: ", LAST_REMEDY]);
        assert!(!section.contains("panicked"), "{section}");
    }
    assert_eq!(run.stderr, "");
}

#[test]
fn a_filter_fails_each_network_test_and_no_other() {
    let run = Program::new(Package::Downstream).run(&ARGUMENTS, Refusal::Namespaces, &[]);
    assert_all_refused(&run, FILTERED);
    for name in NEEDING_A_NETWORK {
        assert_in_order(
            run.failure(name),
            &[
                "seccomp filter",
                "refuses new namespaces",
                "\n  evidence: ",
                "\n  help: ",
            ],
        );
    }
}

#[test]
fn a_refused_map_fails_each_network_test_and_no_other() {
    let refusal = Refusal::Map {
        length: map_length(),
    };
    let run = Program::new(Package::Downstream).run(&ARGUMENTS, refusal, &[]);
    assert_all_refused(&run, UNMAPPED);
    for name in NEEDING_A_NETWORK {
        assert!(
            run.failure(name)
                .contains("\n  evidence: unshare(CLONE_NEWUSER) itself had succeeded\n")
        );
    }
}

/// Nobody is half inside: whoever is refused keeps identity and network, so that the ordinary tests say that they did.
#[test]
fn a_refusal_in_threads_leaves_the_process_as_it_was() {
    for refusal in [
        Refusal::Namespaces,
        Refusal::Map {
            length: map_length(),
        },
    ] {
        let program = Program::new(Package::Downstream);
        let variables = [("NETNS_TEST_ISOLATION", "thread")];
        let run = program.run(&ARGUMENTS, refusal, &variables);
        run.assert_failed(&NEEDING_A_NETWORK);
        let run = program.run(
            &["--exact", "ordinary::keeps_its_namespaces"],
            refusal,
            &variables,
        );
        run.assert_passed();
        assert_eq!(run.names("ok").len(), 1);
    }
}

#[test]
fn an_asynchronous_test_is_refused_in_the_same_words() {
    let program = Program::new(Package::Tokio);
    let run = program.run(
        &[
            "--exact",
            "passes_on_one_thread",
            "passes_by_a_panic",
            "ordinary_passes",
        ],
        Refusal::Namespaces,
        &[],
    );
    run.assert_failed(&["passes_by_a_panic", "passes_on_one_thread"]);
    assert_eq!(run.names("ok"), ["ordinary_passes"]);
    assert_in_order(
        run.failure("passes_on_one_thread"),
        &[HEADLINE, FILTERED, LAST_REMEDY],
    );
}

#[test]
fn a_skip_is_green_and_told_aloud() {
    let refusals = [
        (Refusal::Namespaces, "seccomp filter"),
        (
            Refusal::Map {
                length: map_length(),
            },
            "",
        ),
    ];
    for (refusal, reason) in refusals {
        let program = Program::new(Package::Downstream);
        let record = program.scratch.path().join("skipped");
        let record = record.to_str().unwrap();
        let variables = [
            ("NETNS_TEST_UNSUPPORTED", "skip"),
            ("NETNS_TEST_SKIPPED", record),
        ];
        let run = program.run(&ARGUMENTS, refusal, &variables);
        run.assert_passed();
        assert_eq!(
            run.names("ok").len(),
            NEEDING_A_NETWORK.len() + ORDINARY.len()
        );
        let summary = format!("netns-test: 4 tests were skipped\n  4 because: {HEADLINE}");
        assert_in_order(&run.stderr, &[&summary, reason]);
        let recorded = std::fs::read_to_string(record).unwrap();
        let mut names: Vec<_> = recorded
            .lines()
            .map(|line| line.split_once('\t').unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(
            names.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            NEEDING_A_NETWORK
        );
        for (name, why) in names {
            assert!(why.starts_with(HEADLINE) && why.contains(reason), "{why}");
            let line = format!("netns-test: skipped `{name}`: {why}\n");
            assert!(run.stderr.contains(&line), "{}", run.stderr);
        }
    }
}

#[test]
fn a_skip_that_is_forbidden_is_red() {
    let variables = [
        ("NETNS_TEST_UNSUPPORTED", "skip"),
        ("NETNS_TEST_REQUIRE", "1"),
    ];
    let run = Program::new(Package::Downstream).run(&ARGUMENTS, Refusal::Namespaces, &variables);
    assert_all_refused(&run, FILTERED);
    for name in NEEDING_A_NETWORK {
        let section = run.failure(name);
        assert!(
            section.ends_with("note: NETNS_TEST_REQUIRE=1 forbids to skip it"),
            "{section}"
        );
    }
}

#[test]
fn a_skip_that_cannot_be_recorded_is_red() {
    let variables = [
        ("NETNS_TEST_UNSUPPORTED", "skip"),
        ("NETNS_TEST_SKIPPED", "no/such/directory/skipped"),
    ];
    let run = Program::new(Package::Downstream).run(
        &["--exact", "outcomes::passes"],
        Refusal::Namespaces,
        &variables,
    );
    run.assert_failed(&["outcomes::passes"]);
    let words = "failed to record skipped test `outcomes::passes` in NETNS_TEST_SKIPPED=no/such/directory/skipped: No such file or directory";
    assert!(
        run.failure("outcomes::passes").starts_with(words),
        "{}",
        run.stdout
    );
}

/// What is wrong with the topology is wrong on every machine.
#[test]
fn a_mistake_is_no_reason_to_skip() {
    let names = [
        "outcomes::fails_by_its_topology",
        "outcomes::fails_by_the_name_of_its_host",
    ];
    let variables = [("NETNS_TEST_UNSUPPORTED", "skip")];
    let run = Program::new(Package::Downstream).run(
        &["--exact", names[0], names[1]],
        Refusal::Namespaces,
        &variables,
    );
    run.assert_failed(&names);
    assert_eq!(run.stderr, "");
}

/// An ordinary user whom nobody refuses anything: the refusals above are what made the difference.
#[test]
fn another_user_passes_without_a_refusal() {
    let program = Program::new(Package::Downstream);
    let mut command = program.command(&["outcomes::passes", "parallel::", "panics::passes"]);
    if is_root() {
        become_user(&mut command, NOBODY_IN_PARTICULAR);
    }
    let run = Run::of(&command.output().unwrap());
    run.assert_passed();
    assert!(run.names("ok").len() > 20, "{}", run.stdout);
}

/// Capabilities, by number.
mod capability {
    pub(crate) const CHOWN: u64 = 1 << 0;
    pub(crate) const SETGID: u64 = 1 << 6;
    pub(crate) const SETUID: u64 = 1 << 7;
    pub(crate) const SETFCAP: u64 = 1 << 31;
    pub(crate) const SYS_ADMIN: u64 = 1 << 21;
}

/// Runs the program as root with these capabilities and no others. Only root can take them away from root: an ordinary user
/// runs it as it is, which is all that is left of such a root.
fn run_as_a_root_with(keep: u64, arguments: &[&str]) -> Run {
    let program = Program::new(Package::Downstream);
    let mut command = program.command(arguments);
    if is_root() {
        refuse(&mut command, Refusal::Capabilities { keep });
    }
    Run::of(&command.output().unwrap())
}

/// As in a container with the usual capabilities: root takes an ordinary user's way.
#[test]
fn a_root_without_the_capabilities_of_networks_passes() {
    use capability::{CHOWN, SETFCAP, SETGID, SETUID};
    for keep in [CHOWN | SETUID | SETGID | SETFCAP, SETFCAP] {
        let run = run_as_a_root_with(
            keep,
            &[
                "outcomes::passes",
                "parallel::",
                "identity::is",
                "panics::passes",
            ],
        );
        run.assert_passed();
        assert!(run.names("ok").len() > 20, "{}", run.stdout);
    }
}

/// One of the three that networks take is not enough to do without a user namespace.
#[test]
fn a_root_with_half_of_them_passes_too() {
    use capability::{SETFCAP, SYS_ADMIN};
    let run = run_as_a_root_with(SYS_ADMIN | SETFCAP, &["outcomes::passes", "parallel::t01"]);
    run.assert_passed();
}

/// The kernel lets nobody without CAP_SETFCAP map root, so that `--cap-drop=ALL` is a real map refused after `unshare`.
#[test]
fn a_root_without_any_capability_is_told_which_is_missing() {
    let run = run_as_a_root_with(0, &ARGUMENTS);
    if is_root() {
        let refusal = "refused: write to /proc/self/uid_map with EPERM (Operation not permitted)\n";
        assert_all_refused(&run, refusal);
        for name in NEEDING_A_NETWORK {
            assert!(
                run.failure(name).contains("CAP_SETFCAP"),
                "{}",
                run.failure(name)
            );
        }
    } else {
        run.assert_passed();
    }
}

/// Runs three tests, one that needs no more than a network, and refuses one kind of namespace.
fn run_without(flag: i32) -> Run {
    let arguments = [
        "--exact",
        "outcomes::passes",
        "programs::passes_by_a_name",
        "programs::passes_with_a_program",
    ];
    Program::new(Package::Downstream).run(&arguments, Refusal::Unshare { flag }, &[])
}

/// What is refused to a test that does not need it: it passes. One that does is told, and its report says what is the machine's.
#[test]
fn without_mounts_networks_work_and_names_are_the_machines() {
    let run = run_without(libc::CLONE_NEWNS);
    run.assert_failed(&["programs::passes_by_a_name"]);
    assert_in_order(
        run.failure("programs::passes_by_a_name"),
        &[
            "---- the network as it was ----\n",
            "root, client see the machine's host name and files: ",
            " (unshare(CLONE_NEWNS) with EPERM (Operation not permitted)); ",
            "\nplan:\n",
        ],
    );
}

#[test]
fn without_pid_namespaces_only_programs_are_refused() {
    let run = run_without(libc::CLONE_NEWPID);
    run.assert_failed(&["programs::passes_with_a_program"]);
    assert_in_order(
        run.failure("programs::passes_with_a_program"),
        &[
            "in node `server`",
            "refused: unshare(CLONE_NEWPID) with EPERM",
            "\n  help: ",
        ],
    );
}
