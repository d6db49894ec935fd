//! How a packet reads on one line: as `tcpdump -n -S` prints it, without options.

use std::fmt;
use std::net::Ipv6Addr;

use super::header::{Arp, Icmp, Tcp, TcpFlags};
use super::layout::{self, Ip};
use super::view::Packet;
use crate::address::Family;

impl fmt::Display for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(frame) = self.ethernet() else {
            return write!(f, "[truncated frame], length {}", self.bytes().len());
        };
        if let Some(vlan) = frame.vlan {
            write!(f, "vlan {vlan}, ")?;
        }
        if let Some(ip) = self.layout().ip {
            return self.ip_line(f, ip);
        }
        if let Some(message) = self.arp() {
            return arp(f, &message, self.payload().len());
        }
        let (source, destination) = (frame.source, frame.destination);
        let length = self.payload().len();
        write!(
            f,
            "{source} > {destination}, ethertype {:#06x}, length {length}",
            frame.ethertype
        )
    }
}

impl Packet<'_> {
    fn ip_line(&self, f: &mut fmt::Formatter<'_>, ip: Ip) -> fmt::Result {
        f.write_str(match ip.family {
            Family::V4 => "IP ",
            Family::V6 => "IP6 ",
        })?;
        if let Some([source, destination]) = self.addresses() {
            match self.ports() {
                Some([from, to]) => write!(f, "{source}.{from} > {destination}.{to}: ")?,
                None => write!(f, "{source} > {destination}: ")?,
            }
        }
        let whole = ip.end - ip.transport;
        match ip.fragment {
            Some(fragment) if fragment.offset > 0 => {
                return write!(
                    f,
                    "{}, fragment {} at {}, length {whole}",
                    protocol(ip.protocol),
                    fragment.identification,
                    fragment.offset
                );
            }
            Some(fragment) => write!(f, "first fragment {}, ", fragment.identification)?,
            None => {}
        }
        if let Some(segment) = self.tcp() {
            tcp(f, &segment)
        } else if let Some(datagram) = self.udp() {
            // A fragment's header tells how long the whole datagram is.
            write!(f, "UDP, length {}", datagram.length.saturating_sub(8))
        } else if let Some(message) = self.icmp() {
            icmp(f, &message)?;
            write!(f, ", length {whole}")
        } else if let Some(message) = self.icmpv6() {
            icmpv6(f, &message)?;
            write!(f, ", length {whole}")
        } else {
            write!(f, "{}, length {whole}", protocol(ip.protocol))
        }
    }
}

fn protocol(number: u8) -> String {
    match number {
        layout::TCP => "tcp".to_owned(),
        layout::UDP => "udp".to_owned(),
        layout::ICMP => "icmp".to_owned(),
        layout::ICMPV6 => "icmp6".to_owned(),
        number => format!("ip-proto-{number}"),
    }
}

fn tcp(f: &mut fmt::Formatter<'_>, tcp: &Tcp<'_>) -> fmt::Result {
    let length = tcp.payload.len();
    write!(f, "Flags [{}]", tcp.flags)?;
    let numbered = TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST;
    if length > 0 {
        let end = tcp
            .sequence
            .wrapping_add(u32::try_from(length).unwrap_or_default());
        write!(f, ", seq {}:{end}", tcp.sequence)?;
    } else if tcp.flags.intersects(numbered) {
        write!(f, ", seq {}", tcp.sequence)?;
    }
    if tcp.flags.contains(TcpFlags::ACK) {
        write!(f, ", ack {}", tcp.acknowledgment)?;
    }
    write!(f, ", win {}, length {length}", tcp.window)
}

fn icmp(f: &mut fmt::Formatter<'_>, message: &Icmp<'_>) -> fmt::Result {
    match (message.kind, message.echo()) {
        (8, Some((id, sequence))) => write!(f, "ICMP echo request, id {id}, seq {sequence}"),
        (0, Some((id, sequence))) => write!(f, "ICMP echo reply, id {id}, seq {sequence}"),
        (3, _) => write!(f, "ICMP unreachable, code {}", message.code),
        (5, _) => f.write_str("ICMP redirect"),
        (11, _) if message.code == 0 => f.write_str("ICMP time exceeded in-transit"),
        (kind, _) => write!(f, "ICMP type {kind}, code {}", message.code),
    }
}

fn icmpv6(f: &mut fmt::Formatter<'_>, message: &Icmp<'_>) -> fmt::Result {
    // Solicitations, advertisements and redirects name their target.
    let target = message.body.get(4..).and_then(|rest| rest.first_chunk());
    let target = target.map(|octets: &[u8; 16]| Ipv6Addr::from(*octets));
    match (message.kind, message.echo(), target) {
        (128, Some((id, sequence)), _) => write!(f, "ICMP6, echo request, id {id}, seq {sequence}"),
        (129, Some((id, sequence)), _) => write!(f, "ICMP6, echo reply, id {id}, seq {sequence}"),
        (1, ..) => write!(f, "ICMP6, unreachable, code {}", message.code),
        (2, ..) => f.write_str("ICMP6, packet too big"),
        (3, ..) if message.code == 0 => f.write_str("ICMP6, time exceeded in-transit"),
        (133, ..) => f.write_str("ICMP6, router solicitation"),
        (134, ..) => f.write_str("ICMP6, router advertisement"),
        (135, _, Some(target)) => write!(f, "ICMP6, neighbor solicitation, who has {target}"),
        (136, _, Some(target)) => write!(f, "ICMP6, neighbor advertisement, tgt is {target}"),
        (137, ..) => f.write_str("ICMP6, redirect"),
        (143, ..) => f.write_str("ICMP6, multicast listener report v2"),
        (kind, ..) => write!(f, "ICMP6, type {kind}, code {}", message.code),
    }
}

fn arp(f: &mut fmt::Formatter<'_>, arp: &Arp, length: usize) -> fmt::Result {
    let (sender, target) = (arp.sender_address, arp.target_address);
    match arp.operation {
        1 => write!(f, "ARP, Request who-has {target} tell {sender}")?,
        2 => write!(f, "ARP, Reply {sender} is-at {}", arp.sender)?,
        operation => write!(f, "ARP, operation {operation} from {sender} to {target}")?,
    }
    write!(f, ", length {length}")
}
