//! Waiting for many descriptors at once, and being woken while waiting.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, poll};

use super::process::timeout;

/// What one wait is for.
#[derive(Default)]
pub(crate) struct Watch<'a>(Vec<PollFd<'a>>);

impl<'a> Watch<'a> {
    /// Also waits until `source` can be read or written without blocking, or has been closed at the other end.
    pub(crate) fn add(&mut self, source: &'a impl AsFd, read: bool, write: bool) {
        let mut events = PollFlags::empty();
        events.set(PollFlags::POLLIN, read);
        events.set(PollFlags::POLLOUT, write);
        self.0.push(PollFd::new(source.as_fd(), events));
    }

    /// Waits until something has happened or the deadline is reached; tells what, in the order of [`add`](Self::add).
    ///
    /// See [poll(2)](https://man7.org/linux/man-pages/man2/poll.2.html).
    pub(crate) fn wait(mut self, deadline: Option<Instant>) -> io::Result<Vec<bool>> {
        loop {
            match poll(&mut self.0, timeout(deadline)) {
                Ok(_) => break,
                Err(nix::Error::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let happened = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        Ok(self.0.iter().map(happened).collect())
    }
}

/// Wakes whoever watches the [`Alarm`], when it is rung or dropped.
#[derive(Debug)]
pub(crate) struct Bell(UnixStream);

/// Can be read from the moment on in which the bell was rung.
#[derive(Debug)]
pub(crate) struct Alarm(UnixStream);

/// A bell, and the alarm that it rings.
pub(crate) fn alarm() -> io::Result<(Bell, Alarm)> {
    let (bell, alarm) = UnixStream::pair()?;
    Ok((Bell(bell), Alarm(alarm)))
}

impl Bell {
    pub(crate) fn ring(&self) -> io::Result<()> {
        (&self.0).write_all(&[0])
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
