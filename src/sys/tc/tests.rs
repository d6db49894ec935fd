//! Requests, byte by byte. `tests/oracle` has the real `tc` show what the kernel made of them.

use std::time::Duration;

use super::cannot;
use super::message::{ROOT, words};
use super::netem::Netem;
use super::redirect::{Matcher, filter, ingress};
use super::tbf::{Fifo, Shaper};
use super::tree::{add_fifo, add_netem, add_tbf};
use crate::impairment::{Impairment, Jitter, Loss, Queue, Reorder};
use crate::sys::netlink::raw::{Attributes, Draft};

const PORT: u32 = 7;
const TABLE: u16 = 2;
const LATENCY64: u16 = 10;

/// A request whose answer is wanted: length, kind, flags, sequence and sender stand before `struct tcmsg`.
fn expected(kind: u16, tcmsg: [u32; 5], rest: &[&[u8]]) -> Vec<u8> {
    let rest = rest.concat();
    let length = 36 + rest.len() as u32;
    let flags = (u32::from(kind)) | (0x1 | 0x4 | 0x100 | 0x400) << 16;
    // Kind and flags are two halves of a word, in the machine's own order.
    let halves = [
        (flags as u16).to_ne_bytes(),
        ((flags >> 16) as u16).to_ne_bytes(),
    ]
    .concat();
    let head = [length.to_ne_bytes().to_vec(), halves, words(&[9, 0])].concat();
    [head, words(&tcmsg), rest].concat()
}

fn sent(draft: Draft) -> Vec<u8> {
    draft.finish(9, true)
}

/// An attribute's header: its length without padding, and its kind.
fn head(length: u16, kind: u16) -> Vec<u8> {
    [length.to_ne_bytes(), kind.to_ne_bytes()].concat()
}

#[test]
fn a_port_that_hands_on_has_an_ingress() {
    let rest = [&head(12, 1)[..], b"ingress\0"];
    let tcmsg = [0, PORT, 0xFFFF_0000, 0xFFFF_FFF1, 0];
    assert_eq!(sent(ingress(PORT)), expected(36, tcmsg, &rest));
}

#[test]
fn everything_is_redirected_by_either_filter() {
    let mirred = words(&[0, 0, 4, 0, 0, 1, 8]);
    let action = |kind: u16| {
        [
            head(56, 0x8000 | kind),
            head(52, 0x8001),
            head(11, 1),
            b"mirred\0\0".to_vec(),
            head(36, 0x8002),
            head(32, 2),
            mirred.clone(),
        ]
        .concat()
    };
    let prio = 1 << 16 | u32::from(3_u16.to_be());
    let tcmsg = [0, PORT, 0, 0xFFFF_0000, prio];
    let matchall = [
        &head(13, 1)[..],
        b"matchall\0\0\0\0",
        &head(60, 0x8002),
        &action(2),
    ];
    assert_eq!(
        sent(filter(Matcher::Matchall, PORT, 8)),
        expected(44, tcmsg, &matchall)
    );
    let mut all = [0; 16];
    all[0] = 1;
    let u32 = [
        &head(8, 1)[..],
        b"u32\0",
        &head(80, 0x8002),
        &head(20, 5),
        &all,
        &action(7),
    ];
    assert_eq!(
        sent(filter(Matcher::U32, PORT, 8)),
        expected(44, tcmsg, &u32)
    );
}

