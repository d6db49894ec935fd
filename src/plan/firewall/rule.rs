//! From a rule as it was asked for to rules of nftables: one for each combination of its conditions.

use super::conditions::{Conditions, TCP, combinations};
use super::{DEFAULT, ESTABLISHED, Number, Place, names};
use crate::address::{Cidr, Family};
use crate::nft;
use crate::plan::Plan;
use crate::plan::mistakes::Mistakes;
use crate::topology::{Carried, Direction, Ports, Rule, Verdict, Written};

/// The longest name of a rule; `nft` keeps 128 bytes.
const NAME: usize = 100;

/// A rule of nftables that a rule comes to.
pub(super) struct Decided {
    /// Whose chain gets it.
    pub(super) direction: Direction,
    pub(super) rule: nft::Rule,
    /// It would meet neighbour discovery, which has to be spared first.
    pub(super) meets_neighbours: bool,
}

/// The rules that a rule comes to.
pub(super) fn decide(
    plan: &Plan,
    place: Place,
    rule: &Rule,
    number: Number,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Decided> {
    let object = object(plan, place, rule, number);
    let mut deciding = Deciding {
        plan,
        place,
        rule,
        object: &object,
        mistakes,
    };
    deciding.check();
    let directions = deciding.directions();
    deciding.check_interfaces(&directions);
    let found = deciding.found();
    let conditions = if found.is_whole {
        combinations(&found, rule)
    } else {
        Vec::new()
    };
    if conditions.is_empty() && found.is_whole && plan.only.is_none() {
        let cause = "its conditions are of different families: no packet meets them";
        mistakes.push(rule.at, &object, cause);
    }
    let has_family = |it: &&Conditions<'_>| {
        plan.only
            .is_none_or(|only| it.family.is_none_or(|it| it == only))
    };
    let mut decided = Vec::new();
    for direction in directions {
        let name = name(rule, number, direction);
        let conditions = conditions.iter().filter(has_family);
        decided.extend(conditions.map(|it| Decided {
            direction,
            meets_neighbours: meets_neighbours(rule, it.family, direction),
            rule: it.rule(rule, place).named(&name),
        }));
    }
    decided
}

/// Whether a rule would take from a node what IPv6 finds its neighbours with, and nobody said so: IPv4 would keep ARP.
fn meets_neighbours(rule: &Rule, family: Option<Family>, direction: Direction) -> bool {
    let denies = match rule.verdict {
        Verdict::Accept | Verdict::Reject(nft::Rejection::TcpReset) => false,
        Verdict::Drop | Verdict::Reject(_) => true,
    };
    let here = direction != Direction::Forward;
    denies && here && rule.carried.is_empty() && family != Some(Family::V4)
}

fn object(plan: &Plan, place: Place, rule: &Rule, number: Number) -> String {
    let called = match (&rule.name, number) {
        (Some(name), _) => format!("rule `{}`", name.text),
        (None, Number::OfTopology(number)) => format!("rule {number}"),
        (None, Number::Added(_)) => "rule".to_owned(),
    };
    match place {
        Place::Node(node) => format!("{called} of node `{}`", plan.nodes[node].name),
        Place::Bridge(bridge) => {
            format!(
                "{called} of bridge `{}`",
                plan.nodes[0].bridges[bridge].name
            )
        }
    }
}

fn name(rule: &Rule, number: Number, direction: Direction) -> String {
    match (&rule.name, number) {
        (Some(name), _) => name.text.clone(),
        (None, Number::OfTopology(number)) => format!("rule {number} ({direction})"),
        (None, Number::Added(number)) => format!("added rule {number} ({direction})"),
    }
}

struct Deciding<'a, 'm> {
    plan: &'a Plan,
    place: Place,
    rule: &'a Rule,
    object: &'a str,
    mistakes: &'a mut Mistakes<'m>,
}

/// What the texts of a rule mean. An empty list stands for no condition.
pub(super) struct Found {
    pub(super) from: Vec<Cidr>,
    pub(super) to: Vec<Cidr>,
    pub(super) incoming: Vec<String>,
    pub(super) outgoing: Vec<String>,
    /// Every text means something.
    is_whole: bool,
}

impl Deciding<'_, '_> {
    fn wrong(&mut self, cause: impl AsRef<str>) {
        self.mistakes.push(self.rule.at, self.object, cause);
    }

    /// Finds what no packet could meet, or no firewall do.
    fn check(&mut self) {
        self.check_name();
        self.check_ports();
        self.check_reset();
        if let Place::Bridge(_) = self.place {
            self.check_bridge();
        }
    }

