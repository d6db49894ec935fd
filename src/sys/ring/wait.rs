//! Waiting for many ports, to the nanosecond, and being woken meanwhile.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

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

/// What one wait is for. Kept, so that waiting allocates nothing.
#[derive(Default)]
pub(crate) struct Waiting(Vec<libc::pollfd>);

impl Waiting {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Waits until `source` can be read, or written to, as well. It must stay open until the wait is over.
    pub(crate) fn add(&mut self, source: &impl AsFd, write: bool) {
        self.0.push(libc::pollfd {
            fd: source.as_fd().as_raw_fd(),
            events: if write { libc::POLLOUT } else { libc::POLLIN },
            revents: 0,
        });
    }

    /// Waits until something has happened or the time is over; for ever without a time.
    ///
    /// See [ppoll(2)](https://man7.org/linux/man-pages/man2/poll.2.html).
    pub(crate) fn wait(&mut self, time: Option<Duration>) -> io::Result<()> {
        let time = time.map(|time| libc::timespec {
            tv_sec: time.as_secs() as _,
            tv_nsec: time.subsec_nanos() as _,
        });
        let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
        let count = self.0.len() as libc::nfds_t;
        // SAFETY: the pointers are to so many entries and to a time or nothing, and all outlive the call.
        let result = unsafe { libc::ppoll(self.0.as_mut_ptr(), count, time, ptr::null()) };
        if result >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::Interrupted {
            // The caller looks at everything again in any case.
            self.0.iter_mut().for_each(|entry| entry.revents = 0);
            return Ok(());
        }
        Err(error)
    }

    /// Whether a source has failed.
    pub(crate) fn any_failed(&self) -> bool {
        let failed = libc::POLLERR | libc::POLLHUP | libc::POLLNVAL;
        self.0.iter().any(|entry| entry.revents & failed != 0)
    }
}

/// Wakes the calling thread as soon as its time is over, and not a little later together with others.
///
/// See `PR_SET_TIMERSLACK` in [prctl(2)](https://man7.org/linux/man-pages/man2/prctl.2.html).
pub(crate) fn wake_punctually() {
    // SAFETY: the request takes a number. It concerns the calling thread only, and what it refuses costs microseconds.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64) };
}
