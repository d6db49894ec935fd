//! The words of a verdict: for each wall one sentence, the facts that show it, and what to do.

use super::facts::Facts;
use super::remedy::{self, IN_VM};
use super::step::Step;
use super::surroundings::Surroundings;
use super::verdict::Wall;
use crate::errno::ENOSPC;

/// The cause in one sentence. An `ENOSPC` says first what it does not mean.
pub(super) fn headline(wall: Wall, step: Step, errno: i32, facts: &Facts) -> String {
    let sentence = sentence(wall, step, facts);
    if errno == ENOSPC {
        format!("not disk space: {sentence}")
    } else {
        sentence
    }
}

fn sentence(wall: Wall, step: Step, facts: &Facts) -> String {
    varying(wall, step, facts).unwrap_or_else(|| fixed(wall).to_owned())
}

/// The sentences that depend on the machine.
fn varying(wall: Wall, step: Step, facts: &Facts) -> Option<String> {
    Some(match wall {
        Wall::AppArmorProfile => {
            format!(
                "AppArmor's profile `{}` confines this process and does not allow it",
                facts.confined_by().unwrap_or_default()
            )
        }
        Wall::ContainerFilter => {
            format!(
                "the seccomp filter of {} refuses new namespaces, to its root as well",
                Surroundings::of(facts).name()
            )
        }
        Wall::ServiceFilter => match facts.service() {
            Some((unit, _)) => format!(
                "a seccomp filter refuses new namespaces to this process, probably that of \
                    the systemd unit `{unit}`"
            ),
            None => "a seccomp filter refuses new namespaces to this process: a systemd \
                        unit's or a sandbox's"
                .to_owned(),
        },
        Wall::UnmappedId => {
            format!(
                "the user or group of this process ({}:{}) has no id in its user namespace, \
                whose maps leave it out",
                number(facts.euid),
                number(facts.egid)
            )
        }
        Wall::Threads => match step {
            Step::Threads(threads) => threads_sentence(u64::from(threads)),
            _ => threads_sentence(facts.threads.unwrap_or_default()),
        },
        Wall::MissingKind => format!("this kernel has no links of kind `{}`", kind(step)),
        Wall::Wsl2 => {
            format!(
                "this WSL 2 kernel was built without links of kind `{}`",
                kind(step)
            )
        }
        Wall::Emulated => {
            format!(
                "this program was built for {} and runs in an emulator, which has no namespaces",
                facts.target_arch
            )
        }
        Wall::OpenFiles => match facts.open_files {
            Some((soft, _)) => format!("this process may have no more than {soft} open files"),
            None => "this process has as many open files as it may".to_owned(),
        },
        Wall::Unknown => {
            format!(
                "the kernel refused to {}, and no known reason fits",
                step.purpose()
            )
        }
        _ => return None,
    })
}

/// The sentences that do not; what varies has a poorer one here.
fn fixed(wall: Wall) -> &'static str {
    match wall {
        Wall::AppArmorRestriction => {
            "AppArmor withholds from ordinary programs what a user namespace gives (Ubuntu's \
            default since 24.04)"
        }
        Wall::Selinux => "SELinux's policy does not allow it to this process",
        Wall::Lxc => "this LXC container may not contain others: its nesting is off",
        Wall::Flatpak => {
            "this terminal belongs to a Flatpak application, whose sandbox refuses new namespaces"
        }
        Wall::Snap => "this terminal belongs to a snap, whose confinement refuses new namespaces",
        Wall::NixSandbox => "this is a build in Nix's sandbox, which refuses new namespaces",
        Wall::UsernsCloneSysctl => {
            "a sysctl of this kernel refuses user namespaces to ordinary users"
        }
        Wall::UserNamespacesOff => "user namespaces are turned off, by a limit of 0",
        Wall::UserNamespaceLimit => {
            "as many user namespaces exist as user.max_user_namespaces allows"
        }
        Wall::NetworkNamespacesOff => "network namespaces are turned off, by a limit of 0",
        Wall::NetworkNamespaceLimit => {
            "as many network namespaces exist as user.max_net_namespaces allows; the kernel \
            frees old ones with a delay"
        }
        Wall::NestingDepth => {
            "this user namespace is nested as deep as the kernel allows (33), or a limit of an \
            outer one is reached"
        }
        Wall::NoUserNamespaces => "this kernel was built without user namespaces (CONFIG_USER_NS)",
        Wall::NoNetworkNamespaces => {
            "this kernel was built without network namespaces (CONFIG_NET_NS)"
        }
        Wall::Chroot => "the kernel gives no user namespace to a process in a chroot",
        Wall::NotDumpable => {
            "the files in /proc/self belong to root, because this program is not dumpable (file \
            capabilities, setuid)"
        }
        Wall::NotEntered => {
            "the code that enters a user namespace before `main` did not run in this program"
        }
        Wall::RootWithoutSetfcap => {
            "this process is root without CAP_SETFCAP, and only with it may root be mapped into a \
            user namespace (Linux 5.12 and later)"
        }
        Wall::CapabilitiesNotReal => {
            "the capabilities of this process have no effect here: a security module withholds \
            them"
        }
        Wall::NetlinkFamily => {
            "this process may not open netlink sockets: a systemd unit's \
            RestrictAddressFamilies= or a sandbox"
        }
        Wall::Wsl1 => "this is WSL 1, which has no Linux kernel and so no network namespaces",
        Wall::Gvisor => {
            "this is gVisor, which implements network namespaces and links only in part"
        }
        Wall::NoSuchCall => "this kernel, emulator or filter does not know the system call",
        Wall::NoProc => "no usable /proc is mounted here",
        Wall::OpenFilesOfMachine => "the whole machine has as many open files as it may",
        Wall::Memory => "the kernel has no memory for it",
        Wall::Processes => {
            "this user or its control group has as many processes and threads as it may"
        }
        Wall::AppArmorProfile
        | Wall::ContainerFilter
        | Wall::ServiceFilter
        | Wall::UnmappedId
        | Wall::Threads
        | Wall::MissingKind
        | Wall::Wsl2
        | Wall::Emulated
        | Wall::OpenFiles
        | Wall::Unknown => "the kernel refused it",
    }
}

