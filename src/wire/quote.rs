//! The beginning of the packet that an ICMP error is about, which the error carries as its evidence.

use std::net::IpAddr;

use pnet_packet::icmp::{IcmpTypes, echo_request};
use pnet_packet::icmpv6::{self, Icmpv6Types};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::ipv6::{FragmentPacket, Ipv6Packet};

/// The echo request that an ICMP error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// The identifier that the request carried.
    pub(crate) identifier: u16,
    /// The sequence number that the request carried.
    pub(crate) sequence: u16,
    /// Where the request was going.
    pub(crate) destination: IpAddr,
}

impl Quote {
    /// Reads the quoted packet of an ICMPv4 error; `None` if it is no echo request, or too short to tell.
    pub(super) fn parse_v4(bytes: &[u8]) -> Option<Self> {
        let (header, message) = split_v4(bytes)?;
        // Only the first fragment of a packet carries the ICMP header.
        if header.get_fragment_offset() != 0 {
            return None;
        }
        let request = echo_request::EchoRequestPacket::new(message)?;
        (request.get_icmp_type() == IcmpTypes::EchoRequest).then(|| Self {
            identifier: request.get_identifier(),
            sequence: request.get_sequence_number(),
            destination: IpAddr::V4(header.get_destination()),
        })
    }

    /// Reads the quoted packet of an ICMPv6 error; `None` if it is no echo request, or too short to tell.
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
        if next != IpNextHeaderProtocols::Icmpv6 {
            return None;
        }
        let request = icmpv6::echo_request::EchoRequestPacket::new(message)?;
        (request.get_icmpv6_type() == Icmpv6Types::EchoRequest).then(|| Self {
            identifier: request.get_identifier(),
            sequence: request.get_sequence_number(),
            destination: IpAddr::V6(header.get_destination()),
        })
    }
}

/// The header of an IPv4 packet that carries ICMP, and what follows its options.
pub(super) fn split_v4(bytes: &[u8]) -> Option<(Ipv4Packet<'_>, &[u8])> {
    let header = Ipv4Packet::new(bytes)?;
    let length = usize::from(header.get_header_length()) * 4;
    let is_icmp = header.get_version() == 4
        && length >= Ipv4Packet::minimum_packet_size()
        && header.get_next_level_protocol() == IpNextHeaderProtocols::Icmp;
    // Not `payload()`: a quote's total length is the original's, of which only the beginning is here.
    let rest = bytes.get(length..)?;
    is_icmp.then_some((header, rest))
}
