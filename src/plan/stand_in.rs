//! Decides what serves instead of a kernel parameter that cannot be written: most containers have a read-only `/proc/sys`, and the
//! kernel takes some of it by netlink, interface by interface.

use std::net::{IpAddr, Ipv6Addr};

use crate::address::{Cidr, Family, Mac};
use crate::plan::{Bridge, Ends, Node, Plan};

/// What is done to interfaces instead of writing a parameter of the whole network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// Each gets this IPv4 parameter, by the kernel's number, which it would have taken over from the network.
    Ipv4 { parameter: u16, value: u32 },
    /// None gives itself an IPv6 address: there is nothing that IPv6 could say.
    NoIpv6,
    /// Each gets the link-local address that it would have given itself, but without a search for duplicates.
    LinkLocal,
}

/// The IPv4 parameters of an interface in the order of their numbers, which begin at 1.
///
/// See `linux/ip.h`.
const IPV4: [&str; 33] = [
    "forwarding",
    "mc_forwarding",
    "proxy_arp",
    "accept_redirects",
    "secure_redirects",
    "send_redirects",
    "shared_media",
    "rp_filter",
    "accept_source_route",
    "bootp_relay",
    "log_martians",
    "tag",
    "arp_filter",
    "medium_id",
    "disable_xfrm",
    "disable_policy",
    "force_igmp_version",
    "arp_announce",
    "arp_ignore",
    "promote_secondaries",
    "arp_accept",
    "arp_notify",
    "accept_local",
    "src_valid_mark",
    "proxy_arp_pvlan",
    "route_localnet",
    "igmpv2_unsolicited_report_interval",
    "igmpv3_unsolicited_report_interval",
    "ignore_routes_with_linkdown",
    "drop_unicast_in_l2_multicast",
    "drop_gratuitous_arp",
    "bc_forwarding",
    "arp_evict_nocarrier",
];

/// What serves instead of one of this crate's own defaults.
pub(crate) fn of_default(name: &str, value: &str) -> Option<StandIn> {
    match name {
        "net/ipv6/conf/default/accept_dad" => Some(StandIn::LinkLocal),
        "net/ipv6/conf/default/disable_ipv6" | "net/ipv6/conf/all/disable_ipv6" => {
            Some(StandIn::NoIpv6)
        }
        // The kernel asks the interface by which a packet came whether to forward it.
        "net/ipv4/ip_forward" => ipv4("forwarding", value),
        _ => ipv4(name.strip_prefix("net/ipv4/conf/default/")?, value),
    }
}

/// The interface that a parameter belongs to, and how netlink spells it; `None` unless it is an IPv4 parameter of one interface.
pub(crate) fn of_interface<'n>(name: &'n str, value: &str) -> Option<(&'n str, StandIn)> {
    let (interface, parameter) = name.strip_prefix("net/ipv4/conf/")?.rsplit_once('/')?;
    let belongs_to_all = ["all", "default"].contains(&interface);
    let stand_in = ipv4(parameter, value)?;
    (!belongs_to_all).then_some((interface, stand_in))
}

fn ipv4(name: &str, value: &str) -> Option<StandIn> {
    let position = IPV4.iter().position(|known| *known == name)?;
    let value: i32 = value.parse().ok()?;
    Some(StandIn::Ipv4 {
        parameter: position as u16 + 1,
        value: value as u32,
    })
}

/// An interface as a stand-in sees it.
pub(crate) struct Interface<'p> {
    pub(crate) name: &'p str,
    pub(crate) index: u32,
    /// The link-local address that it is to have; `None` if it has that already, or if the kernel would give it none.
    pub(crate) link_local: Option<Cidr>,
}

impl Plan {
    /// The interfaces of a node, `lo` excepted.
    pub(crate) fn interfaces<'p>(
        &self,
        node: &'p Node,
        ends: &Ends<'p>,
    ) -> impl Iterator<Item = Interface<'p>> + use<'p> {
        let ports = ends
            .near
            .iter()
            .filter_map(|end| Some((end.bridge?, end.mac)));
        let ports: Vec<(usize, Mac)> = ports.collect();
        let bridges = node
            .bridges
            .iter()
            .enumerate()
            .map(move |(position, bridge)| {
                let ports = ports.iter().filter(|(of, _)| *of == position);
                let lowest = ports.map(|(_, mac)| *mac).min();
                interface(bridge, lowest)
            });
        let ends = ends.all.clone().into_iter().map(|end| Interface {
            name: &end.name,
            index: end.index,
            link_local: link_local(end.mac, &end.addresses),
        });
        bridges.chain(ends)
    }

    /// What the kernel gives to `lo` of a family that the topology excludes; IPv6 unless it could be switched off.
    pub(crate) fn unwanted_loopback(&self) -> Option<Cidr> {
        match self.only? {
            Family::V4 => Cidr::new(Ipv6Addr::LOCALHOST.into(), 128).ok(),
            Family::V6 => Some(Cidr::LOOPBACK),
        }
    }
}

