//! Answers to good queries.

use std::time::Duration;

use simple_dns::{Packet, QTYPE, TYPE};

use super::{asked, example, query, reply, served, told};
use crate::zone::{DnsTransport, Zone};

const SOA: &str = "authority: example.test 300 SOA ns1.example.test hostmaster.example.test 300";

#[test]
fn every_type_of_record_is_answered() {
    let zones = served([
        example()
            .mx("@", 10, "mail.example.org.")
            .txt("@", "v=spf1 -all")
            .srv("_http._tcp", 1, 5, 80, "www"),
        Zone::new("10.1.0.0/16").ptr("10.1.0.2", "www.example.test"),
        Zone::new("fd00:1::/64").ptr("fd00:1::2", "www.example.test."),
    ]);
    let v6 = format!("2.{}1.0.0.0.0.0.d.f.ip6.arpa", "0.".repeat(23));
    for (name, record_type, answer) in [
        (
            "www.example.test",
            TYPE::A,
            "www.example.test 300 A 10.1.0.2",
        ),
        (
            "www.example.test",
            TYPE::AAAA,
            "www.example.test 300 AAAA fd00:1::2",
        ),
        (
            "example.test",
            TYPE::MX,
            "example.test 300 MX 10 mail.example.org",
        ),
        (
            "example.test",
            TYPE::TXT,
            "example.test 300 TXT v=spf1 -all",
        ),
        (
            "example.test",
            TYPE::SOA,
            "example.test 300 SOA ns1.example.test hostmaster.example.test 300",
        ),
        (
            "example.test",
            TYPE::NS,
            "example.test 300 NS ns1.example.test\nadditional: ns1.example.test 300 A 10.1.0.1",
        ),
        (
            "_http._tcp.example.test",
            TYPE::SRV,
            "_http._tcp.example.test 300 SRV 1 5 80 www.example.test\n\
             additional: www.example.test 300 A 10.1.0.2\n\
             additional: www.example.test 300 AAAA fd00:1::2",
        ),
        (
            "2.0.1.10.in-addr.arpa",
            TYPE::PTR,
            "2.0.1.10.in-addr.arpa 300 PTR www.example.test",
        ),
        (&v6, TYPE::PTR, &format!("{v6} 300 PTR www.example.test")),
    ] {
        assert_eq!(asked(&zones, name, record_type), format!("ok aa\n{answer}"));
    }
}

#[test]
fn unknown_names_other_types_and_foreign_names_differ() {
    let zones = served(example());
    assert_eq!(
        asked(&zones, "no.example.test", TYPE::A),
        format!("nxdomain aa\n{SOA}")
    );
    assert_eq!(
        asked(&zones, "www.example.test", TYPE::MX),
        format!("ok aa\n{SOA}")
    );
    // A name in between exists, and has nothing.
    assert_eq!(
        asked(&zones, "below.example.test", TYPE::A),
        format!("ok aa\n{SOA}")
    );
    assert_eq!(asked(&zones, "example.org", TYPE::A), "Refused");
    assert_eq!(asked(&zones, "notexample.test", TYPE::A), "Refused");
}

#[test]
fn a_wildcard_stands_for_names_that_are_not_there() {
    let zones = served(example().a("*", "10.1.0.9").txt("*.below", "deeper"));
    assert_eq!(
        asked(&zones, "x.y.example.test", TYPE::A),
        "ok aa\nx.y.example.test 300 A 10.1.0.9"
    );
    assert_eq!(
        asked(&zones, "www.example.test", TYPE::TXT),
        format!("ok aa\n{SOA}")
    );
    assert_eq!(
        asked(&zones, "x.below.example.test", TYPE::TXT),
        "ok aa\nx.below.example.test 300 TXT deeper"
    );
    // The closest name that exists decides: below `www` there is no wildcard.
    assert_eq!(
        asked(&zones, "x.www.example.test", TYPE::A),
        format!("nxdomain aa\n{SOA}")
    );
}

