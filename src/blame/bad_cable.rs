//! Cables that are bad because somebody asked for that: what is blamed when nothing else says why.

use super::explanation::{Blame, Culprit};
use super::facts::{Facts, Place};
use super::walk::{Hop, blame};

/// The first bad cable on a way.
pub(super) fn first<'h>(
    facts: &dyn Facts,
    mut hops: impl Iterator<Item = &'h Hop>,
) -> Option<Culprit> {
    hops.find_map(|hop| all(facts, hop).next())
}

/// The bad cable on a link where nobody answers: the question was lost, or the answer.
pub(super) fn of_question(facts: &dyn Facts, hop: &Hop) -> Option<Culprit> {
    let mut crossings = crossings(facts, hop).into_iter();
    crossings.find_map(|[near, far]| bad(facts, near, far).or_else(|| bad(facts, far, near)))
}

/// All of one hop.
pub(super) fn all(facts: &dyn Facts, hop: &Hop) -> impl Iterator<Item = Culprit> {
    let crossings = crossings(facts, hop).into_iter();
    crossings.filter_map(|[near, far]| bad(facts, near, far))
}

fn bad(facts: &dyn Facts, near: Place, far: Place) -> Option<Culprit> {
    let impaired = Blame::Impaired {
        node: facts.name(far.0).to_owned(),
        trouble: facts.trouble(near)?,
    };
    let name = facts.port(near).map(|port| port.name);
    Some(blame(facts, near.0, name.as_deref(), impaired))
}

/// The cables of a hop, each in the direction of the packet.
fn crossings(facts: &dyn Facts, hop: &Hop) -> Vec<[Place; 2]> {
    let ports = facts.ports(hop.node);
    let start = ports.iter().find(|port| port.name == hop.device);
    let start = start.map(|port| (hop.node, port.index));
    let places: Vec<Place> = start
        .into_iter()
        .chain(hop.passed.iter().copied())
        .collect();
    let pairs = places.windows(2).map(|pair| [pair[0], pair[1]]);
    pairs
        .filter(|[near, far]| facts.far_end(*near) == Some(*far))
        .collect()
}
