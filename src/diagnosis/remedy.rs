//! Remedies that depend on the machine: the same cure is another command in a container, on a CI runner, on Fedora.

use super::facts::Facts;
use super::step::Step;
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

pub(super) fn user_namespaces_on(facts: &Facts) -> Vec<String> {
    let mut remedies = sysctl(facts, "user.max_user_namespaces=15000");
    if facts
        .release
        .as_deref()
        .is_some_and(|release| release.starts_with("3.10."))
    {
        remedies.push("on RHEL and CentOS 7.2 also boot with user_namespace.enable=1".to_owned());
    }
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
    let bpf = |modules: &String| modules.split(',').any(|module| module.trim() == "bpf");
    if facts.security_modules.as_ref().is_some_and(bpf) {
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

/// Gets a module into the kernel (`veth`, `sch_netem`): a command for the distribution, or where else it has to be done.
pub(crate) fn load_module(module: &str, facts: &Facts) -> Vec<String> {
    let around = Surroundings::of(facts);
    let mut remedies = Vec::new();
    if around.is_container() {
        remedies.push(format!(
            "on the host of {}, not inside: sudo modprobe {module}",
            around.name()
        ));
        return remedies;
    }
    if facts.modules_disabled == Some(1) {
        remedies.push(format!(
            "load it at boot, echo {module} | sudo tee /etc/modules-load.d/netns-test.conf: \
            later ones are refused here (kernel.modules_disabled)"
        ));
        return remedies;
    }
    remedies.extend(package(module, facts));
    remedies.push(format!(
        "sudo modprobe {module}; if that is refused, its message says why (after an update of \
        the kernel: reboot)"
    ));
    remedies
}

/// The module behind a kind of link; most have the same name.
pub(super) fn module(kind: &str) -> &str {
    match kind {
        "vlan" => "8021q",
        kind => kind,
    }
}

/// The package with the modules that a minimal kernel leaves out, by distribution.
fn package(module: &str, facts: &Facts) -> Option<String> {
    let release = facts.release.as_deref().unwrap_or("$(uname -r)");
    if facts.is_distro(&["ubuntu"]) {
        Some(format!(
            "sudo apt-get install linux-modules-extra-{release} && sudo modprobe {module}"
        ))
    } else if facts.is_distro(&["debian"]) {
        let cloud = release.contains("cloud");
        cloud.then(|| {
            "sudo apt-get install linux-image-amd64, then boot it: the cloud kernel leaves it out"
                .to_owned()
        })
    } else if facts.is_distro(&["fedora", "rhel", "centos", "amzn"]) {
        Some(format!(
            "sudo dnf install kernel-modules-extra-{release} && sudo modprobe {module}"
        ))
    } else if facts.is_distro(&["suse", "opensuse", "sles"]) {
        Some(
            "sudo zypper install kernel-default, then boot it: kernel-default-base leaves it out"
                .to_owned(),
        )
    } else if facts.is_distro(&["alpine"]) {
        Some("apk add linux-lts, then boot it: linux-virt leaves it out".to_owned())
    } else if facts.is_distro(&["nixos"]) {
        Some(format!(
            "boot.kernelModules = [ \"{module}\" ]; in configuration.nix"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(distro: &str, like: &str, release: &str) -> String {
        let facts = Facts {
            distro: Some(distro.to_owned()),
            distro_like: Some(like.to_owned()),
            release: Some(release.to_owned()),
            ..Facts::default()
        };
        load_module(module("vlan"), &facts).remove(0)
    }

    #[test]
    fn a_missing_module_is_a_package_of_the_distribution() {
        for (distro, like, release, expected) in [
            (
                "ubuntu",
                "debian",
                "6.8.0-1017-azure",
                "linux-modules-extra-6.8.0-1017-azure",
            ),
            (
                "linuxmint",
                "ubuntu debian",
                "6.8.0-41-generic",
                "linux-modules-extra-6.8.0-41-generic",
            ),
            (
                "rocky",
                "rhel centos fedora",
                "5.14.0-503.el9",
                "kernel-modules-extra-5.14.0-503.el9",
            ),
            ("debian", "", "6.1.0-28-cloud-amd64", "linux-image-amd64"),
            ("debian", "", "6.1.0-28-amd64", "sudo modprobe 8021q"),
            (
                "opensuse-leap",
                "suse opensuse",
                "6.4.0-default",
                "kernel-default",
            ),
            ("alpine", "", "6.6.0-virt", "linux-lts"),
            ("nixos", "", "6.6.0", "boot.kernelModules = [ \"8021q\" ]"),
            ("arch", "", "6.12.1-arch1-1", "sudo modprobe 8021q"),
        ] {
            let first = on(distro, like, release);
            assert!(first.contains(expected), "{distro}: {first}");
        }
    }

    #[test]
    fn a_container_takes_its_modules_and_sysctls_from_the_host() {
        let facts = Facts {
            docker: true,
            ..Facts::default()
        };
        for remedy in [load_module("veth", &facts), sysctl(&facts, "a.b=1")] {
            assert!(
                remedy[0].starts_with("on the host of this Docker container, not inside: sudo ")
            );
        }
    }
}
