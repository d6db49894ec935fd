//! Decides the rules of firewalls: one table for a node, one for the bridges of the root.

mod conditions;
mod names;
mod rule;
mod spared;

use std::net::IpAddr;
use std::panic::Location;

use self::rule::Decided;
use crate::address::Family;
use crate::error::Result;
use crate::nft::{self, Chain, Kind, Layer, Point, Selector, Set, Statement, States, Table, Value};
use crate::plan::Plan;
use crate::plan::draft::nodes;
use crate::plan::mistakes::Mistakes;
use crate::plan::name;
use crate::topology::{Direction, Firewall, Rule, Topology};

/// The name of the table that holds a firewall.
pub(crate) const TABLE: &str = "firewall";
/// The rule of [`Firewall::stateful`], and that of [`Firewall::drop_by_default`].
const ESTABLISHED: &str = "established";
const DEFAULT: &str = "default";

const PATH_MTU: &str = "path mtu";

/// Where bridges filter what they pass on, `NF_BR_PRI_FILTER_BRIDGED`.
const BRIDGED: i32 = -200;

const DIRECTIONS: [Direction; 3] = [Direction::Input, Direction::Forward, Direction::Output];

/// What a firewall stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Node(usize),
    /// A bridge of the root, by its position there.
    Bridge(usize),
}

/// What a rule is called that has no name of its own.
#[derive(Clone, Copy, Debug)]
enum Number {
    OfTopology(usize),
    /// It was added to a live node.
    Added(usize),
}

/// Gives nodes and bridges their firewalls.
pub(crate) fn decide(topology: &Topology, plan: &mut Plan, mistakes: &mut Mistakes<'_>) {
    for (node, host) in nodes(topology) {
        if !host.firewall.is_empty() {
            let table = of_node(plan, node, &host.firewall, mistakes);
            plan.nodes[node].tables.push(table);
        }
        if host.pmtu_black_hole || host.clamp_mss {
            let table = path_mtu(host.pmtu_black_hole, host.clamp_mss);
            plan.nodes[node].tables.push(table);
        }
    }
    let table = of_bridges(topology, plan, mistakes);
    plan.nodes[0].tables.extend(table);
}

/// Decides a firewall that takes the place of a live node's.
pub(crate) fn decide_whole(plan: &Plan, node: usize, firewall: &Firewall) -> Result<Table> {
    let mut mistakes = Mistakes::new(&plan.allowed);
    let table = of_node(plan, plan.namespace_of(node), firewall, &mut mistakes);
    let what = format!("decide the firewall of node `{}`", plan.nodes[node].name);
    mistakes.into_result_of(&what)?;
    Ok(table)
}

/// Decides a rule that is added to a live node, the `number`th: what each chain gets, in the order in which it is tried.
pub(crate) fn decide_one(
    plan: &Plan,
    node: usize,
    rule: &Rule,
    number: usize,
) -> Result<Vec<(Direction, nft::Rule)>> {
    let mut mistakes = Mistakes::new(&plan.allowed);
    let place = Place::Node(plan.namespace_of(node));
    let number = Number::Added(number);
    let decided = rule::decide(plan, place, rule, number, &mut mistakes);
    let what = format!("decide a rule for node `{}`", plan.nodes[node].name);
    mistakes.into_result_of(&what)?;
    let mut rules = Vec::new();
    for direction in DIRECTIONS {
        let own = with_neighbours(&decided, direction);
        rules.extend(own.into_iter().map(|rule| (direction, rule)));
    }
    Ok(rules)
}

/// The chain of a node's firewall for a direction, without rules.
pub(crate) fn chain(direction: Direction) -> Chain {
    let point = match direction {
        Direction::Input => Point::Input,
        Direction::Forward => Point::Forward,
        Direction::Output => Point::Output,
    };
    Chain::at(direction.to_string(), Kind::Filter, point, 0)
}

/// The table that keeps out the packets of nodes: those from their addresses. Neighbours still find each other.
pub(crate) fn block(table: &str, nodes: &[&str], addresses: &[IpAddr]) -> Table {
    // Before any firewall, which would count them.
    const EARLY: i32 = -10;
    let mut chain = Chain::at("input", Kind::Filter, Point::Input, EARLY);
    chain.rules.extend(spared::neighbours());
    let mut table = Table::new(Layer::Inet, table);
    for (family, name) in [(Family::V4, "ipv4"), (Family::V6, "ipv6")] {
        let own = addresses.iter().filter(|it| family.includes(**it));
        let own: Vec<IpAddr> = own.copied().collect();
        if own.is_empty() {
            continue;
        }
        let source = Selector::Address(family, nft::Side::Source);
        chain.rules.push(
            nft::Rule::new([
                Statement::In(vec![source], name.to_owned()),
                Statement::Counter,
                Statement::Drop,
            ])
            .named(format!("blocked from {}", a_few(nodes))),
        );
        table.sets.push(Set::of(name, family, own));
    }
    table.chains.push(chain);
    table
}

/// Names that fit into a comment.
fn a_few(names: &[&str]) -> String {
    const LONG: usize = 80;
    let mut told = String::new();
    for (position, name) in names.iter().enumerate() {
        if position > 0 && told.len() + name.len() > LONG {
            return format!("{told} and {} more", names.len() - position);
        }
        let separator = if position > 0 { ", " } else { "" };
        told.push_str(&format!("{separator}{name}"));
    }
    told
}

