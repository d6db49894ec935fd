//! The addresses of a host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::host::Host;
use crate::sys::netlink::look;

impl Host<'_> {
    /// The host's first IPv4 address.
    ///
    /// # Panics
    ///
    /// It has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.host("b").ipv4().to_string(), "10.1.0.2");
    /// assert_eq!(net.host("b").ipv6().to_string(), "fd00:1::2");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn ipv4(self) -> Ipv4Addr {
        let found = self
            .addresses()
            .into_iter()
            .find_map(|address| match address {
                IpAddr::V4(address) if !address.is_loopback() => Some(address),
                _ => None,
            });
        // No closure: the panic is at the caller's line.
        match found {
            Some(address) => address,
            None => panic!(
                "failed to tell the IPv4 address of host `{}`: it has none",
                self.name()
            ),
        }
    }

    /// The host's first IPv6 address that is not link-local.
    ///
    /// # Panics
    ///
    /// It has none.
    #[track_caller]
    pub fn ipv6(self) -> Ipv6Addr {
        let found = self
            .addresses()
            .into_iter()
            .find_map(|address| match address {
                IpAddr::V6(address)
                    if !address.is_loopback() && !address.is_unicast_link_local() =>
                {
                    Some(address)
                }
                _ => None,
            });
        // No closure: the panic is at the caller's line.
        match found {
            Some(address) => address,
            None => panic!(
                "failed to tell the IPv6 address of host `{}`: it has none",
                self.name()
            ),
        }
    }

    /// A port at the host's first address that is not link-local, IPv4 if it has one.
    ///
    /// A name stands for all addresses, and resolvers often prefer IPv6: a server that is bound to a name alone is not at this one.
    ///
    /// # Panics
    ///
    /// The host has no such address.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.host("a").socket_addr(80).to_string(), "10.1.0.1:80");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn socket_addr(self, port: u16) -> SocketAddr {
        let is_useful = |address: &IpAddr| match address {
            IpAddr::V4(address) => !address.is_loopback(),
            IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
        };
        match self.addresses().into_iter().find(is_useful) {
            Some(address) => SocketAddr::new(address, port),
            None => panic!(
                "failed to tell the address of host `{}`: it has none",
                self.name()
            ),
        }
    }

    /// The addresses of the plan, and after them those that were added since; those of the plan, where the host has crashed.
    pub(crate) fn addresses(self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = self
            .parts
            .plan
            .addresses(self.node)
            .map(crate::address::Cidr::address)
            .collect();
        if self.live().has_crashed() {
            return addresses;
        }
        if let Ok(live) = look::addresses(&mut self.live().netlink()) {
            let live: Vec<IpAddr> = live
                .into_iter()
                .map(|(_, it)| it.address.address())
                .collect();
            addresses.retain(|address| live.contains(address));
            let added = live
                .into_iter()
                .filter(|address| !addresses.contains(address))
                .collect::<Vec<_>>();
            addresses.extend(added);
        }
        addresses
    }
}
