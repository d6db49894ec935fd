//! The decision: which wall a failed step ran into. No texts here, and nothing but comparisons.

use super::facts::Facts;
use super::step::Step;
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
        _ => {}
    }
    exhausted(errno)
        .or_else(|| other_kernel(facts))
        .unwrap_or_else(|| match errno {
            EPERM | EACCES => refused(step, errno, facts),
            ENOSPC | EUSERS => limit(step, errno, facts),
            EINVAL => invalid(step, facts),
            ENOSYS => no_such_call(step, facts),
            EAFNOSUPPORT | EPROTONOSUPPORT if step == Step::NetlinkSocket => Wall::NetlinkFamily,
            EOPNOTSUPP => missing_kind(step, facts),
            ENOENT if step.maps_ids() => Wall::NoProc,
            _ => Wall::Unknown,
        })
}

/// Something ran out that has nothing to do with namespaces.
fn exhausted(errno: i32) -> Option<Wall> {
    match errno {
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
        .or_else(|| (step.makes_namespace() && facts.has_filter()).then(|| filter(facts)))
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
    let on_machine = !Surroundings::of(facts).is_container();
    (on_machine && facts.has_filter()).then(|| filter(facts))
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

/// No file says who refuses. After the user namespace was given, only a security module is left to withhold its capabilities.
fn refused_without_a_sign(step: Step, facts: &Facts) -> Wall {
    match step {
        Step::Trial | Step::UserNamespace => Wall::Unknown,
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
    match step {
        Step::UserNamespace if facts.flatpak => Wall::Flatpak,
        Step::UserNamespace if errno == EUSERS => Wall::NestingDepth,
        Step::UserNamespace if facts.max_user_namespaces == Some(0) => Wall::UserNamespacesOff,
        Step::UserNamespace if facts.is_nix_sandbox() => Wall::NixSandbox,
        // The file shows this namespace's own limit; the one that was reached is further out.
        Step::UserNamespace if facts.is_nested() => Wall::NestingDepth,
        Step::UserNamespace => Wall::UserNamespaceLimit,
        Step::NetworkNamespace if facts.max_net_namespaces == Some(0) => Wall::NetworkNamespacesOff,
        Step::NetworkNamespace => Wall::NetworkNamespaceLimit,
        _ => Wall::Unknown,
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
        Step::UserNamespace if is_old && facts.max_user_namespaces == Some(0) => {
            Wall::UserNamespacesOff
        }
        Step::UserNamespace if facts.is_nix_sandbox() => Wall::NixSandbox,
        Step::UserNamespace if facts.is_emulated() => Wall::Emulated,
        Step::UserNamespace if facts.threads.is_some_and(|threads| threads > 1) => Wall::Threads,
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

fn missing_kind(step: Step, facts: &Facts) -> Wall {
    match step {
        Step::Link(_) if facts.is_wsl2() => Wall::Wsl2,
        Step::Link(_) => Wall::MissingKind,
        _ => Wall::Unknown,
    }
}
