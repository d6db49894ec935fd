//! From the way there, the way back and what became of a real packet to a verdict.

use std::net::IpAddr;

use super::bad_cable;
use super::explanation::{Attempt, Blame, Culprit};
use super::facts::Facts;
use super::walk::{self, Hop, Packet, Walk, blame, family};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) from: usize,
    /// The address to send from; without one, the routes choose.
    pub(crate) source: Option<IpAddr>,
    pub(crate) target: IpAddr,
    /// The target's node, if it is known.
    pub(crate) to: Option<usize>,
    pub(crate) load: Load,
    /// The size of the packet, which must not be fragmented then.
    pub(crate) size: Option<u32>,
    /// It failed already: no packet is sent to find out whether it does.
    pub(crate) has_failed: bool,
}

/// What packets carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Load {
    #[default]
    Echo,
    Tcp(u16),
    Udp(u16),
}

/// What became of packets that were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) answer: Answer,
    /// The decision of a filter.
    pub(super) decision: Option<Decision>,
    /// The nodes that passed packets on meanwhile, and the target if it got any.
    pub(super) seen: Vec<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Answer {
    Passed,
    /// The target's kernel says that nobody listens there.
    NobodyListens,
    /// A node says that it does not go on from there.
    Unreachable {
        from: IpAddr,
    },
    TooBig {
        from: IpAddr,
        mtu: u32,
    },
    /// A router says that the packet had passed too many others.
    TooFar {
        from: IpAddr,
    },
    #[default]
    Silence,
}

/// A packet that a rule or a policy dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) node: usize,
    pub(super) blame: Blame,
    /// Where the packet was going.
    pub(super) to: Option<IpAddr>,
}

pub(super) fn judge(
    facts: &dyn Facts,
    question: &Question,
    try_out: &mut dyn FnMut(&[usize], Option<IpAddr>) -> Outcome,
) -> Attempt {
    let there = walk::walk(facts, packet(question));
    let back = way_back(facts, question, &there);
    let fault = fault(facts, question, &there, &back);
    let is_mtu = |culprit: &Culprit| matches!(culprit.at_heart().blame, Blame::MtuTooSmall { .. });
    let is_certain = fault.as_ref().is_some_and(|it| !is_mtu(it));
    let culprit = if question.has_failed && is_certain {
        fault
    } else {
        let nodes = involved(&there, &back);
        let outcome = try_out(&nodes, there.source);
        convict(facts, question, [&there, &back], fault, outcome)
    };
    let names = |nodes: &[usize]| nodes.iter().map(|it| facts.name(*it).to_owned()).collect();
    let hops = there.hops.iter().chain(&back.hops);
    let impaired = hops.flat_map(|hop| bad_cable::all(facts, hop)).collect();
    let back = if there.fault.is_none() {
        &back.nodes[..]
    } else {
        &[]
    };
    Attempt {
        target: question.target,
        path: names(&there.nodes),
        back: names(back),
        culprit,
        impaired,
    }
}

fn packet(question: &Question) -> Packet {
    Packet {
        node: question.from,
        through: None,
        source: question.source,
        target: question.target,
        size: question.size,
    }
}

/// The answer's way: to the source as the target sees it, and from each node that translated it on to what it was before.
fn way_back(facts: &dyn Facts, question: &Question, there: &Walk) -> Walk {
    let target = match (&there.fault, there.nodes.last()) {
        (None, Some(node)) => Some(*node),
        // Where the packet would have gone: whether that is hidden shows on its own way out.
        _ => question.to,
    };
    let family = family(question.target);
    let own = || {
        let ports = facts.ports(question.from);
        let mut own = ports
            .iter()
            .flat_map(|it| [it.first(family), planned(it, family)]);
        own.find_map(|own| own.map(|own| own.address()).filter(|it| !it.is_loopback()))
    };
    let (Some(node), Some(source)) = (target, there.source.or_else(own)) else {
        return Walk::default();
    };
    let seen = there.translations.last().map_or(source, |it| it.after);
    let answer = |node, through, target| Packet {
        node,
        through,
        source: Some(question.target),
        target,
        size: question.size,
    };
    let mut back = walk::walk(facts, answer(node, None, seen));
    for translation in there.translations.iter().rev() {
        if back.fault.is_some() {
            break;
        }
        let (node, index) = translation.place;
        let further = walk::walk(facts, answer(node, Some(index), translation.before));
        back.nodes.extend(further.nodes.into_iter().skip(1));
        back.hops.extend(further.hops);
        back.fault = further.fault;
    }
    back
}

fn planned(
    port: &super::facts::Port,
    family: crate::address::Family,
) -> Option<crate::address::Cidr> {
    let mut planned = port.planned.iter().copied();
    planned.find(|own| family.includes(own.address()))
}

/// What is wrong by the nodes' tables.
fn fault(facts: &dyn Facts, question: &Question, there: &Walk, back: &Walk) -> Option<Culprit> {
    let Some(fault) = &there.fault else {
        return back.fault.clone().map(Culprit::on_the_way_back);
    };
    let hides = back.translations.first();
    match (&fault.blame, hides) {
        (Blame::NoRoute { .. }, Some(hides)) => {
            let hidden = hidden(question);
            Some(blame(facts, hides.place.0, Some(&hides.device), hidden))
        }
        _ => Some(fault.clone()),
    }
}

fn hidden(question: &Question) -> Blame {
    Blame::NatWithoutForward {
        to: question.target,
        port: match question.load {
            Load::Echo => None,
            Load::Tcp(port) | Load::Udp(port) => Some(port),
        },
    }
}

