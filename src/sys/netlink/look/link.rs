//! Interfaces out of the kernel's listing of links.

use std::collections::HashMap;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::{
    LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo, LinkMessage, Stats64,
};

use super::{lacks, name_of};
use crate::address::Mac;
use crate::view::{
    Counters, Hardware, Interface, InterfaceFlags, LinkMode, Master, OperState, Peer,
};

/// A request for all links. Without counters the listing is half as long.
pub(super) fn request(counters: bool) -> RouteNetlinkMessage {
    let mut message = LinkMessage::default();
    if !counters {
        let mask = LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]);
        message.attributes.push(mask);
    }
    RouteNetlinkMessage::GetLink(message)
}

/// A request for one link.
pub(super) fn request_one(index: u32) -> RouteNetlinkMessage {
    let mut message = request(false);
    if let RouteNetlinkMessage::GetLink(link) = &mut message {
        link.header.index = index;
    }
    message
}

/// The links among the messages.
pub(super) fn links(
    messages: &[RouteNetlinkMessage],
) -> impl Iterator<Item = &LinkMessage> + Clone {
    messages.iter().filter_map(|message| match message {
        RouteNetlinkMessage::NewLink(link) => Some(link),
        _ => None,
    })
}

pub(super) fn names(messages: &[RouteNetlinkMessage]) -> Result<HashMap<u32, String>, String> {
    links(messages)
        .map(|link| Ok((link.header.index, name(link)?)))
        .collect()
}

pub(super) fn name(link: &LinkMessage) -> Result<String, String> {
    let name = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.clone()),
            _ => None,
        });
    name.ok_or_else(|| lacks("the name of an interface"))
}

/// The parts of `IFLA_LINKINFO`.
pub(super) fn info(link: &LinkMessage) -> impl Iterator<Item = &LinkInfo> {
    link.attributes
        .iter()
        .filter_map(|attribute| match attribute {
            LinkAttribute::LinkInfo(parts) => Some(parts),
            _ => None,
        })
        .flatten()
}

pub(super) fn interfaces(messages: &[RouteNetlinkMessage]) -> Result<Vec<Interface>, String> {
    let names = names(messages)?;
    let down: Vec<u32> = links(messages)
        .filter(|link| !link.header.flags.contains(LinkFlags::Up))
        .map(|link| link.header.index)
        .collect();
    let mut interfaces = Vec::new();
    for link in links(messages) {
        interfaces.push(interface(link, &names, &down)?);
    }
    // Some kernels list them in the order of a hash table.
    interfaces.sort_by_key(|interface| interface.index);
    Ok(interfaces)
}

fn interface(
    link: &LinkMessage,
    names: &HashMap<u32, String>,
    down: &[u32],
) -> Result<Interface, String> {
    let flags = InterfaceFlags::from_bits(link.header.flags.bits());
    let mut interface = Interface {
        name: name(link)?,
        index: link.header.index,
        kind: None,
        hardware: Hardware::from_number(link.header.link_layer_type.into()),
        flags,
        mtu: 0,
        mac: None,
        broadcast: None,
        state: OperState::Unknown,
        mode: LinkMode::Default,
        master: None,
        peer: None,
        counters: Counters::default(),
        addresses: Vec::new(),
        qdisc: None,
        txqueuelen: None,
        group: 0,
    };
    let mut below = None;
    let mut namespace = None;
    for attribute in &link.attributes {
        match attribute {
            LinkAttribute::Mtu(mtu) => interface.mtu = *mtu,
            LinkAttribute::Address(bytes) => interface.mac = mac(bytes),
            LinkAttribute::Broadcast(bytes) => interface.broadcast = mac(bytes),
            LinkAttribute::OperState(state) => {
                interface.state = OperState::from_number((*state).into());
            }
            LinkAttribute::Mode(mode) => interface.mode = LinkMode::from_number((*mode).into()),
            LinkAttribute::Controller(index) => {
                interface.master = Some(Master {
                    index: *index,
                    name: name_of(names, *index),
                });
            }
            LinkAttribute::Link(index) => below = Some(*index),
            LinkAttribute::LinkNetNsId(number) => namespace = Some(*number),
            LinkAttribute::Stats64(stats) => interface.counters = counters(stats),
            LinkAttribute::Qdisc(name) => interface.qdisc = Some(name.clone()),
            LinkAttribute::TxQueueLen(length) => interface.txqueuelen = Some(*length),
            LinkAttribute::Group(group) => interface.group = *group,
            _ => {}
        }
    }
    interface.kind = info(link).find_map(|part| match part {
        LinkInfo::Kind(kind) => Some(kind.to_string()),
        _ => None,
    });
    if let Some(index) = below {
        let here = namespace.is_none();
        interface.flags = flags.with_peer_down(here && down.contains(&index));
        interface.peer = Some(Peer {
            index,
            name: names.get(&index).filter(|_| here).cloned(),
            namespace,
            node: None,
        });
    }
    Ok(interface)
}

/// A hardware address, if it is six bytes long; those of tunnels are IP addresses.
pub(super) fn mac(bytes: &[u8]) -> Option<Mac> {
    bytes.try_into().ok().map(Mac)
}

fn counters(stats: &Stats64) -> Counters {
    Counters {
        rx_packets: stats.rx_packets,
        rx_bytes: stats.rx_bytes,
        rx_errors: stats.rx_errors,
        rx_dropped: stats.rx_dropped,
        rx_missed: stats.rx_missed_errors,
        rx_overruns: stats.rx_fifo_errors,
        rx_frame: [
            stats.rx_length_errors,
            stats.rx_over_errors,
            stats.rx_crc_errors,
            stats.rx_frame_errors,
        ]
        .into_iter()
        .fold(0, u64::saturating_add),
        multicast: stats.multicast,
        tx_packets: stats.tx_packets,
        tx_bytes: stats.tx_bytes,
        tx_errors: stats.tx_errors,
        tx_dropped: stats.tx_dropped,
        tx_overruns: stats.tx_fifo_errors,
        tx_carrier: stats.tx_carrier_errors,
        collisions: stats.collisions,
    }
}
