//! Decides routes: their family, gateway, interface and source.

mod deciding;

use std::panic::Location;

use crate::address::Cidr;
use crate::error::{Error, Kind, Result};
use crate::plan::draft::{Draft, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Route, family};
use crate::topology::{Mistake, RouteSpec, Topology};
use deciding::Deciding;

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
        let at = |route: &Route| (route.destination, priority(route), route.table);
        at(earlier) == at(route)
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
    let device = devices
        .iter()
        .find(connected)
        .filter(|_| route.table.is_none())?;
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
