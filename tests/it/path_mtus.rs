//! How large a packet may be, and who says so.

use netns_test::{Network, TestResult, netns_test};

use crate::chains::{chain, far_end};
use crate::{once, panic_text};

/// Makes the segment between two neighbours of a chain narrower.
fn narrow(net: &Network, (left, right): (&str, &str), bytes: u32) -> TestResult {
    net.host(left).link("eth1").set_mtu(bytes)?;
    net.host(right).link("eth0").set_mtu(bytes)?;
    Ok(())
}

#[netns_test(topology = chain(2))]
fn the_first_link_is_the_limit_where_all_are_alike(net: &Network) -> TestResult {
    for target in far_end(2) {
        let mtu = net.host("a").path_mtu(&target)?;
        assert_eq!(
            mtu.to_string(),
            format!(
                "the largest packet that arrives whole at `{target}` ({target}) has 1500 bytes: the first link carries no more"
            )
        );
        assert!(!mtu.is_black_hole());
        assert_eq!(mtu.narrowest(), None);
    }
    net.host("a").link("eth0").set_mtu(1450)?;
    net.host("a").path_mtu("b")?.assert_bytes(1450);
    Ok(())
}

#[netns_test(topology = chain(3))]
fn the_router_before_the_narrowest_link_is_named(net: &Network) -> TestResult {
    narrow(net, ("r1", "r2"), 1400)?;
    narrow(net, ("r2", "r3"), 1300)?;
    for target in far_end(3) {
        let mtu = net.host("a").path_mtu(&target)?;
        mtu.assert_bytes(1300);
        let router = mtu.narrowest().unwrap();
        assert_eq!(
            (router.host(), router.interface()),
            (Some("r2"), Some("eth0"))
        );
        assert!(!mtu.is_black_hole());
        let text = panic_text(|| mtu.assert_bytes(1500));
        assert!(
            text.starts_with("packets of up to 1500 bytes should have arrived whole at `")
                && text.contains("says that the next link carries no more"),
            "{text}"
        );
    }
    Ok(())
}

/// The kernel remembers for minutes what a router said.
#[netns_test(topology = chain(2))]
fn what_the_kernel_remembers_is_not_asked(net: &Network) -> TestResult {
    let a = net.host("a");
    for target in far_end(2) {
        narrow(net, ("r1", "r2"), 1400)?;
        let large = |p| once(p).payload(1400).dont_fragment(true);
        a.ping_with(&target, large)?.assert_unreachable();
        a.path_mtu(&target)?.assert_bytes(1400);
        narrow(net, ("r1", "r2"), 1500)?;
        let remembered = a.ping_with(&target, large)?.to_string();
        assert!(remembered.contains("message too long"), "{remembered}");
        a.path_mtu(&target)?.assert_bytes(1500);
    }
    Ok(())
}

/// The far end of the cable takes no frames that are larger than it would send, and 4 bytes for a VLAN.
#[netns_test(topology = chain(2))]
fn a_black_hole_is_found(net: &Network) -> TestResult {
    net.host("r2").link("eth0").set_mtu(1400)?;
    for target in far_end(2) {
        let mtu = net.host("a").path_mtu(&target)?;
        assert!(mtu.is_black_hole(), "{mtu}");
        mtu.assert_bytes(1404);
        assert_eq!(mtu.narrowest(), None);
        assert!(
            mtu.to_string()
                .ends_with("has 1404 bytes: larger ones vanish, and nobody says so"),
            "{mtu}"
        );
    }
    Ok(())
}

/// A router says what fits the next link, and the one behind that swallows more.
#[netns_test(topology = chain(3))]
fn a_black_hole_behind_a_narrow_link_is_found(net: &Network) -> TestResult {
    narrow(net, ("r1", "r2"), 1450)?;
    net.host("r3").link("eth0").set_mtu(1400)?;
    for target in far_end(3) {
        let mtu = net.host("a").path_mtu(&target)?;
        mtu.assert_bytes(1404);
        assert!(mtu.is_black_hole(), "{mtu}");
    }
    Ok(())
}

#[netns_test(topology = chain(1))]
fn the_own_host_takes_the_largest(net: &Network) -> TestResult {
    let a = net.host("a");
    a.path_mtu("10.10.0.1")?.assert_bytes(65_535);
    a.path_mtu("fd10:0::1")?.assert_bytes(65_536);
    Ok(())
}

#[netns_test(topology = chain(1))]
fn what_does_not_arrive_says_why(net: &Network) -> TestResult {
    let mtu = net.host("a").path_mtu("10.99.0.1")?;
    assert_eq!(
        mtu.to_string(),
        "no packet arrives at `10.99.0.1` (10.99.0.1): Destination Net Unreachable (says 10.10.0.2)"
    );
    assert_eq!(mtu.bytes(), None);
    let mtu = net.host("r1").path_mtu("10.99.0.1")?;
    assert!(
        mtu.to_string().ends_with(": send: Network is unreachable"),
        "{mtu}"
    );
    let error = net.host("a").path_mtu("c").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to measure the path MTU to `c` from node `a`: no such name (known: root, a, r1, b)"
    );
    Ok(())
}