fn of_node(plan: &Plan, node: usize, firewall: &Firewall, mistakes: &mut Mistakes<'_>) -> Table {
    let place = Place::Node(node);
    let rules = numbered(plan, place, firewall, mistakes);
    let mut table = Table::new(Layer::Inet, TABLE);
    for direction in DIRECTIONS {
        let mut chain = chain(direction);
        chain.rules = with_neighbours(&rules, direction);
        let drops = drop_of(firewall, direction).is_some();
        if chain.rules.is_empty() && !drops {
            continue;
        }
        if firewall.stateful.is_some() {
            chain.rules.insert(0, established());
        }
        if drops {
            let spared = spared::of_node(direction);
            let more: Vec<_> = spared
                .into_iter()
                .filter(|it| !chain.rules.contains(it))
                .collect();
            chain.rules.extend(more);
            chain.rules.push(default());
        }
        table.chains.push(chain);
    }
    table
}

/// A chain for each bridge that has a firewall; frames are led to it by the port by which they came.
fn of_bridges(topology: &Topology, plan: &Plan, mistakes: &mut Mistakes<'_>) -> Option<Table> {
    let mut table = Table::new(Layer::Bridge, TABLE);
    let mut forward = Chain::at("forward", Kind::Filter, Point::Forward, BRIDGED);
    for (position, spec) in topology.bridges.iter().enumerate() {
        let firewall = &spec.firewall;
        if firewall.is_empty() {
            continue;
        }
        let place = Place::Bridge(position);
        unfit_for_bridges(&spec.name.text, firewall, mistakes);
        let mut chain = Chain::new(format!("bridge{}", position + 1));
        let rules = numbered(plan, place, firewall, mistakes);
        chain.rules = rules.into_iter().map(|it| it.rule).collect();
        if !firewall.drops.is_empty() {
            chain.rules.extend(spared::of_bridge());
            chain.rules.push(default());
        }
        for port in names::ports(plan, position) {
            if let Err(cause) = name::in_rules(port) {
                let object = format!("firewall of bridge `{}`", spec.name.text);
                mistakes.push(spec.name.at, object, cause);
            }
            let port = Value::Interface(port.to_owned());
            forward.rules.push(nft::Rule::new([
                Statement::Is(Selector::Interface(nft::Side::Source), port),
                Statement::Jump(chain.name.clone()),
            ]));
        }
        table.chains.push(chain);
    }
    if table.chains.is_empty() {
        return None;
    }
    // `nft` wants to know a chain before others lead there, and lists it so.
    table.chains.push(forward);
    Some(table)
}

fn unfit_for_bridges(name: &str, firewall: &Firewall, mistakes: &mut Mistakes<'_>) {
    let object = format!("firewall of bridge `{name}`");
    for (direction, at) in &firewall.drops {
        if *direction != Direction::Forward {
            let cause = format!(
                "a bridge filters what it passes on: `{direction}` is the business of the root's own firewall"
            );
            mistakes.push(at, &object, cause);
        }
    }
    if let Some(at) = firewall.stateful {
        mistakes.push(at, &object, "a bridge follows no connections");
    }
}

/// The rules of a firewall, each called by its number if it has no name.
fn numbered(
    plan: &Plan,
    place: Place,
    firewall: &Firewall,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Decided> {
    let numbers = (1..).map(Number::OfTopology);
    let rules = firewall.rules.iter().zip(numbers);
    rules
        .flat_map(|(rule, number)| rule::decide(plan, place, rule, number, mistakes))
        .collect()
}

/// The rules of a direction, and before the first that would meet neighbour discovery what spares it.
fn with_neighbours(decided: &[Decided], direction: Direction) -> Vec<nft::Rule> {
    let own = || decided.iter().filter(|it| it.direction == direction);
    let mut rules: Vec<nft::Rule> = own().map(|it| it.rule.clone()).collect();
    if let Some(first) = own().position(|it| it.meets_neighbours) {
        rules.splice(first..first, spared::neighbours());
    }
    rules
}

fn drop_of(firewall: &Firewall, wanted: Direction) -> Option<&'static Location<'static>> {
    let mut drops = firewall.drops.iter();
    drops
        .find(|(direction, _)| *direction == wanted)
        .map(|(_, at)| *at)
}

fn established() -> nft::Rule {
    let states = States::ESTABLISHED.and(States::RELATED);
    nft::Rule::new([
        Statement::Is(Selector::State, Value::States(states)),
        Statement::Counter,
        Statement::Accept,
    ])
    .named(ESTABLISHED)
}

fn default() -> nft::Rule {
    nft::Rule::new([Statement::Counter, Statement::Drop]).named(DEFAULT)
}

/// What a router does to path MTU discovery: keeps its messages to itself, or makes them needless.
fn path_mtu(black_hole: bool, clamp: bool) -> Table {
    const SYN: u8 = 2;
    let mut table = Table::new(Layer::Inet, "path_mtu");
    for direction in [Direction::Forward, Direction::Output] {
        let mut chain = chain(direction);
        if black_hole {
            chain.rules.extend(too_big());
        }
        if clamp && direction == Direction::Forward {
            chain.rules.push(nft::Rule::new([
                Statement::Is(Selector::TcpFlags, Value::TcpFlags(SYN)),
                Statement::ClampSegments,
            ]));
        }
        if !chain.rules.is_empty() {
            table.chains.push(chain);
        }
    }
    table
}

/// Drops "fragmentation needed" and "packet too big".
fn too_big() -> [nft::Rule; 2] {
    let dropped = |conditions: &[(Selector, u8)]| {
        let is = |(selector, number): &(_, _)| Statement::Is(*selector, Value::Icmp(*number));
        let conditions = conditions.iter().map(is);
        let rest = [Statement::Counter, Statement::Drop];
        nft::Rule::new(conditions.chain(rest).collect::<Vec<_>>()).named(PATH_MTU)
    };
    [
        dropped(&[
            (Selector::IcmpType(Family::V4), 3),
            (Selector::IcmpCode(Family::V4), 4),
        ]),
        dropped(&[(Selector::IcmpType(Family::V6), 2)]),
    ]
}