#[test]
fn an_alias_is_followed_within_its_zone() {
    let zones = served(
        example()
            .cname("web", "alias")
            .cname("alias", "www")
            .cname("out", "www.example.org.")
            .cname("dangling", "nowhere")
            .cname("a", "b")
            .cname("b", "a"),
    );
    let chain = "web.example.test 300 CNAME alias.example.test\nalias.example.test 300 CNAME www.example.test";
    assert_eq!(
        asked(&zones, "web.example.test", TYPE::A),
        format!("ok aa\n{chain}\nwww.example.test 300 A 10.1.0.2")
    );
    assert_eq!(
        asked(&zones, "web.example.test", TYPE::MX),
        format!("ok aa\n{chain}\n{SOA}")
    );
    assert_eq!(
        asked(&zones, "web.example.test", TYPE::CNAME),
        "ok aa\nweb.example.test 300 CNAME alias.example.test"
    );
    assert_eq!(
        asked(&zones, "out.example.test", TYPE::A),
        "ok aa\nout.example.test 300 CNAME www.example.org"
    );
    assert_eq!(
        asked(&zones, "dangling.example.test", TYPE::A),
        format!("nxdomain aa\ndangling.example.test 300 CNAME nowhere.example.test\n{SOA}")
    );
    // A circle ends.
    assert!(
        asked(&zones, "a.example.test", TYPE::A)
            .starts_with("ok aa\na.example.test 300 CNAME b.example.test\n")
    );
}

#[test]
fn a_delegated_name_is_referred_with_glue_and_without_authority() {
    let zones = served(example().ns("child", "ns.child").a("ns.child", "10.1.0.7"));
    assert_eq!(
        asked(&zones, "www.child.example.test", TYPE::A),
        "ok\nauthority: child.example.test 300 NS ns.child.example.test\n\
         additional: ns.child.example.test 300 A 10.1.0.7"
    );
}

#[test]
fn the_longest_zone_answers() {
    let zones = served([
        example(),
        Zone::new("sub.example.test").a("www", "10.1.0.8"),
    ]);
    assert!(asked(&zones, "www.sub.example.test", TYPE::A).ends_with("A 10.1.0.8"));
    assert!(asked(&zones, "www.example.test", TYPE::A).ends_with("A 10.1.0.2"));
}

#[test]
fn failures_are_as_ordered() {
    let zones = served(
        example()
            .servfail("broken")
            .refused("secret")
            .nxdomain("www")
            .servfail("*.odd"),
    );
    assert_eq!(
        asked(&zones, "broken.example.test", TYPE::A),
        "ServerFailure"
    );
    assert_eq!(asked(&zones, "secret.example.test", TYPE::A), "Refused");
    assert_eq!(
        asked(&zones, "www.example.test", TYPE::A),
        format!("nxdomain aa\n{SOA}")
    );
    // A behaviour makes no name: this one is under the zone's own, which has no wildcard.
    assert_eq!(
        asked(&zones, "x.odd.example.test", TYPE::A),
        format!("nxdomain aa\n{SOA}")
    );
    let zones = served(example().servfail("*"));
    assert_eq!(asked(&zones, "x.example.test", TYPE::A), "ServerFailure");
    assert!(asked(&zones, "www.example.test", TYPE::A).ends_with("A 10.1.0.2"));
}

#[test]
fn delays_silence_and_unanswered_queries_are_left_to_the_server() {
    let delay = Duration::from_millis(300);
    let zones = served(
        example()
            .a("*", "10.1.0.9")
            .silent("dead")
            .flaky("www", 2)
            .delay("*", delay),
    );
    let ask = |name| {
        reply(
            &zones,
            &query(name, TYPE::A.into(), None),
            DnsTransport::Udp,
        )
    };
    assert!(ask("dead.example.test").is_none());
    let flaky = ask("www.example.test").unwrap();
    assert_eq!(flaky.flaky, Some(("www.example.test".to_owned(), 2)));
    assert_eq!(flaky.delay, Duration::ZERO);
    assert_eq!(ask("slow.example.test").unwrap().delay, delay);
}

