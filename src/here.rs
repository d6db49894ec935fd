//! Where the calling thread is: the network and node that it was started for.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::host::Host;
use crate::live::Parts;
use crate::network::Network;

thread_local! {
    static HERE: RefCell<Option<(Arc<Parts>, usize)>> = const { RefCell::new(None) };
}

/// Runs `body` with this network and node as the calling thread's own.
pub(crate) fn set<T>(parts: &Arc<Parts>, node: usize, body: impl FnOnce() -> T) -> T {
    /// The thread ends with `body`, but its thread-locals end later: a network must not stay open for them.
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            HERE.with(|here| here.borrow_mut().take());
        }
    }
    HERE.with(|here| *here.borrow_mut() = Some((Arc::clone(parts), node)));
    let _clear = Clear;
    body()
}

/// The network of the calling test, for bodies without a `&Network` parameter: under rstest, say.
///
/// # Panics
///
/// The calling thread is neither the body of a `#[netns_test]` nor one that [`Host::run`] started.
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
    match HERE.with(|here| here.borrow().clone()) {
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
