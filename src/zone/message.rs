//! Queries and answers as bytes: the only place that names the codec.

use std::iter;

use simple_dns::rdata::{A, AAAA, CNAME, MX, NS, PTR, RData, SOA, SRV, TXT};
use simple_dns::{
    CLASS, CharacterString, Label, Name, OPCODE, Packet, PacketFlag, QCLASS, ResourceRecord,
};

pub(super) use simple_dns::RCODE;

use crate::zone::authority::{Data, Found, Record};
use crate::zone::edns::{self, Edns};
use crate::zone::name;

/// The timers of an SOA record, in seconds: nobody transfers the zone.
const REFRESH: i32 = 3600;
const RETRY: i32 = 600;
const EXPIRE: i32 = 86_400;
const HEADER: usize = 12;
/// The bytes of one of a TXT record's strings.
const STRING: usize = 255;

/// What a message turns out to be.
pub(super) enum Message<'a> {
    Query(Box<Query<'a>>),
    /// A query that cannot be read, and the answer that says so.
    Damaged(Vec<u8>),
    /// No query at all: an answer to it could start an endless exchange.
    Noise,
}

/// A query with one question.
pub(super) struct Query<'a> {
    packet: Packet<'a>,
    edns: Option<Edns>,
}

/// The header of an answer.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) rcode: RCODE,
    pub(super) authoritative: bool,
    pub(super) truncated: bool,
}

/// Reads a message.
pub(super) fn read(bytes: &[u8]) -> Message<'_> {
    // The bit QR: an answer.
    if bytes.len() < HEADER || bytes[2] & 0x80 != 0 {
        return Message::Noise;
    }
    match Packet::parse(bytes) {
        Ok(packet) if packet.questions.len() == 1 || !is_query(&packet) => {
            Message::Query(Box::new(Query {
                packet,
                edns: edns::find(bytes),
            }))
        }
        _ => Message::Damaged(format_error(bytes)),
    }
}

fn is_query(packet: &Packet<'_>) -> bool {
    packet.opcode() == OPCODE::StandardQuery
}

/// FORMERR, with nothing of the message but its id, opcode and RD bit.
fn format_error(bytes: &[u8]) -> Vec<u8> {
    let mut answer = vec![0; HEADER];
    answer[..2].copy_from_slice(&bytes[..2]);
    answer[2] = bytes[2] & 0x79 | 0x80;
    answer[3] = 1;
    answer
}

impl Query<'_> {
    /// Whether it is an ordinary query, and no update or notification.
    pub(super) fn is_ordinary(&self) -> bool {
        is_query(&self.packet)
    }

    /// The name as it was spelled.
    pub(super) fn name(&self) -> String {
        let labels = self.packet.questions.first().map(|it| it.qname.as_bytes());
        labels.map_or_else(String::new, name::spelled)
    }

    /// The number of the type that is asked for.
    pub(super) fn record_type(&self) -> u16 {
        let question = self.packet.questions.first();
        question.map_or(0, |question| question.qtype.into())
    }

    /// Whether it is about the internet, and not about one of the other worlds.
    pub(super) fn is_internet(&self) -> bool {
        let class = self.packet.questions.first().map(|it| it.qclass);
        matches!(class, Some(QCLASS::ANY | QCLASS::CLASS(CLASS::IN)))
    }

    pub(super) fn edns(&self) -> Option<Edns> {
        self.edns
    }

    /// The bytes of an answer; `None` if it cannot be put into a message of 65,535 bytes.
    pub(super) fn answer(&self, head: Head, found: &Found) -> Option<Vec<u8>> {
        let mut packet = Packet::new_reply(self.packet.id());
        *packet.opcode_mut() = self.packet.opcode();
        *packet.rcode_mut() = head.rcode;
        for (flag, on) in [
            (PacketFlag::AUTHORITATIVE_ANSWER, head.authoritative),
            (PacketFlag::TRUNCATION, head.truncated),
            (PacketFlag::RECURSION_DESIRED, self.recursion_desired()),
        ] {
            if on {
                packet.set_flags(flag);
            }
        }
        packet.questions.clone_from(&self.packet.questions);
        let records = |records: &[(String, Record)]| -> Option<Vec<ResourceRecord<'static>>> {
            records.iter().map(|it| self.record(it)).collect()
        };
        packet.answers = records(&found.answers)?;
        packet.name_servers = records(&found.authority)?;
        packet.additional_records = records(&found.additional)?;
        let mut bytes = packet.build_bytes_vec_compressed().ok()?;
        if let Some(asker) = self.edns {
            edns::append(&mut bytes, asker, head.rcode as u16);
        }
        (bytes.len() <= usize::from(u16::MAX)).then_some(bytes)
    }

    fn recursion_desired(&self) -> bool {
        self.packet.has_flags(PacketFlag::RECURSION_DESIRED)
    }

    /// A record; a name that was asked for keeps the spelling of the query.
    fn record(&self, (owner, record): &(String, Record)) -> Option<ResourceRecord<'static>> {
        let question = self.packet.questions.first();
        let asked =
            question.filter(|it| name::spelled(it.qname.as_bytes()).eq_ignore_ascii_case(owner));
        let owner = asked.map_or_else(|| encoded(owner), |it| it.qname.clone().into_owned());
        let data = data(&record.data, record.ttl)?;
        Some(ResourceRecord::new(owner, CLASS::IN, record.ttl, data))
    }
}

fn encoded(name: &str) -> Name<'static> {
    let labels = name::labels(name).map(|label| Label::new_unchecked(label.as_bytes().to_vec()));
    Name::new_with_labels(&labels.collect::<Vec<_>>())
}

fn data(data: &Data, ttl: u32) -> Option<RData<'static>> {
    Some(match data {
        Data::A(address) => RData::A(A {
            address: (*address).into(),
        }),
        Data::Aaaa(address) => RData::AAAA(AAAA {
            address: (*address).into(),
        }),
        Data::Cname(target) => RData::CNAME(CNAME(encoded(target))),
        Data::Mx(preference, target) => RData::MX(MX {
            preference: *preference,
            exchange: encoded(target),
        }),
        Data::Ns(target) => RData::NS(NS(encoded(target))),
        Data::Ptr(target) => RData::PTR(PTR(encoded(target))),
        Data::Soa { server, mailbox } => RData::SOA(SOA {
            mname: encoded(server),
            rname: encoded(mailbox),
            serial: 1,
            refresh: REFRESH,
            retry: RETRY,
            expire: EXPIRE,
            minimum: ttl,
        }),
        Data::Srv(priority, weight, port, target) => RData::SRV(SRV {
            priority: *priority,
            weight: *weight,
            port: *port,
            target: encoded(target),
        }),
        Data::Txt(text) => RData::TXT(strings(text)?),
    })
}

/// A text as strings of at most 255 bytes; an empty one is one empty string.
fn strings(text: &str) -> Option<TXT<'static>> {
    let parts = text.as_bytes().chunks(STRING);
    let empty = text.is_empty().then_some(&[][..]);
    iter::empty()
        .chain(parts)
        .chain(empty)
        .try_fold(TXT::new(), |strings, part| {
            let string = CharacterString::new(part).ok()?;
            Some(strings.with_char_string(string.into_owned()))
        })
}
