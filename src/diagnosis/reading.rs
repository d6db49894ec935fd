//! What follows from the facts: is this a chroot's, an emulator's, a container's machine?

use super::facts::Facts;

impl Facts {
    /// A filter of system calls refuses even the `unshare` that asks for nothing.
    pub(crate) fn filters_unshare(&self) -> bool {
        matches!(self.unshare_nothing, Some(Err(_))) && self.seccomp != Some(0)
    }

    /// Some filter of system calls is in place; it may allow what we need.
    pub(crate) fn has_filter(&self) -> bool {
        self.seccomp == Some(2)
    }

    /// The process's user or group has no id in its own user namespace. The number alone does not tell: 65534 is also `nobody`.
    pub(crate) fn has_unmapped_id(&self) -> bool {
        is_unmapped(self.euid, self.uid_map.as_deref())
            || is_unmapped(self.egid, self.gid_map.as_deref())
    }

    /// Root, by its id, without the capability that the kernel asks of those who map root.
    pub(crate) fn is_root_without_setfcap(&self) -> bool {
        const CAP_SETFCAP: u32 = 31;
        self.euid == Some(0)
            && self
                .cap_eff
                .is_some_and(|bits| bits >> CAP_SETFCAP & 1 == 0)
    }

    /// The process began in a user namespace other than the machine's first.
    pub(crate) fn is_nested(&self) -> bool {
        if let Some(nested) = self.nested {
            return nested;
        }
        let Some(map) = &self.uid_map else {
            return false;
        };
        ranges(map).collect::<Vec<_>>() != [(0, 0, u64::from(u32::MAX))]
    }

    /// AppArmor's profile, if one confines the process.
    pub(crate) fn confined_by(&self) -> Option<&str> {
        let profile = self.apparmor_profile.as_deref().or_else(|| {
            self.security_label
                .as_deref()
                .filter(|label| !is_selinux(label))
        })?;
        let (name, mode) = match profile.rsplit_once(" (") {
            Some((name, mode)) => (name, mode.trim_end_matches(')')),
            None => (profile, "enforce"),
        };
        // The last is what Ubuntu's restriction puts on a process that entered: the effect, not a cause.
        let free = name.is_empty()
            || name == "unconfined"
            || matches!(mode, "unconfined" | "complain")
            || name.starts_with("unprivileged_userns");
        (!free).then_some(name)
    }

    pub(crate) fn apparmor_restricts_user_namespaces(&self) -> bool {
        self.apparmor_restricts.is_some_and(|value| value != 0)
    }

    /// SELinux enforces its policy. Containers hide its file, but not the process's label.
    pub(crate) fn selinux_is_enforcing(&self) -> bool {
        match self.selinux_enforces {
            Some(value) => value == 1,
            None => self.security_label.as_deref().is_some_and(is_selinux),
        }
    }

    /// Security modules can be loaded here as BPF programs; whether one is, only root is told.
    pub(crate) fn may_have_bpf_module(&self) -> bool {
        let bpf = |modules: &String| modules.split(',').any(|module| module.trim() == "bpf");
        self.security_modules.as_ref().is_some_and(bpf)
    }

    /// gVisor reports this release for ever; distributions append to theirs.
    pub(crate) fn is_gvisor(&self) -> bool {
        self.release.as_deref() == Some("4.4.0")
            || self
                .version
                .as_deref()
                .is_some_and(|version| version.contains("gVisor"))
    }

    /// WSL 1 writes its maker's name with a capital, after the build number of Windows.
    pub(crate) fn is_wsl1(&self) -> bool {
        self.release
            .as_deref()
            .is_some_and(|release| release.ends_with("-Microsoft"))
    }

    pub(crate) fn is_wsl2(&self) -> bool {
        let is_wsl = |release: &str| release.to_lowercase().contains("microsoft");
        self.release.as_deref().is_some_and(is_wsl) && !self.is_wsl1()
    }

    /// The kernel is of another architecture than the program.
    pub(crate) fn is_emulated(&self) -> bool {
        match &self.arch {
            Some(kernel) if !self.target_arch.is_empty() => {
                family(kernel) != family(self.target_arch)
            }
            _ => false,
        }
    }

    /// A build in Nix's sandbox. `nix-shell` sets the same variable, to another directory, and has no sandbox.
    pub(crate) fn is_nix_sandbox(&self) -> bool {
        let in_build = |top: &str| top == "/build" || top.starts_with("/build/");
        self.nix_build_top.as_deref().is_some_and(in_build)
    }

    /// The systemd service to which the process belongs, and whether it is one of a user's own manager.
    pub(crate) fn service(&self) -> Option<(&str, bool)> {
        let cgroup = self.cgroup.as_deref()?;
        let is_service = |part: &&str| part.ends_with(".service") && !part.starts_with("user@");
        let unit = cgroup.rsplit('/').find(is_service)?;
        Some((unit, cgroup.contains("/user@")))
    }

