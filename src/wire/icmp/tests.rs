//! Every kind of message whole, cut short, and drowned in noise.

use std::net::Ipv6Addr;

use proptest::prelude::*;

use super::*;

const TARGET_V4: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const TARGET_V6: Ipv6Addr = Ipv6Addr::new(0xfd01, 0, 0, 0, 0, 0, 0, 1);

fn quote_of(destination: impl Into<IpAddr>) -> Quote {
    Quote {
        mark: Mark::Echo {
            identifier: 0x1234,
            sequence: 7,
        },
        destination: destination.into(),
    }
}

/// An IPv4 packet with a header of `words` words.
fn ip_v4(words: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(words) * 4];
    bytes[0] = 0x40 | words;
    bytes[8] = 63;
    bytes[9] = 1;
    bytes[16..20].copy_from_slice(&TARGET_V4.octets());
    bytes.extend_from_slice(message);
    bytes
}

fn ip_v6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 40];
    bytes[0] = 0x60;
    bytes[6] = next_header;
    bytes[24..40].copy_from_slice(&TARGET_V6.octets());
    bytes.extend_from_slice(payload);
    bytes
}

/// An ICMPv4 message with its checksum, as a raw socket would give it.
fn received_v4(kind: u8, code: u8, rest: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend_from_slice(&rest);
    message.extend_from_slice(body);
    let sum = icmp::checksum(&IcmpPacket::new(&message).unwrap());
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ip_v4(5, &message)
}

fn received_v6(kind: u8, code: u8, rest: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0xab, 0xcd];
    message.extend_from_slice(&rest);
    message.extend_from_slice(body);
    message
}

fn quoted_v4() -> Vec<u8> {
    ip_v4(5, &request_v4(0x1234, 7, b""))
}

fn quoted_v6() -> Vec<u8> {
    ip_v6(58, &request_v6(0x1234, 7, b""))
}

fn redirect_v6() -> Vec<u8> {
    let gateway = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);
    let mut body = gateway.octets().to_vec();
    body.extend_from_slice(&TARGET_V6.octets());
    // The gateway's hardware address first, then the packet, padded to eight bytes.
    body.extend_from_slice(&[2, 1, 2, 0, 0, 0, 0, 2]);
    body.extend_from_slice(&[4, 7, 0, 0, 0, 0, 0, 0]);
    body.extend_from_slice(&quoted_v6());
    received_v6(137, 0, [0; 4], &body)
}

#[test]
fn a_request_has_the_bytes_of_the_standard() {
    assert_eq!(
        request_v4(0x1234, 7, b"abc"),
        [8, 0, 0x21, 0x62, 0x12, 0x34, 0, 7, b'a', b'b', b'c']
    );
    assert_eq!(
        request_v6(0x1234, 7, b"abc"),
        [128, 0, 0, 0, 0x12, 0x34, 0, 7, b'a', b'b', b'c']
    );
}

#[test]
fn replies_are_read() {
    let expected = Message::EchoReply {
        identifier: 0x1234,
        sequence: 7,
        bytes: 11,
        ttl: 63,
    };
    let rest = [0x12, 0x34, 0, 7];
    assert_eq!(parse_v4(&received_v4(0, 0, rest, b"abc")), Some(expected));
    assert_eq!(
        parse_v6(&received_v6(129, 0, rest, b"abc"), 63),
        Some(expected)
    );
}

#[test]
fn ip_options_are_skipped() {
    let plain = received_v4(0, 0, [0x12, 0x34, 0, 7], b"abc");
    let with_options = ip_v4(7, &plain[20..]);
    assert_eq!(parse_v4(&with_options), parse_v4(&plain));
}

