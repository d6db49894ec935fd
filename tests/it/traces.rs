//! Traces: the routers on the way, what they say, and what they do not say.

use std::net::IpAddr;
use std::time::Duration;

use netns_test::{
    Mistake, Network, TestResult, Topology, TraceAnswer, Traceroute, UnreachableReason, netns_test,
};

use crate::chains::{chain, chain_with, far_end};
use crate::panic_text;

/// Time enough on a busy machine: only answers are waited for.
fn patient(trace: Traceroute) -> Traceroute {
    trace.timeout(Duration::from_secs(20))
}

/// Silence is waited for.
fn hasty(trace: Traceroute) -> Traceroute {
    trace.timeout(Duration::from_millis(200))
}

fn finds_every_router(net: &Network, routers: usize) -> TestResult {
    let mut expected: Vec<String> = (1..=routers).map(|it| format!("r{it}")).collect();
    expected.push("b".to_owned());
    for target in far_end(routers) {
        for icmp in [false, true] {
            let report = net.host("a").traceroute_with(&target, |t| {
                let t = patient(t);
                if icmp { t.icmp() } else { t }
            })?;
            report.assert_reached();
            assert_eq!(report.names(), expected, "{report}");
            let distances: Vec<u8> = report.hops().iter().map(|it| it.distance()).collect();
            assert_eq!(distances, (1..).take(routers + 1).collect::<Vec<u8>>());
        }
    }
    Ok(())
}

#[netns_test(topology = chain(1))]
fn one_router_is_found(net: &Network) -> TestResult {
    finds_every_router(net, 1)
}

#[netns_test(topology = chain(2))]
fn two_routers_are_found(net: &Network) -> TestResult {
    finds_every_router(net, 2)
}

#[netns_test(topology = chain(3))]
fn three_routers_are_found(net: &Network) -> TestResult {
    finds_every_router(net, 3)
}

#[netns_test(topology = chain(4))]
fn four_routers_are_found(net: &Network) -> TestResult {
    finds_every_router(net, 4)
}

#[netns_test(topology = chain(2))]
fn a_report_names_nodes_and_interfaces(net: &Network) -> TestResult {
    let report = net.host("a").traceroute_with("b", patient)?;
    let places: Vec<_> = report
        .hops()
        .iter()
        .map(|hop| {
            let from = hop.responder().unwrap();
            (
                from.address(),
                from.host().unwrap(),
                from.interface().unwrap(),
            )
        })
        .collect();
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    assert_eq!(
        places,
        [
            (address("10.10.0.2"), "r1", "eth0"),
            (address("10.10.1.3"), "r2", "eth0"),
            (address("10.10.2.4"), "b", "eth0"),
        ]
    );
    let text = report.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "traceroute to b (10.10.2.4), 30 hops max, 60 byte packets"
    );
    assert!(lines[2].starts_with(" 2  r2.eth0 (10.10.1.3)  "), "{text}");
    assert!(lines[2].ends_with(" ms"), "{text}");
    let text = panic_text(|| report.assert_unreachable());
    assert!(
        text.starts_with(
            "`b` should have been unreachable, but a probe arrived:\n\ntraceroute to b"
        ),
        "{text}"
    );
    Ok(())
}

/// These routers answer six at once, and then one each second: who asks for more at once waits, and has no holes.
fn limited() -> Topology {
    chain_with(1, |_, router| {
        router
            .sysctl("net.ipv4.icmp_ratemask", 6168)
            .sysctl("net.ipv6.icmp.ratemask", "0-1,3-127")
    })
}

#[netns_test(topology = limited())]
fn routers_that_limit_their_answers_leave_no_holes(net: &Network) -> TestResult {
    for target in far_end(1) {
        for _ in 0..8 {
            let report = net.host("a").traceroute(&target)?;
            assert_eq!(report.names(), ["r1", "b"], "{report}");
        }
    }
    Ok(())
}

#[netns_test(topology = chain(2))]
fn the_settings_of_a_trace_are_obeyed(net: &Network) -> TestResult {
    let a = net.host("a");
    let report = a.traceroute_with("b", |t| patient(t).queries(3).first_hop(2))?;
    assert_eq!(report.names(), ["r2", "b"], "{report}");
    assert_eq!(report.hops()[0].answers().len(), 3);
    assert_eq!(report.hops()[0].distance(), 2);
    assert!(report.hops()[1].answers()[2].time().is_some(), "{report}");
    let report = a.traceroute_with("b", |t| patient(t).max_hops(2))?;
    assert_eq!(report.names(), ["r1", "r2"]);
    assert!(!report.reached());
    a.link("eth0").add_address("10.10.0.77/24")?;
    a.traceroute_with("b", |t| patient(t).source([10, 10, 0, 77].into()))?
        .assert_reached();
    Ok(())
}

