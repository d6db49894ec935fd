//! ICMP and ICMPv6: echo requests built, answers read, and errors about echo requests and datagrams.
//!
//! See [RFC 792](https://www.rfc-editor.org/rfc/rfc792) and [RFC 4443](https://www.rfc-editor.org/rfc/rfc4443).

use std::net::{IpAddr, Ipv4Addr};

use pnet_packet::icmp::destination_unreachable::{DestinationUnreachablePacket, IcmpCodes};
use pnet_packet::icmp::{self, IcmpPacket, IcmpTypes};
use pnet_packet::icmpv6::ndp::RedirectPacket;
use pnet_packet::icmpv6::{self, Icmpv6Packet, Icmpv6Types};
use pnet_packet::ip::IpNextHeaderProtocols;

use super::quote::split_v4;
pub(crate) use super::quote::{Mark, Quote};
use super::reason::UnreachableReason;

/// The bytes of an ICMP echo header, before its payload.
pub(crate) const HEADER: usize = 8;

/// An ICMP message that says something about an echo request or a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// The target answered.
    EchoReply {
        identifier: u16,
        sequence: u16,
        /// Length of the ICMP message, header included.
        bytes: usize,
        ttl: u8,
    },
    /// Somebody says that the request cannot be delivered.
    Unreachable {
        reason: UnreachableReason,
        quote: Quote,
    },
    /// A router dropped the request because it had passed too many of them.
    TimeExceeded { quote: Quote },
    /// A router dropped the request because the next link carries at most `mtu` bytes.
    FragmentationNeeded { mtu: u32, quote: Quote },
    /// A router forwarded the request, and names a better next hop for the ones to come.
    Redirect { gateway: IpAddr, quote: Quote },
}

/// An ICMP echo request with its checksum.
pub(crate) fn request_v4(identifier: u16, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER + payload.len()];
    if let Some(mut packet) = icmp::echo_request::MutableEchoRequestPacket::new(&mut bytes) {
        packet.set_icmp_type(IcmpTypes::EchoRequest);
        packet.set_identifier(identifier);
        packet.set_sequence_number(sequence);
        packet.set_payload(payload);
    }
    if let Some(mut packet) = icmp::MutableIcmpPacket::new(&mut bytes) {
        let checksum = icmp::checksum(&packet.to_immutable());
        packet.set_checksum(checksum);
    }
    bytes
}

/// An ICMPv6 echo request. The kernel fills in the checksum, which covers addresses that are not known here.
pub(crate) fn request_v6(identifier: u16, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER + payload.len()];
    if let Some(mut packet) = icmpv6::echo_request::MutableEchoRequestPacket::new(&mut bytes) {
        packet.set_icmpv6_type(Icmpv6Types::EchoRequest);
        packet.set_identifier(identifier);
        packet.set_sequence_number(sequence);
        packet.set_payload(payload);
    }
    bytes
}

/// Reads what a raw ICMP socket received, IPv4 header included. `None` for everything that is about neither an
/// echo request nor a datagram.
///
/// The checksum is checked here, because raw sockets are served before the kernel looks at it.
pub(crate) fn parse_v4(datagram: &[u8]) -> Option<Message> {
    let (header, message) = split_v4(datagram)?;
    if header.get_next_level_protocol() != IpNextHeaderProtocols::Icmp {
        return None;
    }
    let packet = IcmpPacket::new(message)?;
    if icmp::checksum(&packet) != packet.get_checksum() {
        return None;
    }
    // Everything that is read below has these eight bytes; in errors the quoted packet follows them.
    let quoted = message.get(HEADER..)?;
    match packet.get_icmp_type() {
        IcmpTypes::EchoReply => {
            let reply = icmp::echo_reply::EchoReplyPacket::new(message)?;
            Some(Message::EchoReply {
                identifier: reply.get_identifier(),
                sequence: reply.get_sequence_number(),
                bytes: message.len(),
                ttl: header.get_ttl(),
            })
        }
        IcmpTypes::DestinationUnreachable => {
            let quote = Quote::parse_v4(quoted)?;
            let packet = DestinationUnreachablePacket::new(message)?;
            Some(match packet.get_icmp_code() {
                IcmpCodes::FragmentationRequiredAndDFFlagSet => Message::FragmentationNeeded {
                    mtu: packet.get_next_hop_mtu().into(),
                    quote,
                },
                code => Message::Unreachable {
                    reason: UnreachableReason::from_v4(code.0),
                    quote,
                },
            })
        }
        IcmpTypes::TimeExceeded => {
            time_exceeded(packet.get_icmp_code().0, Quote::parse_v4(quoted)?)
        }
        IcmpTypes::RedirectMessage => {
            let gateway: [u8; 4] = message.get(4..HEADER)?.try_into().ok()?;
            Some(Message::Redirect {
                gateway: IpAddr::V4(Ipv4Addr::from(gateway)),
                quote: Quote::parse_v4(quoted)?,
            })
        }
        _ => None,
    }
}

