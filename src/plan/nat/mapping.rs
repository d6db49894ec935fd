//! The behaviours of RFC 4787, made of sets and maps that rules fill as packets pass.
//!
//! The kernel alone maps as it likes, and lets in what answers. What is remembered beyond that, for UDP and for TCP:
//!
//! - `mapped`: the port outside, by the socket inside and as much of the other end as the mapping depends on; `known`: its keys.
//! - `owners`: the socket inside, by the port outside; `taken`: its keys.
//! - `partners`: the ports outside, each with an address that it has sent to.
//!
//! A set of keys stands beside each map because the older kernels look into maps only for their values. It is renewed first, so that
//! what it knows the map still has.

use std::net::IpAddr;
use std::time::Duration;

use super::Translation;
use super::rules::SRCNAT;
use crate::nft::{
    Chain, Change, Datatype, Flags, Hashed, Kind, Nat, Operand, Point, Ports, Record, Rule,
    Selector, Set, Side, Statement, States, Target, Transport, Value,
};
use crate::topology::NatBehaviour::{
    self, AddressAndPortDependent, AddressDependent, EndpointIndependent,
};

/// [RFC 4787, REQ-5](https://www.rfc-editor.org/rfc/rfc4787#section-4.3): five minutes are recommended.
const TIMEOUT: Duration = Duration::from_secs(300);
const SIZE: u32 = 65_536;
/// The ports that a socket gets which does not keep its own.
const FIRST_PORT: u32 = 1024;
const PORTS: u32 = 65_536 - FIRST_PORT;
/// Any number will do.
const SEED: u32 = 0x4787;

/// What a translation depends on.
#[derive(Clone, Copy)]
pub(super) struct Behaviour {
    pub(super) mapping: NatBehaviour,
    pub(super) filtering: NatBehaviour,
    pub(super) preserves: Option<bool>,
    pub(super) timeout: Option<Duration>,
}

impl Behaviour {
    fn preserves(self) -> bool {
        self.preserves
            .unwrap_or(self.mapping == EndpointIndependent)
    }

    /// Whether the kernel does it unasked, with a random port for each connection.
    pub(super) fn is_random(self) -> bool {
        let strictest = AddressAndPortDependent;
        self.mapping == strictest && self.filtering == strictest && !self.preserves()
    }
}

/// The behaviour of a translation for one protocol.
pub(super) struct Mapping<'a> {
    translation: &'a Translation,
    behaviour: Behaviour,
    transport: Transport,
}

impl Translation {
    /// What must be remembered; nothing where the kernel alone decides.
    pub(super) fn mappings(&self) -> Vec<Mapping<'_>> {
        let remembered = self
            .behaviour
            .filter(|it| !it.is_random() && self.has_source());
        let transports = [Transport::Udp, Transport::Tcp].into_iter();
        let mapping = |transport| {
            Some(Mapping {
                translation: self,
                behaviour: remembered?,
                transport,
            })
        };
        transports.filter_map(mapping).collect()
    }
}

