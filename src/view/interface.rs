//! A network interface, as `ip address` shows it.

use std::fmt;

use super::address::InterfaceAddress;
use super::counters::Counters;
use super::state::{Hardware, InterfaceFlags, LinkMode, OperState};
use super::{ifconfig, text};
use crate::address::Mac;

/// A network interface, seen from the namespace that it is in.
///
/// It prints as `ip address show` prints it; [`statistics`](Self::statistics) and [`ifconfig`](Self::ifconfig) are the
/// same interface in the words of `ip -s link` and `ifconfig`.
///
/// # Examples
///
/// ```
/// use netns_test::{Interface, OperState};
///
/// fn is_wired(interface: &Interface) -> bool {
///     interface.kind.as_deref() == Some("veth") && interface.state == OperState::Up
/// }
/// # let _: fn(&Interface) -> bool = is_wired;
/// ```
///
/// See [ip-address(8)](https://man7.org/linux/man-pages/man8/ip-address.8.html) and
/// [ip-link(8)](https://man7.org/linux/man-pages/man8/ip-link.8.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interface {
    /// Its name: `eth0`.
    pub name: String,
    /// Its number in this namespace.
    pub index: u32,
    /// What the kernel's driver calls it: `veth`, `bridge`, ...; `None` for `lo` and for real hardware.
    pub kind: Option<String>,
    /// What hardware it claims to be.
    pub hardware: Hardware,
    /// Up, running, ...
    pub flags: InterfaceFlags,
    /// The longest packet that it carries, in bytes.
    pub mtu: u32,
    /// Its hardware address; `None` if it has none, or one that is not six bytes long.
    pub mac: Option<Mac>,
    /// The hardware address that reaches all neighbours.
    pub broadcast: Option<Mac>,
    /// Whether it can carry packets.
    pub state: OperState,
    /// What it does when its carrier comes.
    pub mode: LinkMode,
    /// The bridge of which it is a port.
    pub master: Option<Master>,
    /// The other end of a veth pair, or the interface below this one.
    pub peer: Option<Peer>,
    /// What it has counted.
    pub counters: Counters,
    /// Its addresses, in the kernel's order, IPv4 first.
    pub addresses: Vec<InterfaceAddress>,
    /// How it queues packets: `noqueue`, `netem`, ...
    pub qdisc: Option<String>,
    /// How many packets it queues.
    pub txqueuelen: Option<u32>,
    /// The group to which it belongs; 0 prints as `default`.
    pub group: u32,
}

/// The bridge of which an interface is a port.
///
/// # Examples
///
/// ```
/// use netns_test::Interface;
///
/// fn is_port_of(interface: &Interface, bridge: &str) -> bool {
///     interface.master.as_ref().is_some_and(|master| master.name == bridge)
/// }
/// # let _: fn(&Interface, &str) -> bool = is_port_of;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Master {
    /// Its number.
    pub index: u32,
    /// Its name; `if` and the number when it went away while we were looking.
    pub name: String,
}

/// The interface at the other end, or below.
///
/// # Examples
///
/// ```
/// use netns_test::{Interface, Peer};
///
/// fn peer_node(interface: &Interface) -> Option<&str> {
///     interface.peer.as_ref()?.node.as_deref()
/// }
/// # let _: fn(&Interface) -> Option<&str> = peer_node;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// Its number in its own namespace; 0 for a tunnel such as `sit0` that is bound to no interface.
    pub index: u32,
    /// Its name, if it is in the same namespace.
    pub name: Option<String>,
    /// This namespace's number for the other one (`link-netnsid`), if it is in another.
    pub namespace: Option<i32>,
    /// The name of the node in whose namespace it is, if it is in another and belongs to this network.
    pub node: Option<String>,
}

