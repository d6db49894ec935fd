//! Addresses as people write them: an IP address with its prefix length, and a hardware address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An IP address with the prefix length of its subnet: `172.16.1.1/16`, `fd00::1/64`.
///
/// # Examples
///
/// ```
/// use netns_test::Cidr;
///
/// let address: Cidr = "172.16.1.1/16".parse().unwrap();
/// assert_eq!(address.network().to_string(), "172.16.0.0/16");
/// assert!(address.contains("172.16.255.7".parse().unwrap()));
/// assert!("172.16.1.1/33".parse::<Cidr>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// What the kernel gives to `lo` unasked, when it is raised.
    pub(crate) const LOOPBACK: Self = Self {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        prefix: 8,
    };

    /// An address and a prefix length of 0 to 32 (IPv4) or 0 to 128 (IPv6) bits.
    ///
    /// # Errors
    ///
    /// The prefix length is out of range.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    ///
    /// let own = netns_test::Cidr::new(Ipv4Addr::new(172, 16, 1, 1).into(), 16).unwrap();
    /// assert_eq!(own.to_string(), "172.16.1.1/16");
    /// ```
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, ParseAddressError> {
        if prefix > bits(address) {
            return Err(ParseAddressError(format!(
                "the prefix length {prefix} is out of range (0 to {} for {})",
                bits(address),
                if address.is_ipv4() { "IPv4" } else { "IPv6" },
            )));
        }
        Ok(Self { address, prefix })
    }

    /// The address: `172.16.1.1`.
    ///
    /// # Examples
    ///
    /// ```
    /// let own: netns_test::Cidr = "172.16.1.1/16".parse().unwrap();
    /// assert_eq!(own.address().to_string(), "172.16.1.1");
    /// ```
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// The prefix length in bits: `16`.
    ///
    /// # Examples
    ///
    /// ```
    /// let own: netns_test::Cidr = "172.16.1.1/16".parse().unwrap();
    /// assert_eq!(own.prefix(), 16);
    /// ```
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// The subnet, its host bits zero: `172.16.0.0/16`.
    ///
    /// # Examples
    ///
    /// ```
    /// let own: netns_test::Cidr = "172.16.1.1/16".parse().unwrap();
    /// assert_eq!(own.network().to_string(), "172.16.0.0/16");
    /// ```
    pub fn network(self) -> Self {
        Self {
            address: from_bits(
                self.address,
                to_bits(self.address) & mask(self.address, self.prefix),
            ),
            ..self
        }
    }

    /// The IPv4 broadcast address of the subnet; `None` for IPv6, `/31` and `/32`, which have none.
    ///
    /// # Examples
    ///
    /// ```
    /// let own: netns_test::Cidr = "172.16.1.1/16".parse().unwrap();
    /// assert_eq!(own.broadcast().unwrap().to_string(), "172.16.255.255");
    /// ```
    pub fn broadcast(self) -> Option<Ipv4Addr> {
        match self.last() {
            IpAddr::V4(last) if self.prefix < 31 => Some(last),
            _ => None,
        }
    }

    /// Whether `address` lies in the subnet. An address of the other family does not.
    ///
    /// # Examples
    ///
    /// ```
    /// let own: netns_test::Cidr = "172.16.1.1/16".parse().unwrap();
    /// assert!(own.contains("172.16.9.9".parse().unwrap()));
    /// assert!(!own.contains("10.0.0.1".parse().unwrap()));
    /// ```
    pub fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && to_bits(address) & mask(address, self.prefix) == to_bits(self.network().address)
    }

    /// Whether the two subnets share an address.
    ///
    /// # Examples
    ///
    /// ```
    /// let own: netns_test::Cidr = "172.16.1.1/16".parse().unwrap();
    /// assert!(own.overlaps("172.16.9.0/24".parse().unwrap()));
    /// ```
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.network().address) || other.contains(self.network().address)
    }

    /// Whether every address of the other subnet lies in this one.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    /// The last address of the subnet.
    pub(crate) fn last(self) -> IpAddr {
        from_bits(
            self.address,
            to_bits(self.network().address)
                | (!mask(self.address, self.prefix) & full(self.address)),
        )
    }

    /// The `n`th address of the subnet counted from its network address, with the same prefix; `None` past its end.
    pub(crate) fn nth(self, n: u128) -> Option<Self> {
        let bits = to_bits(self.network().address).checked_add(n)?;
        (bits <= to_bits(self.last())).then(|| Self {
            address: from_bits(self.address, bits),
            ..self
        })
    }

    /// Whether the address is IPv4.
    pub(crate) fn is_ipv4(self) -> bool {
        self.address.is_ipv4()
    }

    /// The subnet of one address alone.
    pub(crate) fn host(address: IpAddr) -> Self {
        Self {
            address,
            prefix: bits(address),
        }
    }

    /// `0.0.0.0/0` or `::/0`: the destination of a default route.
    pub(crate) fn everything(ipv4: bool) -> Self {
        let address = if ipv4 {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        } else {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        };
        Self { address, prefix: 0 }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn full(address: IpAddr) -> u128 {
    u128::MAX >> (128 - bits(address))
}

fn mask(address: IpAddr, prefix: u8) -> u128 {
    let free = u32::from(bits(address) - prefix);
    full(address) & u128::MAX.checked_shl(free).unwrap_or(0)
}

fn to_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// `bits` as an address of the same family as `like`.
fn from_bits(like: IpAddr, bits: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits((bits & u128::from(u32::MAX)) as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = ParseAddressError;

    /// Parses `ADDRESS/PREFIX`; a bare address is one with the full prefix length.
    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| ParseAddressError(format!("`{address}` is not an IP address")))?;
        let Some(prefix) = prefix else {
            return Ok(Self::host(address));
        };
        let length = prefix
            .parse()
            .ok()
            .filter(|_| is_unsigned(prefix))
            .ok_or_else(|| ParseAddressError(format!("`{prefix}` is not a prefix length")))?;
        Self::new(address, length)
    }
}

