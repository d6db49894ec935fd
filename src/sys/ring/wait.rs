//! Waiting for many ports, to the nanosecond, and being woken meanwhile.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::socket::told;

/// Wakes whoever waits for it. Each clone rings the same bell.
///
/// See [eventfd(2)](https://man7.org/linux/man-pages/man2/eventfd.2.html).
#[derive(Clone, Debug)]
pub(crate) struct Bell(Arc<OwnedFd>);

/// A bell that has not been rung.
pub(crate) fn bell() -> io::Result<Bell> {
    // SAFETY: the call takes no pointers.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(Bell(Arc::new(unsafe { OwnedFd::from_raw_fd(fd) })))
}

impl Bell {
    pub(crate) fn ring(&self) {
        let one = 1_u64.to_ne_bytes();
        // A bell that has been rung more often than it can count has been rung.
        // SAFETY: the pointer and the length describe `one`, which outlives the call.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it as if it had not been rung.
    pub(crate) fn quiet(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: the pointer and the length describe `count`, which outlives the call.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// What ends a wait. It is the kernel's list, as long as need be: [poll(2)](https://man7.org/linux/man-pages/man2/poll.2.html) takes no
/// more descriptors than a process may open, and each time all of them.
///
/// See [epoll(7)](https://man7.org/linux/man-pages/man7/epoll.7.html).
pub(crate) struct Waiting(OwnedFd);

impl Waiting {
    /// A list with a bell.
    pub(crate) fn new(bell: &Bell) -> io::Result<Self> {
        // SAFETY: the call takes no pointers.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
        let list = Self(unsafe { OwnedFd::from_raw_fd(fd) });
        list.add(bell, false)?;
        Ok(list)
    }

    /// Waits from now on until `source` can be read, or written to, as well. It is removed before it is closed.
    pub(crate) fn add(&self, source: &impl AsFd, write: bool) -> io::Result<()> {
        let events = if write { libc::EPOLLOUT } else { libc::EPOLLIN };
        let added = self.change(libc::EPOLL_CTL_ADD, source, events);
        added.or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        })
    }

    /// Waits for `source` no more.
    pub(crate) fn remove(&self, source: &impl AsFd) {
        // What is not there is not waited for either.
        drop(self.change(libc::EPOLL_CTL_DEL, source, 0));
    }

    /// Waits until something has happened or the time is over; for ever without a time. Tells whether a source has failed.
    pub(crate) fn wait(&self, time: Option<Duration>) -> bool {
        if let Some(time) = time {
            self.wait_until_over(time);
        }
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
        let most = events.len() as libc::c_int;
        let time = if time.is_some() { 0 } else { -1 };
        // SAFETY: the pointer is to so many events, which outlive the call.
        let count =
            unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), most, time) };
        // A signal ends a wait as well: the caller looks at everything again in any case.
        let happened = &events[..usize::try_from(count).unwrap_or(0)];
        let failed = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
        happened.iter().any(|event| event.events & failed != 0)
    }

    /// Until something has happened, or to the nanosecond: `epoll_wait` counts milliseconds, and `epoll_pwait2` came with Linux 5.11.
    ///
    /// See [ppoll(2)](https://man7.org/linux/man-pages/man2/poll.2.html).
    fn wait_until_over(&self, time: Duration) {
        let time = libc::timespec {
            tv_sec: time.as_secs() as _,
            tv_nsec: time.subsec_nanos() as _,
        };
        let mut list = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: the pointers are to one entry and to a time, and both outlive the call.
        unsafe { libc::ppoll(&raw mut list, 1, &raw const time, ptr::null()) };
    }

    fn change(&self, how: libc::c_int, source: &impl AsFd, events: libc::c_int) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: events as u32,
            u64: 0,
        };
        let [list, source] = [self.0.as_fd(), source.as_fd()].map(|fd| fd.as_raw_fd());
        // SAFETY: the pointer is to an event, which outlives the call.
        let result = unsafe { libc::epoll_ctl(list, how, source, &raw mut event) };
        told(result)
    }
}

/// Wakes the calling thread as soon as its time is over, and not a little later together with others.
///
/// See `PR_SET_TIMERSLACK` in [prctl(2)](https://man7.org/linux/man-pages/man2/prctl.2.html).
pub(crate) fn wake_punctually() {
    // SAFETY: the request takes a number. It concerns the calling thread only, and what it refuses costs microseconds.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64) };
}