/// A bridge has its own hardware address or the lowest of its ports'. Without ports it has no carrier, and so no address.
fn interface(bridge: &Bridge, lowest: Option<Mac>) -> Interface<'_> {
    let mac = lowest.map(|lowest| bridge.mac.unwrap_or(lowest));
    Interface {
        name: &bridge.name,
        index: bridge.index,
        link_local: mac.and_then(|mac| link_local(mac, &bridge.addresses)),
    }
}

fn link_local(mac: Mac, addresses: &[Cidr]) -> Option<Cidr> {
    let own = IpAddr::V6(mac.link_local());
    let is_there = addresses.iter().any(|address| address.address() == own);
    Cidr::new(own, 64).ok().filter(|_| !is_there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Topology;

    #[test]
    fn every_default_of_ours_that_netlink_can_set_has_a_stand_in() {
        let lan = Topology::lan(["a", "b", "c"]);
        let plan = lan.router("r", |r| r.join("lan")).plan().unwrap();
        let defaults = plan.nodes[4..]
            .iter()
            .flat_map(|node| plan.default_sysctls(node));
        let all = defaults.chain(crate::plan::INHERITED);
        let mut without: Vec<&str> = all
            .filter(|(name, value)| of_default(name, value).is_none())
            .map(|(name, _)| name)
            .collect();
        without.retain(|name| !name.starts_with("net/ipv4/conf/all/"));
        assert_eq!(
            without,
            [
                "net/ipv6/conf/default/router_solicitations",
                "net/ipv4/ip_unprivileged_port_start",
                "net/ipv4/icmp_ratemask",
                crate::plan::IPV6_FORWARDING,
                "net/ipv6/icmp/ratemask",
                "net/ipv4/tcp_congestion_control",
                "net/ipv4/tcp_rmem",
                "net/ipv4/tcp_wmem",
            ]
        );
    }

    #[test]
    fn parameters_have_the_kernels_numbers() {
        let numbered = |name, parameter| {
            let stand_in = of_interface(name, "2");
            let value = 2;
            assert_eq!(
                stand_in.map(|(_, it)| it),
                Some(StandIn::Ipv4 { parameter, value }),
                "{name}"
            );
        };
        numbered("net/ipv4/conf/eth0/forwarding", 1);
        numbered("net/ipv4/conf/veth1.1/rp_filter", 8);
        numbered("net/ipv4/conf/eth0/arp_ignore", 19);
        numbered("net/ipv4/conf/eth0/arp_evict_nocarrier", 33);
        assert_eq!(of_interface("net/ipv4/conf/all/forwarding", "1"), None);
        assert_eq!(of_interface("net/ipv4/conf/default/forwarding", "1"), None);
        assert_eq!(of_interface("net/ipv4/conf/eth0/forwarding", "x"), None);
        assert_eq!(of_interface("net/ipv6/conf/eth0/forwarding", "1"), None);
        assert_eq!(of_interface("net/ipv4/tcp_fin_timeout", "1"), None);
    }

    #[test]
    fn a_bridge_has_the_link_local_address_of_its_lowest_port() {
        let topology = Topology::new()
            .bridge("br0", ())
            .bridge("empty", ())
            .host("a", |h| h.attach("br0", "10.0.0.1/24"))
            .host("b", |h| h.attach("br0", "10.0.0.2/24"));
        let plan = topology.plan().unwrap();
        let ends = plan.ends_by_node();
        let found: Vec<Interface<'_>> = plan.interfaces(&plan.nodes[0], &ends[0]).collect();
        let bridge = found.iter().find(|it| it.name == "br0").unwrap();
        let ports = || ends[0].near.iter().map(|end| end.mac);
        assert_eq!(
            bridge.link_local.unwrap().address(),
            IpAddr::V6(ports().min().unwrap().link_local())
        );
        let empty = found.iter().find(|it| it.name == "empty").unwrap();
        assert_eq!(empty.link_local, None);
        assert_eq!(found.len(), 2 + ports().count());
    }
}
