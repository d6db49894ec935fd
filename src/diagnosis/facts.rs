//! What is known about the machine and the process: gathered by `sys::facts`, read by everything else here.

/// Everything that can decide a verdict. `None` means that it could not be read, which is never an error.
///
/// The values are those of the process that gathered them, at that time: `threads` counts the test harness's own, and in a
/// process that has entered a user namespace the limits are those of that namespace, so gather in a process that has not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The kernel's release, such as `6.8.0-1017-azure`.
    pub(crate) release: Option<String>,
    /// `/proc/version`.
    pub(crate) version: Option<String>,
    /// The kernel's own architecture, which an emulator of user programs does not change.
    pub(crate) arch: Option<String>,
    /// The architecture for which this program was compiled.
    pub(crate) target_arch: &'static str,
    /// `ID` of `/etc/os-release`.
    pub(crate) distro: Option<String>,
    /// `ID_LIKE` of `/etc/os-release`.
    pub(crate) distro_like: Option<String>,
    pub(crate) modules_disabled: Option<u64>,
    /// The program that loads modules for the kernel; empty if none may.
    pub(crate) modprobe: Option<String>,

    pub(crate) threads: Option<u64>,
    pub(crate) seccomp: Option<u64>,
    pub(crate) no_new_privs: Option<u64>,
    pub(crate) cap_eff: Option<u64>,
    pub(crate) cap_bnd: Option<u64>,
    pub(crate) euid: Option<u32>,
    pub(crate) egid: Option<u32>,
    pub(crate) uid_map: Option<String>,
    pub(crate) gid_map: Option<String>,
    /// Whether the process may be dumped; if not, its `/proc/self` files belong to root.
    pub(crate) dumpable: Option<bool>,
    pub(crate) chrooted: Option<bool>,
    /// `unshare(0)`, which does nothing: only a filter of system calls refuses it.
    pub(crate) unshare_nothing: Option<Result<(), i32>>,
    pub(crate) ns_user: Option<bool>,
    pub(crate) ns_net: Option<bool>,
    /// The soft and the hard limit of open files.
    pub(crate) open_files: Option<(u64, u64)>,
    pub(crate) proc_sys_writable: Option<bool>,

    pub(crate) apparmor_restricts: Option<u64>,
    /// AppArmor's profile of this process, such as `docker-default (enforce)`.
    pub(crate) apparmor_profile: Option<String>,
    /// The label that the first security module gives to this process.
    pub(crate) security_label: Option<String>,
    pub(crate) security_modules: Option<String>,
    pub(crate) selinux_enforces: Option<u64>,
    pub(crate) userns_clone: Option<u64>,
    pub(crate) max_user_namespaces: Option<u64>,
    pub(crate) max_net_namespaces: Option<u64>,

    /// `/.dockerenv` exists.
    pub(crate) docker: bool,
    /// `/run/.containerenv` exists.
    pub(crate) podman: bool,
    /// What the container's manager calls itself, such as `lxc`.
    pub(crate) container: Option<String>,
    pub(crate) kubernetes: bool,
    pub(crate) github: bool,
    /// The job runs on GitHub's own machine.
    pub(crate) github_hosted: bool,
    pub(crate) gitlab: bool,
    pub(crate) circleci: bool,
    pub(crate) bitbucket: bool,
    /// Codespaces or another devcontainer.
    pub(crate) devcontainer: bool,
    pub(crate) flatpak: bool,
    /// The snap in whose environment the process runs; classic snaps set it too, and confine nothing.
    pub(crate) snap: Option<String>,
    pub(crate) nix_build_top: Option<String>,
    /// `INVOCATION_ID` is set: a systemd unit is somewhere among the ancestors.
    pub(crate) systemd: bool,
    /// The path of the process's control group, which names the systemd unit.
    pub(crate) cgroup: Option<String>,
}

/// A fact as a sentence, with the key by which verdicts choose their evidence.
pub(crate) struct Sentence {
    pub(crate) key: &'static str,
    pub(crate) text: String,
}

