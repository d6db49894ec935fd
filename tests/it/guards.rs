//! Rules that come and go while a network lives, and nodes that are kept apart.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use netns_test::{
    Host, Network, Result, Rule, RuleGuard, TestResult, Topology, Trouble, netns_test,
};

use crate::panic_text;

const SILENCE: Duration = Duration::from_millis(300);
const ANSWER: Duration = Duration::from_secs(20);

fn received(from: Host<'_>, to: &str) -> Result<usize> {
    Ok(from.ping(to)?.received())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_rule_goes_with_its_guard_however_that_ends(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let no_ping = || b.add_rule(Rule::drop().icmp_type(netns_test::Family::V4, 8));
    drop(no_ping()?);
    assert_eq!(received(a, "b")?, 3);
    no_ping()?.remove()?;
    assert_eq!(received(a, "b")?, 3);
    let text = panic_text(|| {
        let _guard = no_ping().unwrap();
        assert_eq!(received(a, "b").unwrap(), 0);
        panic!("on purpose");
    });
    assert_eq!(text, "on purpose");
    assert_eq!(received(a, "b")?, 3);
    no_ping()?.keep();
    assert_eq!(received(a, "b")?, 0);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a"]).host("b", |h| h.join("lan").firewall(|f| f.rule(Rule::drop().icmp().named("old")))))]
fn a_rule_that_is_added_comes_before_the_others(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let first = b.add_rule(Rule::reject().from("a").named("first"))?;
    let second = b.add_rule(Rule::accept().from("a").to("b").named("second"))?;
    assert_eq!(received(a, "b")?, 3);
    let names: Vec<String> = b.counters()?.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["second", "first", "old"]);
    drop(second);
    assert_eq!(received(a, "b")?, 0);
    assert_eq!(b.counter("first")?.packets, 3);
    drop(first);
    assert_eq!(received(a, "b")?, 0);
    assert_eq!(b.counter("old")?.packets, 3);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_guard_never_takes_a_rule_of_a_later_firewall(net: &Network) -> TestResult {
    let b = net.host("b");
    let guards: [RuleGuard<'_>; 2] = [
        b.add_rule(Rule::drop().tcp(1))?,
        b.add_rule(Rule::drop().tcp(2))?,
    ];
    b.replace_firewall(|f| {
        f.rule(Rule::drop().tcp(3).named("3"))
            .rule(Rule::drop().tcp(4).named("4"))
    })?;
    drop(guards);
    let names: Vec<String> = b.counters()?.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["3", "4"]);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn wrong_rules_and_names_are_told_and_change_nothing(net: &Network) -> TestResult {
    let b = net.host("b");
    let error = b.add_rule(Rule::drop().incoming("eth7")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("failed to decide a rule for node `b`: 1 mistake\n"),
        "{text}"
    );
    assert!(text.contains("tests/it/guards.rs:"), "{text}");
    assert!(
        text.contains("rule of node `b`: there is no interface `eth7` (known: lo, eth0, lan)"),
        "{text}"
    );
    let error = b
        .replace_firewall(|f| f.rule(Rule::drop().from("c")))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("failed to decide the firewall of node `b`: "),
        "{error}"
    );
    let error = b.counter("x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to find counter `x` of node `b`: there is none"
    );
    assert!(net.block("a", "z").unwrap_err().is_unknown_name());
    let error = net.block("a", "a").unwrap_err().to_string();
    assert!(
        error.starts_with(
            "failed to block `a` from `a`: it is on both sides\n  help: name each node"
        ),
        "{error}"
    );
    assert_eq!(b.counters()?, []);
    Ok(())
}

fn send<T: Send>(_: &T) {}

/// Two lans and a router.
fn routed() -> Topology {
    Topology::new()
        .segment("left", ())
        .segment("right", ())
        .host("a", |h| h.join("left"))
        .host("near", |h| h.join("left"))
        .host("far", |h| h.join("right"))
        .router("r", |r| r.join("left").join("right"))
}

#[netns_test(topology = routed())]
fn two_nodes_are_kept_apart_and_nobody_else(net: &Network) -> TestResult {
    let names = ["a", "near", "far", "r"];
    for pair in [["a", "near"], ["a", "far"], ["far", "a"], ["r", "a"]] {
        let guard: Trouble<'_> = net.block(pair[0], pair[1])?;
        send(&guard);
        for from in names {
            for to in names.into_iter().filter(|to| *to != from) {
                let apart = pair.contains(&from) && pair.contains(&to);
                for family in [4, 6] {
                    let target = net.host(to);
                    let address = if family == 4 {
                        target.ipv4().to_string()
                    } else {
                        target.ipv6().to_string()
                    };
                    let report = net.host(from).ping_with(&address, |ping| {
                        ping.count(1).timeout(if apart { SILENCE } else { ANSWER })
                    })?;
                    let expected = usize::from(!apart);
                    assert_eq!(
                        report.received(),
                        expected,
                        "{from} to {to} ({address}), {pair:?} apart"
                    );
                }
            }
        }
        guard.heal()?;
        net.ping_all()?.assert_all_reachable();
    }
    Ok(())
}

#[netns_test(topology = routed())]
fn blocks_are_counted_and_independent(net: &Network) -> TestResult {
    let first = net.block("a", "far")?;
    assert_eq!(received(net.host("a"), "far")?, 0);
    assert_eq!(net.host("far").counter("blocked from a")?.packets, 3);
    assert_eq!(received(net.host("far"), "a")?, 0);
    assert_eq!(net.host("a").counter("blocked from far")?.packets, 3);
    let second = net.block("far", "a")?;
    drop(first);
    assert_eq!(received(net.host("a"), "far")?, 0);
    drop(second);
    assert_eq!(received(net.host("a"), "far")?, 3);
    assert_eq!(net.host("far").counters()?, []);
    Ok(())
}

/// What happens to a connection while something is in its way.
fn stalls_and_goes_on<G>(net: &Network, disturb: impl FnOnce() -> Result<G>) -> TestResult {
    let (a, far) = (net.host("a"), net.host("far"));
    let listener = far.run(|| TcpListener::bind("[::]:80"))?;
    let to: SocketAddr = (far.ipv6(), 80).into();
    let mut there = a.run(|| TcpStream::connect(to))?;
    let mut here = listener.accept()?.0;
    there.write_all(b"1")?;
    let mut byte = [0];
    here.read_exact(&mut byte)?;
    let guard = disturb()?;
    there.write_all(b"2")?;
    here.set_read_timeout(Some(SILENCE))?;
    let silence = here.read(&mut byte).unwrap_err();
    assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    drop(guard);
    here.set_read_timeout(Some(ANSWER))?;
    here.read_exact(&mut byte)?;
    assert_eq!(&byte, b"2");
    Ok(())
}

#[netns_test(topology = routed())]
fn connections_stall_in_a_block_and_go_on_when_it_is_healed(net: &Network) -> TestResult {
    stalls_and_goes_on(net, || net.block("a", "far"))
}

#[netns_test(topology = routed().root(|root| root))]
fn a_rule_that_is_added_stops_connections_that_a_stateful_firewall_lets_pass(
    net: &Network,
) -> TestResult {
    let r = net.host("r");
    r.replace_firewall(|f| {
        f.stateful()
            .rule(Rule::accept().forward().tcp(80))
            .drop_by_default(netns_test::Direction::Forward)
    })?;
    stalls_and_goes_on(net, || r.add_rule(Rule::drop().forward().tcp(80)))
}

/// What is about no address would keep nothing apart.
#[netns_test(topology = Topology::lan(["a"]).host("mute", |h| h.attach("lan", ())).only(netns_test::Family::V4))]
fn a_node_without_addresses_cannot_be_blocked(net: &Network) {
    let error = net.block("a", "mute").unwrap_err().to_string();
    assert_eq!(
        error,
        "failed to block what node `mute` sends: it has no address\n  \
         help: give it one first: a block is about the addresses that a node has"
    );
}
