//! Which way packets take between two nodes.

use netns_test::{Family, Network, TestResult, Topology, netns_test};

use crate::chains::{chain, chain_with};
use crate::panic_text;

#[netns_test(topology = chain(3), families(v4, v6, dual))]
fn a_path_is_the_routers_in_between(net: &Network) -> TestResult {
    net.assert_path("a", "b", ["r1", "r2", "r3"]);
    net.assert_path("b", "r1", ["r3", "r2"]);
    net.assert_path("r1", "r2", []);
    let path = net.path("a", "b")?;
    for family in [Family::V4, Family::V6] {
        let expected = net.families().contains(&family);
        assert_eq!(path.trace(family).is_some(), expected);
        assert_eq!(path.routers(family).is_some(), expected);
    }
    assert!(path.to_string().starts_with("traceroute to b ("), "{path}");
    Ok(())
}

/// Of a triangle's two ways the shorter one is taken, until somebody says otherwise for one family.
fn triangle() -> Topology {
    Topology::new()
        .segment("s1", ["10.1.0.0/24", "fd01::/64"])
        .segment("s2", ["10.2.0.0/24", "fd02::/64"])
        .segment("s3", ["10.3.0.0/24", "fd03::/64"])
        .segment("s4", ["10.4.0.0/24", "fd04::/64"])
        .segment("s5", ["10.5.0.0/24", "fd05::/64"])
        .router("r1", |r| r.join("s1").join("s2").join("s3"))
        .router("r2", |r| r.join("s2").join("s4").join("s5"))
        .router("r3", |r| r.join("s3").join("s4"))
        .host("a", |h| h.join("s1"))
        .host("b", |h| h.join("s5"))
}

#[netns_test(topology = triangle())]
fn another_way_is_shown_hop_by_hop(net: &Network) -> TestResult {
    net.assert_path("a", "b", ["r1", "r2"]);
    net.host("r1")
        .add_route("fd05::/64", |r| r.via("fd03::3").metric(1))?;
    let text = panic_text(|| net.assert_path("a", "b", ["r1", "r2"]));
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    assert_eq!(
        lines[..4],
        [
            "`a` should have reached `b` by r1, r2, but it did not:",
            "",
            "IPv6",
            "  hop  expected  found",
        ]
    );
    assert!(
        lines[4].starts_with("    1  r1        r1.eth0 (fd01::1)  "),
        "{text}"
    );
    assert!(
        lines[5].starts_with("!   2  r2        r3.eth0 (fd03::3)  "),
        "{text}"
    );
    assert!(lines[6].starts_with("!   3  b         r2."), "{text}");
    assert!(
        lines[7].starts_with("!   4  -         b.eth0 (fd05::5)  "),
        "{text}"
    );
    assert_eq!(lines.len(), 8, "{text}");
    let path = net.path("a", "b")?;
    assert_eq!(path.routers(Family::V4).unwrap(), ["r1", "r2"]);
    assert_eq!(path.routers(Family::V6).unwrap(), ["r1", "r3", "r2"]);
    Ok(())
}

#[netns_test(topology = chain_with(2, |number, router| match number {
    2 => router.route_with("10.10.2.4", |r| r.prohibit()),
    _ => router,
}))]
fn a_way_that_ends_is_no_way(net: &Network) {
    let text = panic_text(|| net.assert_path("a", "b", ["r1", "r2"]));
    assert!(text.contains("\nIPv4\n"), "{text}");
    assert!(!text.contains("\nIPv6\n"), "{text}");
    assert!(text.contains(" ms !X\n!   3  b         -\n"), "{text}");
    let culprit = "failed to reach `b` (10.10.2.4) from `a`: ";
    let (_, why) = text.split_once(culprit).expect(&text);
    assert!(why.contains("r2") && why.contains("prohibit"), "{text}");
    assert!(!text.contains("failed to reach `b` (fd"), "{text}");
}

/// Ports from 33434 up are taken at the target: datagrams get no answer there, echo requests do.
#[netns_test(topology = Topology::lan(["a", "b"]).only(Family::V4))]
fn where_datagrams_are_swallowed_echo_requests_find_the_way(net: &Network) -> TestResult {
    let b = net.host("b");
    let ports = 33_434..33_554;
    let sockets: Result<Vec<_>, _> = b.run(|| {
        ports
            .map(|port| std::net::UdpSocket::bind(("0.0.0.0", port)))
            .collect()
    });
    let _taken = sockets?;
    assert!(!net.host("a").traceroute("b")?.reached());
    net.assert_path("a", "b", []);
    Ok(())
}

#[netns_test(topology = chain(1))]
fn a_path_needs_names_and_addresses(net: &Network) {
    let text = panic_text(|| net.assert_path("a", "b", ["r9"]));
    assert_eq!(
        text,
        "failed to find host `r9`: no such name (known: root, a, r1, b)"
    );
    let text = panic_text(|| net.assert_path("a", "root", []));
    assert_eq!(
        text,
        "failed to find the way from `a` to `root`: the two have no addresses of the same family"
    );
}