#[test]
fn what_does_not_fit_is_truncated_over_udp_and_whole_over_tcp() {
    let long = (0..60).fold(example(), |zone, n| zone.a("many", format!("10.2.0.{n}")));
    let zones = served(long.truncated("www"));
    let ask = |name, payload, transport| {
        let reply = reply(&zones, &query(name, TYPE::A.into(), payload), transport).unwrap();
        (told(&reply.bytes), reply.bytes.len())
    };
    let (udp, tcp) = (DnsTransport::Udp, DnsTransport::Tcp);
    assert_eq!(ask("www.example.test", Some(4096), udp).0, "ok aa tc");
    assert!(ask("www.example.test", None, tcp).0.ends_with("A 10.1.0.2"));
    let (whole, length) = ask("many.example.test", None, tcp);
    assert_eq!(whole.lines().count(), 61);
    assert_eq!(ask("many.example.test", None, udp).0, "ok aa tc");
    // An EDNS record costs 11 bytes of what it allows.
    let exact = u16::try_from(length + 11).unwrap();
    assert_eq!(ask("many.example.test", Some(exact), udp).0, whole);
    assert_eq!(ask("many.example.test", Some(exact - 1), udp).0, "ok aa tc");
    // Less than every resolver takes is not taken at its word.
    assert!(
        ask("deep.down.below.example.test", Some(20), udp)
            .0
            .ends_with("A 10.1.0.3")
    );
}

#[test]
fn times_to_live_are_those_of_the_line() {
    let zone = Zone::new("test")
        .a("a", "10.0.0.1")
        .ttl(Duration::ZERO)
        .a("b", "10.0.0.2");
    let zones = served(zone);
    assert_eq!(
        asked(&zones, "a.test", TYPE::A),
        "ok aa\na.test 300 A 10.0.0.1"
    );
    assert_eq!(
        asked(&zones, "b.test", TYPE::A),
        "ok aa\nb.test 0 A 10.0.0.2"
    );
    assert!(asked(&zones, "c.test", TYPE::A).ends_with("SOA ns.test hostmaster.test 0"));
}

#[test]
fn the_question_comes_back_as_it_was_spelled() {
    let zones = served(example());
    let message = query("wWw.ExAmPlE.tEsT", TYPE::A.into(), None);
    let bytes = reply(&zones, &message, DnsTransport::Udp).unwrap().bytes;
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.questions[0].qname.to_string(), "wWw.ExAmPlE.tEsT");
    assert_eq!(packet.answers[0].name.to_string(), "wWw.ExAmPlE.tEsT");
    assert_eq!(packet.id(), 7);
}

#[test]
fn a_dot_within_a_label_parts_no_labels() {
    let zones = served(example().a("*", "10.1.0.9"));
    let told = asked(&zones, r"www\.example.test", TYPE::A);
    assert_eq!(told, "Refused");
    let told = asked(&zones, r"a\.b.example.test", TYPE::A);
    assert!(
        told.starts_with("ok aa\n") && told.ends_with("A 10.1.0.9"),
        "{told}"
    );
}

#[test]
fn all_types_at_once() {
    let zones = served(example());
    let bytes = reply(
        &zones,
        &query("www.example.test", QTYPE::ANY, None),
        DnsTransport::Udp,
    );
    assert_eq!(
        told(&bytes.unwrap().bytes),
        "ok aa\nwww.example.test 300 A 10.1.0.2\nwww.example.test 300 AAAA fd00:1::2"
    );
    let transfer = reply(
        &zones,
        &query("example.test", QTYPE::AXFR, None),
        DnsTransport::Tcp,
    );
    assert_eq!(told(&transfer.unwrap().bytes), "Refused");
}

#[test]
fn a_long_text_is_sent_as_several_strings() {
    let text = "x".repeat(600);
    let zones = served(Zone::new("test").txt("long", &text).txt("empty", ""));
    let ask = |name| {
        let message = query(name, TYPE::TXT.into(), None);
        told(&reply(&zones, &message, DnsTransport::Tcp).unwrap().bytes)
    };
    assert_eq!(ask("long.test"), format!("ok aa\nlong.test 300 TXT {text}"));
    assert_eq!(ask("empty.test"), "ok aa\nempty.test 300 TXT ");
}
