//! Bridges of Docker's as one value.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use netns_test::{Direction, DockerBridge, LinkEnd, Network, TestResult, Topology, netns_test};

/// `docker network create -d bridge --subnet 172.27.0.0/16 --gateway 172.27.0.1 mybridge0`
fn mybridge0() -> Topology {
    hosts_on(
        DockerBridge::new("mybridge0")
            .subnet("172.27.0.0/16")
            .gateway("172.27.0.1"),
    )
}

fn hosts_on(bridge: DockerBridge) -> Topology {
    Topology::new()
        .docker_bridge(bridge)
        .host("web", |h| h.join("mybridge0"))
        .host("db", |h| h.join("mybridge0"))
}

/// Lab C's settings, with those changed that contradict the bridge's own address.
fn corrected() -> Topology {
    hosts_on(
        DockerBridge::new("mybridge0")
            .bip("192.168.1.6/24")
            .fixed_cidr("192.168.1.128/25")
            .fixed_cidr_v6("2001:db8:abcd::/64")
            .mtu(1500)
            .default_gateway("192.168.1.1")
            .default_gateway_v6("2001:db8:abcd::89")
            .dns(["10.20.1.2", "10.20.1.3"]),
    )
    .host("router", |h| {
        h.attach("mybridge0", ["192.168.1.1/24", "2001:db8:abcd::89/64"])
    })
}

#[netns_test(topology = mybridge0())]
fn hosts_draw_from_the_subnet_and_go_by_the_gateway(net: &Network) -> TestResult {
    let db = net.host("db");
    assert_eq!(db.ipv4().to_string(), "172.27.0.3");
    let routes = db.routes()?.to_string();
    assert_eq!(
        routes,
        "default via 172.27.0.1 dev eth0\n172.27.0.0/16 dev eth0 proto kernel scope link src 172.27.0.3"
    );
    db.ping("172.27.0.1")?.assert_lossless();
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = corrected())]
fn lab_c_corrected_pings(net: &Network) -> TestResult {
    let (web, db) = (net.host("web"), net.host("db"));
    assert_eq!(web.ipv4().to_string(), "192.168.1.128");
    assert_eq!(db.ipv6().to_string(), "2001:db8:abcd::3");
    net.ping_all()?.assert_all_reachable();
    let default = db.routes()?.iter().find(|it| it.is_default()).cloned();
    assert_eq!(default.unwrap().via, Some("192.168.1.1".parse()?));
    Ok(())
}

#[netns_test(topology = corrected())]
fn resolv_conf_names_the_servers_in_order(net: &Network) -> TestResult {
    for host in ["web", "db"] {
        let text = net
            .host(host)
            .run(|| std::fs::read_to_string("/etc/resolv.conf"))?;
        let servers: Vec<&str> = text
            .lines()
            .filter(|it| it.starts_with("nameserver"))
            .collect();
        assert_eq!(servers, ["nameserver 10.20.1.2", "nameserver 10.20.1.3"]);
    }
    let root = net
        .root()
        .run(|| std::fs::read_to_string("/etc/resolv.conf"))?;
    assert!(!root.contains("10.20.1"), "{root}");
    Ok(())
}

#[netns_test(topology = hosts_on(DockerBridge::new("mybridge0").bip("172.17.0.1/16").mtu(1400)))]
fn hosts_have_the_mtu_of_the_bridge(net: &Network) -> TestResult {
    assert_eq!(net.root().interface("mybridge0")?.mtu, 1400);
    assert_eq!(net.host("web").interface("eth0")?.mtu, 1400);
    let report = net
        .host("web")
        .ping_with("db", |p| p.count(1).payload(1400).dont_fragment(true))?;
    assert_eq!(report.received(), 0, "{report}");
    Ok(())
}

#[netns_test(topology = hosts_on(DockerBridge::new("mybridge0").bip("172.17.0.1/16").internal()))]
fn an_internal_network_has_no_way_out(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    let refused = net.host("web").run(|| {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")
    });
    let kind = refused.unwrap_err().kind();
    assert_eq!(kind, std::io::ErrorKind::NetworkUnreachable);
    Ok(())
}

/// Whether the machine has loaded `br_netfilter` or not.
#[netns_test(topology = Topology::new()
    .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
    .host("a", |h| h.attach("br0", ["10.0.0.1/24", "fd00::1/64"]))
    .host("b", |h| h.attach("br0", ["10.0.0.2/24", "fd00::2/64"]))
    .root(|root| root.forward().firewall(|f| f.drop_by_default(Direction::Forward))))]
fn what_a_bridge_passes_is_not_what_the_root_forwards(net: &Network) -> TestResult {
    net.ping_all()?.assert_all_reachable();
    assert_eq!(net.root().counter("default")?.packets, 0);
    Ok(())
}

#[netns_test(topology = Topology::new()
    .docker_bridge(DockerBridge::new("docker0").bip("172.17.0.1/16"))
    .host("c1", |h| h.join("docker0"))
    .host("outside", |h| h)
    .link(LinkEnd::new("root", |i| i.name("wan").address("203.0.113.1/24")), ("outside", "203.0.113.9/24"))
    .root(|root| root.forward().nat("wan", |n| n.forward_tcp(8080, "c1:80").hairpin())))]
fn a_container_reaches_itself_by_its_published_port(net: &Network) -> TestResult {
    let c1 = net.host("c1");
    let _web = c1.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let patience = Duration::from_secs(5);
    c1.run(|| TcpStream::connect_timeout(&([203, 0, 113, 1], 8080).into(), patience))?;
    Ok(())
}
