//! What zones answer, without any network.

mod answers;
mod damage;
mod mistakes;

use std::net::SocketAddr;

use simple_dns::rdata::{OPT, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, Question, RCODE, ResourceRecord, TYPE};

use crate::zone::{Authority, DnsTransport, Reply, Zone, Zones, answer, check};

fn asker() -> SocketAddr {
    "10.1.0.1:40000".parse().unwrap()
}

fn served(zones: impl Zones) -> Vec<Authority> {
    let (zones, mistakes) = check(&zones.zones());
    assert!(mistakes.is_empty(), "{mistakes:?}");
    zones
}

fn query(name: &str, qtype: QTYPE, payload: Option<u16>) -> Vec<u8> {
    let mut packet = Packet::new_query(7);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).unwrap();
    packet
        .questions
        .push(Question::new(name, qtype, CLASS::IN.into(), false));
    *packet.opt_mut() = payload.map(|udp_packet_size| OPT {
        opt_codes: Vec::new(),
        udp_packet_size,
        version: 0,
    });
    packet.build_bytes_vec().unwrap()
}

fn reply(zones: &[Authority], message: &[u8], transport: DnsTransport) -> Option<Reply> {
    answer(zones, message, transport, asker()).reply
}

/// An answer as text: the code, the flags AA and TC, and the records of each section.
fn asked(zones: &[Authority], name: &str, record_type: TYPE) -> String {
    let message = query(name, record_type.into(), None);
    let reply = reply(zones, &message, DnsTransport::Udp).expect("there should be an answer");
    told(&reply.bytes)
}

fn told(bytes: &[u8]) -> String {
    let packet = Packet::parse(bytes).unwrap();
    assert!(packet.has_flags(PacketFlag::RESPONSE));
    let mut text = match packet.rcode() {
        RCODE::NoError => "ok".to_owned(),
        RCODE::NameError => "nxdomain".to_owned(),
        other => format!("{other:?}"),
    };
    for (flag, word) in [
        (PacketFlag::AUTHORITATIVE_ANSWER, " aa"),
        (PacketFlag::TRUNCATION, " tc"),
    ] {
        if packet.has_flags(flag) {
            text.push_str(word);
        }
    }
    for (section, records) in [
        ("", &packet.answers),
        ("authority: ", &packet.name_servers),
        ("additional: ", &packet.additional_records),
    ] {
        for record in records {
            text.push_str(&format!("\n{section}{}", line(record)));
        }
    }
    text
}

fn line(record: &ResourceRecord<'_>) -> String {
    let data = match &record.rdata {
        RData::A(a) => format!("A {}", std::net::Ipv4Addr::from(a.address)),
        RData::AAAA(aaaa) => format!("AAAA {}", std::net::Ipv6Addr::from(aaaa.address)),
        RData::CNAME(target) => format!("CNAME {}", target.0),
        RData::MX(mx) => format!("MX {} {}", mx.preference, mx.exchange),
        RData::NS(server) => format!("NS {}", server.0),
        RData::PTR(target) => format!("PTR {}", target.0),
        RData::SOA(soa) => format!("SOA {} {} {}", soa.mname, soa.rname, soa.minimum),
        RData::SRV(srv) => format!(
            "SRV {} {} {} {}",
            srv.priority, srv.weight, srv.port, srv.target
        ),
        RData::TXT(txt) => format!("TXT {}", String::try_from(txt.clone()).unwrap()),
        other => format!("{other:?}"),
    };
    format!("{} {} {data}", record.name, record.ttl)
}

fn example() -> Zone {
    Zone::new("example.test")
        .ns("@", "ns1")
        .a("ns1", "10.1.0.1")
        .a("www", "10.1.0.2")
        .aaaa("www", "fd00:1::2")
        .a("deep.down.below", "10.1.0.3")
}
