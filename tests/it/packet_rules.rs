//! Rules about single packets, seen by real sockets: what each is one line for, and how it ends.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use netns_test::{
    Backend, Held, Host, Match, Network, PacketAction, PacketRule, PacketRuleGuard, Ping,
    TestResult, Topology, netns_test,
};

use crate::panic_text;

const SILENCE: Duration = Duration::from_millis(300);
const ANSWER: Duration = Duration::from_secs(20);

fn wire() -> Topology {
    Topology::lan(["client", "server"]).wires()
}

fn both(host: Host<'_>) -> [IpAddr; 2] {
    [host.ipv4().into(), host.ipv6().into()]
}

/// A datagram socket of a host, which waits for an answer as long as it takes.
fn datagrams(host: Host<'_>, address: IpAddr, port: u16) -> TestResult<UdpSocket> {
    let socket = host.run(|| UdpSocket::bind((address, port)))?;
    socket.set_read_timeout(Some(ANSWER))?;
    Ok(socket)
}

/// Whether a ping is answered within this time.
fn pong(from: Host<'_>, to: Host<'_>, time: Duration) -> netns_test::Result<bool> {
    let once = |ping: Ping| ping.count(1).timeout(time);
    let report = from.ping_with(to.ipv4().to_string(), once)?;
    Ok(report.received() == 1)
}

/// What is received until this byte comes.
fn until(socket: &UdpSocket, last: u8) -> TestResult<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = [0; 100];
    while all.last() != Some(&last) {
        socket.recv(&mut buffer)?;
        all.push(buffer[0]);
    }
    Ok(all)
}

