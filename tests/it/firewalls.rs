//! Firewalls judged by traffic: what is allowed passes, and who is denied learns it as the rule says.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use netns_test::{
    ConnectionState, Direction, Family, Host, HostSpec, Network, Rule, TestResult, Topology,
    netns_test,
};

/// How long somebody listens for what must not come. It only costs time: nothing comes later, either.
const SILENCE: Duration = Duration::from_millis(300);
/// For answers that do come.
const ANSWER: Duration = Duration::from_secs(20);

const EACCES: i32 = 13;
const ECONNREFUSED: i32 = 111;
const EHOSTUNREACH: i32 = 113;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Made,
    Silence,
    Errno(i32),
}

fn addresses(host: Host<'_>) -> [IpAddr; 2] {
    [host.ipv4().into(), host.ipv6().into()]
}

fn try_connect(from: Host<'_>, to: SocketAddr, limit: Duration) -> End {
    match from.run(|| TcpStream::connect_timeout(&to, limit)) {
        Ok(_) => End::Made,
        Err(error) if error.kind() == ErrorKind::TimedOut => End::Silence,
        Err(error) => End::Errno(error.raw_os_error().unwrap()),
    }
}

/// A connection that is answered, in one way or the other.
fn answered(from: Host<'_>, to: SocketAddr) -> End {
    try_connect(from, to, ANSWER)
}

fn listen(host: Host<'_>, port: u16) -> io::Result<TcpListener> {
    host.run(|| TcpListener::bind(("::", port)))
}

/// The kernel leaves out ICMP errors when it has sent some, and TCP would have to ask again.
fn talkative(host: HostSpec) -> HostSpec {
    host.sysctl("net.ipv4.icmp_ratelimit", 0)
        .sysctl("net.ipv6.icmp.ratelimit", 0)
}

fn six_verdicts() -> Topology {
    Topology::lan(["client"]).host("server", |h| {
        talkative(h.join("lan")).firewall(|f| {
            f.rule(Rule::accept().tcp(80).named("accept"))
                .rule(Rule::drop().tcp(81).named("drop"))
                .rule(Rule::reject().tcp(82).named("reject"))
                .rule(Rule::reset().tcp(83).named("reset"))
                .rule(Rule::unreachable().tcp(84).named("unreachable"))
                .rule(Rule::prohibit().tcp(85).named("prohibit"))
        })
    })
}

#[netns_test(topology = six_verdicts())]
fn each_verdict_is_felt_as_documented(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let listeners: io::Result<Vec<_>> = (80..=86).map(|port| listen(server, port)).collect();
    for address in addresses(server) {
        let prohibited = if address.is_ipv4() {
            EHOSTUNREACH
        } else {
            EACCES
        };
        for (port, expected) in [
            (80, End::Made),
            (82, End::Errno(ECONNREFUSED)),
            (83, End::Errno(ECONNREFUSED)),
            (84, End::Errno(EHOSTUNREACH)),
            (85, End::Errno(prohibited)),
            (86, End::Made),
        ] {
            let end = answered(client, SocketAddr::new(address, port));
            assert_eq!(end, expected, "{address} port {port}");
        }
        let end = try_connect(client, SocketAddr::new(address, 81), SILENCE);
        assert_eq!(end, End::Silence, "{address}");
    }
    assert_eq!(server.counter("reset")?.packets, 2);
    for denied in ["reject", "unreachable", "prohibit"] {
        // An error that comes before `connect` waits for it is not taken for the last word.
        assert!(server.counter(denied)?.packets >= 2, "{denied}");
    }
    drop(listeners?);
    Ok(())
}

/// A request, an answer, and the errors that a datagram's sender can learn of.
fn ask(from: Host<'_>, own_port: u16, to: SocketAddr) -> io::Result<()> {
    let socket = from.run(|| UdpSocket::bind(("::", own_port)))?;
    let to = match to.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
        IpAddr::V6(_) => to,
    };
    socket.set_read_timeout(Some(ANSWER))?;
    socket.connect(to)?;
    socket.send(b"?")?;
    socket.recv(&mut [0; 8]).map(drop)
}

