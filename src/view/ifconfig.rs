//! An interface in the form of net-tools' `ifconfig`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::address::InterfaceAddress;
use super::interface::Interface;
use super::scope::Scope;
use super::state::Hardware;

/// In the order in which `ifconfig` prints them.
const NAMES: [(u16, &str); 14] = [
    (1 << 0, "UP"),
    (1 << 1, "BROADCAST"),
    (1 << 2, "DEBUG"),
    (1 << 3, "LOOPBACK"),
    (1 << 4, "POINTOPOINT"),
    (1 << 5, "NOTRAILERS"),
    (1 << 6, "RUNNING"),
    (1 << 7, "NOARP"),
    (1 << 8, "PROMISC"),
    (1 << 9, "ALLMULTI"),
    (1 << 11, "SLAVE"),
    (1 << 10, "MASTER"),
    (1 << 12, "MULTICAST"),
    (1 << 15, "DYNAMIC"),
];

pub(super) fn write(interface: &Interface, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let flags = interface.flags.short();
    let names: Vec<_> = NAMES
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    write!(
        f,
        "{}: flags={flags}<{}>  mtu {}",
        interface.name,
        names.join(","),
        interface.mtu
    )?;
    for address in &interface.addresses {
        write_address(interface, address, f)?;
    }
    write_hardware(interface, f)?;
    interface.counters.write_ifconfig(f)
}

fn write_address(
    interface: &Interface,
    address: &InterfaceAddress,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let prefix = address.address.prefix();
    match address.address.address() {
        IpAddr::V4(own) => {
            let free = 32 - u32::from(prefix);
            let mask = Ipv4Addr::from_bits(u32::MAX.checked_shl(free).unwrap_or(0));
            write!(f, "\n        inet {own}  netmask {mask}")?;
            if interface.flags.broadcast() {
                // A missing one is shown, too: it is worth noticing.
                let broadcast = address.broadcast.unwrap_or(Ipv4Addr::UNSPECIFIED);
                write!(f, "  broadcast {broadcast}")?;
            }
            match address.peer {
                Some(peer) if interface.flags.point_to_point() => {
                    write!(f, "  destination {peer}")
                }
                _ => Ok(()),
            }
        }
        IpAddr::V6(own) => {
            // The numbers are the tool's own: they are not those of the kernel's scopes.
            let scope = match address.scope {
                Scope::Global => "0x0<global>",
                Scope::Host => "0x10<host>",
                Scope::Link => "0x20<link>",
                Scope::Site => "0x40<site>",
                _ => "0x0<unknown>",
            };
            write!(
                f,
                "\n        inet6 {own}  prefixlen {prefix}  scopeid {scope}"
            )
        }
    }
}

fn write_hardware(interface: &Interface, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (word, title) = match interface.hardware {
        Hardware::Ethernet => ("ether", "Ethernet"),
        Hardware::Loopback => ("loop", "Local Loopback"),
        Hardware::Tunnel => ("tunnel", "IPIP Tunnel"),
        Hardware::Sit => ("sit", "IPv6-in-IPv4"),
        _ => ("unspec", "UNSPEC"),
    };
    write!(f, "\n        {word}")?;
    if let (Some(mac), Hardware::Ethernet) = (interface.mac, interface.hardware) {
        write!(f, " {mac}")?;
    }
    if let Some(length) = interface.txqueuelen {
        write!(f, "  txqueuelen {length}")?;
    }
    write!(f, "  ({title})")
}

#[cfg(test)]
mod tests {
    use super::super::interface::tests::{eth0, lo};
    use super::super::state::InterfaceFlags;

    #[test]
    fn an_interface_in_use_has_flags_4163() {
        assert_eq!(
            eth0().ifconfig().to_string(),
            "\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 172.16.1.1  netmask 255.255.0.0  broadcast 172.16.255.255
        inet6 fe80::ff:fe01:2  prefixlen 64  scopeid 0x20<link>
        ether 02:00:00:01:00:02  txqueuelen 1000  (Ethernet)
        RX packets 7  bytes 586 (586.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 7  bytes 586 (586.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0"
        );
    }

    #[test]
    fn the_labs_flags_are_4098_and_4099() {
        let mut end = eth0();
        for (bits, expected) in [
            (0x1002, "eth0: flags=4098<BROADCAST,MULTICAST>  mtu 1500\n"),
            (
                0x1003,
                "eth0: flags=4099<UP,BROADCAST,MULTICAST>  mtu 1500\n",
            ),
        ] {
            end.flags = InterfaceFlags::from_bits(bits);
            assert!(end.ifconfig().to_string().starts_with(expected));
        }
    }

    #[test]
    fn the_loopback_interface_has_no_hardware_address() {
        let mut lo = lo();
        lo.flags = InterfaceFlags::from_bits(0x10049);
        assert_eq!(
            lo.ifconfig().to_string(),
            "\
lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        loop  txqueuelen 1000  (Local Loopback)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0"
        );
    }
}
