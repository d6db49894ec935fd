//! A cable between two nodes as it was asked for.

use std::panic::Location;

use crate::topology::written;
use crate::topology::{Addresses, InterfaceSpec, Written};

/// One end of a [`link`](crate::Topology::link): the node, and the interface there.
///
/// # Examples
///
/// ```
/// use netns_test::{LinkEnd, Topology};
///
/// Topology::new().host("s1", |h| h).link(
///     LinkEnd::new("root", |i| i.name("veth1.1").address("10.1.0.1/24")),
///     LinkEnd::new("s1", |i| i.address("10.1.0.2/24")),
/// );
/// ```
#[derive(Clone, Debug)]
pub struct LinkEnd {
    pub(crate) node: Written,
    pub(crate) interface: InterfaceSpec,
}

/// A cable and the line that asked for it.
#[derive(Clone, Debug)]
pub(crate) struct LinkSpec {
    pub(crate) ends: [LinkEnd; 2],
    pub(crate) at: &'static Location<'static>,
}

impl LinkEnd {
    /// An end in `node`, with an interface that the closure configures.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{LinkEnd, Topology};
    ///
    /// let plan = Topology::new()
    ///     .host("a", |h| h)
    ///     .link("root", LinkEnd::new("a", |i| i.name("uplink").mtu(1400)))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip -netns a link set dev uplink up"));
    /// ```
    #[track_caller]
    pub fn new(
        node: impl Into<String>,
        configure: impl FnOnce(InterfaceSpec) -> InterfaceSpec,
    ) -> Self {
        Self {
            node: Written::here(node),
            interface: configure(InterfaceSpec::new()),
        }
    }
}

impl From<&str> for LinkEnd {
    #[track_caller]
    fn from(node: &str) -> Self {
        Self::new(node, |interface| interface)
    }
}

impl From<String> for LinkEnd {
    #[track_caller]
    fn from(node: String) -> Self {
        Self::new(node, |interface| interface)
    }
}

impl<N: Into<String>, A: Addresses> From<(N, A)> for LinkEnd {
    #[track_caller]
    fn from((node, addresses): (N, A)) -> Self {
        Self {
            node: Written::here(node),
            interface: InterfaceSpec::new().addresses(written(addresses)),
        }
    }
}
