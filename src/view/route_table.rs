//! A listing of routes, and its form in net-tools' `route -n`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;

use super::route::{Route, RouteKind};
use super::text;

/// Routes, in the kernel's order. It is a slice of [`Route`]s, and prints one on each line.
///
/// # Examples
///
/// ```
/// use netns_test::RouteTable;
///
/// fn show(table: &RouteTable) {
///     println!("{} routes:\n{table}", table.len());
/// }
/// show(&RouteTable::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable(pub Vec<Route>);

impl RouteTable {
    /// The IPv4 routes as `route -n` prints them.
    ///
    /// ```
    /// assert_eq!(
    ///     netns_test::RouteTable::default().classic().to_string(),
    ///     "Kernel IP routing table\n\
    ///      Destination     Gateway         Genmask         Flags Metric Ref    Use Iface",
    /// );
    /// ```
    pub fn classic(&self) -> impl fmt::Display {
        text(|f| {
            write!(
                f,
                "Kernel IP routing table\n{:<15} {:<15} {:<15} Flags Metric Ref    Use Iface",
                "Destination", "Gateway", "Genmask"
            )?;
            self.iter().try_for_each(|route| write_classic(route, f))
        })
    }
}

fn write_classic(route: &Route, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let IpAddr::V4(destination) = route.destination.address() else {
        return Ok(());
    };
    let prefix = u32::from(route.destination.prefix());
    let mask = Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - prefix).unwrap_or(0));
    // The tool knows one way for each route, and shows the first.
    let (via, device) = match route.next_hops.first() {
        Some(hop) => (hop.via, hop.device.as_deref()),
        None => (route.via, route.device.as_deref()),
    };
    let refused = matches!(route.kind, RouteKind::Unreachable | RouteKind::Prohibit);
    let gateway = match via {
        _ if refused => "-".to_owned(),
        Some(IpAddr::V4(via)) => via.to_string(),
        _ => Ipv4Addr::UNSPECIFIED.to_string(),
    };
    let mut flags = String::from(if refused { "!" } else { "U" });
    if via.is_some() {
        flags.push('G');
    }
    if prefix == 32 {
        flags.push('H');
    }
    let (references, device) = if refused {
        ("-", "-")
    } else {
        ("0", device.unwrap_or("*"))
    };
    write!(
        f,
        "\n{:<15} {gateway:<15} {:<15} {flags:<5} {:<6} {references:<2} {:>7} {device}",
        destination.to_string(),
        mask.to_string(),
        route.metric.unwrap_or(0),
        0
    )
}

impl Deref for RouteTable {
    type Target = [Route];

    fn deref(&self) -> &[Route] {
        &self.0
    }
}