impl Interface {
    /// The interface and its counters, as `ip -s link show` prints them.
    ///
    /// ```
    /// use netns_test::Interface;
    ///
    /// fn print(interface: &Interface) {
    ///     println!("{}", interface.statistics());
    /// }
    /// # let _: fn(&Interface) = print;
    /// ```
    pub fn statistics(&self) -> impl fmt::Display {
        text(|f| {
            self.write_link(f, true)?;
            self.counters.write_ip(f)
        })
    }

    /// The interface as `ifconfig` prints it, with the decimal flags: 4163 for an interface in use.
    ///
    /// Every IPv4 address is on a line of its own, where `ifconfig` shows the first, and those with an alias as further
    /// interfaces.
    ///
    /// ```
    /// use netns_test::Interface;
    ///
    /// fn print(interface: &Interface) {
    ///     println!("{}", interface.ifconfig());
    /// }
    /// # let _: fn(&Interface) = print;
    /// ```
    pub fn ifconfig(&self) -> impl fmt::Display {
        text(|f| ifconfig::write(self, f))
    }

    /// The two lines about the link itself; `ip link` shows the mode, `ip address` does not.
    fn write_link(&self, f: &mut fmt::Formatter<'_>, with_mode: bool) -> fmt::Result {
        write!(f, "{}: {}", self.index, self.name)?;
        if let Some(peer) = &self.peer {
            write!(f, "@{peer}")?;
        }
        write!(f, ": <{}> mtu {}", self.flags, self.mtu)?;
        if let Some(qdisc) = &self.qdisc {
            write!(f, " qdisc {qdisc}")?;
        }
        if let Some(master) = &self.master {
            write!(f, " master {}", master.name)?;
        }
        write!(f, " state {}", self.state)?;
        if with_mode {
            write!(f, " mode {}", self.mode)?;
        }
        match self.group {
            0 => write!(f, " group default")?,
            group => write!(f, " group {group}")?,
        }
        if let Some(length @ 1..) = self.txqueuelen {
            write!(f, " qlen {length}")?;
        }
        write!(f, "\n    link/{}", self.hardware)?;
        if let Some(mac) = self.mac {
            write!(f, " {mac}")?;
        }
        if let Some(broadcast) = self.broadcast {
            let word = if self.flags.point_to_point() {
                "peer"
            } else {
                "brd"
            };
            write!(f, " {word} {broadcast}")?;
        }
        match &self.peer {
            Some(Peer {
                node: Some(node), ..
            }) => write!(f, " link-netns {node}"),
            Some(Peer {
                namespace: Some(number @ 0..),
                ..
            }) => write!(f, " link-netnsid {number}"),
            Some(Peer {
                namespace: Some(_), ..
            }) => write!(f, " link-netnsid unknown"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_link(f, false)?;
        for address in &self.addresses {
            write!(f, "\n    {address}\n       {}", address.lifetimes())?;
        }
        Ok(())
    }
}

/// As behind the `@` in `ip link`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.index) {
            (Some(name), _) => f.pad(name),
            (None, 0) => f.pad("NONE"),
            (None, index) => write!(f, "if{index}"),
        }
    }
}

