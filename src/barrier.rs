//! A barrier between hosts: each party waits until all have arrived.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::attempt::seconds;
use crate::error::{Error, Kind, Result};
use crate::here;
use crate::settings;

/// As long as a wait for a listener.
const LIMIT: Duration = Duration::from_secs(10);

/// Lets code in several hosts go on together: whoever waits is held until all parties wait.
///
/// A clone is the same barrier, so that it can be borrowed by [`Host::run`](crate::Host::run) or moved into threads and tasks. When all
/// have arrived, all go on, and the barrier serves for the next round. If somebody waits longer than the limit, because a
/// party has panicked, say, the round fails for everybody, and so does each later wait.
///
/// # Examples
///
/// ```
/// use netns_test::Barrier;
///
/// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
/// let (server, ready) = (net.host("server"), Barrier::new(2));
/// std::thread::scope(|scope| {
///     scope.spawn(|| server.run(|| {
///         let listener = std::net::TcpListener::bind("0.0.0.0:80").unwrap();
///         ready.wait().unwrap();
///         listener.accept().unwrap();
///     }));
///     net.host("client").run(|| {
///         ready.wait().unwrap();
///         std::net::TcpStream::connect(server.socket_addr(80)).unwrap();
///     });
/// });
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Barrier {
    shared: Arc<Shared>,
    limit: Duration,
}

struct Shared {
    parties: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// How many rounds are complete.
    round: u64,
    /// Who waits in this round, in the order of arrival.
    waiting: Vec<Party>,
    tickets: u64,
    /// Why nobody will ever pass again.
    broken: Option<String>,
    /// Whether a thread sees to the limit of this round's async parties.
    timed: bool,
    /// To be woken when the lock is free again: a waker may run anything.
    released: Vec<Waker>,
}

struct Party {
    ticket: u64,
    name: String,
    limit: Duration,
    /// `None` is too far away to be a date.
    gives_up: Option<Instant>,
    /// An async party is woken; a thread waits for `changed`.
    waker: Option<Waker>,
}

/// A place in a round.
#[derive(Clone, Copy)]
struct Place {
    round: u64,
    ticket: u64,
}

