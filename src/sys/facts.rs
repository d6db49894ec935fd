//! Gathers what a diagnosis needs: files are read, and system calls made that change nothing.
//!
//! A fact that cannot be had is `None`. Nothing here fails, because it runs when something else has failed already.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{getegid, geteuid};

use super::{netns, quota};
use crate::diagnosis::{Facts, Limits, Namespace};

/// Everything, the call of `unshare(0)` included.
///
/// A filter may kill instead of refusing: after a trial that died of SIGSYS, [`read`] is what can still be asked.
pub(crate) fn gather() -> Facts {
    let mut facts = read();
    facts.unshare_nothing = Some(unshare(CloneFlags::empty()).map_err(|errno| errno as i32));
    facts
}

/// Everything that is not asked of the system call under suspicion.
pub(crate) fn read() -> Facts {
    let mut facts = Facts {
        target_arch: env::consts::ARCH,
        ..Facts::default()
    };
    machine(&mut facts);
    status(&mut facts);
    process(&mut facts);
    security(&mut facts);
    surroundings(&mut facts);
    facts
}

fn machine(facts: &mut Facts) {
    facts.release = text("/proc/sys/kernel/osrelease");
    facts.version = text("/proc/version");
    facts.arch = text("/proc/sys/kernel/arch");
    facts.modules_disabled = number("/proc/sys/kernel/modules_disabled");
    facts.modprobe = text("/proc/sys/kernel/modprobe");
    facts.has_modules = facts.release.as_ref().map(|release| {
        let has = |root: &str| Path::new(root).join(release).exists();
        has("/lib/modules") || has("/usr/lib/modules")
    });
    facts.limits = Limits::read(limit);
    facts.ipv6_disabled = number("/proc/sys/net/ipv6/conf/default/disable_ipv6");
    facts.userns_clone = number("/proc/sys/kernel/unprivileged_userns_clone");
    if let Some(release) = text("/etc/os-release").or_else(|| text("/usr/lib/os-release")) {
        facts.distro = assignment(&release, "ID");
        facts.distro_like = assignment(&release, "ID_LIKE");
    }
}

/// The lower limit of two, if this process has entered a user namespace: both count, and in there the file shows only the inner one.
pub(crate) fn limit(namespace: Namespace) -> Option<u64> {
    let file = namespace.limit().replace('.', "/");
    let here = number(&format!("/proc/sys/{file}"));
    here.into_iter().chain(quota::limit(namespace)).min()
}

/// Of the calling thread: a filter or a capability can differ between threads.
fn status(facts: &mut Facts) {
    let Some(status) = text("/proc/thread-self/status") else {
        return;
    };
    let hexadecimal = |name| u64::from_str_radix(field(&status, name)?, 16).ok();
    let decimal = |name| field(&status, name)?.parse().ok();
    facts.threads = decimal("Threads");
    facts.seccomp = decimal("Seccomp");
    facts.no_new_privs = decimal("NoNewPrivs");
    facts.cap_eff = hexadecimal("CapEff");
    facts.cap_bnd = hexadecimal("CapBnd");
}

fn process(facts: &mut Facts) {
    facts.euid = Some(geteuid().as_raw());
    facts.egid = Some(getegid().as_raw());
    facts.nested = quota::was_nested();
    facts.uid_map = text("/proc/self/uid_map");
    facts.gid_map = text("/proc/self/gid_map");
    facts.dumpable = prctl::get_dumpable().ok();
    facts.chrooted = is_chrooted();
    facts.proc_mounted = Some(Path::new("/proc/self").exists());
    facts.children_stay = children_stay();
    facts.owns_network = owns_network();
    // Without /proc their absence means nothing.
    if Path::new("/proc/self/ns").exists() {
        facts.ns_user = Some(Path::new("/proc/self/ns/user").exists());
        facts.ns_net = Some(Path::new("/proc/self/ns/net").exists());
    }
    facts.open_files = super::limits::open_files().ok();
    facts.proc_sys_writable = statvfs("/proc/sys")
        .ok()
        .map(|mount| !mount.flags().contains(FsFlags::ST_RDONLY));
}

fn security(facts: &mut Facts) {
    facts.apparmor_restricts = number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    facts.apparmor_profile = text("/proc/thread-self/attr/apparmor/current");
    facts.security_label = text("/proc/thread-self/attr/current");
    facts.security_modules = text("/sys/kernel/security/lsm");
    facts.selinux_enforces = number("/sys/fs/selinux/enforce");
}

