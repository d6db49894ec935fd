//! The multicast groups of the calling thread's network namespace.

use std::collections::HashSet;
use std::fs;
use std::net::Ipv6Addr;

/// The IPv6 groups that each interface, by its number, has joined; `None` if this system does not tell.
pub(crate) fn joined() -> Option<HashSet<(u32, Ipv6Addr)>> {
    let listing = fs::read_to_string("/proc/thread-self/net/igmp6").ok()?;
    Some(listing.lines().filter_map(group).collect())
}

/// One line: `100  eth0  ff0200000000000000000001ff000002  1 00000004 0`.
fn group(line: &str) -> Option<(u32, Ipv6Addr)> {
    let mut words = line.split_whitespace();
    let index = words.next()?.parse().ok()?;
    let group = u128::from_str_radix(words.nth(1)?, 16).ok()?;
    Some((index, Ipv6Addr::from_bits(group)))
}

/// The group in which the neighbours of an address ask for it, [RFC 4291](https://www.rfc-editor.org/rfc/rfc4291#section-2.7.1).
pub(crate) fn solicited(address: Ipv6Addr) -> Ipv6Addr {
    let low = address.to_bits() & 0xff_ffff;
    Ipv6Addr::from_bits(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 0).to_bits() | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_interface_and_the_group_of_an_address() {
        let line = "100  eth0            ff0200000000000000000001ff000002     1 00000004 0";
        let address = "fd00:1::2".parse().unwrap();
        assert_eq!(group(line), Some((100, solicited(address))));
        assert_eq!(group("100 eth0"), None);
        assert_eq!(
            solicited("fd00::1234:5678".parse().unwrap()).to_string(),
            "ff02::1:ff34:5678"
        );
    }
}
