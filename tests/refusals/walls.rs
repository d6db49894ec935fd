//! Walls that a process can build around itself: sandboxes of its own, as far as the kernel lets an ordinary user make them.
//!
//! What is allocated is allocated before the fork; afterwards there are system calls only.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::check;

/// What the command is put into.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wall {
    /// A user namespace with a limit of its own (`user.max_net_namespaces`).
    Limited { file: &'static str, limit: u32 },
    /// As many user namespaces as the kernel lets be nested.
    Nested,
    /// A user namespace whose maps nobody writes.
    Unmapped,
    /// Descriptors, as a hard limit too.
    OpenFiles { limit: u64 },
}

/// A user and a group.
pub(crate) type Ids = (u32, u32);

/// Puts the wall around the command, and around all that the command starts. The ids are those that the command has then.
pub(crate) fn enclose(command: &mut Command, wall: Wall, ids: Ids) {
    let maps = Maps::of(ids);
    let limit = match wall {
        Wall::Limited { file, .. } => c_string(&format!("/proc/sys/user/{file}")),
        _ => CString::default(),
    };
    let build = move || match wall {
        Wall::Limited { limit: number, .. } => {
            maps.enter(libc::CLONE_NEWUSER)?;
            // The last digit is all that the tests need.
            write(&limit, &[b'0' + number as u8])
        }
        Wall::Nested => {
            while maps.enter(libc::CLONE_NEWUSER).is_ok() {}
            Ok(())
        }
        // SAFETY: a plain system call.
        Wall::Unmapped => check(unsafe { libc::unshare(libc::CLONE_NEWUSER) }),
        Wall::OpenFiles { limit } => {
            let limit = libc::rlimit {
                rlim_cur: limit,
                rlim_max: limit,
            };
            // SAFETY: the pointer is to a local that outlives the call.
            check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) })
        }
    };
    // SAFETY: `build` makes system calls on values that were allocated before, and takes no locks.
    unsafe { command.pre_exec(build) };
}

/// Puts the command into a chroot: a directory that is no mount, with these directories of the machine below it.
///
/// The new root is a part of the machine's tree, as a tree that was unpacked into a directory is.
pub(crate) fn enclose_in_chroot(command: &mut Command, root: &Path, shown: &[&str], ids: Ids) {
    let maps = Maps::of(ids);
    let mut binds = Vec::new();
    for name in shown {
        let (source, target) = (Path::new("/").join(name), root.join(name));
        if let Ok(link) = std::fs::read_link(&source) {
            std::os::unix::fs::symlink(link, target).unwrap();
        } else if source.is_dir() {
            std::fs::create_dir(&target).unwrap();
            let path = |path: &Path| CString::new(path.as_os_str().as_bytes()).unwrap();
            binds.push((path(&source), path(&target)));
        }
    }
    let root = CString::new(root.as_os_str().as_bytes()).unwrap();
    let build = move || {
        maps.enter(libc::CLONE_NEWUSER | libc::CLONE_NEWNS)?;
        let none = std::ptr::null();
        for (source, target) in &binds {
            let flags = libc::MS_BIND | libc::MS_REC;
            // SAFETY: the strings live as long as the closure.
            check(unsafe {
                libc::mount(source.as_ptr(), target.as_ptr(), none, flags, none.cast())
            })?;
        }
        // SAFETY: as above.
        unsafe {
            check(libc::chroot(root.as_ptr()))?;
            check(libc::chdir(c"/".as_ptr()))
        }
    };
    // SAFETY: `build` makes system calls on values that were allocated before, and takes no locks.
    unsafe { command.pre_exec(build) };
}

/// The maps in which one user and group stand for themselves.
struct Maps {
    user: CString,
    group: CString,
}

impl Maps {
    fn of((user, group): Ids) -> Self {
        let own = |id| c_string(&format!("{id} {id} 1"));
        Self {
            user: own(user),
            group: own(group),
        }
    }

    /// Enters new namespaces, a user namespace among them.
    fn enter(&self, flags: i32) -> io::Result<()> {
        // A process that has changed its user may not write its maps until it may be dumped again.
        // SAFETY: plain system calls.
        unsafe {
            check(libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0))?;
            check(libc::unshare(flags))?;
        }
        // In a namespace within another that is so already.
        drop(write(c"/proc/self/setgroups", b"deny"));
        write(c"/proc/self/gid_map", self.group.as_bytes())?;
        write(c"/proc/self/uid_map", self.user.as_bytes())
    }
}

fn write(path: &std::ffi::CStr, content: &[u8]) -> io::Result<()> {
    // SAFETY: the path is a valid string, the pointer and length describe `content`, the descriptor is our own.
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        check(file)?;
        let written = libc::write(file, content.as_ptr().cast(), content.len());
        let result = check(written as libc::c_int);
        libc::close(file);
        result
    }
}

fn c_string(text: &str) -> CString {
    CString::new(text).unwrap()
}
