//! The checksums of IPv4, TCP, UDP, ICMP and ICMPv6, made right in a frame.
//!
//! See [RFC 1071](https://www.rfc-editor.org/rfc/rfc1071) and [RFC 1624](https://www.rfc-editor.org/rfc/rfc1624).

use super::layout::{self, Ip, Layout, be16};
use crate::address::Family;

/// A sum of 16-bit words, as checksums take it.
#[derive(Clone, Copy, Default)]
struct Sum(u64);

impl Sum {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        for word in bytes.chunks(2) {
            let low = word.get(1).copied().unwrap_or_default();
            self.0 += u64::from(u16::from_be_bytes([word[0], low]));
        }
        self
    }

    fn word(mut self, word: u16) -> Self {
        self.0 += u64::from(word);
        self
    }

    fn folded(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        // It fits: the loop has ended.
        (sum & 0xffff) as u16
    }
}

/// Makes the checksums of a frame right. `before` is what [`covered`] told of the frame before it was changed.
pub(super) fn correct(frame: &mut [u8], before: Option<u16>) {
    let layout = Layout::of(frame);
    let Some(ip) = layout.ip else { return };
    if ip.family == Family::V4 {
        header(&mut frame[layout.network..ip.transport]);
    }
    if !complete(frame, &layout, &ip) {
        return;
    }
    let Some(field) = field(frame, &layout, &ip) else {
        return;
    };
    let old = be16(frame, field).unwrap_or_default();
    // A datagram without a checksum goes on without one.
    if ip.protocol == layout::UDP && old == 0 {
        return;
    }
    let Some(after) = covered(frame) else { return };
    let new = match (ip.fragment, before) {
        // The rest of the packet is in other fragments: what changed here is all that can be told.
        (Some(_), Some(before)) => !Sum::default().word(!old).word(!before).word(after).folded(),
        (Some(_), None) => return,
        (None, _) => !after,
    };
    let new = if ip.protocol == layout::UDP && new == 0 {
        0xffff
    } else {
        new
    };
    frame[field..field + 2].copy_from_slice(&new.to_be_bytes());
}

/// The sum of what the checksum of TCP, UDP or ICMP covers in this frame, without that checksum.
pub(super) fn covered(frame: &[u8]) -> Option<u16> {
    let layout = Layout::of(frame);
    let ip = layout.ip?;
    let field = field(frame, &layout, &ip)?;
    let segment = &frame[ip.transport..ip.end];
    let length = u16::try_from(segment.len()).ok()?;
    let mut sum = Sum::default()
        .bytes(&frame[ip.transport..field])
        .bytes(&frame[field + 2..ip.end]);
    if ip.protocol != layout::ICMP {
        let addresses = match ip.family {
            Family::V4 => layout.network + 12..layout.network + 20,
            Family::V6 => layout.network + 8..layout.network + 40,
        };
        sum = (sum.bytes(&frame[addresses]).word(ip.protocol.into())).word(length);
    }
    Some(sum.folded())
}

/// Whether the frame has all that its IP header tells of.
fn complete(frame: &[u8], layout: &Layout, ip: &Ip) -> bool {
    let told = match ip.family {
        Family::V4 => be16(frame, layout.network + 2).map(usize::from),
        Family::V6 => be16(frame, layout.network + 4).map(|payload| 40 + usize::from(payload)),
    };
    told.is_some_and(|told| layout.network + told == ip.end)
}

fn header(header: &mut [u8]) {
    header[10..12].fill(0);
    let sum = !Sum::default().bytes(header).folded();
    header[10..12].copy_from_slice(&sum.to_be_bytes());
}

/// Where the checksum of TCP, UDP, ICMP or ICMPv6 is.
fn field(frame: &[u8], layout: &Layout, ip: &Ip) -> Option<usize> {
    let place = match (ip.protocol, ip.family) {
        (layout::TCP, _) => 16,
        (layout::UDP, _) => 6,
        (layout::ICMP, Family::V4) | (layout::ICMPV6, Family::V6) => 2,
        _ => return None,
    };
    layout.transport(ip.protocol)?;
    let field = ip.transport + place;
    (field + 2 <= ip.end && ip.end <= frame.len()).then_some(field)
}
