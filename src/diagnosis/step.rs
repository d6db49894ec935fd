//! The steps by which a process gets a network of its own, in the order in which they are taken.

use std::borrow::Cow;

/// One thing that the kernel was asked for and can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The process in which entering is tried first, because a half-entered process cannot go back.
    Trial,
    /// That process was killed by this signal, before it could say anything.
    TrialKilled(i32),
    /// A user namespace, which makes the process the administrator of what it creates next.
    UserNamespace,
    /// Giving up `setgroups`, without which the kernel takes no group map from an ordinary user.
    Setgroups,
    /// The group ids inside the user namespace.
    GidMap,
    /// The user ids inside the user namespace.
    UidMap,
    /// Capabilities that child programs inherit.
    Capabilities,
    /// Private mounts, for files such as `/etc/resolv.conf`.
    Mount,
    /// A PID namespace, so that programs end with the network.
    PidNamespace,
    /// A network namespace.
    NetworkNamespace,
    /// The socket through which the network namespace is configured.
    NetlinkSocket,
    /// The first link of this kind (`lo`, `veth`, `bridge`).
    Link(&'static str),
    /// Nothing was tried, because the process already had this many threads.
    Threads(u32),
    /// Nothing was tried, because the code that runs before `main` did not run.
    NotEntered,
}

impl Step {
    /// What the step was for; completes "the kernel refused to ...".
    pub(crate) fn purpose(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Trial => "start the process in which entering is tried",
            Self::TrialKilled(_) => "let a process try to enter",
            Self::UserNamespace => "make a user namespace",
            Self::Setgroups => "give up setgroups in the new user namespace",
            Self::GidMap => "map the group into the new user namespace",
            Self::UidMap => "map the user into the new user namespace",
            Self::Capabilities => "pass capabilities on to child programs",
            Self::Mount => "make the mounts private",
            Self::PidNamespace => "make a PID namespace",
            Self::NetworkNamespace => "make a network namespace",
            Self::NetlinkSocket => "open a netlink socket",
            Self::Link("lo") => "raise `lo`",
            Self::Link(kind) => return Cow::Owned(format!("make a {kind} link")),
            Self::Threads(_) => "make a user namespace for a process with threads",
            Self::NotEntered => "enter a user namespace before `main`",
        })
    }

    /// The system call or message, as `strace` and manual pages name it.
    pub(crate) fn call(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Trial => "clone(CLONE_VM|CLONE_VFORK)",
            Self::UserNamespace | Self::TrialKilled(_) | Self::Threads(_) => {
                "unshare(CLONE_NEWUSER)"
            }
            Self::Setgroups => "write to /proc/self/setgroups",
            Self::GidMap => "write to /proc/self/gid_map",
            Self::UidMap => "write to /proc/self/uid_map",
            Self::Capabilities => "capset and prctl(PR_CAP_AMBIENT)",
            Self::Mount => "unshare(CLONE_NEWNS)",
            Self::PidNamespace => "unshare(CLONE_NEWPID)",
            Self::NetworkNamespace => "unshare(CLONE_NEWNET)",
            Self::NetlinkSocket => "socket(AF_NETLINK)",
            Self::Link(kind) => return Cow::Owned(format!("RTM_NEWLINK ({kind})")),
            Self::NotEntered => "the code before `main`",
        })
    }

    /// Whether the step asks for a new namespace, which is what filters of system calls look for.
    pub(crate) fn makes_namespace(self) -> bool {
        matches!(
            self,
            Self::UserNamespace | Self::NetworkNamespace | Self::PidNamespace
        )
    }

    /// Whether the step writes to the new user namespace's files, which proves that the namespace was given.
    pub(crate) fn maps_ids(self) -> bool {
        matches!(self, Self::Setgroups | Self::GidMap | Self::UidMap)
    }
}
