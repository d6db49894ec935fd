//! What firewalls come to, and which of them are refused.

use super::mistake;
use crate::address::Family;
use crate::topology::{ConnectionState, Direction, Firewall, Rule, Topology};

fn lab(configure: impl FnOnce(Firewall) -> Firewall) -> Topology {
    Topology::lan(["client"]).host("server", |h| h.join("lan").firewall(configure))
}

/// `r` routes between `left` and `right`.
fn routed(configure: impl FnOnce(Firewall) -> Firewall) -> Topology {
    Topology::new()
        .segment("left", ())
        .segment("right", ())
        .router("r", |r| r.join("left").join("right").firewall(configure))
}

fn bridged(configure: impl FnOnce(Firewall) -> Firewall) -> Topology {
    Topology::new()
        .bridge_with("br0", |b| b.address("10.0.0.254/24").firewall(configure))
        .host("a", |h| h.join("br0"))
}

/// The rules of a node's chain, without counters.
#[track_caller]
fn chain(topology: &Topology, name: &str) -> Vec<String> {
    let plan = topology.plan().unwrap().to_string();
    let head = format!("\tchain {name} {{");
    let lines = plan.lines().skip_while(|line| *line != head).skip(1);
    let lines = lines.take_while(|line| *line != "\t}");
    lines
        .map(|line| line.trim().replace("counter packets 0 bytes 0 ", ""))
        .filter(|line| !line.starts_with("type "))
        .collect()
}

#[test]
fn a_rule_is_multiplied_by_what_it_names_several_times() {
    let topology = lab(|f| f.rule(Rule::accept().tcp(80).udp(53).from("client").named("x")));
    assert_eq!(
        chain(&topology, "input"),
        [
            "ip saddr 10.1.0.1 tcp dport 80 accept comment \"x\"",
            "ip saddr 10.1.0.1 udp dport 53 accept comment \"x\"",
            "ip6 saddr fd00:1::1 tcp dport 80 accept comment \"x\"",
            "ip6 saddr fd00:1::1 udp dport 53 accept comment \"x\"",
        ]
    );
    let one = topology.only(Family::V6);
    assert_eq!(chain(&one, "input").len(), 2);
}

#[test]
fn names_stand_for_what_they_have_here() {
    let topology = routed(|f| {
        f.rule(
            Rule::drop()
                .forward()
                .tcp(1)
                .incoming("left")
                .outgoing("eth1"),
        )
        .rule(
            Rule::drop()
                .forward()
                .tcp(2)
                .from("left")
                .family(Family::V4),
        )
    });
    assert_eq!(
        chain(&topology, "forward"),
        [
            "iifname \"eth0\" oifname \"eth1\" tcp dport 1 drop comment \"rule 1 (forward)\"",
            "ip saddr 10.1.0.0/16 tcp dport 2 drop comment \"rule 2 (forward)\"",
        ]
    );
}

#[test]
fn states_come_first_and_what_is_spared_last() {
    let topology = lab(|f| {
        f.drop_by_default(Direction::Input)
            .stateful()
            .rule(Rule::accept().tcp(80))
    });
    assert_eq!(
        chain(&topology, "input"),
        [
            "ct state established,related accept comment \"established\"",
            "tcp dport 80 accept comment \"rule 1 (input)\"",
            "iifname \"lo\" accept comment \"loopback\"",
            "icmpv6 type 130-137 accept comment \"neighbour discovery\"",
            "icmpv6 type mld2-listener-report accept comment \"multicast listeners\"",
            "drop comment \"default\"",
        ]
    );
    assert!(chain(&topology, "output").is_empty());
}

#[test]
fn a_rule_about_everything_spares_neighbour_discovery_and_one_that_names_it_does_not() {
    let spared = "icmpv6 type 130-137 accept comment \"neighbour discovery\"";
    let has = |rule: Rule| chain(&lab(|f| f.rule(rule)), "input").contains(&spared.to_owned());
    assert!(has(Rule::drop()));
    assert!(has(Rule::reject().from("client")));
    assert!(!has(Rule::drop().from("10.0.0.0/8")));
    assert!(!has(Rule::drop().icmp()));
    assert!(!has(Rule::drop().protocol(58)));
    assert!(!has(Rule::accept()));
    assert!(!has(Rule::reset()));
}

/// A rule of the server's, and why it is refused.
#[track_caller]
fn assert_wrong(rule: Rule, cause: &str) {
    let text = mistake(&lab(|f| f.rule(rule)));
    assert!(text.ends_with(cause), "{text}");
    // The call that is blamed is one of the rule's own.
    assert!(text.starts_with('['), "{text}");
}

