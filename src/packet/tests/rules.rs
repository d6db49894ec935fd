//! Rules at work: their order, their counts, their closures.

use std::time::Duration;

use super::frames::{V4, V6};
use crate::packet::header::TcpFlags;
use crate::packet::{Frame, Judge, Match, PacketAction, PacketRule, Rules, Verdict, Way};

/// What becomes of one frame.
fn judge(rules: &mut Rules, way: Way, frame: &[u8]) -> Verdict {
    let mut buffer = frame.to_vec();
    let mut frame = Frame {
        length: buffer.len(),
        buffer: &mut buffer,
    };
    rules.judge(way, &mut frame, Duration::ZERO)
}

/// Which of so many datagrams a rule drops, counted from 1.
fn dropped(seed: u64, what: Match, of: usize) -> Vec<usize> {
    let mut rules = Rules::default();
    rules.add(1, Way::Forth, PacketRule::drop(what), seed);
    let frame = V4.udp(1, 2, b"x");
    let numbers = 1..=of;
    numbers
        .filter(|_| judge(&mut rules, Way::Forth, &frame) == Verdict::Drop)
        .collect()
}

#[test]
fn counts_take_the_packets_that_they_name() {
    assert_eq!(dropped(1, Match::udp().nth(3), 9), [3]);
    assert_eq!(dropped(1, Match::udp().first(3), 9), [1, 2, 3]);
    assert_eq!(dropped(1, Match::udp().every(4), 9), [4, 8]);
    assert_eq!(dropped(1, Match::udp().every(2).first(2), 9), [2, 4]);
    assert_eq!(dropped(1, Match::udp().nth(5).nth(1), 9), [5]);
    assert_eq!(dropped(1, Match::tcp().first(3), 9), [0; 0]);
    assert_eq!(dropped(1, Match::udp().with_probability(0.0), 99), [0; 0]);
    assert_eq!(dropped(1, Match::udp().with_probability(1.0), 99).len(), 99);
}

#[test]
fn chance_is_the_seeds_and_about_as_likely_as_it_says() {
    let half = || Match::udp().with_probability(0.5);
    assert_eq!(dropped(7, half(), 1000), dropped(7, half(), 1000));
    assert_ne!(dropped(7, half(), 1000), dropped(8, half(), 1000));
    // 99.9 % of all runs lie within 52.
    let hits = dropped(7, half(), 1000).len();
    assert!((448..=552).contains(&hits), "{hits}");
    // Two rules with the same words do not choose the same packets.
    let mut rules = Rules::default();
    let first = rules.add(1, Way::Forth, PacketRule::rewrite(half(), |_| {}), 1);
    let both = rules.add(2, Way::Forth, PacketRule::drop(half()), 2);
    let frame = V4.udp(1, 2, b"x");
    let mut same = 0;
    for _ in 0..1000 {
        let before = first.counts().hits;
        let drop = judge(&mut rules, Way::Forth, &frame) == Verdict::Drop;
        same += usize::from(drop == (first.counts().hits > before));
    }
    assert!((448..=552).contains(&same), "{same} of 1000 alike");
    assert_eq!(both.counts().matched, 1000);
}

#[test]
fn rules_are_tried_in_order_until_one_ends_it() {
    let mut rules = Rules::default();
    let second = Duration::from_secs(1);
    let ttl = rules.add(
        1,
        Way::Forth,
        PacketRule::rewrite(Match::any(), |packet| {
            packet.set_ttl(9);
        }),
        1,
    );
    let low = Match::ipv4().when(|packet| packet.ipv4().is_some_and(|ip| ip.ttl == 9));
    let delay = rules.add(2, Way::Forth, PacketRule::delay(low.nth(2), second), 2);
    let drop = rules.add(3, Way::Forth, PacketRule::drop(Match::any()), 3);
    let frame = V4.udp(1, 2, b"x");
    let verdicts = [(); 3].map(|()| judge(&mut rules, Way::Forth, &frame));
    assert_eq!(
        verdicts,
        [Verdict::Drop, Verdict::Delay(second), Verdict::Drop]
    );
    assert_eq!(
        (ttl.counts().hits, delay.counts().hits, drop.counts().hits),
        (3, 1, 2)
    );
    assert_eq!(delay.counts().matched, 3);
    assert!(rules.remove(3));
    assert!(!rules.remove(3));
    assert_eq!(judge(&mut rules, Way::Forth, &frame), Verdict::Pass);
    assert!(rules.remove(1) && rules.remove(2) && rules.is_empty());
}

#[test]
fn directions_are_those_of_the_end_that_the_rule_is_seen_from() {
    let frame = V6.tcp(TcpFlags::SYN, b"");
    for own in Way::BOTH {
        let mut rules = Rules::default();
        rules.add(1, own, PacketRule::drop(Match::tcp().sent()), 1);
        assert_eq!(judge(&mut rules, own, &frame), Verdict::Drop);
        assert_eq!(judge(&mut rules, own.back(), &frame), Verdict::Pass);
        let mut rules = Rules::default();
        rules.add(1, own, PacketRule::drop(Match::tcp().received()), 1);
        assert_eq!(judge(&mut rules, own, &frame), Verdict::Pass);
        assert_eq!(judge(&mut rules, own.back(), &frame), Verdict::Drop);
    }
}

