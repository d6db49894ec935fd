//! Filters and translations that keep packets are found and named, whoever wrote them.

use std::time::Duration;

use netns_test::{
    Blame, Culprit, Family, Host, Network, Result, Rule, TestResult, Topology, netns_test,
    require_program,
};

fn routed() -> Topology {
    Topology::new()
        .segment("left", ["10.0.1.0/24", "fd01::/64"])
        .segment("right", ["10.0.2.0/24", "fd02::/64"])
        .host("a", |h| h.join("left"))
        .router("r1", |r| r.join("left").join("right"))
        .host("b", |h| h.join("right"))
}

/// By the real program, as people's own scripts do it.
fn nft(host: Host<'_>, rules: &str) -> Result<()> {
    require_program("nft")?;
    // It wants an end of line before each brace.
    let rules = rules.replace(" }", "\n}") + "\n";
    host.command("nft").arg(rules).run()
}

#[track_caller]
fn culprit(net: &Network, family: Family) -> Culprit {
    let explanation = net.explain("a", "b").unwrap();
    let culprit = explanation.culprit_by(family);
    culprit.unwrap_or_else(|| panic!("{explanation}")).clone()
}

fn dropped(rule: Option<&str>, chain: &str) -> Blame {
    Blame::Dropped {
        rule: rule.map(str::to_owned),
        chain: chain.to_owned(),
    }
}

/// The rules that are left behind are those that were there.
fn rules(host: Host<'_>) -> String {
    let output = host.command("nft").args(["list", "ruleset"]).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[netns_test(topology = routed())]
fn the_rule_that_drops_is_named(net: &Network) -> TestResult {
    let r1 = net.host("r1");
    nft(
        r1,
        "table inet f { chain forward { type filter hook forward priority 0;
            tcp dport 22 accept
            icmp type echo-request counter drop comment \"no pings\"
            icmpv6 type echo-request drop
            tcp dport 80 drop } }",
    )?;
    let before = rules(r1);
    let [v4, v6] = [Family::V4, Family::V6].map(|family| culprit(net, family));
    assert_eq!(
        (v4.node.as_str(), &v4.blame),
        ("r1", &dropped(Some("no pings"), "forward"))
    );
    assert_eq!(
        v4.to_string(),
        "node `r1` dropped it, by rule `no pings` of chain `forward`"
    );
    assert_eq!(
        v6.blame,
        dropped(Some("3: icmpv6 type echo-request"), "forward")
    );

    let tcp = net.explain_with("a", "b", |e| e.tcp(80).family(Family::V4))?;
    assert_eq!(
        tcp.culprit().unwrap().blame,
        dropped(Some("4: tcp dport 80"), "forward")
    );
    let untouched = |text: &str| {
        text.lines()
            .filter(|line| !line.contains("counter"))
            .count()
    };
    assert_eq!(untouched(&rules(r1)), untouched(&before));
    Ok(())
}

#[netns_test(topology = routed())]
fn a_policy_and_a_bare_jump_are_named(net: &Network) -> TestResult {
    nft(
        net.host("b"),
        "table ip f { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept } }
         table ip6 g { chain quiet { drop; }
            chain input { type filter hook input priority 0; meta l4proto ipv6-icmp icmpv6 type echo-request jump quiet; } }",
    )?;
    let v4 = culprit(net, Family::V4);
    assert_eq!(
        (v4.node.as_str(), &v4.blame),
        ("b", &dropped(None, "input"))
    );
    let v6 = culprit(net, Family::V6);
    assert_eq!(
        (v6.node.as_str(), &v6.blame),
        ("b", &dropped(Some("1"), "quiet"))
    );
    Ok(())
}

