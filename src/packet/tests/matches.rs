//! Which packets a match is about, and what makes no sense in one.

use super::frames::{Around, V4, V6, arp};
use crate::address::Family;
use crate::packet::header::TcpFlags;
use crate::packet::{Match, Packet, Sender};

fn holds(what: &Match, frame: &[u8]) -> bool {
    what.holds(&Packet::new(frame), &Sender::Own)
}

/// One frame of each kind, by a name.
fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let solicitation = [[135, 0, 0, 0, 0, 0, 0, 0].as_slice(), &[0; 16]].concat();
    let tagged = Around {
        vlan: Some(7),
        ..V4
    };
    vec![
        ("syn", V4.tcp(TcpFlags::SYN, b"")),
        ("syn ack", V6.tcp(TcpFlags::SYN | TcpFlags::ACK, b"")),
        ("ack", V4.tcp(TcpFlags::ACK, b"")),
        (
            "data",
            V4.tcp(TcpFlags::ACK | TcpFlags::PSH, b"GET / HTTP/1.1"),
        ),
        ("fin", V4.tcp(TcpFlags::ACK | TcpFlags::FIN, b"")),
        ("rst", V6.tcp(TcpFlags::RST, b"")),
        ("udp", V4.udp(5000, 53, b"question")),
        ("udp6", V6.udp(53, 5000, b"answer")),
        ("ping", V4.echo(1, b"")),
        ("ping6", V6.echo(1, b"")),
        ("nd", V6.frame(58, 2, &solicitation)),
        ("arp", arp()),
        ("tagged", tagged.udp(1, 2, &[0; 1000])),
    ]
}

#[test]
fn a_match_is_about_what_it_says_and_nothing_else() {
    let tcp = ["syn", "syn ack", "ack", "data", "fin", "rst"];
    let cases: Vec<(Match, &[&str])> = vec![
        (Match::tcp(), &tcp),
        (Match::tcp().syn(), &["syn"]),
        (Match::tcp().syn_ack(), &["syn ack"]),
        (Match::tcp().fin(), &["fin"]),
        (Match::tcp().rst(), &["rst"]),
        (Match::tcp().ack_only(), &["ack"]),
        (Match::tcp().flags(TcpFlags::SYN), &["syn", "syn ack"]),
        (Match::udp(), &["udp", "udp6", "tagged"]),
        (Match::icmp(), &["ping"]),
        (Match::icmpv6(), &["ping6", "nd"]),
        (Match::neighbour_discovery(), &["nd"]),
        (Match::arp(), &["arp"]),
        (
            Match::ipv4(),
            &["syn", "ack", "data", "fin", "udp", "ping", "tagged"],
        ),
        (Match::ipv6(), &["syn ack", "rst", "udp6", "ping6", "nd"]),
        (Match::tcp().family(Family::V6), &["syn ack", "rst"]),
        (Match::any().port(53), &["udp", "udp6"]),
        (Match::udp().source_port(53), &["udp6"]),
        (Match::udp().destination_port(53), &["udp"]),
        (Match::udp().port(54), &[]),
        (Match::udp().source("10.1.0.0/16"), &["udp", "tagged"]),
        (Match::udp().destination("fd00::2"), &["udp6"]),
        (Match::udp().destination("10.1.0.1"), &[]),
        (Match::arp().destination("10.1.0.2"), &["arp"]),
        (Match::any().payload_contains("GET /"), &["data"]),
        (Match::any().vlan(7), &["tagged"]),
        (Match::any().min_length(1000), &["tagged"]),
        (
            Match::udp().when(|packet| packet.payload() == b"answer"),
            &["udp6"],
        ),
        (
            Match::tcp().except(Match::tcp().family(Family::V4)),
            &["syn ack", "rst"],
        ),
        (!(Match::ipv4().or(Match::ipv6())), &["arp"]),
        (Match::arp().or(Match::tcp().syn()), &["syn", "arp"]),
        (Match::arp().received(), &[]),
        (Match::arp().sent(), &["arp"]),
    ];
    for (what, expected) in cases {
        let all = frames();
        let met = all.iter().filter(|(_, frame)| holds(&what, frame));
        let met: Vec<&str> = met.map(|(name, _)| *name).collect();
        assert_eq!(met, expected, "{what}");
        assert!(what.mistakes().is_empty(), "{:?}", what.mistakes());
    }
}

#[test]
fn what_makes_no_sense_is_told() {
    let cases = [
        (
            Match::udp().nth(0),
            "`nth 0` is no packet: they count from 1",
        ),
        (
            Match::udp().first(0),
            "`first 0` is no packet: they count from 1",
        ),
        (
            Match::udp().every(0),
            "`every 0` is no packet: they count from 1",
        ),
        (
            Match::udp().with_probability(1.2),
            "the probability 1.2 is out of range (0 to 1)",
        ),
        (
            Match::udp().with_probability(f64::NAN),
            "the probability NaN is out of range (0 to 1)",
        ),
        (
            Match::udp().syn(),
            "`udp` never meets `syn`: only TCP segments have such flags",
        ),
        (
            Match::icmp().port(80),
            "`icmp` never meets `port 80`: only TCP and UDP have ports",
        ),
        (
            Match::icmp().family(Family::V6),
            "`icmp` never meets `IPv6`: that is of the other family",
        ),
        (
            Match::arp().family(Family::V4),
            "`arp` never meets `IPv4`: ARP is no IP packet; say `Match::arp()` alone",
        ),
        (
            !Match::udp().nth(1),
            "`nth 1` stands in a part of a match, and only the whole can count",
        ),
    ];
    for (what, expected) in cases {
        assert_eq!(what.mistakes(), [expected]);
    }
    let wrong = Match::tcp()
        .source("somewhere")
        .or(Match::udp().destination("10.0.0.0/33"));
    let mistakes = wrong.mistakes();
    assert_eq!(mistakes.len(), 2);
    assert!(mistakes[0].contains("`somewhere`"), "{mistakes:?}");
    assert!(mistakes[1].contains("33 is out of range"), "{mistakes:?}");
}

#[test]
fn names_of_ends_are_looked_up_wherever_they_stand() {
    let mut what = Match::udp().from("a").except(Match::any().from("b"));
    let looked = what.name_senders(&mut |name| match name {
        "a" => Ok(Sender::Own),
        "b" => Ok(Sender::Far),
        _ => Err(()),
    });
    assert_eq!(looked, Ok(()));
    assert_eq!(what.to_string(), "udp, sent, not (received)");
    assert!(holds(&what, &V4.udp(1, 2, b"")));
    assert_eq!(
        Match::any().from("c").name_senders(&mut |_| Err(())),
        Err(())
    );
}