    /// Whether `/etc/os-release` names the distribution, or one that it descends from.
    pub(crate) fn is_distro(&self, names: &[&str]) -> bool {
        let like = self.distro_like.as_deref().unwrap_or_default();
        let mut ids = self
            .distro
            .as_deref()
            .into_iter()
            .chain(like.split_whitespace());
        ids.any(|id| names.contains(&id))
    }
}

/// `inside outside count`, one range a line.
fn ranges(map: &str) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
    map.lines().filter_map(|line| {
        let mut columns = line.split_whitespace().map(str::parse);
        let mut column = || columns.next()?.ok();
        Some((column()?, column()?, column()?))
    })
}

fn is_unmapped(id: Option<u32>, map: Option<&str>) -> bool {
    let (Some(id), Some(map)) = (id.map(u64::from), map) else {
        return false;
    };
    !ranges(map).any(|(inside, _, count)| id >= inside && id - inside < count)
}

/// A label such as `system_u:system_r:container_t:s0`.
fn is_selinux(label: &str) -> bool {
    label.split(':').count() >= 3
}

/// Architectures that one kernel runs natively.
fn family(arch: &str) -> &str {
    match arch {
        "i386" | "i486" | "i586" | "i686" | "x86" | "x86_64" => "x86",
        arch if arch.starts_with("arm") || arch.starts_with("aarch64") => "arm",
        arch if arch.starts_with("ppc") || arch.starts_with("powerpc") => "powerpc",
        arch if arch.starts_with("s390") => "s390",
        arch if arch.starts_with("riscv") => "riscv",
        arch if arch.starts_with("mips") => "mips",
        arch if arch.starts_with("loongarch") => "loongarch",
        arch => arch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn nobody_of_the_machine_is_mapped_and_a_lost_user_is_not() {
        let mut facts = Facts {
            euid: Some(65534),
            uid_map: text("         0          0 4294967295\n"),
            ..Facts::default()
        };
        assert!(!facts.has_unmapped_id() && !facts.is_nested());
        facts.uid_map = text("");
        assert!(facts.has_unmapped_id() && facts.is_nested());
        facts.uid_map = text("1000 1000 1");
        assert!(facts.has_unmapped_id());
        facts.uid_map = None;
        assert!(!facts.has_unmapped_id() && !facts.is_nested());
    }

    #[test]
    fn only_an_enforced_profile_confines() {
        for (profile, expected) in [
            ("docker-default (enforce)", Some("docker-default")),
            ("snap.code.code (complain)", None),
            ("chrome (unconfined)", None),
            ("unconfined", None),
            ("unprivileged_userns (enforce)", None),
        ] {
            let facts = Facts {
                apparmor_profile: text(profile),
                ..Facts::default()
            };
            assert_eq!(facts.confined_by(), expected, "{profile}");
        }
    }

    #[test]
    fn a_label_of_selinux_is_no_profile() {
        let facts = Facts {
            security_label: text("system_u:system_r:container_t:s0:c1,c2"),
            ..Facts::default()
        };
        assert_eq!(facts.confined_by(), None);
        assert!(facts.selinux_is_enforcing());
    }

    #[test]
    fn releases_tell_the_machines_apart() {
        for (release, gvisor, wsl1, wsl2) in [
            ("4.4.0", true, false, false),
            ("4.4.0-210-generic", false, false, false),
            ("4.4.0-19041-Microsoft", false, true, false),
            ("5.15.153.1-microsoft-standard-WSL2", false, false, true),
            ("6.18.0", false, false, false),
        ] {
            let facts = Facts {
                release: text(release),
                ..Facts::default()
            };
            let found = (facts.is_gvisor(), facts.is_wsl1(), facts.is_wsl2());
            assert_eq!(found, (gvisor, wsl1, wsl2), "{release}");
        }
    }

    #[test]
    fn the_deepest_service_of_a_control_group_counts() {
        for (cgroup, expected) in [
            (
                "/system.slice/runner.service",
                Some(("runner.service", false)),
            ),
            (
                "/user.slice/user-1.slice/user@1.service/app.slice/a.scope",
                None,
            ),
            (
                "/user.slice/user@1.service/app.slice/ide.service/x",
                Some(("ide.service", true)),
            ),
        ] {
            let facts = Facts {
                cgroup: text(cgroup),
                ..Facts::default()
            };
            assert_eq!(facts.service(), expected, "{cgroup}");
        }
    }

    #[test]
    fn a_kernel_runs_its_own_family() {
        for (kernel, target, emulated) in [
            ("x86_64", "x86", false),
            ("aarch64", "arm", false),
            ("x86_64", "aarch64", true),
            ("ppc64le", "powerpc64", false),
        ] {
            let facts = Facts {
                arch: text(kernel),
                target_arch: target,
                ..Facts::default()
            };
            assert_eq!(facts.is_emulated(), emulated, "{target} on {kernel}");
        }
    }
}
