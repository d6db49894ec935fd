//! What must hold of all verdicts, and how one reads.

use super::cases::*;
use super::{Facts, Step, Wall, diagnose};
use crate::errno::*;

#[test]
fn the_whole_text_reads_as_prose() {
    let facts = Facts {
        release: text("6.8.0-1017-azure"),
        apparmor_restricts: Some(1),
        ..Facts::default()
    };
    assert_eq!(
        diagnose(Step::UidMap, EPERM, &facts).to_string(),
        "failed to make a network for this test: AppArmor withholds from ordinary programs what a user namespace gives \
         (Ubuntu's default since 24.04)
  refused: write to /proc/self/uid_map with EPERM (Operation not permitted)
  evidence: /proc/sys/kernel/apparmor_restrict_unprivileged_userns reads 1
  evidence: unshare(CLONE_NEWUSER) itself had succeeded
  help: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
  help: to keep it: echo kernel.apparmor_restrict_unprivileged_userns=0 | sudo tee /etc/sysctl.d/60-netns-test.conf
  help: or for these programs only, a profile in /etc/apparmor.d: `profile netns-tests /PATH/TO/target/*/deps/** \
         flags=(unconfined) { userns, }`, loaded by `sudo apparmor_parser -r FILE`
  help: to skip such tests instead, set NETNS_TEST_UNSUPPORTED=skip; `cargo netns doctor` shows the whole verdict \
         (`cargo install netns-test --features cli`)"
    );
}

#[test]
fn an_unknown_wall_shows_every_fact() {
    let facts = machine();
    let verdict = diagnose(USER, EPERM, &facts);
    assert_eq!(verdict.evidence.len(), facts.sentences().len());
    let shown = verdict.to_string();
    assert!(
        shown.contains("unshare(CLONE_NEWUSER) with EPERM"),
        "{shown}"
    );
    assert!(
        shown.contains("/proc/self/uid_map reads 0 0 4294967295"),
        "{shown}"
    );
}

#[test]
fn a_chroot_that_cannot_be_seen_is_mentioned() {
    let hidden = Facts {
        chrooted: None,
        ..machine()
    };
    for (facts, mentioned) in [(hidden, true), (machine(), false)] {
        let verdict = diagnose(USER, EPERM, &facts);
        assert_eq!(
            verdict.to_string().contains("if this is a chroot"),
            mentioned
        );
    }
}

#[test]
fn steps_that_made_no_call_say_so() {
    let refused = |step| {
        let shown = diagnose(step, 0, &machine()).to_string();
        shown.lines().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(
        refused(Step::Threads(9)),
        "  refused: unshare(CLONE_NEWUSER) in a process with 9 threads was not tried"
    );
    assert_eq!(
        refused(Step::NotEntered),
        "  refused: the code before `main` did not run"
    );
    assert!(
        refused(Step::TrialKilled(31))
            .ends_with("by killing the process that tried it (signal 31)")
    );
}

/// Whatever the step, number and machine: no panic, no empty answer, and nothing that only root could follow in vain.
#[test]
fn no_combination_is_left_without_an_answer() {
    let machines = [
        Facts::default(),
        machine(),
        ubuntu(),
        github(),
        docker(),
        service(),
        nested(),
        selinux("a:b:c:s0"),
        release("4.4.0"),
        release("4.4.0-1-Microsoft"),
        release("5.15-microsoft-standard-WSL2"),
    ];
    let steps = [
        Step::OwnProcess,
        Step::Trial,
        Step::TrialKilled(31),
        USER,
        Step::Setgroups,
        Step::GidMap,
        Step::UidMap,
        Step::Joining,
        Step::Capabilities,
        Step::MountNamespace,
        Step::UtsNamespace,
        Step::Mount,
        Step::MountOf("proc"),
        Step::PidNamespace,
        Step::FirstProcess,
        NET,
        Step::NetlinkSocket,
        Step::Link("veth"),
        Step::Ipv6Address,
        Step::Threads(3),
        Step::NotEntered,
    ];
    for facts in &machines {
        for step in steps {
            for errno in ALL.iter().copied().chain([0, -1, 4095]) {
                let verdict = diagnose(step, errno, facts);
                assert!(
                    !verdict.headline.ends_with("the kernel refused it")
                        && !verdict.remedies.is_empty()
                );
                holds_for_all(&verdict);
            }
        }
    }
}

/// A key that no sentence has would silently lose its evidence.
#[test]
fn evidence_is_chosen_by_keys_that_exist() {
    let everything = Facts {
        version: text("v"),
        modules_disabled: Some(0),
        modprobe: text(""),
        distro: text("d"),
        no_new_privs: Some(0),
        cap_eff: Some(0),
        cap_bnd: Some(0),
        proc_sys_writable: Some(true),
        apparmor_restricts: Some(0),
        apparmor_profile: text("p"),
        security_label: text("l"),
        security_modules: text("bpf"),
        selinux_enforces: Some(0),
        userns_clone: Some(1),
        docker: true,
        podman: true,
        container: text("c"),
        kubernetes: true,
        github: true,
        github_hosted: true,
        gitlab: true,
        circleci: true,
        bitbucket: true,
        devcontainer: true,
        ecs: true,
        bazel: true,
        schroot: true,
        ipv6_disabled: Some(0),
        owns_network: Some(true),
        flatpak: true,
        snap: text("s"),
        nix_build_top: text("n"),
        systemd: true,
        cgroup: text("/"),
        ..machine()
    };
    let known: Vec<_> = everything
        .sentences()
        .into_iter()
        .map(|sentence| sentence.key)
        .collect();
    for wall in Wall::ALL {
        for key in super::evidence::keys(*wall) {
            assert!(known.contains(key), "{wall:?}: {key}");
        }
    }
    let mut unique = known.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), known.len());
}
