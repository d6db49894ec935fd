//! Rewritten packets: real kernels take them, so their checksums are right; and rules that are refused, with the reason.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use netns_test::headers::TcpFlags;
use netns_test::{Backend, Match, Network, PacketRule, TestResult, Topology, netns_test};

use crate::seconds;

const SILENCE: Duration = Duration::from_millis(300);
const ANSWER: Duration = Duration::from_secs(20);

fn wire() -> Topology {
    Topology::lan(["client", "server"]).wires()
}

#[netns_test(topology = wire())]
fn a_rewritten_datagram_arrives_and_one_with_left_checksums_does_not(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let addresses: [(IpAddr, IpAddr); 2] = [
        (client.ipv4().into(), server.ipv4().into()),
        (client.ipv6().into(), server.ipv6().into()),
    ];
    for (own, address) in addresses {
        let to = server.run(|| UdpSocket::bind((address, 7)))?;
        to.set_read_timeout(Some(ANSWER))?;
        let from = client.run(|| UdpSocket::bind((own, 8)))?;
        let rewrite = PacketRule::rewrite(Match::udp().destination_port(9).sent(), |packet| {
            assert!(packet.set_destination_port(7));
            assert!(packet.set_source_port(4711));
            assert!(packet.set_ttl(3));
            assert!(packet.set_payload(b"another text, and a longer one"));
            packet.payload_mut()[0] = b'A';
        });
        let leave = PacketRule::rewrite(Match::udp().payload_contains("never").sent(), |packet| {
            packet.payload_mut()[0] = b'N';
            packet.leave_checksums();
        });
        let guards = [
            client.link("eth0").packet_rule(rewrite)?,
            client.link("eth0").packet_rule(leave)?,
        ];
        from.send_to(b"text", (address, 9))?;
        let mut buffer = [0; 100];
        let (length, peer) = to.recv_from(&mut buffer)?;
        assert_eq!(&buffer[..length], b"Another text, and a longer one");
        assert_eq!(peer, SocketAddr::new(own, 4711));
        from.send_to(b"never", (address, 7))?;
        from.send_to(b"yes", (address, 7))?;
        let (length, _) = to.recv_from(&mut buffer)?;
        assert_eq!(&buffer[..length], b"yes");
        let hits = guards.map(|guard| guard.hits());
        assert_eq!(hits, [1, 1]);
    }
    Ok(())
}

