//! Remedies that depend on the machine: the same cure is another command in a container, on a CI runner, on Fedora.

use super::facts::Facts;
use super::step::{Namespace, Step};
use super::surroundings::Surroundings;

/// What is left when a container or sandbox cannot be relaxed.
pub(super) const IN_VM: &str = "or run the tests in a virtual machine, or on the machine itself";

const APPARMOR_OFF: &str = "kernel.apparmor_restrict_unprivileged_userns=0";

/// Sets a sysctl, where it can be set: a container shares its host's kernel and cannot write there.
pub(super) fn sysctl(facts: &Facts, setting: &str) -> Vec<String> {
    let command = format!("sudo sysctl -w {setting}");
    let keep = format!("to keep it: echo {setting} | sudo tee /etc/sysctl.d/60-netns-test.conf");
    match Surroundings::of(facts) {
        Surroundings::Machine if facts.github => {
            vec![format!("a step before the tests: `- run: {command}`")]
        }
        Surroundings::Machine => vec![command, keep],
        Surroundings::GithubContainer => vec![format!(
            "on the runner, before the container starts: {command}; a job's own steps come too \
            late, so run the tests without `container:`"
        )],
        around => vec![format!(
            "on the host of {}, not inside: {command}",
            around.name()
        )],
    }
}

pub(super) fn apparmor(facts: &Facts) -> Vec<String> {
    let mut remedies = sysctl(facts, APPARMOR_OFF);
    if !Surroundings::of(facts).is_container() {
        remedies.push(
            "or for these programs only, a profile in /etc/apparmor.d: `profile netns-tests \
            /PATH/TO/target/*/deps/** flags=(unconfined) { userns, }`, loaded by `sudo \
            apparmor_parser -r FILE`"
                .to_owned(),
        );
    }
    remedies
}

pub(super) fn selinux(facts: &Facts) -> Vec<String> {
    let see = "sudo ausearch -m avc -ts recent; a line with tclass=user_namespace or cap_userns \
              names the rule";
    let around = match Surroundings::of(facts) {
        Surroundings::Kubernetes => {
            "in the container's `securityContext`: seLinuxOptions: { type: spc_t }"
        }
        Surroundings::Machine => {
            return vec![
                see.to_owned(),
                "run the tests as a user that SELinux does not confine (`id -Z` shows \
                unconfined_t)"
                    .to_owned(),
            ];
        }
        _ => {
            "start the container with `--security-opt label=disable`, or update \
            container-selinux on its host"
        }
    };
    vec![around.to_owned(), see.to_owned()]
}

pub(super) fn service_filter(facts: &Facts) -> Vec<String> {
    let settings = "[Service] RestrictNamespaces=no SystemCallFilter=";
    let mut remedies = vec![edit_unit(facts, settings)];
    remedies.push(
        "if a sandbox such as firejail or bwrap started this: run the tests outside of it"
            .to_owned(),
    );
    if facts.apparmor_restricts_user_namespaces() {
        remedies.push(format!(
            "after that, AppArmor is in the way too: sudo sysctl -w {APPARMOR_OFF}"
        ));
    }
    remedies
}

pub(super) fn netlink_family(facts: &Facts) -> Vec<String> {
    let around = Surroundings::of(facts);
    if around.is_container() {
        return around.relax();
    }
    vec![
        edit_unit(facts, "[Service] RestrictAddressFamilies="),
        "if a sandbox started this: run the tests outside of it".to_owned(),
    ]
}

/// Overrides settings of the systemd unit to which the process belongs.
fn edit_unit(facts: &Facts, settings: &str) -> String {
    let command = match facts.service() {
        Some((unit, true)) => format!("systemctl --user edit {unit}"),
        Some((unit, false)) => format!("sudo systemctl edit {unit}"),
        None => "if a systemd unit started this: sudo systemctl edit UNIT".to_owned(),
    };
    format!("{command}, with the lines `{settings}`, then restart it")
}