#[netns_test(topology = routed())]
fn a_dropped_reply_is_told_as_one(net: &Network) -> TestResult {
    nft(
        net.host("r1"),
        "table inet f { chain forward { type filter hook forward priority 0;
            icmp type echo-reply drop comment \"no answers\" } }",
    )?;
    let culprit = culprit(net, Family::V4);
    let Blame::ReturnPath(culprit) = culprit.blame else {
        panic!("{culprit}");
    };
    assert_eq!(
        (culprit.node.as_str(), culprit.blame),
        ("r1", dropped(Some("no answers"), "forward"))
    );
    Ok(())
}

#[netns_test(topology = routed())]
fn a_rejection_is_told_with_its_rule(net: &Network) -> TestResult {
    nft(
        net.host("r1"),
        "table inet f { chain forward { type filter hook forward priority 0;
            meta l4proto { icmp, ipv6-icmp } reject with icmpx admin-prohibited comment \"closed\"
            tcp dport 80 reject with tcp reset } }",
    )?;
    for family in [Family::V4, Family::V6] {
        let culprit = culprit(net, family);
        let rejected = Blame::Rejected {
            rule: Some("closed".to_owned()),
            chain: Some("forward".to_owned()),
        };
        assert_eq!((culprit.node.as_str(), culprit.blame), ("r1", rejected));
    }
    let tcp = net.explain_with("a", "b", |e| e.tcp(80).family(Family::V4))?;
    let rejected = Blame::Rejected {
        rule: Some("2: tcp dport 80".to_owned()),
        chain: Some("forward".to_owned()),
    };
    assert_eq!(tcp.culprit().unwrap().blame, rejected);
    Ok(())
}

/// A home whose router hides it from an internet that knows nothing of private addresses.
fn home() -> Topology {
    Topology::new()
        .segment("internet", "203.0.113.0/24")
        .segment("home", "192.168.1.0/24")
        .host("outside", |h| h.attach("internet", "203.0.113.9/24"))
        .host("gate", |h| {
            h.attach("internet", "203.0.113.1/24")
                .attach("home", "192.168.1.254/24")
                .forward()
        })
        .host("inside", |h| {
            h.attach("home", "192.168.1.1/24")
                .default_route("192.168.1.254")
        })
        .unrouted("192.168.1.0/24")
}

#[netns_test(topology = home())]
fn a_translation_without_a_forward_is_told(net: &Network) -> TestResult {
    let gate = net.host("gate");
    nft(
        gate,
        "table ip n { chain post { type nat hook postrouting priority 100; oifname \"eth0\" masquerade; } }",
    )?;
    let out = net.explain("inside", "outside")?;
    assert!(out.is_reachable(), "{out}");
    assert_eq!(out.path(), ["inside", "gate", "outside"]);
    assert_eq!(out.return_path(), ["outside", "gate", "inside"]);

    let hidden = |to: &str, port| Blame::NatWithoutForward {
        to: to.parse().unwrap(),
        port,
    };
    let direct = net.explain("outside", "inside")?;
    let culprit = direct.culprit().unwrap();
    assert_eq!(
        (culprit.node.as_str(), culprit.interface.as_deref()),
        ("gate", Some("eth0"))
    );
    assert_eq!(culprit.blame, hidden("192.168.1.1", None));

    let published = net.explain_with("outside", "203.0.113.1", |e| e.tcp(80))?;
    let culprit = published.culprit().unwrap();
    assert_eq!(culprit.node, "gate");
    assert_eq!(culprit.blame, hidden("203.0.113.1", Some(80)));
    Ok(())
}

/// The router's ICMP is filtered, so that the sender never hears of the smaller link.
#[netns_test(topology = routed())]
fn a_black_hole_for_large_packets_is_told(net: &Network) -> TestResult {
    net.host("r1").link("eth1").set_mtu(1400)?;
    nft(
        net.host("a"),
        "table inet f { chain input { type filter hook input priority 0;
            icmp type destination-unreachable drop
            icmpv6 type packet-too-big drop } }",
    )?;
    let explanation = net.explain_with("a", "b", |e| e.size(1500))?;
    for family in [Family::V4, Family::V6] {
        let culprit = explanation.culprit_by(family).unwrap();
        assert_eq!(
            (culprit.node.as_str(), culprit.interface.as_deref()),
            ("r1", Some("eth1"))
        );
        let expected = Blame::MtuTooSmall {
            mtu: 1400,
            size: 1500,
            silent: true,
        };
        assert_eq!(culprit.blame, expected);
    }
    Ok(())
}

