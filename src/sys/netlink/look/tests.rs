//! The listings in `tests/` were recorded on Linux 6.18 in two namespaces like lab A's: the kernel's messages, one behind the
//! other. In the first were a bridge `mydocker0`, its port `veth1`, and the pair `veth2` and `veth2p`; in the second, `ns1`, the
//! other end of `veth1` as `eth0`. What `ip`, `route -n` and `ip neigh` printed there is what these tests expect; only `proto
//! kernel_lo` and `kernel_ll` were left out by the version at hand.
#![cfg(target_endian = "little")]

mod damage;
mod future;

use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::address::AddressMessage;
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage};
use rtnetlink::packet_route::neighbour::NeighbourMessage;
use rtnetlink::packet_route::route::RouteMessage;

use super::*;
use crate::view::{LOCAL_TABLE, MAIN_TABLE, OperState, PortState};

const ROOT_LINKS: &[u8] = include_bytes!("tests/root_links.bin");
const LINKS: &[u8] = include_bytes!("tests/ns1_links.bin");
const ADDRESSES_V4: &[u8] = include_bytes!("tests/ns1_addresses_v4.bin");
const ADDRESSES_V6: &[u8] = include_bytes!("tests/ns1_addresses_v6.bin");
const ROUTES_V4: &[u8] = include_bytes!("tests/ns1_routes_v4.bin");
const ROUTES_V6: &[u8] = include_bytes!("tests/ns1_routes_v6.bin");
const NEIGHBOURS_V4: &[u8] = include_bytes!("tests/ns1_neighbours_v4.bin");
const NEIGHBOURS_V6: &[u8] = include_bytes!("tests/ns1_neighbours_v6.bin");

const LISTINGS: [&[u8]; 8] = [
    ROOT_LINKS,
    LINKS,
    ADDRESSES_V4,
    ADDRESSES_V6,
    ROUTES_V4,
    ROUTES_V6,
    NEIGHBOURS_V4,
    NEIGHBOURS_V6,
];

/// Everything that can be told from messages, in words.
fn told(messages: &[RouteNetlinkMessage]) -> String {
    let names = link::names(messages).unwrap_or_default();
    let mut told = format!(
        "{:?}\n{:?}\n{:?}\n",
        link::interfaces(messages),
        bridge::bridges(messages),
        (
            bridge::behind(messages),
            bridge::to_be_ready(messages),
            bridge::with_carrier(messages)
        ),
    );
    for family in Family::BOTH {
        told += &format!(
            "{:?}\n{:?}\n{:?}\n",
            address::addresses(messages, family),
            route::routes(messages, family, None, &names),
            neighbour::neighbours(messages, family, &names),
        );
    }
    told + &format!("{:?}", route::local_ipv6(messages))
}

/// The recorded messages, each with its header.
fn split(mut recorded: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while !recorded.is_empty() {
        let length = u32::from_le_bytes(recorded[..4].try_into().unwrap()) as usize;
        let (message, rest) = recorded.split_at(length.next_multiple_of(4));
        messages.push(message);
        recorded = rest;
    }
    messages
}

fn read(message: &[u8]) -> Option<RouteNetlinkMessage> {
    match NetlinkMessage::deserialize(message).ok()?.payload {
        NetlinkPayload::InnerMessage(message) => Some(message),
        _ => None,
    }
}

fn recorded(recorded: &[u8]) -> Vec<RouteNetlinkMessage> {
    let read = |message| read(message).expect("a recorded message can be read");
    split(recorded).into_iter().map(read).collect()
}

fn ns1_names() -> HashMap<u32, String> {
    link::names(&recorded(LINKS)).unwrap()
}

#[test]
fn interfaces_of_the_first_namespace() {
    let interfaces = link::interfaces(&recorded(ROOT_LINKS)).unwrap();
    let text: Vec<_> = interfaces.iter().map(ToString::to_string).collect();
    assert_eq!(
        text.join("\n"),
        "\
1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
100: mydocker0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
101: veth1@if111: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master mydocker0 state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
102: veth2@veth2p: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
112: veth2p@veth2: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff"
    );
    let kinds: Vec<_> = interfaces.iter().map(|i| i.kind.as_deref()).collect();
    let veth = Some("veth");
    assert_eq!(kinds, [None, Some("bridge"), veth, veth, veth]);
    assert_eq!(interfaces[2].flags.short(), 4163);
    assert_eq!(interfaces[3].flags.short(), 4098);
}

