//! What people are told at each wall. The remedies depend on where these tests run; the table of cases has those.

use std::process::{Command, Stdio};

use netns_test::{Network, Topology, netns_test};

use super::walls::{Ids, Wall, enclose, enclose_in_chroot};
use super::{Refusal, become_user, refuse};
use crate::subjects::{Package, Run, assert_in_order};
use crate::{FILTERED, HEADLINE, LAST_REMEDY, NOBODY_IN_PARTICULAR, Program, is_root};

const TEST: &str = "outcomes::passes";

/// The user and group as whom the program runs.
fn ids() -> Ids {
    if is_root() {
        (NOBODY_IN_PARTICULAR, NOBODY_IN_PARTICULAR)
    } else {
        use nix::unistd::{getegid, geteuid};
        (geteuid().as_raw(), getegid().as_raw())
    }
}

/// Runs one test within the wall, as an ordinary user.
fn run_within(wall: Wall, test: &str) -> Run {
    let program = Program::new(Package::Downstream);
    let mut command = program.command(&["--exact", test, "--test-threads=1"]);
    if is_root() {
        become_user(&mut command, NOBODY_IN_PARTICULAR);
    }
    enclose(&mut command, wall, ids());
    Run::of(&command.output().unwrap())
}

#[track_caller]
fn assert_told(run: &Run, test: &str, parts: &[&str]) {
    run.assert_failed(&[test]);
    assert_in_order(run.failure(test), parts);
}

fn limited(file: &'static str, limit: u32) -> Wall {
    Wall::Limited { file, limit }
}

#[test]
fn user_namespaces_that_are_turned_off_are_no_full_disk() {
    assert_told(
        &run_within(limited("max_user_namespaces", 0), TEST),
        TEST,
        &[
            HEADLINE,
            "not disk space: user namespaces are turned off in this sandbox, by a limit of 0\n",
            "  refused: unshare(CLONE_NEWUSER) with ENOSPC (No space left on device)\n",
            "  evidence: /proc/sys/user/max_user_namespaces reads 0\n",
            "\n  help: ",
            LAST_REMEDY,
        ],
    );
}

/// The limit that counts is that of the outside, which cannot be read any more when it is met.
#[test]
fn the_limit_of_the_outside_is_shown_from_inside() {
    assert_told(
        &run_within(limited("max_net_namespaces", 0), TEST),
        TEST,
        &[
            HEADLINE,
            "not disk space: network namespaces are turned off in this sandbox, by a limit of 0\n",
            "  refused: unshare(CLONE_NEWNET) with ENOSPC (No space left on device)\n",
            "  evidence: /proc/sys/user/max_net_namespaces reads 0\n",
            LAST_REMEDY,
        ],
    );
}

#[test]
fn network_namespaces_that_are_used_up_are_named() {
    assert_told(
        &run_within(
            limited("max_net_namespaces", 1),
            "programs::passes_by_a_name",
        ),
        "programs::passes_by_a_name",
        &[
            HEADLINE,
            "not disk space: as many network namespaces exist as user.max_net_namespaces allows this user",
            "  refused: unshare(CLONE_NEWNET) with ENOSPC (No space left on device)\n",
            "  evidence: /proc/sys/user/max_net_namespaces reads 1\n",
            LAST_REMEDY,
        ],
    );
}

#[test]
fn pid_namespaces_that_are_turned_off_stop_programs_only() {
    let wall = limited("max_pid_namespaces", 0);
    run_within(wall, TEST).assert_passed();
    let test = "programs::passes_with_a_program";
    assert_told(
        &run_within(wall, test),
        test,
        &[
            "in node `server`",
            "not disk space: PID namespaces are turned off in this sandbox, by a limit of 0\n",
            "  refused: unshare(CLONE_NEWPID) with ENOSPC (No space left on device)\n",
            "  evidence: /proc/sys/user/max_pid_namespaces reads 0\n",
            LAST_REMEDY,
        ],
    );
}

#[test]
fn mount_and_host_name_limits_are_told_in_the_report() {
    let test = "programs::passes_by_a_name";
    for (file, kind, flag) in [
        ("max_mnt_namespaces", "mount", "CLONE_NEWNS"),
        ("max_uts_namespaces", "UTS", "CLONE_NEWUTS"),
    ] {
        run_within(limited(file, 0), TEST).assert_passed();
        let lacking = format!(
            "\nroot, client see the machine's host name and files: not disk space: {kind} namespaces are turned off in this \
             sandbox, by a limit of 0 (unshare({flag}) with ENOSPC (No space left on device)); "
        );
        assert_told(&run_within(limited(file, 0), test), test, &[&lacking]);
    }
}

#[test]
fn namespaces_that_are_nested_too_deep_are_told_so() {
    assert_told(
        &run_within(Wall::Nested, TEST),
        TEST,
        &[
            HEADLINE,
            "not disk space: this user namespace is nested as deep as the kernel allows (33)",
            "  refused: unshare(CLONE_NEWUSER) with ENOSPC (No space left on device)\n",
            "  evidence: /proc/sys/user/max_user_namespaces reads 2147483647\n",
            "outside of the sandbox",
            LAST_REMEDY,
        ],
    );
}