/// Where packets that leave are renewed whose source is not translated yet, and where it is.
pub(super) fn renewing(mappings: &[Mapping<'_>]) -> [Chain; 2] {
    let chain = |name, priority| Chain::at(name, Kind::Filter, Point::Postrouting, priority);
    let mut inside = chain("renew_inside", SRCNAT - 1);
    let mut outside = chain("renew_outside", SRCNAT + 1);
    for mapping in mappings {
        inside.rules.push(mapping.renew_inside());
        outside.rules.push(mapping.renew_outside());
    }
    [inside, outside]
}

/// What nobody asked for and would reach the router itself. Answered, it would become a connection that is in the way of a later one.
pub(super) fn refusing(mappings: &[Mapping<'_>]) -> Chain {
    let mut chain = Chain::at("input", Kind::Filter, Point::Input, 0);
    chain.rules.extend(mappings.iter().map(Mapping::refuse));
    chain
}

impl Mapping<'_> {
    pub(super) fn sets(&self) -> Vec<Set> {
        let address = Datatype::Address(self.translation.family);
        let socket = vec![address, Datatype::Port];
        let key: Vec<Datatype> = [address, Datatype::Port, address, Datatype::Port]
            .into_iter()
            .take(self.key().len())
            .collect();
        let mut sets = vec![
            self.set("known", key.clone(), Vec::new()),
            self.set("mapped", key, vec![Datatype::Port]),
            self.set("taken", vec![Datatype::Port], Vec::new()),
        ];
        if self.lets_others_in() {
            sets.push(self.set("owners", vec![Datatype::Port], socket));
        }
        if self.behaviour.filtering == AddressDependent {
            sets.push(self.set("partners", vec![Datatype::Port, address], Vec::new()));
        }
        sets
    }

    fn set(&self, name: &str, key: Vec<Datatype>, value: Vec<Datatype>) -> Set {
        Set {
            name: self.named(name),
            key,
            value,
            elements: Vec::new(),
            size: SIZE,
            timeout: Some(self.behaviour.timeout.unwrap_or(TIMEOUT)),
        }
    }

    fn named(&self, name: &str) -> String {
        format!(
            "{name}_{}{}",
            self.transport.word(),
            self.translation.suffix
        )
    }

    /// What packets from outside become that the filtering lets in.
    pub(super) fn inward(&self) -> Option<Rule> {
        if !self.lets_others_in() {
            return None;
        }
        let translation = self.translation;
        let mut statements = translation.arriving();
        statements.push(translation.is_for(translation.outside()?));
        let port = self.port(Side::Destination);
        if self.behaviour.filtering == AddressDependent {
            let sender = translation.address_of(Side::Source);
            statements.push(Statement::In(vec![port, sender], self.named("partners")));
        }
        statements.push(Statement::Nat(Nat {
            side: Side::Destination,
            family: translation.family,
            to: Target::Mapped {
                key: vec![port],
                map: self.named("owners"),
                with_port: true,
            },
            ports: Ports::Keep,
            flags: Flags::default(),
        }));
        Some(Rule::new(statements))
    }

    fn refuse(&self) -> Rule {
        let family = Value::Family(self.translation.family);
        Rule::new([
            Statement::Is(Selector::Family, family),
            self.translation.comes_in(),
            Statement::Is(Selector::State, Value::States(States::NEW)),
            Statement::In(vec![self.port(Side::Destination)], self.named("taken")),
            Statement::Drop,
        ])
    }

    /// What packets leave as that meet these conditions: with this address, or the interface's.
    ///
    /// `nft` wants to be told the family where only what follows has it.
    pub(super) fn outward(
        &self,
        family: &[Statement],
        conditions: &[Statement],
        address: Option<IpAddr>,
    ) -> Vec<Rule> {
        let own = Operand::Fields(vec![self.port(Side::Source)]);
        let hashed = Operand::Hashed(Hashed {
            of: self.key(),
            count: PORTS,
            seed: SEED,
            first: FIRST_PORT,
        });
        let number = self.transport.number();
        let is_transport = Statement::Is(Selector::Protocol, Value::Protocol(number));
        let is_free = Statement::NotIn(vec![self.port(Side::Source)], self.named("taken"));
        let rule = |first: Vec<Statement>| {
            let all = conditions.iter().cloned().chain(first);
            Rule::new(all.chain([self.as_mapped(address)]).collect::<Vec<_>>())
        };
        let mut known = rule(vec![is_transport]);
        known.statements.splice(..0, family.iter().cloned());
        let mut rules = vec![known];
        if self.behaviour.preserves() {
            let new = self.remember(&own).into_iter();
            rules.push(rule([is_free].into_iter().chain(new).collect()));
        }
        rules.push(rule(self.remember(&hashed)));
        rules
    }

    /// Takes a port for the socket that a packet is from.
    fn remember(&self, port: &Operand) -> Vec<Statement> {
        let key = Operand::Fields(self.key());
        let add = |name, key: &Operand, value| self.record(Change::Add, name, key, value);
        let mut steps = vec![add("taken", port, None)];
        if self.lets_others_in() {
            steps.push(add("owners", port, Some(self.socket())));
        }
        steps.push(add("known", &key, None));
        steps.push(add("mapped", &key, Some(port.clone())));
        steps
    }

    fn as_mapped(&self, address: Option<IpAddr>) -> Statement {
        let ports = Ports::Mapped {
            key: self.key(),
            map: self.named("mapped"),
        };
        self.translation.to(address, ports, Flags::default())
    }

    fn renew_inside(&self) -> Rule {
        let key = Operand::Fields(self.key());
        let own = Operand::Fields(vec![self.port(Side::Source)]);
        Rule::new([
            self.translation.leaves(),
            Statement::In(self.key(), self.named("known")),
            self.record(Change::Update, "known", &key, None),
            // It is there, and keeps the value that it has.
            self.record(Change::Update, "mapped", &key, Some(own)),
        ])
    }

    fn renew_outside(&self) -> Rule {
        let port = self.port(Side::Source);
        let key = Operand::Fields(vec![port]);
        let mut steps = vec![
            Statement::Is(Selector::Family, Value::Family(self.translation.family)),
            self.translation.leaves(),
            Statement::In(vec![port], self.named("taken")),
            self.record(Change::Update, "taken", &key, None),
        ];
        if self.lets_others_in() {
            steps.push(self.record(Change::Update, "owners", &key, Some(self.socket())));
        }
        if self.behaviour.filtering == AddressDependent {
            let receiver = self.translation.address_of(Side::Destination);
            let pair = Operand::Fields(vec![port, receiver]);
            steps.push(self.record(Change::Update, "partners", &pair, None));
        }
        Rule::new(steps)
    }

    fn record(
        &self,
        change: Change,
        name: &str,
        key: &Operand,
        value: Option<Operand>,
    ) -> Statement {
        Statement::Record(Record {
            change,
            set: self.named(name),
            key: key.clone(),
            value,
            timeout: None,
        })
    }

    /// Whether more comes in than the answers of those that were sent to.
    fn lets_others_in(&self) -> bool {
        self.behaviour.filtering != AddressAndPortDependent
    }

    /// What a mapping depends on.
    fn key(&self) -> Vec<Selector> {
        let depends_on = match self.behaviour.mapping {
            EndpointIndependent => 2,
            AddressDependent => 3,
            AddressAndPortDependent => 4,
        };
        let address = |side| self.translation.address_of(side);
        let (from, to) = (Side::Source, Side::Destination);
        [address(from), self.port(from), address(to), self.port(to)]
            .into_iter()
            .take(depends_on)
            .collect()
    }

    /// The socket that a packet is from.
    fn socket(&self) -> Operand {
        let from = Side::Source;
        Operand::Fields(vec![self.translation.address_of(from), self.port(from)])
    }

    fn port(&self, side: Side) -> Selector {
        Selector::Port(self.transport, side)
    }
}
