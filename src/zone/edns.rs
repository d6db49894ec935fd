//! The EDNS record of a message, [RFC 6891](https://www.rfc-editor.org/rfc/rfc6891#section-6.1).
//!
//! The codec takes the record's flags for its version, so that every resolver that sets the bit DO would be of an unknown version. Here the
//! record is read and written byte by byte.

const HEADER: usize = 12;
/// The position of the number of additional records in the header.
const ADDITIONAL: usize = 10;
const OPT: u16 = 41;
/// The bit DO: the asker understands DNSSEC.
const DNSSEC: u8 = 0x80;
/// The largest UDP message that we say we take; nobody sends us large ones.
const OWN_PAYLOAD: u16 = 1232;

/// What an asker says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edns {
    /// The largest UDP message that it takes, in bytes.
    pub(super) payload: u16,
    pub(super) version: u8,
    dnssec: bool,
}

/// The EDNS record of a message; nothing if it has none, or cannot be read that far.
pub(super) fn find(message: &[u8]) -> Option<Edns> {
    let count = |at| Some(usize::from(number(message, at)?));
    let mut at = HEADER;
    for _ in 0..count(4)? {
        at = after_name(message, at)? + 4;
    }
    for _ in 0..count(6)? + count(8)? + count(ADDITIONAL)? {
        at = after_name(message, at)?;
        if number(message, at)? == OPT {
            return Some(Edns {
                payload: number(message, at + 2)?,
                version: *message.get(at + 5)?,
                dnssec: message.get(at + 6)? & DNSSEC != 0,
            });
        }
        at += 10 + usize::from(number(message, at + 8)?);
    }
    None
}

/// Appends our own record to an answer, with the upper bits of its code.
pub(super) fn append(answer: &mut Vec<u8>, asker: Edns, code: u16) {
    let [upper, _] = (code << 4).to_be_bytes();
    let flags = if asker.dnssec { DNSSEC } else { 0 };
    answer.push(0);
    answer.extend_from_slice(&OPT.to_be_bytes());
    answer.extend_from_slice(&OWN_PAYLOAD.to_be_bytes());
    answer.extend_from_slice(&[upper, 0, flags, 0, 0, 0]);
    if let Some(count) = number(answer, ADDITIONAL) {
        answer[ADDITIONAL..ADDITIONAL + 2].copy_from_slice(&(count + 1).to_be_bytes());
    }
}

fn number(message: &[u8], at: usize) -> Option<u16> {
    let bytes = message.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

/// The position behind a name, which ends in an empty label or in a pointer.
fn after_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            pointer if pointer >= 0xC0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One question for the root's name servers, and the record.
    fn query(version: u8, flags: u8) -> Vec<u8> {
        let mut message = b"\0\x07\x01\0\0\x01\0\0\0\0\0\x01\0\0\x02\0\x01".to_vec();
        message.extend_from_slice(&[0, 0, 41, 0x10, 0, 0, version, flags, 0, 0, 0]);
        message
    }

    #[test]
    fn the_bit_do_is_no_version() {
        let found = find(&query(0, DNSSEC)).unwrap();
        let Edns {
            payload,
            version,
            dnssec,
        } = found;
        assert_eq!((payload, version, dnssec), (4096, 0, true));
        assert_eq!(find(&query(3, 0)).unwrap().version, 3);
    }

    #[test]
    fn a_record_that_is_cut_off_is_none() {
        let whole = query(0, 0);
        for length in 0..whole.len() - 4 {
            assert_eq!(find(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn our_record_can_be_found_again() {
        let asker = find(&query(0, DNSSEC)).unwrap();
        let mut answer = b"\0\x07\x81\0\0\0\0\0\0\0\0\0".to_vec();
        append(&mut answer, asker, 16);
        let own = find(&answer).unwrap();
        assert_eq!((own.payload, own.dnssec), (1232, true));
        // BADVERS, 16: its upper bits.
        assert_eq!(answer[HEADER + 5], 1);
    }
}