/// Reads what a raw ICMPv6 socket received, which comes without its IPv6 header; `hop_limit` stood there. `None` for
/// everything that is about neither an echo request nor a datagram.
///
/// The kernel has checked the checksum.
pub(crate) fn parse_v6(message: &[u8], hop_limit: u8) -> Option<Message> {
    let packet = Icmpv6Packet::new(message)?;
    let quoted = message.get(HEADER..)?;
    match packet.get_icmpv6_type() {
        Icmpv6Types::EchoReply => {
            let reply = icmpv6::echo_reply::EchoReplyPacket::new(message)?;
            Some(Message::EchoReply {
                identifier: reply.get_identifier(),
                sequence: reply.get_sequence_number(),
                bytes: message.len(),
                ttl: hop_limit,
            })
        }
        Icmpv6Types::DestinationUnreachable => Some(Message::Unreachable {
            reason: UnreachableReason::from_v6(packet.get_icmpv6_code().0),
            quote: Quote::parse_v6(quoted)?,
        }),
        Icmpv6Types::PacketTooBig => {
            let mtu: [u8; 4] = message.get(4..HEADER)?.try_into().ok()?;
            Some(Message::FragmentationNeeded {
                mtu: u32::from_be_bytes(mtu),
                quote: Quote::parse_v6(quoted)?,
            })
        }
        Icmpv6Types::TimeExceeded => {
            time_exceeded(packet.get_icmpv6_code().0, Quote::parse_v6(quoted)?)
        }
        Icmpv6Types::Redirect => {
            let redirect = RedirectPacket::new(message)?;
            let options = message.get(RedirectPacket::minimum_packet_size()..)?;
            Some(Message::Redirect {
                gateway: IpAddr::V6(redirect.get_target_addr()),
                quote: Quote::parse_v6(redirected_packet(options)?)?,
            })
        }
        _ => None,
    }
}

/// Code 0 is a spent hop limit, and code 1 a fragment that never came; the families agree.
fn time_exceeded(code: u8, quote: Quote) -> Option<Message> {
    match code {
        0 => Some(Message::TimeExceeded { quote }),
        1 => Some(Message::Unreachable {
            reason: UnreachableReason::Reassembly,
            quote,
        }),
        _ => None,
    }
}

/// The packet that an ICMPv6 redirect is about, out of its options.
///
/// The options are walked here, because `pnet_packet`'s own walk trusts the lengths in them.
fn redirected_packet(mut options: &[u8]) -> Option<&[u8]> {
    const REDIRECTED_HEADER: u8 = 4;
    loop {
        let &[kind, eighths, ..] = options else {
            return None;
        };
        let length = usize::from(eighths) * 8;
        if length == 0 {
            return None;
        }
        if kind == REDIRECTED_HEADER {
            return options.get(8..length.min(options.len()));
        }
        options = options.get(length..)?;
    }
}

#[cfg(test)]
mod tests;
