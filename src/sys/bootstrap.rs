//! What happens before `main`, and the way into a network of one's own.
//!
//! A process enters a user namespace only while it has one thread, so that a test's process does it here, before the test harness
//! starts any. This code runs in every program that links the crate. It does nothing at all unless the process was started for
//! one test, or the environment asks for tests in threads; it makes system calls only: no allocation, no printing, no abort. What
//! fails is written down and explained when a network is asked for.
//!
//! See [user_namespaces(7)](https://man7.org/linux/man-pages/man7/user_namespaces.7.html).
#![allow(unsafe_code, reason = "system calls before main")]

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use crate::sys::capabilities;
use crate::sys::plain;
use crate::sys::quota;
use crate::sys::userns::{self, Door};

/// Set for the process of one test: to the id of the process that waits for it, and for how many milliseconds that one lets it wait
/// for room for a user namespace.
pub(crate) const MARK: &CStr = c"__NETNS_TEST_PARENT";
const ISOLATION: &CStr = c"NETNS_TEST_ISOLATION";

/// How this process came by the right to make networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// It has not tried.
    No,
    /// It had the capabilities to begin with.
    Privileged,
    /// It is in a user namespace of its own.
    UserNamespace,
    /// It was refused.
    Refused { at: Door, errno: i32 },
}

/// The state of the process, in one word: 0 untried, 1 privileged, 2 in a user namespace, else door and errno.
static STATE: AtomicI32 = AtomicI32::new(0);
const PRIVILEGED: i32 = 1;
const USER_NAMESPACE: i32 = 2;
const REFUSED: i32 = 1 << 24;

/// Descriptors that the parent passed, out of the way of the test: control and standard output. 0 is none. Standard error stays.
static CONTROL: AtomicI32 = AtomicI32::new(0);
static OUTPUT: AtomicI32 = AtomicI32::new(0);

ctor::declarative::ctor! {
    #[ctor(unsafe, anonymous, priority = early)]
    fn before_main() {
        // SAFETY: the process has one thread, so that nobody else uses the environment.
        let (mark, isolation) = unsafe { (libc::getenv(MARK.as_ptr()), libc::getenv(ISOLATION.as_ptr())) };
        if !mark.is_null() {
            // SAFETY: the environment's values are valid strings, and nobody else changes it.
            let mark = unsafe { CStr::from_ptr(mark) };
            let (parent, patience) = plain::number(mark.to_bytes());
            let patience = plain::number(patience).0;
            // SAFETY: as above. What the test starts is not the process of a test itself.
            unsafe { libc::unsetenv(MARK.as_ptr()) };
            begin_child(parent as i32, patience);
        } else if !isolation.is_null() {
            // SAFETY: the environment's values are valid strings.
            if unsafe { CStr::from_ptr(isolation) } == c"thread" {
                // Whoever lists tests in this mode does not wait.
                enter(0);
            }
        }
    }
}

/// What became of entering.
pub(crate) fn entered() -> Entered {
    match STATE.load(Ordering::Acquire) {
        0 => Entered::No,
        PRIVILEGED => Entered::Privileged,
        USER_NAMESPACE => Entered::UserNamespace,
        refused => Entered::Refused {
            at: Door::numbered((refused >> 16) & 0xff).unwrap_or(Door::UserNamespace),
            errno: refused & 0xffff,
        },
    }
}

/// Enters unless that was tried before: for programs whose `main` has made no threads. Room is waited for as long as `patience` says.
pub(crate) fn ensure_entered(threads: usize, patience: Duration) -> Entered {
    if entered() == Entered::No {
        if threads > 1 && !capabilities::suffice() {
            return Entered::Refused {
                at: Door::Threads,
                errno: libc::EINVAL,
            };
        }
        enter(patience.as_millis().try_into().unwrap_or(u32::MAX));
    }
    entered()
}

/// The socket to the parent, if this process was started for one test. It is given out once.
pub(crate) fn take_control() -> Option<i32> {
    Some(CONTROL.swap(0, Ordering::AcqRel)).filter(|fd| *fd > 0)
}

/// Whether this process was started for one test.
pub(crate) fn is_child() -> bool {
    output().is_some()
}

/// Where this process's standard output is to go while its test runs.
pub(crate) fn output() -> Option<i32> {
    Some(OUTPUT.load(Ordering::Acquire)).filter(|fd| *fd > 0)
}

/// Puts the parent's descriptors aside, enters, and ties this process's life to the parent's.
fn begin_child(parent: i32, patience: u32) {
    CONTROL.store(aside(0), Ordering::Release);
    OUTPUT.store(aside(1), Ordering::Release);
    // SAFETY: the path is a valid string; the descriptors are this process's own. Until the body starts, standard output is the
    // harness's, whose messages nobody wants twice.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        if null >= 0 {
            libc::dup2(null, 0);
            libc::dup2(null, 1);
        }
        if null > 2 {
            libc::close(null);
        }
    }
    die_with(parent);
    enter(patience);
    // SAFETY: a plain system call.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) };
    // Entering clears both.
    die_with(parent);
}

/// The kernel kills this process when the thread that started it ends, and that one waits for it.
fn die_with(parent: i32) {
    // SAFETY: plain system calls.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        // The parent may have died before; whoever adopted us has another id.
        if libc::getppid() != parent {
            libc::_exit(1);
        }
    }
}

/// A copy of a descriptor above the standard ones, closed on exec.
fn aside(fd: c_int) -> i32 {
    // SAFETY: duplicates a descriptor number; a bad one is answered with -1.
    unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) }
}

fn enter(patience: u32) {
    let state = if capabilities::suffice() {
        PRIVILEGED
    } else {
        quota::note();
        match userns::enter(patience) {
            Ok(()) => USER_NAMESPACE,
            Err((door, errno)) => REFUSED | (door as i32) << 16 | (errno & 0xffff),
        }
    };
    STATE.store(state, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_survive_being_packed() {
        for known in Door::ALL {
            assert_eq!(Door::numbered(known as i32), Some(known));
        }
    }
}
