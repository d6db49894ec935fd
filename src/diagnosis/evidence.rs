//! Which facts show which wall.

use super::facts::Facts;
use super::step::Step;
use super::verdict::Wall;

/// The facts that show the wall; for an unknown one all that are known.
pub(super) fn evidence(wall: Wall, step: Step, facts: &Facts) -> Vec<String> {
    if wall == Wall::Unknown {
        return facts
            .sentences()
            .into_iter()
            .map(|fact| fact.text)
            .collect();
    }
    let limit = step.namespace().filter(|_| is_a_limit(wall));
    let limit = limit.map(|namespace| namespace.limit());
    let keys: Vec<_> = limit
        .into_iter()
        .chain(keys(wall).iter().copied())
        .collect();
    facts.evidence(&keys)
}

fn is_a_limit(wall: Wall) -> bool {
    matches!(
        wall,
        Wall::NamespacesOff | Wall::NamespaceLimit | Wall::OuterLimit | Wall::NestingDepth
    )
}

/// The keys of [`Facts::sentences`], the decisive one first.
pub(super) fn keys(wall: Wall) -> &'static [&'static str] {
    match wall {
        Wall::AppArmorRestriction => &["apparmor", "profile"],
        Wall::AppArmorProfile | Wall::Snap => {
            &["profile", "label", "snap", "docker", "unshare-nothing"]
        }
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
            "ecs",
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
        Wall::Bazel => &["bazel", "uid-map", "owns-network"],
        Wall::BpfModule => &["modules", "chroot", "seccomp"],
        Wall::UsernsCloneSysctl => &["userns-clone"],
        Wall::NamespacesOff => &["nested", "release"],
        Wall::NamespaceLimit | Wall::OuterLimit | Wall::NestingDepth => &["nested", "uid-map"],
        Wall::NoUserNamespaces => &["ns-user", "release"],
        Wall::NoNetworkNamespaces => &["ns-net", "release"],
        Wall::Chroot => &["chroot", "schroot"],
        Wall::UnmappedId => &["euid", "uid-map", "egid", "gid-map"],
        Wall::NotDumpable => &["dumpable"],
        Wall::Threads | Wall::NotEntered => &["threads"],
        Wall::RootWithoutSetfcap => &["cap-eff", "euid"],
        Wall::CapabilitiesNotReal => &[
            "cap-eff",
            "profile",
            "label",
            "modules",
            "uid-map",
            "owns-network",
        ],
        Wall::NetlinkFamily => &["seccomp", "cgroup"],
        Wall::MaskedPaths => &["docker", "podman", "kubernetes", "container", "proc-sys"],
        Wall::MissingKind | Wall::Wsl2 => {
            &["release", "modules-disabled", "modprobe", "has-modules"]
        }
        Wall::NoIpv6 => &["release"],
        Wall::Ipv6Disabled => &["ipv6-disabled"],
        Wall::Wsl1 | Wall::Gvisor => &["release", "version"],
        Wall::Emulated => &["target-arch", "arch"],
        Wall::NoSuchCall => &["release", "version", "arch", "seccomp"],
        Wall::OpenFiles => &["open-files"],
        Wall::Processes => &["threads", "cgroup"],
        Wall::NoProc => &["proc"],
        Wall::ForeignPidNamespace => &["children"],
        Wall::OpenFilesOfMachine | Wall::Memory | Wall::Unknown => &[],
    }
}