/// A program that listens takes the datagram and says nothing; echo requests do not mind.
#[netns_test(topology = chain(1))]
fn a_port_that_is_taken_is_silent(net: &Network) -> TestResult {
    let b = net.host("b");
    let _taken = b.run(|| std::net::UdpSocket::bind("0.0.0.0:40001"))?;
    let a = net.host("a");
    let near = |t: Traceroute| hasty(t).max_hops(2).port(40_000);
    // Each further probe goes to a port of its own, so that the next one arrives.
    let report = a.traceroute_with("b", near)?;
    assert_eq!(report.names(), ["r1", "b"], "{report}");
    a.traceroute_with("b", |t| near(t).icmp())?.assert_reached();
    Ok(())
}

fn refusing() -> Topology {
    chain_with(2, |number, router| match number {
        2 => router
            .route_with("10.99.1.0/24", |r| r.unreachable())
            .route_with("10.99.2.0/24", |r| r.prohibit())
            .route_with("10.99.3.0/24", |r| r.blackhole())
            .route_with("fd99:1::/64", |r| r.unreachable())
            .route_with("fd99:2::/64", |r| r.prohibit())
            .route_with("fd99:3::/64", |r| r.blackhole()),
        _ => router
            .route("10.99.0.0/16", "10.10.1.3")
            .route("fd99::/16", "fd10:1::3"),
    })
}

#[netns_test(topology = refusing())]
fn refusals_say_who_and_why(net: &Network) -> TestResult {
    for (target, expected, mark) in [
        ("10.99.1.1", UnreachableReason::Host, "!H"),
        ("10.99.2.1", UnreachableReason::Filtered, "!X"),
        ("10.99.4.1", UnreachableReason::Net, "!N"),
        ("fd99:1::1", UnreachableReason::NoRoute, "!N"),
        ("fd99:2::1", UnreachableReason::Prohibited, "!X"),
        ("fd99:4::1", UnreachableReason::NoRoute, "!N"),
    ] {
        for icmp in [false, true] {
            let report = net.host("a").traceroute_with(target, |t| {
                let t = patient(t);
                if icmp { t.icmp() } else { t }
            })?;
            report.assert_unreachable();
            assert_eq!(report.names(), ["r1", "r2"], "{report}");
            let last = &report.hops()[1].answers()[0];
            assert!(
                matches!(last, TraceAnswer::Unreachable { reason, .. } if *reason == expected),
                "{report}"
            );
            assert!(report.to_string().ends_with(mark), "{report}");
        }
    }
    Ok(())
}

#[netns_test(topology = refusing())]
fn silence_has_no_name(net: &Network) -> TestResult {
    for target in ["10.99.3.1", "fd99:3::1"] {
        let report = net
            .host("a")
            .traceroute_with(target, |t| hasty(t).max_hops(4))?;
        assert_eq!(report.names(), ["r1", "*", "*", "*"], "{report}");
        assert_eq!(report.hops()[1].answers(), [TraceAnswer::Silent]);
        let text = panic_text(|| report.assert_reached());
        assert!(
            text.contains("should have been reached, but no probe arrived:")
                && text.contains("\n 2  *\n    ... silence up to hop 4"),
            "{text}"
        );
    }
    Ok(())
}

/// A router in the middle that says nothing: only its own place is empty.
#[netns_test(topology = chain_with(3, |number, router| match number {
    2 => router
        .sysctl("net.ipv4.icmp_ratemask", 6168)
        .sysctl("net.ipv4.icmp_ratelimit", 1_000_000_000),
    _ => router,
}))]
fn a_silent_router_leaves_one_hole(net: &Network) -> TestResult {
    let a = net.host("a");
    // The few answers that it has are used up.
    a.traceroute_with("b", |t| hasty(t).first_hop(2).max_hops(2).queries(10))?;
    let report = a.traceroute_with("b", hasty)?;
    assert_eq!(report.names(), ["r1", "*", "r3", "b"], "{report}");
    assert!(report.reached());
    Ok(())
}

