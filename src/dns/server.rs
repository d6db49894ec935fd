//! The thread of a DNS server: one loop over its sockets, its connections, and the answers that are delayed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use crate::dns::connection::{Connection, IDLE};
use crate::errno;
use crate::settings::scaled;
use crate::sys::datagram::{Datagrams, Way};
use crate::sys::ready::{Alarm, Watch};
use crate::sys::socket;
use crate::zone::{Authority, DnsTransport, QueryLog, Reply, answer};

const PORT: u16 = 53;
/// Room for the largest datagram.
const LARGEST: usize = 65_536;
/// Datagrams that are taken before others have their turn.
const TURN: usize = 64;
/// Connections at a time; further ones wait until one is closed.
const CONNECTIONS: usize = 256;
/// Answers that are delayed at a time; further ones are not sent.
const DELAYED: usize = 10_000;
/// How long nobody is accepted after a connection could not be.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Server {
    zones: Vec<Authority>,
    log: QueryLog,
    alarm: Alarm,
    sockets: Vec<Datagrams>,
    listeners: Vec<TcpListener>,
    connections: BTreeMap<u64, Connection>,
    delayed: BinaryHeap<Reverse<Delayed>>,
    /// The queries so far for names that are flaky.
    counted: HashMap<String, u32>,
    /// Connections and delayed answers are numbered.
    next: u64,
    accept_from: Option<Instant>,
    /// How long a connection may be idle.
    idle: Duration,
}

/// An answer that waits for its time.
#[derive(Debug)]
struct Delayed {
    due: Instant,
    number: u64,
    bytes: Vec<u8>,
    back: Back,
}

/// The way back to who asked.
#[derive(Clone, Copy, Debug)]
enum Back {
    Datagram { socket: usize, way: Way },
    Connection(u64),
}

impl Server {
    /// Opens the sockets in the calling thread's namespace.
    pub(super) fn bind(zones: Vec<Authority>, log: QueryLog, alarm: Alarm) -> io::Result<Self> {
        let (mut sockets, mut listeners) = (Vec::new(), Vec::new());
        for ipv4 in [true, false] {
            match Datagrams::bind(ipv4, PORT) {
                Ok(socket) => sockets.push(socket),
                // A kernel without IPv6.
                Err(cause) if !ipv4 && cause.raw_os_error() == Some(errno::EAFNOSUPPORT) => {
                    continue;
                }
                Err(cause) => return Err(cause),
            }
            listeners.push(socket::listen(ipv4, PORT)?);
        }
        Ok(Self {
            zones,
            log,
            alarm,
            sockets,
            listeners,
            connections: BTreeMap::new(),
            delayed: BinaryHeap::new(),
            counted: HashMap::new(),
            next: 0,
            accept_from: None,
            idle: scaled(IDLE),
        })
    }

    /// Serves until the alarm rings.
    pub(super) fn run(mut self) {
        let mut buffer = vec![0; LARGEST];
        loop {
            let connections: Vec<u64> = self.watched().collect();
            let ready = match self.wait() {
                Ok(ready) => ready,
                Err(cause) => panic!("failed to wait for DNS queries: {cause}"),
            };
            let mut ready = ready.into_iter();
            if ready.next() == Some(true) {
                return;
            }
            for socket in 0..self.sockets.len() {
                if ready.next() == Some(true) {
                    self.receive(socket, &mut buffer);
                }
            }
            for (number, ready) in connections.into_iter().zip(ready.by_ref()) {
                if ready {
                    self.turn(number);
                }
            }
            for listener in 0..self.listeners.len() {
                if ready.next() == Some(true) {
                    self.accept(listener);
                }
            }
            self.send_due();
            self.close_idle();
        }
    }

    /// The connections that are waited for. One that has ended and is owed an answer would be ready all the time.
    fn watched(&self) -> impl Iterator<Item = u64> {
        let connections = self.connections.iter();
        connections
            .filter(|(_, it)| it.wants_to_read() || it.wants_to_write())
            .map(|(number, _)| *number)
    }

    fn wait(&mut self) -> io::Result<Vec<bool>> {
        if self.accept_from.is_some_and(|from| from <= Instant::now()) {
            self.accept_from = None;
        }
        let mut watch = Watch::default();
        watch.add(&self.alarm, true, false);
        for socket in &self.sockets {
            watch.add(socket, true, false);
        }
        for number in self.watched() {
            let connection = &self.connections[&number];
            let (read, write) = (connection.wants_to_read(), connection.wants_to_write());
            watch.add(&connection.stream, read, write);
        }
        if self.accept_from.is_none() && self.connections.len() < CONNECTIONS {
            for listener in &self.listeners {
                watch.add(listener, true, false);
            }
        }
        let due = self.delayed.peek().map(|Reverse(first)| first.due);
        let idle = self.connections.values().filter_map(Connection::expires);
        let deadline = idle.chain(due).chain(self.accept_from).min();
        watch.wait(deadline)
    }

