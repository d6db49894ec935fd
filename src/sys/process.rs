//! Waiting for descriptors and processes, and moving the standard ones.
#![allow(unsafe_code, reason = "system calls")]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Waits until one of the descriptors can be read or has been closed at the other end; tells which.
///
/// See [poll(2)](https://man7.org/linux/man-pages/man2/poll.2.html).
pub(crate) fn wait_readable(
    descriptors: &[BorrowedFd<'_>],
    deadline: Option<Instant>,
) -> io::Result<Vec<bool>> {
    let mut polled: Vec<PollFd<'_>> = descriptors
        .iter()
        .map(|descriptor| PollFd::new(*descriptor, PollFlags::POLLIN))
        .collect();
    loop {
        match poll(&mut polled, timeout(deadline)) {
            Ok(_) => break,
            Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(polled
        .iter()
        .map(|fd| fd.revents().is_some_and(|events| !events.is_empty()))
        .collect())
}

/// Whether the descriptor can be read within the limit.
pub(crate) fn readable_within(descriptor: BorrowedFd<'_>, limit: Duration) -> io::Result<bool> {
    Ok(wait_readable(&[descriptor], Some(Instant::now() + limit))?[0])
}

/// The time left in whole milliseconds, rounded up so that a wait never ends early.
pub(super) fn timeout(deadline: Option<Instant>) -> PollTimeout {
    let Some(deadline) = deadline else {
        return PollTimeout::NONE;
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let milliseconds = left.as_micros().div_ceil(1000);
    PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX)
}

/// A descriptor that can be read once the process has ended.
///
/// See [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
pub(crate) fn end_of(process: u32) -> io::Result<OwnedFd> {
    // SAFETY: a plain system call that returns a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A pipe: the end to read from, and the one to write to.
///
/// See [pipe(2)](https://man7.org/linux/man-pages/man2/pipe.2.html).
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?)
}

/// Makes reads and writes return at once.
pub(crate) fn set_nonblocking(descriptor: impl AsFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(&descriptor, FcntlArg::F_GETFL)?);
    fcntl(&descriptor, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Takes over a descriptor that was passed to this process.
pub(crate) fn adopt(descriptor: i32) -> OwnedFd {
    // SAFETY: the caller got the number from `bootstrap`, which gives each descriptor out once.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// A copy of a descriptor, with the lowest free number that is not below `floor`.
pub(crate) fn duplicate_above(floor: i32, descriptor: impl AsFd) -> io::Result<OwnedFd> {
    use nix::fcntl::{FcntlArg, fcntl};
    let fd = fcntl(descriptor, FcntlArg::F_DUPFD_CLOEXEC(floor))?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Points the process's standard output, or error, at another descriptor.
pub(crate) fn redirect(standard: i32, to: i32) -> io::Result<()> {
    // SAFETY: replaces one descriptor of this process by another; both are only numbers here.
    if unsafe { libc::dup2(to, standard) } < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Writes out what C code has buffered for its standard output.
pub(crate) fn flush_c() {
    // SAFETY: a null pointer means all streams.
    unsafe { libc::fflush(std::ptr::null_mut()) };
}

/// Has `summary` called when the process ends in the ordinary way.
pub(crate) fn at_exit(summary: extern "C" fn()) {
    // SAFETY: the function lives as long as the program. A full table means no summary, which is no reason to fail.
    unsafe { libc::atexit(summary) };
}

/// The file of this program, to be executed again.
///
/// The kernel's link also leads to one that was replaced or removed meanwhile. But under valgrind and emulators it leads to those, which
/// answer with the program's own path if they are asked for the link's target.
pub(crate) fn own_program() -> PathBuf {
    let link = Path::new("/proc/self/exe");
    let file = |path: &Path| Some((path.metadata().ok()?.dev(), path.metadata().ok()?.ino()));
    match std::env::current_exe() {
        Ok(path) if is_program(&path) && file(&path) != file(link) => path,
        _ => link.to_owned(),
    }
}

/// The number of threads in this process.
pub(crate) fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

/// The name of a signal: `SIGSEGV`.
pub(crate) fn signal_name(signal: i32) -> String {
    match nix::sys::signal::Signal::try_from(signal) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("signal {signal}"),
    }
}

/// The signal that ended a process, if one did.
pub(crate) fn signal_of(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// How a child of this process has ended, if it has. It can still be waited for afterwards.
///
/// See [waitid(2)](https://man7.org/linux/man-pages/man2/waitid.2.html).
pub(crate) fn ending_of(child: u32) -> Option<ExitStatus> {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let child = nix::unistd::Pid::from_raw(child as i32);
    match waitid(Id::Pid(child), flags) {
        Ok(WaitStatus::Exited(_, code)) => Some(ExitStatus::from_raw(code << 8)),
        Ok(WaitStatus::Signaled(_, signal, _)) => Some(ExitStatus::from_raw(signal as i32)),
        _ => None,
    }
}

/// Whether somebody may execute the file.
pub(crate) fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// What the program is told that it is called, whatever its path.
pub(crate) fn name_as(command: &mut Command, name: &OsStr) {
    command.arg0(name);
}

/// The numbers of a descriptor, for texts.
pub(crate) fn number(descriptor: impl AsFd) -> i32 {
    descriptor.as_fd().as_raw_fd()
}
