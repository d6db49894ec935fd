//! Searches for neighbours: who asks in vain while there is trouble asks anew when it ends, and whoever explains a silence is not told of
//! an old one.

use std::time::Duration;

use netns_test::{Host, NeighbourState, Network, TestResult, Topology, Trouble, netns_test};

const ON_B: [&str; 2] = ["10.1.0.2", "fd00:1::2"];

fn lan() -> Topology {
    Topology::lan(["a", "b", "c"])
}

/// Each search asks once, and then not again before the test is over.
fn ask_once(host: Host<'_>) -> TestResult {
    for table in ["arp_cache", "ndisc_cache"] {
        let slow = [
            "ntable", "change", "name", table, "dev", "eth0", "retrans", "600000",
        ];
        host.command("ip").args(slow).run()?;
    }
    Ok(())
}

fn answers(from: Host<'_>, to: &str, timeout: Duration) -> bool {
    let once = |p: netns_test::Ping| p.count(1).timeout(timeout);
    from.ping_with(to, once).unwrap().received() == 1
}

fn searches_in_vain(a: Host<'_>) -> TestResult {
    for address in ON_B {
        assert!(!answers(a, address, Duration::from_millis(20)), "{address}");
        let known = a.neighbours()?;
        let searched = known.iter().find(|it| it.address.to_string() == address);
        assert_eq!(searched.unwrap().state, NeighbourState::Incomplete);
    }
    Ok(())
}

/// Far less patient than a search: it is the first request after the trouble that is answered.
fn is_usable_at_once(a: Host<'_>) {
    for address in ON_B {
        assert!(answers(a, address, Duration::from_secs(20)), "{address}");
    }
}

fn end_with_the_trouble<'net>(
    net: &'net Network,
    begin: impl FnOnce(&'net Network) -> netns_test::Result<Trouble<'net>>,
) -> TestResult {
    let a = net.host("a");
    ask_once(a)?;
    let trouble = begin(net)?;
    searches_in_vain(a)?;
    trouble.heal()?;
    is_usable_at_once(a);
    Ok(())
}

#[netns_test(topology = lan())]
fn a_pause_that_ends(net: &Network) -> TestResult {
    end_with_the_trouble(net, |net| net.host("b").pause())
}

#[netns_test(topology = lan())]
fn a_cable_that_is_plugged_in_again(net: &Network) -> TestResult {
    end_with_the_trouble(net, |net| net.host("b").link("eth0").cut())
}

#[netns_test(topology = lan())]
fn all_that_is_healed_at_once(net: &Network) -> TestResult {
    let a = net.host("a");
    ask_once(a)?;
    net.host("b").pause()?.keep();
    searches_in_vain(a)?;
    net.heal()?;
    is_usable_at_once(a);
    Ok(())
}

#[netns_test(topology = lan())]
fn a_host_that_is_restarted(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    ask_once(a)?;
    b.crash()?;
    searches_in_vain(a)?;
    b.restart()?;
    is_usable_at_once(a);
    Ok(())
}

/// Of what a test does with its own hands nobody is told.
#[netns_test(topology = lan())]
fn a_silence_of_the_past_explains_nothing(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    ask_once(a)?;
    let ip = |arguments: [&str; 5]| b.command("ip").args(arguments).run();
    ip(["link", "set", "eth0", "arp", "off"])?;
    searches_in_vain(a)?;
    let silence = net.explain("a", "b")?;
    let culprit = silence.culprit().unwrap().to_string();
    assert!(culprit.contains("did not answer"), "{culprit}");
    ip(["link", "set", "eth0", "arp", "on"])?;
    let explanation = net.explain("a", "b")?;
    assert!(explanation.is_reachable(), "{explanation}");
    Ok(())
}
