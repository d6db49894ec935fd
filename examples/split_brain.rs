//! A leader for three nodes, elected over UDP, while the network between them falls apart: are there ever two?
//!
//! Time is counted in terms. Who has heard no leader for a while begins the next term and asks for votes; each node votes once a term, and
//! whom a majority has elected leads that term. So two leaders of one term would need two majorities, which have a node
//! in common that voted twice. Look for:
//! - the old leader in the minority: it goes on in its old term, and gives way as soon as it hears of a later one;
//! - the leader that is heard by nobody, but hears: the others elect another one, and it follows;
//! - the naive cluster, in which each node's own vote is enough: it elects two leaders in one term as soon as it is cut in two.
//!
//! No program is run and nothing is left behind: `cargo run --example split_brain`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::UdpSocket;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use netns_test::{Network, TestResult, Topology, eventually};

const NODES: [&str; 3] = ["a", "b", "c"];
const PORT: u16 = 7000;
const HEARTBEAT: Duration = Duration::from_millis(20);
/// Nothing here takes as long, on a busy machine either.
const LIMIT: Duration = Duration::from_secs(30);

fn main() -> TestResult {
    println!("A cluster that wants a majority:");
    netns_test::run(&Topology::lan(NODES), |net| cluster(net, 2, by_majority))??;
    println!("\nA naive one, in which every node may elect itself:");
    netns_test::run(&Topology::lan(NODES), |net| cluster(net, 1, naively))?
}

/// The term and the leader that each node believes in.
type Beliefs = BTreeMap<&'static str, (u64, Option<&'static str>)>;

/// What somebody outside sees of the nodes.
#[derive(Default)]
struct Seen {
    over: AtomicBool,
    /// Who has led each term.
    leaders: Mutex<BTreeMap<u64, BTreeSet<&'static str>>>,
    beliefs: Mutex<Beliefs>,
}

impl Seen {
    /// Waits for what is to happen after an event, and prints who believes in whom then.
    fn after<T>(&self, event: &str, happened: impl Fn(&Beliefs) -> Option<T>) -> TestResult<T> {
        let (beliefs, value) = eventually(LIMIT, || {
            let beliefs = self.beliefs.lock().expect("no node panics").clone();
            happened(&beliefs).map(|value| (beliefs, value))
        })?;
        println!("  {event}:");
        for (node, (term, leader)) in beliefs {
            match leader {
                Some(leader) if leader == node => println!("    {node} leads term {term}"),
                Some(leader) => println!("    {node} follows {leader} in term {term}"),
                None => println!("    {node} knows no leader in term {term}, and wants to be one"),
            }
        }
        Ok(value)
    }

    /// A term that more than one has led.
    fn split_term(&self) -> Option<(u64, BTreeSet<&'static str>)> {
        let leaders = self.leaders.lock().expect("no node panics").clone();
        leaders.into_iter().find(|(_, it)| it.len() > 1)
    }
}

/// The leader in whom all these nodes believe in the same term, if it is one of those.
fn agreed(beliefs: &Beliefs, nodes: &[&str], candidates: &[&str]) -> Option<&'static str> {
    let first = beliefs.get(nodes[0])?;
    let agree = nodes.iter().all(|it| beliefs.get(it) == Some(first));
    first.1.filter(|it| agree && candidates.contains(it))
}

fn without(node: &str) -> Vec<&'static str> {
    NODES.into_iter().filter(|it| *it != node).collect()
}

/// Runs the nodes while `story` happens to the network.
fn cluster(net: &Network, quorum: usize, story: fn(&Network, &Seen) -> TestResult) -> TestResult {
    let seen = Seen::default();
    let bind = |name| net.host(name).run(|| UdpSocket::bind(("0.0.0.0", PORT)));
    let sockets: Vec<UdpSocket> = NODES.into_iter().map(bind).collect::<io::Result<_>>()?;
    // Before anybody speaks.
    let apart = net.partition(["a", "b"], ["c"])?;
    thread::scope(|scope| {
        for (position, socket) in sockets.into_iter().enumerate() {
            let node = Node {
                net,
                name: NODES[position],
                socket,
                quorum,
                seen: &seen,
                patience: HEARTBEAT * (5 + 3 * position as u32),
                term: 0,
                leader: None,
                vote: None,
                votes: BTreeSet::new(),
            };
            scope.spawn(|| node.run());
        }
        // Whatever becomes of the story, the nodes end.
        let told = seen
            .after("a, b | c do not hear each other", |beliefs| {
                let (term, own) = *beliefs.get("c")?;
                let is_alone = term > 0 && (own == Some("c") || quorum > 1);
                agreed(beliefs, &["a", "b"], &NODES)
                    .filter(|_| is_alone)
                    .map(drop)
            })
            .and_then(|()| Ok(apart.heal()?))
            .and_then(|()| story(net, &seen));
        seen.over.store(true, Ordering::Relaxed);
        told
    })
}

