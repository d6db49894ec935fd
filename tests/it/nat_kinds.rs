//! Each kind of translation is what RFC 4787 says of it, as RFC 5780 finds it out.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use netns_test::NatBehaviour::{AddressAndPortDependent, AddressDependent, EndpointIndependent};
use netns_test::{NatKind, NatSpec, Network, TestResult, Topology, eventually, netns_test};

use crate::stun::{ADDRESSES, Stun, assert_is, socket};

/// Two clients behind a router.
fn behind(configure: impl FnOnce(NatSpec) -> NatSpec) -> Topology {
    Topology::new()
        .segment("home", "192.168.0.0/24")
        .segment("internet", "203.0.113.0/24")
        .host("a", |h| h.join("home"))
        .host("b", |h| h.join("home"))
        .host("stun", |h| h.attach("internet", ADDRESSES))
        .router("box", |r| {
            r.join("home")
                .attach("internet", "203.0.113.9/24")
                .nat("internet", configure)
        })
}

/// A client behind two routers.
fn carrier(home: NatKind, carrier: NatKind) -> Topology {
    Topology::new()
        .segment("home", "192.168.0.0/24")
        .segment("carrier", "100.64.0.0/24")
        .segment("internet", "203.0.113.0/24")
        .host("a", |h| h.join("home"))
        .host("stun", |h| h.attach("internet", ADDRESSES))
        .router("box", |r| {
            r.join("home")
                .join("carrier")
                .nat("carrier", |n| n.kind(home))
        })
        .router("cgn", |r| {
            r.join("carrier")
                .attach("internet", "203.0.113.9/24")
                .nat("internet", |n| n.kind(carrier))
        })
}

const ALL: [netns_test::NatBehaviour; 3] = [
    EndpointIndependent,
    AddressDependent,
    AddressAndPortDependent,
];

#[netns_test]
fn all_nine_combinations_are_what_they_say() -> TestResult {
    for mapping in ALL {
        for filtering in ALL {
            for preserves in [true, false] {
                println!("{mapping}, {filtering}, ports are kept: {preserves}");
                let topology = behind(|n| {
                    n.mapping(mapping)
                        .filtering(filtering)
                        .preserve_ports(preserves)
                });
                let net = topology.build()?;
                assert_is(&net, "a", mapping, filtering)?;
                net.close()?;
            }
        }
    }
    Ok(())
}

/// The kernel's own way is close to the port-restricted cone.
#[netns_test]
fn kinds_are_what_their_names_say() -> TestResult {
    for kind in NatKind::ALL {
        println!("{kind}");
        let net = behind(|n| n.kind(kind)).build()?;
        assert_is(&net, "a", kind.mapping(), kind.filtering())?;
        net.close()?;
    }
    let net = behind(|n| n).build()?;
    assert_is(&net, "a", EndpointIndependent, AddressAndPortDependent)?;
    Ok(net.close()?)
}

#[netns_test]
fn of_two_routers_the_stricter_one_shows() -> TestResult {
    for home in NatKind::ALL {
        for provider in NatKind::ALL {
            println!("{home} behind {provider}");
            let net = carrier(home, provider).build()?;
            let mapping = home.mapping().max(provider.mapping());
            let filtering = home.filtering().max(provider.filtering());
            assert_is(&net, "a", mapping, filtering)?;
            net.close()?;
        }
    }
    Ok(())
}

/// The first one keeps its port. The second one has another, and that for everybody.
#[netns_test(topology = behind(|n| n.kind(NatKind::FullCone)))]
fn two_clients_with_the_same_port_are_told_apart(net: &Network) -> TestResult {
    let stun = Stun::start(net.host("stun"));
    let client = |name: &str| net.host(name).run(|| UdpSocket::bind("0.0.0.0:5000"));
    let (a, b) = (client("a")?, client("b")?);
    assert_eq!(stun.seen(&a, 0, 0).port(), 5000);
    let other = stun.seen(&b, 0, 1);
    assert_ne!(other.port(), 5000);
    assert_eq!(stun.seen(&b, 0, 0), other);
    assert_eq!(stun.seen(&b, 1, 1), other);
    assert_eq!(stun.seen(&a, 1, 1).port(), 5000);
    // What anybody sends to either goes to that one.
    for (client, outside, says) in [(&a, "203.0.113.9:5000".parse()?, b"a"), (&b, other, b"b")] {
        let stranger = socket(net.host("stun"));
        stranger.send_to(says, outside)?;
        let mut buffer = [0; 9];
        assert_eq!(client.recv(&mut buffer)?, 1);
        assert_eq!(buffer[..1], says[..]);
    }
    Ok(())
}

