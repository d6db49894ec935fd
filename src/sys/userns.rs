//! The way into a user namespace, in which this process may make networks.
//!
//! Some machines let a process make one and then refuse what belongs to it, and a process that has gone so far is nobody for ever. So
//! a child goes first. Where it has arrived, this process joins it; where it has not, nothing has happened to this process.
//!
//! System calls only, without allocating: this runs before `main`. See
//! [user_namespaces(7)](https://man7.org/linux/man-pages/man7/user_namespaces.7.html).
#![allow(unsafe_code, reason = "system calls before main")]

use std::ffi::c_int;
use std::mem;

use crate::sys::capabilities;
use crate::sys::plain::{Text, errno, number, read_file, read_number, write_file};

/// The steps on the way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Door {
    Threads = 1,
    /// The child; errno 0 is one that ended without a word.
    Trial,
    /// The child was killed; the number is the signal's.
    TrialKilled,
    UserNamespace,
    Setgroups,
    GidMap,
    UidMap,
    /// Following the child.
    Joining,
    Capabilities,
}

impl Door {
    pub(crate) const ALL: [Self; 9] = [
        Self::Threads,
        Self::Trial,
        Self::TrialKilled,
        Self::UserNamespace,
        Self::Setgroups,
        Self::GidMap,
        Self::UidMap,
        Self::Joining,
        Self::Capabilities,
    ];

    /// The door with this number.
    pub(crate) fn numbered(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|door| *door as i32 == number)
    }
}

/// The door that stayed closed, and the errno.
pub(crate) type Refused = (Door, c_int);

/// Enters. The user's own ids stand for themselves, so that files, `$HOME` and permissions are as before.
///
/// A namespace that has ended counts until the kernel has released it: a full count is waited for as long as `patience` says, in
/// milliseconds, unless none is allowed at all.
pub(crate) fn enter(mut patience: u32) -> Result<(), Refused> {
    const LONGEST: u32 = 64;
    let mut pause = 1;
    loop {
        let entered = join();
        let is_full = entered == Err((Door::UserNamespace, libc::ENOSPC));
        if !is_full
            || patience == 0
            || read_number(c"/proc/sys/user/max_user_namespaces") == Some(0)
        {
            entered?;
            return capabilities::keep().map_err(|errno| (Door::Capabilities, errno));
        }
        pause = pause.min(patience);
        sleep(pause);
        patience -= pause;
        pause = (pause * 2).min(LONGEST);
    }
}

fn join() -> Result<(), Refused> {
    let all = capabilities::may_map_all_ids();
    let scout = Scout::send(all)?;
    if all {
        scout.hear()?;
        scout.say(scout.map_all());
    }
    let namespace = scout.hear()?;
    // SAFETY: a plain system call; a descriptor that is none is refused.
    let joined = unsafe { libc::setns(namespace, libc::CLONE_NEWUSER) };
    let joined = if joined == 0 {
        Ok(())
    } else {
        Err((Door::Joining, errno()))
    };
    // SAFETY: the descriptor was made for this process, and nobody else knows it.
    unsafe { libc::close(namespace) };
    joined
}

/// The child that goes first.
struct Scout {
    pid: c_int,
    socket: c_int,
}

impl Scout {
    /// Sends it. It asks to have `all` ids mapped, or maps its own: only from outside do the capabilities count that it takes to map others.
    fn send(all: bool) -> Result<Self, Refused> {
        let mut sockets = [0; 2];
        let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
        // SAFETY: the array has room for both descriptors; the rest are plain system calls. The child makes system calls only, on a
        // copy of our memory.
        unsafe {
            if libc::socketpair(libc::AF_UNIX, kind, 0, sockets.as_mut_ptr()) != 0 {
                return Err((Door::Trial, errno()));
            }
            let [ours, its] = sockets;
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as c_int;
            if pid == 0 {
                libc::close(ours);
                let arrived = go_first(its, all);
                tell(
                    its,
                    arrived.map_or_else(|refused| (Err(refused), -1), |fd| (Ok(()), fd)),
                );
                libc::_exit(0);
            }
            let failed = errno();
            libc::close(its);
            if pid < 0 {
                libc::close(ours);
                return Err((Door::Trial, failed));
            }
            Ok(Self { pid, socket: ours })
        }
    }

    /// What it tells next: how far it came, and the descriptor that came with it.
    fn hear(&self) -> Result<c_int, Refused> {
        let mut words = [0_i32; 2];
        let mut fd = Attached::none();
        let mut part = libc::iovec {
            iov_base: words.as_mut_ptr().cast(),
            iov_len: size_of_val(&words),
        };
        let mut message = fd.message(&mut part);
        let length = loop {
            // SAFETY: what the message points to are locals that outlive the call.
            let length =
                unsafe { libc::recvmsg(self.socket, &raw mut message, libc::MSG_CMSG_CLOEXEC) };
            if length >= 0 || errno() != libc::EINTR {
                break length;
            }
        };
        if length != size_of_val(&words) as isize {
            return Err(self.end());
        }
        match (Door::numbered(words[0]), words[1]) {
            (None, _) => Ok(fd.fd),
            (Some(door), errno) => Err((door, errno)),
        }
    }

