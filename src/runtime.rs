//! Async test bodies.

use std::future::Future;

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
/// The thread is inside the network, and whatever threads the runtime starts, workers or blocking ones, are started from there.
///
/// # Panics
///
/// The runtime could not be started.
#[cfg(feature = "tokio")]
pub fn block_on<F: Future>(flavor: Flavor, body: F) -> F::Output {
    let runtime = match runtime(flavor) {
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

#[cfg(feature = "tokio")]
fn runtime(flavor: Flavor) -> std::io::Result<tokio::runtime::Runtime> {
    use crate::sys::netns::NamespaceId;

    let home = NamespaceId::current()?;
    let mut builder = match flavor {
        Flavor::CurrentThread => tokio::runtime::Builder::new_current_thread(),
        Flavor::MultiThread => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().on_thread_start(move || {
        // A runtime handle that left the network would start blocking threads elsewhere, and inner calls would reuse them.
        assert!(
            NamespaceId::current().is_ok_and(|here| here == home),
            "failed to start a thread of the test's async runtime: it would be outside of the test's network\n  \
             help: keep tokio's `Handle` inside the host that it belongs to"
        );
    });
    builder.build()
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