#[test]
fn interfaces_of_the_second_namespace_have_counters() {
    let interfaces = link::interfaces(&recorded(LINKS)).unwrap();
    let [lo, eth0] = interfaces.as_slice() else {
        panic!("two interfaces were recorded: {interfaces:?}");
    };
    assert_eq!((lo.state, eth0.state), (OperState::Unknown, OperState::Up));
    assert_eq!(lo.mtu, 65536);
    assert_eq!(
        eth0.statistics().to_string(),
        "\
111: eth0@if101: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:01:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    RX:  bytes packets errors dropped  missed   mcast
           814       9      0       0       0       0
    TX:  bytes packets errors dropped carrier collsns
           532       6      0       0       0       0"
    );
    assert_eq!(eth0.flags.short(), 4163);
}

#[test]
fn addresses_of_both_families() {
    let of = |listing, family| -> Vec<String> {
        let found = address::addresses(&recorded(listing), family).unwrap();
        found
            .iter()
            .map(|(i, address)| format!("{i} {address}"))
            .collect()
    };
    assert_eq!(
        of(ADDRESSES_V4, Family::V4),
        [
            "1 inet 127.0.0.1/8 scope host lo",
            "111 inet 172.16.1.1/16 brd 172.16.255.255 scope global eth0",
            "111 inet 10.0.0.1 peer 10.0.0.2/32 scope global eth0",
        ]
    );
    assert_eq!(
        of(ADDRESSES_V6, Family::V6),
        [
            "1 inet6 ::1/128 scope host proto kernel_lo",
            "111 inet6 fd00::1/64 scope global dynamic",
            "111 inet6 fe80::ff:fe00:101/64 scope link proto kernel_ll",
        ]
    );
    // A kernel without IPv6 answers a question for IPv6 with what it has.
    assert_eq!(of(ADDRESSES_V4, Family::V6), [""; 0]);
    let (_, leased) = &address::addresses(&recorded(ADDRESSES_V6), Family::V6).unwrap()[1];
    let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs());
    assert_eq!(seconds(leased.valid), Some(998));
    assert_eq!(seconds(leased.preferred), Some(898));
}

#[test]
fn routes_of_the_main_table() {
    let names = ns1_names();
    let main = |listing, family| {
        route::routes(&recorded(listing), family, Some(MAIN_TABLE), &names).unwrap()
    };
    let v4 = main(ROUTES_V4, Family::V4);
    assert_eq!(
        v4.to_string(),
        "\
default via 172.16.1.254 dev eth0
10.0.0.2 dev eth0 proto kernel scope link src 10.0.0.1
blackhole 10.9.0.0/16
10.20.0.0/16 via 192.168.7.7 dev eth0 proto static onlink mtu 1400
10.30.0.0/16
\tnexthop via 172.16.1.254 dev eth0 weight 1
\tnexthop via 172.16.1.9 dev eth0 weight 3
10.40.0.0/16 via inet6 fe80::1 dev eth0
172.16.0.0/16 dev eth0 proto kernel scope link src 172.16.1.1"
    );
    assert_eq!(
        v4.classic().to_string(),
        "\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         172.16.1.254    0.0.0.0         UG    0      0        0 eth0
10.0.0.2        0.0.0.0         255.255.255.255 UH    0      0        0 eth0
10.9.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *
10.20.0.0       192.168.7.7     255.255.0.0     UG    0      0        0 eth0
10.30.0.0       172.16.1.254    255.255.0.0     UG    0      0        0 eth0
10.40.0.0       0.0.0.0         255.255.0.0     UG    0      0        0 eth0
172.16.0.0      0.0.0.0         255.255.0.0     U     0      0        0 eth0"
    );
    assert_eq!(
        main(ROUTES_V6, Family::V6).to_string(),
        "\
fd00::/64 dev eth0 proto kernel metric 256 expires 997sec pref medium
fd06::/64 via fe80::5 dev eth0 metric 1024 expires 299sec pref high
fe80::/64 dev eth0 proto kernel metric 256 pref medium
default via fd00::99 dev eth0 metric 1024 pref medium"
    );
}

#[test]
fn routes_of_other_tables_are_there_when_asked_for() {
    let messages = recorded(ROUTES_V4);
    let names = ns1_names();
    let local = route::routes(&messages, Family::V4, Some(LOCAL_TABLE), &names).unwrap();
    assert_eq!(
        local[0].to_string(),
        "local 10.0.0.1 dev eth0 table local proto kernel scope host src 10.0.0.1"
    );
    let all = route::routes(&messages, Family::V4, None, &names).unwrap();
    assert_eq!((local.len(), all.len()), (6, 13));
    // Without the names, an interface has the one that `ip` would give it.
    let all = route::routes(&messages, Family::V4, None, &HashMap::new()).unwrap();
    assert_eq!(all[0].to_string(), "default via 172.16.1.254 dev if111");
}