    /// Why it said no more.
    fn end(&self) -> Refused {
        match self.wait() {
            status if libc::WIFSIGNALED(status) => (Door::TrialKilled, libc::WTERMSIG(status)),
            _ => (Door::Trial, 0),
        }
    }

    /// Maps every id that exists here to itself: other users' stay what they are, and `chown`, `su` and `setgroups` go on working for
    /// the root of a container. If this process may not, the maps are as untouched as before.
    fn map_all(&self) -> bool {
        [
            (c"/proc/self/gid_map", &b"/gid_map"[..]),
            (c"/proc/self/uid_map", b"/uid_map"),
        ]
        .into_iter()
        .all(|(own, its)| {
            let map = Text::identity_of(own);
            write_file(Text::path(self.pid, its).string(), map.bytes()).is_ok()
        })
    }

    fn say(&self, word: bool) {
        let word = u8::from(word);
        // SAFETY: the pointer is to a local of one byte. A child that has ended is no signal's matter.
        unsafe { libc::send(self.socket, (&raw const word).cast(), 1, libc::MSG_NOSIGNAL) };
    }

    fn wait(&self) -> c_int {
        let mut status = 0;
        // SAFETY: the pointer is to a local that outlives the call. A child that is waited for a second time is answered with an error.
        unsafe {
            while libc::waitpid(self.pid, &raw mut status, 0) < 0 && errno() == libc::EINTR {}
        }
        status
    }
}

impl Drop for Scout {
    fn drop(&mut self) {
        // SAFETY: the descriptor is our own; without it the child ends if it still waits for a word.
        unsafe { libc::close(self.socket) };
        self.wait();
    }
}

/// What the child does: makes a user namespace, has its ids mapped, and opens it.
fn go_first(socket: c_int, all: bool) -> Result<c_int, Refused> {
    // SAFETY: plain system calls.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    // SAFETY: a plain system call.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
        return Err((Door::UserNamespace, errno()));
    }
    if !(all && is_mapped(socket)) {
        write_file(c"/proc/self/setgroups", b"deny").map_err(|errno| (Door::Setgroups, errno))?;
        write_file(c"/proc/self/gid_map", Text::own(gid).bytes())
            .map_err(|errno| (Door::GidMap, errno))?;
        write_file(c"/proc/self/uid_map", Text::own(uid).bytes())
            .map_err(|errno| (Door::UidMap, errno))?;
    }
    // SAFETY: the path is a valid string. By its own name, which is right where /proc numbers processes otherwise.
    let fd = unsafe { libc::open(c"/proc/self/ns/user".as_ptr(), libc::O_RDONLY) };
    if fd < 0 {
        return Err((Door::Joining, errno()));
    }
    Ok(fd)
}

/// Says that there is a namespace, and hears whether its ids have been mapped from outside.
fn is_mapped(socket: c_int) -> bool {
    tell(socket, (Ok(()), -1));
    let mut word = 0_u8;
    // SAFETY: the pointer is to a local of one byte. If nobody is left to say a word, that is the end of this process.
    unsafe {
        if libc::recv(socket, (&raw mut word).cast(), 1, 0) != 1 {
            libc::_exit(0);
        }
    }
    word == 1
}

/// Tells the parent how far this child came, with a descriptor if it is one.
fn tell(socket: c_int, (result, fd): (Result<(), Refused>, c_int)) {
    let mut words = result.map_or_else(|(door, errno)| [door as i32, errno], |()| [0, 0]);
    let mut attached = Attached::with(fd);
    let mut part = libc::iovec {
        iov_base: words.as_mut_ptr().cast(),
        iov_len: size_of_val(&words),
    };
    let mut message = attached.message(&mut part);
    if fd < 0 {
        message.msg_control = std::ptr::null_mut();
        message.msg_controllen = 0;
    }
    // SAFETY: what the message points to are locals that outlive the call.
    unsafe { libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) };
}

/// A descriptor beside a message, in the kernel's layout.
#[repr(C)]
struct Attached {
    header: libc::cmsghdr,
    fd: c_int,
}

impl Attached {
    /// Room for one; -1 is none.
    fn none() -> Self {
        Self::with(-1)
    }

    fn with(fd: c_int) -> Self {
        // SAFETY: a header is numbers only, some of which are padding on some systems.
        let mut header: libc::cmsghdr = unsafe { mem::zeroed() };
        header.cmsg_len = (size_of::<libc::cmsghdr>() + size_of::<c_int>()) as _;
        header.cmsg_level = libc::SOL_SOCKET;
        header.cmsg_type = libc::SCM_RIGHTS;
        Self { header, fd }
    }

    /// A message of one part with this beside it; both have to outlive it.
    fn message(&mut self, part: &mut libc::iovec) -> libc::msghdr {
        // SAFETY: a message is numbers and pointers, which may be null.
        let mut message: libc::msghdr = unsafe { mem::zeroed() };
        message.msg_iov = part;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut *self).cast();
        message.msg_controllen = size_of::<Self>() as _;
        message
    }
}

fn sleep(milliseconds: u32) {
    let pause = libc::timespec {
        tv_sec: (milliseconds / 1000) as _,
        tv_nsec: (milliseconds % 1000 * 1_000_000) as _,
    };
    // SAFETY: the pointer is to a local that outlives the call. A pause that a signal cuts short is short.
    unsafe { libc::nanosleep(&raw const pause, std::ptr::null_mut()) };
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
