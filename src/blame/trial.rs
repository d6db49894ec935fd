//! Sends packets and sees what becomes of them: who answers, which rule drops them, how far they come.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use super::explanation::Blame;
use super::judge::{Answer, Decision, Load, Outcome, Question};
use super::live::{Filters, Live};
use crate::address::Cidr;
use crate::live::LiveNode;
use crate::nft::{Chain, Kind, Layer, Point, Rule, Selector, Side, Statement, Table, Value};
use crate::probe::{self, Ping, PingAnswer};
use crate::settings;
use crate::sys::nft::{self, Action, Change, Dropped, Trace};
use crate::sys::passed;
use crate::worker;

/// How long each packet has. Most are dropped at once; a long way needs longer.
const PATIENCE: [u64; 4] = [5, 45, 250, 700];
/// Of a packet that is known to fail, the answer is not what is waited for.
const HASTE: [u64; 3] = [5, 15, 80];
/// What is added to a node's rules for the moment.
const TABLE: &str = "netns_test_explain";
/// Before every other chain.
const FIRST: i32 = -400;
/// The headers of an echo request.
const HEADERS: [u32; 2] = [28, 48];

/// Two trials in one node would end each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(super) fn try_out(
    live: &Live<'_>,
    question: &Question,
    nodes: &[usize],
    source: Option<IpAddr>,
) -> Outcome {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let watched = nodes
        .iter()
        .map(|node| Watched::begin(live, question, *node, source));
    let mut watched: Vec<Watched<'_>> = watched.collect();
    let mut outcome = Outcome::default();
    let patience: &[u64] = if question.has_failed {
        &HASTE
    } else {
        &PATIENCE
    };
    // What a neighbour has not answered before says nothing of now.
    for node in nodes {
        live.parts.node(*node).search_again();
    }
    for milliseconds in patience {
        let within = settings::scaled(Duration::from_millis(*milliseconds));
        let sender = live.parts.node(question.from);
        outcome.answer = worker::run_in(sender, || send(question, within)).unwrap_or_default();
        outcome.decision = watched
            .iter_mut()
            .find_map(|it| it.decision(live, question, source));
        if outcome.answer != Answer::Silence || outcome.decision.is_some() {
            break;
        }
    }
    for node in &watched {
        if node.number != question.from && node.count() > node.before {
            outcome.seen.push(node.number);
        }
    }
    let is_udp = matches!(question.load, Load::Udp(_));
    let has_arrived = question.to.is_some_and(|to| outcome.seen.contains(&to));
    // Not every datagram is answered.
    if is_udp && has_arrived && outcome.answer == Answer::Silence && outcome.decision.is_none() {
        outcome.answer = Answer::Passed;
    }
    outcome
}

/// A node on the way, while packets are sent.
struct Watched<'p> {
    node: &'p LiveNode,
    number: usize,
    counters: Vec<&'static str>,
    before: u64,
    trace: Option<Trace>,
    layers: Vec<Layer>,
}

impl<'p> Watched<'p> {
    fn begin(live: &Live<'p>, question: &Question, number: usize, source: Option<IpAddr>) -> Self {
        let mut watched = Self {
            node: live.parts.node(number),
            number,
            counters: counters(question, number),
            before: 0,
            trace: None,
            layers: layers(&live.filters(number)),
        };
        let tables = watched
            .layers
            .iter()
            .map(|layer| table(*layer, question.target, source));
        let tables: Vec<Table> = tables.collect();
        let begun = worker::run_in(watched.node, || {
            let trace = if tables.is_empty() {
                None
            } else {
                begin_trace(&tables)
            };
            (trace, passed::count(&watched.counters))
        });
        if let Ok((trace, before)) = begun {
            watched.before = before;
            watched.trace = trace;
        }
        watched
    }

    fn count(&self) -> u64 {
        worker::run_in(self.node, || passed::count(&self.counters)).unwrap_or_default()
    }

    /// What a rule of the node decided about a packet of this question.
    fn decision(
        &mut self,
        live: &Live<'_>,
        question: &Question,
        source: Option<IpAddr>,
    ) -> Option<Decision> {
        let dropped = self.trace.as_mut()?.dropped().ok()?;
        let is_ours = |address: &IpAddr| *address == question.target || Some(*address) == source;
        let dropped = dropped.into_iter().find(|it| {
            let ends = it.ends;
            ends.is_none_or(|(from, to)| is_ours(&from) || is_ours(&to))
        })?;
        Some(Decision {
            node: self.number,
            to: dropped.ends.map(|(_, to)| to),
            blame: of_rule(&live.filters(self.number), dropped),
        })
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if self.trace.is_none() {
            return;
        }
        let remove = self
            .layers
            .iter()
            .map(|layer| Change::Remove(*layer, TABLE));
        let remove: Vec<Change<'_>> = remove.collect();
        // A network that is gone has no rules.
        drop(worker::run_in(self.node, || {
            nft::commit("stop tracing", &remove)
        }));
    }
}

fn begin_trace(tables: &[Table]) -> Option<Trace> {
    let trace = Trace::open().ok()?;
    // One may be left of a trial that panicked.
    let replaced = tables.iter().map(|it| Change::Remove(it.layer, &it.name));
    let install: Vec<Change<'_>> = replaced.chain(tables.iter().map(Change::Install)).collect();
    nft::commit("trace packets", &install).ok()?;
    Some(trace)
}

