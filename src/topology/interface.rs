//! An interface as it was asked for.

use std::panic::Location;

use crate::address::Cidr;
use crate::topology::{AdvertisementSpec, TroubleSpec, Written};

/// One end of an attachment or of a link: its name, addresses, MTU and hardware address, all of them optional.
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// Topology::new()
///     .bridge("br0", "10.0.0.254/24")
///     .host("ns1", |h| h.attach_with("br0", |i| i.name("wan0").address("10.0.0.1/24").mtu(1400)));
/// ```
#[derive(Clone, Debug)]
pub struct InterfaceSpec {
    pub(crate) name: Option<Written>,
    pub(crate) port: Option<Written>,
    pub(crate) addressing: Addressing,
    pub(crate) mtu: Option<(u32, Written)>,
    pub(crate) mac: Option<Written>,
    pub(crate) advertisement: Option<AdvertisementSpec>,
    /// Where it was said that the interface configures itself.
    pub(crate) slaac: Option<&'static Location<'static>>,
    pub(crate) trouble: TroubleSpec,
}

/// Where an interface's addresses come from.
#[derive(Clone, Debug)]
pub(crate) enum Addressing {
    /// The plan chooses one from each subnet of the segment.
    Allotted,
    /// These, possibly none.
    Given(Vec<Written>),
}

impl InterfaceSpec {
    pub(crate) fn new() -> Self {
        Self {
            name: None,
            port: None,
            addressing: Addressing::Allotted,
            mtu: None,
            mac: None,
            advertisement: None,
            slaac: None,
            trouble: TroubleSpec::default(),
        }
    }

    /// Chooses the interface's name: 1 to 15 bytes, no `/`, `:`, `%` or white space. Unnamed ones are `eth0`, `eth1`, ...
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach_with("br0", |i| i.name("wan0")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("peer name wan0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(Written::here(name));
        self
    }

    /// Chooses the name of the far end, the port of the bridge. Unnamed ones are `veth1`, `veth2`, ...
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach_with("br0", |i| i.port("to-a")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip link set dev to-a master br0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn port(mut self, name: impl Into<String>) -> Self {
        self.port = Some(Written::here(name));
        self
    }

    /// Adds an address with its prefix length: `10.0.0.1/24`, `fd00::1/64`.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach_with("br0", |i| i.address("10.0.0.9/24")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("ip -netns a address add 10.0.0.9/24 dev eth0"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn address(self, address: impl Addresses) -> Self {
        self.addresses(written(address))
    }

    pub(crate) fn addresses(mut self, more: Vec<Written>) -> Self {
        match &mut self.addressing {
            Addressing::Given(given) => given.extend(more),
            Addressing::Allotted => self.addressing = Addressing::Given(more),
        }
        self
    }

    /// Sets the largest packet in bytes, 68 to 65,535; IPv6 needs 1,280. It defaults to that of the bridge, else 1,500.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .bridge("br0", "10.0.0.254/24")
    ///     .host("a", |h| h.attach_with("br0", |i| i.mtu(1400)))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("mtu 1400"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn mtu(mut self, bytes: u32) -> Self {
        self.mtu = Some((bytes, Written::here("")));
        self
    }

    /// Chooses the hardware address: `02:00:00:00:00:01`. Others follow from the node's and the interface's number.
    ///
    /// # Examples
    ///
    /// ```
    /// let plan = netns_test::Topology::new()
    ///     .host("a", |h| h)
    ///     .link("root", netns_test::LinkEnd::new("a", |i| i.mac("02:00:00:00:00:07")))
    ///     .plan()
    ///     .unwrap();
    /// assert!(plan.to_string().contains("address 02:00:00:00:00:07"));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn mac(mut self, mac: impl std::fmt::Display) -> Self {
        self.mac = Some(Written::here(mac.to_string()));
        self
    }
}

/// One address or subnet, several, or none: `"10.0.0.1/24"`, `["10.0.0.1/24", "fd00::1/64"]`, `()`.
///
/// Implemented for `&str`, `String`, [`Cidr`], arrays, slices and vectors of them, and `()`. Texts that are no addresses are reported
/// by [`Topology::plan`](crate::Topology::plan).
///
/// # Examples
///
/// ```
/// # use netns_test::{Cidr, Topology};
/// let address: Cidr = "10.0.0.1/24".parse().unwrap();
/// Topology::new().bridge("br0", address).bridge("br1", vec!["10.1.0.1/24"]).bridge("br2", ());
/// ```
pub trait Addresses {
    /// The addresses as texts, in order.
    #[doc(hidden)]
    fn texts(self) -> Vec<String>;
}

impl Addresses for () {
    fn texts(self) -> Vec<String> {
        Vec::new()
    }
}

macro_rules! one_address {
    ($($type:ty),*) => {$(
        impl Addresses for $type {
            fn texts(self) -> Vec<String> {
                vec![self.to_string()]
            }
        }
    )*};
}
one_address!(&str, String, &String, Cidr);

impl<T: Addresses, const N: usize> Addresses for [T; N] {
    fn texts(self) -> Vec<String> {
        self.into_iter().flat_map(T::texts).collect()
    }
}

impl<T: Addresses> Addresses for Vec<T> {
    fn texts(self) -> Vec<String> {
        self.into_iter().flat_map(T::texts).collect()
    }
}

impl<T: Addresses + Clone> Addresses for &[T] {
    fn texts(self) -> Vec<String> {
        self.iter().cloned().flat_map(T::texts).collect()
    }
}

/// The addresses as written at the caller's line.
#[track_caller]
pub(crate) fn written(addresses: impl Addresses) -> Vec<Written> {
    let at = Location::caller();
    addresses
        .texts()
        .into_iter()
        .map(|text| Written { text, at })
        .collect()
}
