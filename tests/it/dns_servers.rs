//! DNS servers in hosts as parts of a network: how much they bear, when they end, and what keeps them from starting.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use netns_test::{Network, TestResult, Topology, Zone, netns_test};
use simple_dns::rdata::RData;
use simple_dns::{Packet, PacketFlag, TYPE};

use crate::dns::{V4, V6, lan, question, receive, receive_tcp, send_tcp, short, tcp, udp, zone};

#[netns_test(topology = lan())]
fn a_thousand_queries_from_eight_threads(net: &Network) -> TestResult {
    let server = net.host("ns").serve_dns((0..125).fold(zone(), |zone, n| {
        zone.a(format!("h{n}"), format!("10.7.0.{n}"))
    }))?;
    let client = net.host("client");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                let socket = udp(client, if thread % 2 == 0 { V4 } else { V6 });
                let mut stream = tcp(client);
                for n in 0..125u8 {
                    let message = question(n.into(), &format!("h{n}.example.test"), TYPE::A);
                    let answer = if n % 5 == 0 {
                        send_tcp(&mut stream, &message);
                        receive_tcp(&mut stream)
                    } else {
                        socket.send(&message).unwrap();
                        receive(&socket)
                    };
                    let answer = Packet::parse(&answer).unwrap();
                    assert_eq!(answer.id(), u16::from(n));
                    let RData::A(address) = &answer.answers[0].rdata else {
                        panic!("{answer:?}");
                    };
                    assert_eq!(address.address.to_be_bytes(), [10, 7, 0, n]);
                }
            });
        }
    });
    assert_eq!(server.queries().len(), 1000);
    Ok(())
}

#[netns_test(topology = lan())]
fn connections_beyond_the_limit_wait_for_their_turn(net: &Network) -> TestResult {
    let _server = net.host("ns").serve_dns(zone())?;
    let message = question(1, "www.example.test", TYPE::A);
    let mut streams: Vec<TcpStream> = (0..300).map(|_| tcp(net.host("client"))).collect();
    for stream in &mut streams {
        send_tcp(stream, &message);
    }
    for mut stream in streams {
        let answer = receive_tcp(&mut stream);
        assert!(
            Packet::parse(&answer)
                .unwrap()
                .has_flags(PacketFlag::AUTHORITATIVE_ANSWER)
        );
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn a_server_that_owes_an_answer_stops_at_once(net: &Network) -> TestResult {
    let hour = Duration::from_secs(3600);
    let server = net.host("ns").serve_dns(zone().delay("www", hour))?;
    let socket = udp(net.host("client"), V4);
    let mut stream = tcp(net.host("client"));
    send_tcp(&mut stream, &question(1, "www.example.test", TYPE::A));
    send_tcp(&mut stream, &question(2, "ns.example.test", TYPE::A));
    socket.send(&question(1, "www.example.test", TYPE::A))?;
    socket.send(&question(2, "ns.example.test", TYPE::A))?;
    receive(&socket);
    receive_tcp(&mut stream);
    drop(server);
    assert_eq!(stream.read(&mut [0])?, 0, "its connections are closed");
    // The port is free again.
    let _next = net.host("ns").serve_dns(zone())?;
    assert_eq!(short(net.host("client"), "www.example.test A"), "10.9.0.1");
    Ok(())
}

fn with_dns() -> Topology {
    Topology::lan(["client"]).host("ns", |h| {
        h.join("lan")
            .dns(zone())
            .dns(Zone::new("test").a("www", "10.9.0.5"))
    })
}

#[netns_test(topology = with_dns())]
fn a_topologys_server_lives_as_long_as_the_network(net: &Network) -> TestResult {
    let client = net.host("client");
    assert_eq!(short(client, "www.example.test A"), "10.9.0.1");
    assert_eq!(short(client, "www.test A"), "10.9.0.5");
    let queries = net.host("ns").dns_queries();
    assert_eq!(queries[1].name, "www.test");
    assert_eq!(queries[1].from.ip(), client.ipv4());
    assert!(client.dns_queries().is_empty());
    Ok(())
}

#[netns_test(topology = with_dns())]
fn a_second_server_in_a_host_is_an_error_in_words(net: &Network) -> TestResult {
    let error = net
        .host("ns")
        .serve_dns(Zone::new("other.test"))
        .unwrap_err();
    let text = error.to_string();
    let (line, help) = text.split_once('\n').expect("a line of help");
    assert_eq!(
        line,
        "failed to start the DNS server of node `ns`: Address already in use"
    );
    assert!(
        help.starts_with("  help: something in this node has port 53 already"),
        "{help}"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn wrong_zones_are_not_served_and_say_why(net: &Network) -> TestResult {
    let wrong = Zone::new("test").a("www", "10.0.0").cname("@", "www");
    let line = line!() - 1;
    let error = net.host("ns").serve_dns(wrong).unwrap_err().to_string();
    let mut lines = error.lines();
    assert_eq!(
        lines.next(),
        Some("failed to start the DNS server of node `ns`: 2 mistakes")
    );
    let first = lines.next().expect("a mistake");
    assert!(
        first.contains(&format!("dns_servers.rs:{line}:")),
        "{first}"
    );
    assert!(first.ends_with("name `www` of zone `test`: `10.0.0` is not an IPv4 address"));
    assert_eq!(lines.count(), 1);
    Ok(())
}
