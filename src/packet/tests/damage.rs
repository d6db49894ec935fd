//! Whatever the bytes are, looking at them and changing them ends without a panic.

use std::time::Duration;

use proptest::prelude::*;

use super::frames::{Around, checksums_are_right};
use crate::address::Mac;
use crate::packet::header::TcpFlags;
use crate::packet::{Frame, Judge, Match, Packet, PacketMut, PacketRule, Rules, Verdict, Way};

/// Looks at everything.
fn look(bytes: &[u8]) -> usize {
    let packet = Packet::new(bytes);
    let seen = format!(
        "{packet} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        packet.ethernet(),
        packet.arp(),
        packet.ipv4(),
        packet.ipv6(),
        packet.tcp(),
        packet.udp(),
        packet.icmp(),
        packet.icmpv6(),
        packet.payload(),
    );
    seen.len()
}

fn change(packet: &mut PacketMut<'_>) {
    packet.set_vlan(4095);
    packet.set_hardware_source(Mac([1; 6]));
    packet.set_source([10, 0, 0, 9]);
    packet.set_destination([0xfd00, 0, 0, 0, 0, 0, 0, 9_u16]);
    packet.set_ttl(9);
    packet.set_source_port(9);
    packet.set_tcp_flags(TcpFlags::RST);
    packet.set_window(9);
    packet.flip_bit(40, 3);
    packet.payload_mut().reverse();
    packet.set_payload(b"something else");
}

/// Bytes that are a frame as far as it goes: what is read deeper is met more often.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let around = (
        any::<bool>(),
        prop::option::of(0..4096_u16),
        0..3_usize,
        any::<bool>(),
    );
    let content = (0..6_usize, prop::collection::vec(any::<u8>(), 0..40));
    let damage = (0..100_usize, any::<u8>(), 0..120_usize);
    (around, content, damage).prop_map(
        |((v6, vlan, extra, fragment), (kind, payload), (at, byte, end))| {
            let around = Around {
                v6,
                vlan,
                extra: vec![1; extra * 8],
                fragment: fragment.then_some((1, 0, true)),
                padding: 0,
            };
            let protocols = [6, 17, 1, 58, 51, 60];
            let mut frame = match kind {
                0 => around.tcp(TcpFlags::ACK, &payload),
                1 => around.udp(1, 2, &payload),
                2 => around.echo(1, &payload),
                kind => around.frame(protocols[kind], 2, &payload),
            };
            if let Some(it) = frame.get_mut(at) {
                *it = byte;
            }
            frame.truncate(end.max(frame.len() / 2));
            frame
        },
    )
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![nearly(), prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn any_frame_is_looked_at_without_a_panic(bytes in any_frame()) {
        prop_assert!(look(&bytes) > 0);
    }

    #[test]
    fn any_frame_is_changed_without_a_panic(bytes in any_frame(), room in 0..20_usize) {
        let length = bytes.len();
        let mut buffer = bytes;
        buffer.resize(length + room, 0);
        let mut frame = Frame { buffer: &mut buffer, length };
        let mut rules = Rules::default();
        rules.add(1, Way::Forth, PacketRule::rewrite(Match::any(), change), 1);
        let wanted = Match::tcp().syn().or(Match::ipv6().source("fd00::/8")).except(Match::any().payload_contains("x"));
        rules.add(2, Way::Forth, PacketRule::drop(wanted), 2);
        let verdict = rules.judge(Way::Forth, &mut frame, Duration::ZERO);
        prop_assert!([Verdict::Pass, Verdict::Drop].contains(&verdict));
        prop_assert!(frame.length <= length + room);
        let length = frame.length;
        prop_assert!(look(&buffer[..length]) > 0);
    }

    /// The frames of these tests are right by themselves, or the other properties say nothing.
    #[test]
    fn frames_are_right_before_they_are_changed(v6 in any::<bool>(), payload in prop::collection::vec(any::<u8>(), 0..40)) {
        let around = Around { v6, ..Around::default() };
        for frame in [around.tcp(TcpFlags::SYN, &payload), around.udp(3, 4, &payload), around.echo(5, &payload)] {
            prop_assert!(checksums_are_right(&frame));
            let mut wrong = frame;
            let at = wrong.len() - 1;
            wrong[at] ^= 1;
            prop_assert!(!checksums_are_right(&wrong));
        }
    }
}
