//! Decides which cables are wires, and what is wrong with each.

use std::panic::Location;

use crate::impairment::Impairment;
use crate::packet::Way;
use crate::plan::Role;
use crate::plan::draft::{Draft, DraftEnd, DraftNode, DraftWire};
use crate::plan::mistakes::Mistakes;
use crate::topology::{Asked, Topology, TroubleSpec};

/// What the hidden namespace is called where people see it, as the far end of an interface.
pub(crate) const NODE: &str = "wires";

/// Puts the wires' own ports into a namespace in which nobody's code runs.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    let mut hidden = DraftNode::new(NODE, Role::Wire, draft.nodes.len());
    for cable in 0..draft.cables.len() {
        let levels = levels(topology, &draft.cables[cable]);
        let impairments =
            Way::BOTH.map(|way| impairment(&levels, way, &draft.cables[cable], draft, mistakes));
        let is_wire = levels.iter().flatten().flatten().any(|it| it.is_wire);
        if !is_wire && impairments.iter().all(Option::is_none) {
            continue;
        }
        let ports = draft.cables[cable].each_ref().map(|end| {
            let (index, mac) = hidden.take_place(Some(end.index));
            (hidden.free_name(), index, mac)
        });
        draft.wires.push(DraftWire {
            cable,
            ports,
            impairments,
        });
    }
    if !draft.wires.is_empty() {
        draft.nodes.push(hidden);
    }
}

/// What the ends say, then their hosts, then the topology: by level, and by end.
fn levels<'t>(
    topology: &'t Topology,
    ends: &[DraftEnd<'t>; 2],
) -> [[Option<&'t TroubleSpec>; 2]; 3] {
    let own = ends.each_ref().map(|end| Some(&end.spec?.trouble));
    let hosts = ends.each_ref().map(|end| {
        // The port of a bridge is no interface of the root's.
        let is_own = !end.port;
        let host = match end.node {
            0 => Some(&topology.root),
            node => topology.hosts.get(node - 1),
        };
        host.filter(|_| is_own).map(|host| &host.trouble)
    });
    [own, hosts, [Some(&topology.trouble), None]]
}

/// What is wrong with one direction: the first level that says something decides.
fn impairment(
    levels: &[[Option<&TroubleSpec>; 2]; 3],
    way: Way,
    ends: &[DraftEnd<'_>; 2],
    draft: &Draft<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Impairment> {
    let (sender, receiver) = match way {
        Way::Forth => (0, 1),
        Way::Back => (1, 0),
    };
    let object = |end: usize| {
        let DraftEnd { name, node, .. } = &ends[end];
        format!("interface `{name}` of node `{}`", draft.nodes[*node].name)
    };
    for [first, second] in levels {
        let by_end = [first, second];
        let sent = by_end[sender].and_then(|it| it.egress.as_ref());
        let received = by_end[receiver].and_then(|it| it.ingress.as_ref());
        let (asked, end) = match (sent, received) {
            (Some(sent), Some(received)) => {
                twice(sent.at, received, &object(receiver), mistakes);
                (sent, sender)
            }
            (Some(sent), None) => (sent, sender),
            (None, Some(received)) => (received, receiver),
            (None, None) => continue,
        };
        for cause in asked.what.mistakes() {
            mistakes.push(asked.at, object(end), cause);
        }
        return Some(asked.what.clone());
    }
    None
}

fn twice(
    first: &'static Location<'static>,
    second: &Asked,
    object: &str,
    mistakes: &mut Mistakes<'_>,
) {
    let cause = format!(
        "the other end of the cable impairs the same direction already, at {first}: a cable is impaired once, \
         two in a row need a switch between (`.bridge(..)`, or a third host on the segment)"
    );
    mistakes.push(second.at, object, cause);
}
