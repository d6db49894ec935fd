//! The way into a user namespace, in which this process may make networks.
//!
//! System calls only, without allocating: this runs before `main`. See
//! [user_namespaces(7)](https://man7.org/linux/man-pages/man7/user_namespaces.7.html).
#![allow(unsafe_code, reason = "system calls before main")]

use std::ffi::{CStr, c_int, c_long, c_void};

use crate::sys::capabilities;

/// The steps on the way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Door {
    Threads = 1,
    Trial,
    /// The trial was killed; the number is the signal's.
    TrialKilled,
    UserNamespace,
    Setgroups,
    GidMap,
    UidMap,
    Capabilities,
}

impl Door {
    pub(crate) const ALL: [Self; 8] = [
        Self::Threads,
        Self::Trial,
        Self::TrialKilled,
        Self::UserNamespace,
        Self::Setgroups,
        Self::GidMap,
        Self::UidMap,
        Self::Capabilities,
    ];
}

/// The door that stayed closed, and the errno.
pub(crate) type Refused = (Door, c_int);

/// Enters, after a trial. The user's own ids stand for themselves, so that files, `$HOME` and permissions are as before.
pub(crate) fn enter() -> Result<(), Refused> {
    trial()?;
    make_and_map()?;
    capabilities::keep().map_err(|errno| (Door::Capabilities, errno))
}

/// Tries the way in with a child that shares our memory and is gone before we go on.
///
/// Some machines allow `unshare` and refuse the maps. A process that has gone so far is nobody for ever.
fn trial() -> Result<(), Refused> {
    const STACK: usize = 32 * 1024;
    extern "C" fn child(result: *mut c_void) -> c_int {
        let result = result.cast::<Result<(), Refused>>();
        let tried = make_and_map();
        // SAFETY: `result` points into the stack of the parent, which waits until we have ended.
        unsafe { *result = tried };
        tried.is_err().into()
    }
    let mut result: Result<(), Refused> = Err((Door::Trial, 0));
    let mut stack = [0_u8; STACK];
    // SAFETY: the stack grows down from its aligned end and, like `result`, outlives the child: CLONE_VFORK suspends this thread
    // until the child has ended. The child makes system calls only.
    unsafe {
        let end = stack.as_mut_ptr().add(STACK);
        let end = end.sub(end as usize % 16);
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let pid = libc::clone(child, end.cast(), flags, (&raw mut result).cast());
        if pid < 0 {
            return Err((Door::Trial, errno()));
        }
        let mut status = 0;
        libc::waitpid(pid, &raw mut status, 0);
        if libc::WIFSIGNALED(status) {
            return Err((Door::TrialKilled, libc::WTERMSIG(status)));
        }
        // Under valgrind the child has a copy of our memory, and only its status tells.
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 {
            return Ok(());
        }
        std::ptr::read_volatile(&raw const result)
    }
}

fn make_and_map() -> Result<(), Refused> {
    // SAFETY: plain system calls.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    if capabilities::may_map_all_ids() {
        // Root of a container: other users' ids stay what they are, and `chown`, `su` and `setgroups` go on working.
        let outside = Outside::start(
            Text::identity_of(c"/proc/self/gid_map"),
            Text::identity_of(c"/proc/self/uid_map"),
        )?;
        make()?;
        if outside.map_us() {
            return Ok(());
        }
    } else {
        make()?;
    }
    write_file(c"/proc/self/setgroups", b"deny").map_err(|errno| (Door::Setgroups, errno))?;
    write_file(c"/proc/self/gid_map", Text::own(gid).bytes())
        .map_err(|errno| (Door::GidMap, errno))?;
    write_file(c"/proc/self/uid_map", Text::own(uid).bytes()).map_err(|errno| (Door::UidMap, errno))
}

/// The kernel refuses this in a process with several threads.
///
/// One that has ended, as that of the trial has, counts until the kernel has released it: a full count is waited for,
/// about four seconds.
fn make() -> Result<(), Refused> {
    const PAUSES: [c_long; 16] = [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512, 512, 512, 512, 512,
    ];
    let mut pauses = PAUSES.iter();
    loop {
        // SAFETY: a plain system call.
        if unsafe { libc::unshare(libc::CLONE_NEWUSER) } == 0 {
            return Ok(());
        }
        let refused = Err((Door::UserNamespace, errno()));
        let none_allowed = || read_number(c"/proc/sys/user/max_user_namespaces") == Some(0);
        let Some(milliseconds) = pauses.next() else {
            return refused;
        };
        if refused != Err((Door::UserNamespace, libc::ENOSPC)) || none_allowed() {
            return refused;
        }
        let pause = libc::timespec {
            tv_sec: 0,
            tv_nsec: milliseconds * 1_000_000,
        };
        // SAFETY: the pointer is to a local that outlives the call. A pause that a signal cuts short is short.
        unsafe { libc::nanosleep(&raw const pause, std::ptr::null_mut()) };
    }
}

/// A process that stays outside: only there do the capabilities count that it takes to map ids other than one's own.
struct Outside {
    pid: c_int,
    go: c_int,
}