impl IntoIterator for RouteTable {
    type Item = Route;
    type IntoIter = std::vec::IntoIter<Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a RouteTable {
    type Item = &'a Route;
    type IntoIter = std::slice::Iter<'a, Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, route) in self.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{route}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::route::{MAIN_TABLE, NextHop, RouteOrigin, RoutePreference};
    use super::super::scope::Scope;
    use super::*;

    fn route(destination: &str, device: Option<&str>) -> Route {
        Route {
            kind: RouteKind::Unicast,
            destination: destination.parse().unwrap(),
            via: None,
            device: device.map(str::to_owned),
            source: None,
            metric: None,
            protocol: RouteOrigin::Boot,
            scope: Scope::Global,
            table: MAIN_TABLE,
            onlink: false,
            dead: false,
            linkdown: false,
            mtu: None,
            expires: None,
            preference: None,
            next_hops: Vec::new(),
        }
    }

    fn via(destination: &str, router: &str) -> Route {
        Route {
            via: Some(router.parse().unwrap()),
            ..route(destination, Some("eth0"))
        }
    }

    fn connected(destination: &str, source: &str) -> Route {
        Route {
            protocol: RouteOrigin::Kernel,
            scope: Scope::Link,
            source: Some(source.parse().unwrap()),
            ..route(destination, Some("eth0"))
        }
    }

    fn hop(router: &str, weight: u16) -> NextHop {
        NextHop {
            via: Some(router.parse().unwrap()),
            device: Some("eth0".to_owned()),
            weight,
            onlink: false,
            dead: false,
            linkdown: false,
        }
    }

    #[test]
    fn the_labs_routes_print_as_ip_prints_them() {
        let table = RouteTable(vec![
            via("0.0.0.0/0", "172.16.1.254"),
            connected("172.16.0.0/16", "172.16.1.1"),
        ]);
        assert_eq!(
            table.to_string(),
            "\
default via 172.16.1.254 dev eth0
172.16.0.0/16 dev eth0 proto kernel scope link src 172.16.1.1"
        );
        assert!(table[0].is_default() && !table[1].is_default());
    }

    #[test]
    fn ipv4_routes_of_every_kind_print_as_ip_prints_them() {
        let refused = |kind, destination, metric| Route {
            kind,
            metric,
            ..route(destination, None)
        };
        let ways = Route {
            next_hops: vec![hop("172.16.1.254", 1), hop("172.16.1.9", 3)],
            ..route("10.30.0.0/16", None)
        };
        let mut broken = ways.clone();
        broken.next_hops[0].dead = true;
        broken.next_hops[0].linkdown = true;
        for (route, expected) in [
            (
                refused(RouteKind::Blackhole, "10.9.0.0/16", None),
                "blackhole 10.9.0.0/16",
            ),
            (
                refused(RouteKind::Unreachable, "10.10.0.0/16", Some(5)),
                "unreachable 10.10.0.0/16 metric 5",
            ),
            (
                refused(RouteKind::Prohibit, "10.11.0.1", None),
                "prohibit 10.11.0.1",
            ),
            (
                Route {
                    onlink: true,
                    mtu: Some(1400),
                    protocol: RouteOrigin::Static,
                    ..via("10.20.0.0/16", "192.168.7.7")
                },
                "10.20.0.0/16 via 192.168.7.7 dev eth0 proto static onlink mtu 1400",
            ),
            (
                Route {
                    metric: Some(77),
                    linkdown: true,
                    ..connected("10.7.0.0/24", "10.7.0.1")
                },
                "10.7.0.0/24 dev eth0 proto kernel scope link src 10.7.0.1 metric 77 linkdown",
            ),
            (
                ways,
                "10.30.0.0/16\n\tnexthop via 172.16.1.254 dev eth0 weight 1\n\tnexthop via 172.16.1.9 dev eth0 weight 3",
            ),
            (
                broken,
                "10.30.0.0/16\n\tnexthop via 172.16.1.254 dev eth0 weight 1 dead linkdown\n\tnexthop via 172.16.1.9 dev eth0 weight 3",
            ),
            (
                via("10.40.0.0/16", "fe80::1"),
                "10.40.0.0/16 via inet6 fe80::1 dev eth0",
            ),
            (
                Route {
                    kind: RouteKind::Local,
                    table: 255,
                    scope: Scope::Host,
                    ..connected("172.16.1.1", "172.16.1.1")
                },
                "local 172.16.1.1 dev eth0 table local proto kernel scope host src 172.16.1.1",
            ),
        ] {
            assert_eq!(route.to_string(), expected);
        }
    }

    #[test]
    fn ipv6_routes_print_as_ip_prints_them() {
        let advertised = |route| Route {
            metric: Some(1024),
            preference: Some(RoutePreference::Medium),
            ..route
        };
        for (route, expected) in [
            (
                advertised(via("::/0", "fd00::99")),
                "default via fd00::99 dev eth0 metric 1024 pref medium",
            ),
            (
                advertised(Route {
                    kind: RouteKind::Blackhole,
                    ..route("fd01::/64", Some("lo"))
                }),
                "blackhole fd01::/64 dev lo metric 1024 pref medium",
            ),
            (
                advertised(Route {
                    expires: Some(Duration::from_millis(299_900)),
                    ..via("fd06::/64", "fe80::5")
                }),
                "fd06::/64 via fe80::5 dev eth0 metric 1024 expires 299sec pref medium",
            ),
            (
                advertised(Route {
                    next_hops: vec![hop("fd00::98", 1), hop("fd00::97", 4)],
                    ..route("fd05::/64", None)
                }),
                "fd05::/64 metric 1024 pref medium\n\tnexthop via fd00::98 dev eth0 weight 1\n\tnexthop via fd00::97 dev eth0 weight 4",
            ),
        ] {
            assert_eq!(route.to_string(), expected);
        }
    }

    #[test]
    fn the_classic_form_is_that_of_route_n() {
        let table = RouteTable(vec![
            via("0.0.0.0/0", "172.16.1.254"),
            connected("10.0.0.2", "10.0.0.1"),
            Route {
                kind: RouteKind::Blackhole,
                ..route("10.9.0.0/16", None)
            },
            Route {
                kind: RouteKind::Unreachable,
                metric: Some(5),
                ..route("10.10.0.0/16", None)
            },
            Route {
                kind: RouteKind::Prohibit,
                ..route("10.11.0.1", None)
            },
            Route {
                next_hops: vec![hop("172.16.1.254", 1), hop("172.16.1.9", 3)],
                ..route("10.30.0.0/16", None)
            },
            connected("172.16.0.0/16", "172.16.1.1"),
            via("fd05::/64", "fd00::98"),
        ]);
        assert_eq!(
            table.classic().to_string(),
            "\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         172.16.1.254    0.0.0.0         UG    0      0        0 eth0
10.0.0.2        0.0.0.0         255.255.255.255 UH    0      0        0 eth0
10.9.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *
10.10.0.0       -               255.255.0.0     !     5      -        0 -
10.11.0.1       -               255.255.255.255 !H    0      -        0 -
10.30.0.0       172.16.1.254    255.255.0.0     UG    0      0        0 eth0
172.16.0.0      0.0.0.0         255.255.0.0     U     0      0        0 eth0"
        );
    }
}