/// The families of tables that have a say in a node.
fn layers(filters: &Filters) -> Vec<Layer> {
    let entries = filters.chains.iter().filter(|chain| chain.point.is_some());
    let mut layers = Vec::new();
    for chain in entries {
        let layer = match chain.layer {
            Layer::Bridge => Layer::Bridge,
            _ => Layer::Inet,
        };
        if chain.table != TABLE && !layers.contains(&layer) {
            layers.push(layer);
        }
    }
    layers
}

/// Has the kernel tell of packets from and to both ends.
fn table(layer: Layer, target: IpAddr, source: Option<IpAddr>) -> Table {
    let ends = [Some(target), source];
    let subnets = ends
        .into_iter()
        .flatten()
        .filter_map(|address| Cidr::new(address, if address.is_ipv4() { 32 } else { 128 }).ok());
    let family = super::walk::family(target);
    let rules = subnets.flat_map(|subnet| {
        [Side::Source, Side::Destination].map(|side| {
            let is_it = Statement::Is(Selector::Address(family, side), Value::Subnet(subnet));
            Rule::new([is_it, Statement::Trace])
        })
    });
    let rules: Vec<Rule> = rules.collect();
    let mut table = Table::new(layer, TABLE);
    for (name, point) in [("arrive", Point::Prerouting), ("send", Point::Output)] {
        let chain = Chain::at(name, Kind::Filter, point, FIRST);
        table
            .chains
            .push(rules.iter().cloned().fold(chain, Chain::rule));
    }
    table
}

/// What the kernel counts of packets that a node takes in, at the target, or forwards, elsewhere.
fn counters(question: &Question, node: usize) -> Vec<&'static str> {
    let is_ipv4 = question.target.is_ipv4();
    if question.to != Some(node) {
        return vec![if is_ipv4 {
            "Ip ForwDatagrams"
        } else {
            "Ip6OutForwDatagrams"
        }];
    }
    match (question.load, is_ipv4) {
        (Load::Echo, true) => vec!["Icmp InEchos"],
        (Load::Echo, false) => vec!["Icmp6InEchos"],
        (Load::Tcp(_), _) => vec!["Tcp InSegs"],
        (Load::Udp(_), true) => vec!["Udp InDatagrams", "Udp NoPorts"],
        (Load::Udp(_), false) => vec!["Udp6InDatagrams", "Udp6NoPorts"],
    }
}

fn of_rule(filters: &Filters, dropped: Dropped) -> Blame {
    let Dropped {
        layer,
        table,
        chain,
        rule,
        ..
    } = dropped;
    let mut rules = filters.rules.iter().filter(|it| it.layer == layer);
    let siblings: Vec<_> = rules
        .by_ref()
        .filter(|it| it.table == table && it.chain == chain)
        .collect();
    let position = siblings.iter().position(|it| Some(it.handle) == rule);
    let Some(position) = position else {
        return Blame::Dropped { rule: None, chain };
    };
    let told = nft::told(siblings[position]);
    let rule = siblings[position].comment.clone().unwrap_or_else(|| {
        let number = position + 1;
        format!("{number}: {}", told.conditions)
            .trim_end_matches([':', ' '])
            .to_owned()
    });
    match told.action {
        Action::Reject => Blame::Rejected {
            rule: Some(rule),
            chain: Some(chain),
        },
        _ => Blame::Dropped {
            rule: Some(rule),
            chain,
        },
    }
}

/// Sends one packet of the question's kind from the calling thread's node, and waits for what comes back.
fn send(question: &Question, within: Duration) -> Answer {
    match question.load {
        Load::Echo => echo(question, within),
        Load::Tcp(port) => {
            let connected = TcpStream::connect_timeout(&(question.target, port).into(), within);
            connected.map_or_else(|error| refused(&error), |_| Answer::Passed)
        }
        Load::Udp(port) => match datagram((question.target, port).into(), within) {
            Ok(()) => Answer::Passed,
            Err(error) => refused(&error),
        },
    }
}

fn datagram(to: SocketAddr, within: Duration) -> io::Result<()> {
    let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any)?;
    socket.connect(to)?;
    socket.send(&[0])?;
    socket.set_read_timeout(Some(within))?;
    socket.recv(&mut [0; 1]).map(drop)
}

fn refused(error: &io::Error) -> Answer {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Answer::NobodyListens,
        _ => Answer::Silence,
    }
}

fn echo(question: &Question, within: Duration) -> Answer {
    let mut ping = Ping::new().count(1).timeout(within);
    if let Some(size) = question.size {
        let headers = HEADERS[usize::from(question.target.is_ipv6())];
        let payload = size.saturating_sub(headers) as usize;
        ping = ping.payload(payload).dont_fragment(true);
    }
    if let Some(source) = question.source {
        ping = ping.source(source);
    }
    let Ok(report) = probe::ping(&ping, question.target, 0, "") else {
        return Answer::Silence;
    };
    match report.answers().first() {
        Some(PingAnswer::Reply { .. }) => Answer::Passed,
        Some(PingAnswer::Unreachable { from, .. }) => Answer::Unreachable { from: *from },
        Some(PingAnswer::FragmentationNeeded { from, mtu, .. }) => Answer::TooBig {
            from: *from,
            mtu: *mtu,
        },
        Some(PingAnswer::TimeExceeded { from, .. }) => Answer::TooFar { from: *from },
        _ => Answer::Silence,
    }
}
