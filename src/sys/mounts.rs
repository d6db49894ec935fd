//! A mount namespace and a host name of one's own: what a thread sees of the machine's files.
//!
//! See [mount_namespaces(7)](https://man7.org/linux/man-pages/man7/mount_namespaces.7.html) and
//! [uts_namespaces(7)](https://man7.org/linux/man-pages/man7/uts_namespaces.7.html).
#![allow(unsafe_code, reason = "system calls that no crate wraps")]

use std::env;
use std::ffi::{CStr, CString};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::Mode;

const NONE: Option<&str> = None;
const HARMLESS: MsFlags = MsFlags::MS_NOSUID
    .union(MsFlags::MS_NODEV)
    .union(MsFlags::MS_NOEXEC);

/// The mounts and the host name of a thread, to be entered by others.
#[derive(Debug)]
pub(crate) struct Surroundings {
    mounts: OwnedFd,
    host_name: OwnedFd,
}

/// Gives the calling thread mounts of its own, which [`keep_private`] makes nobody else's.
pub(crate) fn unshare_mounts() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWNS)?)
}

/// Gives the calling thread a host name of its own.
pub(crate) fn unshare_host_name() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWUTS)?)
}

/// What the machine mounts arrives here, and nothing goes back.
pub(crate) fn keep_private() -> io::Result<()> {
    let flags = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    Ok(mount(NONE, "/", NONE, flags, NONE)?)
}

/// Sets the calling thread's host name.
pub(crate) fn set_host_name(name: &str) -> io::Result<()> {
    Ok(nix::unistd::sethostname(name)?)
}

impl Surroundings {
    /// Those of the calling thread. The descriptors lie above the floor, if there is one, and room above it.
    pub(crate) fn of_this_thread(floor: Option<i32>) -> io::Result<Self> {
        let open = |name: &str| -> io::Result<OwnedFd> {
            let file = File::open(format!("/proc/thread-self/ns/{name}"))?;
            let moved = floor.and_then(|floor| super::process::duplicate_above(floor, &file).ok());
            Ok(moved.unwrap_or_else(|| file.into()))
        };
        Ok(Self {
            mounts: open("mnt")?,
            host_name: open("uts")?,
        })
    }

    /// The numbers of the descriptors of mounts and host name, for texts.
    pub(crate) fn numbers(&self) -> (i32, i32) {
        (self.mounts.as_raw_fd(), self.host_name.as_raw_fd())
    }

    /// Moves the calling thread there. It keeps its working directory, and shares it with no other thread any more.
    ///
    /// See [setns(2)](https://man7.org/linux/man-pages/man2/setns.2.html).
    pub(crate) fn enter(&self) -> io::Result<()> {
        setns(&self.host_name, CloneFlags::CLONE_NEWUTS)?;
        // The kernel moves to other mounts only who shares root and working directory with nobody, and puts both to `/`.
        unshare(CloneFlags::CLONE_FS)?;
        let path = env::current_dir();
        let directory = nix::fcntl::open(".", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
        setns(&self.mounts, CloneFlags::CLONE_NEWNS)?;
        let back = path.and_then(env::set_current_dir);
        if let (Err(_), Ok(directory)) = (back, directory) {
            // A directory that was removed, or is hidden here, is still one to work in.
            nix::unistd::fchdir(directory)?;
        }
        Ok(())
    }
}

/// Mounts an empty file system that lives in memory.
pub(crate) fn mount_memory(at: &Path) -> io::Result<()> {
    let options = Some("mode=0755,size=16m");
    Ok(mount(Some("tmpfs"), at, Some("tmpfs"), HARMLESS, options)?)
}

/// Writes a file that everybody may read, whatever the umask: daemons that drop privileges do.
pub(crate) fn write_readable(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, Permissions::from_mode(0o644))
}

/// Makes a symbolic link.
pub(crate) fn link(to: &Path, path: &Path) -> io::Result<()> {
    symlink(to, path)
}

/// Takes the topmost mount away; what was bound from it stays.
pub(crate) fn detach(at: &Path) -> io::Result<()> {
    Ok(umount2(at, MntFlags::MNT_DETACH)?)
}

/// Mounts the `/sys` of the calling thread's network namespace, with the control groups that were visible before.
///
/// A container whose own `/sys` is read-only gets nothing better.
pub(crate) fn mount_sys() -> io::Result<()> {
    let groups = clone_tree(c"/sys/fs/cgroup");
    let mount = |flags| mount(Some("sysfs"), "/sys", Some("sysfs"), flags, NONE);
    mount(HARMLESS).or_else(|_| mount(HARMLESS | MsFlags::MS_RDONLY))?;
    match groups {
        Ok(groups) => put(groups, c"/sys/fs/cgroup"),
        // None were mounted.
        Err(_) => Ok(()),
    }
}

/// Mounts the `/proc` of the calling process's PID namespace.
pub(crate) fn mount_proc() -> io::Result<()> {
    Ok(mount(Some("proc"), "/proc", Some("proc"), HARMLESS, NONE)?)
}

/// Shows `source` where `target` is. Symbolic links are not followed: one is covered like a file.
pub(crate) fn cover(source: &Path, target: &Path) -> io::Result<()> {
    put(clone_tree(&c_path(source)?)?, &c_path(target)?)
}

fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// A copy of a mount, to be put elsewhere: of a directory with all that is mounted below, of a symbolic link the link itself.
///
/// See [open_tree(2)](https://man7.org/linux/man-pages/man2/open_tree.2.html).
fn clone_tree(path: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::OPEN_TREE_CLONE
        | libc::OPEN_TREE_CLOEXEC
        | (libc::AT_RECURSIVE | libc::AT_SYMLINK_NOFOLLOW) as u32;
    // SAFETY: the path is a valid string; the call returns a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Mounts a copy.
///
/// See [move_mount(2)](https://man7.org/linux/man-pages/man2/move_mount.2.html).
fn put(tree: OwnedFd, target: &CStr) -> io::Result<()> {
    let source = tree.as_fd().as_raw_fd();
    let (empty, flags) = (c"".as_ptr(), libc::MOVE_MOUNT_F_EMPTY_PATH);
    // SAFETY: the paths are valid strings, and the descriptor is open.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            source,
            empty,
            libc::AT_FDCWD,
            target.as_ptr(),
            flags,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
