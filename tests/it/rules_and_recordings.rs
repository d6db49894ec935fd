//! What rules and recordings of one wire must not do to each other, nor to the test.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use netns_test::{
    Backend, Family, Impairment, Jitter, Match, Network, PacketRule, Ping, TestResult, Topology,
    netns_test,
};

use crate::acquainted::acquaint;

/// For requests that are not answered, or whose answer is not waited for.
fn brief(ping: Ping) -> Ping {
    ping.count(1).timeout(Duration::from_millis(200))
}

/// The first packet that is recorded is the one that is dropped: nobody else has anything to say.
#[netns_test(topology = Topology::lan(["a", "b"]).only(Family::V4).wires())]
fn a_packet_of_an_ended_recording_is_not_taken_for_one_of_the_next(net: &Network) -> TestResult {
    let (a, link) = (net.host("a"), net.host("a").link("eth0"));
    acquaint(net, ["a", "b"])?;
    let held = link.hold(Match::udp())?;
    let socket = a.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    let ended = link.record()?;
    socket.send_to(b"held", net.host("b").socket_addr(7000))?;
    held.wait_until_held(1)?;
    drop(ended);
    let recording = link.record()?;
    let _rule = link.packet_rule(PacketRule::drop(Match::icmp()))?;
    a.ping_with("b", brief)?;
    assert_eq!(held.release(), 1);
    let first = recording.packets().remove(0);
    assert_eq!((first.passed, &*first.fate), (false, "dropped by a rule"));
    Ok(())
}

/// It would wait for a wire that others are changing, who wait for the rule.
#[netns_test]
fn a_rule_that_asks_about_its_wire_is_told_that_it_cannot() -> TestResult {
    let net = Arc::new(Topology::lan(["a", "b"]).wires().build()?);
    let inner = Arc::clone(&net);
    let asks = PacketRule::rewrite(Match::icmp(), move |_| {
        drop(inner.host("a").link("eth0").backend());
    });
    let rule = net.host("a").link("eth0").packet_rule(asks)?;
    net.host("a").ping_with("b", brief)?;
    let told = rule.wait_for_hits(1000).unwrap_err().to_string();
    assert!(
        told.contains("a packet rule cannot change the wire"),
        "{told}"
    );
    // Who was told is not told again.
    drop(rule);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires().backend(Backend::Wire))]
fn what_comes_after_an_impairment_does_not_wait_for_what_it_delays(net: &Network) -> TestResult {
    let (a, link) = (net.host("a"), net.host("a").link("eth0"));
    a.ping_with("b", crate::once)?.assert_lossless();
    let in_order = Jitter::uniform(Duration::from_millis(1)).in_order();
    let slow = |delay| Impairment::new().delay(delay).jitter(in_order);
    let _minutes = link.impair_egress(slow(Duration::from_secs(200)))?;
    assert_eq!(a.ping_with("b", brief)?.received(), 0);
    let _now = link.impair_egress(slow(Duration::from_millis(2)))?;
    a.ping_with("b", crate::once)?.assert_lossless();
    Ok(())
}
