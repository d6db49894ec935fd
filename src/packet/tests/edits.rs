//! Changed packets: their fields, and their checksums.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::prelude::*;

use super::frames::{Around, V4, V6, arp, checksums_are_right};
use crate::address::Mac;
use crate::packet::header::TcpFlags;
use crate::packet::{Frame, Judge, Match, Packet, PacketMut, PacketRule, Rules, Verdict, Way};

/// What a frame becomes by rules.
fn judged<const N: usize>(frame: &[u8], rules: [PacketRule; N]) -> Vec<u8> {
    let mut all = Rules::default();
    for (id, rule) in (1..).zip(rules) {
        all.add(id, Way::Forth, rule, 1);
    }
    let mut buffer = [frame, &[0; 100]].concat();
    let mut changed = Frame {
        buffer: &mut buffer,
        length: frame.len(),
    };
    assert_eq!(
        all.judge(Way::Forth, &mut changed, Duration::ZERO),
        Verdict::Pass
    );
    let length = changed.length;
    buffer.truncate(length);
    buffer
}

fn rewritten(frame: &[u8], change: impl FnMut(&mut PacketMut<'_>) + Send + 'static) -> Vec<u8> {
    judged(frame, [PacketRule::rewrite(Match::any(), change)])
}

#[test]
fn every_field_is_set_where_it_is() {
    for around in [V4, V6] {
        let around = Around {
            vlan: Some(7),
            extra: vec![1; 8],
            ..around
        };
        let new = rewritten(&around.tcp(TcpFlags::SYN, b"hello"), |packet| {
            let v6 = packet.view().ipv6().is_some();
            assert!(packet.set_hardware_source(Mac([4; 6])));
            assert!(packet.set_hardware_destination(Mac([6; 6])));
            assert!(packet.set_vlan(300));
            assert_eq!(packet.set_source(Ipv4Addr::new(192, 0, 2, 1)), !v6);
            assert_eq!(packet.set_destination(Ipv4Addr::new(192, 0, 2, 2)), !v6);
            assert_eq!(packet.set_source(Ipv6Addr::LOCALHOST), v6);
            assert_eq!(packet.set_destination(Ipv6Addr::UNSPECIFIED), v6);
            assert!(packet.set_ttl(3));
            assert!(packet.set_source_port(11));
            assert!(packet.set_destination_port(22));
            assert!(packet.set_sequence(33));
            assert!(packet.set_acknowledgment(44));
            assert!(packet.set_window(55));
            assert!(packet.set_tcp_flags(TcpFlags::ACK));
            packet.payload_mut().make_ascii_uppercase();
        });
        let packet = Packet::new(&new);
        let expected = match packet.ipv4() {
            Some(_) => "IP 192.0.2.1.11 > 192.0.2.2.22",
            None => "IP6 ::1.11 > ::.22",
        };
        let expected =
            format!("vlan 300, {expected}: Flags [.], seq 33:38, ack 44, win 55, length 5");
        assert_eq!(packet.to_string(), expected);
        assert_eq!(packet.payload(), b"HELLO");
        let frame = packet.ethernet().unwrap();
        assert_eq!(
            (frame.source, frame.destination),
            (Mac([4; 6]), Mac([6; 6]))
        );
        // The priority of the tag stays.
        assert_eq!(new[14] >> 4, 2);
        let ttl = packet
            .ipv4()
            .map(|ip| ip.ttl)
            .or_else(|| packet.ipv6().map(|ip| ip.hop_limit));
        assert_eq!(ttl, Some(3));
        assert!(checksums_are_right(&new));
    }
}

#[test]
fn what_a_packet_does_not_have_is_not_set() {
    let old = arp();
    let new = rewritten(&old, |packet| {
        assert!(!packet.set_ttl(1));
        assert!(!packet.set_source_port(1));
        assert!(!packet.set_source(Ipv4Addr::LOCALHOST));
        assert!(!packet.set_vlan(1));
        assert!(!packet.set_window(1));
        assert!(!packet.set_payload(b""));
        assert!(!packet.flip_bit(42, 0));
        assert!(!packet.flip_bit(0, 8));
    });
    assert_eq!(new, old);
}

#[test]
fn a_payload_of_another_length_is_told_in_all_headers() {
    for around in [V4, V6] {
        let around = Around {
            extra: vec![1; 8],
            padding: 3,
            ..around
        };
        for payload in [&b"a much longer text than before"[..], b"", b"odd"] {
            let new = rewritten(&around.udp(1, 2, b"before"), |packet| {
                assert!(packet.set_payload(payload));
                assert!(!packet.set_payload(&[0; 2000]));
            });
            let packet = Packet::new(&new);
            assert_eq!(packet.payload(), payload);
            assert_eq!(usize::from(packet.udp().unwrap().length), 8 + payload.len());
            assert!(new.ends_with(payload));
            assert!(checksums_are_right(&new));
            // The kernel's own arithmetic: an equal packet made anew.
            let around = Around {
                padding: 0,
                ..around.clone()
            };
            assert_eq!(new, around.udp(1, 2, payload));
        }
    }
}

#[test]
fn checksums_are_left_if_asked_and_by_what_damages() {
    let old = V4.udp(1, 2, b"hello");
    let left = rewritten(&old, |packet| {
        packet.set_ttl(9);
        packet.leave_checksums();
    });
    assert!(!checksums_are_right(&left));
    let flip = || PacketRule::flip_bit(Match::any(), 45, 3);
    let flipped = judged(&old, [flip()]);
    assert_eq!(flipped[45], old[45] ^ 8);
    assert!(!checksums_are_right(&flipped));
    // Rewriting what was damaged does not make it good; rewriting first does not help either.
    let ttl = || {
        PacketRule::rewrite(Match::any(), |packet| {
            packet.set_ttl(9);
        })
    };
    assert!(!checksums_are_right(&judged(&old, [flip(), ttl()])));
    assert!(!checksums_are_right(&judged(&old, [ttl(), flip()])));
    assert!(checksums_are_right(&judged(&old, [ttl(), ttl()])));
}

#[test]
fn what_came_wrong_goes_on_wrong_unless_it_is_changed() {
    let mut old = V4.udp(1, 2, b"hello");
    old[45] ^= 1;
    assert_eq!(
        rewritten(&old, |packet| assert!(packet.view().udp().is_some())),
        old
    );
}

#[test]
fn a_datagram_without_checksum_stays_without() {
    let mut old = V4.udp(1, 2, b"hello");
    old[40..42].fill(0);
    let new = rewritten(&old, |packet| {
        packet.set_source_port(9);
    });
    assert_eq!(Packet::new(&new).udp().unwrap().checksum, 0);
}

/// The checksum in the first fragment covers what is in the others, too.
#[test]
fn a_first_fragment_is_made_right_for_the_whole_datagram() {
    for around in [V4, V6] {
        let whole = around.udp(1, 2, b"0123456789abcdefghijklmn");
        let changed = |frame: &[u8]| {
            rewritten(frame, |packet| {
                packet.set_source_port(999);
                packet.payload_mut()[0] = b'X';
                packet.set_source(Ipv4Addr::new(192, 0, 2, 1));
                packet.set_source(Ipv6Addr::LOCALHOST);
            })
        };
        let expected = Packet::new(&changed(&whole)).udp().unwrap().checksum;
        let datagram = &whole[whole.len() - 32..];
        let first = Around {
            fragment: Some((1, 0, true)),
            ..around
        };
        let mut fragment = first.frame(17, 99, &datagram[..16]);
        let at = fragment.len() - 16 + 6;
        fragment[at..at + 2].copy_from_slice(&datagram[6..8]);
        let new = changed(&fragment);
        assert_eq!(Packet::new(&new).udp().unwrap().checksum, expected);
    }
}

/// One change to a packet.
#[derive(Clone, Debug)]
enum Change {
    Source([u8; 16]),
    Destination([u8; 16]),
    Ports(u16, u16),
    Ttl(u8),
    Flags(u8),
    Numbers(u32, u16),
    Byte(usize, u8),
    Payload(Vec<u8>),
    Vlan(u16),
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(Change::Source),
        any::<[u8; 16]>().prop_map(Change::Destination),
        any::<(u16, u16)>().prop_map(|(from, to)| Change::Ports(from, to)),
        any::<u8>().prop_map(Change::Ttl),
        any::<u8>().prop_map(Change::Flags),
        any::<(u32, u16)>().prop_map(|(sequence, window)| Change::Numbers(sequence, window)),
        any::<(usize, u8)>().prop_map(|(at, byte)| Change::Byte(at, byte)),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Change::Payload),
        any::<u16>().prop_map(Change::Vlan),
    ]
}

