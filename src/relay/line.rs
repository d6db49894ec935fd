//! The state of a wire: what is wrong with it, and who joins its halves.

use crate::impairment::{Backend, Impairment};
use crate::packet::Way;
use crate::plan::Plan;
use crate::sys::offload::Offloads;

/// What an Ethernet frame has beside its packet: addresses, type, and two VLAN tags.
const HEADERS: u32 = 22;
/// What every interface has unless somebody chose another.
const MTU: u32 = 1500;

/// A wire as it is to be, and as it is.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// By direction: what the topology asked for, below what was added since. The last one counts.
    impairments: [Vec<Added>; 2],
    /// How many need to see each packet: rules, recordings.
    pub(crate) watchers: usize,
    /// How many of these are recordings.
    pub(crate) recorders: usize,
    /// How many rates follow traces in which nothing is sent at times.
    pub(crate) outages: usize,
    /// The largest packet of either end, in bytes.
    mtu: u32,
    /// How many impairments there have been: each has a seed of its own.
    count: u64,
    /// Who joins the halves now: the kernel or the engine.
    pub(crate) driver: Option<Backend>,
    /// The impairments that are in force, by direction, in their versions: none, or nobody has been told yet.
    in_force: [Option<(u64, u64)>; 2],
    /// What the hosts' ends leave to hardware that they do not have.
    pub(crate) offloads: Offloads,
}

/// An impairment of one direction.
#[derive(Clone, Debug)]
pub(crate) struct Added {
    /// By which it is removed.
    number: u64,
    /// How often it was changed.
    version: u64,
    pub(crate) what: Impairment,
}

impl Line {
    pub(super) fn new(plan: &Plan, wire: usize) -> Self {
        let ends = plan.cables[plan.wires[wire].cable].ends.iter();
        let mtu = ends.filter_map(|end| end.mtu).max();
        let mut line = Self {
            impairments: [Vec::new(), Vec::new()],
            watchers: 0,
            recorders: 0,
            outages: 0,
            mtu: mtu.unwrap_or(MTU).max(MTU),
            count: 0,
            driver: None,
            in_force: [None; 2],
            offloads: Offloads::All,
        };
        for (way, planned) in Way::BOTH.into_iter().zip(&plan.wires[wire].impairments) {
            if let Some(planned) = planned {
                line.impair(way, planned.clone());
            }
        }
        line
    }

    /// Adds an impairment, which hides those before it. Returns the number by which it is removed.
    pub(crate) fn impair(&mut self, way: Way, what: Impairment) -> u64 {
        self.count += 1;
        let number = self.count;
        self.impairments[way as usize].push(Added {
            number,
            version: 0,
            what,
        });
        number
    }

    /// Removes one, wherever it stands.
    pub(crate) fn relieve(&mut self, number: u64) {
        for impairments in &mut self.impairments {
            impairments.retain(|it| it.number != number);
        }
    }

    /// Changes the rate of one, and nothing else.
    pub(crate) fn limit(&mut self, number: u64, rate: u64) {
        for added in self.impairments.iter_mut().flatten() {
            if added.number == number {
                added.what.rate = Some(rate);
                added.version += 1;
            }
        }
    }

    /// Undoes a change: what it is to be, not what it is.
    pub(crate) fn go_back_to(&mut self, before: Self) {
        *self = Self {
            driver: self.driver,
            in_force: self.in_force,
            offloads: self.offloads,
            ..before
        };
    }

    /// What is wrong with a direction now, and a number that no other impairment of this wire has.
    pub(crate) fn effective(&self, way: Way) -> Option<(&Impairment, u64)> {
        let last = self.impairments[way as usize].last()?;
        Some((&last.what, last.number))
    }

    /// The number of what is wrong with a direction now; nothing is 0.
    pub(crate) fn number(&self, way: Way) -> u64 {
        self.effective(way).map_or(0, |(_, number)| number)
    }

    fn version(&self, way: Way) -> (u64, u64) {
        let last = self.impairments[way as usize].last();
        last.map_or((0, 0), |it| (it.number, it.version))
    }

    /// The directions whose trouble is not in force yet. The others must not begin anew: fates follow from the packets since.
    pub(crate) fn changed(&self) -> impl Iterator<Item = Way> + use<> {
        let changed = Way::BOTH.map(|way| self.in_force[way as usize] != Some(self.version(way)));
        let ways = Way::BOTH.into_iter().zip(changed);
        ways.filter_map(|(way, is_changed)| is_changed.then_some(way))
    }

    /// Notes that somebody joins the halves, with all its trouble; or that nobody does.
    pub(crate) fn joined_by(&mut self, driver: Option<Backend>) {
        self.driver = driver;
        self.in_force = Way::BOTH.map(|way| driver.map(|_| self.version(way)));
    }

    /// Whether one packet has to be one frame: whoever is delayed, lost or looked at.
    pub(crate) fn is_troubled(&self) -> bool {
        self.watchers > 0 || self.impairments.iter().any(|it| !it.is_empty())
    }

    /// Makes room for packets of so many bytes.
    pub(crate) fn passes(&mut self, mtu: u32) {
        self.mtu = self.mtu.max(mtu);
    }

    /// The longest frame that the hosts send by it.
    pub(crate) fn longest(&self) -> usize {
        (self.mtu + HEADERS) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::topology::Topology;

    #[test]
    fn the_last_impairment_counts_and_the_one_before_comes_back() {
        let delay = |ms| Impairment::new().delay(Duration::from_millis(ms));
        let plan = Topology::lan(["a", "b"]).impair(delay(1)).plan();
        let mut line = Line::new(&plan.unwrap(), 0);
        let now = |line: &Line, way| line.effective(way).map(|(what, _)| what.delay.as_millis());
        let second = line.impair(Way::Forth, delay(2));
        let third = line.impair(Way::Forth, delay(3));
        assert_eq!(now(&line, Way::Forth), Some(3));
        assert_eq!(now(&line, Way::Back), Some(1));
        line.relieve(second);
        assert_eq!(now(&line, Way::Forth), Some(3));
        line.relieve(third);
        assert_eq!(now(&line, Way::Forth), Some(1));
        assert!(line.is_troubled());
    }

    #[test]
    fn a_rate_that_changes_is_a_change_of_its_direction_and_no_other_trouble() {
        let plan = Topology::lan(["a", "b"]).wires().plan();
        let mut line = Line::new(&plan.unwrap(), 0);
        let number = line.impair(Way::Forth, Impairment::new().rate(1_000_000));
        line.joined_by(Some(Backend::Wire));
        assert_eq!(line.changed().count(), 0);
        line.limit(number, 2_000_000);
        assert_eq!(line.changed().collect::<Vec<Way>>(), [Way::Forth]);
        assert_eq!(line.effective(Way::Forth).unwrap().0.rate, Some(2_000_000));
        assert_eq!(line.number(Way::Forth), number);
    }
}
