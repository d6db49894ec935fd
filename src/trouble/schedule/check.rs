//! What makes no sense about a schedule in a network: all of it, before anything is done.

use std::time::Duration;

use super::step::{Place, Step, What};
use super::{Schedule, Timing};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::impairment::{Backend, Impairment};
use crate::network::Network;
use crate::sys::tc;
use crate::trouble::Grudge;

/// Refuses a schedule with all its mistakes.
pub(super) fn check(net: &Network, schedule: &Schedule) -> Result<()> {
    let mut check = Check {
        net,
        schedule,
        mistakes: Vec::new(),
        help: Vec::new(),
    };
    check.rounds();
    for (position, (when, step)) in schedule.steps.iter().enumerate() {
        let before = check.mistakes.len();
        check.times(*when, step);
        check.names(*when, step);
        check.step(step);
        for mistake in &mut check.mistakes[before..] {
            *mistake = format!("step {}, at {when} {step}: {mistake}", position + 1);
        }
    }
    if check.mistakes.is_empty() {
        return Ok(());
    }
    let mistakes = check.mistakes.join("\n  ");
    let cause = format!("it makes no sense here:\n  {mistakes}");
    let error = Error::new(Kind::Invalid, "play a schedule", cause);
    Err(check.help.into_iter().fold(error, Error::help))
}

struct Check<'a> {
    net: &'a Network,
    schedule: &'a Schedule,
    mistakes: Vec<String>,
    help: Vec<String>,
}

impl Check<'_> {
    fn found(&mut self, mistake: impl Into<String>) {
        self.mistakes.push(mistake.into());
    }

    fn found_error(&mut self, error: &Error) {
        self.found(error.cause());
        if let (_, Some(help)) = error.in_brief() {
            if !self.help.contains(&help) {
                self.help.push(help);
            }
        }
    }

    fn rounds(&mut self) {
        let schedule = self.schedule;
        if schedule.steps.is_empty() {
            return self.found("it has no steps");
        }
        let (length, period) = (schedule.length(), schedule.period());
        match schedule.times() {
            Some(1) => {}
            Some(0) => self.found("it is repeated 0 times"),
            _ if period.is_zero() => {
                self.found("a round takes no time: say with `.every(..)` how often it begins");
            }
            _ if period < length => self.found(format!(
                "a round begins every {period:?} and may take {length:?}"
            )),
            _ => {}
        }
    }

    fn times(&mut self, when: Timing, step: &Step) {
        for timing in [Some(when), step.lasting].into_iter().flatten() {
            if timing.latest < timing.earliest {
                self.found(format!("the range {timing} ends before it begins"));
            }
        }
        if step.lasting == Some(Timing::from(Duration::ZERO)) {
            self.found("it lasts no time");
        }
        if !step.begins_trouble() && (step.lasting.is_some() || step.name.is_some()) {
            self.found("it begins no trouble that could last or be named");
        }
    }

    /// Who ends something by its name.
    fn names(&mut self, when: Timing, step: &Step) {
        let What::End(name) = &step.what else { return };
        let named = self.schedule.steps.iter();
        let named = named.filter(|(_, it)| it.name.as_ref() == Some(name));
        match named.map(|(when, _)| when.latest).min() {
            None => {
                let steps = self.schedule.steps.iter();
                let known: Vec<&str> = steps.filter_map(|it| it.1.name.as_deref()).collect();
                let error = Error::unknown_name("", &known);
                self.found_error(&error.help("`.named(..)` gives the trouble of a step a name"));
            }
            Some(begins) if when.earliest < begins => {
                self.found(format!(
                    "it may come before what it ends, which begins at {begins:?} at the latest"
                ));
            }
            Some(_) => {}
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.what {
            What::Cut(place) => {
                let ports = place.link(self.net).and_then(|link| link.ports("cut"));
                if let Err(error) = ports {
                    self.found_error(&error);
                }
            }
            What::Impair(place, sides) => {
                self.wire(place);
                sides.iter().for_each(|(_, what)| self.impairment(what));
                self.mistakes.dedup();
            }
            What::ImpairHost(node, what) => self.whole_host(node, what),
            What::Rates(place, _, trace) => {
                self.wire(place);
                self.mistakes.extend(trace.mistakes());
                let stops = trace.steps.iter().any(|step| step.1 == 0);
                if stops && self.net.plan().backend == Backend::Kernel {
                    self.found(crate::relay::NO_OUTAGE);
                }
            }
            What::Partition(grudge, _) => self.grudge(grudge),
            What::Isolate(node) | What::Pause(node) => drop(self.host(node)),
            What::RandomHalves => {
                if self.net.between_whom().len() < 2 {
                    self.found("there are less than two hosts");
                }
            }
            What::End(_) | What::Heal | What::Run(..) => {}
        }
    }

    fn wire(&mut self, place: &Place) {
        let link = place.link(self.net);
        if let Err(error) = link.and_then(|link| link.wire("impair")) {
            self.found_error(&error);
        }
    }

    fn impairment(&mut self, what: &Impairment) {
        self.mistakes.extend(what.mistakes());
        if self.net.plan().backend == Backend::Kernel {
            self.mistakes.extend(tc::cannot(what));
        }
    }

    fn whole_host(&mut self, node: &str, what: &crate::impairment::Profile) {
        self.mistakes.extend(what.mistakes());
        let Some(host) = self.host(node) else { return };
        let cables = host.cables();
        if cables.is_empty() {
            self.found("it has no cables");
        }
        for interface in cables {
            let place = Place {
                node: node.to_owned(),
                interface,
            };
            self.wire(&place);
        }
    }

    fn grudge(&mut self, grudge: &Grudge) {
        if grudge.is_empty() {
            self.found("everybody would go on hearing everybody");
        }
        let mut known: Vec<&str> = grudge.pairs().flat_map(|(a, b)| [a, b]).collect();
        known.sort_unstable();
        known.dedup();
        for node in known {
            self.host(node);
            if grudge.pairs().any(|pair| pair == (node, node)) {
                self.found(format!("node `{node}` is on both sides"));
            }
        }
    }

    fn host(&mut self, node: &str) -> Option<Host<'_>> {
        match self.net.find_host(node) {
            Ok(host) => Some(host),
            Err(error) => {
                self.found(format!("node `{node}`: {}", error.cause()));
                None
            }
        }
    }
}
