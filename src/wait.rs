//! The one place that blocks until something happens that nobody announces.

use std::panic::Location;
use std::thread;
use std::time::Duration;

use crate::attempt::{Attempt, Attempts, Pauses};
use crate::error::Result;
use crate::settings;

/// Tries at once, then with growing pauses, until `condition` holds or the limit is reached. Tells whether it held.
pub(crate) fn until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let mut pauses = Pauses::new(limit);
    loop {
        if condition() {
            return true;
        }
        match pauses.next() {
            Some(pause) => thread::sleep(pause),
            None => return false,
        }
    }
}

/// Tries at once, then again and again with growing pauses, until an attempt succeeds; returns what that one gave.
///
/// An attempt returns `bool`, `Option<T>` or `Result<T, E>`; any `Ok` is a success, `Ok(false)` and `Ok(None)` too. The pauses grow
/// from 50 microseconds to 20 milliseconds. `within` is multiplied by `NETNS_TEST_TIME_SCALE`; an attempt that is under way at the limit is waited for, and the last one is made at the
/// limit. In an async body it stalls the tasks of the same thread: that is what `eventually_async` is for.
///
/// # Errors
///
/// No attempt succeeded in time ([`is_timed_out`](crate::Error::is_timed_out)). The text has the caller's line, the number of attempts,
/// the time that they took, and what the last one returned.
///
/// # Examples
///
/// ```
/// use std::net::TcpStream;
/// use std::time::Duration;
/// use netns_test::eventually;
///
/// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
/// let server = net.host("server");
/// let listener = server.run(|| std::net::TcpListener::bind("0.0.0.0:80")).unwrap();
/// let connect = || net.host("client").run(|| TcpStream::connect(server.socket_addr(80)));
/// let stream = eventually(Duration::from_secs(2), connect).unwrap();
/// # drop((listener, stream));
///
/// let error = eventually(Duration::from_millis(1), || server.run(|| TcpStream::connect("127.0.0.1:81"))).unwrap_err();
/// assert!(error.is_timed_out());
/// assert!(error.to_string().contains("last: Connection refused"));
/// # }).unwrap();
/// ```
#[track_caller]
pub fn eventually<A: Attempt>(
    within: Duration,
    mut attempt: impl FnMut() -> A,
) -> Result<A::Value> {
    let mut attempts = Attempts::new(settings::scaled(within), Location::caller());
    loop {
        match attempt().judge() {
            Ok(value) => return Ok(value),
            Err(last) => match attempts.failed(last) {
                Some(pause) => thread::sleep(pause),
                None => return Err(attempts.into_error()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_holds_is_not_waited_for() {
        let mut tries = 0;
        assert!(until(Duration::ZERO, || {
            tries += 1;
            true
        }));
        assert_eq!(tries, 1);
    }

    #[test]
    fn a_condition_that_never_holds_ends_at_the_limit() {
        assert!(!until(Duration::from_millis(1), || false));
    }
}
