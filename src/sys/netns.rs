//! Network namespaces: making them, entering them, and who lives in them.
//!
//! See [network_namespaces(7)](https://man7.org/linux/man-pages/man7/network_namespaces.7.html).
#![allow(unsafe_code, reason = "a system call that no crate wraps")]

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use nix::sched::CloneFlags;

/// What tells one namespace from another while it exists: the inode of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NamespaceId(u64);

/// Moves the calling thread into a new, empty network namespace. There is no way back.
pub(crate) fn unshare() -> io::Result<()> {
    Ok(nix::sched::unshare(CloneFlags::CLONE_NEWNET)?)
}

/// Moves the calling thread into a namespace. There is no way back: the thread has to end there.
pub(crate) fn enter(namespace: impl AsFd) -> io::Result<()> {
    Ok(nix::sched::setns(namespace, CloneFlags::CLONE_NEWNET)?)
}

/// The number of the user namespace that owns this one.
///
/// See [ioctl_ns(2)](https://man7.org/linux/man-pages/man2/ioctl_ns.2.html).
pub(crate) fn owner(namespace: impl AsFd) -> io::Result<u64> {
    // SAFETY: the descriptor is open; the call takes no argument and returns a new descriptor or -1.
    let fd = unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), libc::NS_GET_USERNS) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    let owner = unsafe { OwnedFd::from_raw_fd(fd) };
    Ok(File::from(owner).metadata()?.ino())
}

impl NamespaceId {
    /// The namespace that an open file of it stands for.
    #[allow(
        clippy::useless_conversion,
        reason = "inodes have 32 bits in glibc on processors of 32 bits"
    )]
    pub(crate) fn of(namespace: impl AsFd) -> io::Result<Self> {
        Ok(Self(nix::sys::stat::fstat(namespace)?.st_ino.into()))
    }

    /// The calling thread's, for runtimes to compare. `/proc/self` would be the main thread's.
    #[cfg(feature = "tokio")]
    pub(crate) fn current() -> io::Result<Self> {
        Ok(Self(fs::metadata("/proc/thread-self/ns/net")?.ino()))
    }
}

/// A thread of this process.
#[derive(Clone, Debug)]
pub(crate) struct Resident {
    pub(crate) thread: i32,
    pub(crate) namespace: NamespaceId,
}

impl Resident {
    /// Its name, as long as it lives.
    pub(crate) fn name(&self) -> String {
        let name = fs::read_to_string(format!("/proc/self/task/{}/comm", self.thread));
        name.unwrap_or_default().trim_end().to_owned()
    }
}

/// The threads of this process, with the namespace in which each lives. One that ends meanwhile is left out.
pub(crate) fn residents() -> io::Result<Vec<Resident>> {
    let mut residents = Vec::new();
    for entry in fs::read_dir("/proc/self/task")? {
        let path = entry?.path();
        let thread = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.parse().ok());
        let namespace = fs::metadata(path.join("ns/net"));
        if let (Some(thread), Ok(namespace)) = (thread, namespace) {
            residents.push(Resident {
                thread,
                namespace: NamespaceId(namespace.ino()),
            });
        }
    }
    Ok(residents)
}

/// The calling thread's id.
pub(crate) fn calling_thread() -> i32 {
    nix::unistd::gettid().as_raw()
}
