//! From translations to the one table of a router.

use std::net::IpAddr;

use super::mapping::{self, Mapping};
use super::{Forward, Source, Translation};
use crate::address::Cidr;
use crate::nft::{
    Chain, Flags, Kind, Layer, Nat, Point, Ports, Rule, Selector, Side, Statement, Table, Target,
    Transport, Value,
};

/// The kernel's bit `IPS_DST_NAT`.
const DESTINATION_TRANSLATED: u32 = 32;
/// The name of every router's table.
pub(crate) const TABLE: &str = "nat";
const DSTNAT: i32 = -100;
pub(super) const SRCNAT: i32 = 100;

/// The table of a node; none if it translates nothing.
pub(super) fn table(translations: &[Translation]) -> Option<Table> {
    if translations.is_empty() {
        return None;
    }
    let mut table = Table::new(Layer::Inet, TABLE);
    let mappings: Vec<Mapping<'_>> = translations
        .iter()
        .flat_map(Translation::mappings)
        .collect();
    table.sets = mappings.iter().flat_map(Mapping::sets).collect();
    let mut inward = Chain::at("prerouting", Kind::Nat, Point::Prerouting, DSTNAT);
    let mut own = Chain::at("output", Kind::Nat, Point::Output, DSTNAT);
    let mut outward = Chain::at("postrouting", Kind::Nat, Point::Postrouting, SRCNAT);
    for one in translations {
        inward.rules.extend(one.inward());
        own.rules.extend(one.own());
        outward.rules.extend(one.outward());
    }
    let [before, behind] = mapping::renewing(&mappings);
    let refusing = mapping::refusing(&mappings);
    let chains = [inward, refusing, own, before, outward, behind].into_iter();
    table.chains = chains.filter(|chain| !chain.rules.is_empty()).collect();
    Some(table)
}

impl Translation {
    /// What packets for the outside addresses become.
    fn inward(&self) -> Vec<Rule> {
        let pairs = self.pairs.iter().map(|(theirs, ours)| {
            let mut statements = self.arriving();
            statements.push(self.is_for(*theirs));
            statements.push(self.nat(Side::Destination, Target::Address(*ours)));
            Rule::new(statements)
        });
        let prefixes = self.prefixes.iter().map(|(theirs, ours)| {
            Rule::new([
                self.comes_in(),
                Statement::Is(self.address_of(Side::Destination), Value::Subnet(*theirs)),
                self.nat(Side::Destination, Target::Prefix(*ours)),
            ])
        });
        let forwards = self.forwards.iter().flat_map(|forward| {
            self.reached_as()
                .into_iter()
                .map(|statements| self.forward(statements, forward))
        });
        let mappings = self.mappings();
        let mapped = mappings.iter().filter_map(Mapping::inward);
        let fixed = pairs.chain(prefixes).chain(forwards);
        fixed.chain(mapped).collect()
    }

    /// What the router's own packets for its outside addresses become.
    fn own(&self) -> Vec<Rule> {
        if !self.hairpin {
            return Vec::new();
        }
        let pairs = self.pairs.iter().map(|(theirs, ours)| {
            let nat = self.nat(Side::Destination, Target::Address(*ours));
            Rule::new([self.is_for(*theirs), nat])
        });
        let forwards = self.forwards.iter().flat_map(|forward| {
            self.reached_as()
                .into_iter()
                .map(|statements| self.forward(statements, forward))
        });
        pairs.chain(forwards).collect()
    }

    /// What packets leave as.
    fn outward(&self) -> Vec<Rule> {
        let pairs = self.pairs.iter().map(|(theirs, ours)| {
            Rule::new([
                self.leaves(),
                self.is_from(Cidr::host(*ours)),
                self.nat(Side::Source, Target::Address(*theirs)),
            ])
        });
        let prefixes = self.prefixes.iter().map(|(theirs, ours)| {
            Rule::new([
                self.leaves(),
                self.is_from(*ours),
                self.nat(Side::Source, Target::Prefix(*theirs)),
            ])
        });
        let mut rules: Vec<Rule> = pairs.chain(prefixes).collect();
        let mappings = self.mappings();
        for conditions in self.turned() {
            rules.extend(self.translated(conditions, Vec::new(), self.outside(), &mappings));
        }
        for conditions in self.leaving() {
            let family = self.of_family();
            rules.extend(self.translated(conditions, family, self.fixed(), &mappings));
        }
        rules
    }