/// Raises a limit of 0.
pub(super) fn namespaces_on(step: Step, facts: &Facts) -> Vec<String> {
    let mut remedies = raise(step, facts, 15_000);
    if facts
        .release
        .as_deref()
        .is_some_and(|release| release.starts_with("3.10."))
    {
        remedies.push("on RHEL and CentOS 7.2 also boot with user_namespace.enable=1".to_owned());
    }
    remedies
}

/// Raises a limit that is reached.
pub(super) fn more_namespaces(step: Step, facts: &Facts) -> Vec<String> {
    let limit = step.namespace().and_then(|it| facts.limits.of(it));
    let more = limit.unwrap_or_default().saturating_mul(2).max(63_000);
    let mut remedies = raise(step, facts, more);
    remedies.truncate(1);
    remedies.push("or run fewer tests at a time (`--test-threads=2`)".to_owned());
    if step.namespace() == Some(Namespace::User) {
        let stale = "if hardly any are in use (`lsns -t user`), the kernel has lost count: reboot";
        remedies.push(stale.to_owned());
    }
    remedies
}

fn raise(step: Step, facts: &Facts, to: u64) -> Vec<String> {
    let Some(namespace) = step.namespace() else {
        return Vec::new();
    };
    if facts.is_nested() && !Surroundings::of(facts).is_container() {
        return outer_limit(step);
    }
    sysctl(facts, &format!("{}={to}", namespace.limit()))
}

/// A limit that belongs to whoever made the user namespace.
pub(super) fn outer_limit(step: Step) -> Vec<String> {
    let limit = step.namespace().map_or("it", Namespace::limit);
    vec![
        "run the tests outside of the sandbox or container that made this user namespace"
            .to_owned(),
        format!("or let whoever made it raise {limit} there"),
    ]
}

/// The profile of a container is in the way, and its filter is not.
pub(super) fn container_profile(around: Surroundings) -> Vec<String> {
    match around {
        Surroundings::Docker => vec![
            "docker run --security-opt apparmor=unconfined ...".to_owned(),
            "docker run --privileged ...".to_owned(),
        ],
        Surroundings::Podman => {
            vec!["podman run --security-opt apparmor=unconfined ...".to_owned()]
        }
        Surroundings::Kubernetes => vec![
            "in the container's `securityContext`: appArmorProfile: { type: Unconfined }"
                .to_owned(),
        ],
        around => around.relax(),
    }
}

/// Shows the container all of `/proc` and `/sys`.
pub(super) fn unmask(around: Surroundings) -> Vec<String> {
    let way = match around {
        Surroundings::Docker => "docker run --security-opt systempaths=unconfined ...",
        Surroundings::Podman => "podman run --security-opt unmask=ALL ...",
        Surroundings::Kubernetes => {
            "in the container's `securityContext`: procMount: Unmasked, with `hostUsers: false` \
            in the pod's spec"
        }
        Surroundings::GithubContainer => {
            "in the workflow: `container: { image: ..., options: --security-opt \
            systempaths=unconfined }`"
        }
        Surroundings::GitLab => {
            "in the runner's config.toml, under [runners.docker]: privileged = true"
        }
        Surroundings::Other => "start the container so that its /proc/sys is writable",
        Surroundings::Machine => {
            "in a systemd unit: ProtectKernelTunables=no and ProcSubset=all; in a sandbox: run the \
            tests outside of it"
        }
        around => return around.relax(),
    };
    vec![way.to_owned()]
}

/// Gives a container the device behind `tun`.
pub(super) fn tun_device(around: Surroundings) -> &'static str {
    match around {
        Surroundings::Docker => "docker run --device /dev/net/tun ...",
        Surroundings::Podman => "podman run --device /dev/net/tun ...",
        Surroundings::Kubernetes => {
            "in the pod's spec a hostPath volume for /dev/net/tun, and in the container's \
            `securityContext`: privileged: true"
        }
        Surroundings::GithubContainer => {
            "in the workflow: `container: { image: ..., options: --device /dev/net/tun }`"
        }
        Surroundings::GitLab => {
            "in the runner's config.toml, under [runners.docker]: devices = [\"/dev/net/tun\"]"
        }
        Surroundings::DevContainer => {
            "in devcontainer.json: \"runArgs\": [\"--device\", \"/dev/net/tun\"]"
        }
        Surroundings::Lxc => {
            "on its host: `incus config device add NAME tun unix-char path=/dev/net/tun`"
        }
        _ => "give the container the device /dev/net/tun",
    }
}

