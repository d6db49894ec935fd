//! Firewalls, judged by `nft`: it lists what the plan prints, and what it is fed by the plan's script is the same.

use netns_test::{
    ConnectionState, Direction, Family, Firewall, Network, Rule, Topology, netns_test,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::compare::{everybody, in_host};
use crate::scratch::Scratch;

/// How many random ones; each takes some 100 ms of programs.
const FIREWALLS: usize = 60;

/// What the plan prints for a node between `nft -f - <<'END'` and `END`.
fn printed(script: &str, node: &str) -> String {
    let feeds = match node {
        "root" => "nft -f - <<'END'".to_owned(),
        node => format!("ip netns exec {node} nft -f - <<'END'"),
    };
    let mut tables = String::new();
    let mut inside = false;
    for line in script.lines() {
        match line {
            "END" => inside = false,
            line if inside => tables.push_str(&format!("{line}\n")),
            line => inside = line == feeds,
        }
    }
    tables
}

/// A listing whose counters say nothing: some packets, as those of neighbour discovery, come unasked.
fn without_counts(listing: &str) -> String {
    let mut words: Vec<&str> = listing.split(' ').collect();
    for position in 1..words.len() {
        if ["packets", "bytes"].contains(&words[position - 1]) {
            words[position] = "0";
        }
    }
    words.join(" ").trim_end().to_owned()
}

/// Builds the network, and compares what each node has with what is printed, and with what the script makes.
fn assert_as_listed(topology: &Topology) -> usize {
    let network = topology.build().unwrap();
    let script = network.plan().to_string();
    let mut scratch = Scratch::new();
    scratch.run(&script);
    let mut rules = 0;
    for host in everybody(&network) {
        let name = host.name();
        let printed = printed(&script, name);
        let live = without_counts(&in_host(host, "nft list ruleset"));
        assert_eq!(live, printed.trim_end(), "node `{name}`");
        let list = match name {
            "root" => "nft list ruleset".to_owned(),
            name => format!("ip netns exec {name} nft list ruleset"),
        };
        // Where a rule is about one family, `nft` reads the same rejection as that family's own.
        let fed = without_counts(&scratch.must(&list))
            .replace("reject with icmp port-unreachable", "reject")
            .replace("reject with icmpv6 port-unreachable", "reject");
        assert_eq!(fed, live, "node `{name}`");
        rules += live.matches("counter").count();
    }
    network.close().unwrap();
    rules
}

/// Every condition and every verdict.
fn everything(firewall: Firewall) -> Firewall {
    firewall
        .stateful()
        .rule(Rule::accept().input().tcp(22).from("a").named("ssh from a"))
        .rule(Rule::reject().input().tcp(80).tcp(8000..=8999))
        .rule(Rule::reset().input().output().tcp(..))
        .rule(Rule::reset().forward())
        .rule(
            Rule::unreachable()
                .forward()
                .udp(53)
                .source_port(1024..=65535),
        )
        .rule(Rule::prohibit().forward().protocol(132).to("right"))
        .rule(
            Rule::drop()
                .forward()
                .icmp()
                .incoming("left")
                .outgoing("right"),
        )
        .rule(Rule::drop().forward().icmp().family(Family::V6))
        .rule(
            Rule::drop()
                .input()
                .icmp_type(Family::V4, 8)
                .icmp_type(Family::V6, 128),
        )
        .rule(
            Rule::drop()
                .input()
                .icmp_type(Family::V4, 200)
                .from("10.0.0.0/9"),
        )
        .rule(Rule::drop().input().family(Family::V4).tcp(81))
        .rule(Rule::drop().output().from("0.0.0.0/0").to("10.9.9.9"))
        .rule(Rule::drop().output().to("::/0").udp(..))
        .rule(Rule::drop().forward().from("fd00::/61").to("fd00::1"))
        .rule(Rule::accept().input().incoming("lo").incoming("eth0"))
        .rule(
            Rule::drop()
                .forward()
                .state(ConnectionState::Invalid)
                .state(ConnectionState::New)
                .named("süß; $x `y`"),
        )
        .drop_by_default(Direction::Input)
        .drop_by_default(Direction::Forward)
        .drop_by_default(Direction::Output)
}

fn routed() -> Topology {
    Topology::new()
        .segment("left", ())
        .segment("right", ())
        .host("a", |h| h.join("left"))
        .host("b", |h| h.join("right"))
}

#[netns_test]
fn nft_lists_a_firewall_as_the_plan_prints_it(_: &Network) {
    let lab = routed().router("r", |r| {
        r.join("left")
            .join("right")
            .firewall(everything)
            .pmtu_black_hole()
            .clamp_mss()
    });
    assert!(assert_as_listed(&lab) > 30);
}

#[netns_test]
fn nft_lists_the_firewalls_of_bridges_as_the_plan_prints_them(_: &Network) {
    let conditions = |f: Firewall| {
        f.rule(Rule::drop().tcp(80).incoming("a").outgoing("b"))
            .rule(Rule::accept().from("a").icmp())
            .rule(Rule::drop().family(Family::V6).udp(5353))
            .rule(
                Rule::drop()
                    .icmp_type(Family::V6, 128)
                    .icmp_type(Family::V4, 8),
            )
            .rule(Rule::accept().protocol(58))
            .rule(Rule::accept().protocol(253).family(Family::V4))
            .drop_by_default(Direction::Forward)
    };
    let lab = Topology::new()
        .bridge_with("br0", |b| {
            b.address("10.0.0.254/24")
                .address("fd00::fe/64")
                .firewall(conditions)
        })
        .bridge_with("br1", |b| {
            b.firewall(|f| f.rule(Rule::drop().named("nothing")))
        })
        .bridge("br2", ())
        .host("a", |h| h.join("br0").attach("br1", ()))
        .host("b", |h| h.join("br0").attach("br2", ()));
    assert!(assert_as_listed(&lab) > 8);
}

/// Numbers to build firewalls from, used up one by one.
struct Dice(Vec<u8>);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        usize::from(self.0.pop().unwrap_or(0)) % sides
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

const PLACES: [&str; 9] = [
    "a",
    "r",
    "left",
    "right",
    "10.0.0.0/8",
    "192.0.2.128/25",
    "203.0.113.9",
    "2001:db8::/33",
    "fd00::1",
];

fn rule(dice: &mut Dice) -> Rule {
    let mut rule = match dice.below(6) {
        0 => Rule::accept(),
        1 => Rule::drop(),
        2 => Rule::reject(),
        3 => Rule::reset(),
        4 => Rule::unreachable(),
        _ => Rule::prohibit(),
    };
    let direction = dice.below(3);
    rule = match direction {
        0 => rule.input(),
        1 => rule.forward(),
        _ => rule.output(),
    };
    if dice.below(3) == 0 {
        rule = rule.from(dice.of(&PLACES));
    }
    if dice.below(3) == 0 {
        rule = rule.to(dice.of(&PLACES));
    }
    if direction < 2 && dice.below(3) == 0 {
        rule = rule.incoming(dice.of(&["eth0", "eth1", "left", "lo"]));
    }
    if direction > 0 && dice.below(3) == 0 {
        rule = rule.outgoing(dice.of(&["eth0", "eth1", "right", "lo"]));
    }
    let port = dice.of(&[1, 22, 80, 8080, 65535]);
    rule = match dice.below(8) {
        0 => rule.tcp(port),
        1 => rule.tcp(port..=65535),
        2 => rule.udp(port),
        3 => rule.tcp(..).source_port(port),
        4 => rule.icmp(),
        5 => rule.icmp_type(
            dice.of(&[Family::V4, Family::V6]),
            dice.of(&[0, 1, 3, 8, 128, 135, 240]),
        ),
        6 => rule.protocol(dice.of(&[1, 6, 17, 58, 132, 253])),
        _ => rule,
    };
    if dice.below(4) == 0 {
        rule = rule.state(dice.of(&[
            ConnectionState::New,
            ConnectionState::Established,
            ConnectionState::Invalid,
        ]));
    }
    if dice.below(4) == 0 {
        rule = rule.family(dice.of(&[Family::V4, Family::V6]));
    }
    if dice.below(3) == 0 {
        rule = rule.named(dice.of(&["x", "a name", "ends with *", "{ # }"]));
    }
    rule
}

fn firewall(mut firewall: Firewall, dice: &mut Dice) -> Firewall {
    for _ in 0..=dice.below(8) {
        firewall = firewall.rule(rule(dice));
    }
    for direction in [Direction::Input, Direction::Forward, Direction::Output] {
        if dice.below(3) == 0 {
            firewall = firewall.drop_by_default(direction);
        }
    }
    if dice.below(2) == 0 {
        firewall.stateful()
    } else {
        firewall
    }
}

#[netns_test(timeout = 300)]
fn nft_lists_any_firewall_as_the_plan_prints_it() {
    let strategy = prop::collection::vec(any::<u8>(), 160);
    // Always the same ones: a failure is a failure again.
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut rules) = (0, 0);
    while compared < FIREWALLS {
        let mut dice = Dice(strategy.new_tree(&mut runner).unwrap().current());
        let lab = routed().router("r", |r| {
            r.join("left")
                .join("right")
                .firewall(|f| firewall(f, &mut dice))
        });
        // Some have rules that contradict themselves.
        if lab.plan().is_ok() {
            rules += assert_as_listed(&lab);
            compared += 1;
        }
    }
    assert!(rules > FIREWALLS, "{rules} rules");
}

