//! Who is on the same link: cables and bridges, and what is broken between.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::explanation::Blame;
use super::facts::{Facts, Place, Port};

/// An interface that the frames of another one are meant to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Station {
    pub(super) port: Port,
    pub(super) place: Place,
    /// The interfaces on the way there, itself included.
    pub(super) passed: Vec<Place>,
    /// The first thing that keeps them from it.
    pub(super) trouble: Option<Trouble>,
}

/// What keeps frames from going on, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) place: Place,
    pub(super) blame: Blame,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    /// What people call it.
    pub(super) name: Option<String>,
    pub(super) stations: Vec<Station>,
}

/// Of very large segments no more is searched.
const STATIONS: usize = 256;

/// The interfaces that an interface of a node reaches without a router, until one has the address that is looked for.
pub(super) fn around(facts: &dyn Facts, start: Place, wanted: IpAddr) -> Segment {
    let mut search = Search {
        facts,
        wanted,
        found: Segment::default(),
        waiting: VecDeque::new(),
        seen: vec![start],
    };
    search.leave(start, &Frame::default());
    while let Some(crossing) = search.waiting.pop_front() {
        search.arrive(crossing);
        let stations = &search.found.stations;
        let is_found = stations.last().is_some_and(|last| last.port.has(wanted));
        if is_found || stations.len() >= STATIONS {
            break;
        }
    }
    search.found
}

/// The way of a frame so far.
#[derive(Clone, Default)]
struct Frame {
    passed: Vec<Place>,
    trouble: Option<Trouble>,
}

impl Frame {
    fn stopped(mut self, place: Place, blame: Blame) -> Self {
        self.trouble.get_or_insert(Trouble { place, blame });
        self
    }
}

/// A cable that is still to be looked at.
struct Crossing {
    near: Place,
    far: Place,
    frame: Frame,
}

struct Search<'f> {
    facts: &'f dyn Facts,
    wanted: IpAddr,
    found: Segment,
    waiting: VecDeque<Crossing>,
    seen: Vec<Place>,
}

impl Search<'_> {
    /// By the cable of an interface; by those of all its ports if it is a bridge.
    fn leave(&mut self, place: Place, frame: &Frame) {
        let is_bridge = self.facts.port(place).is_some_and(|port| port.is_bridge);
        if is_bridge {
            self.fan_out(place, None, frame);
        } else {
            self.cross(place, frame.clone());
        }
    }

    fn fan_out(&mut self, bridge: Place, except: Option<Place>, frame: &Frame) {
        let node = bridge.0;
        if let Some(port) = self.facts.port(bridge) {
            self.found.name.get_or_insert_with(|| {
                if self.facts.is_switch(node) {
                    self.facts.name(node).to_owned()
                } else {
                    port.name.clone()
                }
            });
        }
        for port in self.facts.ports(node).iter() {
            let place = (node, port.index);
            let Some((_, passes)) = port.bridge.filter(|(index, _)| *index == bridge.1) else {
                continue;
            };
            if Some(place) == except {
                continue;
            }
            let mut frame = frame.clone();
            frame.passed.push(place);
            if port.up && port.carrier && !passes {
                frame = frame.stopped(place, Blame::PortBlocked);
            }
            self.cross(place, frame);
        }
    }

    /// Over the cable to its other end. Who is most likely the one looked for is looked at first.
    fn cross(&mut self, near: Place, frame: Frame) {
        let Some(far) = self.facts.far_end(near) else {
            return;
        };
        if self.seen.contains(&far) {
            return;
        }
        self.seen.push(far);
        let crossing = Crossing { near, far, frame };
        if self.facts.is_planned(far, self.wanted) {
            self.waiting.push_front(crossing);
        } else {
            self.waiting.push_back(crossing);
        }
    }

    fn arrive(&mut self, crossing: Crossing) {
        let Crossing {
            near,
            far: place,
            mut frame,
        } = crossing;
        if let Some(blame) = self.facts.outage(place.0) {
            frame = frame.stopped(place, blame);
        } else if let Some(blame) = cable(self.facts, near, place) {
            frame = frame.stopped(near, blame);
        }
        frame.passed.push(place);
        let Some(port) = self.facts.port(place) else {
            return;
        };
        let Some((bridge, passes)) = port.bridge else {
            self.station(place, port, frame);
            return;
        };
        let bridge = (place.0, bridge);
        if port.up && port.carrier && !passes {
            frame = frame.stopped(place, Blame::PortBlocked);
        }
        let Some(device) = self.facts.port(bridge) else {
            return;
        };
        if !device.up {
            frame = frame.stopped(bridge, Blame::LinkDown);
        }
        self.fan_out(bridge, Some(place), &frame);
        frame.passed.push(bridge);
        self.station(bridge, device, frame);
    }

    fn station(&mut self, place: Place, port: Port, frame: Frame) {
        self.found.stations.push(Station {
            port,
            place,
            passed: frame.passed,
            trouble: frame.trouble,
        });
    }
}

/// What is wrong with a cable, seen from its near end.
pub(super) fn cable(facts: &dyn Facts, near: Place, far: Place) -> Option<Blame> {
    let port = facts.port(near)?;
    let other = facts.port(far);
    let is_torn = port.up && !port.carrier && other.as_ref().is_some_and(|other| other.up);
    if is_torn || facts.is_pulled(near) || facts.is_pulled(far) {
        let node = facts.name(far.0).to_owned();
        return Some(Blame::CableCut { node });
    }
    if !port.up {
        return Some(Blame::LinkDown);
    }
    let is_cut = other.as_ref().is_none_or(|other| !other.up);
    (is_cut || !port.carrier).then(|| Blame::NoCarrier {
        node: facts.name(far.0).to_owned(),
        interface: other.map(|other| other.name),
    })
}
