//! Packets that are held back until somebody lets them go.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::attempt::seconds;
use crate::error::{Error, Kind, Result};
use crate::link::Link;
use crate::live::Parts;
use crate::packet::{Match, PacketRule};
use crate::relay::Opening;
use crate::settings;
use crate::trouble::PacketRuleGuard;
use crate::trouble::rule::PATIENCE;
use crate::wires::Rule;

impl<'net> Link<'net> {
    /// Holds packets of its wire back, until they are released or the guard is dropped.
    ///
    /// It is a [rule](Self::packet_rule) like others: it comes behind those that are there, and ends the matter for what it holds. What is
    /// released meets the impairment then.
    ///
    /// # Errors
    ///
    /// As [`packet_rule`](Self::packet_rule).
    ///
    /// # Examples
    ///
    /// The server learns that the client has closed when the test says so:
    ///
    /// ```
    /// use netns_test::{Match, Topology};
    /// use std::io::Read;
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// # netns_test::run(&Topology::lan(["client", "server"]).wires(), |net| {
    /// let (client, server) = (net.host("client"), net.host("server"));
    /// let listener = server.run(|| TcpListener::bind("0.0.0.0:80")).unwrap();
    /// let stream = client.run(|| TcpStream::connect(server.socket_addr(80))).unwrap();
    /// let mut accepted = listener.accept().unwrap().0;
    ///
    /// let held = client.link("eth0").hold(Match::tcp().fin().sent()).unwrap();
    /// drop(stream);
    /// held.wait_until_held(1).unwrap();
    /// accepted.set_nonblocking(true).unwrap();
    /// assert!(accepted.read(&mut [0]).is_err());
    /// held.release();
    /// accepted.set_nonblocking(false).unwrap();
    /// assert_eq!(accepted.read(&mut [0]).unwrap(), 0);
    /// # }).unwrap();
    /// ```
    pub fn hold(self, what: Match) -> Result<Held<'net>> {
        let text = what.to_string();
        let (guard, rule) = self.installed(PacketRule::hold(what))?;
        Ok(Held {
            guard,
            rule,
            parts: self.host().parts(),
            released: AtomicU64::new(0),
            text,
        })
    }
}

/// Packets that are held back, from [`Link::hold`]. Dropping it lets them go in their order, and later ones pass.
///
/// # Examples
///
/// Two datagrams arrive in the other order:
///
/// ```
/// use netns_test::{Match, Topology};
/// use std::net::UdpSocket;
///
/// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
/// let (a, b) = (net.host("a"), net.host("b"));
/// let to = b.run(|| UdpSocket::bind("0.0.0.0:7")).unwrap();
/// let from = a.run(|| UdpSocket::bind("0.0.0.0:8")).unwrap();
///
/// let held = a.link("eth0").hold(Match::udp().sent()).unwrap();
/// from.send_to(b"1", b.socket_addr(7)).unwrap();
/// from.send_to(b"2", b.socket_addr(7)).unwrap();
/// held.wait_until_held(2).unwrap();
/// assert_eq!(held.release_reversed(), 2);
/// let mut first = [0];
/// to.recv(&mut first).unwrap();
/// assert_eq!(&first, b"2");
/// # }).unwrap();
/// ```
#[must_use = "packets whose guard is not bound to a variable are let go at once"]
pub struct Held<'net> {
    guard: PacketRuleGuard<'net>,
    rule: Rule,
    parts: &'net Arc<Parts>,
    released: AtomicU64,
    text: String,
}

impl Held<'_> {
    /// How many packets it holds now.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).wires(), |net| {
    /// let held = net.host("a").link("eth0").hold(netns_test::Match::udp()).unwrap();
    /// assert_eq!(held.held(), 0);
    /// # }).unwrap();
    /// ```
    pub fn held(&self) -> usize {
        self.rule.held(self.parts)
    }

    /// Waits until it holds so many packets: for 10 seconds at most, times `NETNS_TEST_TIME_SCALE`.
    ///
    /// # Errors
    ///
    /// There were fewer in time ([`is_timed_out`](Error::is_timed_out)).
    ///
    /// # Examples
    ///
    /// See [`Held`].
    pub fn wait_until_held(&self, packets: u64) -> Result<()> {
        let limit = settings::scaled(PATIENCE);
        let hits = self.released.load(Ordering::Relaxed) + packets;
        let counts = self.guard.tally.wait(hits, limit);
        if counts.hits >= hits {
            return Ok(());
        }
        if counts.panicked.is_some() {
            return self.guard.wait_for_hits(hits);
        }
        let what = format!(
            "wait until {packets} packets are held that match `{}`",
            self.text
        );
        let cause = format!("{} are after {}", self.held(), seconds(limit));
        Err(Error::new(Kind::TimedOut, what, cause).help("`Link::record` shows what was sent"))
    }

    /// Lets all go in their order; returns how many. Later ones are held.
    ///
    /// # Examples
    ///
    /// See [`Link::hold`].
    pub fn release(&self) -> usize {
        self.open(Opening::All)
    }

    /// Lets the first go; returns whether there was one.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]).wires(), |net| {
    /// let held = net.host("a").link("eth0").hold(netns_test::Match::udp()).unwrap();
    /// assert!(!held.release_one());
    /// # }).unwrap();
    /// ```
    pub fn release_one(&self) -> bool {
        self.open(Opening::First(1)) > 0
    }

    /// Lets all go, the last one first; returns how many. Later ones are held.
    ///
    /// # Examples
    ///
    /// See [`Held`].
    pub fn release_reversed(&self) -> usize {
        self.open(Opening::Reversed)
    }

    fn open(&self, how: Opening) -> usize {
        let opened = self.rule.open(self.parts, how);
        self.released.fetch_add(opened as u64, Ordering::Relaxed);
        opened
    }
}

impl fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({}: {})", self.text, self.held())
    }
}
