//! How many tests this process has under way: one for which there is no room waits until another has ended.
//!
//! Each test that runs costs this process three descriptors, a few more while it starts, and a process. A machine with many cores and a
//! low limit of open files has fewer of them than threads that run tests.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::errno::{EAGAIN, EMFILE, ENFILE, ENOMEM};

#[derive(Debug)]
pub(super) struct Crowd {
    state: Mutex<State>,
    changed: Condvar,
    /// Held by the one of those who wait that tries next: if all tried at once, each would get a part of what it takes.
    next: Mutex<()>,
}

#[derive(Debug)]
struct State {
    /// Tests that run or are being started.
    under_way: usize,
    /// How many have come and gone.
    came: u64,
    went: u64,
}

/// A test's place among those under way.
#[derive(Debug)]
#[must_use = "the place is given up when this is dropped"]
pub(super) struct Place<'c>(&'c Crowd);

/// Why none was started.
#[derive(Debug)]
enum Refused {
    /// Others are under way. So many have gone that another one has to before there can be more room.
    Full {
        went: u64,
    },
    Error(io::Error),
}

impl Crowd {
    pub(super) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                under_way: 0,
                came: 0,
                went: 0,
            }),
            changed: Condvar::new(),
            next: Mutex::new(()),
        }
    }

    /// Starts a test, again after each end of another one until there is room for it. Where it is alone, there is none to wait for.
    pub(super) fn start<T>(
        &self,
        mut start: impl FnMut() -> io::Result<T>,
    ) -> io::Result<(T, Place<'_>)> {
        let mut went = match self.attempt(&mut start) {
            Ok(started) => return Ok(started),
            Err(Refused::Error(cause)) => return Err(cause),
            Err(Refused::Full { went }) => went,
        };
        let _next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let unchanged = |state: &mut State| state.under_way > 0 && state.went == went;
            drop(self.changed.wait_while(self.state(), unchanged));
            match self.attempt(&mut start) {
                Ok(started) => return Ok(started),
                Err(Refused::Error(cause)) => return Err(cause),
                Err(Refused::Full { went: now }) => went = now,
            }
        }
    }

    fn attempt<T>(
        &self,
        start: &mut impl FnMut() -> io::Result<T>,
    ) -> Result<(T, Place<'_>), Refused> {
        let (others, came, went) = {
            let mut state = self.state();
            state.under_way += 1;
            state.came += 1;
            (state.under_way - 1, state.came, state.went)
        };
        let place = Place(self);
        let cause = match start() {
            Ok(started) => return Ok((started, place)),
            Err(cause) => cause,
        };
        drop(place);
        let was_alone = others == 0 && self.state().came == came;
        if is_lack_of_room(&cause) && !was_alone {
            // With this one. Whoever went while it was tried may have left the room that it takes.
            Err(Refused::Full { went: went + 1 })
        } else {
            Err(Refused::Error(cause))
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way -= 1;
        state.went += 1;
        self.0.changed.notify_all();
    }
}

/// Descriptors, processes or memory, of which a test that ends gives some back.
fn is_lack_of_room(cause: &io::Error) -> bool {
    matches!(
        cause.raw_os_error(),
        Some(EMFILE | ENFILE | EAGAIN | ENOMEM)
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    fn full() -> io::Error {
        io::Error::from_raw_os_error(EMFILE)
    }

    #[test]
    fn whoever_is_alone_is_told_at_once() {
        let crowd = Crowd::new();
        let refused = crowd.start(|| Err::<(), _>(full()));
        assert_eq!(refused.unwrap_err().raw_os_error(), Some(EMFILE));
    }

    #[test]
    fn what_is_no_lack_of_room_is_told_at_once() {
        let crowd = Crowd::new();
        let (_first, _place) = crowd.start(|| Ok(())).unwrap();
        let refused = crowd.start(|| Err::<(), _>(io::ErrorKind::NotFound.into()));
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn one_that_finds_no_room_starts_when_another_has_ended() {
        let crowd = Crowd::new();
        let first = crowd.start(|| Ok(())).unwrap();
        let (tried, wait_for_try) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut tries = 0;
                let second = crowd.start(|| {
                    tries += 1;
                    tried.send(tries).unwrap();
                    if tries == 1 { Err(full()) } else { Ok(()) }
                });
                assert!(second.is_ok());
            });
            assert_eq!(wait_for_try.recv().unwrap(), 1);
            drop(first);
            assert_eq!(wait_for_try.recv().unwrap(), 2);
        });
    }

    #[test]
    fn all_of_many_start_though_there_is_room_for_one() {
        let crowd = Crowd::new();
        let room = Mutex::new(());
        let started = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| {
                    let (held, place) =
                        crowd.start(|| room.try_lock().map_err(|_| full())).unwrap();
                    *started.lock().unwrap() += 1;
                    thread::yield_now();
                    drop(held);
                    drop(place);
                });
            }
        });
        assert_eq!(started.into_inner().unwrap(), 32);
    }
}