fn a_loop() -> Topology {
    chain_with(2, |number, router| match number {
        1 => router
            .route("10.99.0.0/16", "10.10.1.3")
            .route("fd99::/16", "fd10:1::3"),
        _ => router
            .route("10.99.0.0/16", "10.10.1.2")
            .route("fd99::/16", "fd10:1::2"),
    })
}

/// Two routers that send packets to each other: they go to and fro as long as they live.
#[netns_test(topology = a_loop())]
fn a_loop_is_seen(net: &Network) -> TestResult {
    for target in ["10.99.0.1", "fd99::1"] {
        let report = net
            .host("a")
            .traceroute_with(target, |t| patient(t).max_hops(8))?;
        let way = ["r1", "r2", "r1", "r2", "r1", "r2", "r1", "r2"];
        assert_eq!(report.names(), way, "{report}");
        assert!(!report.reached());
    }
    Ok(())
}

#[netns_test(topology = chain(1))]
fn the_own_host_is_one_hop_away(net: &Network) -> TestResult {
    let a = net.host("a");
    for target in ["a", "10.10.0.1", "fd10:0::1", "127.0.0.1", "::1"] {
        for icmp in [false, true] {
            let report = a.traceroute_with(target, |t| {
                let t = patient(t);
                if icmp { t.icmp() } else { t }
            })?;
            report.assert_reached();
            assert_eq!(report.names(), ["a"], "{report}");
        }
    }
    Ok(())
}

#[netns_test(topology = chain(1))]
fn without_a_route_no_probe_leaves(net: &Network) -> TestResult {
    let report = net.host("r1").traceroute_with("192.0.2.1", patient)?;
    assert_eq!(
        report.to_string(),
        "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max, 60 byte packets\n \
         1  send: Network is unreachable"
    );
    assert_eq!(report.names(), ["*"]);
    Ok(())
}

#[netns_test(topology = chain(1))]
fn a_wrong_trace_says_so(net: &Network) {
    let a = net.host("a");
    assert_eq!(
        a.traceroute("c").unwrap_err().to_string(),
        "failed to trace the way to `c` from node `a`: no such name (known: root, a, r1, b)"
    );
    assert_eq!(
        a.traceroute("root").unwrap_err().to_string(),
        "failed to trace the way to `root` from node `a`: node `root` has no address"
    );
    let error = a.traceroute_with("b", |t| t.queries(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to trace the way to `b` in node `a`: the number of 0 queries is out of range (1 to 10)"
    );
    let error = a.traceroute_with("b", |t| t.source([10, 9, 9, 9].into()));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("no interface here has the source address 10.9.9.9"),
        "{error}"
    );
}

/// Two homes behind routers with the same address, as people have them.
fn homes() -> Topology {
    let home = |topology: Topology, number: u8| {
        let segment = format!("home{number}");
        topology
            .segment(segment.as_str(), "192.168.1.0/24")
            .router(format!("r{number}"), |r| {
                r.attach(segment.as_str(), "192.168.1.1/24").join("street")
            })
            .host(format!("desk{number}"), |h| {
                h.attach(segment.as_str(), format!("192.168.1.{}/24", 10 + number))
                    .default_route("192.168.1.1")
            })
    };
    (1..=2)
        .fold(Topology::new().segment("street", "10.1.0.0/24"), home)
        .unrouted("192.168.1.0/24")
        .allow(Mistake::DuplicateAddress)
        .allow(Mistake::OverlappingSubnets)
}

#[netns_test(topology = homes())]
fn of_two_with_the_same_address_the_neighbour_is_named(net: &Network) -> TestResult {
    for number in ["1", "2"] {
        let desk = net.host(&format!("desk{number}"));
        let report = desk.traceroute_with("10.1.0.99", |t| patient(t).max_hops(1))?;
        assert_eq!(report.names(), [format!("r{number}")], "{report}");
    }
    Ok(())
}

#[netns_test(topology = chain(1))]
fn addresses_that_came_later_have_names_too(net: &Network) -> TestResult {
    net.host("b").link("eth0").add_address("10.10.1.99/24")?;
    let report = net.host("a").traceroute_with("10.10.1.99", patient)?;
    assert_eq!(report.names(), ["r1", "b"], "{report}");
    Ok(())
}