impl Facts {
    /// Every known fact as a sentence that names its source.
    pub(crate) fn sentences(&self) -> Vec<Sentence> {
        let mut known = Vec::new();
        self.about_the_machine(&mut known);
        self.about_the_process(&mut known);
        self.about_security(&mut known);
        self.about_the_surroundings(&mut known);
        known
    }

    /// The sentences with these keys, in the order of the keys.
    pub(crate) fn evidence(&self, keys: &[&str]) -> Vec<String> {
        let known = self.sentences();
        let with_key = |key: &&str| known.iter().find(|sentence| sentence.key == *key);
        keys.iter()
            .filter_map(with_key)
            .map(|sentence| sentence.text.clone())
            .collect()
    }

    fn about_the_machine(&self, known: &mut Vec<Sentence>) {
        reads(
            known,
            "release",
            "/proc/sys/kernel/osrelease",
            &self.release,
        );
        reads(known, "version", "/proc/version", &self.version);
        reads(known, "arch", "/proc/sys/kernel/arch", &self.arch);
        let built = (!self.target_arch.is_empty()).then_some(self.target_arch);
        say(
            known,
            "target-arch",
            built.map(|arch| format!("this program was built for {arch}")),
        );
        reads(known, "distro", "ID in /etc/os-release", &self.distro);
        reads(
            known,
            "modules-disabled",
            "/proc/sys/kernel/modules_disabled",
            &self.modules_disabled,
        );
        reads(
            known,
            "modprobe",
            "/proc/sys/kernel/modprobe",
            &self.modprobe,
        );
        let path = "/proc/sys/user/max_user_namespaces";
        reads(known, "max-user", path, &self.max_user_namespaces);
        let path = "/proc/sys/user/max_net_namespaces";
        reads(known, "max-net", path, &self.max_net_namespaces);
        let writable = |yes| {
            format!(
                "/proc/sys is {}",
                if yes { "writable" } else { "read-only" }
            )
        };
        say(known, "proc-sys", self.proc_sys_writable.map(writable));
    }

    fn about_the_process(&self, known: &mut Vec<Sentence>) {
        let status = "/proc/thread-self/status";
        reads(
            known,
            "threads",
            "Threads in /proc/thread-self/status",
            &self.threads,
        );
        reads(
            known,
            "seccomp",
            "Seccomp in /proc/thread-self/status",
            &self.seccomp,
        );
        reads(
            known,
            "no-new-privs",
            "NoNewPrivs in /proc/thread-self/status",
            &self.no_new_privs,
        );
        let capabilities = |set: &str, bits| format!("{set} in {status} reads {bits:016x}");
        say(
            known,
            "cap-eff",
            self.cap_eff.map(|bits| capabilities("CapEff", bits)),
        );
        say(
            known,
            "cap-bnd",
            self.cap_bnd.map(|bits| capabilities("CapBnd", bits)),
        );
        say(
            known,
            "euid",
            self.euid.map(|id| format!("the effective user is {id}")),
        );
        say(
            known,
            "egid",
            self.egid.map(|id| format!("the effective group is {id}")),
        );
        map(
            known,
            "uid-map",
            "/proc/self/uid_map",
            self.uid_map.as_deref(),
        );
        map(
            known,
            "gid-map",
            "/proc/self/gid_map",
            self.gid_map.as_deref(),
        );
        say(
            known,
            "dumpable",
            self.dumpable
                .map(|yes| format!("the process is {}dumpable", not(yes))),
        );
        let chroot = |yes| format!("the process is {}in a chroot", not(yes));
        say(known, "chroot", self.chrooted.map(chroot));
        say(
            known,
            "unshare-nothing",
            self.unshare_nothing.map(unshare_nothing),
        );
        let exists =
            |path: &str, yes| format!("{path} {}", if yes { "exists" } else { "does not exist" });
        say(
            known,
            "ns-user",
            self.ns_user.map(|yes| exists("/proc/self/ns/user", yes)),
        );
        say(
            known,
            "ns-net",
            self.ns_net.map(|yes| exists("/proc/self/ns/net", yes)),
        );
        let limits = |(soft, hard)| format!("RLIMIT_NOFILE is {soft}, at most {hard}");
        say(known, "open-files", self.open_files.map(limits));
    }