#[netns_test(topology = routed())]
fn a_failed_ping_says_where_it_ended(net: &Network) -> TestResult {
    nft(
        net.host("r1"),
        "table inet f { chain forward { type filter hook forward priority 0;
            meta l4proto icmp drop comment \"no pings\" } }",
    )?;
    let once = |ping: netns_test::Ping| ping.count(1).timeout(Duration::from_millis(50));
    let report = net.host("a").ping_with("b", once)?;
    let failure = crate::panic_text(|| report.assert_lossless());
    let expected = "failed to reach `b` (10.0.2.3) from `a`: node `r1` dropped it, by rule `no pings` of chain `forward`";
    assert!(failure.contains(expected), "{failure}");
    assert!(
        !report.to_string().contains("failed to reach"),
        "ping(8) does not say so"
    );

    let failure = crate::panic_text(|| net.ping_all().unwrap().assert_all_reachable());
    assert!(failure.contains(expected), "{failure}");
    Ok(())
}

/// What the topology itself asked for is named as it names it.
#[netns_test(topology = Topology::new()
    .segment("office", ())
    .segment("servers", ())
    .host("a", |h| h.join("office"))
    .router("gate", |r| r.join("office").join("servers").firewall(|f| {
        f.rule(Rule::drop().forward().icmp().from("office").named("no pings"))
    }))
    .host("b", |h| h.join("servers")))]
fn a_rule_of_the_topology_is_named(net: &Network) -> TestResult {
    for family in [Family::V4, Family::V6] {
        let culprit = culprit(net, family);
        assert_eq!(culprit.node, "gate");
        assert_eq!(culprit.blame, dropped(Some("no pings"), "forward"));
    }
    Ok(())
}

/// An expected failure is pinged by the test and by nobody else: what rules count is what tests assert.
#[netns_test(topology = Topology::lan(["a"]).host("b", |h| {
    h.join("lan").firewall(|f| f.rule(Rule::drop().icmp().named("no pings")))
}))]
fn a_ping_that_fails_as_expected_is_explained_to_nobody(net: &Network) -> TestResult {
    let shortly = |ping: netns_test::Ping| ping.timeout(Duration::from_millis(50));
    let target = net.host("b").ipv4();
    net.host("a")
        .ping_with(target, shortly)?
        .assert_unreachable();
    let counters = net.host("b").counters()?;
    let counted: u64 = counters.iter().map(|it| it.packets).sum();
    assert_eq!(counted, 3, "{counters:?}");
    Ok(())
}

/// The same home, whose router the topology has translate.
#[netns_test(topology = Topology::new()
    .segment("internet", "203.0.113.0/24")
    .segment("home", "192.168.1.0/24")
    .host("outside", |h| h.join("internet"))
    .router("gate", |r| r.join("internet").join("home").nat("internet", |n| n))
    .host("inside", |h| h.join("home")))]
fn a_home_that_hides_its_hosts_is_told(net: &Network) -> TestResult {
    let out = net.explain("inside", "outside")?;
    assert!(out.is_reachable(), "{out}");
    assert_eq!(out.return_path(), ["outside", "gate", "inside"]);
    let explanation = net.explain("outside", "inside")?;
    let culprit = explanation.culprit().unwrap();
    let hidden = Blame::NatWithoutForward {
        to: net.host("inside").ipv4().into(),
        port: None,
    };
    assert_eq!(
        (culprit.node.as_str(), &culprit.blame),
        ("gate", &hidden),
        "{explanation}"
    );
    Ok(())
}
