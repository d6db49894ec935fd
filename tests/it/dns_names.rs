//! A topology's zones, as the system's resolver finds them: every host's `/etc/resolv.conf` leads to the server.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use netns_test::{DnsTransport, Host, Network, RecordType, TestResult, Topology, Zone, netns_test};

const SLOW: Duration = Duration::from_millis(300);

fn shop() -> Zone {
    (0..60).fold(
        Zone::new("shop.test")
            .a("www", "10.1.0.1")
            .aaaa("www", "fd00:1::1")
            .cname("web", "www")
            .a("slow", "10.9.0.1")
            .delay("slow", SLOW)
            .a("cut", "10.9.0.2")
            .truncated("cut")
            .servfail("broken")
            .nxdomain("gone"),
        |zone, number| zone.a("many", format!("10.8.0.{number}")),
    )
}

fn net_with_dns() -> Topology {
    Topology::new()
        .segment("lan", ["10.1.0.0/16", "fd00:1::/64"])
        .host("client", |h| h.join("lan"))
        .host("ns", |h| h.join("lan").dns(shop()))
}

fn look_up(host: Host<'_>, name: &str) -> std::io::Result<Vec<IpAddr>> {
    let found = host.run(|| {
        (name, 80)
            .to_socket_addrs()
            .map(Iterator::collect::<Vec<_>>)
    })?;
    Ok(found.iter().map(SocketAddr::ip).collect())
}

#[netns_test(topology = net_with_dns())]
fn every_node_asks_the_topologys_server(net: &Network) -> TestResult {
    let client = net.host("client");
    let configuration = client.run(|| fs::read_to_string("/etc/resolv.conf"))?;
    assert!(
        configuration.contains("nameserver 10.1.0.2\nnameserver fd00:1::2\n"),
        "{configuration}"
    );
    let mut found = look_up(client, "web.shop.test")?;
    found.sort();
    assert_eq!(found, ["10.1.0.1".parse::<IpAddr>()?, "fd00:1::1".parse()?]);
    let asked = client
        .command("getent")
        .args(["ahostsv4", "www.shop.test"])
        .read()?;
    assert!(asked.starts_with("10.1.0.1 "), "{asked}");
    // Nodes are found without anybody being asked.
    let queries = net.host("ns").dns_queries().len();
    assert_eq!(look_up(client, "ns")?.len(), 2);
    assert_eq!(net.host("ns").dns_queries().len(), queries);
    Ok(())
}

#[netns_test(topology = net_with_dns())]
fn the_resolver_meets_what_the_zone_orders(net: &Network) -> TestResult {
    let client = net.host("client");
    let failure = |name: &str| {
        look_up(client, name)
            .expect_err("there is none")
            .to_string()
    };
    assert!(failure("gone.shop.test").contains("Name or service not known"));
    assert!(failure("unknown.shop.test").contains("Name or service not known"));
    assert!(
        failure("broken.shop.test").contains("Temporary failure"),
        "SERVFAIL"
    );
    let start = Instant::now();
    assert_eq!(
        look_up(client, "slow.shop.test")?,
        ["10.9.0.1".parse::<IpAddr>()?]
    );
    assert!(start.elapsed() >= SLOW);
    assert_eq!(
        look_up(client, "cut.shop.test")?,
        ["10.9.0.2".parse::<IpAddr>()?]
    );
    assert_eq!(look_up(client, "many.shop.test")?.len(), 60);
    let over_tcp = |name: &str| {
        net.host("ns").dns_queries().iter().any(|query| {
            query.name.starts_with(name)
                && query.transport == DnsTransport::Tcp
                && query.record_type == RecordType::A
        })
    };
    assert!(over_tcp("cut."), "truncation leads to TCP");
    assert!(over_tcp("many."), "so does an answer that is too long");
    assert!(!over_tcp("slow."));
    Ok(())
}

/// Without a server a name that nobody has is refused at once, not after the resolver's ten seconds.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn without_a_server_unknown_names_are_refused_at_once(net: &Network) {
    let start = Instant::now();
    let error = look_up(net.host("a"), "www.shop.test").expect_err("nobody has the name");
    assert_ne!(error.kind(), ErrorKind::TimedOut);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "the resolver's own limit"
    );
}