    /// An interface that no packet of the directions can have.
    fn check_interfaces(&mut self, directions: &[Direction]) {
        if directions == [Direction::Output] && !self.rule.incoming.is_empty() {
            self.wrong("what the node sends itself came in by no interface");
        }
        if directions == [Direction::Input] && !self.rule.outgoing.is_empty() {
            self.wrong("what is for the node itself goes out by no interface: `.forward()` is for what it routes, `.output()` for what it sends");
        }
    }

    fn check_name(&mut self) {
        let Some(name) = &self.rule.name else { return };
        let text = name.text.as_str();
        let cause = if text.is_empty() || text.len() > NAME {
            format!(
                "the name has {} bytes, a rule's has 1 to {NAME}",
                text.len()
            )
        } else if text.contains(['"', '\\']) || text.contains(char::is_control) {
            "the name contains a quote, a backslash or a control character".to_owned()
        } else if [ESTABLISHED, DEFAULT].contains(&text) {
            "the name is reserved for a rule of every firewall".to_owned()
        } else {
            return;
        };
        self.mistakes.push(name.at, self.object, cause);
    }

    fn check_ports(&mut self) {
        let carried = &self.rule.carried;
        let of_carried = carried.iter().filter_map(|it| match it {
            Carried::Tcp(ports) | Carried::Udp(ports) => Some(ports),
            _ => None,
        });
        let all = of_carried.chain(&self.rule.source_ports);
        let empty: Vec<String> = all
            .filter(|Ports(ports)| ports.is_empty())
            .map(|Ports(ports)| format!("no port is in {ports:?}"))
            .collect();
        for cause in empty {
            self.wrong(cause);
        }
        let has_ports = |it: &Carried| matches!(it, Carried::Tcp(_) | Carried::Udp(_));
        let all_have_ports = !carried.is_empty() && carried.iter().all(has_ports);
        if !self.rule.source_ports.is_empty() && !all_have_ports {
            self.wrong("only TCP and UDP have ports: say which with `.tcp(..)` or `.udp(..)`");
        }
    }

    fn check_reset(&mut self) {
        let is_tcp = |it: &Carried| matches!(it, Carried::Tcp(_) | Carried::Protocol(TCP));
        let resets = self.rule.verdict == Verdict::Reject(nft::Rejection::TcpReset);
        if resets && !self.rule.carried.iter().all(is_tcp) {
            self.wrong("only TCP connections can be reset: use `Rule::reject()` for the others");
        }
    }

    fn check_bridge(&mut self) {
        if self
            .rule
            .directions
            .iter()
            .any(|it| *it != Direction::Forward)
        {
            self.wrong("a bridge filters what it passes on: what is for the root itself is the business of the root's own firewall");
        }
        if matches!(self.rule.verdict, Verdict::Reject(_)) {
            self.wrong("a bridge answers nobody: between ports it can accept and drop");
        }
        if self.rule.states.is_some() {
            self.wrong("a bridge follows no connections");
        }
    }

    fn needs_direction(&self) -> bool {
        matches!(self.place, Place::Node(node) if self.plan.nodes[node].forwards)
    }

    fn directions(&mut self) -> Vec<Direction> {
        match self.place {
            Place::Bridge(_) => vec![Direction::Forward],
            Place::Node(_) if !self.rule.directions.is_empty() => self.rule.directions.clone(),
            Place::Node(_) if self.needs_direction() => {
                self.wrong("the node forwards: say `.forward()` for what it routes, `.input()` for what is for itself");
                Vec::new()
            }
            Place::Node(_) => vec![Direction::Input],
        }
    }

    fn found(&mut self) -> Found {
        let rule = self.rule;
        let found = Found {
            from: self.subnets(&rule.from),
            to: self.subnets(&rule.to),
            incoming: self.interfaces(&rule.incoming),
            outgoing: self.interfaces(&rule.outgoing),
            is_whole: true,
        };
        let means = |asked: &[Written], found: bool| asked.is_empty() || found;
        Found {
            is_whole: means(&rule.from, !found.from.is_empty())
                && means(&rule.to, !found.to.is_empty())
                && means(&rule.incoming, !found.incoming.is_empty())
                && means(&rule.outgoing, !found.outgoing.is_empty()),
            ..found
        }
    }

    fn subnets(&mut self, written: &[Written]) -> Vec<Cidr> {
        let mut found = Vec::new();
        for text in written {
            found.extend(names::subnets(self.plan, text, self.object, self.mistakes));
        }
        found
    }

    fn interfaces(&mut self, written: &[Written]) -> Vec<String> {
        let mut found = Vec::new();
        for text in written {
            let Self { plan, place, .. } = self;
            found.extend(names::interfaces(
                plan,
                *place,
                text,
                self.object,
                self.mistakes,
            ));
        }
        found
    }
}