impl Outside {
    fn start(groups: Text, users: Text) -> Result<Self, Refused> {
        let mut pipe = [0; 2];
        // SAFETY: the array has room for both descriptors; the rest are plain system calls. The child makes system calls only, on
        // a copy of our memory.
        unsafe {
            let us = libc::getpid();
            if libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
                return Err((Door::Trial, errno()));
            }
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as c_int;
            if pid == 0 {
                libc::close(pipe[1]);
                let mut word = 0_u8;
                let told = libc::read(pipe[0], (&raw mut word).cast(), 1) == 1;
                let done = told
                    && write_file(Text::path(us, b"/gid_map").string(), groups.bytes()).is_ok()
                    && write_file(Text::path(us, b"/uid_map").string(), users.bytes()).is_ok();
                libc::_exit(c_int::from(!done));
            }
            libc::close(pipe[0]);
            if pid < 0 {
                libc::close(pipe[1]);
                return Err((Door::Trial, errno()));
            }
            Ok(Self { pid, go: pipe[1] })
        }
    }

    /// Lets it write our maps. If it may not, they are as untouched as before.
    fn map_us(&self) -> bool {
        let mut status = 0;
        // SAFETY: the pointers are to locals that outlive the calls.
        unsafe {
            libc::write(self.go, [1_u8].as_ptr().cast(), 1);
            libc::waitpid(self.pid, &raw mut status, 0) == self.pid && status == 0
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // SAFETY: the descriptor is our own; without it the process ends if it has not been told to go. A child that is waited for
        // a second time is answered with an error.
        unsafe {
            libc::close(self.go);
            libc::waitpid(self.pid, std::ptr::null_mut(), 0);
        }
    }
}

fn write_file(path: &CStr, content: &[u8]) -> Result<(), c_int> {
    // SAFETY: the path is a valid string, the pointer and length describe `content`, the descriptor is our own.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return Err(errno());
        }
        let written = libc::write(fd, content.as_ptr().cast(), content.len());
        let result = if written == content.len() as isize {
            Ok(())
        } else {
            Err(errno())
        };
        libc::close(fd);
        result
    }
}

/// The number in a file, if it can be read.
pub(crate) fn read_number(path: &CStr) -> Option<u32> {
    let mut buffer = [0_u8; 32];
    let length = read_file(path, &mut buffer);
    (length > 0).then(|| number(&buffer[..length]).0)
}

/// Whether the user namespace has ids that are not its own, which only the machine's first has not.
pub(crate) fn is_nested() -> Option<bool> {
    let mut buffer = [0_u8; 128];
    let length = read_file(c"/proc/self/uid_map", &mut buffer);
    let (inside, rest) = number(&buffer[..length]);
    let (outside, rest) = number(rest);
    // A namespace whose maps nobody has written has an empty file.
    let proc = length > 0 || read_number(c"/proc/self/loginuid").is_some();
    proc.then(|| (inside, outside, number(rest).0) != (0, 0, u32::MAX))
}

/// Reads the beginning of a file; nothing if it cannot be read.
fn read_file(path: &CStr, buffer: &mut [u8]) -> usize {
    // SAFETY: the path is a valid string, the pointer and length describe `buffer`, the descriptor is our own.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        let length = libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len());
        libc::close(fd);
        usize::try_from(length).unwrap_or(0)
    }
}

fn errno() -> c_int {
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() }
}

/// A short text that is put together without allocating. What does not fit is cut off, and the kernel refuses it.
struct Text {
    bytes: [u8; 1024],
    length: usize,
}

impl Text {
    const EMPTY: Self = Self {
        bytes: [0; 1024],
        length: 0,
    };

    /// The map in which one id stands for itself: `ID ID 1`.
    fn own(id: u32) -> Self {
        let mut text = Self::EMPTY;
        text.push_extent(id, 1);
        text
    }

    /// The map in which every id that exists here stands for itself.
    fn identity_of(map: &CStr) -> Self {
        let mut text = Self::EMPTY;
        let mut buffer = [0_u8; 1024];
        let length = read_file(map, &mut buffer);
        for line in buffer[..length]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let (inside, rest) = number(line);
            let (_outside, rest) = number(rest);
            let (count, _) = number(rest);
            text.push_extent(inside, count);
        }
        text
    }

    /// A file of another process: `/proc/PID/uid_map`.
    fn path(pid: c_int, file: &[u8]) -> Self {
        let mut text = Self::EMPTY;
        text.push(b"/proc/");
        text.push_number(pid as u32);
        text.push(file);
        text.push(b"\0");
        text
    }

    fn push_extent(&mut self, id: u32, count: u32) {
        if self.length > 0 {
            self.push(b"\n");
        }
        self.push_number(id);
        self.push(b" ");
        self.push_number(id);
        self.push(b" ");
        self.push_number(count);
    }

    fn push_number(&mut self, number: u32) {
        let mut digits = [0; 10];
        let mut first = digits.len();
        let mut rest = number;
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.push(&digits[first..]);
    }

    fn push(&mut self, more: &[u8]) {
        let more = &more[..more.len().min(self.bytes.len() - self.length)];
        self.bytes[self.length..self.length + more.len()].copy_from_slice(more);
        self.length += more.len();
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn string(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

/// The number that a text starts with after blanks, and what follows it.
pub(crate) fn number(text: &[u8]) -> (u32, &[u8]) {
    let text = text.trim_ascii_start();
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let number = digits.iter().fold(0_u32, |number, byte| {
        number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0'))
    });
    (number, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_and_paths_are_spelled_without_allocating() {
        assert_eq!(Text::own(0).bytes(), b"0 0 1");
        assert_eq!(Text::own(u32::MAX).bytes(), b"4294967295 4294967295 1");
        assert_eq!(Text::path(42, b"/uid_map").string(), c"/proc/42/uid_map");
    }

    #[test]
    fn numbers_are_read_one_after_the_other() {
        let (inside, rest) = number(b"         0     100000      65536");
        let (outside, rest) = number(rest);
        assert_eq!((inside, outside, number(rest).0), (0, 100_000, 65536));
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let mut text = Text::EMPTY;
        for _ in 0..2000 {
            text.push(b"x");
        }
        assert_eq!(text.bytes().len(), 1024);
    }
}
