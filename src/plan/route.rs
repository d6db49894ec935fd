//! Decides routes: their family, gateway, interface and source.

use std::net::IpAddr;
use std::panic::Location;

use crate::address::Cidr;
use crate::error::{Error, Kind, Result};
use crate::plan::address::is_link_local;
use crate::plan::draft::{Draft, listed, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Route, family};
use crate::topology::{Mistake, RouteKind, RouteSpec, Topology, Written};

/// An interface that a route can leave by.
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) addresses: Vec<Cidr>,
}

/// Decides a route that is added to a live node. Whether its gateway is within reach, the kernel knows best.
pub(crate) fn decide_one(spec: &RouteSpec, node: &str, devices: &[Device]) -> Result<Route> {
    let object = format!("route `{}` of node `{node}`", spec.destination.text);
    let mut mistakes = Mistakes::new(&[Mistake::GatewayOffSubnet]);
    let route = Deciding {
        spec,
        devices,
        earlier: &[],
        object: &object,
        mistakes: &mut mistakes,
    }
    .route();
    mistakes.into_result()?;
    route.ok_or_else(|| {
        let what = format!("decide {object}");
        Error::new(Kind::Topology, what, "something about it is wrong")
    })
}

/// Gives every node its routes.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (node, host) in nodes(topology) {
        let devices = devices(draft, node);
        let mut decided: Vec<(Route, &'static Location<'static>)> = Vec::new();
        for spec in &host.routes {
            if family::leaves_out(draft.only, spec) {
                continue;
            }
            let at = spec.destination.at;
            let object = format!(
                "route `{}` of node `{}`",
                spec.destination.text, host.name.text
            );
            if topology.bare {
                let cause = "a route needs a link that is up, and a bare topology raises none: add it to the live host";
                mistakes.push(at, &object, cause);
            }
            let earlier: Vec<Route> = decided.iter().map(|(route, _)| route.clone()).collect();
            let route = Deciding {
                spec,
                devices: &devices,
                earlier: &earlier,
                object: &object,
                mistakes,
            }
            .route();
            let Some(route) = route else { continue };
            if let Some(cause) = taken(&route, &decided, &devices) {
                mistakes.push(at, &object, cause);
            }
            decided.push((route, at));
        }
        let routes = decided.into_iter().map(|(route, _)| route);
        draft.nodes[node].routes.extend(routes);
    }
}

/// Why the kernel would say that the route exists already, in words: it takes one for each destination and metric.
fn taken(
    route: &Route,
    decided: &[(Route, &'static Location<'static>)],
    devices: &[Device],
) -> Option<String> {
    let ipv4 = route.destination.is_ipv4();
    let same = |(earlier, _): &&(Route, _)| {
        earlier.destination == route.destination && priority(earlier) == priority(route)
    };
    if let Some((_, first)) = decided.iter().find(same) {
        return Some(format!(
            "there is one already, from {first}: give one of them another `.metric(..)`"
        ));
    }
    let connected = |device: &&Device| {
        device.addresses.iter().any(|address| {
            let has_route = !ipv4 || address.prefix() < 32;
            has_route && address.network() == route.destination
        })
    };
    let device = devices.iter().find(connected)?;
    (priority(route) == if ipv4 { 0 } else { 256 }).then(|| {
        format!(
            "the kernel adds this one itself, with the address of interface `{}`: give yours another `.metric(..)`",
            device.name
        )
    })
}

/// What the kernel makes of a route's metric.
fn priority(route: &Route) -> u32 {
    match (route.metric.unwrap_or(0), route.destination.is_ipv4()) {
        (0, false) => 1024,
        (metric, _) => metric,
    }
}

