//! An address on an interface, as `ip address` shows it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::scope::Scope;
use crate::address::Cidr;

/// An IP address that an interface has.
///
/// It prints as its first line in `ip address`: `inet 172.16.1.1/16 brd 172.16.255.255 scope global eth0`. The lifetimes, on
/// the second line there, are printed with the whole [`Interface`](crate::Interface).
///
/// # Examples
///
/// ```
/// use netns_test::InterfaceAddress;
///
/// fn is_usable(address: &InterfaceAddress) -> bool {
///     !address.flags.tentative() && !address.flags.dad_failed()
/// }
/// # let _: fn(&InterfaceAddress) -> bool = is_usable;
/// ```
///
/// See [ip-address(8)](https://man7.org/linux/man-pages/man8/ip-address.8.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceAddress {
    /// The interface's own address, with the length of its subnet's prefix; on a point-to-point link, the prefix is that of `peer`.
    pub address: Cidr,
    /// The address at the other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// The subnet's broadcast address, if one was set.
    pub broadcast: Option<Ipv4Addr>,
    /// How far the address is valid.
    pub scope: Scope,
    /// Tentative, deprecated, ...
    pub flags: AddressFlags,
    /// The label of an IPv4 address: the name of the interface, or an alias such as `eth0:1`.
    pub label: Option<String>,
    /// The metric of the subnet's route, if one was set.
    pub metric: Option<u32>,
    /// Who added the address, if it is known.
    pub origin: Option<AddressOrigin>,
    /// How long the address will exist; `None` is for ever.
    pub valid: Option<Duration>,
    /// How long new connections will use the address; `None` is for ever.
    pub preferred: Option<Duration>,
}

impl InterfaceAddress {
    /// The second line of `ip address`.
    pub(super) fn lifetimes(&self) -> impl fmt::Display {
        let text = |time: Option<Duration>| match time {
            Some(time) => format!("{}sec", time.as_secs()),
            None => "forever".to_owned(),
        };
        format!(
            "valid_lft {} preferred_lft {}",
            text(self.valid),
            text(self.preferred)
        )
    }
}

impl fmt::Display for InterfaceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.address.address();
        f.write_str(if own.is_ipv4() { "inet " } else { "inet6 " })?;
        match self.peer {
            Some(peer) => write!(f, "{own} peer {peer}/{}", self.address.prefix())?,
            None => write!(f, "{}", self.address)?,
        }
        if let Some(metric) = self.metric {
            write!(f, " metric {metric}")?;
        }
        if let Some(broadcast) = self.broadcast {
            write!(f, " brd {broadcast}")?;
        }
        write!(f, " scope {}", self.scope)?;
        for word in self.flags.words(own.is_ipv4()) {
            write!(f, " {word}")?;
        }
        if let Some(origin) = self.origin {
            write!(f, " proto {origin}")?;
        }
        match &self.label {
            Some(label) => write!(f, " {label}"),
            None => Ok(()),
        }
    }
}

/// The flags of an address, `IFA_F_*` in [rtnetlink(7)].
///
/// # Examples
///
/// ```
/// use netns_test::AddressFlags;
///
/// let flags = AddressFlags::from_bits(0xc0);
/// assert!(flags.tentative() && flags.permanent() && !flags.dynamic());
/// ```
///
/// [rtnetlink(7)]: https://man7.org/linux/man-pages/man7/rtnetlink.7.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressFlags(u32);

const SECONDARY: u32 = 0x01;
const NO_DAD: u32 = 0x02;
const OPTIMISTIC: u32 = 0x04;
const DAD_FAILED: u32 = 0x08;
const DEPRECATED: u32 = 0x20;
const TENTATIVE: u32 = 0x40;
const PERMANENT: u32 = 0x80;
const NO_PREFIX_ROUTE: u32 = 0x200;

/// In the order in which `ip` prints them; `PERMANENT` stands for its absence, `dynamic`.
const NAMES: [(u32, &str); 12] = [
    (SECONDARY, "secondary"),
    (NO_DAD, "nodad"),
    (OPTIMISTIC, "optimistic"),
    (DAD_FAILED, "dadfailed"),
    (0x10, "home"),
    (DEPRECATED, "deprecated"),
    (TENTATIVE, "tentative"),
    (PERMANENT, "dynamic"),
    (0x100, "mngtmpaddr"),
    (NO_PREFIX_ROUTE, "noprefixroute"),
    (0x400, "autojoin"),
    (0x800, "stable-privacy"),
];

impl AddressFlags {
    /// Flags from the kernel's `IFA_F_*` bits.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The kernel's `IFA_F_*` bits.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether duplicate address detection is still under way: the address cannot be used yet.
    pub fn tentative(self) -> bool {
        self.has(TENTATIVE)
    }

    /// Whether duplicate address detection found another owner.
    pub fn dad_failed(self) -> bool {
        self.has(DAD_FAILED)
    }

    /// Whether the address was added without duplicate address detection.
    pub fn no_dad(self) -> bool {
        self.has(NO_DAD)
    }

    /// Whether a tentative address is used all the same.
    pub fn optimistic(self) -> bool {
        self.has(OPTIMISTIC)
    }

    /// Whether new connections no longer use the address.
    pub fn deprecated(self) -> bool {
        self.has(DEPRECATED)
    }

