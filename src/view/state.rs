//! The state of an interface: its flags, what the kernel thinks of its carrier, and what hardware it claims to be.

use std::fmt;

/// An interface's flags, as in [netdevice(7)].
///
/// They print as in `ip link`: without `RUNNING`, which `ip` shows by its absence, as `NO-CARRIER`.
///
/// # Examples
///
/// ```
/// use netns_test::InterfaceFlags;
///
/// let flags = InterfaceFlags::from_bits(4163 | 0x1_0000);
/// assert!(flags.up() && flags.running() && flags.lower_up());
/// assert_eq!(flags.to_string(), "BROADCAST,MULTICAST,UP,LOWER_UP");
/// assert_eq!(flags.short(), 4163);
///
/// // The interface is up, and the other end of the cable is not.
/// let flags = InterfaceFlags::from_bits(4099);
/// assert!(flags.no_carrier());
/// assert_eq!(flags.to_string(), "NO-CARRIER,BROADCAST,MULTICAST,UP");
/// ```
///
/// [netdevice(7)]: https://man7.org/linux/man-pages/man7/netdevice.7.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InterfaceFlags {
    bits: u32,
    peer_down: bool,
}

const UP: u32 = 1 << 0;
const BROADCAST: u32 = 1 << 1;
const LOOPBACK: u32 = 1 << 3;
const POINT_TO_POINT: u32 = 1 << 4;
const RUNNING: u32 = 1 << 6;
const NO_ARP: u32 = 1 << 7;
const PROMISCUOUS: u32 = 1 << 8;
const ALL_MULTICAST: u32 = 1 << 9;
const MULTICAST: u32 = 1 << 12;
const LOWER_UP: u32 = 1 << 16;
const DORMANT: u32 = 1 << 17;

/// In the order in which `ip` prints them.
const IP_NAMES: [(u32, &str); 18] = [
    (LOOPBACK, "LOOPBACK"),
    (BROADCAST, "BROADCAST"),
    (POINT_TO_POINT, "POINTOPOINT"),
    (MULTICAST, "MULTICAST"),
    (NO_ARP, "NOARP"),
    (ALL_MULTICAST, "ALLMULTI"),
    (PROMISCUOUS, "PROMISC"),
    (1 << 10, "MASTER"),
    (1 << 11, "SLAVE"),
    (1 << 2, "DEBUG"),
    (1 << 15, "DYNAMIC"),
    (1 << 14, "AUTOMEDIA"),
    (1 << 13, "PORTSEL"),
    (1 << 5, "NOTRAILERS"),
    (UP, "UP"),
    (LOWER_UP, "LOWER_UP"),
    (DORMANT, "DORMANT"),
    (1 << 18, "ECHO"),
];

impl InterfaceFlags {
    /// Flags from the kernel's `IFF_*` bits.
    pub fn from_bits(bits: u32) -> Self {
        Self {
            bits,
            peer_down: false,
        }
    }

    /// The same flags of an interface whose peer, in the same namespace, is down or not.
    pub(crate) fn with_peer_down(self, peer_down: bool) -> Self {
        Self { peer_down, ..self }
    }

    /// The kernel's `IFF_*` bits.
    pub fn bits(self) -> u32 {
        self.bits
    }

    /// The 16 bits that `SIOCGIFFLAGS` returns, the number that `ifconfig` prints: 4163 for an interface in use.
    pub fn short(self) -> u16 {
        (self.bits & 0xffff) as u16
    }

    /// Whether somebody has set the interface up.
    pub fn up(self) -> bool {
        self.has(UP)
    }

    /// Whether the interface is up and can carry packets.
    pub fn running(self) -> bool {
        self.has(RUNNING)
    }

    /// Whether there is a carrier: for one end of a veth pair, whether the other end is up.
    pub fn lower_up(self) -> bool {
        self.has(LOWER_UP)
    }

    /// Whether the interface is up without being able to carry packets; `ip` prints `NO-CARRIER`.
    pub fn no_carrier(self) -> bool {
        self.up() && !self.running()
    }

    /// Whether the peer is in the same namespace and down; `ip` prints `M-DOWN`. The kernel has no such bit.
    pub fn peer_down(self) -> bool {
        self.peer_down
    }

    /// Whether the link has a broadcast address.
    pub fn broadcast(self) -> bool {
        self.has(BROADCAST)
    }

    /// Whether the link carries multicast.
    pub fn multicast(self) -> bool {
        self.has(MULTICAST)
    }

    /// Whether this is the loopback interface.
    pub fn loopback(self) -> bool {
        self.has(LOOPBACK)
    }

    /// Whether the link has exactly one neighbour.
    pub fn point_to_point(self) -> bool {
        self.has(POINT_TO_POINT)
    }

    /// Whether neighbours are not asked for their hardware addresses.
    pub fn no_arp(self) -> bool {
        self.has(NO_ARP)
    }

    /// Whether the interface receives what is meant for others.
    pub fn promiscuous(self) -> bool {
        self.has(PROMISCUOUS)
    }

    /// Whether the interface receives every multicast group.
    pub fn all_multicast(self) -> bool {
        self.has(ALL_MULTICAST)
    }

    /// Whether the interface waits for some event before it carries packets.
    pub fn dormant(self) -> bool {
        self.has(DORMANT)
    }

    fn has(self, bit: u32) -> bool {
        self.bits & bit != 0
    }
}