/// Whoever answers first meets nothing: it must not be in the way of the packet that lets it in.
#[netns_test(topology = behind(|n| n.kind(NatKind::PortRestrictedCone)))]
fn an_early_packet_is_in_nobodys_way(net: &Network) -> TestResult {
    let stun = Stun::start(net.host("stun"));
    let client = socket(net.host("a"));
    let outside = stun.seen(&client, 0, 0);
    assert!(!stun.arrives(&client, outside, [1, 1]));
    assert_eq!(stun.seen(&client, 1, 1), outside);
    assert!(stun.arrives(&client, outside, [1, 1]));
    Ok(())
}

/// TCP has the mappings that UDP has: those outside see one port, and anybody reaches the listener inside.
#[cfg(feature = "tokio")]
#[netns_test(topology = behind(|n| n.kind(NatKind::FullCone).preserve_ports(false)))]
fn connections_are_mapped_alike(net: &Network) -> TestResult {
    let (a, server) = (net.host("a"), net.host("stun"));
    let bound = || {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(true)?;
        socket.bind("0.0.0.0:5000".parse().unwrap())?;
        std::io::Result::Ok(socket)
    };
    let listeners = server.run(|| {
        ["203.0.113.80:80", "203.0.113.81:80"].map(|address| TcpListener::bind(address).unwrap())
    });
    let theirs = listeners.each_ref().map(|it| it.local_addr().unwrap());
    let task = a.run_async(async move || {
        let listener = bound()?.listen(1)?;
        let mut streams = Vec::new();
        for address in theirs {
            streams.push(bound()?.connect(address).await?.into_std()?);
        }
        std::io::Result::Ok((listener.into_std()?, streams))
    });
    let (reached, streams) = task.join()?;
    let [first, second] = listeners.map(|it| it.accept().unwrap().1);
    assert_eq!(first, second);
    assert_ne!(first.port(), 5000);
    let stranger = server.run(|| TcpStream::connect_timeout(&first, Duration::from_secs(10)))?;
    reached.set_nonblocking(false)?;
    assert_eq!(reached.accept()?.1, stranger.local_addr()?);
    drop(streams);
    Ok(())
}

#[netns_test(topology = behind(|n| n.kind(NatKind::FullCone).timeout(Duration::from_secs(1))))]
fn a_mapping_ends_with_its_time(net: &Network) -> TestResult {
    let stun = Stun::start(net.host("stun"));
    let client = socket(net.host("a"));
    let outside = stun.seen(&client, 0, 0);
    // A packet from outside renews nothing, RFC 4787, REQ-6. The one that finds no mapping is for the router, which refuses it.
    eventually(Duration::from_secs(20), || {
        let stranger = socket(net.host("stun"));
        stranger.connect(outside)?;
        stranger.set_read_timeout(Some(Duration::from_millis(100)))?;
        let answer = stranger.send(b"?").and_then(|_| stranger.recv(&mut [0; 9]));
        match answer {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            other => Err(std::io::Error::other(format!("{other:?}"))),
        }
    })?;
    Ok(())
}

/// As after a restart: those outside find nobody, until the client sends again.
#[netns_test(topology = behind(|n| n.kind(NatKind::FullCone).preserve_ports(false)))]
fn a_flushed_router_knows_nobody(net: &Network) -> TestResult {
    let (stun, router) = (Stun::start(net.host("stun")), net.host("box"));
    let (client, stranger) = (socket(net.host("a")), socket(net.host("stun")));
    let outside = stun.seen(&client, 0, 0);
    stranger.connect(outside)?;
    stranger.send(b"new")?;
    let tracked = router.connections()?;
    assert_eq!(tracked.len(), 2, "{tracked:?}");
    assert!(
        tracked
            .iter()
            .all(|it| it.is_translated() && it.protocol == 17)
    );
    router.flush_nat()?;
    assert_eq!(router.connections()?, []);
    stranger.send(b"lost")?;
    let error = stranger.recv(&mut [0; 9]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let again = stun.seen(&client, 0, 0);
    // A router that chose at random would have another one now; this one computes it.
    assert_eq!(again, outside);
    assert!(stun.arrives(&client, outside, [1, 1]));
    Ok(())
}

/// What a router does that was told no kind: the kernel's own ways, in which it differs from a port-restricted cone.
#[netns_test(topology = behind(|n| n))]
fn the_kernel_alone_shares_ports_and_minds_early_packets(net: &Network) -> TestResult {
    let stun = Stun::start(net.host("stun"));
    let client = |name: &str| net.host(name).run(|| UdpSocket::bind("0.0.0.0:5000"));
    let (a, b) = (client("a")?, client("b")?);
    let outside = stun.seen(&a, 0, 0);
    assert_eq!(stun.seen(&b, 0, 1), outside);
    a.set_read_timeout(Some(Duration::from_secs(10)))?;
    assert!(!stun.arrives(&a, outside, [1, 1]));
    assert_ne!(stun.seen(&a, 1, 1), outside);
    Ok(())
}