#[netns_test(topology = Topology::lan(["client", "other"]).host("server", |h| talkative(h.join("lan"))))]
fn each_condition_meets_what_it_says_and_nothing_else(net: &Network) -> TestResult {
    let [client, other, server] = ["client", "other", "server"].map(|name| net.host(name));
    let _listeners = [listen(server, 80)?, listen(server, 443)?];
    let [v4, v6] = addresses(server);
    let attempts = [
        ("client 4 80", client, SocketAddr::new(v4, 80)),
        ("client 6 80", client, SocketAddr::new(v6, 80)),
        ("client 4 443", client, SocketAddr::new(v4, 443)),
        ("other 4 80", other, SocketAddr::new(v4, 80)),
    ];
    let all = attempts.map(|(name, ..)| name);
    let rules: [(Rule, &[&str]); 22] = [
        (Rule::reject(), &all),
        (
            Rule::reset().tcp(80),
            &["client 4 80", "client 6 80", "other 4 80"],
        ),
        (Rule::reset().tcp(100..=500), &["client 4 443"]),
        (Rule::reset().tcp(1).tcp(443), &["client 4 443"]),
        (Rule::reset().tcp(..), &all),
        (
            Rule::reset().from("client"),
            &["client 4 80", "client 6 80", "client 4 443"],
        ),
        (Rule::reset().from("10.1.0.2"), &["other 4 80"]),
        (Rule::reset().from("fd00:1::/64"), &["client 6 80"]),
        (
            Rule::reset().from("0.0.0.0/0"),
            &["client 4 80", "client 4 443", "other 4 80"],
        ),
        (Rule::reset().from("lan"), &all),
        (
            Rule::reset().from("client").to("fd00::/16"),
            &["client 6 80"],
        ),
        (Rule::reset().to("client"), &[]),
        (Rule::reset().incoming("eth0"), &all),
        (Rule::reset().incoming("lan"), &all),
        (Rule::reset().incoming("lo"), &[]),
        (Rule::reset().family(Family::V6), &["client 6 80"]),
        (Rule::reset().state(ConnectionState::New), &all),
        (Rule::reset().state(ConnectionState::Invalid), &[]),
        (Rule::reset().protocol(6), &all),
        (Rule::reject().protocol(17), &[]),
        (Rule::reject().udp(80), &[]),
        (Rule::reject().icmp(), &[]),
    ];
    for (rule, refused) in rules {
        let text = format!("{rule:?}");
        let _guard = server.add_rule(rule)?;
        for (name, from, to) in attempts {
            let expected = if refused.contains(&name) {
                End::Errno(ECONNREFUSED)
            } else {
                End::Made
            };
            assert_eq!(answered(from, to), expected, "{name}: {text}");
        }
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn datagrams_are_told_apart_by_both_ports(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let rule = Rule::reject()
        .udp(53)
        .source_port(5000..=6000)
        .named("high");
    let _guard = server.add_rule(rule)?;
    let echo = server.run(|| UdpSocket::bind("[::]:53"))?;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 {
                let mut buffer = [0; 8];
                let (length, from) = echo.recv_from(&mut buffer).unwrap();
                echo.send_to(&buffer[..length], from).unwrap();
            }
        });
        for address in addresses(server) {
            let to = SocketAddr::new(address, 53);
            let refused = ask(client, 5353, to).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            ask(client, 4999, to).unwrap();
        }
    });
    assert_eq!(server.counter("high")?.packets, 2);
    // A byte of data, the headers of UDP and IPv4, and of UDP and IPv6.
    assert_eq!(server.counter("high")?.bytes, (1 + 8 + 20) + (1 + 8 + 40));
    Ok(())
}

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn pings_are_counted_exactly(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let rule = Rule::drop()
        .icmp_type(Family::V4, 8)
        .icmp_type(Family::V6, 128);
    let _guard = server.add_rule(rule)?;
    for address in addresses(server) {
        assert_eq!(client.ping(address)?.received(), 0);
    }
    // Neighbour discovery is ICMPv6, too, and another type.
    server.ping("fd00:1::1")?.assert_lossless();
    let [counter] = &server.counters()?[..] else {
        panic!("{:?}", server.counters()?);
    };
    assert_eq!(
        (counter.name.as_str(), counter.packets),
        ("added rule 1 (input)", 6)
    );
    Ok(())
}

fn closed(stateful: bool) -> Topology {
    Topology::lan(["client"]).host("server", |h| {
        h.join("lan").firewall(|f| {
            let f = if stateful { f.stateful() } else { f };
            f.rule(Rule::accept().tcp(80).named("web"))
                .drop_by_default(Direction::Input)
        })
    })
}

#[netns_test(topology = closed(true))]
fn what_drops_by_default_has_neighbours_loopback_and_answers(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let (web, _other) = (listen(server, 80)?, listen(server, 81)?);
    let _clients = listen(client, 80)?;
    for address in addresses(server) {
        let to = SocketAddr::new(address, 80);
        let mut stream = client.run(|| TcpStream::connect_timeout(&to, ANSWER))?;
        stream.write_all(b"hello")?;
        let mut text = [0; 5];
        web.accept()?.0.read_exact(&mut text)?;
        assert_eq!(&text, b"hello");
        let end = try_connect(client, SocketAddr::new(address, 81), SILENCE);
        assert_eq!(end, End::Silence);
        // To its own address by way of `lo`.
        assert_eq!(answered(server, SocketAddr::new(address, 81)), End::Made);
    }
    for address in addresses(client) {
        assert_eq!(answered(server, SocketAddr::new(address, 80)), End::Made);
    }
    assert_eq!(server.counter("default")?.packets, 2);
    assert_eq!(server.counter("web")?.packets, 2);
    assert!(server.counter("established")?.packets > 4);
    Ok(())
}

