//! From the bytes of a query to the bytes of its answer, and when it is sent. A pure function.

use std::net::SocketAddr;
use std::time::Duration;

use crate::zone::authority::{Authority, Failure, Found, Quirks};
use crate::zone::message::{self, Head, Message, Query, RCODE};
use crate::zone::query::{DnsQuery, DnsTransport, RecordType};

/// The largest UDP answer for those who do not say what they take, [RFC 1035](https://www.rfc-editor.org/rfc/rfc1035#section-4.2.1).
const PLAIN: u16 = 512;
/// The types that stand for a transfer of the whole zone.
const TRANSFERS: [u16; 2] = [251, 252];

/// What becomes of a message.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// For the log; nothing if the message was no query.
    pub(crate) query: Option<DnsQuery>,
    /// What is sent back, if anything is.
    pub(crate) reply: Option<Reply>,
}

/// An answer, and what it waits for.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) delay: Duration,
    /// The name whose queries are counted, and how many of them get no answer.
    pub(crate) flaky: Option<(String, u32)>,
}

impl Reply {
    fn at_once(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            delay: Duration::ZERO,
            flaky: None,
        }
    }
}

/// Decides what the server of these zones does with a message.
pub(crate) fn answer(
    zones: &[Authority],
    message: &[u8],
    transport: DnsTransport,
    from: SocketAddr,
) -> Answer {
    let query = match message::read(message) {
        Message::Query(query) => query,
        Message::Damaged(bytes) => {
            return Answer {
                query: None,
                reply: Some(Reply::at_once(bytes)),
            };
        }
        Message::Noise => return Answer::default(),
    };
    let spelled = query.name();
    let reply = decide(zones, &query, &spelled.to_ascii_lowercase(), transport);
    let query = DnsQuery {
        name: spelled,
        record_type: RecordType::of(query.record_type()),
        transport,
        from,
        edns_payload: query.edns().map(|edns| edns.payload),
    };
    Answer {
        query: Some(query),
        reply,
    }
}

fn decide(
    zones: &[Authority],
    query: &Query<'_>,
    asked: &str,
    transport: DnsTransport,
) -> Option<Reply> {
    let plain = |rcode| refusal(query, rcode).map(Reply::at_once);
    if !query.is_ordinary() {
        return plain(RCODE::NotImplemented);
    }
    if query.edns().is_some_and(|edns| edns.version != 0) {
        return plain(RCODE::BADVERS);
    }
    let zone = Authority::of(zones, asked);
    let Some(zone) = zone.filter(|_| is_served(query)) else {
        return plain(RCODE::Refused);
    };
    let (counted, quirks) = match zone.quirks(asked) {
        Some((name, quirks)) => (name, quirks),
        None => (asked, &Quirks::default()),
    };
    if quirks.silent {
        return None;
    }
    Some(Reply {
        bytes: bytes(zone, query, asked, quirks, transport)?,
        delay: quirks.delay,
        flaky: (quirks.flaky > 0).then(|| (counted.to_owned(), quirks.flaky)),
    })
}

/// Whether it asks for something that a zone could have.
fn is_served(query: &Query<'_>) -> bool {
    query.is_internet() && !TRANSFERS.contains(&query.record_type())
}

fn bytes(
    zone: &Authority,
    query: &Query<'_>,
    asked: &str,
    quirks: &Quirks,
    transport: DnsTransport,
) -> Option<Vec<u8>> {
    let mut found = zone.look_up(asked, RecordType::of(query.record_type()));
    match quirks.failure {
        Some(Failure::ServFail) => return refusal(query, RCODE::ServerFailure),
        Some(Failure::Refused) => return refusal(query, RCODE::Refused),
        Some(Failure::NxDomain) => found = zone.denial(),
        None => {}
    }
    let head = Head {
        rcode: if found.no_such_name {
            RCODE::NameError
        } else {
            RCODE::NoError
        },
        authoritative: !found.delegated,
        truncated: false,
    };
    let limit = match transport {
        DnsTransport::Udp => query.edns().map_or(PLAIN, |edns| edns.payload.max(PLAIN)),
        DnsTransport::Tcp => u16::MAX,
    };
    if quirks.truncated && transport == DnsTransport::Udp {
        return truncated(query, head);
    }
    fitting(query, head, found, limit).or_else(|| match transport {
        DnsTransport::Udp => truncated(query, head),
        // Too many records for any message.
        DnsTransport::Tcp => refusal(query, RCODE::ServerFailure),
    })
}

/// The whole answer, without the addresses that nobody asked for if it is too long with them.
fn fitting(query: &Query<'_>, head: Head, mut found: Found, limit: u16) -> Option<Vec<u8>> {
    let fits = |bytes: &Vec<u8>| bytes.len() <= usize::from(limit);
    let whole = query.answer(head, &found).filter(fits);
    // A referral is of no use without the addresses of the servers that it names.
    if whole.is_some() || found.additional.is_empty() || found.delegated {
        return whole;
    }
    found.additional.clear();
    query.answer(head, &found).filter(fits)
}

fn truncated(query: &Query<'_>, head: Head) -> Option<Vec<u8>> {
    let head = Head {
        truncated: true,
        ..head
    };
    query.answer(head, &Found::default())
}

fn refusal(query: &Query<'_>, rcode: RCODE) -> Option<Vec<u8>> {
    let head = Head {
        rcode,
        authoritative: false,
        truncated: false,
    };
    query.answer(head, &Found::default())
}