    /// The rules that give packets their source; the ports as they are remembered, where they are.
    fn translated(
        &self,
        conditions: Vec<Statement>,
        mut family: Vec<Statement>,
        address: Option<IpAddr>,
        mappings: &[Mapping<'_>],
    ) -> Vec<Rule> {
        if !self.has_source() {
            return Vec::new();
        }
        let mut rules: Vec<Rule> = mappings
            .iter()
            .flat_map(|it| it.outward(&family, &conditions, address))
            .collect();
        let random = self.behaviour.is_some_and(|it| it.is_random());
        let flags = Flags {
            fully_random: random,
            ..Flags::default()
        };
        family.extend(conditions);
        family.push(self.to(address, Ports::Keep, flags));
        rules.push(Rule::new(family));
        rules
    }

    /// Where nothing else tells the family.
    fn of_family(&self) -> Vec<Statement> {
        let family = Statement::Is(Selector::Family, Value::Family(self.family));
        let needed = self.inside.is_empty().then_some(family);
        needed.into_iter().collect()
    }

    /// The conditions for packets that leave, each a rule's.
    fn leaving(&self) -> Vec<Vec<Statement>> {
        if self.inside.is_empty() {
            return vec![vec![self.leaves()]];
        }
        let subnets = self.inside.iter();
        subnets
            .map(|subnet| vec![self.leaves(), self.is_from(*subnet)])
            .collect()
    }

    /// The conditions for packets that go back to where they came from: an answer must come by the router again.
    fn turned(&self) -> Vec<Vec<Statement>> {
        let subnets = self.near.iter().filter(|_| self.hairpin);
        subnets
            .map(|subnet| {
                let translated = Value::Status(DESTINATION_TRANSLATED);
                vec![
                    self.is_from(*subnet),
                    Statement::Is(Selector::Status, translated),
                ]
            })
            .collect()
    }

    /// The step by which a packet gets this source, or the address of the interface.
    pub(super) fn to(&self, address: Option<IpAddr>, ports: Ports, flags: Flags) -> Statement {
        let Some(address) = address else {
            return Statement::Masquerade(ports, flags);
        };
        Statement::Nat(Nat {
            side: Side::Source,
            family: self.family,
            to: Target::Address(address),
            ports,
            flags,
        })
    }

    fn fixed(&self) -> Option<IpAddr> {
        match self.source {
            Source::Fixed(address) => Some(address),
            Source::Kept | Source::Interface => None,
        }
    }

    pub(super) fn has_source(&self) -> bool {
        !matches!(self.source, Source::Kept)
    }

    fn forward(&self, mut statements: Vec<Statement>, forward: &Forward) -> Rule {
        let transport = if forward.is_tcp {
            Transport::Tcp
        } else {
            Transport::Udp
        };
        statements.push(Statement::Is(
            Selector::Port(transport, Side::Destination),
            Value::Ports(forward.port..=forward.port),
        ));
        statements.push(Statement::Nat(Nat {
            side: Side::Destination,
            family: self.family,
            to: Target::Address(forward.to.ip()),
            ports: Ports::Range(forward.to.port()..=forward.to.port()),
            flags: Flags::default(),
        }));
        Rule::new(statements)
    }

    /// How packets reach the router as seen from outside, each a rule's conditions: by the interface, or by its addresses.
    fn reached_as(&self) -> Vec<Vec<Statement>> {
        if !self.hairpin {
            return vec![vec![self.comes_in()]];
        }
        let mut addresses: Vec<IpAddr> = self.own.into_iter().collect();
        let further = self.fixed().filter(|it| !addresses.contains(it));
        addresses.extend(further);
        let addresses = addresses.into_iter();
        addresses.map(|it| vec![self.is_for(it)]).collect()
    }

    /// Nothing, where packets from inside are meant as well.
    pub(super) fn arriving(&self) -> Vec<Statement> {
        if self.hairpin {
            Vec::new()
        } else {
            vec![self.comes_in()]
        }
    }

    /// The address that the router is known by.
    pub(super) fn outside(&self) -> Option<IpAddr> {
        self.fixed().or(self.own)
    }

    pub(super) fn comes_in(&self) -> Statement {
        let name = Value::Interface(self.device.clone());
        Statement::Is(Selector::Interface(Side::Source), name)
    }

    pub(super) fn leaves(&self) -> Statement {
        let name = Value::Interface(self.device.clone());
        Statement::Is(Selector::Interface(Side::Destination), name)
    }

    pub(super) fn is_for(&self, address: IpAddr) -> Statement {
        let address = Value::Subnet(Cidr::host(address));
        Statement::Is(self.address_of(Side::Destination), address)
    }

    fn is_from(&self, subnet: Cidr) -> Statement {
        Statement::Is(self.address_of(Side::Source), Value::Subnet(subnet))
    }

    pub(super) fn address_of(&self, side: Side) -> Selector {
        Selector::Address(self.family, side)
    }

    fn nat(&self, side: Side, to: Target) -> Statement {
        Statement::Nat(Nat {
            side,
            family: self.family,
            to,
            ports: Ports::Keep,
            flags: Flags::default(),
        })
    }
}
