//! A frame, to be changed.

mod fields;

use std::fmt;

use super::Frame;
use super::checksum;
use super::layout;
use super::view::Packet;
use crate::address::Family;

/// A frame on its way, to be changed: what [`PacketRule::rewrite`](crate::PacketRule::rewrite) hands to its closure.
///
/// A method that finds nothing to change, as the time to live of an ARP message, returns `false` and changes nothing.
///
/// When the closure returns, the checksums of IPv4, TCP, UDP, ICMP and ICMPv6 are made right, unless it asked to
/// [leave](Self::leave_checksums) them, nothing was changed, or an earlier rule damaged the packet. Of a fragment, only changes in the first one
/// can be made good. A UDP datagram without a checksum goes on without one.
///
/// # Examples
///
/// ```
/// use netns_test::{Match, PacketRule};
///
/// // The server answers from a port that nobody asked.
/// let _odd = PacketRule::rewrite(Match::udp().source_port(53), |packet| {
///     packet.set_source_port(5353);
/// });
/// ```
pub struct PacketMut<'p> {
    buffer: &'p mut [u8],
    length: &'p mut usize,
    leave: bool,
    touched: bool,
    /// What its checksum covered before it was changed.
    before: Option<u16>,
}

impl<'p> PacketMut<'p> {
    pub(super) fn new(frame: &'p mut Frame<'_>) -> Self {
        Self {
            buffer: &mut *frame.buffer,
            length: &mut frame.length,
            leave: false,
            touched: false,
            before: None,
        }
    }

    /// Makes the checksums right, if that is wanted.
    pub(super) fn finish(self) {
        if self.touched && !self.leave {
            checksum::correct(&mut self.buffer[..*self.length], self.before);
        }
    }

    /// The packet as it is now.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _shrink = PacketRule::rewrite(Match::tcp(), |packet| {
    ///     let window = packet.view().tcp().map_or(0, |tcp| tcp.window);
    ///     packet.set_window(window / 2);
    /// });
    /// ```
    pub fn view(&self) -> Packet<'_> {
        Packet::new(&self.buffer[..*self.length])
    }

    /// All bytes, from the Ethernet header on, to be changed at will.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _rule = PacketRule::rewrite(Match::arp(), |packet| packet.bytes_mut()[0] |= 1);
    /// ```
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        if !self.touched {
            self.touched = true;
            self.before = checksum::covered(&self.buffer[..*self.length]);
        }
        &mut self.buffer[..*self.length]
    }

    /// Leaves the checksums as they are: whatever was changed is damage, which the receiver's kernel notices.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _damaged = PacketRule::rewrite(Match::udp(), |packet| {
    ///     packet.set_ttl(1);
    ///     packet.leave_checksums();
    /// });
    /// ```
    pub fn leave_checksums(&mut self) {
        self.leave = true;
    }

    /// Flips a bit of a byte. Bytes count from 0 at the beginning of the Ethernet header, as in a capture; bit 0 is the one that counts 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _rule = PacketRule::rewrite(Match::udp(), |packet| {
    ///     packet.flip_bit(40, 3);
    /// });
    /// ```
    pub fn flip_bit(&mut self, byte: usize, bit: u8) -> bool {
        if byte >= *self.length || bit > 7 {
            return false;
        }
        self.bytes_mut()[byte] ^= 1 << bit;
        true
    }

    /// What the innermost header carries, to be changed: see [`Packet::payload`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _loud = PacketRule::rewrite(Match::udp(), |packet| packet.payload_mut().make_ascii_uppercase());
    /// ```
    pub fn payload_mut(&mut self) -> &mut [u8] {
        let range = self.view().payload_range();
        &mut self.bytes_mut()[range]
    }

    /// Replaces what a TCP segment or a UDP datagram carries, and tells the new length in all headers. TCP's numbers stay: with another
    /// length its ends no longer agree.
    ///
    /// It cannot be done to a fragment, nor if the frame gets larger than the link's largest.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _rule = PacketRule::rewrite(Match::udp().payload_contains("yes"), |packet| {
    ///     packet.set_payload(b"no");
    /// });
    /// ```
    pub fn set_payload(&mut self, payload: &[u8]) -> bool {
        let layout = self.view().layout();
        let carried = |protocol| {
            layout
                .transport(protocol)
                .filter(|ip| ip.fragment.is_none())
        };
        let udp = carried(layout::UDP).filter(|_| self.view().udp().is_some());
        let tcp = carried(layout::TCP).filter(|_| self.view().tcp().is_some());
        let Some(ip) = udp.or(tcp) else { return false };
        let start = self.view().payload_range().start;
        let end = start + payload.len();
        let base = match ip.family {
            Family::V4 => layout.network,
            Family::V6 => layout.network + 40,
        };
        let (Ok(total), Ok(datagram)) =
            (u16::try_from(end - base), u16::try_from(end - ip.transport))
        else {
            return false;
        };
        if end > self.buffer.len() {
            return false;
        }
        self.bytes_mut();
        *self.length = end;
        self.buffer[start..end].copy_from_slice(payload);
        let place = match ip.family {
            Family::V4 => layout.network + 2,
            Family::V6 => layout.network + 4,
        };
        self.put(Some(place), &total.to_be_bytes());
        if udp.is_some() {
            self.put(Some(ip.transport + 4), &datagram.to_be_bytes());
        }
        true
    }

    /// Writes into the frame, if there is a place for it.
    fn put(&mut self, place: Option<usize>, bytes: &[u8]) -> bool {
        let Some(place) = place.filter(|place| place + bytes.len() <= *self.length) else {
            return false;
        };
        self.bytes_mut()[place..place + bytes.len()].copy_from_slice(bytes);
        true
    }
}

impl fmt::Debug for PacketMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacketMut({})", self.view())
    }
}
