//! Modules of the kernel: which carries a kind of link, which package carries it, and who can load it.

use super::facts::Facts;
use super::surroundings::Surroundings;

/// The module behind a kind of link; most have the same name.
pub(crate) fn module(kind: &str) -> &str {
    match kind {
        "vlan" => "8021q",
        kind => kind,
    }
}

/// Gets a module into the kernel (`veth`, `sch_netem`): a command for the distribution, or where else it has to be done.
pub(crate) fn load_module(module: &str, facts: &Facts) -> Vec<String> {
    let around = Surroundings::of(facts);
    if around.is_container() {
        return vec![
            format!(
                "on the host of {}, not inside: sudo modprobe {module}",
                around.name()
            ),
            "if the host does not have it: its package linux-modules-extra-$(uname -r) on Ubuntu, \
            kernel-modules-extra on Fedora and RHEL"
                .to_owned(),
        ];
    }
    if facts.modules_disabled == Some(1) {
        return vec![format!(
            "load it at boot, echo {module} | sudo tee /etc/modules-load.d/netns-test.conf: \
            later ones are refused here (kernel.modules_disabled)"
        )];
    }
    if facts.has_modules == Some(false) {
        return without_modules(module);
    }
    let mut remedies: Vec<_> = package(module, facts).into_iter().collect();
    if facts.modprobe.as_deref() == Some("") {
        remedies.push(format!(
            "sudo modprobe {module}, before the tests: nothing is loaded on demand here \
            (kernel.modprobe is empty)"
        ));
    } else {
        remedies.push(format!(
            "sudo modprobe {module}; if that is refused, its message says why (after an update of \
            the kernel: reboot)"
        ));
    }
    remedies
}

/// The running kernel has no directory of modules: it was replaced by an update, or built as one piece.
fn without_modules(module: &str) -> Vec<String> {
    vec![
        "reboot, if the kernel was updated since this machine started: /lib/modules has nothing \
        for the one that runs"
            .to_owned(),
        format!(
            "otherwise it was built without modules: boot a distribution's kernel, or one with {}=y",
            option(module)
        ),
    ]
}

/// The same in WSL 2, whose kernel is Microsoft's.
pub(super) fn for_wsl2(module: &str, facts: &Facts) -> Vec<String> {
    let mut remedies = Vec::new();
    if facts.has_modules == Some(true) {
        remedies.push(format!("sudo modprobe {module}"));
    }
    remedies.push("wsl --update, then `wsl --shutdown`".to_owned());
    remedies.push(format!(
        "if the newest kernel lacks it too, build one with {}=y and name it in .wslconfig (`kernel=`)",
        option(module)
    ));
    remedies
}

/// What the module is called in the configuration of a kernel.
fn option(module: &str) -> String {
    match module.strip_prefix("sch_") {
        Some(name) => format!("CONFIG_NET_SCH_{}", name.to_uppercase()),
        None if module == "8021q" => "CONFIG_VLAN_8021Q".to_owned(),
        None => format!("CONFIG_{}", module.to_uppercase()),
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
        for remedy in [
            load_module("veth", &facts),
            crate::diagnosis::remedy::sysctl(&facts, "a.b=1"),
        ] {
            assert!(
                remedy[0].starts_with("on the host of this Docker container, not inside: sudo ")
            );
        }
    }

    #[test]
    fn a_kernel_without_modules_is_no_matter_of_packages() {
        let facts = Facts {
            distro: Some("ubuntu".to_owned()),
            has_modules: Some(false),
            ..Facts::default()
        };
        let remedies = load_module("sch_netem", &facts);
        assert!(remedies[0].starts_with("reboot, if"), "{remedies:?}");
        assert!(
            remedies[1].ends_with("CONFIG_NET_SCH_NETEM=y"),
            "{remedies:?}"
        );
        assert!(without_modules("8021q")[1].ends_with("CONFIG_VLAN_8021Q=y"));
    }
}
