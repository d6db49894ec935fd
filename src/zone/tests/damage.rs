//! Messages that are none.

use proptest::prelude::*;
use simple_dns::{Packet, PacketFlag, RCODE, TYPE};

use super::{asker, example, query, reply, served, told};
use crate::zone::{DnsTransport, answer};

const EDNS: Option<u16> = Some(1232);

#[test]
fn a_truncated_query_is_a_format_error_or_nothing() {
    let zones = served(example());
    let whole = query("www.example.test", TYPE::A.into(), EDNS);
    for length in 0..whole.len() {
        let reply = reply(&zones, &whole[..length], DnsTransport::Udp);
        assert_eq!(reply.is_some(), length >= 12, "{length}");
        if let Some(reply) = reply {
            assert_eq!(told(&reply.bytes), "FormatError", "{length}");
            assert_eq!(Packet::parse(&reply.bytes).unwrap().id(), 7);
        }
    }
}

#[test]
fn an_answer_is_never_answered() {
    let zones = served(example());
    let mut message = query("www.example.test", TYPE::A.into(), None);
    message[2] |= 0x80;
    let answer = answer(&zones, &message, DnsTransport::Udp, asker());
    assert!(answer.reply.is_none() && answer.query.is_none());
}

#[test]
fn what_the_server_does_not_do_it_says() {
    let zones = served(example());
    let bytes = |message: &[u8]| reply(&zones, message, DnsTransport::Udp).unwrap().bytes;
    let code = |message: &[u8]| Packet::parse(&bytes(message)).unwrap().rcode();
    let good = query("www.example.test", TYPE::A.into(), EDNS);
    let mut update = good.clone();
    update[2] |= 5 << 3;
    assert_eq!(code(&update), RCODE::NotImplemented);
    let mut chaos = query("www.example.test", TYPE::TXT.into(), None);
    let last = chaos.len() - 1;
    chaos[last] = 3;
    assert_eq!(code(&chaos), RCODE::Refused);
    let mut later = good.clone();
    let version = later.len() - 5;
    later[version] = 1;
    // BADVERS, 16, in the upper bits, which stand where the record would have its time to live.
    let answer = bytes(&later);
    assert_eq!((answer[3] & 15, answer[answer.len() - 6]), (0, 1));
    let mut two = Packet::new_query(7);
    let one = Packet::parse(&good).unwrap();
    two.questions = [one.questions.clone(), one.questions.clone()].concat();
    assert_eq!(code(&two.build_bytes_vec().unwrap()), RCODE::FormatError);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let zones = served(example().a("*", "10.1.0.9"));
        for transport in [DnsTransport::Udp, DnsTransport::Tcp] {
            if let Some(reply) = reply(&zones, &bytes, transport) {
                prop_assert!(reply.bytes[2] & 0x80 != 0);
            }
        }
    }

    #[test]
    fn a_query_with_wrong_bytes_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let zones = served(example().a("*", "10.1.0.9").cname("web", "www"));
        let mut message = query("web.example.test", TYPE::A.into(), EDNS);
        for (at, byte) in changes {
            let at = at.index(message.len());
            message[at] = byte;
        }
        let cut = message.len() - cut.index(message.len()) / 2;
        if let Some(reply) = reply(&zones, &message[..cut], DnsTransport::Udp) {
            let packet = Packet::parse(&reply.bytes).expect("what we send can be read");
            prop_assert!(packet.has_flags(PacketFlag::RESPONSE));
        }
    }
}
