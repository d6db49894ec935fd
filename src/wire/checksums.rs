//! A second opinion about the checksums of frames, for tests.

use pnet_packet::ethernet::{EtherTypes, EthernetPacket};
use pnet_packet::icmp::{self, IcmpPacket};
use pnet_packet::icmpv6::{self, Icmpv6Packet};
use pnet_packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet_packet::ipv4::{self, Ipv4Packet};
use pnet_packet::ipv6::Ipv6Packet;
use pnet_packet::tcp::{self, TcpPacket};
use pnet_packet::udp::{self, UdpPacket};
use pnet_packet::{Packet, PacketSize};

/// Whether all checksums of a frame are right: without tags, fragments and extension headers. Nothing if it has none that is known.
pub(crate) fn are_right(frame: &[u8]) -> Option<bool> {
    let frame = EthernetPacket::new(frame)?;
    match frame.get_ethertype() {
        EtherTypes::Ipv4 => {
            let ip = Ipv4Packet::new(frame.payload())?;
            let header = ip.packet().get(..ip.packet_size())?;
            let header = ipv4::checksum(&Ipv4Packet::new(header)?) == ip.get_checksum();
            let ends = (&ip.get_source(), &ip.get_destination());
            let protocol = ip.get_next_level_protocol();
            let right = match protocol {
                IpNextHeaderProtocols::Tcp => {
                    let tcp = TcpPacket::new(ip.payload())?;
                    tcp::ipv4_checksum(&tcp, ends.0, ends.1) == tcp.get_checksum()
                }
                IpNextHeaderProtocols::Udp => {
                    let udp = UdpPacket::new(ip.payload())?;
                    is_udps(udp::ipv4_checksum(&udp, ends.0, ends.1), udp.get_checksum())
                }
                IpNextHeaderProtocols::Icmp => {
                    let message = IcmpPacket::new(ip.payload())?;
                    icmp::checksum(&message) == message.get_checksum()
                }
                _ => return None,
            };
            Some(header && right)
        }
        EtherTypes::Ipv6 => v6(&Ipv6Packet::new(frame.payload())?),
        _ => None,
    }
}

fn v6(ip: &Ipv6Packet<'_>) -> Option<bool> {
    let (source, destination) = (&ip.get_source(), &ip.get_destination());
    let protocol: IpNextHeaderProtocol = ip.get_next_header();
    Some(match protocol {
        IpNextHeaderProtocols::Tcp => {
            let tcp = TcpPacket::new(ip.payload())?;
            tcp::ipv6_checksum(&tcp, source, destination) == tcp.get_checksum()
        }
        IpNextHeaderProtocols::Udp => {
            let udp = UdpPacket::new(ip.payload())?;
            is_udps(
                udp::ipv6_checksum(&udp, source, destination),
                udp.get_checksum(),
            )
        }
        IpNextHeaderProtocols::Icmpv6 => {
            let message = Icmpv6Packet::new(ip.payload())?;
            icmpv6::checksum(&message, source, destination) == message.get_checksum()
        }
        _ => return None,
    })
}

/// 0 says that there is none, so the other zero stands for it.
fn is_udps(sum: u16, written: u16) -> bool {
    written == if sum == 0 { 0xffff } else { sum }
}