impl Change {
    fn apply(&self, packet: &mut PacketMut<'_>) {
        let first = |bytes: &[u8; 16]| [bytes[0], bytes[1], bytes[2], bytes[3]];
        match self {
            Self::Source(bytes) => packet.set_source(*bytes) || packet.set_source(first(bytes)),
            Self::Destination(bytes) => {
                packet.set_destination(*bytes) || packet.set_destination(first(bytes))
            }
            Self::Ports(from, to) => {
                packet.set_source_port(*from) && packet.set_destination_port(*to)
            }
            Self::Ttl(ttl) => packet.set_ttl(*ttl),
            Self::Flags(flags) => packet.set_tcp_flags(TcpFlags(*flags)),
            Self::Numbers(sequence, window) => {
                packet.set_sequence(*sequence) && packet.set_window(*window)
            }
            Self::Byte(at, byte) => {
                let payload = packet.payload_mut();
                let length = payload.len().max(1);
                payload.get_mut(at % length).map(|it| *it = *byte).is_some()
            }
            Self::Payload(payload) => packet.set_payload(payload),
            Self::Vlan(vlan) => packet.set_vlan(*vlan),
        };
    }
}

proptest! {
    #[test]
    fn checksums_are_right_after_any_change(
        v6 in any::<bool>(),
        vlan in prop::option::of(0..4096_u16),
        extra in 0..3_usize,
        padding in 0..4_usize,
        kind in 0..3_u8,
        payload in prop::collection::vec(any::<u8>(), 0..60),
        changes in prop::collection::vec(any_change(), 1..5),
    ) {
        let around = Around { v6, vlan, extra: vec![1; extra * 8], fragment: None, padding };
        let old = match kind {
            0 => around.tcp(TcpFlags::SYN, &payload),
            1 => around.udp(1, 2, &payload),
            _ => around.echo(3, &payload),
        };
        let new = rewritten(&old, move |packet| changes.iter().for_each(|it| it.apply(packet)));
        prop_assert!(checksums_are_right(&new), "{}", Packet::new(&new));
    }
}
