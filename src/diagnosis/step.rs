//! The steps by which a process gets a network of its own, in the order in which they are taken.

use std::borrow::Cow;

/// One thing that the kernel was asked for and can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The process of the test: this program, executed again.
    OwnProcess,
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
    /// Following the process that has made the user namespace.
    Joining,
    /// Capabilities that child programs inherit.
    Capabilities,
    /// A mount namespace, for files such as `/etc/resolv.conf`.
    MountNamespace,
    /// A host name of the node's own.
    UtsNamespace,
    /// Mounts whose changes stay in the mount namespace.
    Mount,
    /// A file system that shows the node's own (`proc`, `sysfs`).
    MountOf(&'static str),
    /// A PID namespace, so that programs end with the network.
    PidNamespace,
    /// The process that holds a PID namespace together.
    FirstProcess,
    /// A network namespace.
    NetworkNamespace,
    /// The socket through which the network namespace is configured.
    NetlinkSocket,
    /// The first link of this kind (`lo`, `veth`, `bridge`).
    Link(&'static str),
    /// An IPv6 address.
    Ipv6Address,
    /// Nothing was tried, because the process already had this many threads.
    Threads(u32),
    /// Nothing was tried, because the code that runs before `main` did not run.
    NotEntered,
}

/// A kind of namespace, of which the kernel counts how many each user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    User,
    Network,
    Pid,
    Mount,
    Uts,
}

impl Namespace {
    pub(crate) const ALL: [Self; 5] =
        [Self::User, Self::Network, Self::Pid, Self::Mount, Self::Uts];

    /// As in "network namespaces".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Network => "network",
            Self::Pid => "PID",
            Self::Mount => "mount",
            Self::Uts => "UTS",
        }
    }

    /// The sysctl that limits their number.
    pub(crate) fn limit(self) -> &'static str {
        match self {
            Self::User => "user.max_user_namespaces",
            Self::Network => "user.max_net_namespaces",
            Self::Pid => "user.max_pid_namespaces",
            Self::Mount => "user.max_mnt_namespaces",
            Self::Uts => "user.max_uts_namespaces",
        }
    }
}

impl Step {
    /// What the step was for; completes "the kernel refused to ...".
    pub(crate) fn purpose(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::OwnProcess => "start this program again, for the one test",
            Self::Trial => "start the process in which entering is tried",
            Self::TrialKilled(_) => "let a process try to enter",
            Self::UserNamespace => "make a user namespace",
            Self::Setgroups => "give up setgroups in the new user namespace",
            Self::GidMap => "map the group into the new user namespace",
            Self::UidMap => "map the user into the new user namespace",
            Self::Joining => "enter the user namespace that was made",
            Self::Capabilities => "pass capabilities on to child programs",
            Self::MountNamespace => "make a mount namespace",
            Self::UtsNamespace => "make a namespace for a host name",
            Self::Mount => "make the mounts private",
            Self::MountOf(kind) => return Cow::Owned(format!("mount {kind}")),
            Self::PidNamespace => "make a PID namespace",
            Self::FirstProcess => "start the first process of a PID namespace",
            Self::NetworkNamespace => "make a network namespace",
            Self::NetlinkSocket => "open a netlink socket",
            Self::Link("lo") => "raise `lo`",
            Self::Link(kind) => return Cow::Owned(format!("make a {kind} link")),
            Self::Ipv6Address => "add an IPv6 address",
            Self::Threads(_) => "make a user namespace for a process with threads",
            Self::NotEntered => "enter a user namespace before `main`",
        })
    }

    /// The system call or message, as `strace` and manual pages name it.
    pub(crate) fn call(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::OwnProcess => "the start of /proc/self/exe",
            Self::Trial => "socketpair or clone",
            Self::UserNamespace | Self::TrialKilled(_) | Self::Threads(_) => {
                "unshare(CLONE_NEWUSER)"
            }
            Self::Setgroups => "write to /proc/self/setgroups",
            Self::GidMap => "write to /proc/self/gid_map",
            Self::UidMap => "write to /proc/self/uid_map",
            Self::Joining => "setns(CLONE_NEWUSER)",
            Self::Capabilities => "capset and prctl(PR_CAP_AMBIENT)",
            Self::MountNamespace => "unshare(CLONE_NEWNS)",
            Self::UtsNamespace => "unshare(CLONE_NEWUTS)",
            Self::Mount => "mount(MS_REC|MS_SLAVE)",
            Self::MountOf(kind) => return Cow::Owned(format!("mount({kind})")),
            Self::FirstProcess => "pipe2 or clone",
            Self::PidNamespace => "unshare(CLONE_NEWPID)",
            Self::NetworkNamespace => "unshare(CLONE_NEWNET)",
            Self::NetlinkSocket => "socket(AF_NETLINK)",
            Self::Link(kind) => return Cow::Owned(format!("RTM_NEWLINK ({kind})")),
            Self::Ipv6Address => "RTM_NEWADDR (IPv6)",
            Self::NotEntered => "the code before `main`",
        })
    }

    /// Whether the step asks for a new namespace or enters one, which is what filters of system calls look for.
    pub(crate) fn makes_namespace(self) -> bool {
        self.namespace().is_some() || self == Self::Joining
    }

    /// The kind of namespace that the step makes.
    pub(crate) fn namespace(self) -> Option<Namespace> {
        match self {
            Self::UserNamespace => Some(Namespace::User),
            Self::NetworkNamespace => Some(Namespace::Network),
            Self::PidNamespace => Some(Namespace::Pid),
            Self::MountNamespace => Some(Namespace::Mount),
            Self::UtsNamespace => Some(Namespace::Uts),
            _ => None,
        }
    }

    /// Whether the step mounts something, which rules of paths and of file systems can forbid.
    pub(crate) fn mounts(self) -> bool {
        matches!(self, Self::Mount | Self::MountOf(_))
    }

    /// Whether the step writes to the new user namespace's files, which proves that the namespace was given.
    pub(crate) fn maps_ids(self) -> bool {
        matches!(self, Self::Setgroups | Self::GidMap | Self::UidMap)
    }
}
