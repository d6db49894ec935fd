//! Facts that no machine has: files are read as they are, and what they hold is the machine's to decide.

use proptest::option::of;
use proptest::prelude::*;

use super::{Facts, Limits, Step, diagnose};

/// What files hold, nearly, or not at all.
fn text() -> impl Strategy<Value = Option<String>> {
    of(prop_oneof![
        any::<String>(),
        "[0-9 \n-]{0,40}",
        "[a-z:/@._() -]{0,40}",
        Just("4.4.0".to_owned()),
        Just("lxc-x (enforce)".to_owned()),
        Just("/user@0.service/a.service".to_owned()),
    ])
}

fn number() -> impl Strategy<Value = Option<u64>> {
    of(prop_oneof![any::<u64>(), 0..3_u64])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Trial),
        any::<i32>().prop_map(Step::TrialKilled),
        Just(Step::UserNamespace),
        Just(Step::Setgroups),
        Just(Step::GidMap),
        Just(Step::UidMap),
        Just(Step::Joining),
        Just(Step::Capabilities),
        Just(Step::OwnProcess),
        Just(Step::MountNamespace),
        Just(Step::UtsNamespace),
        Just(Step::Mount),
        Just(Step::MountOf("sysfs")),
        Just(Step::PidNamespace),
        Just(Step::FirstProcess),
        Just(Step::NetworkNamespace),
        Just(Step::NetlinkSocket),
        Just(Step::Link("lo")),
        Just(Step::Link("veth")),
        Just(Step::Ipv6Address),
        any::<u32>().prop_map(Step::Threads),
        Just(Step::NotEntered),
    ]
}

proptest! {
    #[test]
    fn any_facts_give_a_verdict_with_a_remedy(
        step in step(),
        errno in prop_oneof![0..140_i32, any::<i32>()],
        texts in proptest::collection::vec(text(), 12),
        numbers in proptest::collection::vec(number(), 12),
        ids: (Option<u32>, Option<u32>),
        flags: u16,
    ) {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().flatten();
        let mut numbers = numbers.into_iter();
        let mut number = || numbers.next().flatten();
        let flag = |bit: u16| flags >> bit & 1 == 1;
        let facts = Facts {
            release: text(),
            version: text(),
            arch: text(),
            target_arch: "x86_64",
            distro: text(),
            distro_like: text(),
            uid_map: text(),
            gid_map: text(),
            apparmor_profile: text(),
            security_label: text(),
            container: text(),
            nix_build_top: text(),
            cgroup: text(),
            seccomp: number(),
            cap_eff: number(),
            cap_bnd: number(),
            threads: number(),
            apparmor_restricts: number(),
            selinux_enforces: number(),
            userns_clone: number(),
            limits: Limits::read(|_| number()),
            open_files: number().zip(number()),
            euid: ids.0,
            egid: ids.1,
            ..Facts::default()
        };
        let facts = Facts {
            docker: flag(0),
            podman: flag(1),
            kubernetes: flag(2),
            github: flag(3),
            github_hosted: flag(4),
            gitlab: flag(5),
            systemd: flag(6),
            chrooted: flag(7).then(|| flag(8)),
            ns_user: flag(9).then(|| flag(10)),
            dumpable: flag(11).then(|| flag(12)),
            unshare_nothing: flag(13).then_some(if flag(14) { Ok(()) } else { Err(errno) }),
            ..facts
        };
        let verdict = diagnose(step, errno, &facts).to_string();
        prop_assert!(verdict.starts_with("failed to make a network for this test: "), "{}", verdict);
        prop_assert!(verdict.contains("\n  help: "), "{}", verdict);
    }
}
