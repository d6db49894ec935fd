//! Async runtimes inside the network: the body's, and one for each host that is asked for it.

#[cfg(feature = "tokio")]
mod entrance;
#[cfg(feature = "tokio")]
mod host;
#[cfg(feature = "tokio")]
mod inbox;
mod runtimes;
#[cfg(feature = "tokio")]
mod started;

use std::future::Future;

#[cfg(feature = "tokio")]
pub(crate) use entrance::{Entrance, WhoEnters};
pub(crate) use runtimes::Runtimes;
#[cfg(feature = "tokio")]
pub(crate) use started::Host;

/// The kind of runtime that an async body gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// One thread: the body's own.
    CurrentThread,
    /// Worker threads, all of them where the body is.
    MultiThread,
}

/// Runs an async body to its end, on a runtime that lives and dies on the calling thread.
///
/// The thread is inside the network, and whatever threads the runtime starts, workers or blocking ones, are or go where it is.
///
/// # Panics
///
/// The runtime could not be started.
#[cfg(feature = "tokio")]
pub(crate) fn block_on<F: Future>(
    flavor: Flavor,
    entrance: Option<Entrance>,
    body: F,
) -> F::Output {
    let mut builder = match flavor {
        Flavor::CurrentThread => tokio::runtime::Builder::new_current_thread(),
        Flavor::MultiThread => tokio::runtime::Builder::new_multi_thread(),
    };
    if let Some(entrance) = entrance {
        builder.on_thread_start(move || entrance.find_back());
    }
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => panic!(
            "{}",
            crate::error::Error::kernel("start the test's async runtime", cause)
        ),
    };
    let result = runtime.block_on(body);
    // Dropping a runtime waits without limit for a blocking thread that never ends; one that is left is named afterwards.
    runtime.shutdown_timeout(crate::settings::scaled(std::time::Duration::from_secs(1)));
    result
}

/// Without the `tokio` feature there is no runtime, and the compiler says so where the async body is.
#[cfg(not(feature = "tokio"))]
pub fn block_on<F: Future + TokioFeature>(_: Flavor, _: F) -> F::Output {
    unreachable!("no type has the bound")
}

/// Never implemented.
#[cfg(not(feature = "tokio"))]
#[expect(
    unnameable_types,
    reason = "it is there for its message, not to be named"
)]
#[diagnostic::on_unimplemented(
    message = "an async test needs the feature `tokio` of netns-test",
    note = "write `netns-test = {{ version = \"..\", features = [\"tokio\"] }}`, or a test that is not async"
)]
pub trait TokioFeature {}

/// The same work inside the caller's runtime, if there is one, wherever it is done.
#[cfg(feature = "tokio")]
pub(crate) fn carried<T>(body: impl FnOnce() -> T + Send) -> impl FnOnce() -> T + Send {
    let runtime = tokio::runtime::Handle::try_current();
    move || {
        let _inside = runtime.as_ref().map(tokio::runtime::Handle::enter);
        body()
    }
}

/// Without the `tokio` feature there is no runtime to carry.
#[cfg(not(feature = "tokio"))]
pub(crate) fn carried<T>(body: impl FnOnce() -> T + Send) -> impl FnOnce() -> T + Send {
    body
}

/// [`eventually`](crate::eventually) for async code: other tasks of the thread run between the attempts, and while one is under way.
///
/// An attempt that is under way at the limit is dropped.
///
/// # Errors
///
/// No attempt succeeded in time ([`is_timed_out`](crate::Error::is_timed_out)). The text is that of [`eventually`](crate::eventually).
///
/// # Panics
///
/// No tokio runtime with time enabled polls it. That of an async test is one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use netns_test::eventually_async;
/// use tokio::net::{TcpListener, TcpStream};
///
/// # netns_test::run(&netns_test::Topology::new(), |_| {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let _server = tokio::spawn(async { TcpListener::bind("127.0.0.1:80").await?.accept().await });
/// eventually_async(Duration::from_secs(2), async || TcpStream::connect("127.0.0.1:80").await).await.unwrap();
/// # });
/// # }).unwrap();
/// ```
#[cfg(feature = "tokio")]
#[track_caller]
pub fn eventually_async<A: crate::attempt::Attempt>(
    within: std::time::Duration,
    mut attempt: impl AsyncFnMut() -> A,
) -> impl Future<Output = crate::error::Result<A::Value>> {
    let at = std::panic::Location::caller();
    async move {
        let mut attempts = crate::attempt::Attempts::new(crate::settings::scaled(within), at);
        loop {
            let Ok(tried) = tokio::time::timeout(attempts.left(), attempt()).await else {
                attempts.cut_short();
                return Err(attempts.into_error());
            };
            match tried.judge() {
                Ok(value) => return Ok(value),
                Err(last) => match attempts.failed(last) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(attempts.into_error()),
                },
            }
        }
    }
}

/// Tries at once, then with growing pauses, until `condition` holds or the limit is reached. Tells whether it held.
#[cfg(feature = "tokio")]
pub(crate) async fn until(limit: std::time::Duration, mut condition: impl FnMut() -> bool) -> bool {
    let mut pauses = crate::attempt::Pauses::new(limit);
    loop {
        if condition() {
            return true;
        }
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return false,
        }
    }
}
