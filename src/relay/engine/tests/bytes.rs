//! What is known of frames.

use crate::relay::engine::bytes::{complete_checksum, is_neighbour};
use crate::sys::ring::HEAD;

/// An ARP request for 10.0.0.2, as a host sends it.
const ARP: [u8; 42] = [
    255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1,
    10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
];

fn tagged(frame: &[u8]) -> Vec<u8> {
    [&frame[..12], &[0x81, 0, 0, 7], &frame[12..]].concat()
}

/// An IPv6 header with one byte behind it: the type of an ICMPv6 message.
fn icmpv6(kind: u8) -> Vec<u8> {
    let mut frame = vec![0; 14 + 40];
    frame[12..15].copy_from_slice(&[0x86, 0xdd, 0x60]);
    frame[14 + 6] = 58;
    frame.push(kind);
    frame
}

#[test]
fn neighbours_ask_by_arp_and_five_messages_of_icmpv6() {
    assert!(is_neighbour(&ARP));
    assert!(is_neighbour(&tagged(&ARP)));
    for kind in 0..=255 {
        let asked = (133..=137).contains(&kind);
        assert_eq!(is_neighbour(&icmpv6(kind)), asked, "type {kind}");
        assert_eq!(is_neighbour(&tagged(&icmpv6(kind))), asked, "type {kind}");
    }
    // Whatever is cut off is not known.
    for length in 0..=54 {
        assert!(!is_neighbour(&icmpv6(135)[..length]));
    }
    assert!(!is_neighbour(&[]));
}

/// A datagram from 10.0.0.1 to 10.0.0.2, port 1000 to 2000, of the byte `x`, as it leaves a host that leaves checksums to its
/// hardware: the field has the sum of addresses, protocol and length.
fn datagram() -> Vec<u8> {
    let mut packet = vec![0; HEAD + 14 + 20];
    packet[0] = 1;
    packet[6..8].copy_from_slice(&34_u16.to_ne_bytes());
    packet[8..10].copy_from_slice(&6_u16.to_ne_bytes());
    packet[HEAD + 12] = 8;
    packet[HEAD + 14] = 0x45;
    // 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + 9
    packet.extend([0x03, 0xe8, 0x07, 0xd0, 0, 9, 0x14, 0x1d, b'x']);
    packet
}

#[test]
fn an_open_checksum_is_completed_once() {
    let mut packet = datagram();
    complete_checksum(&mut packet);
    // 0x03e8 + 0x07d0 + 0x0009 + 0x141d + 0x7800 = 0x97de, of which the complement.
    assert_eq!(packet[HEAD + 14 + 20 + 6..][..2], [0x68, 0x21]);
    assert_eq!(packet[..HEAD], [0; HEAD]);
    let before = packet.clone();
    complete_checksum(&mut packet);
    assert_eq!(packet, before);
}

#[test]
fn a_datagrams_checksum_is_never_none() {
    let mut packet = datagram();
    let length = packet.len();
    // Without the byte the sum is 0x1fde: a source port of so much more makes it 0xffff, of which the complement is 0.
    packet[length - 1] = 0;
    packet[length - 9..length - 7].copy_from_slice(&(0x03e8 + (0xffff_u16 - 0x1fde)).to_be_bytes());
    complete_checksum(&mut packet);
    assert_eq!(packet[HEAD + 34 + 6..][..2], [0xff, 0xff]);
}

#[test]
fn a_header_that_makes_no_sense_changes_nothing_but_itself() {
    for (start, offset) in [(60_000_u16, 0_u16), (0, 60_000), (62, 0), (34, 8)] {
        let mut packet = datagram();
        packet[6..8].copy_from_slice(&start.to_ne_bytes());
        packet[8..10].copy_from_slice(&offset.to_ne_bytes());
        let before = packet[HEAD..].to_vec();
        complete_checksum(&mut packet);
        assert_eq!(packet[HEAD..], before, "{start}, {offset}");
    }
    for length in 0..HEAD {
        complete_checksum(&mut vec![1; length]);
    }
}
