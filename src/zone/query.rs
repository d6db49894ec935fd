//! What was asked of a server, for tests that assert it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// A query that a [`DnsServer`](crate::DnsServer) has received, whatever became of it.
///
/// # Examples
///
/// ```
/// use netns_test::Zone;
///
/// # netns_test::run(&netns_test::Topology::lan(["client", "ns"]), |net| {
/// let server = net.host("ns").serve_dns(Zone::new("test")).unwrap();
/// // The application resolves; then:
/// for query in server.queries() {
///     println!("{query}"); // www.test AAAA over UDP from 10.1.0.1:40213
/// }
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DnsQuery {
    /// The name as it was spelled in the query, without its final dot; bytes that are no plain text as `\DDD`.
    pub name: String,
    /// The type of the records that were asked for.
    pub record_type: RecordType,
    /// The protocol by which it came.
    pub transport: DnsTransport,
    /// Who asked.
    pub from: SocketAddr,
    /// The largest UDP answer that the asker takes, in bytes, if it had an EDNS record.
    pub edns_payload: Option<u16>,
}

impl fmt::Display for DnsQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            record_type,
            transport,
            from,
            ..
        } = self;
        write!(f, "{name} {record_type} over {transport} from {from}")
    }
}

/// The protocol below DNS.
///
/// # Examples
///
/// ```
/// assert_eq!(netns_test::DnsTransport::Udp.to_string(), "UDP");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DnsTransport {
    /// Datagrams, see [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html).
    Udp,
    /// A connection, each message with its length before it.
    Tcp,
}

impl fmt::Display for DnsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

/// A type of DNS records.
///
/// # Examples
///
/// ```
/// use netns_test::RecordType;
///
/// assert_eq!(RecordType::Aaaa.to_string(), "AAAA");
/// assert_eq!(RecordType::Other(65).to_string(), "TYPE65");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// All types of a name.
    Any,
    /// An alias.
    Cname,
    /// A mail exchanger.
    Mx,
    /// A name server.
    Ns,
    /// A pointer to another name.
    Ptr,
    /// The start of a zone.
    Soa,
    /// The place of a service.
    Srv,
    /// A text.
    Txt,
    /// Any other, by its number.
    Other(u16),
}

impl RecordType {
    const KNOWN: [(u16, Self, &'static str); 10] = [
        (1, Self::A, "A"),
        (2, Self::Ns, "NS"),
        (5, Self::Cname, "CNAME"),
        (6, Self::Soa, "SOA"),
        (12, Self::Ptr, "PTR"),
        (15, Self::Mx, "MX"),
        (16, Self::Txt, "TXT"),
        (28, Self::Aaaa, "AAAA"),
        (33, Self::Srv, "SRV"),
        (255, Self::Any, "ANY"),
    ];

    pub(crate) fn of(number: u16) -> Self {
        let known = Self::KNOWN.iter().find(|(known, ..)| *known == number);
        known.map_or(Self::Other(number), |(_, known, _)| *known)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, Self::KNOWN.iter().find(|(_, known, _)| known == self)) {
            (Self::Other(number), _) => write!(f, "TYPE{number}"),
            (_, Some((.., word))) => f.write_str(word),
            (_, None) => Ok(()),
        }
    }
}

/// The queries of a server, shared between its thread and those who ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryLog(Arc<Mutex<Vec<DnsQuery>>>);

impl QueryLog {
    pub(crate) fn push(&self, query: DnsQuery) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(query);
    }

    pub(crate) fn all(&self) -> Vec<DnsQuery> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
