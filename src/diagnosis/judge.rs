//! The decision: which wall a failed step ran into. No texts here, and nothing but comparisons.

use super::facts::{Facts, Limits};
use super::step::{Namespace, Step};
use super::surroundings::Surroundings;
use super::verdict::Wall;
use crate::errno::*;

/// The signal by which a filter of system calls kills.
const SIGSYS: i32 = 31;

/// The wall behind a failed step. The order matters: what is certain comes before what is only likely.
pub(super) fn wall(step: Step, errno: i32, facts: &Facts) -> Wall {
    match step {
        Step::Threads(_) => return Wall::Threads,
        Step::TrialKilled(SIGSYS) => return filter(facts),
        Step::NotEntered => return Wall::NotEntered,
        // The process that goes first has ended without a word.
        Step::Trial if errno == 0 => return Wall::Emulated,
        _ => {}
    }
    exhausted(errno, facts)
        .or_else(|| other_kernel(facts))
        .unwrap_or_else(|| match errno {
            EPERM | EACCES => refused(step, errno, facts),
            ENOSPC | EUSERS => limit(step, errno, facts),
            EINVAL => invalid(step, facts),
            ENOSYS => no_such_call(step, facts),
            EAFNOSUPPORT | EPROTONOSUPPORT | EOPNOTSUPP => missing(step, facts),
            ENOENT if step.maps_ids() => Wall::NoProc,
            ENOENT if step == Step::OwnProcess && facts.proc_mounted != Some(true) => Wall::NoProc,
            _ => Wall::Unknown,
        })
}

/// Something ran out that has nothing to do with namespaces.
fn exhausted(errno: i32, facts: &Facts) -> Option<Wall> {
    match errno {
        // Nobody can be born into a PID namespace whose first process has ended: the kernel's word for it is that of memory.
        ENOMEM if facts.children_stay == Some(false) => Some(Wall::ForeignPidNamespace),
        EMFILE => Some(Wall::OpenFiles),
        ENFILE => Some(Wall::OpenFilesOfMachine),
        ENOMEM | ENOBUFS => Some(Wall::Memory),
        EAGAIN => Some(Wall::Processes),
        _ => None,
    }
}

/// Kernels that only look like Linux, where no error means what it means on Linux.
fn other_kernel(facts: &Facts) -> Option<Wall> {
    if facts.is_wsl1() {
        Some(Wall::Wsl1)
    } else if facts.is_gvisor() {
        Some(Wall::Gvisor)
    } else {
        None
    }
}

/// `EPERM` and `EACCES`.
fn refused(step: Step, errno: i32, facts: &Facts) -> Wall {
    if facts.flatpak {
        return Wall::Flatpak;
    }
    if step.makes_namespace() && facts.filters_unshare() {
        return filter(facts);
    }
    if facts.is_nix_sandbox() {
        return Wall::NixSandbox;
    }
    if step == Step::Ipv6Address && errno == EACCES {
        return Wall::Ipv6Disabled;
    }
    if step.maps_ids() && errno == EACCES && facts.dumpable == Some(false) {
        return Wall::NotDumpable;
    }
    if step == Step::UidMap && errno == EPERM && facts.is_root_without_setfcap() {
        return Wall::RootWithoutSetfcap;
    }
    let refused = if step == Step::UserNamespace {
        user_namespace_refused(facts)
    } else {
        None
    };
    refused
        .or_else(|| security_module(errno, facts))
        .or_else(|| mount_refused(step, errno, facts))
        .or_else(|| (step.makes_namespace() && facts.has_filter()).then(|| filter(facts)))
        .or_else(|| {
            (step.makes_namespace() && facts.bazel && !facts.schroot).then_some(Wall::Bazel)
        })
        .unwrap_or_else(|| refused_without_a_sign(step, facts))
}

/// Reasons for which the kernel refuses a user namespace and nothing else.
fn user_namespace_refused(facts: &Facts) -> Option<Wall> {
    if facts.userns_clone == Some(0) {
        return Some(Wall::UsernsCloneSysctl);
    }
    if facts.chrooted == Some(true) {
        return Some(Wall::Chroot);
    }
    if facts.has_unmapped_id() {
        return Some(Wall::UnmappedId);
    }
    // AppArmor normally lets the namespace be made and then withholds its capabilities, so that a filter is likelier.
    let is_likelier = matches!(
        Surroundings::of(facts),
        Surroundings::Machine | Surroundings::GithubSlim
    );
    (is_likelier && facts.has_filter()).then(|| filter(facts))
}

fn security_module(errno: i32, facts: &Facts) -> Option<Wall> {
    if Surroundings::of(facts) == Surroundings::Lxc {
        Some(Wall::Lxc)
    } else if let Some(profile) = facts.confined_by() {
        // The restriction on user namespaces is for unconfined processes; this one is under its profile's rules.
        Some(if profile.starts_with("snap.") {
            Wall::Snap
        } else {
            Wall::AppArmorProfile
        })
    } else if facts.apparmor_restricts_user_namespaces() {
        Some(Wall::AppArmorRestriction)
    } else if errno == EACCES && facts.selinux_is_enforcing() {
        Some(Wall::Selinux)
    } else {
        None
    }
}

