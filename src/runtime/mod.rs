//! Async runtimes inside the network: the body's, and one for each host that is asked for it.

#[cfg(feature = "tokio")]
mod home;
#[cfg(feature = "tokio")]
mod host;
#[cfg(feature = "tokio")]
mod inbox;
mod runtimes;
#[cfg(feature = "tokio")]
mod started;

use std::future::Future;

#[cfg(feature = "tokio")]
pub(crate) use home::{Home, WhoEnters};
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
pub(crate) fn block_on<F: Future>(flavor: Flavor, home: Option<Home>, body: F) -> F::Output {
    let mut builder = match flavor {
        Flavor::CurrentThread => tokio::runtime::Builder::new_current_thread(),
        Flavor::MultiThread => tokio::runtime::Builder::new_multi_thread(),
    };
    if let Some(home) = home {
        builder.on_thread_start(move || home.find_back());
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