impl fmt::Display for InterfaceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if self.no_carrier() {
            words.push("NO-CARRIER".to_owned());
        }
        let mut unnamed = self.bits & !RUNNING;
        for (bit, name) in IP_NAMES {
            if self.has(bit) {
                words.push(name.to_owned());
                unnamed &= !bit;
            }
        }
        if unnamed != 0 {
            words.push(format!("{unnamed:x}"));
        }
        if self.peer_down {
            words.push("M-DOWN".to_owned());
        }
        f.pad(&words.join(","))
    }
}

/// Whether an interface can carry packets, in the words of [RFC 2863].
///
/// # Examples
///
/// ```
/// use netns_test::OperState;
///
/// assert_eq!(OperState::Up.to_string(), "UP");
/// // The state of a veth whose other end is down.
/// assert_eq!(OperState::LowerLayerDown.to_string(), "LOWERLAYERDOWN");
/// ```
///
/// [RFC 2863]: https://www.rfc-editor.org/rfc/rfc2863
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperState {
    /// Nobody keeps track of it; the loopback interface always says so.
    #[default]
    Unknown,
    /// The hardware is missing.
    NotPresent,
    /// It cannot carry packets.
    Down,
    /// The layer below cannot: the other end of a veth is down, a bridge has no port that runs.
    LowerLayerDown,
    /// It carries test packets only.
    Testing,
    /// It waits for an event.
    Dormant,
    /// It carries packets.
    Up,
    /// A state that this crate does not know.
    Other(u8),
}

impl OperState {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unknown,
            1 => Self::NotPresent,
            2 => Self::Down,
            3 => Self::LowerLayerDown,
            4 => Self::Testing,
            5 => Self::Dormant,
            6 => Self::Up,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for OperState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "UNKNOWN",
            Self::NotPresent => "NOTPRESENT",
            Self::Down => "DOWN",
            Self::LowerLayerDown => "LOWERLAYERDOWN",
            Self::Testing => "TESTING",
            Self::Dormant => "DORMANT",
            Self::Up => "UP",
            Self::Other(number) => return write!(f, "{number}"),
        })
    }
}

/// What an interface does when its carrier comes, the `mode` of `ip link`.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::LinkMode::Default.to_string(), "DEFAULT");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkMode {
    /// It goes up at once.
    #[default]
    Default,
    /// It goes dormant first.
    Dormant,
    /// A mode that this crate does not know.
    Other(u8),
}

impl LinkMode {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Default,
            1 => Self::Dormant,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for LinkMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("DEFAULT"),
            Self::Dormant => f.pad("DORMANT"),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
}

/// What hardware an interface claims to be, the word behind `link/` in `ip link`.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::Hardware::Ethernet.to_string(), "ether");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hardware {
    /// Ethernet: also veth pairs and bridges.
    #[default]
    Ethernet,
    /// The loopback interface.
    Loopback,
    /// No hardware header at all, as for a `tun` device.
    None,
    /// An IPv4 tunnel.
    Tunnel,
    /// An IPv6 tunnel.
    Tunnel6,
    /// An IPv6-in-IPv4 tunnel: the `sit0` that some kernels put into every new namespace.
    Sit,
    /// A GRE tunnel over IPv4.
    Gre,
    /// A GRE tunnel over IPv6.
    Gre6,
    /// Another `ARPHRD_*` number.
    Other(u16),
}

impl Hardware {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u16) -> Self {
        match number {
            1 => Self::Ethernet,
            768 => Self::Tunnel,
            769 => Self::Tunnel6,
            772 => Self::Loopback,
            776 => Self::Sit,
            778 => Self::Gre,
            823 => Self::Gre6,
            65534 => Self::None,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Hardware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ethernet => "ether",
            Self::Loopback => "loopback",
            Self::None => "none",
            Self::Tunnel => "ipip",
            Self::Tunnel6 => "tunnel6",
            Self::Sit => "sit",
            Self::Gre => "gre",
            Self::Gre6 => "gre6",
            Self::Other(number) => return write!(f, "[{number}]"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_print_as_ip_prints_them() {
        for (bits, expected) in [
            (0x1002, "BROADCAST,MULTICAST"),
            (0x1003, "NO-CARRIER,BROADCAST,MULTICAST,UP"),
            (0x11043, "BROADCAST,MULTICAST,UP,LOWER_UP"),
            (0x10049, "LOOPBACK,UP,LOWER_UP"),
            (0x80, "NOARP"),
            (0x11143, "BROADCAST,MULTICAST,PROMISC,UP,LOWER_UP"),
            (0x0, ""),
            (0x4000_0002, "BROADCAST,40000000"),
        ] {
            assert_eq!(
                InterfaceFlags::from_bits(bits).to_string(),
                expected,
                "{bits:#x}"
            );
        }
        let pair = InterfaceFlags::from_bits(0x1002).with_peer_down(true);
        assert_eq!(pair.to_string(), "BROADCAST,MULTICAST,M-DOWN");
        assert!(pair.peer_down() && !pair.no_carrier());
    }

    #[test]
    fn the_short_form_has_no_lower_up() {
        assert_eq!(InterfaceFlags::from_bits(0x1002).short(), 4098);
        assert_eq!(InterfaceFlags::from_bits(0x1003).short(), 4099);
        assert_eq!(InterfaceFlags::from_bits(0x11043).short(), 4163);
    }

    #[test]
    fn unknown_numbers_are_printed() {
        assert_eq!(OperState::Other(9).to_string(), "9");
        assert_eq!(LinkMode::Other(9).to_string(), "9");
        assert_eq!(Hardware::Other(820).to_string(), "[820]");
    }
}
