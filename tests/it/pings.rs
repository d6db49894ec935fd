//! Pings: settings, and every kind of answer.

use std::time::Duration;

use netns_test::{Network, PingAnswer, TestResult, Topology, netns_test};

use crate::{once, panic_text};

fn lan() -> Topology {
    Topology::lan(["a", "b", "c"])
}

#[netns_test(topology = lan())]
fn settings_are_obeyed(net: &Network) -> TestResult {
    let a = net.host("a");
    let report = a.ping_with("b", |p| {
        once(p).count(5).interval(Duration::ZERO).payload(100)
    })?;
    assert_eq!((report.transmitted(), report.received()), (5, 5));
    assert!(report.to_string().starts_with(
        "PING b (10.1.0.2) 100(128) bytes of data.\n108 bytes from 10.1.0.2: icmp_seq=1 ttl=64"
    ));
    // What leaves with a hop limit of one arrives on the same link.
    a.ping_with("fd00:1::2", |p| once(p).ttl(1))?
        .assert_lossless();
    a.link("eth0").add_address("10.1.0.77/16")?;
    let report = a.ping_with("b", |p| once(p).source([10, 1, 0, 77].into()))?;
    report.assert_lossless();
    assert_eq!(report.source(), Some([10, 1, 0, 77].into()));
    Ok(())
}

#[netns_test(topology = lan())]
fn a_link_local_target_names_its_interface(net: &Network) -> TestResult {
    let mac = net.host("b").interface("eth0")?.mac.unwrap();
    let target = format!("{}%eth0", mac.link_local());
    net.host("a").ping_with(target, once)?.assert_lossless();
    let error = net.host("a").ping("fe80::1%wan").unwrap_err();
    assert!(error.is_unknown_name(), "{error}");
    Ok(())
}

#[netns_test(topology = lan())]
fn too_large_a_packet_is_not_sent(net: &Network) -> TestResult {
    let report = net
        .host("a")
        .ping_with("b", |p| once(p).payload(1473).dont_fragment(true))?;
    assert!(
        matches!(&report.answers()[0], PingAnswer::NotSent { error, .. } if error == "local error: message too long, mtu=1500"),
        "{report}"
    );
    // In pieces it arrives.
    net.host("a")
        .ping_with("b", |p| once(p).payload(4000))?
        .assert_lossless();
    Ok(())
}

#[netns_test(topology = lan())]
fn without_a_route_nothing_is_sent(net: &Network) -> TestResult {
    for target in ["192.0.2.1", "fd99::1"] {
        let report = net.host("a").ping_with(target, once)?;
        report.assert_unreachable();
        assert_eq!(report.source(), None);
        assert!(
            report.to_string().contains("Network is unreachable"),
            "{report}"
        );
    }
    Ok(())
}

/// Nobody has the address: the pinging host's own kernel says so after three questions.
#[netns_test(topology = lan())]
fn nobody_at_an_address_is_reported(net: &Network) -> TestResult {
    for (target, words) in [
        ("10.1.0.99", "Destination Host Unreachable"),
        ("fd00:1::99", "Destination unreachable: Address unreachable"),
    ] {
        let report = net.host("a").ping_with(target, once)?;
        assert!(
            matches!(report.answers()[0], PingAnswer::Unreachable { .. }),
            "{report}"
        );
        assert!(report.to_string().contains(words), "{report}");
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn silence_is_loss(net: &Network) -> TestResult {
    let report = net.host("a").ping_with("10.1.0.99", |p| {
        p.count(2).timeout(Duration::from_millis(1))
    })?;
    assert_eq!(report.loss(), 1.0);
    let text = panic_text(|| report.assert_lossless());
    assert!(
        text.starts_with(
            "`10.1.0.99` should have replied to every echo request, but it replied to 0 of 2:"
        ),
        "{text}"
    );
    assert!(
        text.contains("2 packets transmitted, 0 received, 100% packet loss"),
        "{text}"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn a_wrong_target_lists_the_hosts(net: &Network) {
    let error = net.host("a").ping("d").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to ping `d` from node `a`: no such name (known: root, a, b, c)"
    );
    let error = net.host("a").ping("root").unwrap_err().to_string();
    assert_eq!(
        error,
        "failed to ping `root` from node `a`: node `root` has no address"
    );
    let error = net
        .host("a")
        .ping_with("b", |p| p.count(0))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "failed to ping `b` in node `a`: the count 0 is out of range (1 to 65535)"
    );
}

/// The matrix names the pairs that failed, and the reason.
#[netns_test(topology = lan())]
fn a_matrix_shows_who_does_not_reach_whom(net: &Network) -> TestResult {
    net.host("c").add_route("10.1.0.1", |r| r.unreachable())?;
    let matrix = net.ping_all()?;
    matrix.assert_reachable("a", "b");
    assert!(!matrix.is_reachable("c", "a"));
    let text = panic_text(|| matrix.assert_all_reachable());
    assert!(
        text.starts_with(
            "every node should have reached every other one, but 2 of 12 pings failed:"
        ),
        "{text}"
    );
    assert!(text.contains("c -> a (IPv4): "), "{text}");
    assert!(
        text.lines()
            .any(|line| line.split_whitespace().eq(["c", "X4", "ok", "-"])),
        "{text}"
    );
    Ok(())
}