/// All nodes on both ways, switches among them.
fn involved(there: &Walk, back: &Walk) -> Vec<usize> {
    let mut nodes = Vec::new();
    for walk in [there, back] {
        let passed = walk.hops.iter().flat_map(|hop| &hop.passed);
        let passed = passed.map(|(node, _)| *node);
        for node in walk.nodes.iter().copied().chain(passed) {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
    }
    nodes
}

fn convict(
    facts: &dyn Facts,
    question: &Question,
    [there, back]: [&Walk; 2],
    fault: Option<Culprit>,
    outcome: Outcome,
) -> Option<Culprit> {
    let Outcome {
        answer,
        decision,
        seen,
    } = outcome;
    if answer == Answer::Passed {
        return None;
    }
    if let Some(mut fault) = fault {
        // A router that would tell the sender was kept from it, or the sender itself knew.
        let told = matches!(answer, Answer::TooBig { .. });
        let by_router = !there.hops.is_empty();
        if let Blame::MtuTooSmall { silent, .. } = &mut fault.blame {
            *silent = *silent || by_router && !told;
        }
        return Some(fault);
    }
    if let Some(Decision {
        node,
        blame: why,
        to,
    }) = decision
    {
        let culprit = blame(facts, node, None, why);
        let mut sources = there
            .translations
            .iter()
            .map(|it| it.after)
            .chain(there.source);
        let is_answer = sources.any(|source| to == Some(source)) && to != Some(question.target);
        return Some(turned(culprit, is_answer));
    }
    let unanswered = |hop: &&Hop| facts.is_unanswered(hop.node, &hop.device, hop.next);
    for (walk, is_back) in [(there, false), (back, true)] {
        if let Some(hop) = walk.hops.iter().find(unanswered) {
            let owner = hop
                .passed
                .last()
                .map(|(node, _)| facts.name(*node).to_owned());
            let address = hop.next;
            let impaired = owner
                .as_ref()
                .and_then(|_| bad_cable::of_question(facts, hop));
            let wrong = Blame::NeighbourUnreachable { address, owner };
            let unanswered = || blame(facts, hop.node, Some(&hop.device), wrong);
            let culprit = impaired.unwrap_or_else(unanswered);
            return Some(turned(culprit, is_back));
        }
    }
    if let Some(culprit) = by_answer(facts, question, there, &answer) {
        return Some(culprit);
    }
    let has_arrived = there.nodes.last().is_some_and(|it| seen.contains(it));
    let on_the_way = || bad_cable::first(facts, there.hops.iter()).filter(|_| !has_arrived);
    let on_the_way_back =
        || bad_cable::first(facts, back.hops.iter()).map(Culprit::on_the_way_back);
    let impaired = on_the_way().or_else(on_the_way_back);
    Some(impaired.unwrap_or_else(|| unexplained(facts, there, back, &seen)))
}

fn turned(culprit: Culprit, is_back: bool) -> Culprit {
    if is_back {
        culprit.on_the_way_back()
    } else {
        culprit
    }
}

/// What a node says itself.
fn by_answer(
    facts: &dyn Facts,
    question: &Question,
    there: &Walk,
    answer: &Answer,
) -> Option<Culprit> {
    let teller = |from: IpAddr| {
        let mut nodes = there.nodes.iter().copied();
        nodes.find(|node| facts.ports(*node).iter().any(|port| port.has(from)))
    };
    match *answer {
        Answer::NobodyListens => {
            let target = *there.nodes.last()?;
            let entry = there.hops.last().and_then(|hop| hop.passed.last());
            let entry = entry.and_then(|place| facts.port(*place))?;
            let (Load::Tcp(port) | Load::Udp(port)) = question.load else {
                return None;
            };
            let translates = facts.translates(target, family(question.target), &entry.name);
            Some(if translates {
                blame(facts, target, Some(&entry.name), hidden(question))
            } else {
                blame(facts, target, None, Blame::NobodyListens { port })
            })
        }
        Answer::Unreachable { from } => {
            let rejected = Blame::Rejected {
                rule: None,
                chain: None,
            };
            Some(blame(facts, teller(from)?, None, rejected))
        }
        Answer::TooBig { from, mtu } => {
            let wrong = Blame::MtuTooSmall {
                mtu,
                size: question.size.unwrap_or(mtu),
                silent: false,
            };
            Some(blame(facts, teller(from)?, None, wrong))
        }
        Answer::TooFar { from } => Some(blame(facts, teller(from)?, None, Blame::TooFar)),
        Answer::Passed | Answer::Silence => None,
    }
}

/// The last node that is known to have had a packet.
fn unexplained(facts: &dyn Facts, there: &Walk, back: &Walk, seen: &[usize]) -> Culprit {
    let last = |walk: &Walk| {
        walk.nodes
            .iter()
            .rev()
            .find(|it| seen.contains(it))
            .copied()
    };
    let arrived = there
        .nodes
        .last()
        .is_some_and(|target| seen.contains(target));
    let wrong = Blame::Unexplained { seen: true };
    match last(there) {
        Some(_) if arrived => {
            // The target itself had them; a router on the way back may have had the answers.
            let node = last(back).or_else(|| last(there)).unwrap_or_default();
            blame(facts, node, None, wrong).on_the_way_back()
        }
        Some(node) => blame(facts, node, None, wrong),
        None => {
            let node = there.nodes.first().copied().unwrap_or_default();
            blame(facts, node, None, Blame::Unexplained { seen: false })
        }
    }
}
