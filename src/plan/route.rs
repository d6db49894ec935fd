//! Decides routes: their family, gateway, interface and source.

use std::net::IpAddr;
use std::panic::Location;

use crate::address::Cidr;
use crate::error::{Error, Kind, Result};
use crate::plan::Route;
use crate::plan::mistakes::Mistakes;
use crate::plan::wire::{Draft, listed, nodes};
use crate::topology::{Mistake, RouteKind, RouteSpec, Topology, Written};

/// An interface that a route can leave by.
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) addresses: Vec<Cidr>,
}

/// Decides a route that is added to a live node.
pub(crate) fn decide_one(spec: &RouteSpec, node: &str, devices: &[Device]) -> Result<Route> {
    let object = format!("route `{}` of node `{node}`", spec.destination.text);
    let mut mistakes = Mistakes::new(&[Mistake::GatewayOffSubnet]);
    let route = Deciding {
        spec,
        devices,
        object: &object,
        mistakes: &mut mistakes,
    }
    .route();
    mistakes.into_result()?;
    route.ok_or_else(|| {
        Error::new(
            Kind::Topology,
            format!("decide {object}"),
            "the node has no interface",
        )
    })
}

/// Gives every node its routes.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (node, host) in nodes(topology) {
        let devices = devices(draft, node);
        let object = format!("node `{}`", host.name.text);
        for spec in &host.routes {
            if topology.bare {
                let cause = "a route needs a link that is up, and a bare topology raises none: add it to the live host";
                mistakes.push(spec.destination.at, &object, cause);
            }
            let object = format!(
                "route `{}` of node `{}`",
                spec.destination.text, host.name.text
            );
            let route = Deciding {
                spec,
                devices: &devices,
                object: &object,
                mistakes,
            }
            .route();
            draft.nodes[node].routes.extend(route);
        }
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
        let destination = self.destination(via.or(source))?;
        let device = match (self.spec.kind, &self.spec.device, via) {
            (RouteKind::Unicast, Some(name), _) => Some(self.named(name)?),
            (RouteKind::Unicast, None, Some(via)) => Some(self.towards(via)?),
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
    fn destination(&mut self, like: Option<IpAddr>) -> Option<Cidr> {
        let written = &self.spec.destination;
        if written.text == "default" {
            return Some(Cidr::everything(like.is_none_or(|like| like.is_ipv4())));
        }
        let destination: Cidr = self.mistakes.parse(written, self.object)?;
        if destination != destination.network() {
            let cause = format!(
                "{destination} has host bits set, the subnet is {}",
                destination.network()
            );
            return self.wrong(written.at, cause);
        }
        if like.is_some_and(|like| like.is_ipv4() != destination.is_ipv4()) {
            return self.wrong(
                written.at,
                "destination, gateway and source are of different families",
            );
        }
        Some(destination)
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

    /// The interface that leads to a gateway: the one on its subnet, or the only one.
    fn towards(&mut self, via: IpAddr) -> Option<&'a Device> {
        let devices = self.devices;
        let at = self.spec.via.as_ref().unwrap_or(&self.spec.destination).at;
        let reaches =
            |device: &&Device| device.addresses.iter().any(|address| address.contains(via));
        if let Some(device) = devices.iter().find(reaches) {
            return Some(device);
        }
        match devices {
            [only] if self.spec.onlink || is_link_local(via) => Some(only),
            _ if self.spec.onlink || is_link_local(via) => self.wrong(
                at,
                format!("gateway {via} could be behind any interface: name it with `.device(..)`"),
            ),
            _ => {
                let subnets = devices.iter().flat_map(|device| &device.addresses);
                let subnets: Vec<String> = subnets
                    .map(|address| address.network().to_string())
                    .collect();
                let cause = match subnets.as_slice() {
                    [] => format!("gateway {via} is on no subnet of the node, it has no addresses"),
                    subnets => format!(
                        "gateway {via} is on no subnet of the node ({})",
                        subnets.join(", ")
                    ),
                };
                self.mistakes.push_unless_allowed(
                    Mistake::GatewayOffSubnet,
                    at,
                    self.object,
                    cause,
                );
                devices.first()
            }
        }
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
