//! Frames for tests, and a second opinion about their checksums.

use crate::packet::Packet;
use crate::packet::header::TcpFlags;

/// What surrounds a TCP segment, a UDP datagram or an ICMP message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub(crate) v6: bool,
    pub(crate) vlan: Option<u16>,
    /// Options of IPv4 (a multiple of four bytes), or a hop-by-hop header of IPv6 (of eight).
    pub(crate) extra: Vec<u8>,
    /// Identification, offset in bytes, more.
    pub(crate) fragment: Option<(u16, u16, bool)>,
    /// Bytes behind the packet.
    pub(crate) padding: usize,
}

pub(crate) const V4: Around = Around {
    v6: false,
    vlan: None,
    extra: Vec::new(),
    fragment: None,
    padding: 0,
};
pub(crate) const V6: Around = Around {
    v6: true,
    vlan: None,
    extra: Vec::new(),
    fragment: None,
    padding: 0,
};

/// From 10.1.0.1 or fd00::1 to 10.1.0.2 or fd00::2.
fn addresses(v6: bool) -> Vec<u8> {
    let one = |last: u8| match v6 {
        false => vec![10, 1, 0, last],
        true => [&[0xfd][..], &[0; 14], &[last]].concat(),
    };
    [one(1), one(2)].concat()
}

impl Around {
    /// A frame with these bytes behind its IP header; `place` is where their checksum is.
    pub(crate) fn frame(&self, protocol: u8, place: usize, content: &[u8]) -> Vec<u8> {
        let mut content = content.to_vec();
        let mut covered = Vec::new();
        if protocol != 1 {
            covered.extend(addresses(self.v6));
            covered.extend([0, protocol]);
            covered.extend((content.len() as u16).to_be_bytes());
        }
        covered.extend(&content);
        let sum = match ones(&covered) {
            0 if protocol == 17 => 0xffff,
            sum => sum,
        };
        if place + 2 <= content.len() {
            content[place..place + 2].copy_from_slice(&sum.to_be_bytes());
        }
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        if let Some(vlan) = self.vlan {
            frame.extend([0x81, 0, 0x20 | (vlan >> 8) as u8, vlan as u8]);
        }
        if self.v6 {
            self.add_v6(&mut frame, protocol, &content);
        } else {
            self.add_v4(&mut frame, protocol, &content);
        }
        frame.extend(content);
        frame.extend(vec![0xee; self.padding]);
        frame
    }

    fn add_v4(&self, frame: &mut Vec<u8>, protocol: u8, content: &[u8]) {
        let length = 20 + self.extra.len();
        let (id, offset, more) = self.fragment.unwrap_or((7, 0, false));
        let place = (offset / 8) | (u16::from(more) << 13);
        let mut header = vec![0x40 | (length / 4) as u8, 0];
        header.extend(((length + content.len()) as u16).to_be_bytes());
        header.extend([id.to_be_bytes(), place.to_be_bytes()].concat());
        header.extend([64, protocol, 0, 0]);
        header.extend(addresses(false));
        header.extend(&self.extra);
        let sum = ones(&header).to_be_bytes();
        header[10..12].copy_from_slice(&sum);
        frame.extend([8, 0]);
        frame.extend(header);
    }

    fn add_v6(&self, frame: &mut Vec<u8>, protocol: u8, content: &[u8]) {
        let mut behind = Vec::new();
        let mut first = protocol;
        if let Some((id, offset, more)) = self.fragment {
            behind.extend([protocol, 0]);
            behind.extend((offset | u16::from(more)).to_be_bytes());
            behind.extend(u32::from(id).to_be_bytes());
            first = 44;
        }
        if !self.extra.is_empty() {
            let mut extension = self.extra.clone();
            extension[0] = first;
            extension[1] = (extension.len() / 8 - 1) as u8;
            behind = [extension, behind].concat();
            first = 0;
        }
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
        frame.extend(((behind.len() + content.len()) as u16).to_be_bytes());
        frame.extend([first, 64]);
        frame.extend(addresses(true));
        frame.extend(behind);
    }

    pub(crate) fn tcp(&self, flags: TcpFlags, payload: &[u8]) -> Vec<u8> {
        let mut segment = [40_000_u16.to_be_bytes(), 80_u16.to_be_bytes()].concat();
        segment.extend([
            0, 0, 0, 1, 0, 0, 0, 9, 0x60, flags.0, 0xfa, 0xf0, 0, 0, 0, 0,
        ]);
        // The largest segment, as an option.
        segment.extend([2, 4, 5, 0xb4]);
        segment.extend(payload);
        self.frame(6, 16, &segment)
    }

    pub(crate) fn udp(&self, from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
        let mut datagram = [from.to_be_bytes(), to.to_be_bytes()].concat();
        datagram.extend((8 + payload.len() as u16).to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(payload);
        self.frame(17, 6, &datagram)
    }

    pub(crate) fn echo(&self, sequence: u16, payload: &[u8]) -> Vec<u8> {
        let (protocol, kind) = if self.v6 { (58, 128) } else { (1, 8) };
        let mut message = vec![kind, 0, 0, 0, 0, 5];
        message.extend(sequence.to_be_bytes());
        message.extend(payload);
        self.frame(protocol, 2, &message)
    }
}

pub(crate) fn arp() -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([2, 0, 0, 0, 0, 1, 10, 1, 0, 1, 0, 0, 0, 0, 0, 0, 10, 1, 0, 2]);
    frame
}

/// The ones' complement of the ones' complement sum, word by word with the carry put back at once.
fn ones(bytes: &[u8]) -> u16 {
    let mut sum = 0_u16;
    for pair in bytes.chunks(2) {
        let word = u16::from(pair[0]) * 256 + pair.get(1).map_or(0, |low| u16::from(*low));
        let (added, carry) = sum.overflowing_add(word);
        sum = added + u16::from(carry);
    }
    !sum
}

/// Whether every checksum that a whole frame has is right, as a receiver finds out: all that is covered adds up.
pub(crate) fn checksums_are_right(frame: &[u8]) -> bool {
    let packet = Packet::new(frame);
    let layout = packet.layout();
    let Some(ip) = layout.ip else { return true };
    let header = &frame[layout.network..ip.transport];
    if packet.ipv4().is_some() && ones(header) != 0 {
        return false;
    }
    let content = &frame[ip.transport..ip.end];
    let known = packet.tcp().is_some() || packet.udp().is_some_and(|udp| udp.checksum != 0);
    let message = packet.icmp().is_some() || packet.icmpv6().is_some();
    if ip.fragment.is_some() || !(known || message) {
        return true;
    }
    let mut covered = Vec::new();
    if packet.icmp().is_none() {
        covered.extend(match packet.ipv4() {
            Some(_) => header[12..20].to_vec(),
            None => header[8..40].to_vec(),
        });
        covered.extend([0, ip.protocol]);
        covered.extend((content.len() as u16).to_be_bytes());
    }
    covered.extend(content);
    ones(&covered) == 0
}
