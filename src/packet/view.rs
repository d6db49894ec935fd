//! A frame, to be looked at.

use std::net::IpAddr;
use std::ops::Range;

use super::header::{Arp, Ethernet, Icmp, Ipv4, Ipv6, Tcp, TcpFlags, Udp};
use super::layout::{self, ETHERNET, Ip, Layout, array, be16, be32};
use crate::address::{Family, Mac};

/// A frame on a link, to be looked at. It prints as tcpdump prints it.
///
/// A header that the frame does not have, or not as a whole, is `None`: whatever the bytes are, nothing here panics.
///
/// # Examples
///
/// ```
/// use netns_test::Packet;
///
/// let question = [
///     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, // Ethernet
///     0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 1, 0, 1, 0, 0, 0, 0, 0, 0, 10, 1, 0, 2,
/// ];
/// let packet = Packet::new(&question);
/// assert_eq!(packet.to_string(), "ARP, Request who-has 10.1.0.2 tell 10.1.0.1, length 28");
/// assert_eq!(packet.arp().unwrap().sender.to_string(), "02:00:00:00:00:01");
/// assert!(packet.tcp().is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'p> {
    bytes: &'p [u8],
    layout: Layout,
}

impl<'p> Packet<'p> {
    /// Of the bytes of a frame, from the Ethernet header on.
    ///
    /// # Examples
    ///
    /// See [`Packet`].
    pub fn new(bytes: &'p [u8]) -> Self {
        Self {
            bytes,
            layout: Layout::of(bytes),
        }
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// All bytes, from the Ethernet header on.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Packet::new(b"short").bytes(), b"short");
    /// ```
    pub fn bytes(&self) -> &'p [u8] {
        self.bytes
    }

    /// The header of the frame.
    ///
    /// # Examples
    ///
    /// ```
    /// let packet = netns_test::Packet::new(&[0; 60]);
    /// assert_eq!(packet.ethernet().unwrap().ethertype, 0);
    /// assert_eq!(packet.ethernet().unwrap().vlan, None);
    /// ```
    pub fn ethernet(&self) -> Option<Ethernet> {
        let tagged = self.layout.network > ETHERNET;
        Some(Ethernet {
            destination: Mac(array(self.bytes, 0)?),
            source: Mac(array(self.bytes, 6)?),
            vlan: be16(self.bytes, ETHERNET)
                .filter(|_| tagged)
                .map(|tag| tag & 0xfff),
            ethertype: self.layout.ethertype?,
        })
    }

    /// What it says of hardware addresses.
    ///
    /// # Examples
    ///
    /// See [`Packet`].
    pub fn arp(&self) -> Option<Arp> {
        // Of Ethernet and IPv4.
        const KIND: [u8; 6] = [0, 1, 8, 0, 6, 4];
        let body = self.bytes.get(self.layout.network..)?;
        if self.layout.ethertype != Some(layout::ARP) || !body.starts_with(&KIND) {
            return None;
        }
        Some(Arp {
            operation: be16(body, 6)?,
            sender: Mac(array(body, 8)?),
            sender_address: array(body, 14)?.into(),
            target: Mac(array(body, 18)?),
            target_address: array(body, 24)?.into(),
        })
    }