fn threads_sentence(threads: u64) -> String {
    format!(
        "the process already had {threads} threads, and only a process with one can enter a \
        user namespace"
    )
}

fn number(id: Option<u32>) -> String {
    id.map_or_else(|| "?".to_owned(), |id| id.to_string())
}

fn kind(step: Step) -> &'static str {
    match step {
        Step::Link(kind) => kind,
        _ => "?",
    }
}

/// The facts that show the wall; for an unknown one all that are known.
pub(super) fn evidence(wall: Wall, facts: &Facts) -> Vec<String> {
    if wall == Wall::Unknown {
        return facts
            .sentences()
            .into_iter()
            .map(|fact| fact.text)
            .collect();
    }
    facts.evidence(keys(wall))
}

/// The keys of [`Facts::sentences`], the decisive one first.
pub(super) fn keys(wall: Wall) -> &'static [&'static str] {
    match wall {
        Wall::AppArmorRestriction => &["apparmor", "profile"],
        Wall::AppArmorProfile | Wall::Snap => &["profile", "label", "snap", "unshare-nothing"],
        Wall::Selinux => &["selinux", "label"],
        Wall::ContainerFilter => &[
            "seccomp",
            "unshare-nothing",
            "cap-eff",
            "docker",
            "podman",
            "container",
            "kubernetes",
            "github",
            "gitlab",
            "circleci",
            "bitbucket",
            "devcontainer",
        ],
        Wall::ServiceFilter => &[
            "seccomp",
            "unshare-nothing",
            "cgroup",
            "systemd",
            "apparmor",
        ],
        Wall::Lxc => &["container", "profile", "label"],
        Wall::Flatpak => &["flatpak"],
        Wall::NixSandbox => &["nix", "uid-map"],
        Wall::UsernsCloneSysctl => &["userns-clone"],
        Wall::UserNamespacesOff | Wall::UserNamespaceLimit => &["max-user", "release"],
        Wall::NetworkNamespacesOff | Wall::NetworkNamespaceLimit => &["max-net"],
        Wall::NestingDepth => &["uid-map", "max-user"],
        Wall::NoUserNamespaces => &["ns-user", "release"],
        Wall::NoNetworkNamespaces => &["ns-net", "release"],
        Wall::Chroot => &["chroot"],
        Wall::UnmappedId => &["euid", "uid-map", "egid", "gid-map"],
        Wall::NotDumpable => &["dumpable"],
        Wall::Threads | Wall::NotEntered => &["threads"],
        Wall::RootWithoutSetfcap => &["cap-eff", "euid"],
        Wall::CapabilitiesNotReal => &["cap-eff", "profile", "label", "modules", "uid-map"],
        Wall::NetlinkFamily => &["seccomp", "cgroup"],
        Wall::MissingKind | Wall::Wsl2 => &["release", "modules-disabled", "modprobe"],
        Wall::Wsl1 | Wall::Gvisor => &["release", "version"],
        Wall::Emulated => &["target-arch", "arch"],
        Wall::NoSuchCall => &["release", "version", "arch", "seccomp"],
        Wall::OpenFiles => &["open-files"],
        Wall::Processes => &["threads", "cgroup"],
        Wall::NoProc | Wall::OpenFilesOfMachine | Wall::Memory | Wall::Unknown => &[],
    }
}

