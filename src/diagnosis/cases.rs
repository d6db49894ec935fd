//! The walls that people run into, one test each: the step and error number, the machine, the verdict and its first remedy.

use super::facts::Limits;
use super::step::Namespace;
use super::{Facts, Step, Verdict, Wall, diagnose};
use crate::errno::*;

/// `name: step, errno, facts => wall, "a part of the first remedy";`
macro_rules! cases {
    ($($name:ident: $step:expr, $errno:expr, $facts:expr => $wall:ident, $remedy:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let verdict = diagnose($step, $errno, &$facts);
                assert_eq!(verdict.wall, Wall::$wall, "{verdict}");
                let first = verdict.remedies.first().map(String::as_str).unwrap_or_default();
                assert!(first.contains($remedy), "the first remedy is: {first}");
                holds_for_all(&verdict);
            }
        )*

        /// Every wall, as often as it has cases.
        const COVERED: &[Wall] = &[$(Wall::$wall),*];
    };
}

/// What must be true of every verdict.
pub(super) fn holds_for_all(verdict: &Verdict) {
    let text = verdict.to_string();
    assert_eq!(verdict.clone().into_error().to_string(), text);
    assert!(
        text.starts_with("failed to make a network for this test: "),
        "{text}"
    );
    assert!(
        text.contains("\n  refused: ") && text.contains("\n  help: "),
        "{text}"
    );
    let may_be_skipped = verdict.clone().into_error().is_refused();
    assert_eq!(
        text.contains("NETNS_TEST_UNSUPPORTED=skip"),
        may_be_skipped,
        "{text}"
    );
    assert!(!text.contains("as root"), "{text}");
    if verdict.errno == ENOSPC {
        assert!(verdict.headline.starts_with("not disk space: "), "{text}");
    }
}

/// An ordinary user's process on an ordinary machine.
pub(super) fn machine() -> Facts {
    Facts {
        release: text("6.12.0"),
        version: text("Linux version 6.12.0"),
        arch: text("x86_64"),
        target_arch: "x86_64",
        threads: Some(2),
        seccomp: Some(0),
        euid: Some(1000),
        egid: Some(1000),
        uid_map: text("0 0 4294967295"),
        gid_map: text("0 0 4294967295"),
        dumpable: Some(true),
        chrooted: Some(false),
        unshare_nothing: Some(Ok(())),
        ns_user: Some(true),
        ns_net: Some(true),
        open_files: Some((1024, 524_288)),
        has_modules: Some(true),
        proc_mounted: Some(true),
        children_stay: Some(true),
        nested: Some(false),
        limits: limits(63000),
        ..Facts::default()
    }
}

pub(super) fn ubuntu() -> Facts {
    Facts {
        distro: text("ubuntu"),
        release: text("6.8.0-1017-azure"),
        apparmor_restricts: Some(1),
        apparmor_profile: text("unconfined"),
        ..machine()
    }
}

/// Ubuntu's restriction in a job on GitHub's own machine.
pub(super) fn github() -> Facts {
    Facts {
        github: true,
        github_hosted: true,
        ..ubuntu()
    }
}

/// A filter of system calls that refuses `unshare` whatever its arguments, on a host with Ubuntu's restriction.
fn filtered() -> Facts {
    Facts {
        seccomp: Some(2),
        unshare_nothing: Some(Err(EPERM)),
        ..ubuntu()
    }
}

pub(super) fn docker() -> Facts {
    Facts {
        docker: true,
        cap_eff: Some(0xa804_25fb),
        apparmor_profile: text("docker-default (enforce)"),
        ..filtered()
    }
}

pub(super) fn selinux(label: &str) -> Facts {
    Facts {
        selinux_enforces: Some(1),
        security_label: text(label),
        ..machine()
    }
}

pub(super) fn service() -> Facts {
    Facts {
        seccomp: Some(2),
        systemd: true,
        cgroup: text("/system.slice/ci-agent.service"),
        ..machine()
    }
}

pub(super) fn release(release: &str) -> Facts {
    Facts {
        release: text(release),
        ..machine()
    }
}

pub(super) fn nested() -> Facts {
    Facts {
        uid_map: text("1000 1000 1"),
        gid_map: text("1000 1000 1"),
        nested: Some(true),
        limits: limits(Limits::NONE),
        ..machine()
    }
}

