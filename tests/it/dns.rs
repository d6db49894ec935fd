//! DNS servers in hosts, judged by `dig`, from Debian's bind9-dnsutils, and by messages of our own.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use netns_test::{DnsTransport, Host, Network, RecordType, TestResult, Topology, Zone, netns_test};
use simple_dns::{CLASS, Name, Packet, Question, TYPE};

pub(crate) const V4: &str = "10.1.0.2";
pub(crate) const V6: &str = "fd00:1::2";

pub(crate) fn lan() -> Topology {
    Topology::lan(["client", "ns"])
}

pub(crate) fn zone() -> Zone {
    Zone::new("example.test")
        .ns("@", "ns")
        .a("ns", V4)
        .a("www", "10.9.0.1")
        .aaaa("www", "fd09::1")
        .cname("web", "www")
        .mx("@", 10, "mail.example.org.")
        .txt("@", "v=spf1 -all")
        .srv("_http._tcp", 0, 5, 80, "www")
        .a("*.wild", "10.9.0.2")
}

/// The server answers; so `dig` neither waits long nor asks twice.
fn dig(host: Host<'_>, arguments: &str) -> String {
    let output = host.run(|| {
        Command::new("dig")
            .args(["-r", "+tries=1", "+timeout=20", "+noall"])
            .args(arguments.split(' '))
            .output()
    });
    let output = output.expect("`dig` is needed: Debian's bind9-dnsutils");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The data of an answer's records, as `dig +short` prints it.
pub(crate) fn short(host: Host<'_>, what: &str) -> String {
    dig(host, &format!("@{V4} {what} +short"))
}

/// The code of an answer.
fn status(host: Host<'_>, what: &str) -> String {
    let header = dig(host, &format!("@{V4} {what} +comments"));
    let status = header
        .split("status: ")
        .nth(1)
        .and_then(|it| it.split(',').next());
    status
        .unwrap_or_else(|| panic!("no status in {header}"))
        .to_owned()
}

pub(crate) fn question(id: u16, name: &str, record_type: TYPE) -> Vec<u8> {
    let mut packet = Packet::new_query(id);
    let name = Name::new(name).unwrap();
    packet.questions.push(Question::new(
        name,
        record_type.into(),
        CLASS::IN.into(),
        false,
    ));
    packet.build_bytes_vec().unwrap()
}

/// A socket in a host that hears one server only.
pub(crate) fn udp(host: Host<'_>, server: &str) -> UdpSocket {
    let server: IpAddr = server.parse().unwrap();
    let any = if server.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = host.run(|| UdpSocket::bind(any)).unwrap();
    socket.connect((server, 53)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket
}

pub(crate) fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 65_535];
    let length = socket.recv(&mut buffer).expect("there should be an answer");
    buffer[..length].to_vec()
}

pub(crate) fn tcp(host: Host<'_>) -> TcpStream {
    let stream = host.run(|| TcpStream::connect((V4, 53))).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

pub(crate) fn send_tcp(stream: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, message].concat()).unwrap();
}

pub(crate) fn receive_tcp(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).unwrap();
    message
}