/// A table with a set for each family, whose elements `nft` lists.
#[netns_test(topology = Topology::lan(["a", "b", "c", "d"]))]
fn a_partition_is_one_table_that_nft_lists(net: &Network) {
    let _trouble = net.partition_one_way(["b", "c", "d"], ["a"]).unwrap();
    let listing = without_counts(&in_host(net.host("a"), "nft list ruleset"));
    let (head, rest) = listing.split_once(" {\n").unwrap();
    assert!(head.starts_with("table inet partition"), "{listing}");
    for part in [
        "\tset ipv4 {\n\t\ttype ipv4_addr\n\t\telements = { 10.1.0.2, 10.1.0.3,\n\t\t\t     10.1.0.4 }\n\t}\n",
        "\tset ipv6 {\n\t\ttype ipv6_addr\n\t\telements = { fd00:1::2,\n\t\t\t     fd00:1::3,\n",
        "\t\tip saddr @ipv4 counter packets 0 bytes 0 drop comment \"blocked from b, c, d\"\n",
        "\t\tip6 saddr @ipv6 counter packets 0 bytes 0 drop comment \"blocked from b, c, d\"\n",
    ] {
        assert!(rest.contains(part), "{listing}");
    }
    assert!(!rest.contains("table "), "{listing}");
    assert_eq!(in_host(net.host("b"), "nft list ruleset"), "");
}
