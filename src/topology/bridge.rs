//! A bridge and a segment as they were asked for.

use std::time::Duration;

use crate::topology::written;
use crate::topology::{Addresses, DockerSettings, Firewall, Written};

/// A bridge device in the root.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use netns_test::Topology;
///
/// Topology::new().bridge_with("br0", |b| {
///     b.address("10.0.0.1/24").address("fd00::1/64").mtu(1400).ageing(Duration::from_secs(10))
/// });
/// ```
#[derive(Clone, Debug)]
pub struct BridgeSpec {
    pub(crate) name: Written,
    pub(crate) addresses: Vec<Written>,
    pub(crate) mtu: Option<(u32, Written)>,
    pub(crate) mac: Option<Written>,
    pub(crate) stp: bool,
    pub(crate) ageing: Option<Duration>,
    /// What its hosts get from it, if it is one of Docker's.
    pub(crate) docker: Option<DockerSettings>,
    pub(crate) firewall: Firewall,
}

/// A segment: hosts join it, and the plan decides what it is made of.
#[derive(Clone, Debug)]
pub(crate) struct SegmentSpec {
    pub(crate) name: Written,
    pub(crate) subnets: Vec<Written>,
}

impl BridgeSpec {
    #[track_caller]
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: Written::here(name),
            addresses: Vec::new(),
            mtu: None,
            mac: None,
            stp: false,
            ageing: None,
            docker: None,
            firewall: Firewall::default(),
        }
    }

    #[track_caller]
    pub(crate) fn addresses(mut self, addresses: impl Addresses) -> Self {
        self.addresses.extend(written(addresses));
        self
    }

    /// Adds an address with its prefix length: `10.0.0.1/24`, `fd00::1/64`.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge_with("br0", |b| b.address("10.0.0.1/24").address("fd00::1/64"))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip address add fd00::1/64 dev br0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn address(self, address: impl Addresses) -> Self {
        self.addresses(address)
    }

    /// Sets the largest packet in bytes, 68 to 65,535; hosts that are attached take it over. The kernel lowers it to
    /// that of the smallest port, where a host has chosen less.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge_with("br0", |b| b.mtu(9000))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("mtu 9000"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn mtu(mut self, bytes: u32) -> Self {
        self.mtu = Some((bytes, Written::here("")));
        self
    }

    /// Chooses the hardware address. It freezes the bridge id, which otherwise follows the lowest of its ports'.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge_with("br0", |b| b.mac("02:00:00:00:00:01"))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("address 02:00:00:00:00:01"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed bridge"]
    pub fn mac(mut self, mac: impl std::fmt::Display) -> Self {
        self.mac = Some(Written::here(mac.to_string()));
        self
    }

    /// Runs the spanning tree protocol: a new port then forwards nothing for 30 seconds.
    ///
    /// Old kernels, Linux 5.10 among them, drop the protocol's messages in every network but the machine's own: such bridges do not
    /// hear each other, and a loop of them stays one.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge_with("br0", |b| b.stp(true))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("stp_state 1"));
    /// ```
    #[must_use = "builder methods return the changed bridge"]
    pub fn stp(mut self, on: bool) -> Self {
        self.stp = on;
        self
    }

    /// Sets how long a learned hardware address is kept; the kernel's default is 300 seconds, its unit 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge_with("br0", |b| b.ageing(std::time::Duration::from_secs(10)))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ageing_time 1000"));
    /// ```
    #[must_use = "builder methods return the changed bridge"]
    pub fn ageing(mut self, time: Duration) -> Self {
        self.ageing = Some(time);
        self
    }
}