    /// The header of an IPv4 packet.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Packet::new(&[0; 60]).ipv4().is_none());
    /// ```
    pub fn ipv4(&self) -> Option<Ipv4<'p>> {
        let ip = self.ip(Family::V4)?;
        let header = self.bytes.get(self.layout.network..ip.transport)?;
        Some(Ipv4 {
            source: array(header, 12)?.into(),
            destination: array(header, 16)?.into(),
            ttl: *header.get(8)?,
            protocol: ip.protocol,
            tos: *header.get(1)?,
            identification: be16(header, 4)?,
            dont_fragment: be16(header, 6)? & 0x4000 != 0,
            fragment: ip.fragment,
            options: header.get(20..)?,
            total_length: be16(header, 2)?,
            checksum: be16(header, 10)?,
        })
    }

    /// The header of an IPv6 packet.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Packet::new(&[0; 60]).ipv6().is_none());
    /// ```
    pub fn ipv6(&self) -> Option<Ipv6<'p>> {
        let ip = self.ip(Family::V6)?;
        let header = self.bytes.get(self.layout.network..ip.transport)?;
        let first = be32(header, 0)?;
        Some(Ipv6 {
            source: array(header, 8)?.into(),
            destination: array(header, 24)?.into(),
            hop_limit: *header.get(7)?,
            protocol: ip.protocol,
            traffic_class: first.to_be_bytes()[0] << 4 | first.to_be_bytes()[1] >> 4,
            flow_label: first & 0xf_ffff,
            fragment: ip.fragment,
            extensions: header.get(40..)?,
            payload_length: be16(header, 4)?,
        })
    }

    fn ip(&self, family: Family) -> Option<Ip> {
        self.layout.ip.filter(|ip| ip.family == family)
    }

    /// A TCP segment. A later fragment of one is none.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Packet::new(&[0; 60]).tcp().is_none());
    /// ```
    pub fn tcp(&self) -> Option<Tcp<'p>> {
        let segment = self.transport(layout::TCP)?;
        let header = usize::from(segment.get(12)? >> 4) * 4;
        Some(Tcp {
            source_port: be16(segment, 0)?,
            destination_port: be16(segment, 2)?,
            sequence: be32(segment, 4)?,
            acknowledgment: be32(segment, 8)?,
            flags: TcpFlags(*segment.get(13)?),
            window: be16(segment, 14)?,
            checksum: be16(segment, 16)?,
            options: segment.get(20..header)?,
            payload: segment.get(header..)?,
        })
    }

    /// A UDP datagram. A later fragment of one is none.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Packet::new(&[0; 60]).udp().is_none());
    /// ```
    pub fn udp(&self) -> Option<Udp<'p>> {
        let datagram = self.transport(layout::UDP)?;
        let length = be16(datagram, 4)?;
        // One whose length is out of range is read as far as its packet goes.
        let end = datagram.len().min(usize::from(length).max(8));
        Some(Udp {
            source_port: be16(datagram, 0)?,
            destination_port: be16(datagram, 2)?,
            length,
            checksum: be16(datagram, 6)?,
            payload: datagram.get(8..end)?,
        })
    }

    /// An ICMP message.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Packet::new(&[0; 60]).icmp().is_none());
    /// ```
    pub fn icmp(&self) -> Option<Icmp<'p>> {
        self.message(Family::V4, layout::ICMP)
    }

    /// An ICMPv6 message.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::Packet::new(&[0; 60]).icmpv6().is_none());
    /// ```
    pub fn icmpv6(&self) -> Option<Icmp<'p>> {
        self.message(Family::V6, layout::ICMPV6)
    }

    fn message(&self, family: Family, protocol: u8) -> Option<Icmp<'p>> {
        self.ip(family)?;
        let message = self.transport(protocol)?;
        Some(Icmp {
            kind: *message.first()?,
            code: *message.get(1)?,
            checksum: be16(message, 2)?,
            body: message.get(4..)?,
            v6: family == Family::V6,
        })
    }

    /// What comes behind the IP headers, if it is of this protocol.
    fn transport(&self, protocol: u8) -> Option<&'p [u8]> {
        let ip = self.layout.transport(protocol)?;
        self.bytes.get(ip.transport..ip.end)
    }

    /// What the innermost header carries that is known here: of TCP, UDP and ICMP, else of IP, else of the frame.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Packet::new(&[0; 60]).payload(), [0; 46]);
    /// ```
    pub fn payload(&self) -> &'p [u8] {
        &self.bytes[self.payload_range()]
    }

    pub(super) fn payload_range(&self) -> Range<usize> {
        let Some(ip) = self.layout.ip else {
            return self.layout.network..self.bytes.len();
        };
        let icmp = self.icmp().or_else(|| self.icmpv6());
        if let Some(tcp) = self.tcp() {
            ip.end - tcp.payload.len()..ip.end
        } else if let Some(udp) = self.udp() {
            ip.transport + 8..ip.transport + 8 + udp.payload.len()
        } else if icmp.is_some_and(|icmp| icmp.body.len() >= 4) {
            ip.transport + 8..ip.end
        } else {
            ip.transport..ip.end
        }
    }

    /// The addresses of the sender and of the receiver: of an ARP message those that it tells of.
    pub(super) fn addresses(&self) -> Option<[IpAddr; 2]> {
        let v4 = || {
            self.ipv4()
                .map(|ip| [ip.source.into(), ip.destination.into()])
        };
        let v6 = || {
            self.ipv6()
                .map(|ip| [ip.source.into(), ip.destination.into()])
        };
        let arp = || {
            self.arp()
                .map(|arp| [arp.sender_address.into(), arp.target_address.into()])
        };
        v4().or_else(v6).or_else(arp)
    }

    /// The ports of the sender and of the receiver.
    pub(super) fn ports(&self) -> Option<[u16; 2]> {
        let tcp = || self.tcp().map(|it| [it.source_port, it.destination_port]);
        let udp = || self.udp().map(|it| [it.source_port, it.destination_port]);
        tcp().or_else(udp)
    }
}
