//! Computes the routes of networks with routers: from every node a shortest path to every subnet.

mod graph;
mod hidden;

use crate::address::{Cidr, Family};
use crate::plan::Route;
use crate::plan::draft::{Draft, listed, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::slaac;
use crate::topology::{RouteKind, Topology};
use graph::{Destination, Graph, Way};

/// Gives every node the routes that it lacks, as soon as one node forwards.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let unrouted = unrouted(topology, draft, mistakes);
    let mut forwards = vec![false; draft.nodes.len()];
    for (node, host) in nodes(topology) {
        forwards[node] = host.forwards;
    }
    // Without links that are up there are no routes.
    if topology.bare || !forwards.contains(&true) {
        return;
    }
    for family in Family::BOTH {
        let graph = Graph::of(draft, &forwards, family);
        let is_left_out = |it: &Destination| unrouted.iter().any(|all| all.covers(it.subnet));
        let (left_out, destinations): (Vec<_>, Vec<_>) =
            graph.destinations().into_iter().partition(is_left_out);
        let distances: Vec<_> = destinations
            .iter()
            .map(|it| graph.distances(it, &forwards))
            .collect();
        let is_told = |node| family == Family::V6 && slaac::listens(draft, node);
        let computed =
            nodes(topology).filter(|(node, host)| !host.manual_routes && !is_told(*node));
        for node in computed.map(|(node, _)| node).collect::<Vec<_>>() {
            let explicit = &draft.nodes[node].routes;
            let covers = |it: &Route, subnet| it.table.is_none() && it.destination.covers(subnet);
            let is_explicit = |subnet| explicit.iter().any(|route| covers(route, subnet));
            let wanted = destinations
                .iter()
                .zip(&distances)
                .filter(|(it, _)| !graph.is_connected(node, it) && !is_explicit(it.subnet));
            let ways: Vec<(Cidr, &Way)> = wanted
                .filter_map(|(it, distances)| Some((it.subnet, graph.way(node, distances)?)))
                .collect();
            let is_end = !forwards[node] || hidden::translates(draft, node, family);
            // A default route would lead to what is left out as well.
            let all_may = left_out.iter().all(|it| graph.is_connected(node, it));
            let routes = routes(&ways, is_end && all_may);
            draft.nodes[node].routes.extend(routes);
        }
    }
}

/// A route for each subnet, or the default route where that says the same.
fn routes(ways: &[(Cidr, &Way)], may_default: bool) -> Vec<Route> {
    match ways {
        [(subnet, first), rest @ ..] if may_default && rest.iter().all(|(_, it)| it == first) => {
            vec![route(Cidr::everything(subnet.is_ipv4()), first)]
        }
        ways => ways
            .iter()
            .map(|(subnet, way)| route(*subnet, way))
            .collect(),
    }
}

fn route(destination: Cidr, way: &Way) -> Route {
    Route {
        kind: RouteKind::Unicast,
        destination,
        via: Some(way.via),
        device: Some(way.device.clone()),
        metric: None,
        source: None,
        onlink: false,
        next_hops: Vec::new(),
        table: None,
    }
}

/// The subnets to which nobody gets routes.
fn unrouted(topology: &Topology, draft: &Draft<'_>, mistakes: &mut Mistakes<'_>) -> Vec<Cidr> {
    let mut found = Vec::new();
    for written in &topology.unrouted {
        let object = format!("unrouted subnet `{}`", written.text);
        let Some(subnet) = mistakes.parse::<Cidr>(written, &object) else {
            continue;
        };
        let known = graph::subnets(draft);
        let is_there = known.iter().any(|it| subnet.covers(*it));
        let other = draft
            .only
            .is_some_and(|only| !only.includes(subnet.address()));
        if !is_there && !other {
            let known: Vec<String> = known.iter().map(Cidr::to_string).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let cause = format!("no node has an address in it ({})", listed(&known));
            mistakes.push(written.at, object, cause);
        }
        found.push(subnet);
    }
    found
}
