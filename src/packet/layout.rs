//! Where in a frame its parts are. Whatever the bytes are, it finds what is whole, and ends.

use crate::address::Family;

/// Two hardware addresses and an EtherType.
pub(super) const ETHERNET: usize = 14;
const TAG: usize = 4;

pub(super) const IPV4: u16 = 0x0800;
pub(super) const ARP: u16 = 0x0806;
pub(super) const IPV6: u16 = 0x86dd;
/// The EtherTypes of VLAN tags: 802.1Q, 802.1ad, and what came before that.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];

pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMP: u8 = 1;
pub(super) const ICMPV6: u8 = 58;

/// The parts of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Where the Ethernet header and its VLAN tags end.
    pub(super) network: usize,
    /// What comes then. None if the frame ends before it says so.
    pub(super) ethertype: Option<u16>,
    pub(super) ip: Option<Ip>,
}

/// An IP packet whose header is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ip {
    pub(super) family: Family,
    /// What it carries, behind all extension headers.
    pub(super) protocol: u8,
    /// Where that begins.
    pub(super) transport: usize,
    /// Where the packet ends: padding may follow.
    pub(super) end: usize,
    /// Where the fragment header of IPv6 is.
    pub(super) fragment: Option<Fragment>,
}

/// Which part of a larger packet it is.
///
/// # Examples
///
/// ```
/// use netns_test::{Match, PacketRule};
///
/// // The reassembly of a datagram never ends: its last fragment is missing.
/// let last = Match::ipv4().when(|packet| packet.ipv4().and_then(|ip| ip.fragment).is_some_and(|it| !it.more));
/// let _rule = PacketRule::drop(last);
/// ```
///
/// See [RFC 791](https://www.rfc-editor.org/rfc/rfc791) and [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200#section-4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fragment {
    /// What all fragments of one packet share.
    pub identification: u32,
    /// Where in the packet it belongs, in bytes.
    pub offset: u16,
    /// Whether others come behind it.
    pub more: bool,
}

impl Layout {
    pub(super) fn of(frame: &[u8]) -> Self {
        let mut network = ETHERNET;
        let mut ethertype = be16(frame, 12);
        while ethertype.is_some_and(|it| TAGS.contains(&it)) {
            ethertype = be16(frame, network + 2);
            network += TAG;
        }
        let ip = match ethertype {
            Some(IPV4) => ipv4(frame, network),
            Some(IPV6) => ipv6(frame, network),
            _ => None,
        };
        Self {
            network: network.min(frame.len()),
            ethertype,
            ip,
        }
    }

    /// Where the header of this protocol is. A later fragment has none.
    pub(super) fn transport(&self, protocol: u8) -> Option<Ip> {
        self.ip.filter(|ip| {
            ip.protocol == protocol && ip.fragment.is_none_or(|fragment| fragment.offset == 0)
        })
    }
}

fn ipv4(frame: &[u8], at: usize) -> Option<Ip> {
    let header: [u8; 20] = array(frame, at)?;
    let long = usize::from(header[0] & 15) * 4;
    if header[0] >> 4 != 4 || long < 20 || frame.len() < at + long {
        return None;
    }
    let flags = be16(&header, 6)?;
    let (offset, more) = ((flags & 0x1fff) * 8, flags & 0x2000 != 0);
    let fragment = (offset != 0 || more).then_some(Fragment {
        identification: be16(&header, 4)?.into(),
        offset,
        more,
    });
    Some(Ip {
        family: Family::V4,
        protocol: header[9],
        transport: at + long,
        end: end(frame, at, be16(&header, 2)?.into(), long),
        fragment,
    })
}

fn ipv6(frame: &[u8], at: usize) -> Option<Ip> {
    let header: [u8; 40] = array(frame, at)?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let payload = usize::from(be16(&header, 4)?);
    let total = if payload == 0 { 0 } else { 40 + payload };
    let end = end(frame, at, total, 40);
    let mut ip = Ip {
        family: Family::V6,
        protocol: header[6],
        transport: at + 40,
        end,
        fragment: None,
    };
    // Each extension header is at least eight bytes long, so this ends.
    while let Some((next, long)) = extension(frame, &mut ip) {
        // Behind the first fragment's part nothing of it is a header.
        if ip.transport + long > end {
            break;
        }
        ip.protocol = next;
        ip.transport += long;
        if ip.fragment.is_some_and(|fragment| fragment.offset != 0) {
            break;
        }
    }
    Some(ip)
}

/// What follows an extension header, and how long it is. None if there is no extension header.
fn extension(frame: &[u8], ip: &mut Ip) -> Option<(u8, usize)> {
    let at = ip.transport;
    let [next, length]: [u8; 2] = array(frame, at)?;
    let length = usize::from(length);
    match ip.protocol {
        // Hop by hop, routing, destination, mobility, HIP, shim.
        0 | 43 | 60 | 135 | 139 | 140 => Some((next, (length + 1) * 8)),
        // Authentication.
        51 => Some((next, (length + 2) * 4)),
        44 => {
            let place = be16(frame, at + 2)?;
            ip.fragment = Some(Fragment {
                identification: be32(frame, at + 4)?,
                offset: place & 0xfff8,
                more: place & 1 == 1,
            });
            Some((next, 8))
        }
        _ => None,
    }
}

/// Where an IP packet ends. One that is longer than its length field can say has 0 there.
fn end(frame: &[u8], at: usize, total: usize, header: usize) -> usize {
    match total {
        0 => frame.len(),
        total => frame.len().min(at + total.max(header)),
    }
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}
