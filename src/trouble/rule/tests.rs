//! Rewritten packets, judged by another crate's checksums.

use std::time::Duration;

use proptest::prelude::*;

use crate::packet::header::TcpFlags;
use crate::packet::tests::frames::Around;
use crate::packet::{Frame, Judge, Match, PacketRule, Rules, Verdict, Way};
use crate::wire::checksums;

proptest! {
    #[test]
    fn another_crate_finds_the_checksums_right_after_rewriting(
        v6 in any::<bool>(),
        kind in 0..3_u8,
        payload in prop::collection::vec(any::<u8>(), 0..60),
        address in any::<[u8; 16]>(),
        port in any::<u16>(),
        new in prop::option::of(prop::collection::vec(any::<u8>(), 0..80)),
    ) {
        let around = Around { v6, ..Around::default() };
        let mut frame = match kind {
            0 => around.tcp(TcpFlags::SYN, &payload),
            1 => around.udp(1, 2, &payload),
            _ => around.echo(3, &payload),
        };
        prop_assert_eq!(checksums::are_right(&frame), Some(true));
        let length = frame.len();
        frame.resize(length + 100, 0);
        let mut rules = Rules::default();
        let rewrite = PacketRule::rewrite(Match::any(), move |packet| {
            let [a, b, c, d, ..] = address;
            assert!(packet.set_source(address) || packet.set_source([a, b, c, d]));
            assert!(packet.set_ttl(9));
            packet.set_source_port(port);
            packet.payload_mut().reverse();
            if let Some(new) = &new {
                packet.set_payload(new);
            }
        });
        rules.add(1, Way::Forth, rewrite, 0);
        let mut changed = Frame { buffer: &mut frame, length };
        prop_assert_eq!(rules.judge(Way::Forth, &mut changed, Duration::ZERO), Verdict::Pass);
        let length = changed.length;
        prop_assert_eq!(checksums::are_right(&frame[..length]), Some(true));
        frame[length - 1] ^= 1;
        prop_assert_eq!(checksums::are_right(&frame[..length]), Some(false));
    }
}