#[test]
fn each_act_is_its_verdict() {
    let frame = V4.udp(1, 2, b"x");
    let verdict = |rule| {
        let mut rules = Rules::default();
        rules.add(42, Way::Forth, rule, 42);
        judge(&mut rules, Way::Forth, &frame)
    };
    let second = Duration::from_secs(1);
    let any = Match::any;
    assert_eq!(
        verdict(PacketRule::duplicate(any(), 3)),
        Verdict::Duplicate(3)
    );
    assert_eq!(verdict(PacketRule::hold(any())), Verdict::Hold(42));
    let cases = [
        (PacketAction::Pass, Verdict::Pass),
        (PacketAction::Drop, Verdict::Drop),
        (PacketAction::Delay(second), Verdict::Delay(second)),
        (PacketAction::Duplicate(2), Verdict::Duplicate(2)),
    ];
    for (action, expected) in cases {
        assert_eq!(
            verdict(PacketRule::decide(any(), move |_| action)),
            expected
        );
    }
}

#[test]
fn each_n_go_in_the_other_order() {
    let frame = V4.udp(1, 2, b"x");
    let mut rules = Rules::default();
    rules.add(
        5,
        Way::Forth,
        PacketRule::reverse(Match::udp().first(6), 3),
        5,
    );
    let verdicts = [(); 7].map(|()| judge(&mut rules, Way::Forth, &frame));
    let (hold, release) = (Verdict::Hold(5), Verdict::Release(5));
    assert_eq!(
        verdicts,
        [hold, hold, release, hold, hold, release, Verdict::Pass]
    );
}

#[test]
fn a_bit_that_is_not_there_is_no_hit() {
    let mut rules = Rules::default();
    let tally = rules.add(1, Way::Forth, PacketRule::flip_bit(Match::udp(), 40, 3), 1);
    assert_eq!(
        judge(&mut rules, Way::Forth, &V4.udp(1, 2, b"x")),
        Verdict::Pass
    );
    assert_eq!((tally.counts().matched, tally.counts().hits), (1, 1));
    rules.add(
        2,
        Way::Forth,
        PacketRule::flip_bit(Match::udp(), 4000, 3),
        2,
    );
    let tally = rules.add(
        3,
        Way::Forth,
        PacketRule::flip_bit(Match::udp(), 4000, 3),
        3,
    );
    assert_eq!(
        judge(&mut rules, Way::Forth, &V4.udp(1, 2, b"x")),
        Verdict::Pass
    );
    assert_eq!((tally.counts().matched, tally.counts().hits), (1, 0));
}

/// The text of the hook is printed, as of any panic.
#[test]
fn a_closure_that_panics_is_told_and_harms_no_packet() {
    let mut rules = Rules::default();
    let broken = rules.add(
        1,
        Way::Forth,
        PacketRule::rewrite(Match::any(), |_| panic!("out of cheese")),
        1,
    );
    let next = rules.add(2, Way::Forth, PacketRule::duplicate(Match::any(), 1), 2);
    let frame = V4.udp(1, 2, b"x");
    for _ in 0..2 {
        assert_eq!(judge(&mut rules, Way::Forth, &frame), Verdict::Duplicate(1));
    }
    let counts = broken.wait(1, Duration::from_secs(60));
    assert_eq!((counts.matched, counts.hits), (1, 0));
    assert_eq!(counts.panicked.as_deref(), Some("out of cheese"));
    assert_eq!(next.counts().hits, 2);
}

#[test]
fn rules_that_make_no_sense_are_told() {
    let cases = [
        (
            PacketRule::flip_bit(Match::any(), 1, 8),
            "`flip bit 8 of byte 1`: a byte has bits 0 to 7",
        ),
        (
            PacketRule::duplicate(Match::any(), 0),
            "`duplicate 0 times` changes nothing: say 1 or more",
        ),
        (
            PacketRule::duplicate(Match::any(), 1_001),
            "`duplicate 1001 times` floods the wire: say 1000 or less",
        ),
        (
            PacketRule::reverse(Match::any(), 1),
            "`reverse each 1` changes nothing: say 2 or more",
        ),
        (
            PacketRule::drop(Match::any().nth(0)),
            "`nth 0` is no packet: they count from 1",
        ),
    ];
    for (rule, expected) in cases {
        assert_eq!(rule.mistakes(), [expected]);
    }
    let text = PacketRule::delay(Match::any().nth(2), Duration::from_millis(50)).to_string();
    assert_eq!(text, "delay by 50ms: any, nth 2");
}
