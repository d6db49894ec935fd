//! The fields of a packet, to be set.

use std::net::IpAddr;

use super::PacketMut;
use crate::address::{Family, Mac};
use crate::packet::flags::TcpFlags;
use crate::packet::layout::{ETHERNET, Ip, TCP, UDP};

/// Which of two: addresses and ports come in pairs.
#[derive(Clone, Copy)]
enum Side {
    Source,
    Destination,
}

impl PacketMut<'_> {
    /// Sets the sender's hardware address.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Mac, Match, PacketRule};
    ///
    /// let _moved = PacketRule::rewrite(Match::any(), |packet| {
    ///     packet.set_hardware_source(Mac([2, 0, 0, 0, 0, 9]));
    /// });
    /// ```
    pub fn set_hardware_source(&mut self, source: Mac) -> bool {
        self.put(Some(6), &source.0)
    }

    /// Sets the receiver's hardware address.
    ///
    /// # Examples
    ///
    /// See [`set_hardware_source`](Self::set_hardware_source).
    pub fn set_hardware_destination(&mut self, destination: Mac) -> bool {
        self.put(Some(0), &destination.0)
    }

    /// Moves a tagged frame into another VLAN: sets the number in its outermost tag.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _astray = PacketRule::rewrite(Match::any().vlan(7), |packet| {
    ///     packet.set_vlan(8);
    /// });
    /// ```
    pub fn set_vlan(&mut self, vlan: u16) -> bool {
        let tagged = self.view().layout().network > ETHERNET;
        let Some(old) = self.view().bytes().get(ETHERNET).filter(|_| tagged) else {
            return false;
        };
        // The priority stays.
        let [high, low] = (vlan & 0xfff).to_be_bytes();
        let tag = [old & 0xf0 | high, low];
        self.put(Some(ETHERNET), &tag)
    }

    /// Sets the sender's address, of the packet's own family.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    /// use std::net::Ipv4Addr;
    ///
    /// let _forged = PacketRule::rewrite(Match::udp(), |packet| {
    ///     packet.set_source(Ipv4Addr::new(192, 0, 2, 1));
    /// });
    /// ```
    pub fn set_source(&mut self, source: impl Into<IpAddr>) -> bool {
        self.set_address(Side::Source, source.into())
    }

    /// Sets the receiver's address, of the packet's own family.
    ///
    /// # Examples
    ///
    /// See [`set_source`](Self::set_source).
    pub fn set_destination(&mut self, destination: impl Into<IpAddr>) -> bool {
        self.set_address(Side::Destination, destination.into())
    }

    fn set_address(&mut self, side: Side, address: IpAddr) -> bool {
        let network = self.view().layout().network;
        let Some(ip) = self.view().layout().ip else {
            return false;
        };
        match (ip.family, address, side) {
            (Family::V4, IpAddr::V4(it), Side::Source) => {
                self.put(Some(network + 12), &it.octets())
            }
            (Family::V4, IpAddr::V4(it), Side::Destination) => {
                self.put(Some(network + 16), &it.octets())
            }
            (Family::V6, IpAddr::V6(it), Side::Source) => self.put(Some(network + 8), &it.octets()),
            (Family::V6, IpAddr::V6(it), Side::Destination) => {
                self.put(Some(network + 24), &it.octets())
            }
            _ => false,
        }
    }

    /// Sets the time to live of IPv4, or the hop limit of IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _exhausted = PacketRule::rewrite(Match::any(), |packet| {
    ///     packet.set_ttl(1);
    /// });
    /// ```
    #[doc(alias = "hop_limit")]
    pub fn set_ttl(&mut self, ttl: u8) -> bool {
        let layout = self.view().layout();
        let place = layout.ip.map(|ip| match ip.family {
            Family::V4 => layout.network + 8,
            Family::V6 => layout.network + 7,
        });
        self.put(place, &[ttl])
    }

    /// Sets the sender's port of a TCP segment or a UDP datagram.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule};
    ///
    /// let _rule = PacketRule::rewrite(Match::udp().source_port(53), |packet| {
    ///     packet.set_source_port(5353);
    /// });
    /// ```
    pub fn set_source_port(&mut self, port: u16) -> bool {
        self.set_port(Side::Source, port)
    }

    /// Sets the receiver's port of a TCP segment or a UDP datagram.
    ///
    /// # Examples
    ///
    /// See [`set_source_port`](Self::set_source_port).
    pub fn set_destination_port(&mut self, port: u16) -> bool {
        self.set_port(Side::Destination, port)
    }

    fn set_port(&mut self, side: Side, port: u16) -> bool {
        let datagram = self.carries(UDP).filter(|_| self.view().udp().is_some());
        let Some(ip) = self.segment().or(datagram) else {
            return false;
        };
        let place = match side {
            Side::Source => ip.transport,
            Side::Destination => ip.transport + 2,
        };
        self.put(Some(place), &port.to_be_bytes())
    }

    fn carries(&self, protocol: u8) -> Option<Ip> {
        self.view().layout().transport(protocol)
    }

    fn segment(&self) -> Option<Ip> {
        self.carries(TCP).filter(|_| self.view().tcp().is_some())
    }

    fn put_into_segment(&mut self, at: usize, bytes: &[u8]) -> bool {
        let place = self.segment().map(|ip| ip.transport + at);
        self.put(place, bytes)
    }

    /// Sets the flags of a TCP segment.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Match, PacketRule, headers::TcpFlags};
    ///
    /// // Somebody in between resets the connection.
    /// let _reset = PacketRule::rewrite(Match::tcp().syn_ack(), |packet| {
    ///     packet.set_tcp_flags(TcpFlags::RST | TcpFlags::ACK);
    /// });
    /// ```
    pub fn set_tcp_flags(&mut self, flags: TcpFlags) -> bool {
        self.put_into_segment(13, &[flags.0])
    }

    /// Sets the number of a TCP segment's first byte.
    ///
    /// # Examples
    ///
    /// See [`set_tcp_flags`](Self::set_tcp_flags).
    pub fn set_sequence(&mut self, sequence: u32) -> bool {
        self.put_into_segment(4, &sequence.to_be_bytes())
    }

    /// Sets the number of the byte that a TCP segment's sender expects next.
    ///
    /// # Examples
    ///
    /// See [`set_tcp_flags`](Self::set_tcp_flags).
    pub fn set_acknowledgment(&mut self, acknowledgment: u32) -> bool {
        self.put_into_segment(8, &acknowledgment.to_be_bytes())
    }

    /// Sets how much the sender of a TCP segment takes, not scaled.
    ///
    /// # Examples
    ///
    /// See [`view`](Self::view).
    pub fn set_window(&mut self, window: u16) -> bool {
        self.put_into_segment(14, &window.to_be_bytes())
    }
}