#[test]
fn neighbours_without_those_that_need_no_asking() {
    let names = ns1_names();
    let of = |listing, family| -> Vec<String> {
        let found = neighbour::neighbours(&recorded(listing), family, &names).unwrap();
        found.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        of(NEIGHBOURS_V4, Family::V4),
        [
            "172.16.1.77 dev eth0 INCOMPLETE",
            "172.16.1.2 dev eth0 lladdr 02:00:00:00:01:02 PERMANENT",
        ]
    );
    assert_eq!(
        of(NEIGHBOURS_V6, Family::V6),
        ["fe80::7 dev eth0 lladdr 02:00:00:00:00:07 router STALE"]
    );
}

#[test]
fn a_bridge_and_its_port() {
    let bridges = bridge::bridges(&recorded(ROOT_LINKS)).unwrap();
    let [bridge] = bridges.as_slice() else {
        panic!("one bridge was recorded: {bridges:?}");
    };
    assert_eq!(
        bridge.row().to_string(),
        "mydocker0\t\t8000.020000000001\tno\t\tveth1"
    );
    assert_eq!((bridge.index, bridge.ageing.as_secs()), (100, 300));
    let port = &bridge.ports[0];
    assert_eq!((port.number, port.id.as_str()), (1, "8001"));
    assert_eq!((port.path_cost, port.priority), (2, 32));
    assert_eq!(port.state, PortState::Forwarding);
}

#[test]
fn an_interface_is_ready_once_the_kernel_has_noticed_its_carrier() {
    let messages = recorded(ROOT_LINKS);
    assert_eq!(
        without(&[100, 101, 102, 999], &messages, bridge::is_ready),
        [102, 999]
    );
    // The same interface before the kernel looked at it for the first time: its flags say that it runs.
    let mut unnoticed = split(ROOT_LINKS)[2].to_vec();
    let state = unnoticed
        .windows(5)
        .position(|bytes| bytes == [5, 0, 16, 0, 6])
        .unwrap();
    unnoticed[state + 4] = 0;
    assert_eq!(
        without(&[101], &[read(&unnoticed).unwrap()], bridge::is_ready),
        [101]
    );
}

#[test]
fn what_has_a_carrier_and_no_state_yet_is_behind() {
    let mut messages = recorded(ROOT_LINKS);
    assert!(bridge::behind(&messages).is_empty());
    assert_eq!(bridge::to_be_ready(&messages), [100, 101]);
    for message in &mut messages {
        let RouteNetlinkMessage::NewLink(link) = message else {
            continue;
        };
        for attribute in &mut link.attributes {
            if let LinkAttribute::OperState(state) = attribute {
                *state = 0.into();
            }
        }
    }
    // The bridge last. A bridge that never lost its carrier keeps that state, a port with it does not send.
    assert_eq!(bridge::behind(&messages), [101, 100]);
    assert_eq!(without(&[100, 101], &messages, bridge::is_ready), [101]);
}

#[test]
fn answers_that_lack_what_they_must_have_are_errors() {
    let unnamed = [RouteNetlinkMessage::NewLink(LinkMessage::default())];
    let lacks_name = "the kernel's answer lacks the name of an interface";
    assert_eq!(link::names(&unnamed).unwrap_err(), lacks_name);
    assert_eq!(link::interfaces(&unnamed).unwrap_err(), lacks_name);

    let mut bare = AddressMessage::default();
    bare.header.family = AddressFamily::Inet;
    let cause = address::addresses(&[RouteNetlinkMessage::NewAddress(bare)], Family::V4);
    assert_eq!(
        unreadable("list addresses")(cause.unwrap_err()).to_string(),
        "failed to list addresses: the kernel's answer lacks the address of an interface"
    );

    let mut silent = NeighbourMessage::default();
    silent.header.family = AddressFamily::Inet6;
    silent.header.state = 2.into();
    let messages = [RouteNetlinkMessage::NewNeighbour(silent)];
    assert_eq!(
        neighbour::neighbours(&messages, Family::V6, &HashMap::new()).unwrap_err(),
        "the kernel's answer lacks the address of a neighbour"
    );

    let mut wide = RouteMessage::default();
    wide.header.address_family = AddressFamily::Inet;
    wide.header.destination_prefix_length = 33;
    let messages = [RouteNetlinkMessage::NewRoute(wide)];
    assert_eq!(
        route::routes(&messages, Family::V4, None, &HashMap::new()).unwrap_err(),
        "the prefix length 33 is out of range (0 to 32 for IPv4)"
    );
}

#[test]
fn an_interface_without_details_has_none() {
    let mut link = LinkMessage::default();
    link.header.index = 7;
    link.attributes
        .push(LinkAttribute::IfName("odd0".to_owned()));
    link.attributes.push(LinkAttribute::Address(vec![0; 4]));
    let interfaces = link::interfaces(&[RouteNetlinkMessage::NewLink(link)]).unwrap();
    assert_eq!(interfaces[0].mac, None);
    assert_eq!(
        interfaces[0].to_string(),
        "7: odd0: <> mtu 0 state UNKNOWN group default\n    link/[0]"
    );
}
