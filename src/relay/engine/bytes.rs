//! What has to be known of a frame to carry it: its header in front, `struct virtio_net_hdr`, and what it is.

use crate::sys::ring::HEAD;

/// The checksum is still to be written: it begins and belongs where the header says.
const NEEDS_CHECKSUM: u8 = 1;
const ETHERNET: usize = 14;

/// What an interface would have done: writes the checksum that the sender left open.
pub(super) fn complete_checksum(packet: &mut [u8]) {
    let Some((head, frame)) = packet.split_at_mut_checked(HEAD) else {
        return;
    };
    // Of an offloaded frame every part gets one of its own, later.
    let whole = head[1] == 0;
    if head[0] & NEEDS_CHECKSUM == 0 || !whole {
        return;
    }
    let number = |at: usize| usize::from(u16::from_ne_bytes([head[at], head[at + 1]]));
    let (start, offset) = (number(6), number(8));
    let Some(covered) = frame
        .get_mut(start..)
        .filter(|rest| offset + 2 <= rest.len())
    else {
        return;
    };
    // The field holds the sum of the addresses already.
    let sum = match !folded(covered) {
        // Of UDP, which alone has it there, 0 would mean that there is none.
        0 if offset == 6 => 0xffff,
        sum => sum,
    };
    covered[offset..offset + 2].copy_from_slice(&sum.to_be_bytes());
    head.fill(0);
}

/// The sum of the words in one's complement.
fn folded(bytes: &[u8]) -> u16 {
    let words = bytes.chunks_exact(4);
    let mut rest = [0; 4];
    rest[..words.remainder().len()].copy_from_slice(words.remainder());
    let word = |word: &[u8]| u64::from(u32::from_be_bytes([word[0], word[1], word[2], word[3]]));
    let mut sum = words.map(word).sum::<u64>() + word(&rest);
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// The frame itself.
pub(super) fn frame(packet: &[u8]) -> &[u8] {
    packet.get(HEAD..).unwrap_or_default()
}

/// Whether a frame is of ARP or of IPv6 neighbour discovery.
pub(super) fn is_neighbour(frame: &[u8]) -> bool {
    let mut at = ETHERNET - 2;
    let mut kind = word(frame, at);
    while let Some(0x8100 | 0x88a8) = kind {
        at += 4;
        kind = word(frame, at);
    }
    let ip = at + 2;
    match kind {
        Some(0x0806) => true,
        // ICMPv6, with nothing between its header and that of IPv6: 133 to 137.
        Some(0x86dd) => {
            frame.get(ip + 6) == Some(&58)
                && frame
                    .get(ip + 40)
                    .is_some_and(|kind| (133..=137).contains(kind))
        }
        _ => false,
    }
}

fn word(frame: &[u8], at: usize) -> Option<u16> {
    let word = frame.get(at..at + 2)?;
    Some(u16::from_be_bytes([word[0], word[1]]))
}