#[test]
fn netem_is_told_everything_in_64_bits() {
    let what = Impairment::new()
        .delay(Duration::from_secs(10))
        .loss(Loss::random(0.5))
        .duplicate(0.25)
        .corrupt(1.0)
        .reorder(Reorder::new(0.125).gap(5));
    let half = u32::MAX / 2;
    let structure = words(&[0, 1_000_000, half, 5, u32::MAX / 4, 0]);
    let rest = [
        &head(10, 1)[..],
        b"netem\0\0\0",
        &head(24 + 4 + 3 * 12 + 8 + 3 * 12 + 12, 2),
        &structure,
        &head(12, 3),
        &words(&[u32::MAX / 8, 0]),
        &head(12, 4),
        &words(&[u32::MAX, 0]),
        &head(20, 6),
        &words(&[0; 4]),
        &head(12, 8),
        &0_u64.to_ne_bytes(),
        &head(12, LATENCY64),
        &10_000_000_000_u64.to_ne_bytes(),
        &head(12, 11),
        &0_u64.to_ne_bytes(),
        &head(12, 14),
        &0x1234_5678_9ABC_u64.to_ne_bytes(),
    ];
    let netem = Netem::of(&what, 0x1234_5678_9ABC);
    let tcmsg = [0, PORT, 0x1_0000, 0xFFFF_FFFF, 0];
    assert_eq!(sent(add_netem(PORT, &netem)), expected(36, tcmsg, &rest));
}

/// netem wants of the bad state what it lets through, and p14 before p23.
#[test]
fn chains_of_loss_are_in_the_kernels_order() {
    let options = |loss| Netem::of(&Impairment::new().loss(loss), 1).options();
    let nested = |kind, numbers: &[f64]| {
        let numbers: Vec<u32> = numbers
            .iter()
            .map(|it| (it * 4_294_967_295.0) as u32)
            .collect();
        let length = 4 + 4 * numbers.len() as u16;
        [
            head(length + 4, 0x8005),
            head(length, kind),
            words(&numbers),
        ]
        .concat()
    };
    for (loss, expected) in [
        (
            Loss::gilbert_elliott(0.01, 0.2, 0.75, 0.03),
            nested(2, &[0.01, 0.2, 0.25, 0.03]),
        ),
        (
            Loss::correlated(0.5, 0.5),
            nested(2, &[0.25, 0.25, 0.0, 0.0]),
        ),
        (
            Loss::four_state(0.5, 0.25, 0.125, 0.4, 0.05),
            nested(1, &[0.5, 0.25, 0.125, 0.05, 0.4]),
        ),
    ] {
        let options = options(loss);
        let found = options.windows(expected.len()).any(|it| it == expected);
        assert!(found, "{loss:?}: {options:?}");
        assert_eq!(options[8..12], [0; 4], "{loss:?}");
    }
}

/// Also an even one: a change that brings none keeps the table that was there.
#[test]
fn each_jitter_brings_its_table() {
    let slow = Impairment::new().delay(Duration::from_millis(9));
    let length = |jitter: Jitter| {
        let options = Netem::of(&slow.clone().jitter(jitter), 1).options();
        let table = super::message::attribute(&options[24..], TABLE)
            .unwrap()
            .to_vec();
        let entry = |at: usize| i16::from_ne_bytes([table[at], table[at + 1]]);
        (entry(0), entry(4096), entry(table.len() - 2))
    };
    let spread = Duration::from_millis(3);
    assert_eq!(length(Jitter::uniform(spread)), (-8190, 2, 8190));
    let (low, middle, high) = length(Jitter::normal(spread));
    assert!(low < -28_000 && middle.abs() < 10 && high > 28_000);
    let (low, middle, high) = length(Jitter::pareto(spread));
    assert!(low > -8192 && middle < 0 && high == i16::MAX);
}

#[test]
fn a_rate_goes_in_64_bits_with_a_bucket_for_one_frame() {
    let what = Impairment::new()
        .rate(80_000_000_000)
        .queue(Queue::Packets(9));
    let shaper = Shaper::of(&what, 1522).unwrap();
    let burst = 10_000_000_u32;
    let rate = [&[0, 1, 0, 0, 0, 0, 0, 0][..], &u32::MAX.to_ne_bytes()].concat();
    let rest = [
        &head(8, 1)[..],
        b"tbf\0",
        &head(4 + 40 + 12 + 8, 0x8002),
        &head(40, 1),
        &rate,
        &words(&[0, 0, 0, 9, 0, 0]),
        &head(12, 4),
        &10_000_000_000_u64.to_ne_bytes(),
        &head(8, 6),
        &burst.to_ne_bytes(),
    ];
    let tcmsg = [0, PORT, 0x2_0000, ROOT, 0];
    assert_eq!(
        sent(add_tbf(PORT, ROOT, &shaper)),
        expected(36, tcmsg, &rest)
    );
    let slow = Impairment::new().rate(1_000_000).queue(Queue::Bytes(5000));
    let slow = Shaper::of(&slow, 1522).unwrap();
    let options = slow.options(Attributes::new());
    assert!(options.bytes().ends_with(&1522_u32.to_ne_bytes()));
}