/// What to do, the best for this machine first.
pub(super) fn remedies(wall: Wall, step: Step, facts: &Facts) -> Vec<String> {
    let around = Surroundings::of(facts);
    match wall {
        Wall::AppArmorRestriction => remedy::apparmor(facts),
        Wall::AppArmorProfile if around.is_container() => around.relax(),
        Wall::AppArmorProfile => {
            one("run the tests outside of that program, or add the rule `userns,` to its profile")
        }
        Wall::Selinux => remedy::selinux(facts),
        Wall::ContainerFilter => with(around.relax(), IN_VM),
        Wall::ServiceFilter => remedy::service_filter(facts),
        Wall::Lxc => Surroundings::Lxc.relax(),
        Wall::Flatpak => one(
            "run the tests in a terminal of the machine itself, or by `flatpak-spawn --host \
            cargo test`",
        ),
        Wall::Snap => one("run the tests in a terminal that is not a part of the snap"),
        Wall::NixSandbox => {
            one("run the tests outside of the build (`doCheck = false`), or skip these here")
        }
        Wall::UsernsCloneSysctl => remedy::sysctl(facts, "kernel.unprivileged_userns_clone=1"),
        Wall::UserNamespacesOff => remedy::user_namespaces_on(facts),
        Wall::UserNamespaceLimit => remedy::sysctl(facts, "user.max_user_namespaces=63000"),
        Wall::NetworkNamespacesOff => remedy::sysctl(facts, "user.max_net_namespaces=15000"),
        Wall::NetworkNamespaceLimit => with(
            one(
                "wait some seconds and run the tests again, with fewer at a time \
                (`--test-threads=2`)",
            ),
            &remedy::sysctl(facts, "user.max_net_namespaces=63000")[0],
        ),
        Wall::NestingDepth => one(
            "run the tests outside of the sandbox that made this user namespace, or raise \
            user.max_user_namespaces on the machine itself",
        ),
        Wall::NoUserNamespaces | Wall::NoNetworkNamespaces => one(
            "use a kernel with CONFIG_USER_NS=y and CONFIG_NET_NS=y, such as any distribution's \
            own",
        ),
        Wall::Chroot => one(
            "enter the tree by bwrap, systemd-nspawn or `sbuild --chroot-mode=unshare`, which \
            pivot the root, instead of chroot",
        ),
        Wall::UnmappedId => one(
            "let whoever made this user namespace map this user and group, or run the tests \
            outside of it",
        ),
        Wall::NotDumpable => {
            one("remove the file capabilities (`sudo setcap -r PROGRAM`); none are needed")
        }
        Wall::Threads => remedy::threads(),
        Wall::NotEntered => remedy::not_entered(),
        Wall::RootWithoutSetfcap => remedy::root_without_setfcap(),
        Wall::CapabilitiesNotReal => remedy::security_module(),
        Wall::NetlinkFamily => remedy::netlink_family(facts),
        Wall::MissingKind => remedy::load_module(remedy::module(kind(step)), facts),
        Wall::Wsl2 => with(
            one("wsl --update"),
            "if the newest kernel lacks it too, build one with it and name it in .wslconfig \
            (`kernel=`)",
        ),
        Wall::Wsl1 => one("wsl --set-version DISTRIBUTION 2"),
        Wall::Gvisor => with(
            one("run the tests in a pod or container with the `runc` runtime"),
            IN_VM,
        ),
        Wall::Emulated => one(
            "run the tests on a machine of that architecture, or in a whole virtual machine of \
            it",
        ),
        Wall::NoSuchCall => one(IN_VM),
        Wall::NoProc => one("mount -t proc proc /proc, before the tests"),
        Wall::OpenFiles => remedy::open_files(facts),
        Wall::OpenFilesOfMachine => remedy::sysctl(facts, "fs.file-max=1000000"),
        Wall::Memory => one(
            "run fewer tests at a time (`--test-threads=2`), or raise the memory limit of the \
            container or job",
        ),
        Wall::Processes => one(
            "run fewer tests at a time (`--test-threads=2`), or raise the limit: `ulimit -u`, \
            TasksMax= of the unit, `--pids-limit` of the container",
        ),
        Wall::Unknown => remedy::unknown(step, facts),
    }
}

fn one(remedy: &str) -> Vec<String> {
    vec![remedy.to_owned()]
}

fn with(mut remedies: Vec<String>, another: &str) -> Vec<String> {
    remedies.push(another.to_owned());
    remedies
}
