//! What happens before `main`, and the way into a network of one's own.
//!
//! A process enters a user namespace only while it has one thread, so that a test's process does it here, before the test harness
//! starts any. This code runs in every program that links the crate. It does nothing at all unless the process was started for
//! one test, or the environment asks for tests in threads; it makes system calls only: no allocation, no printing, no abort. What
//! fails is written down and explained when a network is asked for.
//!
//! See [user_namespaces(7)](https://man7.org/linux/man-pages/man7/user_namespaces.7.html) and
//! [capabilities(7)](https://man7.org/linux/man-pages/man7/capabilities.7.html).
#![allow(unsafe_code, reason = "system calls before main")]

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

/// Set for the process of one test, to the id of the process that waits for it.
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

/// The steps on the way into a user namespace.
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

/// The state of the process, in one word: 0 untried, 1 privileged, 2 in a user namespace, else door and errno.
static STATE: AtomicI32 = AtomicI32::new(0);
const PRIVILEGED: i32 = 1;
const USER_NAMESPACE: i32 = 2;
const REFUSED: i32 = 1 << 24;

/// Descriptors that the parent passed, out of the way of the test: control, standard output, standard error. 0 is none.
static CONTROL: AtomicI32 = AtomicI32::new(0);
static RELAY: [AtomicI32; 2] = [AtomicI32::new(0), AtomicI32::new(0)];

ctor::declarative::ctor! {
    #[ctor(unsafe, anonymous, priority = early)]
    fn before_main() {
        // SAFETY: the process has one thread, so that nobody else uses the environment.
        let (mark, isolation) = unsafe { (libc::getenv(MARK.as_ptr()), libc::getenv(ISOLATION.as_ptr())) };
        if !mark.is_null() {
            // SAFETY: the environment's values are valid strings, and nobody else changes it.
            let parent = unsafe { CStr::from_ptr(mark) };
            let parent = number(parent.to_bytes());
            // SAFETY: as above. What the test starts is not the process of a test itself.
            unsafe { libc::unsetenv(MARK.as_ptr()) };
            begin_child(parent);
        } else if !isolation.is_null() {
            // SAFETY: the environment's values are valid strings.
            if unsafe { CStr::from_ptr(isolation) } == c"thread" {
                enter();
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
            at: Door::from_code((refused >> 16) & 0xff),
            errno: refused & 0xffff,
        },
    }
}

/// Enters unless that was tried before: for programs whose `main` has made no threads.
pub(crate) fn ensure_entered(threads: usize) -> Entered {
    if entered() == Entered::No {
        if threads > 1 && !is_privileged() {
            return Entered::Refused {
                at: Door::Threads,
                errno: libc::EINVAL,
            };
        }
        enter();
    }
    entered()
}

/// The socket to the parent, if this process was started for one test. It is given out once.
pub(crate) fn take_control() -> Option<i32> {
    Some(CONTROL.swap(0, Ordering::AcqRel)).filter(|fd| *fd > 0)
}

/// Whether this process was started for one test.
pub(crate) fn is_child() -> bool {
    relay().is_some()
}

/// Where this process's standard output and error are to go while its test runs.
pub(crate) fn relay() -> Option<[i32; 2]> {
    let relay = [
        RELAY[0].load(Ordering::Acquire),
        RELAY[1].load(Ordering::Acquire),
    ];
    (relay[0] > 0).then_some(relay)
}

impl Door {
    fn from_code(code: i32) -> Self {
        const DOORS: [Door; 8] = [
            Door::Threads,
            Door::Trial,
            Door::TrialKilled,
            Door::UserNamespace,
            Door::Setgroups,
            Door::GidMap,
            Door::UidMap,
            Door::Capabilities,
        ];
        DOORS
            .into_iter()
            .find(|door| *door as i32 == code)
            .unwrap_or(Door::UserNamespace)
    }
}

/// Puts the parent's descriptors aside, enters, and ties this process's life to the parent's.
fn begin_child(parent: i32) {
    CONTROL.store(aside(0), Ordering::Release);
    RELAY[0].store(aside(1), Ordering::Release);
    RELAY[1].store(aside(2), Ordering::Release);
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
    enter();
    // After entering, which clears both. The signal is sent when the thread that started us ends, and that one waits for us.
    // SAFETY: plain system calls.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0);
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

fn enter() {
    let state = if is_privileged() {
        PRIVILEGED
    } else {
        match trial()
            .and_then(|()| enter_user_namespace())
            .and_then(|()| keep_capabilities())
        {
            Ok(()) => USER_NAMESPACE,
            Err((door, errno)) => REFUSED | (door as i32) << 16 | (errno & 0xffff),
        }
    };
    STATE.store(state, Ordering::Release);
}

type Refused = (Door, c_int);

fn errno(door: Door) -> Refused {
    // SAFETY: errno is this thread's own.
    (door, unsafe { *libc::__errno_location() })
}

/// Tries the way in with a child that shares our memory and is gone before we go on.
///
/// Some machines allow `unshare` and refuse the maps. A process that has gone so far is nobody for ever.
fn trial() -> Result<(), Refused> {
    const STACK: usize = 32 * 1024;
    extern "C" fn child(result: *mut c_void) -> c_int {
        let result = result.cast::<Result<(), Refused>>();
        // SAFETY: `result` points into the stack of the parent, which waits until we have ended.
        unsafe { *result = enter_user_namespace() };
        0
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
            return Err(errno(Door::Trial));
        }
        let mut status = 0;
        libc::waitpid(pid, &raw mut status, 0);
        if libc::WIFSIGNALED(status) {
            return Err((Door::TrialKilled, libc::WTERMSIG(status)));
        }
        std::ptr::read_volatile(&raw const result)
    }
}

/// A user namespace in which the user's own ids stand for themselves.
fn enter_user_namespace() -> Result<(), Refused> {
    // SAFETY: plain system calls.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    // SAFETY: a plain system call; the kernel refuses it in a process with several threads.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
        return Err(errno(Door::UserNamespace));
    }
    let mut buffer = [0; 32];
    write_file(c"/proc/self/setgroups", b"deny", Door::Setgroups)?;
    write_file(
        c"/proc/self/gid_map",
        identity_map(gid, &mut buffer),
        Door::GidMap,
    )?;
    write_file(
        c"/proc/self/uid_map",
        identity_map(uid, &mut buffer),
        Door::UidMap,
    )
}

