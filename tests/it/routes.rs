//! Routes do what they say.

use std::io::ErrorKind;
use std::net::{IpAddr, UdpSocket};

use netns_test::{Host, Network, PingAnswer, TestResult, Topology, netns_test};

use crate::once;

fn refusing() -> Topology {
    Topology::new()
        .bridge("br0", ["10.0.0.254/24", "fd00::fe/64"])
        .host("a", |h| {
            h.attach("br0", ["10.0.0.1/24", "10.0.0.2/24", "fd00::1/64"])
                .default_route("10.0.0.254")
                .blackhole("192.0.2.0/24")
                .route_with("198.51.100.0/24", |r| r.unreachable())
                .route_with("203.0.113.0/24", |r| r.prohibit())
                .route_with("fd09::/64", |r| r.prohibit())
                .route_with("10.9.0.0/16", |r| r.via("10.0.0.254").source("10.0.0.2"))
        })
}

/// Where a datagram socket would send from, or why it cannot.
fn source(host: Host<'_>, to: &str) -> Result<IpAddr, ErrorKind> {
    let to: IpAddr = to.parse().unwrap();
    host.run(|| {
        let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).unwrap();
        socket.connect((to, 9)).map_err(|error| error.kind())?;
        Ok(socket.local_addr().unwrap().ip())
    })
}

#[netns_test(topology = refusing())]
fn each_refusal_has_its_error(net: &Network) -> TestResult {
    let a = net.host("a");
    assert_eq!(source(a, "192.0.2.1"), Err(ErrorKind::InvalidInput));
    assert_eq!(source(a, "198.51.100.1"), Err(ErrorKind::HostUnreachable));
    assert_eq!(source(a, "203.0.113.1"), Err(ErrorKind::PermissionDenied));
    assert_eq!(source(a, "fd09::1"), Err(ErrorKind::PermissionDenied));
    Ok(())
}

#[netns_test(topology = refusing())]
fn a_ping_says_what_the_kernel_said(net: &Network) -> TestResult {
    for (target, expected) in [
        ("192.0.2.1", "Invalid argument"),
        ("198.51.100.1", "No route to host"),
        ("203.0.113.1", "Permission denied"),
    ] {
        let report = net.host("a").ping_with(target, once)?;
        report.assert_unreachable();
        let PingAnswer::NotSent { error, .. } = &report.answers()[0] else {
            panic!("{report}");
        };
        assert!(error.contains(expected), "{target}: {error}");
    }
    Ok(())
}

#[netns_test(topology = refusing())]
fn the_preferred_source_is_used(net: &Network) -> TestResult {
    let a = net.host("a");
    assert_eq!(source(a, "10.9.0.1"), Ok("10.0.0.2".parse()?));
    assert_eq!(source(a, "8.8.8.8"), Ok("10.0.0.1".parse()?));
    Ok(())
}

fn two_ways() -> Topology {
    Topology::new()
        .segment("left", "10.1.0.0/24")
        .segment("right", "10.2.0.0/24")
        .host("a", |h| {
            h.join("left")
                .join("right")
                .route_with("default", |r| r.via("10.1.0.2").metric(200))
                .route_with("default", |r| r.via("10.2.0.3").metric(100))
                .route_with("203.0.113.0/24", |r| {
                    r.via("192.0.2.1").device("eth1").onlink()
                })
        })
        .host("b", |h| h.join("left"))
        .host("c", |h| h.join("right"))
}

/// Of two routes the one with the lower metric wins, until its link goes down.
#[netns_test(topology = two_ways())]
fn the_lower_metric_wins(net: &Network) -> TestResult {
    let a = net.host("a");
    assert_eq!(source(a, "8.8.8.8"), Ok("10.2.0.1".parse()?));
    a.link("eth1").down()?;
    assert_eq!(source(a, "8.8.8.8"), Ok("10.1.0.1".parse()?));
    Ok(())
}

#[netns_test(topology = two_ways())]
fn an_onlink_gateway_is_asked_for_on_its_link(net: &Network) -> TestResult {
    let a = net.host("a");
    assert!(
        a.routes()?
            .to_string()
            .contains("203.0.113.0/24 via 192.0.2.1 dev eth1 onlink")
    );
    assert_eq!(source(a, "203.0.113.1"), Ok("10.2.0.1".parse()?));
    Ok(())
}

fn routed() -> Topology {
    Topology::new()
        .segment("left", ["10.1.0.0/24", "fd01::/64"])
        .segment("right", ["10.2.0.0/24", "fd02::/64"])
        .host("a", |h| {
            h.join("left")
                .default_route("10.1.0.2")
                .default_route("fd01::2")
        })
        .host("r", |h| {
            h.join("left")
                .join("right")
                .sysctl("net.ipv4.ip_forward", 1)
                .sysctl("net.ipv6.conf.all.forwarding", 1)
        })
        .host("b", |h| {
            h.join("right")
                .default_route("10.2.0.2")
                .default_route("fd02::2")
        })
}

#[netns_test(topology = routed())]
fn a_forwarding_host_is_a_router(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    for target in ["10.2.0.3", "fd02::3"] {
        let report = a.ping_with(target, once)?;
        report.assert_lossless();
        // One hop less than it was sent with.
        assert!(
            matches!(report.answers()[0], PingAnswer::Reply { ttl: 63, .. }),
            "{report}"
        );
    }
    b.ping_with("a", once)?.assert_lossless();
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = routed())]
fn a_router_says_when_time_is_exceeded(net: &Network) -> TestResult {
    let a = net.host("a");
    for (target, router) in [("10.2.0.3", "10.1.0.2"), ("fd02::3", "fd01::2")] {
        let report = a.ping_with(target, |p| once(p).ttl(1))?;
        let expected: IpAddr = router.parse()?;
        assert!(
            matches!(report.answers()[0], PingAnswer::TimeExceeded { from, .. } if from == expected),
            "{report}"
        );
    }
    Ok(())
}
