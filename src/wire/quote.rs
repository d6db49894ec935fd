//! The beginning of the packet that an ICMP error is about, which the error carries as its evidence.

use std::net::IpAddr;

use pnet_packet::icmp::{IcmpTypes, echo_request};
use pnet_packet::icmpv6::{self, Icmpv6Types};
use pnet_packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::ipv6::{FragmentPacket, Ipv6Packet};
use pnet_packet::udp::UdpPacket;

/// The packet that an ICMP error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// What tells it from others.
    pub(crate) mark: Mark,
    /// Where it was going.
    pub(crate) destination: IpAddr,
}

/// What tells a packet of ours from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Of an echo request.
    Echo { identifier: u16, sequence: u16 },
    /// Of a UDP datagram: its ports.
    Datagram { source: u16, destination: u16 },
}

impl Quote {
    /// The identifier and sequence number of an echo request.
    pub(crate) fn echo(&self) -> Option<(u16, u16)> {
        match self.mark {
            Mark::Echo {
                identifier,
                sequence,
            } => Some((identifier, sequence)),
            Mark::Datagram { .. } => None,
        }
    }

    /// Reads the quoted packet of an ICMPv4 error; `None` if it is neither an echo request nor a datagram, or too short to tell.
    pub(super) fn parse_v4(bytes: &[u8]) -> Option<Self> {
        let (header, message) = split_v4(bytes)?;
        // Only the first fragment of a packet carries the header that follows.
        if header.get_fragment_offset() != 0 {
            return None;
        }
        let mark = match header.get_next_level_protocol() {
            IpNextHeaderProtocols::Icmp => {
                let request = echo_request::EchoRequestPacket::new(message)?;
                (request.get_icmp_type() == IcmpTypes::EchoRequest).then(|| Mark::Echo {
                    identifier: request.get_identifier(),
                    sequence: request.get_sequence_number(),
                })
            }
            other => datagram(other, message),
        };
        Some(Self {
            mark: mark?,
            destination: IpAddr::V4(header.get_destination()),
        })
    }

    /// Reads the quoted packet of an ICMPv6 error; `None` if it is neither an echo request nor a datagram, or too short to tell.
    pub(super) fn parse_v6(bytes: &[u8]) -> Option<Self> {
        let header = Ipv6Packet::new(bytes)?;
        if header.get_version() != 6 {
            return None;
        }
        let mut message = bytes.get(Ipv6Packet::minimum_packet_size()..)?;
        let mut next = header.get_next_header();
        // The one extension header that our own large requests get.
        if next == IpNextHeaderProtocols::Ipv6Frag {
            let fragment = FragmentPacket::new(message)?;
            if fragment.get_fragment_offset_with_flags() & !7 != 0 {
                return None;
            }
            next = fragment.get_next_header();
            message = message.get(FragmentPacket::minimum_packet_size()..)?;
        }
        let mark = match next {
            IpNextHeaderProtocols::Icmpv6 => {
                let request = icmpv6::echo_request::EchoRequestPacket::new(message)?;
                (request.get_icmpv6_type() == Icmpv6Types::EchoRequest).then(|| Mark::Echo {
                    identifier: request.get_identifier(),
                    sequence: request.get_sequence_number(),
                })
            }
            other => datagram(other, message),
        };
        Some(Self {
            mark: mark?,
            destination: IpAddr::V6(header.get_destination()),
        })
    }
}

/// The ports of a UDP datagram.
fn datagram(protocol: IpNextHeaderProtocol, bytes: &[u8]) -> Option<Mark> {
    if protocol != IpNextHeaderProtocols::Udp {
        return None;
    }
    let datagram = UdpPacket::new(bytes)?;
    Some(Mark::Datagram {
        source: datagram.get_source(),
        destination: datagram.get_destination(),
    })
}

/// The header of an IPv4 packet, and what follows its options.
pub(super) fn split_v4(bytes: &[u8]) -> Option<(Ipv4Packet<'_>, &[u8])> {
    let header = Ipv4Packet::new(bytes)?;
    let length = usize::from(header.get_header_length()) * 4;
    let is_whole = header.get_version() == 4 && length >= Ipv4Packet::minimum_packet_size();
    // Not `payload()`: a quote's total length is the original's, of which only the beginning is here.
    let rest = bytes.get(length..)?;
    is_whole.then_some((header, rest))
}
