//! The mistakes that a topology can ask for.

/// A mistake that [`Topology::allow`](crate::Topology::allow) lets through.
///
/// Mistakes that the kernel could not build anyway (a name twice, an address that is none) are not among them.
///
/// # Examples
///
/// ```
/// use netns_test::{Mistake, Topology};
///
/// Topology::new().allow(Mistake::DuplicateMac);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mistake {
    /// The same IP address twice on one segment or node.
    DuplicateAddress,
    /// The same hardware address twice.
    DuplicateMac,
    /// Subnets that overlap on two interfaces of one node.
    OverlappingSubnets,
    /// The subnet's own address, given to an interface.
    NetworkAddress,
    /// The subnet's broadcast address, given to an interface.
    BroadcastAddress,
    /// A gateway that is on none of the node's subnets. The kernel still has its say.
    GatewayOffSubnet,
    /// An MTU below 1,280 bytes, the minimum of IPv6, on an interface with IPv6 addresses. The kernel takes none there, so that they
    /// are left out.
    SmallMtu,
    /// A thread that still lives in one of the network's namespaces when the body has ended: a process-wide thread pool, say.
    ThreadLeft,
}
