//! The headers of a packet, as plain values.

use std::net::{Ipv4Addr, Ipv6Addr};

pub use super::flags::TcpFlags;
pub use super::layout::Fragment;
use crate::address::Mac;

/// The header of a frame.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let _tagged = Match::any().when(|packet| packet.ethernet().is_some_and(|frame| frame.vlan == Some(7)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ethernet {
    /// For whom it is.
    pub destination: Mac,
    /// Who sent it on this link.
    pub source: Mac,
    /// The number of the outermost VLAN.
    pub vlan: Option<u16>,
    /// What it carries, behind all VLAN tags: `0x0800` is IPv4.
    pub ethertype: u16,
}

/// A question for a hardware address, or its answer.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let _questions = Match::any().when(|packet| packet.arp().is_some_and(|arp| arp.operation == 1));
/// ```
///
/// See [RFC 826](https://www.rfc-editor.org/rfc/rfc826).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arp {
    /// 1 asks, 2 answers.
    pub operation: u16,
    /// The sender's hardware address.
    pub sender: Mac,
    /// The sender's address.
    pub sender_address: Ipv4Addr,
    /// The target's hardware address, if it is known.
    pub target: Mac,
    /// The address that is asked for.
    pub target_address: Ipv4Addr,
}

/// The header of an IPv4 packet.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let _far_travelled = Match::any().when(|packet| packet.ipv4().is_some_and(|ip| ip.ttl < 60));
/// ```
///
/// See [RFC 791](https://www.rfc-editor.org/rfc/rfc791).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ipv4<'p> {
    /// Who sent it.
    pub source: Ipv4Addr,
    /// For whom it is.
    pub destination: Ipv4Addr,
    /// Over how many routers it may still go.
    pub ttl: u8,
    /// What it carries: 6 is TCP.
    pub protocol: u8,
    /// The type of service: DSCP and ECN.
    pub tos: u8,
    /// What all fragments of one packet share.
    pub identification: u16,
    /// Whether routers may not make fragments of it.
    pub dont_fragment: bool,
    /// If it is a fragment, which.
    pub fragment: Option<Fragment>,
    /// The bytes of its options.
    pub options: &'p [u8],
    /// Its length, header included, as the header tells it.
    pub total_length: u16,
    /// The checksum of the header.
    pub checksum: u16,
}

/// The header of an IPv6 packet.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let _with_extensions = Match::any().when(|packet| packet.ipv6().is_some_and(|ip| !ip.extensions.is_empty()));
/// ```
///
/// See [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ipv6<'p> {
    /// Who sent it.
    pub source: Ipv6Addr,
    /// For whom it is.
    pub destination: Ipv6Addr,
    /// Over how many routers it may still go.
    pub hop_limit: u8,
    /// What it carries, behind all extension headers: 6 is TCP.
    pub protocol: u8,
    /// The traffic class: DSCP and ECN.
    pub traffic_class: u8,
    /// The flow label.
    pub flow_label: u32,
    /// If it is a fragment, which.
    pub fragment: Option<Fragment>,
    /// The bytes of its extension headers.
    pub extensions: &'p [u8],
    /// Its length without the header, as the header tells it.
    pub payload_length: u16,
}

/// A TCP segment.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let _closed_window = Match::tcp().when(|packet| packet.tcp().is_some_and(|tcp| tcp.window == 0));
/// ```
///
/// See [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tcp<'p> {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// The number of its first byte.
    pub sequence: u32,
    /// The number of the byte that its sender expects next.
    pub acknowledgment: u32,
    /// SYN, ACK and so on.
    pub flags: TcpFlags,
    /// How much its sender takes, not scaled.
    pub window: u16,
    /// The checksum.
    pub checksum: u16,
    /// The bytes of its options.
    pub options: &'p [u8],
    /// What it carries.
    pub payload: &'p [u8],
}

/// A UDP datagram.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// let _empty = Match::udp().when(|packet| packet.udp().is_some_and(|udp| udp.payload.is_empty()));
/// ```
///
/// See [RFC 768](https://www.rfc-editor.org/rfc/rfc768).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Udp<'p> {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// Its length, header included, as the header tells it.
    pub length: u16,
    /// The checksum; 0 is none.
    pub checksum: u16,
    /// What it carries. The first fragment of a large datagram has a part of it.
    pub payload: &'p [u8],
}

/// An ICMP or ICMPv6 message.
///
/// # Examples
///
/// ```
/// use netns_test::Match;
///
/// // The seventh echo request of any ping.
/// let _seventh = Match::icmp().when(|packet| packet.icmp().is_some_and(|icmp| icmp.echo().is_some_and(|(_, seq)| seq == 7)));
/// ```
///
/// See [RFC 792](https://www.rfc-editor.org/rfc/rfc792) and [RFC 4443](https://www.rfc-editor.org/rfc/rfc4443).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Icmp<'p> {
    /// The type: of ICMP, 8 asks for an echo and 0 is one; of ICMPv6, 128 and 129.
    pub kind: u8,
    /// The code, whose meaning depends on the type.
    pub code: u8,
    /// The checksum.
    pub checksum: u16,
    /// What comes behind the checksum.
    pub body: &'p [u8],
    pub(super) v6: bool,
}

impl Icmp<'_> {
    /// The identifier and the sequence number of an echo request or reply.
    ///
    /// # Examples
    ///
    /// See [`Icmp`].
    pub fn echo(&self) -> Option<(u16, u16)> {
        let echo = if self.v6 { [128, 129] } else { [8, 0] };
        let [a, b, c, d]: [u8; 4] = *self.body.first_chunk()?;
        let numbers = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        echo.contains(&self.kind).then_some(numbers)
    }

    /// Whether it is of IPv6's neighbour discovery: a solicitation, an advertisement, a redirect.
    ///
    /// # Examples
    ///
    /// See [`Icmp`].
    pub fn is_neighbour_discovery(&self) -> bool {
        self.v6 && (133..=137).contains(&self.kind)
    }
}
