//! Routers that translate addresses: what others see, and what reaches whom.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use netns_test::{Host, Network, TestResult, Topology, netns_test};

use crate::once;

/// A home behind a router, and a server outside.
fn home(configure: impl FnOnce(netns_test::NatSpec) -> netns_test::NatSpec) -> Topology {
    Topology::new()
        .segment("home", ["192.168.0.0/24", "fd00:1::/64"])
        .segment("internet", ["203.0.113.0/24", "2001:db8::/64"])
        .host("laptop", |h| {
            h.attach("home", ["192.168.0.2/24", "fd00:1::2/64"])
        })
        .host("web", |h| {
            h.attach("home", ["192.168.0.3/24", "fd00:1::3/64"])
        })
        .host("server", |h| {
            h.attach("internet", ["203.0.113.80/24", "2001:db8::80/64"])
        })
        .router("box", |r| {
            r.attach("home", ["192.168.0.1/24", "fd00:1::1/64"])
                .attach("internet", ["203.0.113.9/24", "2001:db8::9/64"])
                .nat("internet", configure)
        })
}

/// Where a connection from one host to a listener of another seems to come from.
fn seen(from: Host<'_>, to: Host<'_>, listen: &str, connect: &str) -> std::io::Result<SocketAddr> {
    let listener = to.run(|| TcpListener::bind(listen))?;
    let connect: SocketAddr = connect.parse().unwrap();
    let _stream = from.run(|| TcpStream::connect_timeout(&connect, Duration::from_secs(2)))?;
    Ok(listener.accept()?.1)
}

#[netns_test(topology = home(|n| n))]
fn those_outside_see_the_router(net: &Network) -> TestResult {
    let (laptop, server) = (net.host("laptop"), net.host("server"));
    let seen = seen(laptop, server, "0.0.0.0:80", "203.0.113.80:80")?;
    assert_eq!(seen.ip().to_string(), "203.0.113.9");
    laptop.ping_with("203.0.113.80", once)?.assert_lossless();
    Ok(())
}

/// Of the families, the one that is not translated is routed.
#[netns_test(topology = home(|n| n))]
fn those_outside_have_no_route_to_what_is_hidden(net: &Network) -> TestResult {
    let server = net.host("server");
    server.ping_with("192.168.0.2", once)?.assert_unreachable();
    server.ping_with("fd00:1::2", once)?.assert_lossless();
    let seen = seen(net.host("laptop"), server, "[::]:80", "[2001:db8::80]:80")?;
    assert_eq!(seen.ip().to_string(), "fd00:1::2");
    Ok(())
}

#[netns_test(topology = home(|n| n.ipv6().forward_tcp(8080, "web:80").forward_udp(53, "192.168.0.3:5353")))]
fn a_forwarded_port_leads_inside(net: &Network) -> TestResult {
    let (web, server) = (net.host("web"), net.host("server"));
    let from = seen(server, web, "[::]:80", "203.0.113.9:8080")?;
    assert_eq!(from.ip().to_string(), "::ffff:203.0.113.80");
    let from = seen(server, web, "[::]:80", "[2001:db8::9]:8080")?;
    assert_eq!(from.ip().to_string(), "2001:db8::80");
    let name_server = web.run(|| UdpSocket::bind("0.0.0.0:5353"))?;
    let asker = server.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    asker.send_to(b"?", "203.0.113.9:53")?;
    let (_, from) = name_server.recv_from(&mut [0; 9])?;
    name_server.send_to(b"!", from)?;
    assert_eq!(
        asker.recv_from(&mut [0; 9])?.1.to_string(),
        "203.0.113.9:53"
    );
    Ok(())
}

#[netns_test(topology = home(|n| n.address("203.0.113.20").address("2001:db8::20")))]
fn a_fixed_address_is_what_those_outside_see(net: &Network) -> TestResult {
    let (laptop, server) = (net.host("laptop"), net.host("server"));
    let from = seen(laptop, server, "0.0.0.0:80", "203.0.113.80:80")?;
    assert_eq!(from.ip().to_string(), "203.0.113.20");
    let from = seen(laptop, server, "[::]:80", "[2001:db8::80]:80")?;
    assert_eq!(from.ip().to_string(), "2001:db8::20");
    Ok(())
}