#[test]
fn errors_name_the_request_they_are_about() {
    let quote = quote_of(TARGET_V4);
    for (kind, code, rest, expected) in [
        (
            3,
            1,
            [0; 4],
            Message::Unreachable {
                reason: UnreachableReason::Host,
                quote,
            },
        ),
        (
            3,
            4,
            [0, 0, 0x05, 0x78],
            Message::FragmentationNeeded { mtu: 1400, quote },
        ),
        (11, 0, [0; 4], Message::TimeExceeded { quote }),
        (
            11,
            1,
            [0; 4],
            Message::Unreachable {
                reason: UnreachableReason::Reassembly,
                quote,
            },
        ),
        (
            5,
            1,
            [10, 0, 0, 2],
            Message::Redirect {
                gateway: IpAddr::from([10, 0, 0, 2]),
                quote,
            },
        ),
    ] {
        assert_eq!(
            parse_v4(&received_v4(kind, code, rest, &quoted_v4())),
            Some(expected)
        );
    }
}

#[test]
fn errors_of_ipv6_name_the_request_they_are_about() {
    let quote = quote_of(TARGET_V6);
    for (kind, code, rest, expected) in [
        (
            1,
            3,
            [0; 4],
            Message::Unreachable {
                reason: UnreachableReason::Address,
                quote,
            },
        ),
        (
            2,
            0,
            [0, 0, 0x05, 0x78],
            Message::FragmentationNeeded { mtu: 1400, quote },
        ),
        (3, 0, [0; 4], Message::TimeExceeded { quote }),
    ] {
        assert_eq!(
            parse_v6(&received_v6(kind, code, rest, &quoted_v6()), 64),
            Some(expected)
        );
    }
    assert_eq!(
        parse_v6(&redirect_v6(), 255),
        Some(Message::Redirect {
            gateway: "fe80::2".parse().unwrap(),
            quote,
        })
    );
}

/// 33434 to 53.
const DATAGRAM: [u8; 8] = [0x82, 0x9a, 0, 53, 0, 8, 0, 0];

fn quoted_datagrams() -> (Vec<u8>, Vec<u8>) {
    let mut v4 = ip_v4(5, &DATAGRAM);
    v4[9] = 17;
    (v4, ip_v6(17, &DATAGRAM))
}

#[test]
fn errors_name_the_datagram_they_are_about() {
    let (v4, v6) = quoted_datagrams();
    let quote = |destination| Quote {
        mark: Mark::Datagram {
            source: 33_434,
            destination: 53,
        },
        destination,
    };
    let reason = UnreachableReason::Port;
    let expected = |destination| {
        let quote = quote(destination);
        Some(Message::Unreachable { reason, quote })
    };
    assert_eq!(
        parse_v4(&received_v4(3, 3, [0; 4], &v4)),
        expected(TARGET_V4.into())
    );
    assert_eq!(
        parse_v6(&received_v6(1, 4, [0; 4], &v6), 64),
        expected(TARGET_V6.into())
    );
    assert_eq!(quote(TARGET_V4.into()).echo(), None);
}

#[test]
fn a_first_fragment_is_recognised_and_a_later_one_is_not() {
    for (offset, expected) in [(1, Some(quote_of(TARGET_V6))), (0x0100, None)] {
        let mut payload = vec![58, 0];
        payload.extend_from_slice(&u16::to_be_bytes(offset));
        payload.extend_from_slice(&[0, 0, 0, 1]);
        payload.extend_from_slice(&request_v6(0x1234, 7, b""));
        let error = received_v6(3, 0, [0; 4], &ip_v6(44, &payload));
        assert_eq!(
            parse_v6(&error, 64),
            expected.map(|quote| Message::TimeExceeded { quote })
        );
    }
    let mut later = quoted_v4();
    later[7] = 1;
    assert_eq!(parse_v4(&received_v4(11, 0, [0; 4], &later)), None);
}

#[test]
fn other_packets_are_passed_over() {
    let request = ip_v4(5, &request_v4(1, 1, b""));
    assert_eq!(parse_v4(&request), None, "a request of somebody else");
    assert_eq!(parse_v6(&request_v6(1, 1, b""), 64), None);

    let mut tcp = quoted_v4();
    tcp[9] = 6;
    assert_eq!(parse_v4(&received_v4(3, 3, [0; 4], &tcp)), None);
    let tcp = ip_v6(6, &quoted_v6()[40..]);
    assert_eq!(parse_v6(&received_v6(1, 4, [0; 4], &tcp), 64), None);

    let mut corrupt = received_v4(0, 0, [0x12, 0x34, 0, 7], b"abc");
    corrupt[30] ^= 1;
    assert_eq!(parse_v4(&corrupt), None, "a wrong checksum");
}

