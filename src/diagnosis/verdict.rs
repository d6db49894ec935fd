//! The verdict: what stands in the way, how that is known, and what to do about it on this machine.

use std::fmt;
use std::io;

use super::facts::Facts;
use super::step::Step;
use super::{evidence, judge, text};
use crate::errno::errno_name;
use crate::error::{Error, Kind, errno_text};

/// What can stand between a test and its network. Each has its own remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wall {
    /// Ubuntu's restriction of user namespaces to programs with a profile.
    AppArmorRestriction,
    /// The AppArmor profile under which the process already runs.
    AppArmorProfile,
    Selinux,
    /// The filter of system calls of a container.
    ContainerFilter,
    /// The same outside of a container: a systemd unit's, or a sandbox's.
    ServiceFilter,
    Lxc,
    Flatpak,
    Snap,
    NixSandbox,
    Bazel,
    /// A security module written in BPF, such as that of systemd-nsresourced.
    BpfModule,
    /// `kernel.unprivileged_userns_clone` of Debian's and Arch's kernels.
    UsernsCloneSysctl,
    /// A limit of 0 for namespaces of the kind that the step makes.
    NamespacesOff,
    /// As many namespaces of that kind as the limit allows.
    NamespaceLimit,
    /// The same by the limit of an outer user namespace, which cannot be read from here.
    OuterLimit,
    NestingDepth,
    NoUserNamespaces,
    NoNetworkNamespaces,
    Chroot,
    UnmappedId,
    NotDumpable,
    Threads,
    NotEntered,
    /// A root whom the kernel does not let map root.
    RootWithoutSetfcap,
    /// The user namespace was given, and what it should allow is refused.
    CapabilitiesNotReal,
    NetlinkFamily,
    /// Parts of `/proc` or `/sys` are covered, and the kernel shows what is covered to nobody who is less.
    MaskedPaths,
    MissingKind,
    /// IPv6 is not in this kernel.
    NoIpv6,
    /// IPv6 is turned off for new links.
    Ipv6Disabled,
    Wsl1,
    /// WSL 2, whose kernel lacks the kind of link.
    Wsl2,
    Gvisor,
    Emulated,
    NoSuchCall,
    NoProc,
    /// Children are born in a PID namespace that is not the process's own, and whose first process has ended.
    ForeignPidNamespace,
    OpenFiles,
    OpenFilesOfMachine,
    Memory,
    Processes,
    Unknown,
}

impl Wall {
    /// Something ran out that may be there again a moment later: no property of the machine, for which tests could be skipped.
    fn is_shortage(self) -> bool {
        matches!(
            self,
            Self::OpenFiles | Self::OpenFilesOfMachine | Self::Memory | Self::Processes
        )
    }
}

#[cfg(test)]
impl Wall {
    pub(crate) const ALL: &[Self] = &[
        Self::AppArmorRestriction,
        Self::AppArmorProfile,
        Self::Selinux,
        Self::ContainerFilter,
        Self::ServiceFilter,
        Self::Lxc,
        Self::Flatpak,
        Self::Snap,
        Self::NixSandbox,
        Self::Bazel,
        Self::BpfModule,
        Self::UsernsCloneSysctl,
        Self::NamespacesOff,
        Self::NamespaceLimit,
        Self::OuterLimit,
        Self::NestingDepth,
        Self::NoUserNamespaces,
        Self::NoNetworkNamespaces,
        Self::Chroot,
        Self::UnmappedId,
        Self::NotDumpable,
        Self::Threads,
        Self::NotEntered,
        Self::RootWithoutSetfcap,
        Self::CapabilitiesNotReal,
        Self::NetlinkFamily,
        Self::MaskedPaths,
        Self::MissingKind,
        Self::NoIpv6,
        Self::Ipv6Disabled,
        Self::Wsl1,
        Self::Wsl2,
        Self::Gvisor,
        Self::Emulated,
        Self::NoSuchCall,
        Self::NoProc,
        Self::ForeignPidNamespace,
        Self::OpenFiles,
        Self::OpenFilesOfMachine,
        Self::Memory,
        Self::Processes,
        Self::Unknown,
    ];
}

/// What stands in the way of a test's network. `Display` is the whole text that each refused test prints.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) wall: Wall,
    pub(crate) step: Step,
    pub(crate) errno: i32,
    /// The cause in one sentence.
    pub(crate) headline: String,
    /// The facts that decided.
    pub(crate) evidence: Vec<String>,
    /// What to do, the best for this machine first.
    pub(crate) remedies: Vec<String>,
}

/// The remedy that fits every wall but a shortage; the last one, because it gives up.
pub(super) const INSTEAD: &str = "to skip such tests instead, set NETNS_TEST_UNSUPPORTED=skip; `cargo \
                                 netns doctor` shows the whole verdict (`cargo install netns-test \
                                 --features cli`)";

/// Explains why `step` failed with `errno`.
pub(crate) fn diagnose(step: Step, errno: i32, facts: &Facts) -> Verdict {
    let wall = judge::wall(step, errno, facts);
    let mut verdict = Verdict {
        wall,
        step,
        errno,
        headline: text::headline(wall, step, errno, facts),
        evidence: evidence::evidence(wall, step, facts),
        remedies: text::remedies(wall, step, facts),
    };
    if step.maps_ids() {
        let earlier = "unshare(CLONE_NEWUSER) itself had succeeded";
        verdict.evidence.push(earlier.to_owned());
    }
    verdict
}

impl Verdict {
    /// The same text as an [`Error`].
    pub(crate) fn into_error(self) -> Error {
        let kind = if self.wall.is_shortage() {
            Kind::Kernel
        } else {
            Kind::Refused
        };
        let error = Error::new(kind, "make a network for this test", self.cause());
        self.helps().map(str::to_owned).fold(error, Error::help)
    }

    /// The cause on one line, and the best remedy.
    pub(crate) fn in_brief(&self) -> (String, Option<String>) {
        let text = format!("{} ({})", self.headline, self.refusal());
        (text, self.remedies.first().cloned())
    }

    fn helps(&self) -> impl Iterator<Item = &str> {
        let instead = (!self.wall.is_shortage()).then_some(INSTEAD);
        self.remedies.iter().map(String::as_str).chain(instead)
    }

    fn cause(&self) -> String {
        let mut cause = format!("{}\n  refused: {}", self.headline, self.refusal());
        for fact in &self.evidence {
            cause.push_str("\n  evidence: ");
            cause.push_str(fact);
        }
        cause
    }

    /// The call that failed, and how.
    fn refusal(&self) -> String {
        let call = match self.step {
            Step::Threads(threads) => {
                format!("{} in a process with {threads} threads", self.step.call())
            }
            Step::TrialKilled(signal) => {
                return format!(
                    "{}, by killing the process that tried it (signal {signal})",
                    self.step.call()
                );
            }
            step => step.call().into_owned(),
        };
        match self.errno {
            0 if self.step == Step::NotEntered => format!("{call} did not run"),
            0 => format!("{call} was not tried"),
            errno => {
                let text = errno_text(&io::Error::from_raw_os_error(errno));
                format!("{call} with {} ({text})", errno_name(errno))
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "failed to make a network for this test: {}",
            self.cause()
        )?;
        for remedy in self.helps() {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}