fn surroundings(facts: &mut Facts) {
    facts.docker = Path::new("/.dockerenv").exists();
    facts.podman = Path::new("/run/.containerenv").exists();
    facts.flatpak = Path::new("/.flatpak-info").exists();
    facts.container = container();
    facts.kubernetes = is_set("KUBERNETES_SERVICE_HOST");
    facts.github = is_set("GITHUB_ACTIONS");
    facts.github_hosted = variable("RUNNER_ENVIRONMENT").as_deref() == Some("github-hosted");
    facts.gitlab = is_set("GITLAB_CI");
    facts.circleci = is_set("CIRCLECI");
    facts.bitbucket = is_set("BITBUCKET_BUILD_NUMBER");
    facts.devcontainer = is_set("CODESPACES") || is_set("REMOTE_CONTAINERS");
    facts.ecs = is_set("ECS_CONTAINER_METADATA_URI_V4");
    facts.bazel = is_set("BAZEL_TEST");
    facts.schroot = is_set("SCHROOT_SESSION_ID");
    facts.snap = variable("SNAP").and_then(|_| variable("SNAP_NAME"));
    facts.nix_build_top = variable("NIX_BUILD_TOP");
    facts.systemd = is_set("INVOCATION_ID");
    facts.cgroup = text("/proc/self/cgroup").as_deref().and_then(control_group);
}

/// What the container's manager calls itself. It tells pid 1, and only some managers tell all others.
fn container() -> Option<String> {
    let of_init = fs::read("/proc/1/environ").ok();
    of_init
        .as_deref()
        .and_then(|environment| entry(environment, "container="))
        .or_else(|| variable("container"))
        .or_else(|| text("/run/systemd/container"))
        .or_else(|| text("/run/host/container-manager"))
        .filter(|name| !name.is_empty())
}

/// Whether children are born in this process's own PID namespace. The link to another one leads nowhere once its first process is gone.
fn children_stay() -> Option<bool> {
    let own = fs::read_link("/proc/thread-self/ns/pid").ok()?;
    match fs::read_link("/proc/thread-self/ns/pid_for_children") {
        Ok(childrens) => Some(childrens == own),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
    }
}

/// Whether the network namespace belongs to this process's user namespace: one that belongs to another obeys nobody here.
fn owns_network() -> Option<bool> {
    let network = File::open("/proc/thread-self/ns/net").ok()?;
    let owner = match netns::owner(&network) {
        Ok(owner) => owner,
        // The owner is none of ours, nor of those that we have made.
        Err(cause) if cause.raw_os_error() == Some(libc::EPERM) => return Some(false),
        Err(_) => return None,
    };
    Some(owner == fs::metadata("/proc/thread-self/ns/user").ok()?.ino())
}

/// Whether `/` is not the root of the mount namespace. A chroot to a mount point can only be told by those who may look at pid 1.
fn is_chrooted() -> Option<bool> {
    if is_set("SCHROOT_SESSION_ID") {
        return Some(true);
    }
    let mounts = text("/proc/thread-self/mountinfo")?;
    if !shows_a_root(&mounts) {
        return Some(true);
    }
    let namespace = |of| fs::read_link(format!("/proc/{of}/ns/mnt")).ok();
    if namespace("1")? != namespace("thread-self")? {
        return None;
    }
    let [root, init] = ["/", "/proc/1/root/"].map(|path| fs::metadata(path).ok());
    let (root, init) = (root?, init?);
    Some((root.dev(), root.ino()) != (init.dev(), init.ino()))
}

/// Whether a mount is at `/`, in a mountinfo file: one below the root of a chroot is shown relative to it, one above is not.
fn shows_a_root(mounts: &str) -> bool {
    mounts
        .lines()
        .any(|mount| mount.split(' ').nth(4) == Some("/"))
}

/// A file's text without surrounding blanks, and without the final NUL of security labels.
fn text(path: &str) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(
        text.trim_matches(|c: char| c.is_whitespace() || c == '\0')
            .to_owned(),
    )
}

fn number(path: &str) -> Option<u64> {
    text(path)?.parse().ok()
}

/// A line `name:<tab>value` of a status file.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    status.lines().find_map(value).map(str::trim)
}

