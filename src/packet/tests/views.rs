//! What is read in a frame, and how it prints.

use super::frames::{Around, V4, V6, arp};
use crate::packet::Packet;
use crate::packet::header::TcpFlags;

fn line(frame: &[u8]) -> String {
    Packet::new(frame).to_string()
}

#[test]
fn packets_print_as_tcpdump_prints_them() {
    let answer = TcpFlags::SYN | TcpFlags::ACK;
    let push = TcpFlags::PSH | TcpFlags::ACK;
    let cases = [
        (
            V4.tcp(TcpFlags::SYN, b""),
            "IP 10.1.0.1.40000 > 10.1.0.2.80: Flags [S], seq 1, win 64240, length 0",
        ),
        (
            V6.tcp(answer, b""),
            "IP6 fd00::1.40000 > fd00::2.80: Flags [S.], seq 1, ack 9, win 64240, length 0",
        ),
        (
            V4.tcp(push, b"hello"),
            "IP 10.1.0.1.40000 > 10.1.0.2.80: Flags [P.], seq 1:6, ack 9, win 64240, length 5",
        ),
        (
            V4.tcp(TcpFlags::ACK, b""),
            "IP 10.1.0.1.40000 > 10.1.0.2.80: Flags [.], ack 9, win 64240, length 0",
        ),
        (
            V6.udp(5000, 53, b"abc"),
            "IP6 fd00::1.5000 > fd00::2.53: UDP, length 3",
        ),
        (
            V4.echo(3, &[0; 56]),
            "IP 10.1.0.1 > 10.1.0.2: ICMP echo request, id 5, seq 3, length 64",
        ),
        (
            V6.echo(3, &[0; 56]),
            "IP6 fd00::1 > fd00::2: ICMP6, echo request, id 5, seq 3, length 64",
        ),
        (
            arp(),
            "ARP, Request who-has 10.1.0.2 tell 10.1.0.1, length 28",
        ),
        (
            Around {
                vlan: Some(7),
                ..V4
            }
            .udp(1, 2, b""),
            "vlan 7, IP 10.1.0.1.1 > 10.1.0.2.2: UDP, length 0",
        ),
        (
            V6.frame(
                58,
                2,
                &[
                    [135, 0, 0, 0, 0, 0, 0, 0].as_slice(),
                    &[0xfd],
                    &[0; 14],
                    &[2],
                ]
                .concat(),
            ),
            "IP6 fd00::1 > fd00::2: ICMP6, neighbor solicitation, who has fd00::2, length 24",
        ),
        (
            V4.frame(132, 99, b"sctp"),
            "IP 10.1.0.1 > 10.1.0.2: ip-proto-132, length 4",
        ),
        (
            [[1; 12].as_slice(), &[0x88, 0xcc], b"lldp"].concat(),
            "01:01:01:01:01:01 > 01:01:01:01:01:01, ethertype 0x88cc, length 4",
        ),
        (b"short".to_vec(), "[truncated frame], length 5"),
    ];
    for (frame, expected) in cases {
        assert_eq!(line(&frame), expected);
    }
}

#[test]
fn options_extension_headers_tags_and_padding_are_passed_over() {
    for v6 in [false, true] {
        let around = Around {
            v6,
            vlan: Some(4000),
            extra: vec![1; 16],
            fragment: None,
            padding: 9,
        };
        let frame = around.tcp(TcpFlags::ACK, b"hello");
        let packet = Packet::new(&frame);
        let tcp = packet.tcp().unwrap();
        assert_eq!((tcp.source_port, tcp.destination_port), (40_000, 80));
        assert_eq!((tcp.sequence, tcp.acknowledgment), (1, 9));
        assert_eq!(tcp.options, [2, 4, 5, 0xb4]);
        assert_eq!(
            (tcp.payload, packet.payload()),
            (&b"hello"[..], &b"hello"[..])
        );
        assert_eq!(packet.ethernet().unwrap().vlan, Some(4000));
        if v6 {
            let ip = packet.ipv6().unwrap();
            assert_eq!(
                (ip.extensions.len(), ip.protocol, ip.hop_limit),
                (16, 6, 64)
            );
        } else {
            let ip = packet.ipv4().unwrap();
            assert_eq!((ip.options.len(), ip.protocol, ip.ttl), (16, 6, 64));
        }
    }
}

#[test]
fn a_later_fragment_has_no_ports() {
    for around in [V4, V6] {
        let first = Around {
            fragment: Some((7, 0, true)),
            ..around.clone()
        };
        let later = Around {
            fragment: Some((7, 1480, false)),
            ..around
        };
        let frame = first.udp(1, 2, b"begin");
        let packet = Packet::new(&frame);
        assert_eq!(packet.udp().unwrap().payload, b"begin");
        assert!(
            packet
                .to_string()
                .contains(".2: first fragment 7, UDP, length 5"),
            "{packet}"
        );
        let frame = later.frame(17, 99, b"the rest of it");
        let packet = Packet::new(&frame);
        assert!(packet.udp().is_none());
        assert_eq!(packet.payload(), b"the rest of it");
        let ip = packet.layout().ip.unwrap().fragment.unwrap();
        assert_eq!((ip.identification, ip.offset, ip.more), (7, 1480, false));
        assert!(
            packet
                .to_string()
                .ends_with("udp, fragment 7 at 1480, length 14"),
            "{packet}"
        );
    }
}