/// The name alone.
impl fmt::Display for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::address::AddressFlags;
    use super::super::address::tests::address;
    use super::super::scope::Scope;
    use super::*;

    /// Lab A's `eth0` in `ns1`.
    pub(crate) fn eth0() -> Interface {
        let mut inner = address("172.16.1.1/16");
        inner.broadcast = inner.address.broadcast();
        let mut local = address("fe80::ff:fe01:2/64");
        local.scope = Scope::Link;
        local.flags = AddressFlags::from_bits(0x82);
        Interface {
            name: "eth0".to_owned(),
            index: 3,
            kind: Some("veth".to_owned()),
            hardware: Hardware::Ethernet,
            flags: InterfaceFlags::from_bits(0x11043),
            mtu: 1500,
            mac: Some(Mac([2, 0, 0, 1, 0, 2])),
            broadcast: Some(Mac([0xff; 6])),
            state: OperState::Up,
            mode: LinkMode::Default,
            master: None,
            peer: Some(Peer {
                index: 4,
                name: None,
                namespace: Some(0),
                node: None,
            }),
            counters: Counters {
                rx_packets: 7,
                rx_bytes: 586,
                tx_packets: 7,
                tx_bytes: 586,
                ..Counters::default()
            },
            addresses: vec![inner, local],
            qdisc: Some("noqueue".to_owned()),
            txqueuelen: Some(1000),
            group: 0,
        }
    }

    /// The loopback interface of a fresh namespace.
    pub(crate) fn lo() -> Interface {
        Interface {
            name: "lo".to_owned(),
            index: 1,
            kind: None,
            hardware: Hardware::Loopback,
            flags: InterfaceFlags::from_bits(8),
            mtu: 65536,
            mac: Some(Mac([0; 6])),
            broadcast: Some(Mac([0; 6])),
            state: OperState::Down,
            peer: None,
            counters: Counters::default(),
            addresses: Vec::new(),
            qdisc: Some("noop".to_owned()),
            ..eth0()
        }
    }

    #[test]
    fn a_fresh_namespace_shows_lo_down() {
        assert_eq!(
            lo().to_string(),
            "\
1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00"
        );
    }

    #[test]
    fn a_new_pair_names_its_other_end() {
        let veth1 = Interface {
            name: "veth1".to_owned(),
            index: 10,
            flags: InterfaceFlags::from_bits(0x1002).with_peer_down(true),
            state: OperState::Down,
            peer: Some(Peer {
                index: 9,
                name: Some("veth1p".to_owned()),
                namespace: None,
                node: None,
            }),
            addresses: Vec::new(),
            qdisc: Some("noop".to_owned()),
            ..eth0()
        };
        assert_eq!(
            veth1.to_string(),
            "\
10: veth1@veth1p: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 02:00:00:01:00:02 brd ff:ff:ff:ff:ff:ff"
        );
    }

    #[test]
    fn an_end_whose_peer_left_shows_its_number_and_namespace() {
        let mut eth0 = eth0();
        assert_eq!(
            eth0.to_string(),
            "\
3: eth0@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:01:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet 172.16.1.1/16 brd 172.16.255.255 scope global eth0
       valid_lft forever preferred_lft forever
    inet6 fe80::ff:fe01:2/64 scope link nodad
       valid_lft forever preferred_lft forever"
        );
        eth0.addresses.clear();
        eth0.peer.as_mut().unwrap().node = Some("root".to_owned());
        assert!(eth0.to_string().ends_with(" link-netns root"));
    }

    #[test]
    fn a_port_without_carrier_says_so() {
        let port = Interface {
            name: "veth1".to_owned(),
            index: 4,
            flags: InterfaceFlags::from_bits(0x1003),
            state: OperState::LowerLayerDown,
            master: Some(Master {
                index: 2,
                name: "mydocker0".to_owned(),
            }),
            addresses: Vec::new(),
            ..eth0()
        };
        assert_eq!(
            port.statistics().to_string(),
            "\
4: veth1@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue master mydocker0 state LOWERLAYERDOWN mode DEFAULT group default qlen 1000
    link/ether 02:00:00:01:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    RX:  bytes packets errors dropped  missed   mcast
           586       7      0       0       0       0
    TX:  bytes packets errors dropped carrier collsns
           586       7      0       0       0       0"
        );
    }

    #[test]
    fn a_tunnel_that_some_kernels_add_is_listed() {
        let sit0 = Interface {
            name: "sit0".to_owned(),
            index: 2,
            kind: Some("sit".to_owned()),
            hardware: Hardware::Sit,
            flags: InterfaceFlags::from_bits(0x80),
            mtu: 1480,
            mac: None,
            broadcast: None,
            peer: Some(Peer {
                index: 0,
                name: None,
                namespace: None,
                node: None,
            }),
            ..lo()
        };
        assert_eq!(
            sit0.to_string(),
            "2: sit0@NONE: <NOARP> mtu 1480 qdisc noop state DOWN group default qlen 1000\n    link/sit"
        );
    }
}