/// Both addresses of a connection are others for each of its ends, as behind a translating router.
#[netns_test(topology = wire())]
fn a_connection_goes_on_while_its_segments_are_rewritten(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let listener = server.run(|| TcpListener::bind(("::", 80)))?;
    let addresses: [IpAddr; 2] = [server.ipv4().into(), server.ipv6().into()];
    let link = client.link("eth0");
    for address in addresses {
        let _there = link.packet_rule(PacketRule::rewrite(
            Match::tcp().destination_port(81).sent(),
            |packet| {
                packet.set_destination_port(80);
                packet.payload_mut().make_ascii_uppercase();
            },
        ))?;
        let back = Match::tcp().source_port(80).received();
        let _back = link.packet_rule(PacketRule::rewrite(back, |packet| {
            packet.set_source_port(81);
            packet.set_window(600);
        }))?;
        let mut stream = client.run(|| TcpStream::connect((address, 81)))?;
        let mut accepted = listener.accept()?.0;
        stream.write_all(b"hello")?;
        let mut heard = [0; 5];
        accepted.read_exact(&mut heard)?;
        assert_eq!(&heard, b"HELLO");
        accepted.write_all(&heard)?;
        stream.read_exact(&mut heard)?;
        assert_eq!(&heard, b"HELLO");
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn a_reset_that_a_rule_makes_is_one(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let _listener = server.run(|| TcpListener::bind(("::", 80)))?;
    let reset = PacketRule::rewrite(Match::tcp().syn_ack(), |packet| {
        packet.set_tcp_flags(TcpFlags::RST | TcpFlags::ACK);
    });
    let _guard = client.link("eth0").packet_rule(reset)?;
    let addresses: [IpAddr; 2] = [server.ipv4().into(), server.ipv6().into()];
    for address in addresses {
        let refused = client
            .run(|| TcpStream::connect((address, 80)))
            .unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn pings_arrive_with_the_ttl_and_the_address_that_a_rule_sets(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let (v4, v6) = (server.ipv4(), server.ipv6());
    let ttl = PacketRule::rewrite(
        Match::icmp()
            .or(Match::icmpv6())
            .except(Match::neighbour_discovery()),
        |packet| {
            assert!(packet.set_ttl(17));
        },
    );
    let _guard = client.link("eth0").packet_rule(ttl)?;
    for to in [v4.to_string(), v6.to_string()] {
        let report = client.ping_with(&to, crate::once)?;
        report.assert_lossless();
        assert!(report.to_string().contains("ttl=17"), "{report}");
    }
    // There and back, the address is another: the echo's checksum of ICMPv6 covers it.
    let there = PacketRule::rewrite(
        Match::any()
            .destination("192.0.2.9")
            .or(Match::any().destination("2001:db8::9")),
        move |packet| {
            assert!(packet.set_destination(v4) || packet.set_destination(v6));
        },
    );
    let back = PacketRule::rewrite(Match::icmp().or(Match::icmpv6()).received(), |packet| {
        let echo = [0, 129].contains(
            &packet
                .view()
                .icmp()
                .or_else(|| packet.view().icmpv6())
                .unwrap()
                .kind,
        );
        if echo {
            assert!(
                packet.set_source([192, 0, 2, 9])
                    || packet.set_source([0x2001, 0xdb8, 0, 0, 0, 0, 0, 9])
            );
        }
    });
    let _guards = [
        client.link("eth0").packet_rule(there)?,
        client.link("eth0").packet_rule(back)?,
    ];
    client.add_route("192.0.2.0/24", |route| route.via(v4.to_string()))?;
    client.add_route("2001:db8::/64", |route| route.via(v6.to_string()))?;
    for to in ["192.0.2.9", "2001:db8::9"] {
        client.ping_with(to, crate::once)?.assert_lossless();
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["plain", "other"]))]
fn a_plain_cable_has_no_rules(net: &Network) {
    let link = net.host("plain").link("eth0");
    let help = "its cable is not a wire\n  help: `.wire()` on the interface makes it one";
    let texts = [
        link.packet_rule(PacketRule::drop(Match::any()))
            .unwrap_err(),
        link.hold(Match::any()).unwrap_err(),
        link.record().unwrap_err(),
    ];
    let did = [
        "install a packet rule on",
        "install a packet rule on",
        "record what passes",
    ];
    for (error, did) in texts.iter().zip(did) {
        let expected = format!("failed to {did} interface `eth0` of node `plain`: {help}");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

/// Where the kernel cannot join wires, that is told earlier.
#[netns_test]
fn the_kernel_has_no_rules() -> TestResult {
    let network = match wire().backend(Backend::Kernel).build() {
        Ok(network) => network,
        Err(error) => {
            assert!(error.is_unsupported(), "{error}");
            return Ok(());
        }
    };
    let link = network.host("client").link("eth0");
    let error = link
        .packet_rule(PacketRule::drop(Match::any()))
        .unwrap_err()
        .to_string();
    let expected = "by the kernel: rules and recordings need to see each packet\n  \
                    help: leave the choice to us: `.backend(Backend::Automatic)` in the topology";
    assert!(error.ends_with(expected), "{error}");
    Ok(network.close()?)
}

#[netns_test(topology = wire())]
fn rules_that_make_no_sense_are_refused_with_the_reason(net: &Network) {
    let link = net.host("client").link("eth0");
    let at = "interface `eth0` of node `client`";
    let error = link.packet_rule(PacketRule::flip_bit(Match::udp().nth(0), 1, 9));
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "failed to install a packet rule on {at}: `nth 0` is no packet: they count from 1; \
             `flip bit 9 of byte 1`: a byte has bits 0 to 7"
        )
    );
    let error = link.packet_rule(PacketRule::drop(Match::udp().from("router")));
    let error = error.unwrap_err();
    assert!(error.is_unknown_name());
    assert!(
        error.to_string().starts_with(&format!(
            "failed to find sender `router` at an end of {at}: no such name (known: client, "
        )),
        "{error}"
    );
    let recording = link.record().unwrap();
    let error = recording
        .matching(Match::udp().syn())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        format!(
            "failed to search the recording of {at}: `udp` never meets `syn`: only TCP segments have such flags"
        )
    );
}

/// The limit is waited for once, by all three together.
#[netns_test(topology = wire())]
fn what_never_comes_is_told(net: &Network) {
    let link = net.host("client").link("eth0");
    let limit = seconds(Duration::from_secs(10));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let guard = link
                .packet_rule(PacketRule::drop(Match::tcp().port(1)))
                .unwrap();
            let error = guard.wait_for_hits(2).unwrap_err();
            assert!(error.is_timed_out());
            assert_eq!(
                error.to_string(),
                format!(
                    "failed to wait for 2 hits of packet rule `drop: tcp, port 1`: \
                     0 in {limit}, and 0 packets met its conditions\n  \
                     help: `Link::record` shows what was sent"
                )
            );
        });
        scope.spawn(|| {
            let held = link.hold(Match::tcp().port(2)).unwrap();
            let error = held.wait_until_held(1).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!(
                    "failed to wait until 1 packets are held that match `tcp, port 2`: 0 are after {limit}\n"
                )),
                "{error}"
            );
        });
        scope.spawn(|| {
            let recording = link.record().unwrap();
            let error = recording
                .wait_for(Match::tcp().port(3), 1)
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with(
                    "failed to wait for 1 packets on interface `eth0` of node `client`: 0 of "
                ),
                "{error}"
            );
            assert!(
                error.contains(&format!("match `tcp, port 3` after {limit}\n")),
                "{error}"
            );
        });
    });
}

/// Two recordings of one wire end apart, and one begins where it begins.
#[netns_test(topology = wire())]
fn recordings_are_independent(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let to = server.ipv4().to_string();
    let ping = || client.ping_with(&to, |ping| ping.count(1).timeout(SILENCE.max(ANSWER)));
    let first = client.link("eth0").record()?;
    ping()?.assert_lossless();
    let second = server.link("eth0").record()?;
    assert_eq!(first.wait_for(Match::icmp(), 2)?.len(), 2);
    assert_eq!(second.matching(Match::icmp())?, []);
    drop(first);
    ping()?.assert_lossless();
    // The server's own view: it receives the request.
    let request = &second.wait_for(Match::icmp().received(), 1)?[0];
    assert_eq!((&*request.from, &*request.to), ("client", "server"));
    assert!(request.packet().icmp().is_some_and(|icmp| icmp.kind == 8));
    assert!(request.packet().bytes() == request.bytes);
    Ok(())
}
