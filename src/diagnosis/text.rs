//! The words of a verdict: for each wall one sentence, the facts that show it, and what to do.

use super::facts::Facts;
use super::modules;
use super::remedy::{self, IN_VM};
use super::step::{Namespace, Step};
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
        Wall::AppArmorProfile => match facts.confined_by() {
            Some(profile) => format!(
                "AppArmor's profile `{profile}` confines this process and does not allow to {}",
                step.purpose()
            ),
            None => format!(
                "the AppArmor profile of {} does not allow to {}",
                Surroundings::of(facts).name(),
                step.purpose()
            ),
        },
        Wall::ContainerFilter => {
            format!(
                "the seccomp filter of {} refuses {}, to its root as well",
                Surroundings::of(facts).name(),
                filtered(step)
            )
        }
        Wall::ServiceFilter => match facts.service() {
            Some((unit, _)) => format!(
                "a seccomp filter refuses {} to this process, probably that of the systemd \
                unit `{unit}`",
                filtered(step)
            ),
            None => format!(
                "a seccomp filter refuses {} to this process: a systemd unit's or a sandbox's",
                filtered(step)
            ),
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
        Wall::NamespacesOff => format!(
            "{} namespaces are turned off{}, by a limit of 0",
            namespace(step),
            if facts.is_nested() {
                " in this sandbox"
            } else {
                ""
            }
        ),
        Wall::NamespaceLimit => format!(
            "as many {} namespaces exist as {} allows this user; the kernel frees old ones \
            with a delay",
            namespace(step),
            limit(step)
        ),
        Wall::OuterLimit => format!(
            "as many {} namespaces exist as {} allows in a user namespace around this one, \
            which cannot be read from here",
            namespace(step),
            limit(step)
        ),
        Wall::MaskedPaths => format!(
            "this process may {} only where nothing of it is covered or read-only, as it is here",
            step.purpose()
        ),
        Wall::MissingKind if facts.modprobe.as_deref() == Some("") => format!(
            "this kernel has no links of kind `{}`, and may load no module for them by itself",
            kind(step)
        ),
        Wall::MissingKind => format!("this kernel has no links of kind `{}`", kind(step)),
        Wall::Wsl2 => {
            format!(
                "this WSL 2 kernel was built without links of kind `{}`",
                kind(step)
            )
        }
        Wall::Emulated if !facts.is_emulated() => {
            "this program runs under a tool that stands in for the processor, such as valgrind, \
            and there no user namespace could be entered"
                .to_owned()
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
        Wall::Bazel => "this is a test in Bazel's sandbox, which refuses new namespaces",
        Wall::BpfModule => {
            "a security module refuses user namespaces to this process, probably one written in \
            BPF, such as that of systemd-nsresourced"
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
        Wall::NoIpv6 => {
            "this kernel has no IPv6: it was built without, or booted with ipv6.disable=1"
        }
        Wall::Ipv6Disabled => "IPv6 is disabled on new links of this machine",
        Wall::Wsl1 => "this is WSL 1, which has no Linux kernel and so no network namespaces",
        Wall::Gvisor => {
            "this is gVisor, which implements network namespaces and links only in part"
        }
        Wall::NoSuchCall => "this kernel, emulator or filter does not know the system call",
        Wall::NoProc => "no usable /proc is mounted here, as in a bare chroot",
        Wall::ForeignPidNamespace => {
            "children of this process are born in a PID namespace whose first process has ended"
        }
        Wall::OpenFilesOfMachine => "the whole machine has as many open files as it may",
        Wall::Memory => "the kernel has no memory for it",
        Wall::Processes => {
            "this user or its control group has as many processes and threads as it may"
        }
        Wall::AppArmorProfile
        | Wall::ContainerFilter
        | Wall::ServiceFilter
        | Wall::UnmappedId
        | Wall::NamespacesOff
        | Wall::NamespaceLimit
        | Wall::OuterLimit
        | Wall::MaskedPaths
        | Wall::Threads
        | Wall::MissingKind
        | Wall::Wsl2
        | Wall::Emulated
        | Wall::OpenFiles
        | Wall::Unknown => "the kernel refused it",
    }
}

fn threads_sentence(threads: u64) -> String {
    if threads <= 1 {
        return "a thread of this process had not quite ended, and only a process with one can \
                enter a user namespace"
            .to_owned();
    }
    format!(
        "the process already had {threads} threads, and only a process with one can enter a \
        user namespace"
    )
}

fn number(id: Option<u32>) -> String {
    id.map_or_else(|| "?".to_owned(), |id| id.to_string())
}

fn namespace(step: Step) -> &'static str {
    step.namespace().map_or("?", Namespace::name)
}