#[test]
fn an_option_without_a_length_ends_the_walk() {
    assert_eq!(redirected_packet(&[2, 0, 0, 0, 0, 0, 0, 0, 4, 1]), None);
    assert_eq!(redirected_packet(&[4, 0]), None);
    assert_eq!(redirected_packet(&[4, 1]), None);
    assert_eq!(redirected_packet(&[2, 9, 1]), None);
}

/// Every kind of packet that means something.
fn valid() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let rest = [0x12, 0x34, 0, 7];
    (
        vec![
            received_v4(0, 0, rest, b"abc"),
            received_v4(3, 1, [0; 4], &quoted_v4()),
            received_v4(3, 4, [0; 4], &quoted_v4()),
            received_v4(5, 1, [0; 4], &quoted_v4()),
            received_v4(11, 0, [0; 4], &quoted_v4()),
            received_v4(3, 3, [0; 4], &quoted_datagrams().0),
        ],
        vec![
            received_v6(129, 0, rest, b"abc"),
            received_v6(1, 1, [0; 4], &quoted_v6()),
            received_v6(2, 0, [0; 4], &quoted_v6()),
            received_v6(3, 0, [0; 4], &quoted_v6()),
            redirect_v6(),
            received_v6(1, 4, [0; 4], &quoted_datagrams().1),
        ],
    )
}

#[test]
fn no_truncation_panics_or_invents_a_quote() {
    let (v4, v6) = valid();
    for packet in &v4 {
        assert!(parse_v4(packet).is_some());
        for end in 0..packet.len() {
            // The checksum covers the whole message, so no part of it passes.
            assert_eq!(parse_v4(&packet[..end]), None);
            assert!(split_v4(&packet[..end]).is_none_or(|(_, rest)| rest.len() == end - 20));
        }
    }
    for packet in &v6 {
        let whole = parse_v6(packet, 64);
        assert!(whole.is_some());
        for end in 0..packet.len() {
            if let Some(cut) = parse_v6(&packet[..end], 64) {
                assert!(matches!(cut, Message::EchoReply { .. }), "{cut:?}");
            }
        }
    }
    for quoted in [quoted_v4(), quoted_datagrams().0] {
        for end in 0..quoted.len() {
            assert_eq!(Quote::parse_v4(&quoted[..end]), None);
        }
    }
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
        let _parsed = (parse_v4(&bytes), parse_v6(&bytes, 64), Quote::parse_v4(&bytes), Quote::parse_v6(&bytes));
    }

    #[test]
    fn noise_in_valid_packets_never_panics(which in 0..6_usize, at in 0..128_usize, byte: u8, sum in any::<bool>()) {
        let (v4, v6) = valid();
        let mut packet = v4[which].clone();
        let index = at % packet.len();
        packet[index] = byte;
        if sum {
            // Past the checksum, to where the fields are read.
            packet[22..24].fill(0);
            let sum = icmp::checksum(&IcmpPacket::new(&packet[20..]).unwrap());
            packet[22..24].copy_from_slice(&sum.to_be_bytes());
        }
        let _parsed = parse_v4(&packet);
        let mut packet = v6[which].clone();
        let index = at % packet.len();
        packet[index] = byte;
        let _parsed = parse_v6(&packet, 64);
    }

    #[test]
    fn a_reply_to_a_built_request_is_read_back(identifier: u16, sequence: u16, payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = HEADER + payload.len();
        let expected = Some(Message::EchoReply { identifier, sequence, bytes, ttl: 63 });
        let request = request_v4(identifier, sequence, &payload);
        prop_assert_eq!(icmp::checksum(&IcmpPacket::new(&request).unwrap()).to_be_bytes(), [request[2], request[3]]);
        let reply = received_v4(0, 0, [request[4], request[5], request[6], request[7]], &request[HEADER..]);
        prop_assert_eq!(parse_v4(&reply), expected);
        let mut reply = request_v6(identifier, sequence, &payload);
        reply[0] = 129;
        prop_assert_eq!(parse_v6(&reply, 63), expected);
    }
}