fn write_file(path: &CStr, content: &[u8], door: Door) -> Result<(), Refused> {
    // SAFETY: the path is a valid string, the pointer and length describe `content`, the descriptor is our own.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return Err(errno(door));
        }
        let written = libc::write(fd, content.as_ptr().cast(), content.len());
        let result = if written == content.len() as isize {
            Ok(())
        } else {
            Err(errno(door))
        };
        libc::close(fd);
        result
    }
}

/// `ID ID 1`, without allocating.
fn identity_map(id: u32, buffer: &mut [u8; 32]) -> &[u8] {
    let mut digits = [0; 10];
    let mut first = digits.len();
    let mut rest = id;
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut length = 0;
    for part in [&digits[first..], b" ", &digits[first..], b" 1"] {
        buffer[length..length + part.len()].copy_from_slice(part);
        length += part.len();
    }
    &buffer[..length]
}

/// The number that a text starts with.
fn number(text: &[u8]) -> i32 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, byte| number * 10 + i32::from(byte - b'0'))
}

const CAP_DAC_OVERRIDE: u32 = 1;
const CAP_DAC_READ_SEARCH: u32 = 2;
const CAP_NET_BIND_SERVICE: u32 = 10;
const CAP_NET_ADMIN: u32 = 12;
const CAP_NET_RAW: u32 = 13;
const CAP_SYS_CHROOT: u32 = 18;
const CAP_SYS_ADMIN: u32 = 21;

/// What building networks takes, and what programs that tests start need to work in them.
const INHERITED: [u32; 5] = [
    CAP_NET_BIND_SERVICE,
    CAP_NET_ADMIN,
    CAP_NET_RAW,
    CAP_SYS_CHROOT,
    CAP_SYS_ADMIN,
];

#[repr(C)]
struct CapHeader {
    version: u32,
    pid: c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`, whose sets have two words.
fn cap_header() -> CapHeader {
    CapHeader {
        version: 0x2008_0522,
        pid: 0,
    }
}

fn capabilities() -> Option<[CapData; 2]> {
    let header = cap_header();
    let mut data = [CapData::default(); 2];
    // SAFETY: header and data have the layout of version 3 and outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capget, &raw const header, data.as_mut_ptr()) };
    (result == 0).then_some(data)
}

/// Whether networks can be made without a user namespace.
fn is_privileged() -> bool {
    let needed = [CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW];
    capabilities().is_some_and(|[low, _]| needed.iter().all(|cap| low.effective & 1 << cap != 0))
}

/// Lets programs that are started inherit what they need, and gives up the right to read every file of the user's own.
///
/// The capabilities of a new user namespace are lost when a user other than root executes a program, unless they are ambient.
fn keep_capabilities() -> Result<(), Refused> {
    let Some(mut data) = capabilities() else {
        return Err(errno(Door::Capabilities));
    };
    // SAFETY: a plain system call.
    if unsafe { libc::geteuid() } != 0 {
        let dropped = !(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH);
        data[0].effective &= dropped;
        data[0].permitted &= dropped;
    }
    for cap in INHERITED {
        data[0].inheritable |= data[0].permitted & 1 << cap;
    }
    let header = cap_header();
    // SAFETY: header and data have the layout of version 3 and outlive the call.
    if unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) } != 0 {
        return Err(errno(Door::Capabilities));
    }
    for cap in INHERITED {
        let cap = libc::c_ulong::from(cap);
        // SAFETY: a plain system call. A kernel that refuses leaves the program without it, which is no reason to stop.
        unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, cap, 0, 0) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_map_is_spelled_without_allocating() {
        let mut buffer = [0; 32];
        assert_eq!(identity_map(0, &mut buffer), b"0 0 1");
        assert_eq!(
            identity_map(u32::MAX, &mut buffer),
            b"4294967295 4294967295 1"
        );
        assert_eq!(number(b"1234:x"), 1234);
    }

    #[test]
    fn doors_survive_being_packed() {
        for door in [
            Door::Threads,
            Door::UserNamespace,
            Door::Setgroups,
            Door::GidMap,
            Door::UidMap,
        ] {
            assert_eq!(Door::from_code(door as i32), door);
        }
    }
}
