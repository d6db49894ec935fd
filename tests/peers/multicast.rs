//! Multicast between hosts: plain datagrams, and a service found by mDNS.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV6, UdpSocket};
use std::time::Duration;

use mdns_sd::{ServiceDaemon, ServiceEvent, ServiceInfo};
use netns_test::{Host, Network, TestResult, Topology, netns_test};

use crate::lan;

const MDNS_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const MDNS_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
const PORT: u16 = 5353;
/// How long what was sent may take to be found: the daemons repeat themselves.
const WITHIN: Duration = Duration::from_secs(30);

fn three() -> Topology {
    Topology::lan(["sender", "left", "right"])
}

fn receive(socket: &UdpSocket) -> io::Result<String> {
    let mut buffer = [0; 64];
    socket.set_read_timeout(Some(WITHIN))?;
    let length = socket.recv(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

#[netns_test(topology = three())]
fn members_of_an_ipv4_group_receive_what_is_sent_to_it(net: &Network) -> TestResult {
    let member = |host: Host<'_>| {
        host.run(|| {
            let socket = UdpSocket::bind((MDNS_V4, PORT))?;
            socket.join_multicast_v4(&MDNS_V4, &host.ipv4())?;
            Ok::<_, io::Error>(socket)
        })
    };
    let members = [member(net.host("left"))?, member(net.host("right"))?];
    let sender = net.host("sender");
    // The kernel takes the interface of the address that the socket is bound to.
    let socket = sender.run(|| UdpSocket::bind((sender.ipv4(), 0)))?;
    socket.send_to(b"to all", (MDNS_V4, PORT))?;
    for member in &members {
        assert_eq!(receive(member)?, "to all");
    }
    Ok(())
}

#[netns_test(topology = three())]
fn members_of_an_ipv6_group_receive_what_is_sent_to_it(net: &Network) -> TestResult {
    let index = |host: Host<'_>| host.interface("eth0").map(|interface| interface.index);
    let member = |host: Host<'_>, index: u32| {
        host.run(|| {
            let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, PORT))?;
            socket.join_multicast_v6(&MDNS_V6, index)?;
            Ok::<_, io::Error>(socket)
        })
    };
    let [left, right, sender] = ["left", "right", "sender"].map(|name| net.host(name));
    let members = [member(left, index(left)?)?, member(right, index(right)?)?];
    let socket = sender.run(|| UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)))?;
    let group = SocketAddrV6::new(MDNS_V6, PORT, 0, index(sender)?);
    socket.send_to(b"to all", group)?;
    for member in &members {
        assert_eq!(receive(member)?, "to all");
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn a_service_is_found_by_mdns(net: &Network) -> TestResult {
    const KIND: &str = "_printer._tcp.local.";
    let server = net.host("server");
    let announcing = server.run(ServiceDaemon::new)?;
    let properties: Option<HashMap<String, String>> = None;
    let printer = ServiceInfo::new(
        KIND,
        "laser",
        "server.local.",
        server.ipv4().to_string(),
        515,
        properties,
    )?;
    announcing.register(printer)?;
    let browsing = net.host("client").run(ServiceDaemon::new)?;
    let events = browsing.browse(KIND)?;
    let found = loop {
        match events.recv_timeout(WITHIN)? {
            ServiceEvent::ServiceResolved(found) => break found,
            _ => continue,
        }
    };
    assert_eq!(found.get_fullname(), "laser._printer._tcp.local.");
    assert_eq!(found.get_port(), 515);
    assert!(
        found.get_addresses_v4().contains(&server.ipv4()),
        "{found:?}"
    );
    // Their threads live in the hosts, and would be left there.
    for daemon in [browsing, announcing] {
        daemon.shutdown()?.recv_timeout(WITHIN)?;
    }
    Ok(())
}