/// A line `name=value` of os-release, whose value may be quoted.
fn assignment(release: &str, name: &str) -> Option<String> {
    let value = |line: &str| {
        let value = line.strip_prefix(name)?.strip_prefix('=')?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    release.lines().find_map(value)
}

/// The value of an entry in an environment as the kernel shows it, its entries separated by NUL.
fn entry(environment: &[u8], prefix: &str) -> Option<String> {
    let value = |entry: &[u8]| {
        let value = entry.strip_prefix(prefix.as_bytes())?;
        Some(String::from_utf8_lossy(value).into_owned())
    };
    environment.split(|byte| *byte == 0).find_map(value)
}

/// The path in the hierarchy that systemd manages: the unified one, or on older systems the named one.
fn control_group(text: &str) -> Option<String> {
    let path = |prefix: &str| text.lines().find_map(|line| line.strip_prefix(prefix));
    let named = || {
        text.lines()
            .find_map(|line| Some(line.split_once(":name=systemd:")?.1))
    };
    let unified = path("0::").filter(|path| *path != "/");
    unified
        .or_else(named)
        .or_else(|| path("0::"))
        .map(str::to_owned)
}

fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

fn is_set(name: &str) -> bool {
    variable(name).is_some()
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;
    use proptest::prelude::*;

    use super::*;
    use crate::errno::{ALL, errno_name};

    #[test]
    fn this_process_is_described() {
        let facts = gather();
        assert!(facts.release.is_some() && facts.version.is_some());
        assert!(facts.threads >= Some(1));
        assert!(facts.cap_bnd.is_some());
        assert_eq!(facts.ns_net, Some(true));
        assert!(facts.open_files.is_some_and(|(soft, hard)| soft <= hard));
        assert!(facts.unshare_nothing.is_some());
        assert!(facts.sentences().len() > 10);
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        assert_eq!(text("/proc/self/no such file"), None);
        assert_eq!(text("/proc"), None);
        assert_eq!(number("/proc/version"), None);
    }

    #[test]
    fn lines_are_found_by_their_whole_name() {
        let status = "Seccomp_filters:\t3\nSeccomp:\t2\nCapEff:\t000001ffffffffff\n";
        assert_eq!(field(status, "Seccomp"), Some("2"));
        assert_eq!(field(status, "Threads"), None);
        let release = "VERSION_ID=\"24.04\"\nID_LIKE=\"rhel fedora\"\nID=ubuntu\n";
        assert_eq!(assignment(release, "ID").as_deref(), Some("ubuntu"));
        assert_eq!(
            assignment(release, "ID_LIKE").as_deref(),
            Some("rhel fedora")
        );
        let environment = b"PATH=/bin\0container=lxc\0not_container=x\0";
        assert_eq!(entry(environment, "container=").as_deref(), Some("lxc"));
    }

    #[test]
    fn a_chroot_to_a_directory_has_no_mount_at_its_root() {
        let proc = "22 27 0:21 / /proc rw,relatime - proc proc rw";
        let root = "27 1 254:1 / / rw,relatime - ext4 /dev/vda rw";
        assert!(!shows_a_root(proc));
        assert!(shows_a_root(&format!("{proc}\n{root}\n")));
    }

    #[test]
    fn the_control_group_is_the_one_that_systemd_manages() {
        for (text, expected) in [
            (
                "0::/system.slice/a.service\n",
                Some("/system.slice/a.service"),
            ),
            (
                "4:memory:/x\n1:name=systemd:/system.slice/b.service\n0::/\n",
                Some("/system.slice/b.service"),
            ),
            ("0::/", Some("/")),
            ("", None),
        ] {
            assert_eq!(control_group(text).as_deref(), expected);
        }
    }

    #[test]
    fn the_table_of_error_numbers_is_that_of_the_system() {
        for errno in ALL {
            assert_eq!(errno_name(*errno), format!("{:?}", Errno::from_raw(*errno)));
        }
    }

    proptest! {
        /// What is found is a part of what was read, and nothing panics.
        #[test]
        fn any_text_is_searched(
            text in prop_oneof![any::<String>(), "(ID|=|\"|:|\n|0|::|/|name|systemd| |é){0,20}"],
        ) {
            for found in [field(&text, "ID"), control_group(&text).as_deref(), assignment(&text, "ID").as_deref()] {
                prop_assert!(found.is_none_or(|found| text.contains(found)));
            }
            prop_assert!(entry(text.as_bytes(), "ID=").is_none_or(|found| text.contains(&found)));
            prop_assert!(!shows_a_root(&text) || text.contains('/'));
        }
    }
}