#[netns_test(topology = wire())]
fn the_first_syn_is_dropped_and_the_kernel_sends_another(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let _listener = server.run(|| TcpListener::bind(("::", 80)))?;
    for address in both(server) {
        let link = client.link("eth0");
        let guard = link.packet_rule(PacketRule::drop(Match::tcp().syn().first(1)))?;
        let recording = link.record()?;
        let began = Instant::now();
        client.run(|| TcpStream::connect((address, 80)))?;
        // RFC 6298: the first retransmission comes after a second.
        assert!(began.elapsed() >= Duration::from_millis(900), "{recording}");
        assert_eq!(guard.hits(), 1);
        let syns = recording.matching(Match::tcp().syn().from("client"))?;
        // A third one follows if the machine is so busy that the answer to the second comes too late.
        let fates: Vec<&str> = syns.iter().map(|it| &*it.fate).collect();
        assert_eq!(fates[..2], ["dropped by a rule", ""], "{recording}");
        assert_eq!((syns[0].passed, syns[1].passed), (false, true));
        assert!(syns[1].at - syns[0].at >= Duration::from_millis(900));
        assert!(
            recording.to_string().contains(".80: Flags [S], seq "),
            "{recording}"
        );
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn the_fin_is_held_until_told(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let listener = server.run(|| TcpListener::bind(("::", 80)))?;
    for address in both(server) {
        let mut stream = client.run(|| TcpStream::connect((address, 80)))?;
        let mut accepted = listener.accept()?.0;
        let held: Held<'_> = client.link("eth0").hold(Match::tcp().fin().sent())?;
        let recording = server.link("eth0").record()?;
        stream.write_all(b"bye")?;
        drop(stream);
        held.wait_until_held(1)?;
        let mut bytes = [0; 3];
        accepted.set_read_timeout(Some(ANSWER))?;
        accepted.read_exact(&mut bytes)?;
        assert_eq!(&bytes, b"bye");
        accepted.set_read_timeout(Some(SILENCE))?;
        let silence = accepted.read(&mut bytes).unwrap_err();
        assert_eq!(silence.kind(), ErrorKind::WouldBlock);
        let fin = || recording.matching(Match::tcp().fin().from("client").first(1));
        assert_eq!(fin()?[0].fate, "held by a rule");
        // The kernel may have sent it again meanwhile, and may do so until it is acknowledged.
        assert!(held.release() >= 1);
        let [fin] = &*fin()? else {
            panic!("{recording}")
        };
        assert_eq!((&*fin.fate, fin.passed), ("released by a rule", true));
        accepted.set_read_timeout(Some(ANSWER))?;
        assert_eq!(accepted.read(&mut bytes)?, 0);
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn two_datagrams_are_delivered_in_the_other_order(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    for address in both(server) {
        let to = datagrams(server, address, 7)?;
        let any = if address.is_ipv4() { "0.0.0.0" } else { "::" };
        let from = datagrams(client, any.parse()?, 8)?;
        from.connect((address, 7))?;
        let swap = PacketRule::reverse(Match::udp().sent().first(2), 2);
        let guard = client.link("eth0").packet_rule(swap)?;
        for byte in 1..=4 {
            from.send(&[byte])?;
        }
        assert_eq!(until(&to, 4)?, [2, 1, 3, 4]);
        drop(guard);
        // By hand.
        let held = client.link("eth0").hold(Match::udp().destination_port(7))?;
        for byte in 1..=4 {
            from.send(&[byte])?;
        }
        held.wait_until_held(4)?;
        assert!(held.release_one());
        assert_eq!(until(&to, 1)?, [1]);
        assert_eq!((held.release_reversed(), held.held()), (3, 0));
        assert_eq!(until(&to, 2)?, [4, 3, 2]);
        // What a guard still holds is let go by its end, in order; what comes later passes.
        from.send(&[5])?;
        from.send(&[6])?;
        held.wait_until_held(2)?;
        drop(held);
        from.send(&[7])?;
        assert_eq!(until(&to, 7)?, [5, 6, 7]);
    }
    Ok(())
}

/// How many datagrams a host's kernel has refused for their checksums.
fn refused(host: Host<'_>, ipv4: bool) -> TestResult<u64> {
    let file = if ipv4 { "snmp" } else { "snmp6" };
    let text = host.run(|| std::fs::read_to_string(format!("/proc/thread-self/net/{file}")))?;
    let number = if ipv4 {
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("Udp:"))
            .collect();
        let at = lines[0].split(' ').position(|it| it == "InCsumErrors");
        lines[1].split(' ').nth(at.ok_or("no such counter")?)
    } else {
        let line = text
            .lines()
            .find(|line| line.starts_with("Udp6InCsumErrors"));
        line.and_then(|line| line.split_whitespace().nth(1))
    };
    Ok(number.ok_or("no such counter")?.parse()?)
}

#[netns_test(topology = wire())]
fn a_bit_of_the_fifth_datagram_is_flipped_and_the_kernel_refuses_it(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    for address in both(server) {
        let to = datagrams(server, address, 7)?;
        let any = if address.is_ipv4() { "0.0.0.0" } else { "::" };
        let from = datagrams(client, any.parse()?, 8)?;
        let flip = PacketRule::flip_bit(Match::udp().sent().nth(5), 70, 3);
        let guard = client.link("eth0").packet_rule(flip)?;
        for byte in 1..=7 {
            from.send_to(&[byte; 40], (address, 7))?;
        }
        assert_eq!(until(&to, 7)?, [1, 2, 3, 4, 6, 7]);
        assert_eq!(guard.hits(), 1);
        assert_eq!(refused(server, address.is_ipv4())?, 1);
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn packets_are_late_doubled_and_decided_about_by_closures(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let link = client.link("eth0");
    for address in both(server) {
        let to = datagrams(server, address, 7)?;
        let any = if address.is_ipv4() { "0.0.0.0" } else { "::" };
        let from = datagrams(client, any.parse()?, 8)?;
        let late = Duration::from_millis(50);
        let rules = [
            PacketRule::delay(Match::udp().nth(1), late),
            PacketRule::duplicate(Match::udp().payload_contains([2]), 2),
            PacketRule::decide(Match::udp(), |packet| match packet.view().payload() {
                [3, ..] => PacketAction::Drop,
                _ => PacketAction::Pass,
            }),
        ];
        let began = Instant::now();
        let guards: Vec<PacketRuleGuard<'_>> = rules
            .into_iter()
            .map(|rule| link.packet_rule(rule))
            .collect::<Result<_, _>>()?;
        for byte in 1..=4 {
            from.send_to(&[byte], (address, 7))?;
        }
        let mut all = Vec::new();
        while all.len() < 5 {
            let mut byte = [0];
            to.recv(&mut byte)?;
            all.extend(byte);
        }
        assert!(began.elapsed() >= late);
        // It is the last one, unless the others were sent late.
        all.retain(|byte| *byte != 1);
        assert_eq!(all, [2, 2, 2, 4]);
        let hits: Vec<u64> = guards.iter().map(PacketRuleGuard::hits).collect();
        assert_eq!(hits, [1, 1, 1]);
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn rules_are_about_one_direction_if_they_say_so(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let answers = |from: Host<'_>, to: Host<'_>| pong(from, to, ANSWER);
    let is_silent =
        |from: Host<'_>, to: Host<'_>| Ok::<_, netns_test::Error>(!pong(from, to, SILENCE)?);
    let requests = |what: Match| what.when(|packet| packet.icmp().is_some_and(|it| it.kind == 8));
    for (from, to) in [(client, server), (server, client)] {
        let sent = PacketRule::drop(requests(Match::icmp().sent()));
        let _guard = from.link("eth0").packet_rule(sent)?;
        assert!(is_silent(from, to)?);
        assert!(answers(to, from)?);
        drop(_guard);
        let received = PacketRule::drop(requests(Match::icmp().received()));
        let _guard = from.link("eth0").packet_rule(received)?;
        assert!(answers(from, to)?);
        assert!(is_silent(to, from)?);
        drop(_guard);
        let named = PacketRule::drop(requests(Match::icmp().from("server")));
        let _guard = from.link("eth0").packet_rule(named)?;
        assert!(answers(client, server)?);
        assert!(is_silent(server, client)?);
    }
    Ok(())
}

/// ARP and neighbour discovery are packets, too. Nobody has asked for these addresses yet.
#[netns_test(topology = wire())]
fn rules_meet_arp_and_neighbour_discovery(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    for (address, what) in [
        ("192.0.2.2/24", Match::arp()),
        ("2001:db8::2/64", Match::neighbour_discovery()),
    ] {
        server.link("eth0").add_address(address)?;
        client
            .link("eth0")
            .add_address(address.replace("2/", "1/"))?;
        let to = address.split('/').next().ok_or("no address")?;
        let mute = client
            .link("eth0")
            .packet_rule(PacketRule::drop(what.sent()))?;
        let report = client.ping_with(to, |ping| ping.count(1).timeout(SILENCE))?;
        assert_eq!(report.received(), 0);
        mute.wait_for_hits(1)?;
        drop(mute);
        netns_test::eventually(ANSWER, || {
            let report = client.ping_with(to, |ping| ping.count(1).timeout(SILENCE));
            report
                .is_ok_and(|report| report.is_lossless())
                .then_some(())
        })?;
    }
    Ok(())
}

#[netns_test(topology = wire())]
fn a_rule_ends_with_its_guard_however_that_ends(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let answers = || pong(client, server, ANSWER).unwrap();
    let is_silent = || !pong(client, server, SILENCE).unwrap();
    let before = client.link("eth0").backend()?;
    let mute = || {
        client
            .link("eth0")
            .packet_rule(PacketRule::drop(Match::icmp()))
    };
    let text = panic_text(|| {
        let _guard = mute().unwrap();
        assert_eq!(client.link("eth0").backend().unwrap(), Backend::Wire);
        assert!(is_silent());
        panic!("on purpose");
    });
    assert_eq!(text, "on purpose");
    assert!(answers());
    mute()?.remove()?;
    assert!(answers());
    mute()?.keep();
    assert!(is_silent());
    net.heal()?;
    assert!(answers());
    assert_eq!(client.link("eth0").backend()?, before);
    Ok(())
}

#[netns_test(topology = wire())]
fn a_closure_that_panics_is_told_once_and_harms_nobody(net: &Network) -> TestResult {
    let client = net.host("client");
    let to = net.host("server").ipv4().to_string();
    let broken = || {
        let rule = PacketRule::rewrite(Match::icmp(), |_| panic!("out of cheese"));
        client.link("eth0").packet_rule(rule)
    };
    let told = "packet rule `rewrite: icmp`: its closure panicked: out of cheese";
    let ping = || {
        client
            .ping_with(&to, crate::once)
            .unwrap()
            .assert_lossless()
    };
    let guard = broken()?;
    ping();
    let error = guard.wait_for_hits(1).unwrap_err().to_string();
    assert_eq!(error, format!("failed to wait for 1 hits of {told}"));
    let error = guard.remove().unwrap_err().to_string();
    assert_eq!(error, format!("failed to follow {told}"));
    let text = panic_text(|| {
        let _guard = broken().unwrap();
        ping();
    });
    assert_eq!(text, format!("failed to follow {told}"));
    ping();
    Ok(())
}

#[netns_test(topology = wire())]
fn connections_live_through_a_bad_wire(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let listener = server.run(|| TcpListener::bind(("::", 80)))?;
    let link = client.link("eth0");
    let _guards = [
        link.packet_rule(PacketRule::drop(Match::tcp().every(17)))?,
        link.packet_rule(PacketRule::duplicate(Match::tcp().every(13), 1))?,
        link.packet_rule(PacketRule::flip_bit(
            Match::tcp().min_length(1000).every(11),
            90,
            5,
        ))?,
        link.packet_rule(PacketRule::reverse(
            Match::tcp().min_length(1000).every(7),
            2,
        ))?,
    ];
    let sent: Vec<u8> = (0..200_000_u32).map(|it| (it % 251) as u8).collect();
    for address in both(server) {
        let to = SocketAddr::new(address, 80);
        let mut received = Vec::new();
        std::thread::scope(|scope| -> TestResult {
            let writer = scope.spawn(|| -> std::io::Result<()> {
                let mut stream = client.run(|| TcpStream::connect(to))?;
                stream.write_all(&sent)
            });
            listener.accept()?.0.read_to_end(&mut received)?;
            writer.join().unwrap()?;
            Ok(())
        })?;
        assert!(received == sent, "{} bytes, or others", received.len());
    }
    Ok(())
}