/// A mount is refused by `EACCES` where a rule names it, and by `EPERM` where the call or what it would show is forbidden.
fn mount_refused(step: Step, errno: i32, facts: &Facts) -> Option<Wall> {
    match (step, errno) {
        // A container hides its profile from those who have not mounted AppArmor's files.
        (Step::Mount | Step::MountOf(_), EACCES) if Surroundings::of(facts).is_container() => {
            Some(Wall::AppArmorProfile)
        }
        // The call itself is allowed, or the step before would have failed.
        (Step::MountOf(_), EPERM) => Some(Wall::MaskedPaths),
        (Step::Mount, EPERM) if facts.has_filter() => Some(filter(facts)),
        _ => None,
    }
}

/// No file says who refuses. After the user namespace was given, only a security module is left to withhold its capabilities.
fn refused_without_a_sign(step: Step, facts: &Facts) -> Wall {
    match step {
        Step::UserNamespace if facts.proc_mounted == Some(false) => Wall::NoProc,
        // Nothing else is left in the kernel that refuses, and is seen in no file.
        Step::UserNamespace if facts.chrooted == Some(false) && facts.may_have_bpf_module() => {
            Wall::BpfModule
        }
        Step::Trial | Step::UserNamespace | Step::OwnProcess | Step::FirstProcess => Wall::Unknown,
        _ if facts.selinux_is_enforcing() => Wall::Selinux,
        _ => Wall::CapabilitiesNotReal,
    }
}

/// A filter of system calls: whose?
fn filter(facts: &Facts) -> Wall {
    match Surroundings::of(facts) {
        _ if facts.snap.is_some() => Wall::Snap,
        Surroundings::Lxc => Wall::Lxc,
        Surroundings::Machine => Wall::ServiceFilter,
        _ => Wall::ContainerFilter,
    }
}

/// `ENOSPC` and `EUSERS`.
fn limit(step: Step, errno: i32, facts: &Facts) -> Wall {
    let Some(namespace) = step.namespace() else {
        return Wall::Unknown;
    };
    let is_user = step == Step::UserNamespace;
    match facts.limits.of(namespace) {
        _ if is_user && facts.flatpak => Wall::Flatpak,
        _ if is_user && errno == EUSERS => Wall::NestingDepth,
        Some(0) => Wall::NamespacesOff,
        _ if is_user && facts.is_nix_sandbox() => Wall::NixSandbox,
        // The file shows this user namespace's own limit, which is none; the one that was reached is further out.
        Some(Limits::NONE) if is_user => Wall::NestingDepth,
        Some(Limits::NONE) => Wall::OuterLimit,
        None if is_user && facts.is_nested() => Wall::NestingDepth,
        _ => Wall::NamespaceLimit,
    }
}

/// `EINVAL`.
fn invalid(step: Step, facts: &Facts) -> Wall {
    let is_old = facts
        .release
        .as_deref()
        .is_some_and(|release| release.starts_with("3.10."));
    match step {
        Step::UserNamespace if facts.ns_user == Some(false) => Wall::NoUserNamespaces,
        Step::UserNamespace if is_old && facts.limits.of(Namespace::User) == Some(0) => {
            Wall::NamespacesOff
        }
        Step::UserNamespace if facts.is_nix_sandbox() => Wall::NixSandbox,
        Step::UserNamespace if facts.is_emulated() => Wall::Emulated,
        // One that has just ended counts until the kernel has released it, and is seen nowhere.
        Step::Joining if facts.threads.is_some() => Wall::Threads,
        Step::NetworkNamespace if facts.ns_net == Some(false) => Wall::NoNetworkNamespaces,
        Step::GidMap | Step::UidMap => Wall::UnmappedId,
        _ => Wall::Unknown,
    }
}

/// `ENOSYS`: some filters answer with it too.
fn no_such_call(step: Step, facts: &Facts) -> Wall {
    if facts.is_emulated() {
        Wall::Emulated
    } else if facts.flatpak {
        Wall::Flatpak
    } else if step.makes_namespace() && (facts.filters_unshare() || facts.has_filter()) {
        filter(facts)
    } else {
        Wall::NoSuchCall
    }
}

/// What is not in the kernel, or may not be used.
fn missing(step: Step, facts: &Facts) -> Wall {
    match step {
        Step::NetlinkSocket => Wall::NetlinkFamily,
        Step::Link(_) if facts.is_wsl2() => Wall::Wsl2,
        Step::Link(_) => Wall::MissingKind,
        Step::Ipv6Address => Wall::NoIpv6,
        _ => Wall::Unknown,
    }
}
