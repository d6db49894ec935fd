//! What is known about the machine and the process: gathered by `sys::facts`, read by everything else here.

use super::step::Namespace;

/// Everything that can decide a verdict. `None` means that it could not be read, which is never an error.
///
/// The values are those of the process that gathered them, at that time: `threads` counts the test harness's own, and the id maps
/// are those of the user namespace that the process has entered, if it has.
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
    /// Whether there is a directory of modules for this very kernel.
    pub(crate) has_modules: Option<bool>,
    /// `disable_ipv6` that new links begin with; none on a kernel without IPv6.
    pub(crate) ipv6_disabled: Option<u64>,

    pub(crate) threads: Option<u64>,
    pub(crate) seccomp: Option<u64>,
    pub(crate) no_new_privs: Option<u64>,
    pub(crate) cap_eff: Option<u64>,
    pub(crate) cap_bnd: Option<u64>,
    pub(crate) euid: Option<u32>,
    pub(crate) egid: Option<u32>,
    /// Whether the process was started in a user namespace other than the machine's first.
    pub(crate) nested: Option<bool>,
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
    /// `/proc` shows this process.
    pub(crate) proc_mounted: Option<bool>,
    /// Whether children are born in the process's own PID namespace; `unshare --pid` without `--fork` sees to it that they are not.
    pub(crate) children_stay: Option<bool>,
    /// Whether the network namespace belongs to the process's user namespace, so that its root is one there.
    pub(crate) owns_network: Option<bool>,

    pub(crate) apparmor_restricts: Option<u64>,
    /// AppArmor's profile of this process, such as `docker-default (enforce)`.
    pub(crate) apparmor_profile: Option<String>,
    /// The label that the first security module gives to this process.
    pub(crate) security_label: Option<String>,
    pub(crate) security_modules: Option<String>,
    pub(crate) selinux_enforces: Option<u64>,
    pub(crate) userns_clone: Option<u64>,
    /// How many namespaces of a kind this user may have, as it is outside of a user namespace that this process has entered itself.
    pub(crate) limits: Limits,

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
    /// A task of Amazon's container service.
    pub(crate) ecs: bool,
    /// A test that Bazel runs.
    pub(crate) bazel: bool,
    /// A session of schroot, as sbuild makes them.
    pub(crate) schroot: bool,
    pub(crate) flatpak: bool,
    /// The snap in whose environment the process runs; classic snaps set it too, and confine nothing.
    pub(crate) snap: Option<String>,
    pub(crate) nix_build_top: Option<String>,
    /// `INVOCATION_ID` is set: a systemd unit is somewhere among the ancestors.
    pub(crate) systemd: bool,
    /// The path of the process's control group, which names the systemd unit.
    pub(crate) cgroup: Option<String>,
}

/// The limits of [`Namespace`]s. A new user namespace has none of its own, which the kernel writes as [`Limits::NONE`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits([Option<u64>; Namespace::ALL.len()]);

impl Limits {
    /// What the file of a user namespace reads in which nobody has set a limit: then the limits are those further out.
    pub(crate) const NONE: u64 = i32::MAX as u64;

    pub(crate) fn read(of: impl FnMut(Namespace) -> Option<u64>) -> Self {
        Self(Namespace::ALL.map(of))
    }

    pub(crate) fn of(&self, namespace: Namespace) -> Option<u64> {
        self.0[namespace as usize]
    }
}