#[test]
fn what_no_packet_can_meet_is_a_mistake() {
    assert_wrong(
        Rule::drop().from("10.0.0.0/33"),
        "the prefix length 33 is out of range (0 to 32 for IPv4) (known: root, client, server, lan)",
    );
    assert_wrong(
        Rule::drop().to("nobody"),
        "`nobody` is no address, no subnet, and no name of a node, bridge or segment (known: root, client, server, lan)",
    );
    assert_wrong(Rule::drop().from("root"), "node `root` has no address");
    assert_wrong(
        Rule::drop().incoming("eth1"),
        "there is no interface `eth1` (known: lo, eth0, lan)",
    );
    let star = Topology::lan(["client"]).host("server", |h| {
        h.attach_with("lan", |i| i.name("a*"))
            .firewall(|f| f.rule(Rule::drop().incoming("a*")))
    });
    let text = mistake(&star);
    assert!(
        text.ends_with("rules cannot name interface `a*`, with a quote, a star or a backslash"),
        "{text}"
    );
    let port = Topology::new()
        .bridge_with("br0", |b| b.firewall(|f| f.rule(Rule::drop().tcp(1))))
        .host("a", |h| {
            h.attach_with("br0", |i| i.port("p\"").address("10.0.0.1/24"))
        });
    assert!(mistake(&port).ends_with(
        "firewall of bridge `br0`: rules cannot name interface `p\"`, with a quote, a star or a backslash"
    ));
    let families = "its conditions are of different families: no packet meets them";
    assert_wrong(Rule::drop().from("10.0.0.0/8").to("fd00::/8"), families);
    assert_wrong(
        Rule::drop().family(Family::V4).icmp_type(Family::V6, 1),
        families,
    );
    #[expect(
        clippy::reversed_empty_ranges,
        reason = "the mistake is what is tested"
    )]
    let reversed = 20..=10;
    assert_wrong(Rule::drop().tcp(reversed), "no port is in 20..=10");
    let ports = "only TCP and UDP have ports: say which with `.tcp(..)` or `.udp(..)`";
    assert_wrong(Rule::drop().source_port(1), ports);
    assert_wrong(Rule::drop().icmp().source_port(1), ports);
    assert_wrong(
        Rule::reset().udp(1),
        "only TCP connections can be reset: use `Rule::reject()` for the others",
    );
    assert_wrong(
        Rule::drop().output().incoming("eth0"),
        "what the node sends itself came in by no interface",
    );
    assert_wrong(
        Rule::drop().outgoing("eth0"),
        "what is for the node itself goes out by no interface: `.forward()` is for what it routes, `.output()` for what it sends",
    );
}

#[test]
fn names_that_cannot_be_written_are_mistakes() {
    assert_wrong(
        Rule::drop().named(""),
        "the name has 0 bytes, a rule's has 1 to 100",
    );
    let long = "x".repeat(101);
    assert_wrong(
        Rule::drop().named(long),
        "the name has 101 bytes, a rule's has 1 to 100",
    );
    let characters = "the name contains a quote, a backslash or a control character";
    assert_wrong(Rule::drop().named("a\"b"), characters);
    assert_wrong(Rule::drop().named("a\nb"), characters);
    assert_wrong(
        Rule::drop().named("default"),
        "the name is reserved for a rule of every firewall",
    );
    assert!(
        lab(|f| f.rule(Rule::drop().named("x".repeat(100))))
            .plan()
            .is_ok()
    );
}

#[test]
fn a_router_wants_to_know_which_packets_are_meant() {
    assert_eq!(
        mistake(&routed(|f| f.rule(Rule::drop().tcp(80)))),
        "[Rule::drop(]: rule 1 of node `r`: the node forwards: say `.forward()` for what it routes, `.input()` for what is for itself"
    );
}

#[test]
fn what_a_bridge_cannot_do_is_a_mistake() {
    let wrong = |rule: Rule| mistake(&bridged(|f| f.rule(rule)));
    let says = |rule: Rule, cause: &str| {
        let text = wrong(rule);
        assert!(text.ends_with(cause), "{text}");
    };
    says(
        Rule::drop().input(),
        "rule 1 of bridge `br0`: a bridge filters what it passes on: what is for the root itself is the business of the root's own firewall",
    );
    says(
        Rule::reject(),
        "a bridge answers nobody: between ports it can accept and drop",
    );
    says(
        Rule::drop().state(ConnectionState::New),
        "a bridge follows no connections",
    );
    says(
        Rule::drop().incoming("b"),
        "there is no interface `b` (known: veth1, a)",
    );
    assert_eq!(
        mistake(&bridged(|f| f.stateful().rule(Rule::accept()))),
        "[stateful(]: firewall of bridge `br0`: a bridge follows no connections"
    );
    assert_eq!(
        mistake(&bridged(|f| f.drop_by_default(Direction::Input))),
        "[drop_by_default(Direction::Input]: firewall of bridge `br0`: a bridge filters what it passes on: `input` is the business of the root's own firewall"
    );
}