/// An address family.
///
/// # Examples
///
/// ```
/// use netns_test::Family;
///
/// assert_eq!(Family::V6.to_string(), "IPv6");
/// assert!(Family::V6.includes("::1".parse().unwrap()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both, in the order of their age.
    pub(crate) const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// Whether the address is of this family.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Family;
    ///
    /// assert!(Family::V6.includes("::1".parse().unwrap()));
    /// ```
    pub fn includes(self, address: IpAddr) -> bool {
        address.is_ipv4() == (self == Self::V4)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// A hardware (Ethernet) address: `02:00:00:01:00:01`.
///
/// # Examples
///
/// ```
/// use netns_test::Mac;
///
/// let mac: Mac = "02:00:00:01:00:01".parse().unwrap();
/// assert_eq!(mac.to_string(), "02:00:00:01:00:01");
/// assert!(!mac.is_multicast());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether the group bit is set; an interface cannot have such an address.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Mac;
    ///
    /// let everybody: Mac = "ff:ff:ff:ff:ff:ff".parse().unwrap();
    /// assert!(everybody.is_multicast());
    /// ```
    pub fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// The link-local IPv6 address that the kernel derives from this address (EUI-64, [RFC 4291] appendix A).
    ///
    /// [RFC 4291]: https://www.rfc-editor.org/rfc/rfc4291#appendix-A
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Mac;
    ///
    /// let mac: Mac = "02:00:00:01:00:01".parse().unwrap();
    /// assert_eq!(mac.link_local().to_string(), "fe80::ff:fe01:1");
    /// ```
    pub fn link_local(self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.0;
        let mut octets = [0; 16];
        octets[..2].copy_from_slice(&[0xfe, 0x80]);
        octets[8..].copy_from_slice(&[a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
        Ipv6Addr::from(octets)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let wrong = || {
            ParseAddressError(format!(
                "`{text}` is not a hardware address such as 02:00:00:00:00:01"
            ))
        };
        let mut octets = [0; 6];
        let mut parts = text.split(':');
        for octet in &mut octets {
            let part = parts.next().ok_or_else(wrong)?;
            *octet = u8::from_str_radix(part, 16)
                .ok()
                .filter(|_| is_unsigned(part))
                .ok_or_else(wrong)?;
        }
        if parts.next().is_some() {
            Err(wrong())
        } else {
            Ok(Self(octets))
        }
    }
}

/// The standard library reads `+8` as a number, and nobody writes addresses so.
fn is_unsigned(number: &str) -> bool {
    !number.starts_with('+')
}

/// A text that is no address, and why.
///
/// # Examples
///
/// ```
/// let error = "10.0.0.1/40".parse::<netns_test::Cidr>().unwrap_err();
/// assert_eq!(error.to_string(), "the prefix length 40 is out of range (0 to 32 for IPv4)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseAddressError(String);

impl fmt::Display for ParseAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseAddressError {}

#[cfg(test)]
mod tests;