#[netns_test(topology = closed(false))]
fn without_states_answers_are_dropped_like_all_the_rest(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let _clients = listen(client, 80)?;
    for address in addresses(client) {
        let end = try_connect(server, SocketAddr::new(address, 80), SILENCE);
        assert_eq!(end, End::Silence);
    }
    assert!(server.counter("default")?.packets >= 2);
    Ok(())
}

fn gagged() -> Topology {
    Topology::lan(["client"]).host("server", |h| {
        h.join("lan").firewall(|f| {
            f.rule(Rule::accept().output().icmp())
                .drop_by_default(Direction::Output)
        })
    })
}

#[netns_test(topology = gagged())]
fn who_may_not_send_is_told_so_and_still_answers_pings(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    for (address, own) in addresses(client).into_iter().zip(addresses(server)) {
        let socket = server.run(|| UdpSocket::bind((own, 0)))?;
        let refused = socket.send_to(b"?", (address, 9)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
        client.ping(own)?.assert_lossless();
    }
    assert_eq!(server.counter("default")?.packets, 2);
    Ok(())
}

/// Nobody but `a` may begin something with the other side.
fn one_way() -> Topology {
    Topology::new()
        .segment("inside", ())
        .segment("outside", ())
        .host("a", |h| h.join("inside"))
        .host("b", |h| h.join("outside"))
        .router("r", |r| {
            r.join("inside").join("outside").firewall(|f| {
                f.stateful()
                    .rule(
                        Rule::accept()
                            .forward()
                            .incoming("inside")
                            .outgoing("outside"),
                    )
                    .drop_by_default(Direction::Forward)
            })
        })
}

#[netns_test(topology = one_way())]
fn a_router_lets_connections_begin_on_one_side(net: &Network) -> TestResult {
    let [a, b, r] = ["a", "b", "r"].map(|name| net.host(name));
    let _listeners = [listen(a, 80)?, listen(b, 80)?];
    for (of_a, of_b) in addresses(a).into_iter().zip(addresses(b)) {
        assert_eq!(answered(a, SocketAddr::new(of_b, 80)), End::Made);
        assert_eq!(
            try_connect(b, SocketAddr::new(of_a, 80), SILENCE),
            End::Silence
        );
        a.ping(of_b)?.assert_lossless();
        assert_eq!(b.ping(of_a)?.received(), 0);
    }
    // What is for the router itself is another direction's business.
    b.ping("r")?.assert_lossless();
    assert_eq!(r.counter("default")?.packets, 2 * (1 + 3));
    Ok(())
}

/// `a` and `b` may ping each other over IPv6 only; the port of `c` takes nothing from `a`.
fn filtered_bridge() -> Topology {
    Topology::new()
        .bridge_with("br0", |b| {
            b.address("10.0.0.254/24")
                .address("fd00::fe/64")
                .firewall(|f| {
                    f.rule(Rule::drop().incoming("a").outgoing("pc").named("a to c"))
                        .rule(Rule::accept().icmp().family(Family::V6).named("ping 6"))
                        .rule(Rule::accept().from("c").to("b").named("c to b"))
                        .rule(Rule::accept().from("b").to("c"))
                        .drop_by_default(Direction::Forward)
                })
        })
        .bridge("br1", "10.0.1.254/24")
        .host("a", |h| h.join("br0").attach("br1", "10.0.1.1/24"))
        .host("b", |h| h.join("br0").attach("br1", "10.0.1.2/24"))
        .host("c", |h| h.attach_with("br0", |i| i.port("pc")))
}

#[netns_test(topology = filtered_bridge())]
fn a_bridge_filters_between_its_ports_and_no_others(net: &Network) -> TestResult {
    let [a, b, c] = ["a", "b", "c"].map(|name| net.host(name));
    let [_, b6] = addresses(b);
    assert_eq!(a.ping("10.0.0.2")?.received(), 0);
    a.ping(b6)?.assert_lossless();
    c.ping("10.0.0.2")?.assert_lossless();
    for address in addresses(c) {
        assert_eq!(a.ping(address)?.received(), 0, "{address}");
    }
    // Neither the bridge's own address nor the other bridge is concerned.
    a.ping("10.0.0.254")?.assert_lossless();
    a.ping("10.0.1.2")?.assert_lossless();
    assert_eq!(net.root().counter("c to b")?.packets, 3);
    assert_eq!(net.root().counter("default")?.packets, 3);
    assert!(net.root().counter("a to c")?.packets > 0);
    Ok(())
}