fn by_majority(net: &Network, seen: &Seen) -> TestResult {
    let old = seen.after("healed", |it| agreed(it, &NODES, &NODES))?;

    let others = without(old);
    let apart = net.partition([old], &others)?;
    let event = format!("{old}, who led, is cut off");
    seen.after(&event, |it| agreed(it, &others, &others))?;
    apart.heal()?;
    let old = seen.after("healed", |it| agreed(it, &NODES, &NODES))?;

    let others = without(old);
    let mute = net.partition_one_way([old], &others)?;
    let event = format!("nobody hears {old}, who led and hears all");
    seen.after(&event, |it| agreed(it, &NODES, &others))?;
    mute.heal()?;
    seen.after("healed", |it| agreed(it, &NODES, &NODES))?;

    let split = seen.split_term();
    assert_eq!(split, None, "two leaders in one term");
    println!("  No term had two leaders.");
    Ok(())
}

fn naively(_: &Network, seen: &Seen) -> TestResult {
    let (term, leaders) = seen.split_term().ok_or("no split brain")?;
    let leaders: Vec<&str> = leaders.into_iter().collect();
    println!(
        "  A split brain: {} both led term {term}.",
        leaders.join(" and ")
    );
    Ok(())
}

/// One of the nodes.
struct Node<'n> {
    net: &'n Network,
    name: &'static str,
    socket: UdpSocket,
    quorum: usize,
    seen: &'n Seen,
    /// How long it waits for a leader before it asks for votes; each has another one.
    patience: Duration,
    term: u64,
    leader: Option<&'static str>,
    /// Whom it voted for in this term, and who voted for it.
    vote: Option<&'static str>,
    votes: BTreeSet<&'static str>,
}

impl Node<'_> {
    fn run(mut self) {
        let mut deadline = Instant::now() + self.patience;
        while !self.seen.over.load(Ordering::Relaxed) {
            if self.leader == Some(self.name) {
                self.send("leads", &NODES);
            } else if Instant::now() >= deadline {
                self.begin_term(self.term + 1);
                self.vote = Some(self.name);
                self.count(self.name);
                self.send("asks", &NODES);
                deadline = Instant::now() + self.patience;
            }
            let pause = Instant::now() + HEARTBEAT;
            while let Some((from, term, word)) = self.receive(pause) {
                if self.hear(from, term, &word) {
                    deadline = Instant::now() + self.patience;
                }
            }
        }
    }

    /// Whether it was a leader, or somebody who is to become one.
    fn hear(&mut self, from: &'static str, term: u64, word: &str) -> bool {
        if term > self.term {
            self.begin_term(term);
        }
        match word {
            _ if term < self.term => false,
            "asks" if self.vote.is_none_or(|it| it == from) => {
                self.vote = Some(from);
                self.send("votes", &[from]);
                true
            }
            "votes" => {
                self.count(from);
                false
            }
            "leads" => {
                self.believe(Some(from));
                true
            }
            _ => false,
        }
    }

    fn begin_term(&mut self, term: u64) {
        (self.term, self.vote) = (term, None);
        self.votes.clear();
        self.believe(None);
    }

    /// A vote for this node; with enough of them it leads.
    fn count(&mut self, from: &'static str) {
        self.votes.insert(from);
        if self.vote == Some(self.name) && self.votes.len() >= self.quorum {
            let mut leaders = self.seen.leaders.lock().expect("no node panics");
            leaders.entry(self.term).or_default().insert(self.name);
            drop(leaders);
            self.believe(Some(self.name));
        }
    }

    fn believe(&mut self, leader: Option<&'static str>) {
        self.leader = leader;
        let mut beliefs = self.seen.beliefs.lock().expect("no node panics");
        beliefs.insert(self.name, (self.term, leader));
    }

    /// To these, whoever hears it.
    fn send(&self, word: &str, to: &[&str]) {
        let text = format!("{} {word}", self.term);
        for other in to.iter().filter(|it| **it != self.name) {
            // Lost or refused: packets get lost.
            drop(
                self.socket
                    .send_to(text.as_bytes(), self.net.host(other).socket_addr(PORT)),
            );
        }
    }

    /// Who said what in which term, if anybody says anything in time.
    fn receive(&self, until: Instant) -> Option<(&'static str, u64, String)> {
        let left = until.saturating_duration_since(Instant::now());
        let left = Some(left).filter(|it| !it.is_zero())?;
        self.socket.set_read_timeout(Some(left)).ok()?;
        let mut bytes = [0; 64];
        let (length, from) = self.socket.recv_from(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes[..length]);
        let (term, word) = text.split_once(' ')?;
        let mut nodes = NODES.into_iter();
        let from = nodes.find(|it| self.net.host(it).socket_addr(PORT) == from)?;
        Some((from, term.parse().ok()?, word.to_owned()))
    }
}