    /// Whether the address has no lifetime.
    pub fn permanent(self) -> bool {
        self.has(PERMANENT)
    }

    /// Whether the address has a lifetime.
    pub fn dynamic(self) -> bool {
        !self.permanent()
    }

    /// Whether another address of the same subnet comes first (IPv4), or the address is a temporary one (IPv6).
    pub fn secondary(self) -> bool {
        self.has(SECONDARY)
    }

    /// Whether the address brought no route to its subnet.
    pub fn no_prefix_route(self) -> bool {
        self.has(NO_PREFIX_ROUTE)
    }

    fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    fn words(self, ipv4: bool) -> Vec<String> {
        let mut words = Vec::new();
        let mut unnamed = self.0;
        for (bit, name) in NAMES {
            unnamed &= !bit;
            let shown = self.has(bit) != (bit == PERMANENT);
            if shown && bit == SECONDARY && !ipv4 {
                words.push("temporary".to_owned());
            } else if shown {
                words.push(name.to_owned());
            }
        }
        if unnamed != 0 {
            words.push(format!("flags {unnamed:02x}"));
        }
        words
    }
}

/// Who added an address: the `proto` of `ip address`.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::AddressOrigin::LinkLocal.to_string(), "kernel_ll");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressOrigin {
    /// The kernel, for the loopback interface.
    Loopback,
    /// The kernel, from a router's advertisement.
    RouterAdvertisement,
    /// The kernel, as the interface's link-local address.
    LinkLocal,
    /// Somebody who chose this number.
    Other(u8),
}

impl AddressOrigin {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Loopback,
            2 => Self::RouterAdvertisement,
            3 => Self::LinkLocal,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for AddressOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.pad("kernel_lo"),
            Self::RouterAdvertisement => f.pad("kernel_ra"),
            Self::LinkLocal => f.pad("kernel_ll"),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn address(text: &str) -> InterfaceAddress {
        let address: Cidr = text.parse().unwrap();
        InterfaceAddress {
            address,
            peer: None,
            broadcast: None,
            scope: Scope::Global,
            flags: AddressFlags::from_bits(PERMANENT),
            label: address.is_ipv4().then(|| "eth0".to_owned()),
            metric: None,
            origin: None,
            valid: None,
            preferred: None,
        }
    }

    #[test]
    fn an_ipv4_address_prints_as_ip_prints_it() {
        let mut lab = address("172.16.1.1/16");
        assert_eq!(lab.to_string(), "inet 172.16.1.1/16 scope global eth0");
        lab.broadcast = lab.address.broadcast();
        assert_eq!(
            lab.to_string(),
            "inet 172.16.1.1/16 brd 172.16.255.255 scope global eth0"
        );
        assert_eq!(
            lab.lifetimes().to_string(),
            "valid_lft forever preferred_lft forever"
        );
        lab.flags = AddressFlags::from_bits(SECONDARY | PERMANENT);
        lab.label = Some("eth0:1".to_owned());
        assert_eq!(
            lab.to_string(),
            "inet 172.16.1.1/16 brd 172.16.255.255 scope global secondary eth0:1"
        );
    }

    #[test]
    fn a_point_to_point_address_names_its_peer() {
        let mut own = address("10.0.0.1/32");
        own.peer = Some("10.0.0.2".parse().unwrap());
        assert_eq!(
            own.to_string(),
            "inet 10.0.0.1 peer 10.0.0.2/32 scope global eth0"
        );
    }

    #[test]
    fn a_dynamic_address_says_so_and_how_long_it_lives() {
        let mut lease = address("10.7.0.1/24");
        lease.flags = AddressFlags::from_bits(0);
        lease.metric = Some(77);
        lease.valid = Some(Duration::from_secs(500));
        lease.preferred = Some(Duration::from_secs(400));
        assert_eq!(
            lease.to_string(),
            "inet 10.7.0.1/24 metric 77 scope global dynamic eth0"
        );
        assert_eq!(
            lease.lifetimes().to_string(),
            "valid_lft 500sec preferred_lft 400sec"
        );
    }

    #[test]
    fn an_ipv6_address_prints_as_ip_prints_it() {
        let mut own = address("fe80::ff:fe01:2/64");
        own.scope = Scope::Link;
        assert_eq!(own.to_string(), "inet6 fe80::ff:fe01:2/64 scope link");
        own.flags = AddressFlags::from_bits(TENTATIVE | PERMANENT);
        own.origin = Some(AddressOrigin::LinkLocal);
        assert_eq!(
            own.to_string(),
            "inet6 fe80::ff:fe01:2/64 scope link tentative proto kernel_ll"
        );
        let mut own = address("fd00::2/64");
        own.flags = AddressFlags::from_bits(NO_DAD | PERMANENT | NO_PREFIX_ROUTE);
        assert_eq!(
            own.to_string(),
            "inet6 fd00::2/64 scope global nodad noprefixroute"
        );
        own.flags = AddressFlags::from_bits(DEPRECATED | TENTATIVE);
        assert_eq!(
            own.to_string(),
            "inet6 fd00::2/64 scope global deprecated tentative dynamic"
        );
        own.flags = AddressFlags::from_bits(SECONDARY | PERMANENT | 0x4000);
        assert_eq!(
            own.to_string(),
            "inet6 fd00::2/64 scope global temporary flags 4000"
        );
    }
}
