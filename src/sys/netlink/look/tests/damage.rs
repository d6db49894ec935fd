//! Recorded messages that were damaged: each is read or refused, and none makes anything panic or hang.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Any recorded message.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = LISTINGS
        .iter()
        .flat_map(|listing| split(listing))
        .map(<[u8]>::to_vec)
        .collect();
    proptest::sample::select(all)
}

/// Lengths and kinds are small numbers and those near the ends of their range.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), 0..24_u8, Just(0x40), Just(0x80), Just(0xff)]
}

#[test]
fn damaged_answers_never_panic() {
    for message in LISTINGS.iter().flat_map(|listing| split(listing)) {
        for at in 16..message.len() {
            for value in [0, 0xff, message[at] ^ 4] {
                let mut damaged = message.to_vec();
                damaged[at] = value;
                if let Some(message) = read(&damaged) {
                    drop(told(&[message]));
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn many_wrong_bytes_never_panic(
        mut message in messages(),
        changes in proptest::collection::vec((any::<Index>(), byte()), 1..12),
    ) {
        for (at, byte) in changes {
            let at = 4 + at.index(message.len() - 4);
            message[at] = byte;
        }
        if let Some(message) = read(&message) {
            drop(told(&[message]));
        }
    }

    /// The kernel's length agrees with what is there, and the last attribute does not.
    #[test]
    fn a_truncated_message_never_panics(mut message in messages(), at: Index) {
        message.truncate(16 + at.index(message.len() - 16));
        let length = message.len() as u32;
        message[..4].copy_from_slice(&length.to_le_bytes());
        if let Some(message) = read(&message) {
            drop(told(&[message]));
        }
    }

    /// A kind of message with the attributes of another.
    #[test]
    fn swapped_attributes_never_panic(mut message in messages(), other in messages(), at: Index, from: Index) {
        message.truncate(16 + at.index(message.len() - 16));
        message.extend(&other[16 + from.index(other.len() - 16)..]);
        let length = message.len() as u32;
        message[..4].copy_from_slice(&length.to_le_bytes());
        if let Some(message) = read(&message) {
            drop(told(&[message]));
        }
    }
}
