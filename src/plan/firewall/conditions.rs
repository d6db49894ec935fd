//! The combinations of a rule's conditions, and what each of them is to nftables.

use std::ops::RangeInclusive;

use super::Place;
use super::names::family_of;
use super::rule::Found;
use crate::address::{Cidr, Family};
use crate::nft::{self, EtherType, Selector, Side, Statement, Transport, Value};
use crate::topology::{Carried, Ports, Rule, Verdict};

pub(super) const TCP: u8 = 6;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// One of each kind of condition.
#[derive(Clone)]
pub(super) struct Conditions<'a> {
    incoming: Option<&'a String>,
    outgoing: Option<&'a String>,
    from: Option<Cidr>,
    to: Option<Cidr>,
    carried: Option<Carried>,
    source_port: Option<RangeInclusive<u16>>,
    pub(super) family: Option<Family>,
}

/// Each combination of what a rule names, but for those of different families.
pub(super) fn combinations<'a>(found: &'a Found, rule: &Rule) -> Vec<Conditions<'a>> {
    let mut all = vec![Conditions {
        incoming: None,
        outgoing: None,
        from: None,
        to: None,
        carried: None,
        source_port: None,
        family: rule.family,
    }];
    all = each(all, &found.incoming, |it, name| {
        it.incoming = Some(name);
        true
    });
    all = each(all, &found.outgoing, |it, name| {
        it.outgoing = Some(name);
        true
    });
    all = each(all, &found.from, |it, subnet| {
        it.from = Some(*subnet);
        it.is_of(family_of(*subnet))
    });
    all = each(all, &found.to, |it, subnet| {
        it.to = Some(*subnet);
        it.is_of(family_of(*subnet))
    });
    all = each(all, &carried(rule), |it, (carried, family)| {
        it.carried = Some(carried.clone());
        family.is_none_or(|family| it.is_of(family))
    });
    each(all, &rule.source_ports, |it, Ports(ports)| {
        it.source_port = Some(ports.clone());
        true
    })
}

/// What packets may carry, with the family that follows from it.
fn carried(rule: &Rule) -> Vec<(Carried, Option<Family>)> {
    let mut all: Vec<(Carried, Option<Family>)> = Vec::new();
    for carried in &rule.carried {
        match carried {
            Carried::Icmp => {
                all.push((Carried::Protocol(ICMP), Some(Family::V4)));
                all.push((Carried::Protocol(ICMPV6), Some(Family::V6)));
            }
            Carried::IcmpType(family, _) => all.push((carried.clone(), Some(*family))),
            other => all.push((other.clone(), None)),
        }
    }
    if all.is_empty() && rule.verdict == Verdict::Reject(nft::Rejection::TcpReset) {
        all.push((Carried::Protocol(TCP), None));
    }
    all
}

/// Each of `before` with each of the values that it can have; without values, as it was.
fn each<'a, 'v, V>(
    before: Vec<Conditions<'a>>,
    values: &'v [V],
    set: impl Fn(&mut Conditions<'a>, &'v V) -> bool,
) -> Vec<Conditions<'a>> {
    if values.is_empty() {
        return before;
    }
    let mut after = Vec::new();
    for conditions in before {
        for value in values {
            let mut conditions = conditions.clone();
            if set(&mut conditions, value) {
                after.push(conditions);
            }
        }
    }
    after
}

impl Conditions<'_> {
    /// Whether packets of this family can meet what is there; from now on no others do.
    fn is_of(&mut self, family: Family) -> bool {
        *self.family.get_or_insert(family) == family
    }

    pub(super) fn rule(&self, rule: &Rule, place: Place) -> nft::Rule {
        let mut statements = Vec::new();
        for (side, name) in [
            (Side::Source, self.incoming),
            (Side::Destination, self.outgoing),
        ] {
            let value = name.map(|name| Value::Interface(name.clone()));
            statements.extend(value.map(|it| Statement::Is(Selector::Interface(side), it)));
        }
        self.addresses(place, &mut statements);
        self.payload(&mut statements);
        if let Some(states) = rule.states {
            statements.push(Statement::Is(Selector::State, Value::States(states)));
        }
        statements.push(Statement::Counter);
        statements.push(match rule.verdict {
            Verdict::Accept => Statement::Accept,
            Verdict::Drop => Statement::Drop,
            Verdict::Reject(rejection) => Statement::Reject(rejection),
        });
        nft::Rule::new(statements)
    }

    /// Addresses, or the family where neither they nor what is carried say which it is.
    fn addresses(&self, place: Place, statements: &mut Vec<Statement>) {
        let sides = [(Side::Source, self.from), (Side::Destination, self.to)];
        let narrow = |subnet: &Cidr| subnet.prefix() > 0;
        let told = sides.iter().any(|(_, it)| it.as_ref().is_some_and(narrow))
            || matches!(
                self.carried,
                Some(Carried::IcmpType(..) | Carried::Protocol(ICMP | ICMPV6))
            );
        if let (Some(family), false) = (self.family, told) {
            statements.push(self::family(family, place));
        }
        for (side, subnet) in sides {
            if let Some(subnet) = subnet.filter(narrow) {
                let selector = Selector::Address(family_of(subnet), side);
                statements.push(Statement::Is(selector, Value::Subnet(subnet)));
            }
        }
    }

    fn payload(&self, statements: &mut Vec<Statement>) {
        let (transport, ports) = match &self.carried {
            None => return,
            Some(Carried::Tcp(Ports(ports))) => (Transport::Tcp, ports),
            Some(Carried::Udp(Ports(ports))) => (Transport::Udp, ports),
            Some(Carried::IcmpType(family, number)) => {
                let selector = Selector::IcmpType(*family);
                statements.push(Statement::Is(selector, Value::Icmp(*number)));
                return;
            }
            // Both of ICMP's have been told apart.
            Some(Carried::Icmp) => return,
            Some(Carried::Protocol(number)) => {
                statements.push(protocol(*number));
                return;
            }
        };
        let all = 0..=u16::MAX;
        let source = self.source_port.as_ref().filter(|it| **it != all);
        let destination = Some(ports).filter(|it| **it != all);
        if source.is_none() && destination.is_none() {
            statements.push(protocol(transport.number()));
        }
        for (side, ports) in [(Side::Source, source), (Side::Destination, destination)] {
            let value = ports.map(|ports| Value::Ports(ports.clone()));
            statements.extend(value.map(|it| Statement::Is(Selector::Port(transport, side), it)));
        }
    }
}

/// Bridges know frames.
fn family(family: Family, place: Place) -> Statement {
    match place {
        Place::Node(_) => Statement::Is(Selector::Family, Value::Family(family)),
        Place::Bridge(_) => {
            let kind = Value::Ether(EtherType::of(family));
            Statement::Is(Selector::EtherType, kind)
        }
    }
}

fn protocol(number: u8) -> Statement {
    Statement::Is(Selector::Protocol, Value::Protocol(number))
}
