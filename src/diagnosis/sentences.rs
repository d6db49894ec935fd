//! Facts as sentences, each with its source: the evidence of a verdict, the last part of the doctor's report.

use super::facts::Facts;
use super::step::Namespace;

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
        for namespace in Namespace::ALL {
            let path = format!("/proc/sys/{}", namespace.limit().replace('.', "/"));
            reads(known, namespace.limit(), &path, &self.limits.of(namespace));
        }
        let modules = |yes| {
            format!(
                "/lib/modules has {} directory for this kernel",
                if yes { "a" } else { "no" }
            )
        };
        say(known, "has-modules", self.has_modules.map(modules));
        let path = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
        reads(known, "ipv6-disabled", path, &self.ipv6_disabled);
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
        let nested = |yes| {
            format!(
                "the process was {}started in a user namespace of its own",
                not(yes)
            )
        };
        say(known, "nested", self.nested.map(nested));
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
        let proc = |yes| {
            format!(
                "/proc {} this process",
                if yes { "shows" } else { "does not show" }
            )
        };
        say(known, "proc", self.proc_mounted.map(proc));
        let children = |yes| {
            format!(
                "children of this process are {}born in its own PID namespace",
                not(yes)
            )
        };
        say(known, "children", self.children_stay.map(children));
        let owns = |yes| {
            format!(
                "the network namespace {} this process's user namespace",
                if yes {
                    "belongs to"
                } else {
                    "does not belong to"
                }
            )
        };
        say(known, "owns-network", self.owns_network.map(owns));
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
            ("ecs", self.ecs, "ECS_CONTAINER_METADATA_URI_V4 is set"),
            ("bazel", self.bazel, "BAZEL_TEST is set"),
            ("schroot", self.schroot, "SCHROOT_SESSION_ID is set"),
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