/// The node's interfaces that can carry addresses: bridges, and ends of cables that are no ports.
fn devices(draft: &Draft<'_>, node: usize) -> Vec<Device> {
    let bridges = draft
        .domains
        .iter()
        .filter_map(|domain| domain.bridge.as_ref())
        .filter(|it| it.node == node);
    let bridges = bridges.map(|it| Device {
        name: it.bridge.name.clone(),
        index: it.bridge.index,
        addresses: it.bridge.addresses.clone(),
    });
    let ends = draft
        .cables
        .iter()
        .flatten()
        .filter(|end| end.node == node && !end.port);
    let ends = ends.map(|end| Device {
        name: end.name.clone(),
        index: end.index,
        addresses: end.addresses.iter().map(|(address, _)| *address).collect(),
    });
    bridges.chain(ends).collect()
}

/// One route in the making.
struct Deciding<'a, 'm> {
    spec: &'a RouteSpec,
    devices: &'a [Device],
    /// The node's routes so far.
    earlier: &'a [Route],
    object: &'a str,
    mistakes: &'a mut Mistakes<'m>,
}

impl<'a> Deciding<'a, '_> {
    /// The decided route; `None` when something about it is wrong.
    fn route(mut self) -> Option<Route> {
        let via = match &self.spec.via {
            Some(written) => Some(self.ip(written)?),
            None => None,
        };
        let source = match &self.spec.source {
            Some(written) => Some(self.source(written)?),
            None => None,
        };
        let destination = self.destination(via, source)?;
        if let Some(via) = via {
            self.gateway(via)?;
        } else if self.spec.onlink {
            let cause = "`.onlink()` is about a gateway, and there is none: add `.via(..)`";
            return self.wrong(self.spec.destination.at, cause);
        }
        let device = match (self.spec.kind, &self.spec.device, via) {
            (RouteKind::Unicast, Some(name), None) => Some(self.named(name)?),
            (RouteKind::Unicast, Some(name), Some(via)) => {
                let device = self.named(name)?;
                self.reachable_by(via, device);
                Some(device)
            }
            (RouteKind::Unicast, None, Some(via)) => self.towards(via)?,
            (RouteKind::Unicast, None, None) => {
                let cause = "nothing says where to: add `.via(..)`, `.device(..)`, `.blackhole()` or the like";
                return self.wrong(self.spec.destination.at, cause);
            }
            (_, None, None) => None,
            _ => {
                return self.wrong(
                    self.spec.destination.at,
                    "a route that refuses packets has no gateway or interface",
                );
            }
        };
        let &RouteSpec {
            kind,
            metric,
            onlink,
            ..
        } = self.spec;
        let device = device.map(|device| (device.name.clone(), device.index));
        Some(Route {
            kind,
            destination,
            via,
            device,
            metric,
            source,
            onlink,
        })
    }

    fn wrong<T>(&mut self, at: &Location<'_>, cause: impl AsRef<str>) -> Option<T> {
        self.mistakes.push(at, self.object, cause);
        None
    }

    fn ip(&mut self, written: &Written) -> Option<IpAddr> {
        match written.text.parse() {
            Ok(address) => Some(address),
            Err(_) => self.wrong(
                written.at,
                format!("`{}` is not an IP address", written.text),
            ),
        }
    }

    fn source(&mut self, written: &Written) -> Option<IpAddr> {
        let source = self.ip(written)?;
        let own = self
            .devices
            .iter()
            .flat_map(|device| &device.addresses)
            .any(|own| own.address() == source);
        if own {
            Some(source)
        } else {
            self.wrong(
                written.at,
                format!("the source {source} is none of the node's addresses"),
            )
        }
    }

    /// The destination; `default` has the family of the gateway or source.
    fn destination(&mut self, via: Option<IpAddr>, source: Option<IpAddr>) -> Option<Cidr> {
        let written = &self.spec.destination;
        let like = via.or(source);
        let destination = if written.text == "default" {
            Cidr::everything(like.is_none_or(|like| like.is_ipv4()))
        } else {
            self.mistakes.parse(written, self.object)?
        };
        if destination != destination.network() {
            let cause = format!(
                "{destination} has host bits set, the subnet is {}",
                destination.network()
            );
            return self.wrong(written.at, cause);
        }
        let mut others = via.iter().chain(&source);
        if others.any(|other| other.is_ipv4() != destination.is_ipv4()) {
            return self.wrong(
                written.at,
                "destination, gateway and source are of different families",
            );
        }
        Some(destination)
    }

    /// Refuses what the kernel would call an invalid gateway.
    fn gateway(&mut self, via: IpAddr) -> Option<()> {
        let at = self.gateway_at();
        if via.is_unspecified() || via.is_multicast() {
            return self.wrong(at, format!("gateway {via} is no host's address"));
        }
        for device in self.devices {
            for own in &device.addresses {
                let name = &device.name;
                if own.address() == via {
                    return self.wrong(
                        at,
                        format!("gateway {via} is the node's own address, on interface `{name}`"),
                    );
                }
                if own.broadcast().map(IpAddr::V4) == Some(via) {
                    return self.wrong(
                        at,
                        format!("gateway {via} is the broadcast address of interface `{name}`"),
                    );
                }
            }
        }
        Some(())
    }

    fn gateway_at(&self) -> &'static Location<'static> {
        self.spec.via.as_ref().unwrap_or(&self.spec.destination).at
    }

    fn named(&mut self, name: &Written) -> Option<&'a Device> {
        let devices = self.devices;
        let found = devices.iter().find(|device| device.name == name.text);
        if found.is_none() {
            let known: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
            return self.wrong(
                name.at,
                format!(
                    "no interface is called `{}` ({})",
                    name.text,
                    listed(&known)
                ),
            );
        }
        found
    }

    /// The interface that leads to a gateway: the one on its subnet, or the only one. The kernel decides if none does.
    fn towards(&mut self, via: IpAddr) -> Option<Option<&'a Device>> {
        let devices = self.devices;
        if !is_link_local(via) {
            let found = devices.iter().find(|device| self.reaches(device, via));
            if found.is_some() {
                return Some(found);
            }
            if !self.spec.onlink {
                self.off_subnet(via, devices, "the node");
                return Some(None);
            }
        }
        let cause = match devices {
            [only] => return Some(Some(only)),
            [] => format!("nothing leads to gateway {via}: the node has no interface"),
            _ => format!("gateway {via} could be behind any interface: name it with `.device(..)`"),
        };
        self.wrong(self.gateway_at(), cause)
    }

    /// Whether a gateway is behind the interface that was named.
    fn reachable_by(&mut self, via: IpAddr, device: &'a Device) {
        if !self.spec.onlink && !is_link_local(via) && !self.reaches(device, via) {
            let owner = format!("interface `{}`", device.name);
            self.off_subnet(via, std::slice::from_ref(device), &owner);
        }
    }

    /// Whether an address of the interface, or an earlier route by it, says that the gateway is on its link.
    fn reaches(&self, device: &Device, via: IpAddr) -> bool {
        let routed = |route: &Route| {
            let by_it = matches!(&route.device, Some((_, index)) if *index == device.index);
            by_it && route.via.is_none() && route.destination.contains(via)
        };
        device.addresses.iter().any(|own| own.contains(via)) || self.earlier.iter().any(routed)
    }

    fn off_subnet(&mut self, via: IpAddr, devices: &[Device], owner: &str) {
        let subnets = devices.iter().flat_map(|device| &device.addresses);
        let subnets: Vec<String> = subnets
            .map(|address| address.network().to_string())
            .collect();
        let cause = match subnets.as_slice() {
            [] => format!("gateway {via} is on no subnet of {owner}, it has no addresses"),
            subnets => {
                let subnets = subnets.join(", ");
                format!("gateway {via} is on no subnet of {owner} ({subnets})")
            }
        };
        let at = self.gateway_at();
        self.mistakes
            .push_unless_allowed(Mistake::GatewayOffSubnet, at, self.object, cause);
    }
}