fn limit(step: Step) -> &'static str {
    step.namespace().map_or("?", Namespace::limit)
}

/// What a filter of system calls refused.
fn filtered(step: Step) -> &'static str {
    if step.mounts() {
        "mounts"
    } else {
        "new namespaces"
    }
}

fn kind(step: Step) -> &'static str {
    match step {
        Step::Link(kind) => kind,
        _ => "?",
    }
}

/// What to do, the best for this machine first.
pub(super) fn remedies(wall: Wall, step: Step, facts: &Facts) -> Vec<String> {
    let around = Surroundings::of(facts);
    match wall {
        Wall::AppArmorRestriction => remedy::apparmor(facts),
        Wall::AppArmorProfile if around.is_container() => remedy::container_profile(around),
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
        Wall::Bazel => one(
            "give the test the tags `no-sandbox` and `no-remote`, so that Bazel runs it on this \
            machine itself",
        ),
        Wall::BpfModule => remedy::bpf_module(),
        Wall::NamespacesOff => remedy::namespaces_on(step, facts),
        Wall::NamespaceLimit => remedy::more_namespaces(step, facts),
        Wall::OuterLimit => remedy::outer_limit(step),
        Wall::NestingDepth => one(
            "run the tests outside of the sandbox that made this user namespace, or raise \
            user.max_user_namespaces on the machine itself",
        ),
        Wall::NoUserNamespaces | Wall::NoNetworkNamespaces => one(
            "use a kernel with CONFIG_USER_NS=y and CONFIG_NET_NS=y, such as any distribution's \
            own",
        ),
        Wall::Chroot if facts.schroot => {
            one("use `sbuild --chroot-mode=unshare`, which pivots the root, instead of schroot")
        }
        Wall::Chroot => one(
            "enter the tree by bwrap or systemd-nspawn, which pivot the root, instead of chroot",
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
        Wall::MaskedPaths => remedy::unmask(around),
        Wall::MissingKind => modules::load_module(modules::module(kind(step)), facts),
        Wall::NoIpv6 => one(
            "boot without ipv6.disable=1, with a kernel that has CONFIG_IPV6; or ask for IPv4 \
            only: `Topology::only(Family::V4)`",
        ),
        Wall::Ipv6Disabled => remedy::ipv6_on(facts),
        Wall::Wsl2 => modules::for_wsl2(modules::module(kind(step)), facts),
        Wall::Wsl1 => one("wsl --set-version DISTRIBUTION 2"),
        Wall::Gvisor => with(
            one("run the tests in a pod or container with the `runc` runtime"),
            IN_VM,
        ),
        Wall::Emulated if !facts.is_emulated() => one(
            "run the program directly; valgrind can watch the program that starts the tests \
            without them: leave out `--trace-children=yes` and NETNS_TEST_ISOLATION=thread",
        ),
        Wall::Emulated => one(
            "run the tests on a machine of that architecture, or in a whole virtual machine of \
            it",
        ),
        Wall::NoSuchCall => one(IN_VM),
        Wall::NoProc => with(
            one("mount -t proc proc /proc, before the tests"),
            "if this is a chroot, the kernel gives it no user namespace either: enter it by bwrap \
            or systemd-nspawn instead",
        ),
        Wall::ForeignPidNamespace => one(
            "start the tests by `unshare --pid --fork --mount-proc`; without `--fork` the first \
            program that ends takes the namespace along",
        ),
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