impl Barrier {
    /// A barrier for that many parties. For none, as for one, it never blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// netns_test::Barrier::new(1).wait().unwrap();
    /// ```
    pub fn new(parties: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                parties,
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
            limit: LIMIT,
        }
    }

    /// How long to wait for the others, before `NETNS_TEST_TIME_SCALE` multiplies it. The default is 10 seconds; clones made before
    /// keep theirs.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let error = netns_test::Barrier::new(2).within(Duration::from_millis(1)).wait().unwrap_err();
    /// assert!(error.is_timed_out());
    /// assert!(error.to_string().contains("1 of 2 parties arrived"));
    /// ```
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Blocks until all parties have arrived.
    ///
    /// # Errors
    ///
    /// A party waited longer than its limit, in this round or in an earlier one ([`Error::is_timed_out`]). The text says how many had
    /// arrived, and in which hosts they are.
    ///
    /// # Examples
    ///
    /// ```
    /// let barrier = netns_test::Barrier::new(2);
    /// std::thread::scope(|scope| {
    ///     let other = scope.spawn(|| barrier.wait());
    ///     barrier.wait().unwrap();
    ///     other.join().unwrap().unwrap();
    /// });
    /// ```
    pub fn wait(&self) -> Result<()> {
        let limit = settings::scaled(self.limit);
        let mut state = self.shared.lock();
        let place = self.shared.arrive(&mut state, limit);
        loop {
            if let Some(ending) = state.ending(place) {
                unlock(state);
                return ending;
            }
            match state.left(place.ticket) {
                Some(Duration::ZERO) => self.shared.give_up(&mut state),
                left => state = self.shared.sleep(state, left),
            }
        }
    }

    /// Waits until all parties have arrived, without blocking the thread. Any executor will do.
    ///
    /// Dropping the future withdraws the party.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let barrier = netns_test::Barrier::new(2);
    /// let (one, other) = tokio::join!(barrier.wait_async(), barrier.wait_async());
    /// one.and(other).unwrap();
    /// # });
    /// ```
    pub async fn wait_async(&self) -> Result<()> {
        let limit = settings::scaled(self.limit);
        Waiting {
            shared: &self.shared,
            limit,
            place: None,
        }
        .await
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that happens under the lock can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State>,
        left: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        match left {
            Some(left) => {
                let slept = self.changed.wait_timeout(state, left);
                slept.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let slept = self.changed.wait(state);
                slept.unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    /// Takes a place in the round; the last to arrive completes it.
    fn arrive(&self, state: &mut State, limit: Duration) -> Place {
        state.tickets += 1;
        let place = Place {
            round: state.round,
            ticket: state.tickets,
        };
        if state.broken.is_some() {
            return place;
        }
        state.waiting.push(Party {
            ticket: place.ticket,
            name: whoever_calls(),
            limit,
            gives_up: Instant::now().checked_add(limit),
            waker: None,
        });
        if state.waiting.len() >= self.parties {
            state.round += 1;
            self.release(state);
        }
        place
    }

    /// Nobody passes any more: those who wait are told, and those who come later.
    fn give_up(&self, state: &mut State) {
        let late = |party: &&Party| party.left() == Some(Duration::ZERO);
        let limit = state.waiting.iter().find(late).map(|party| party.limit);
        let names: Vec<&str> = state.waiting.iter().map(|it| it.name.as_str()).collect();
        state.broken = Some(format!(
            "{} of {} parties arrived within {}: {}",
            names.len(),
            self.parties,
            seconds(limit.unwrap_or_default()),
            names.join(", ")
        ));
        self.release(state);
    }

    fn release(&self, state: &mut State) {
        state.timed = false;
        let wakers = state.waiting.drain(..).filter_map(|party| party.waker);
        state.released.extend(wakers);
        self.changed.notify_all();
    }

    /// Starts the thread that ends this round at the first limit of an async party: there need not be a runtime with a clock.
    fn see_to_limits(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        if state.timed {
            // This party may give up before those that it knows.
            self.changed.notify_all();
            return Ok(());
        }
        let (shared, round) = (Arc::clone(self), state.round);
        thread::Builder::new()
            .name("barrier".to_owned())
            .spawn(move || {
                let mut state = shared.lock();
                while state.round == round && state.timed {
                    match state.first_async_limit() {
                        Some(Duration::ZERO) => shared.give_up(&mut state),
                        left => state = shared.sleep(state, left),
                    }
                }
                unlock(state);
            })?;
        state.timed = true;
        Ok(())
    }
}

/// Frees the lock, then wakes the async parties that may go on.
fn unlock(mut state: MutexGuard<'_, State>) {
    let released = std::mem::take(&mut state.released);
    drop(state);
    released.into_iter().for_each(Waker::wake);
}

impl State {
    /// How a wait has ended, if it has.
    fn ending(&self, place: Place) -> Option<Result<()>> {
        if self.round > place.round {
            return Some(Ok(()));
        }
        let cause = self.broken.as_ref()?;
        Some(Err(Error::new(
            Kind::TimedOut,
            "wait at the barrier",
            cause,
        )
        .help(
            "a party that has panicked or returned never arrives: look for the first failure",
        )))
    }

    /// The time that a party still waits; `None` means for ever.
    fn left(&self, ticket: u64) -> Option<Duration> {
        let party = self.waiting.iter().find(|party| party.ticket == ticket)?;
        party.left()
    }

    fn first_async_limit(&self) -> Option<Duration> {
        let parties = self.waiting.iter().filter(|party| party.waker.is_some());
        parties.filter_map(Party::left).min()
    }
}

impl Party {
    fn left(&self) -> Option<Duration> {
        let gives_up = self.gives_up?;
        Some(gives_up.saturating_duration_since(Instant::now()))
    }
}

/// An async party.
struct Waiting<'a> {
    shared: &'a Arc<Shared>,
    limit: Duration,
    place: Option<Place>,
}

impl Future for Waiting<'_> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let shared = self.shared;
        let mut state = shared.lock();
        let place = match self.place {
            Some(place) => place,
            None => shared.arrive(&mut state, self.limit),
        };
        if let Some(ending) = state.ending(place) {
            unlock(state);
            self.place = None;
            return Poll::Ready(ending);
        }
        let own = |party: &&mut Party| party.ticket == place.ticket;
        let party = state.waiting.iter_mut().find(own);
        // Like waking one, dropping a waker may run anything.
        let former = party.and_then(|it| it.waker.replace(context.waker().clone()));
        let timed = shared.see_to_limits(&mut state);
        unlock(state);
        drop(former);
        self.place = Some(place);
        timed.map_or_else(
            |cause| Poll::Ready(Err(Error::kernel("start the barrier's thread", cause))),
            |()| Poll::Pending,
        )
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let mut state = self.shared.lock();
        let own = |party: &Party| party.ticket == place.ticket;
        let position = state.waiting.iter().position(own);
        let withdrawn = position.map(|position| state.waiting.remove(position));
        if state.round == place.round && state.waiting.iter().all(|it| it.waker.is_none()) {
            // Nobody is left whose limit the thread would see to: it ends.
            state.timed = false;
            self.shared.changed.notify_all();
        }
        drop(state);
        drop(withdrawn);
    }
}

/// The calling thread's host, or its own name.
fn whoever_calls() -> String {
    if let Some((parts, node)) = here::get() {
        return format!("`{}`", parts.node(node).name);
    }
    match thread::current().name() {
        Some(name) => format!("thread `{name}`"),
        None => "a thread without a name".to_owned(),
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("parties", &self.shared.parties)
            .field("waiting", &self.shared.lock().waiting.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