#[test]
fn a_user_without_an_id_is_told_so() {
    assert_told(
        &run_within(Wall::Unmapped, TEST),
        TEST,
        &[
            HEADLINE,
            "the user or group of this process (65534:65534) has no id in its user namespace",
            FILTERED,
            "  evidence: the effective user is 65534\n",
            "  evidence: /proc/self/uid_map is empty\n",
            LAST_REMEDY,
        ],
    );
}

/// Whatever runs out first is named, with the limit. It may be there a moment later, so that it is no reason to skip.
#[test]
fn a_shortage_of_descriptors_is_told_and_never_skipped() {
    for (limit, parts) in [
        (
            6,
            [
                HEADLINE,
                "this process may have no more than 6 open files\n",
                "  refused: the start of /proc/self/exe with EMFILE (Too many open files)\n",
                "  help: raise the hard limit of open files",
            ],
        ),
        (
            24,
            [
                "failed to make room for the network's descriptors: ",
                " are open, 33 more are needed, ",
                "and RLIMIT_NOFILE allows 24 at most\n",
                "  help: raise the hard limit: `ulimit -Hn`",
            ],
        ),
    ] {
        let program = Program::new(Package::Downstream);
        let mut command = program.command(&["--exact", TEST, "--test-threads=1"]);
        command.env("NETNS_TEST_UNSUPPORTED", "skip");
        if is_root() {
            become_user(&mut command, NOBODY_IN_PARTICULAR);
        }
        enclose(&mut command, Wall::OpenFiles { limit }, ids());
        let run = Run::of(&command.output().unwrap());
        assert_told(&run, TEST, &parts);
        assert!(!run.failure(TEST).contains("NETNS_TEST_UNSUPPORTED"));
    }
}

/// Without a listener the program would die of what it prints, and nobody would know why. This test is alone in its process.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_program_without_a_listener_is_an_error_at_once(net: &Network) {
    let start = || net.host("a").command("cat").stdin(Stdio::piped()).spawn();
    start().unwrap();
    super::refuse_threads().unwrap();
    let error = start().unwrap_err().to_string();
    assert_in_order(
        &error,
        &[
            "failed to start the thread that listens to `cat` in host `a`",
            ": Resource temporarily unavailable\n",
            "  help: the machine's or the user's limit of tasks is reached",
        ],
    );
}

/// Runs the test program in a chroot: the directory that it lies in, with these of the machine's below.
fn run_in_chroot(shown: &[&str]) -> Run {
    let program = Program::new(Package::Downstream);
    let mut command = Command::new("/subjects");
    command.args(["--exact", TEST]).env_clear();
    command.stdin(Stdio::null());
    if is_root() {
        become_user(&mut command, NOBODY_IN_PARTICULAR);
    }
    enclose_in_chroot(&mut command, program.scratch.path(), shown, ids());
    Run::of(&command.output().unwrap())
}

#[test]
fn a_chroot_is_told_so() {
    assert_told(
        &run_in_chroot(&["usr", "lib", "lib64", "dev", "proc"]),
        TEST,
        &[
            HEADLINE,
            "the kernel gives no user namespace to a process in a chroot\n",
            FILTERED,
            "  evidence: the process is in a chroot",
            "\n  help: enter the tree by bwrap",
            LAST_REMEDY,
        ],
    );
}

#[test]
fn a_chroot_without_proc_is_told_so() {
    assert_told(
        &run_in_chroot(&["usr", "lib", "lib64", "dev"]),
        TEST,
        &[
            HEADLINE,
            "no usable /proc is mounted here, as in a bare chroot\n",
            "  refused: the start of /proc/self/exe with ENOENT (No such file or directory)\n",
            "  evidence: /proc does not show this process",
            "\n  help: mount -t proc proc /proc",
            LAST_REMEDY,
        ],
    );
}

/// The filter of a container runtime, in the surroundings that the variables of services and runtimes tell.
#[test]
fn the_same_filter_has_another_remedy_in_each_service() {
    for (variables, remedy) in [
        (
            &[("container", "docker"), ("GITLAB_CI", "true")][..],
            "\n  help: in the runner's config.toml, under [runners.docker]: ",
        ),
        (
            &[("container", "docker"), ("CIRCLECI", "true")],
            "\n  help: in .circleci/config.yml use `machine:`",
        ),
        (
            &[("CODESPACES", "true")],
            "\n  help: in devcontainer.json: \"runArgs\": [\"--privileged\"]",
        ),
    ] {
        let program = Program::new(Package::Downstream);
        let mut command = program.command(&["--exact", TEST]);
        command.envs(variables.iter().copied());
        if is_root() {
            become_user(&mut command, NOBODY_IN_PARTICULAR);
        }
        refuse(&mut command, Refusal::Namespaces);
        let run = Run::of(&command.output().unwrap());
        let parts = [
            HEADLINE,
            "the seccomp filter of this ",
            FILTERED,
            "  evidence: Seccomp in /proc/thread-self/status reads 2\n",
            remedy,
            LAST_REMEDY,
        ];
        assert_told(&run, TEST, &parts);
    }
}