    fn receive(&mut self, socket: usize, buffer: &mut [u8]) {
        for _ in 0..TURN {
            // An error is that of one datagram; the kernel has taken it off the queue.
            let Ok(Some((length, way))) = self.sockets[socket].receive(buffer) else {
                return;
            };
            let back = Back::Datagram { socket, way };
            self.handle(&buffer[..length], DnsTransport::Udp, way.from, back);
        }
    }

    fn accept(&mut self, listener: usize) {
        while self.connections.len() < CONNECTIONS {
            match self.listeners[listener].accept() {
                Ok((stream, peer)) => {
                    if let Ok(connection) = Connection::new(stream, peer, self.idle) {
                        let number = self.number();
                        self.connections.insert(number, connection);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Without descriptors, say, the listener stays ready, and asking again at once would help nobody.
                Err(_) => {
                    self.accept_from = Some(Instant::now() + PAUSE);
                    return;
                }
            }
        }
    }

    /// Reads from a connection, and handles what is complete.
    fn turn(&mut self, number: u64) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let peer = connection.peer;
        if connection.turn().is_err() {
            self.connections.remove(&number);
            return;
        }
        while let Some(message) = self
            .connections
            .get_mut(&number)
            .and_then(Connection::next_message)
        {
            self.handle(&message, DnsTransport::Tcp, peer, Back::Connection(number));
        }
        if self
            .connections
            .get(&number)
            .is_some_and(Connection::is_done)
        {
            self.connections.remove(&number);
        }
    }

    fn handle(&mut self, message: &[u8], transport: DnsTransport, from: SocketAddr, back: Back) {
        let answer = answer(&self.zones, message, transport, from);
        if let Some(query) = answer.query {
            self.log.push(query);
        }
        let Some(reply) = answer.reply.filter(|reply| self.is_answered(reply)) else {
            return;
        };
        if reply.delay.is_zero() {
            self.send(&reply.bytes, back);
        } else {
            self.delay(reply, back);
        }
    }

    /// Counts the queries for a flaky name.
    fn is_answered(&mut self, reply: &Reply) -> bool {
        let Some((name, unanswered)) = &reply.flaky else {
            return true;
        };
        let counted = self.counted.entry(name.clone()).or_default();
        *counted = counted.saturating_add(1);
        *counted > *unanswered
    }

    fn delay(&mut self, reply: Reply, back: Back) {
        // A time beyond all clocks is never.
        let Some(due) = Instant::now().checked_add(reply.delay) else {
            return;
        };
        if self.delayed.len() >= DELAYED {
            return;
        }
        if let Back::Connection(number) = back {
            if let Some(connection) = self.connections.get_mut(&number) {
                connection.owe();
            }
        }
        let number = self.number();
        self.delayed.push(Reverse(Delayed {
            due,
            number,
            bytes: reply.bytes,
            back,
        }));
    }

    fn send_due(&mut self) {
        let now = Instant::now();
        while self.delayed.peek().is_some_and(|first| first.0.due <= now) {
            let Some(Reverse(delayed)) = self.delayed.pop() else {
                return;
            };
            if let Back::Connection(number) = delayed.back {
                if let Some(connection) = self.connections.get_mut(&number) {
                    connection.pay();
                }
            }
            self.send(&delayed.bytes, delayed.back);
        }
    }

    fn send(&mut self, bytes: &[u8], back: Back) {
        match back {
            // A datagram that cannot be sent is lost, as others are.
            Back::Datagram { socket, way } => drop(self.sockets[socket].send_back(bytes, way)),
            Back::Connection(number) => {
                let Some(connection) = self.connections.get_mut(&number) else {
                    return;
                };
                if connection.send(bytes).is_err() || connection.is_done() {
                    self.connections.remove(&number);
                }
            }
        }
    }

    fn close_idle(&mut self) {
        let now = Instant::now();
        self.connections
            .retain(|_, connection| connection.expires().is_none_or(|at| at > now));
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl PartialEq for Delayed {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Delayed {}

impl PartialOrd for Delayed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Delayed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}
