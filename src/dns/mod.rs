//! DNS servers: a thread in a host that answers from zones.

mod connection;
mod server;

use std::any::Any;
use std::fmt;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::error::{Error, Kind, Result};
use crate::live::{LiveNode, Parts, Service};
use crate::sys::ready::{self, Bell};
use crate::worker;
use crate::zone::{self, Authority, DnsQuery, QueryLog, Zone};
use server::Server;

/// A running DNS server, from [`Host::serve_dns`](crate::Host::serve_dns). Dropping it stops it, delayed answers included.
///
/// It answers UDP and TCP on port 53 of all addresses of its host, those that are added later among them.
///
/// # Panics
///
/// Dropping it panics if the server could not go on: its sockets failed.
///
/// # Examples
///
/// ```
/// use std::net::UdpSocket;
///
/// use netns_test::Zone;
///
/// # netns_test::run(&netns_test::Topology::lan(["client", "ns"]), |net| {
/// let zone = Zone::new("example.test").a("www", "10.1.0.2");
/// let server = net.host("ns").serve_dns(zone).unwrap();
/// let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x04test\0\0\x01\0\x01";
/// let answer = net.host("client").run(|| {
///     let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
///     socket.send_to(query, "10.1.0.2:53").unwrap();
///     let mut answer = [0; 512];
///     let length = socket.recv(&mut answer).unwrap();
///     answer[..length].to_vec()
/// });
/// assert!(answer.ends_with(&[10, 1, 0, 2]));
/// assert_eq!(server.queries()[0].name, "www.example.test");
/// # }).unwrap();
/// ```
#[must_use = "a server that is not bound to a variable is stopped at once"]
pub struct DnsServer {
    serving: Arc<Serving>,
    log: QueryLog,
    zones: Vec<String>,
}

/// The thread of a server. It ends with its host, or when nobody wants it any more.
struct Serving {
    bell: Bell,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl DnsServer {
    /// The queries that it has received so far, in the order of their arrival, whatever became of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["client", "ns"]), |net| {
    /// let server = net.host("ns").serve_dns(netns_test::Zone::new("test")).unwrap();
    /// assert!(server.queries().is_empty());
    /// # }).unwrap();
    /// ```
    pub fn queries(&self) -> Vec<DnsQuery> {
        self.log.all()
    }
}

impl fmt::Debug for DnsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsServer")
            .field("zones", &self.zones)
            .finish_non_exhaustive()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.serving.end();
    }
}

impl Service for Serving {
    fn end(&self) {
        // A thread that has ended by itself hears no bell.
        drop(self.bell.ring());
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let ending = thread.take().map_or(Ok(()), JoinHandle::join);
        drop(thread);
        if let Err(payload) = ending {
            go_on(payload);
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

/// The server's panic is the test's, unless that has one of its own.
fn go_on(payload: Box<dyn Any + Send>) {
    if !thread::panicking() {
        panic::resume_unwind(payload);
    }
}

/// Checks the zones and starts a server for them in the node.
pub(crate) fn serve(parts: &Parts, position: usize, zones: &[Zone]) -> Result<DnsServer> {
    let node = parts.node(position);
    node.must_be_up()?;
    let (zones, mistakes) = zone::check(zones);
    if mistakes.is_empty() {
        let log = QueryLog::default();
        let names = zones.iter().map(|zone| zone.name().to_owned()).collect();
        let serving = Arc::new(start(node, zones, log.clone())?);
        let known = Arc::downgrade(&serving);
        parts.services.know(position, known);
        return Ok(DnsServer {
            serving,
            log,
            zones: names,
        });
    }
    let number = match mistakes.len() {
        1 => "1 mistake".to_owned(),
        more => format!("{more} mistakes"),
    };
    let lines = mistakes
        .iter()
        .map(|it| format!("\n    {}: {}: {}", it.at, it.object, it.cause));
    let cause = number + &lines.collect::<String>();
    Err(Error::new(Kind::Invalid, what(node), cause))
}

/// Starts a server in the node.
fn start(node: &LiveNode, zones: Vec<Authority>, log: QueryLog) -> Result<Serving> {
    let failed = |cause| {
        let error = Error::kernel(what(node), cause);
        if error.raw_os_error() == Some(crate::errno::EADDRINUSE) {
            error.help("something in this node has port 53 already: another server of `.dns(..)` or `serve_dns`, or a program")
        } else {
            error
        }
    };
    let (bell, alarm) = ready::alarm().map_err(failed)?;
    let thread = worker::run_in(node, || {
        let server = Server::bind(zones, log, alarm)?;
        // Threads are born where their parent is.
        thread::Builder::new()
            .name(format!("dns {}", node.name))
            .spawn(|| server.run())
    })?;
    Ok(Serving {
        bell,
        thread: Mutex::new(Some(thread.map_err(failed)?)),
    })
}

/// Starts the servers that the topology asked for in these nodes.
pub(crate) fn start_in(parts: &Parts, nodes: &[usize]) -> Result<()> {
    let all = parts.plan.dns_nodes();
    for node in all.filter(|node| nodes.contains(node)) {
        let (live, zones) = (parts.node(node), parts.plan.nodes[node].dns.clone());
        let serving = start(live, zones, live.dns_queries.clone())?;
        parts.services.keep(node, Arc::new(serving));
    }
    Ok(())
}

fn what(node: &LiveNode) -> String {
    format!("start the DNS server of node `{}`", node.name)
}