#[netns_test(topology = lan())]
fn dig_reads_every_type_of_record(net: &Network) -> TestResult {
    let reverse4 = Zone::new("10.9.0.0/16").ptr("10.9.0.1", "www.example.test");
    let reverse6 = Zone::new("fd09::/16").ptr("fd09::1", "www.example.test");
    let _server = net.host("ns").serve_dns([zone(), reverse4, reverse6])?;
    let client = net.host("client");
    for (what, answer) in [
        ("www.example.test A", "10.9.0.1"),
        ("www.example.test AAAA", "fd09::1"),
        ("web.example.test A", "www.example.test.\n10.9.0.1"),
        ("web.example.test CNAME", "www.example.test."),
        ("example.test MX", "10 mail.example.org."),
        ("example.test NS", "ns.example.test."),
        ("example.test TXT", "\"v=spf1 -all\""),
        (
            "example.test SOA",
            "ns.example.test. hostmaster.example.test. 1 3600 600 86400 300",
        ),
        ("_http._tcp.example.test SRV", "0 5 80 www.example.test."),
        ("-x 10.9.0.1", "www.example.test."),
        ("-x fd09::1", "www.example.test."),
        ("any.wild.example.test A", "10.9.0.2"),
        ("www.example.test A +tcp", "10.9.0.1"),
        ("www.example.test A +dnssec +bufsize=4096", "10.9.0.1"),
        ("www.example.test A +noedns", "10.9.0.1"),
    ] {
        assert_eq!(short(client, what), answer, "{what}");
    }
    // The server's host asks itself by `lo`, and the other family is served as well.
    assert_eq!(
        dig(net.host("ns"), "@127.0.0.1 www.example.test A +short"),
        "10.9.0.1"
    );
    assert_eq!(
        dig(client, &format!("@{V6} www.example.test A +short")),
        "10.9.0.1"
    );
    assert_eq!(
        dig(client, &format!("@{V6} www.example.test A +short +tcp")),
        "10.9.0.1"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn dig_reads_failures_as_they_were_ordered(net: &Network) -> TestResult {
    let zone = zone()
        .servfail("broken")
        .refused("secret")
        .nxdomain("gone")
        .a("gone", "10.9.0.3");
    let _server = net.host("ns").serve_dns(zone)?;
    let client = net.host("client");
    for (what, code) in [
        ("www.example.test A", "NOERROR"),
        ("no.example.test A", "NXDOMAIN"),
        ("gone.example.test A", "NXDOMAIN"),
        ("www.example.test MX", "NOERROR"),
        ("broken.example.test A", "SERVFAIL"),
        ("secret.example.test A", "REFUSED"),
        ("example.org A", "REFUSED"),
        ("www.example.test CH TXT", "REFUSED"),
        ("www.example.test A +edns=1 +noednsnegotiation", "BADVERS"),
        ("www.example.test A +opcode=UPDATE", "NOTIMP"),
    ] {
        assert_eq!(status(client, what), code, "{what}");
    }
    let empty = dig(
        client,
        &format!("@{V4} www.example.test MX +answer +authority"),
    );
    assert!(
        empty.starts_with("example.test.") && empty.lines().count() == 1,
        "{empty}"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn a_truncated_answer_is_asked_for_again_over_tcp(net: &Network) -> TestResult {
    let many = (0..60).fold(zone(), |zone, n| zone.a("many", format!("10.8.0.{n}")));
    let server = net.host("ns").serve_dns(many.truncated("www"))?;
    let client = net.host("client");
    assert_eq!(short(client, "www.example.test A"), "10.9.0.1");
    let transports = || -> Vec<DnsTransport> {
        let queries = server.queries();
        queries.iter().map(|query| query.transport).collect()
    };
    assert_eq!(transports(), [DnsTransport::Udp, DnsTransport::Tcp]);
    let flags = dig(
        client,
        &format!("@{V4} www.example.test A +ignore +comments"),
    );
    assert!(flags.contains(" tc"), "{flags}");
    let asked = transports().len();
    // What is asked with room enough needs no second time, not even in fragments.
    for (options, further) in [("+noedns", 2), ("+bufsize=800", 2), ("+bufsize=4096", 1)] {
        let before = transports().len();
        let answer = short(client, &format!("many.example.test A {options}"));
        assert_eq!(answer.lines().count(), 60, "{options}");
        assert_eq!(transports().len() - before, further, "{options}");
    }
    assert_eq!(server.queries()[asked].edns_payload, None);
    assert_eq!(server.queries()[asked + 2].edns_payload, Some(800));
    Ok(())
}

#[netns_test(topology = lan())]
fn a_slow_name_is_late_and_delays_no_other(net: &Network) -> TestResult {
    let delay = Duration::from_millis(400);
    let _server = net
        .host("ns")
        .serve_dns(zone().a("slow", "10.9.0.4").delay("slow", delay))?;
    let socket = udp(net.host("client"), V4);
    let start = Instant::now();
    socket.send(&question(1, "slow.example.test", TYPE::A))?;
    socket.send(&question(2, "www.example.test", TYPE::A))?;
    assert_eq!(Packet::parse(&receive(&socket)).unwrap().id(), 2);
    assert_eq!(Packet::parse(&receive(&socket)).unwrap().id(), 1);
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());

    // The same on one connection, whose asker says that there is no more to come.
    let mut stream = tcp(net.host("client"));
    let start = Instant::now();
    send_tcp(&mut stream, &question(3, "slow.example.test", TYPE::A));
    send_tcp(&mut stream, &question(4, "www.example.test", TYPE::A));
    stream.shutdown(std::net::Shutdown::Write)?;
    assert_eq!(Packet::parse(&receive_tcp(&mut stream)).unwrap().id(), 4);
    assert_eq!(Packet::parse(&receive_tcp(&mut stream)).unwrap().id(), 3);
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
    assert_eq!(
        stream.read(&mut [0])?,
        0,
        "the server closes what has ended"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn a_silent_name_is_never_answered_and_a_flaky_one_in_the_end(net: &Network) -> TestResult {
    let server = net
        .host("ns")
        .serve_dns(zone().silent("dead").flaky("www", 2))?;
    let socket = udp(net.host("client"), V4);
    for (id, name) in [
        (1, "dead"),
        (2, "www"),
        (3, "www"),
        (4, "www"),
        (5, "dead"),
        (6, "web"),
    ] {
        socket.send(&question(id, &format!("{name}.example.test"), TYPE::A))?;
    }
    // They are handled in their order: what was not answered before 6 never is.
    assert_eq!(Packet::parse(&receive(&socket)).unwrap().id(), 4);
    assert_eq!(Packet::parse(&receive(&socket)).unwrap().id(), 6);
    assert_eq!(server.queries().len(), 6);
    Ok(())
}

#[netns_test(topology = lan())]
fn the_queries_tell_what_a_resolver_asked(net: &Network) -> TestResult {
    let server = net.host("ns").serve_dns(zone())?;
    let client = net.host("client");
    let socket = udp(client, V6);
    socket.send(&question(1, "WWW.example.test", TYPE::AAAA))?;
    receive(&socket);
    let mut stream = tcp(client);
    send_tcp(&mut stream, &question(2, "elsewhere.org", TYPE::HTTPS));
    receive_tcp(&mut stream);
    let queries = server.queries();
    let texts: Vec<String> = queries.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            format!(
                "WWW.example.test AAAA over UDP from {}",
                socket.local_addr()?
            ),
            format!(
                "elsewhere.org TYPE65 over TCP from {}",
                stream.local_addr()?
            ),
        ]
    );
    assert_eq!(queries[1].record_type, RecordType::Other(65));
    Ok(())
}

/// The socket is connected, and hears nobody but the address that it asked.
#[netns_test(topology = lan())]
fn an_answer_leaves_from_the_address_that_was_asked(net: &Network) -> TestResult {
    let ns = net.host("ns");
    let _server = ns.serve_dns(zone())?;
    for (own, address) in [
        ("10.1.0.77/16", "10.1.0.77"),
        ("fd00:1::77/64", "fd00:1::77"),
    ] {
        ns.link("eth0").add_address(own)?;
        let socket = udp(net.host("client"), address);
        socket.send(&question(1, "www.example.test", TYPE::A))?;
        receive(&socket);
    }
    let link_local =
        ns.interface("eth0")?
            .addresses
            .into_iter()
            .find_map(|it| match it.address.address() {
                IpAddr::V6(address) if address.is_unicast_link_local() => Some(address),
                _ => None,
            });
    let index = net.host("client").interface("eth0")?.index;
    let server =
        std::net::SocketAddrV6::new(link_local.expect("a link-local address"), 53, 0, index);
    let socket = net.host("client").run(|| UdpSocket::bind("[::]:0"))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    socket.send(&question(1, "www.example.test", TYPE::A))?;
    receive(&socket);
    Ok(())
}
