//! One route in the making.

use std::net::IpAddr;
use std::panic::Location;

use super::Device;
use crate::address::Cidr;
use crate::plan::address::is_link_local;
use crate::plan::draft::listed;
use crate::plan::mistakes::Mistakes;
use crate::plan::{NextHop, Route};
use crate::topology::{Mistake, RouteKind, RouteSpec, Written};
use crate::view::MAIN_TABLE;

/// A route as it was asked for, and what it is decided with.
pub(super) struct Deciding<'a, 'm> {
    pub(super) spec: &'a RouteSpec,
    pub(super) devices: &'a [Device],
    /// The node's routes so far.
    pub(super) earlier: &'a [Route],
    pub(super) object: &'a str,
    pub(super) mistakes: &'a mut Mistakes<'m>,
}

impl<'a> Deciding<'a, '_> {
    /// The decided route; `None` when something about it is wrong.
    pub(super) fn route(mut self) -> Option<Route> {
        let via = match &self.spec.via {
            Some(written) => Some(self.ip(written)?),
            None => None,
        };
        let source = match &self.spec.source {
            Some(written) => Some(self.source(written)?),
            None => None,
        };
        let hops = self.hop_addresses()?;
        let others: Vec<IpAddr> = via.into_iter().chain(hops.clone()).chain(source).collect();
        let destination = self.destination(&others)?;
        if let Some(via) = via {
            self.gateway(via, self.gateway_at())?;
        } else if self.spec.onlink && hops.is_empty() {
            let cause = "`.onlink()` is about a gateway, and there is none: add `.via(..)`";
            return self.wrong(self.spec.destination.at, cause);
        }
        let table = self.table()?;
        if !hops.is_empty() {
            let next_hops = self.next_hops(&hops)?;
            return Some(self.finished(destination, source, table, next_hops));
        }
        let device = match (self.spec.kind, &self.spec.device, via) {
            (RouteKind::Unicast, Some(name), None) => Some(self.named(name)?),
            (RouteKind::Unicast, Some(name), Some(via)) => {
                let device = self.named(name)?;
                self.reachable_by(via, device);
                Some(device)
            }
            (RouteKind::Unicast, None, Some(via)) => self.towards(via, self.gateway_at())?,
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
        let device = device.map(|device| (device.name.clone(), device.index));
        let route = self.finished(destination, source, table, Vec::new());
        Some(Route {
            via,
            device,
            ..route
        })
    }

    fn finished(
        &self,
        destination: Cidr,
        source: Option<IpAddr>,
        table: Option<u32>,
        next_hops: Vec<NextHop>,
    ) -> Route {
        Route {
            kind: self.spec.kind,
            destination,
            via: None,
            device: None,
            next_hops,
            metric: self.spec.metric,
            source,
            onlink: self.spec.onlink,
            table,
        }
    }

    /// The table, unless that is the main one.
    fn table(&mut self) -> Option<Option<u32>> {
        match self.spec.table {
            Some((0, at)) => self.wrong(at, "table 0 is none: tables have numbers from 1"),
            Some((MAIN_TABLE, _)) | None => Some(None),
            Some((table, _)) => Some(Some(table)),
        }
    }

    /// The gateways of a route with several.
    fn hop_addresses(&mut self) -> Option<Vec<IpAddr>> {
        let spec = self.spec;
        if let Some((first, _)) = spec.next_hops.first() {
            if spec.via.is_some() || spec.device.is_some() || spec.kind != RouteKind::Unicast {
                let cause = "a route with next hops has no other way: leave `.via(..)`, `.device(..)`, `.blackhole()` and the like out";
                return self.wrong(first.at, cause);
            }
        }
        spec.next_hops.iter().map(|(via, _)| self.ip(via)).collect()
    }

    fn next_hops(&mut self, addresses: &[IpAddr]) -> Option<Vec<NextHop>> {
        let mut hops = Vec::new();
        for ((written, weight), via) in self.spec.next_hops.iter().zip(addresses) {
            self.gateway(*via, written.at)?;
            let device = self.towards(*via, written.at)?;
            if !(1..=256).contains(weight) {
                let cause = format!("next hop {via} has the weight {weight}, it takes 1 to 256");
                return self.wrong(written.at, cause);
            }
            hops.push(NextHop {
                via: *via,
                device: device.map(|device| (device.name.clone(), device.index)),
                weight: *weight,
            });
        }
        Some(hops)
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
    fn destination(&mut self, others: &[IpAddr]) -> Option<Cidr> {
        let written = &self.spec.destination;
        let like = others.first();
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
        if others
            .iter()
            .any(|other| other.is_ipv4() != destination.is_ipv4())
        {
            return self.wrong(
                written.at,
                "destination, gateway and source are of different families",
            );
        }
        Some(destination)
    }

    /// Refuses what the kernel would call an invalid gateway.
    fn gateway(&mut self, via: IpAddr, at: &'static Location<'static>) -> Option<()> {
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
    fn towards(
        &mut self,
        via: IpAddr,
        at: &'static Location<'static>,
    ) -> Option<Option<&'a Device>> {
        let devices = self.devices;
        if !is_link_local(via) {
            let found = devices.iter().find(|device| self.reaches(device, via));
            if found.is_some() {
                return Some(found);
            }
            if !self.spec.onlink {
                self.off_subnet(via, devices, "the node", at);
                return Some(None);
            }
        }
        let cause = match devices {
            [only] => return Some(Some(only)),
            [] => format!("nothing leads to gateway {via}: the node has no interface"),
            _ => format!("gateway {via} could be behind any interface: name it with `.device(..)`"),
        };
        self.wrong(at, cause)
    }

    /// Whether a gateway is behind the interface that was named.
    fn reachable_by(&mut self, via: IpAddr, device: &'a Device) {
        if !self.spec.onlink && !is_link_local(via) && !self.reaches(device, via) {
            let owner = format!("interface `{}`", device.name);
            self.off_subnet(via, std::slice::from_ref(device), &owner, self.gateway_at());
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

    fn off_subnet(
        &mut self,
        via: IpAddr,
        devices: &[Device],
        owner: &str,
        at: &'static Location<'static>,
    ) {
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
        self.mistakes
            .push_unless_allowed(Mistake::GatewayOffSubnet, at, self.object, cause);
    }
}