#[test]
fn a_queue_is_of_bytes_or_packets() {
    for (fifo, handle, kind) in [
        (Fifo::Bytes(5000), 0x3_0000, b"bfifo\0\0\0"),
        (Fifo::Packets(33), 0x4_0000, b"pfifo\0\0\0"),
    ] {
        let limit = fifo.limit().to_ne_bytes();
        let rest = [&head(10, 1)[..], kind, &head(8, 2), &limit];
        let tcmsg = [0, PORT, handle, 0x2_0001, 0];
        assert_eq!(sent(add_fifo(PORT, fifo)), expected(36, tcmsg, &rest));
    }
}

#[test]
fn what_the_kernel_made_of_it_is_compared_field_by_field() {
    let what = Impairment::new()
        .delay(Duration::from_millis(5))
        .loss(Loss::random(0.5));
    let wanted = Netem::of(&what, 1);
    let mut options = wanted.options();
    let found = Netem::read(&options).unwrap();
    assert_eq!(wanted.differences(&found), [""; 0]);
    assert_eq!(found.seed, Some(1));
    // The limit, as an old kernel's default.
    options[4..8].copy_from_slice(&1000_u32.to_ne_bytes());
    let latency = options
        .windows(8)
        .position(|it| it == 5_000_000_u64.to_ne_bytes())
        .unwrap();
    options[latency] ^= 1;
    let differences = wanted.differences(&Netem::read(&options).unwrap());
    assert_eq!(
        differences,
        [
            "limit 1000 instead of 1000000",
            "delay 5000001 instead of 5000000"
        ]
    );
    for length in 0..options.len() {
        drop(Netem::read(&options[..length]));
    }
    assert!(Netem::read(&options[..24]).is_none());
}

#[test]
fn a_bucket_is_compared_as_the_kernel_keeps_it() {
    let what = Impairment::new().rate(8_000_000).queue(Queue::Bytes(5000));
    let shaper = Shaper::of(&what, 1522).unwrap();
    // 1522 bytes take 1522 microseconds at this rate: 23,781 of 64 nanoseconds.
    let told = |rate: u32, bucket| {
        let numbers = words(&[0, 0, rate, 0, 0, 0, 5000, bucket, 0]);
        Attributes::new().with(1, &numbers)
    };
    assert_eq!(shaper.differences(told(1_000_000, 23_781).bytes()), [""; 0]);
    assert_eq!(
        shaper.differences(told(999_999, 30_000).bytes()),
        [
            "rate Some(999999) instead of 1000000",
            "a bucket of 30000 ticks instead of 23781"
        ]
    );
}

#[test]
fn what_netem_cannot_do_has_its_reason() {
    let slow = || Impairment::new().delay(Duration::from_secs(9));
    let reorders = slow().reorder(Reorder::new(0.5));
    assert_eq!(cannot(&slow().rate(1000)), None);
    assert_eq!(cannot(&reorders), None);
    let reason = "packets that netem puts before others leave past tbf's rate";
    assert_eq!(cannot(&reorders.rate(1000)).unwrap(), reason);
    let shaky = |ns| slow().jitter(Jitter::uniform(Duration::from_nanos(ns)));
    assert_eq!(cannot(&shaky(i32::MAX as u64)), None);
    assert!(cannot(&shaky(i32::MAX as u64 + 1)).is_some());
    assert!(cannot(&Impairment::new().loss(Loss::every_nth(2))).is_some());
}