/// The same limit for every kind of namespace.
fn limits(limit: u64) -> Limits {
    Limits::read(|_| Some(limit))
}

/// No namespaces of one kind.
fn none_of(none: Namespace) -> Facts {
    Facts {
        limits: Limits::read(|namespace| Some(if namespace == none { 0 } else { 63000 })),
        ..machine()
    }
}

/// Nix's sandbox: a user namespace of its own, and a filter.
fn nested_in_sandbox() -> Facts {
    Facts {
        seccomp: Some(2),
        ..nested()
    }
}

pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) const USER: Step = Step::UserNamespace;
pub(super) const NET: Step = Step::NetworkNamespace;

cases! {
    // --- security modules ---
    ubuntu_withholds_the_map: Step::UidMap, EPERM, ubuntu() => AppArmorRestriction, "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    ubuntu_withholds_setgroups: Step::Setgroups, EACCES, ubuntu() => AppArmorRestriction, "sudo sysctl -w kernel.apparmor";
    ubuntu_withholds_the_first_link: Step::Link("veth"), EPERM, ubuntu() => AppArmorRestriction, "sudo sysctl -w kernel.apparmor";
    ubuntu_withholds_the_network_namespace: NET, EPERM, ubuntu() => AppArmorRestriction, "sudo sysctl -w kernel.apparmor";
    ubuntu_without_its_profile_refuses_unshare: USER, EACCES, ubuntu() => AppArmorRestriction, "sudo sysctl -w kernel.apparmor";
    ubuntu_on_github_is_a_step_of_the_job: Step::UidMap, EPERM, github() => AppArmorRestriction, "a step before the tests: `- run: sudo sysctl -w kernel.apparmor";
    ubuntu_as_a_docker_host_is_set_on_the_host: Step::UidMap, EPERM, Facts { docker: true, ..ubuntu() } => AppArmorRestriction, "on the host of this Docker container, not inside: sudo sysctl";
    ubuntu_under_a_github_container_is_set_before_it_starts: Step::UidMap, EPERM, Facts { docker: true, ..github() } => AppArmorRestriction, "before the container starts";
    dockers_profile_denies_mounts: Step::Mount, EACCES, Facts { unshare_nothing: Some(Ok(())), ..docker() } => AppArmorProfile, "--security-opt apparmor=unconfined";
    a_hidden_profile_denies_mounts: Step::Mount, EACCES, Facts { podman: true, ..machine() } => AppArmorProfile, "podman run --security-opt apparmor=unconfined";
    a_pods_profile_denies_mounts: Step::MountOf("sysfs"), EACCES, Facts { kubernetes: true, ..machine() } => AppArmorProfile, "appArmorProfile: { type: Unconfined }";
    ubuntu_withholds_mounts: Step::Mount, EACCES, ubuntu() => AppArmorRestriction, "sudo sysctl -w kernel.apparmor";
    a_profile_of_the_machine_denies_user_namespaces: USER, EACCES, Facts { apparmor_profile: text("my-ide (enforce)"), ..machine() } => AppArmorProfile, "`userns,`";
    selinux_denies_user_namespaces: USER, EACCES, selinux("staff_u:staff_r:staff_t:s0") => Selinux, "ausearch";
    selinux_withholds_capabilities: Step::UidMap, EPERM, selinux("staff_u:staff_r:staff_t:s0") => Selinux, "ausearch";
    selinux_in_a_container_is_known_by_the_label: USER, EACCES, Facts { podman: true, selinux_enforces: None, ..selinux("system_u:system_r:container_t:s0:c1,c2") } => Selinux, "--security-opt label=disable";
    a_module_without_a_sign_withholds_capabilities: Step::Link("lo"), EPERM, machine() => CapabilitiesNotReal, "dmesg";
    a_root_without_capabilities_maps_no_root: Step::UidMap, EPERM, Facts { euid: Some(0), cap_eff: Some(0), ..machine() } => RootWithoutSetfcap, "as an ordinary user";
    a_root_with_the_capability_met_something_else: Step::UidMap, EPERM, Facts { euid: Some(0), cap_eff: Some(1 << 31), ..machine() } => CapabilitiesNotReal, "dmesg";
    a_map_refused_without_a_sign: Step::UidMap, EPERM, machine() => CapabilitiesNotReal, "dmesg";
    a_bpf_module_refuses: USER, EPERM, Facts { security_modules: text("capability,landlock,bpf"), ..machine() } => BpfModule, "bpftool prog list";
    a_bpf_module_may_be_there_and_a_chroot_too: USER, EPERM, Facts { chrooted: None, security_modules: text("capability,bpf"), ..machine() } => Unknown, "dmesg";

    // --- filters of system calls ---
    docker_filters: USER, EPERM, docker() => ContainerFilter, "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined";
    docker_filters_its_root_too: NET, EPERM, Facts { euid: Some(0), ..docker() } => ContainerFilter, "docker run --security-opt seccomp=unconfined";
    docker_filters_mounts: Step::Mount, EPERM, Facts { docker: true, seccomp: Some(2), ..machine() } => ContainerFilter, "docker run --security-opt seccomp=unconfined";
    docker_masks_proc: Step::MountOf("proc"), EPERM, Facts { docker: true, seccomp: Some(2), ..machine() } => MaskedPaths, "docker run --security-opt systempaths=unconfined";
    podman_masks_sys: Step::MountOf("sysfs"), EPERM, Facts { podman: true, ..machine() } => MaskedPaths, "unmask=ALL";
    kubernetes_masks_proc: Step::MountOf("proc"), EPERM, Facts { kubernetes: true, ..machine() } => MaskedPaths, "procMount: Unmasked";
    a_unit_masks_proc: Step::MountOf("proc"), EPERM, service() => MaskedPaths, "ProtectKernelTunables=no";
    fargate_filters: USER, EPERM, Facts { ecs: true, ..filtered() } => ContainerFilter, "\"privileged\": true; Fargate cannot";
    podman_filters: USER, EPERM, Facts { podman: true, ..filtered() } => ContainerFilter, "podman run --security-opt seccomp=unconfined";
    podman_filters_with_enosys: USER, ENOSYS, Facts { podman: true, unshare_nothing: Some(Err(ENOSYS)), ..filtered() } => ContainerFilter, "podman run --security-opt seccomp=unconfined";
    kubernetes_filters: USER, EPERM, Facts { kubernetes: true, ..filtered() } => ContainerFilter, "seccompProfile: { type: Unconfined }";
    a_github_container_filters: USER, EPERM, Facts { github: true, github_hosted: true, ..docker() } => ContainerFilter, "options: --security-opt";
    githubs_small_runner_filters: USER, EPERM, Facts { github: true, github_hosted: true, ..filtered() } => ContainerFilter, "runs-on: ubuntu-latest";
    githubs_small_runner_filters_by_arguments: USER, EPERM, Facts { seccomp: Some(2), ..github() } => ContainerFilter, "runs-on: ubuntu-latest";
    gitlab_filters: USER, EPERM, Facts { gitlab: true, ..docker() } => ContainerFilter, "security_opt = [\"seccomp:unconfined\"";
    circleci_filters: USER, EPERM, Facts { circleci: true, ..docker() } => ContainerFilter, "machine:";
    bitbucket_filters: USER, EPERM, Facts { bitbucket: true, ..docker() } => ContainerFilter, "linux.shell";
    a_devcontainer_filters: USER, EPERM, Facts { devcontainer: true, ..docker() } => ContainerFilter, "\"runArgs\": [\"--privileged\"]";
    an_unknown_container_filters: USER, EPERM, Facts { container: text("systemd-nspawn"), ..filtered() } => ContainerFilter, "lets unshare, clone, setns";
    a_container_filters_by_arguments: USER, EPERM, Facts { docker: true, seccomp: Some(2), ..machine() } => ContainerFilter, "docker run --security-opt";
    a_unit_restricts_namespaces: USER, EPERM, service() => ServiceFilter, "sudo systemctl edit ci-agent.service, with the lines `[Service] RestrictNamespaces=no";
    a_unit_restricts_only_network_namespaces: NET, EPERM, service() => ServiceFilter, "systemctl edit ci-agent.service";
    a_units_filter_kills: Step::TrialKilled(31), 0, service() => ServiceFilter, "SystemCallFilter=";
    a_unit_on_ubuntu_is_likelier_than_apparmor: USER, EPERM, Facts { apparmor_restricts: Some(1), ..service() } => ServiceFilter, "systemctl edit";
    a_unit_restricts_address_families: Step::NetlinkSocket, EAFNOSUPPORT, service() => NetlinkFamily, "RestrictAddressFamilies=";
    a_container_restricts_address_families: Step::NetlinkSocket, EAFNOSUPPORT, Facts { docker: true, ..machine() } => NetlinkFamily, "docker run --security-opt seccomp=unconfined";
    bazels_sandbox_refuses: NET, EPERM, Facts { bazel: true, ..machine() } => Bazel, "no-sandbox";
    a_flatpak_terminal_refuses: USER, EPERM, Facts { flatpak: true, ..filtered() } => Flatpak, "flatpak-spawn --host";
    a_flatpak_terminal_has_no_user_namespaces_left: USER, ENOSPC, Facts { flatpak: true, ..nested() } => Flatpak, "flatpak-spawn --host";
    a_snap_terminal_refuses: USER, EPERM, Facts { snap: text("ide"), ..filtered() } => Snap, "not a part of the snap";
    a_snaps_profile_withholds: Step::UidMap, EACCES, Facts { apparmor_profile: text("snap.ide.ide (enforce)"), ..machine() } => Snap, "not a part of the snap";
    a_classic_snap_confines_nothing: Step::UidMap, EPERM, Facts { snap: text("code"), apparmor_profile: text("snap.code.code (complain)"), ..ubuntu() } => AppArmorRestriction, "sudo sysctl";
    lxc_without_nesting: Step::Mount, EACCES, Facts { container: text("lxc"), ..machine() } => Lxc, "security.nesting=true";
    lxc_known_by_its_profile: NET, EPERM, Facts { apparmor_profile: text("lxc-container-default-cgns (enforce)"), ..ubuntu() } => Lxc, "security.nesting=true";
    nix_builds_refuse: USER, EPERM, Facts { nix_build_top: text("/build"), ..nested_in_sandbox() } => NixSandbox, "doCheck = false";
    a_nix_shell_is_no_sandbox: Step::UidMap, EPERM, Facts { nix_build_top: text("/tmp/nix-shell.1"), ..ubuntu() } => AppArmorRestriction, "sudo sysctl";

    // --- the kernel's own rules and limits ---
    debians_sysctl_is_off: USER, EPERM, Facts { userns_clone: Some(0), ..machine() } => UsernsCloneSysctl, "sudo sysctl -w kernel.unprivileged_userns_clone=1";
    user_namespaces_are_off: USER, ENOSPC, none_of(Namespace::User) => NamespacesOff, "sudo sysctl -w user.max_user_namespaces=15000";
    user_namespaces_are_off_on_the_containers_host: USER, ENOSPC, Facts { kubernetes: true, ..none_of(Namespace::User) } => NamespacesOff, "on the host of this Kubernetes pod, not inside: sudo sysctl";
    user_namespaces_are_off_on_centos_7: USER, EINVAL, Facts { release: text("3.10.0-1160.el7.x86_64"), ..none_of(Namespace::User) } => NamespacesOff, "user.max_user_namespaces=15000";
    user_namespaces_are_off_in_a_sandbox: USER, ENOSPC, Facts { nested: Some(true), ..none_of(Namespace::User) } => NamespacesOff, "outside of the sandbox";
    user_namespaces_are_used_up: USER, ENOSPC, machine() => NamespaceLimit, "sudo sysctl -w user.max_user_namespaces=126000";
    network_namespaces_are_off: NET, ENOSPC, none_of(Namespace::Network) => NamespacesOff, "sudo sysctl -w user.max_net_namespaces=15000";
    network_namespaces_are_used_up: NET, ENOSPC, Facts { limits: limits(100), ..machine() } => NamespaceLimit, "sudo sysctl -w user.max_net_namespaces=63000";
    network_namespaces_are_used_up_further_out: NET, ENOSPC, nested() => OuterLimit, "outside of the sandbox";
    pid_namespaces_are_off: Step::PidNamespace, ENOSPC, none_of(Namespace::Pid) => NamespacesOff, "sudo sysctl -w user.max_pid_namespaces=15000";
    pid_namespaces_are_used_up: Step::PidNamespace, ENOSPC, machine() => NamespaceLimit, "user.max_pid_namespaces=126000";
    mount_namespaces_are_off: Step::MountNamespace, ENOSPC, none_of(Namespace::Mount) => NamespacesOff, "sudo sysctl -w user.max_mnt_namespaces=15000";
    mount_namespaces_are_used_up: Step::MountNamespace, ENOSPC, machine() => NamespaceLimit, "user.max_mnt_namespaces=126000";
    host_names_are_off: Step::UtsNamespace, ENOSPC, none_of(Namespace::Uts) => NamespacesOff, "sudo sysctl -w user.max_uts_namespaces=15000";
    namespaces_are_nested_too_deep: USER, ENOSPC, nested() => NestingDepth, "outside of the sandbox";
    namespaces_were_nested_too_deep_on_old_kernels: USER, EUSERS, machine() => NestingDepth, "outside of the sandbox";
    another_enospc_is_not_disk_space_either: Step::Mount, ENOSPC, machine() => Unknown, "dmesg";
    a_filter_refuses_to_enter: Step::Joining, EPERM, Facts { unshare_nothing: Some(Ok(())), apparmor_restricts: None, ..service() } => ServiceFilter, "sudo systemctl edit ci-agent.service";
    the_process_had_threads: Step::Threads(9), 0, machine() => Threads, "#[netns_test]";
    the_process_has_threads: Step::Joining, EINVAL, machine() => Threads, "#[netns_test]";
    a_thread_had_not_quite_ended: Step::Joining, EINVAL, Facts { threads: Some(1), ..machine() } => Threads, "#[netns_test]";
    user_namespaces_were_not_built: USER, EINVAL, Facts { ns_user: Some(false), ..machine() } => NoUserNamespaces, "CONFIG_USER_NS=y";
    network_namespaces_were_not_built: NET, EINVAL, Facts { ns_net: Some(false), ..machine() } => NoNetworkNamespaces, "CONFIG_NET_NS=y";
    a_chroot_gets_none: USER, EPERM, Facts { chrooted: Some(true), ..machine() } => Chroot, "bwrap";
    a_session_of_schroot_gets_none: USER, EPERM, Facts { chrooted: Some(true), schroot: true, ..machine() } => Chroot, "sbuild --chroot-mode=unshare";
    a_chroot_without_proc_gets_none: USER, EPERM, Facts { proc_mounted: Some(false), chrooted: None, ..machine() } => NoProc, "mount -t proc";
    a_lost_user_gets_none: USER, EPERM, Facts { euid: Some(65534), egid: Some(65534), uid_map: text(""), gid_map: text(""), ..machine() } => UnmappedId, "map this user and group";
    nobody_of_the_machine_is_not_lost: USER, EPERM, Facts { euid: Some(65534), egid: Some(65534), ..machine() } => Unknown, "dmesg";
    a_map_of_a_foreign_id: Step::UidMap, EINVAL, machine() => UnmappedId, "map this user and group";
    file_capabilities_hide_the_maps: Step::UidMap, EACCES, Facts { dumpable: Some(false), ..ubuntu() } => NotDumpable, "setcap -r";
    no_proc_is_mounted: Step::Setgroups, ENOENT, Facts::default() => NoProc, "mount -t proc";
    no_proc_leads_to_the_program: Step::OwnProcess, ENOENT, Facts { proc_mounted: Some(false), ..Facts::default() } => NoProc, "mount -t proc";
    a_program_that_is_gone_is_no_matter_of_proc: Step::OwnProcess, ENOENT, machine() => Unknown, "dmesg";
    nobody_is_born_into_a_dead_pid_namespace: Step::OwnProcess, ENOMEM, Facts { children_stay: Some(false), ..machine() } => ForeignPidNamespace, "unshare --pid --fork";
    nothing_ran_before_main: Step::NotEntered, 0, machine() => NotEntered, "link netns-test";

    // --- other kernels, and kernels without a part ---
    gvisor_lacks_calls: USER, ENOSYS, release("4.4.0") => Gvisor, "`runc`";
    gvisor_lacks_netlink: Step::NetlinkSocket, EAFNOSUPPORT, Facts { docker: true, ..release("4.4.0") } => Gvisor, "`runc`";
    gvisor_has_addresses_already: Step::Link("lo"), EEXIST, release("4.4.0") => Gvisor, "`runc`";
    wsl_1_has_no_kernel: NET, EINVAL, release("4.4.0-19041-Microsoft") => Wsl1, "wsl --set-version";
    wsl_2_lacks_a_kind: Step::Link("bridge"), EOPNOTSUPP, Facts { has_modules: Some(false), ..release("5.15.153.1-microsoft-standard-WSL2") } => Wsl2, "wsl --update";
    wsl_2_has_modules_of_its_own: Step::Link("vlan"), EOPNOTSUPP, Facts { has_modules: Some(true), ..release("6.6.87.2-microsoft-standard-WSL2") } => Wsl2, "sudo modprobe 8021q";
    an_emulator_lacks_calls: USER, ENOSYS, Facts { target_arch: "aarch64", ..machine() } => Emulated, "that architecture";
    a_tool_shares_no_memory: Step::Trial, 0, machine() => Emulated, "--trace-children=yes";
    an_emulator_refuses_flags: USER, EINVAL, Facts { target_arch: "aarch64", ..machine() } => Emulated, "that architecture";
    an_unknown_call: USER, ENOSYS, machine() => NoSuchCall, "virtual machine";
    ubuntu_lacks_a_kind: Step::Link("veth"), EOPNOTSUPP, ubuntu() => MissingKind, "sudo apt-get install linux-modules-extra-6.8.0-1017-azure && sudo modprobe veth";
    fedora_lacks_a_kind: Step::Link("bridge"), EOPNOTSUPP, Facts { distro: text("fedora"), ..machine() } => MissingKind, "sudo dnf install kernel-modules-extra-6.12.0";
    a_hardened_kernel_loads_nothing: Step::Link("veth"), EOPNOTSUPP, Facts { modules_disabled: Some(1), ..ubuntu() } => MissingKind, "load it at boot";
    a_kernel_loads_nothing_on_demand: Step::Link("veth"), EOPNOTSUPP, Facts { modprobe: text(""), ..machine() } => MissingKind, "sudo modprobe veth, before the tests";
    a_kernel_has_no_modules: Step::Link("veth"), EOPNOTSUPP, Facts { has_modules: Some(false), ..ubuntu() } => MissingKind, "reboot, if the kernel was updated";
    a_containers_host_lacks_a_kind: Step::Link("veth"), EOPNOTSUPP, Facts { has_modules: Some(false), docker: true, ..ubuntu() } => MissingKind, "on the host of this Docker container, not inside: sudo modprobe veth";
    ipv6_is_disabled: Step::Ipv6Address, EACCES, Facts { ipv6_disabled: Some(1), ..machine() } => Ipv6Disabled, "sudo sysctl -w net.ipv6.conf.default.disable_ipv6=0";
    ipv6_was_not_built: Step::Ipv6Address, EOPNOTSUPP, machine() => NoIpv6, "ipv6.disable=1";

    // --- what runs out, and what nobody knows ---
    no_more_files: NET, EMFILE, machine() => OpenFiles, "ulimit -n 524288";
    no_more_files_ever: NET, EMFILE, Facts { open_files: Some((1024, 1024)), ..machine() } => OpenFiles, "hard limit";
    no_more_files_for_the_first_process: Step::FirstProcess, EMFILE, machine() => OpenFiles, "ulimit -n 524288";
    no_more_files_on_the_machine: NET, ENFILE, machine() => OpenFilesOfMachine, "fs.file-max";
    no_memory: NET, ENOMEM, docker() => Memory, "--test-threads=2";
    no_more_processes: Step::Trial, EAGAIN, machine() => Processes, "--test-threads=2";
    nobody_knows: USER, EPERM, machine() => Unknown, "dmesg";
    nobody_knows_a_signal: Step::TrialKilled(11), 0, machine() => Unknown, "dmesg";
    nobody_knows_a_strange_number: Step::Capabilities, 4095, machine() => Unknown, "dmesg";
}

#[test]
fn every_wall_has_a_case() {
    for wall in Wall::ALL {
        assert!(COVERED.contains(wall), "{wall:?}");
    }
}