#[netns_test(topology = home(|n| n.one_to_one("203.0.113.10", "192.168.0.3").one_to_one("2001:db8::10", "fd00:1::3")))]
fn a_host_has_an_outside_address_of_its_own(net: &Network) -> TestResult {
    let (web, server) = (net.host("web"), net.host("server"));
    for (theirs, outside) in [
        ("203.0.113.80", "203.0.113.10"),
        ("2001:db8::80", "2001:db8::10"),
    ] {
        let theirs = SocketAddr::new(theirs.parse()?, 80).to_string();
        let outside = SocketAddr::new(outside.parse()?, 80);
        let from = seen(web, server, &theirs, &theirs)?;
        assert_eq!(from.ip(), outside.ip());
        seen(server, web, "[::]:80", &outside.to_string())?;
    }
    // Nobody else has it.
    let from = seen(net.host("laptop"), server, "0.0.0.0:80", "203.0.113.80:80")?;
    assert_eq!(from.ip().to_string(), "203.0.113.9");
    Ok(())
}

/// From inside by the address outside; the server sees the router, or its answer would not come back this way.
#[netns_test(topology = home(|n| n.forward_tcp(8080, "web:80").one_to_one("203.0.113.10", "192.168.0.3").hairpin()))]
fn hairpins_lead_back_inside(net: &Network) -> TestResult {
    let (laptop, web) = (net.host("laptop"), net.host("web"));
    for outside in ["203.0.113.9:8080", "203.0.113.10:80"] {
        let from = seen(laptop, web, "0.0.0.0:80", outside)?;
        assert_eq!(from.ip().to_string(), "203.0.113.9", "{outside}");
        seen(net.host("box"), web, "0.0.0.0:80", outside)?;
        let from = seen(net.host("server"), web, "0.0.0.0:80", outside)?;
        assert_eq!(from.ip().to_string(), "203.0.113.80", "{outside}");
    }
    Ok(())
}

#[netns_test(topology = home(|n| n.forward_tcp(8080, "web:80")))]
fn without_hairpins_nobody_inside_gets_there(net: &Network) -> TestResult {
    let error = seen(
        net.host("laptop"),
        net.host("web"),
        "0.0.0.0:80",
        "203.0.113.9:8080",
    );
    assert_eq!(
        error.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    Ok(())
}

#[netns_test(topology = home(|n| n.prefix("2001:db8:1::/64", "fd00:1::/64")))]
fn prefixes_are_exchanged_and_the_rest_stays(net: &Network) -> TestResult {
    let (laptop, server) = (net.host("laptop"), net.host("server"));
    let from = seen(laptop, server, "[::]:80", "[2001:db8::80]:80")?;
    assert_eq!(from.ip().to_string(), "2001:db8:1::2");
    seen(server, laptop, "[::]:80", "[2001:db8:1::2]:80")?;
    Ok(())
}

/// A home's router behind that of its provider.
fn carrier() -> Topology {
    Topology::new()
        .segment("home", "192.168.0.0/24")
        .segment("carrier", "100.64.0.0/24")
        .segment("internet", "203.0.113.0/24")
        .host("laptop", |h| h.join("home"))
        .router("box", |r| {
            r.join("home").join("carrier").nat("carrier", |n| n)
        })
        .router("cgn", |r| {
            r.join("carrier")
                .attach("internet", "203.0.113.9/24")
                .nat("eth1", |n| n)
        })
        .host("server", |h| h.attach("internet", "203.0.113.80/24"))
}

#[netns_test(topology = carrier())]
fn translations_follow_one_another(net: &Network) -> TestResult {
    let (laptop, server) = (net.host("laptop"), net.host("server"));
    let from = seen(laptop, server, "0.0.0.0:80", "203.0.113.80:80")?;
    assert_eq!(from.ip().to_string(), "203.0.113.9");
    let from = seen(laptop, net.host("cgn"), "0.0.0.0:80", "100.64.0.3:80");
    assert!(from?.ip().to_string().starts_with("100.64.0."));
    server.ping_with("100.64.0.2", once)?.assert_unreachable();
    Ok(())
}
