//! The network of the calling test.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::here;
use crate::host::Host;
use crate::network::Network;

/// The network of the calling test, for bodies without a `&Network` parameter: under rstest, say.
///
/// # Panics
///
/// The calling thread is neither the body of a `#[netns_test]`, nor one that [`Host::run`] started, nor one of a host's runtime. Or the
/// network has been closed.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// net.host("b").run(|| assert_eq!(netns_test::current().here().name(), "b"));
/// # }).unwrap();
/// ```
#[track_caller]
pub fn current() -> Current {
    match here::get() {
        Some((parts, node)) => Current {
            network: Network::from_parts(parts),
            node,
            thread_bound: PhantomData,
        },
        None => panic!(
            "failed to find the current network: this thread is none of a test's\n  \
             help: call `netns_test::current()` in the test's body or in `Host::run`, and hand the result's parts to other threads"
        ),
    }
}

/// The calling thread's network, from [`current`]; it cannot leave the thread.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |_| {
/// let net = netns_test::current();
/// assert_eq!(net.here().name(), "root");
/// assert_eq!(net.hosts().count(), 2);
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Current {
    network: Network,
    node: usize,
    thread_bound: PhantomData<*const ()>,
}

impl Current {
    /// The node that the calling thread is in.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(netns_test::current().here().name(), "root");
    /// net.host("a").run(|| assert_eq!(netns_test::current().here().name(), "a"));
    /// # }).unwrap();
    /// ```
    pub fn here(&self) -> Host<'_> {
        Host::new(self.network.parts(), self.node)
    }
}

impl Deref for Current {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.network
    }
}