    fn about_security(&self, known: &mut Vec<Sentence>) {
        let path = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
        reads(known, "apparmor", path, &self.apparmor_restricts);
        let path = "/proc/self/attr/apparmor/current";
        reads(known, "profile", path, &self.apparmor_profile);
        reads(
            known,
            "label",
            "/proc/self/attr/current",
            &self.security_label,
        );
        reads(
            known,
            "modules",
            "/sys/kernel/security/lsm",
            &self.security_modules,
        );
        reads(
            known,
            "selinux",
            "/sys/fs/selinux/enforce",
            &self.selinux_enforces,
        );
        let path = "/proc/sys/kernel/unprivileged_userns_clone";
        reads(known, "userns-clone", path, &self.userns_clone);
    }

    fn about_the_surroundings(&self, known: &mut Vec<Sentence>) {
        for (key, is, text) in [
            ("docker", self.docker, "/.dockerenv exists"),
            ("podman", self.podman, "/run/.containerenv exists"),
            (
                "kubernetes",
                self.kubernetes,
                "KUBERNETES_SERVICE_HOST is set",
            ),
            ("github", self.github, "GITHUB_ACTIONS is set"),
            (
                "github-hosted",
                self.github_hosted,
                "RUNNER_ENVIRONMENT is github-hosted",
            ),
            ("gitlab", self.gitlab, "GITLAB_CI is set"),
            ("circleci", self.circleci, "CIRCLECI is set"),
            ("bitbucket", self.bitbucket, "BITBUCKET_BUILD_NUMBER is set"),
            (
                "devcontainer",
                self.devcontainer,
                "CODESPACES or REMOTE_CONTAINERS is set",
            ),
            ("flatpak", self.flatpak, "/.flatpak-info exists"),
            ("systemd", self.systemd, "INVOCATION_ID is set"),
        ] {
            say(known, key, is.then(|| text.to_owned()));
        }
        let container = |name: &String| format!("the container's manager is {name}");
        say(known, "container", self.container.as_ref().map(container));
        reads(known, "snap", "SNAP_NAME", &self.snap);
        reads(known, "nix", "NIX_BUILD_TOP", &self.nix_build_top);
        reads(known, "cgroup", "/proc/self/cgroup", &self.cgroup);
    }
}

fn say(known: &mut Vec<Sentence>, key: &'static str, text: Option<String>) {
    known.extend(text.map(|text| Sentence { key, text }));
}

fn reads<T: std::fmt::Display>(
    known: &mut Vec<Sentence>,
    key: &'static str,
    source: &str,
    value: &Option<T>,
) {
    let text = value.as_ref().map(|value| match value.to_string() {
        value if value.is_empty() => format!("{source} is empty"),
        value => format!("{source} reads {value}"),
    });
    say(known, key, text);
}

/// An id map on one line: its ranges separated by commas, its columns by single spaces.
fn map(known: &mut Vec<Sentence>, key: &'static str, path: &str, value: Option<&str>) {
    let tidy = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = value.map(|text| text.lines().map(tidy).collect::<Vec<_>>().join(", "));
    reads(known, key, path, &lines);
}

fn not(yes: bool) -> &'static str {
    if yes { "" } else { "not " }
}

fn unshare_nothing(result: Result<(), i32>) -> String {
    match result {
        Ok(()) => "unshare(0), which does nothing, succeeds".to_owned(),
        Err(errno) => format!(
            "unshare(0), which does nothing, fails with {}: a filter of system calls refuses it",
            crate::errno::errno_name(errno)
        ),
    }
}