pub(super) fn bpf_module() -> Vec<String> {
    [
        "sudo bpftool prog list | grep lsm; a name such as `userns_restrict` is \
        systemd-nsresourced's, which `sudo systemctl disable --now systemd-nsresourced.socket` ends",
        "sudo dmesg | tail, right after a failed test; another security module says there what \
        it refused",
    ]
    .map(str::to_owned)
    .to_vec()
}

pub(super) fn ipv6_on(facts: &Facts) -> Vec<String> {
    let mut remedies = sysctl(facts, "net.ipv6.conf.default.disable_ipv6=0");
    remedies.truncate(1);
    remedies.push(
        "if that is so already: boot without ipv6.disable_ipv6=1, which is for all namespaces"
            .to_owned(),
    );
    remedies.push("or ask for IPv4 only: `Topology::only(Family::V4)`".to_owned());
    remedies
}

pub(super) fn threads() -> Vec<String> {
    [
        "in a test, use `#[netns_test]`: it enters before `main`; in a `main` of your own, \
        before any thread starts",
        "if that is so already, a library of this program starts a thread before `main`",
    ]
    .map(str::to_owned)
    .to_vec()
}

pub(super) fn not_entered() -> Vec<String> {
    [
        "link netns-test into the program itself, not into a dynamic library that it opens",
        "run the program directly: under valgrind, qemu-user or Miri nothing of this works",
    ]
    .map(str::to_owned)
    .to_vec()
}

pub(super) fn root_without_setfcap() -> Vec<String> {
    [
        "run the tests as an ordinary user, who maps no root and needs no capability",
        "or add the capability: `docker run --cap-add=SETFCAP`, in Kubernetes `securityContext: \
        { capabilities: { add: [SETFCAP] } }`, in a systemd unit CapabilityBoundingSet=",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Never "be root": the process is, in its own user namespace, and it did not help.
pub(super) fn security_module() -> Vec<String> {
    [
        "sudo dmesg | grep -i -e apparmor -e avc; a line about `capable` or `cap_userns` names \
        who withholds them",
        "allow this program in that module's policy, or run the tests where it is not in force",
    ]
    .map(str::to_owned)
    .to_vec()
}

pub(super) fn open_files(facts: &Facts) -> Vec<String> {
    let fewer = "run fewer tests at a time (`--test-threads=2`)";
    let raise = match facts.open_files {
        Some((soft, hard)) if soft < hard => format!("ulimit -n {hard}"),
        _ => "raise the hard limit of open files: /etc/security/limits.conf, LimitNOFILE= of a \
             unit"
            .to_owned(),
    };
    vec![raise, fewer.to_owned()]
}

pub(super) fn unknown(step: Step, facts: &Facts) -> Vec<String> {
    let mut remedies =
        vec!["sudo dmesg | tail, right after a failed test; a security module often says there what it refused".to_owned()];
    // The kernel refuses every chroot, and one to a mount point looks like any other root from inside.
    if step == Step::UserNamespace && facts.chrooted.is_none() {
        remedies.push(
            "if this is a chroot: enter it by bwrap or systemd-nspawn instead, which pivot the \
            root"
                .to_owned(),
        );
    }
    if facts.may_have_bpf_module() {
        remedies.push(
            "if dmesg says nothing, look for a BPF security module: sudo bpftool prog list | \
            grep lsm"
                .to_owned(),
        );
    }
    remedies.push(
        "please report this text as it is, so that the next one is told the reason".to_owned(),
    );
    remedies
}
