//! DNS zones as plain values: what was asked, what it comes to, and the answer to a query.

mod answer;
mod authority;
mod behaviour;
mod check;
mod edns;
mod message;
mod name;
mod query;
mod record;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::panic::Location;
use std::time::Duration;

pub use query::{DnsQuery, DnsTransport, RecordType};

pub(crate) use answer::{Reply, answer};
pub(crate) use authority::Authority;
pub(crate) use check::check;
pub(crate) use query::QueryLog;

use authority::Quirk;

/// The time to live of records, unless [`Zone::ttl`] says another.
const TTL: Duration = Duration::from_secs(300);

/// A DNS zone: its records, and how the server behaves when it is asked for a name.
///
/// A zone is a plain value. Its methods never fail: mistakes are found all at once, each with its line, when the zone is planned
/// ([`HostSpec::dns`](crate::HostSpec::dns)) or served ([`Host::serve_dns`](crate::Host::serve_dns)).
///
/// Names are written as in a zone file: `www` is in the zone, `@` is the zone itself, `*` is a wildcard, and a final dot makes a name
/// absolute. An IP address as a name is its reverse name. The SOA record is made by itself. A name that the zone does not have is
/// NXDOMAIN, one that it has with other types is an empty answer, and names outside of all zones are refused.
///
/// # Examples
///
/// ```
/// use netns_test::Zone;
///
/// # netns_test::run(&netns_test::Topology::lan(["client", "ns"]), |net| {
/// let zone = Zone::new("example.test")
///     .a("www", "10.1.0.2")
///     .aaaa("www", "fd00:1::2")
///     .cname("web", "www")
///     .mx("@", 10, "mail.example.org.")
///     .servfail("broken");
/// let reverse = Zone::new("10.1.0.0/16").ptr("10.1.0.2", "www.example.test");
/// let server = net.host("ns").serve_dns([zone, reverse]).unwrap();
/// assert!(server.queries().is_empty());
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    at: &'static Location<'static>,
    ttl: Duration,
    entries: Vec<Entry>,
}

/// One line of a zone.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    at: &'static Location<'static>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Record { ttl: Duration, data: Written },
    Quirk(Quirk),
}

/// A record's data as somebody wrote it.
#[derive(Clone, Debug)]
enum Written {
    A(String),
    Aaaa(String),
    Cname(String),
    Mx(u16, String),
    Ns(String),
    Ptr(String),
    Srv(u16, u16, u16, String),
    Txt(String),
}

impl Zone {
    /// A zone without records: `example.test`, or the reverse zone of a subnet, `10.1.0.0/16` or `fd00:1::/64`.
    ///
    /// A reverse zone ends where a label ends: at a multiple of 8 bits for IPv4, of 4 bits for IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// let error = net.root().serve_dns(netns_test::Zone::new("10.1.0.0/17")).unwrap_err();
    /// assert!(error.to_string().contains("a multiple of 8"));
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn new(name: impl Display) -> Self {
        Self {
            name: name.to_string(),
            at: Location::caller(),
            ttl: TTL,
            entries: Vec::new(),
        }
    }

    /// Sets the time to live of the records that follow, and of negative answers: whole seconds up to 2³¹ - 1. It is 300 s otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// netns_test::Zone::new("example.test")
    ///     .a("stable", "10.1.0.2")
    ///     .ttl(Duration::ZERO)
    ///     .a("never-cached", "10.1.0.2");
    /// ```
    #[must_use = "builder methods return the changed zone"]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    fn entry(mut self, name: impl Display, at: &'static Location<'static>, what: What) -> Self {
        self.entries.push(Entry {
            name: name.to_string(),
            at,
            what,
        });
        self
    }
}

/// One zone or several.
///
/// # Examples
///
/// ```
/// use netns_test::Zone;
///
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// drop(net.host("a").serve_dns(Zone::new("test")).unwrap());
/// drop(net.host("a").serve_dns([Zone::new("a.test"), Zone::new("b.test")]).unwrap());
/// # }).unwrap();
/// ```
pub trait Zones {
    /// The zones, in the order in which they were written.
    fn zones(self) -> Vec<Zone>;
}

impl Zones for Zone {
    fn zones(self) -> Vec<Zone> {
        vec![self]
    }
}

impl Zones for Vec<Zone> {
    fn zones(self) -> Vec<Zone> {
        self
    }
}

impl<const N: usize> Zones for [Zone; N] {
    fn zones(self) -> Vec<Zone> {
        self.into()
    }
}
