//! What rule sets print as. `tests/oracle` has the real `nft` list what the kernel made of them.

use std::time::Duration;

use super::*;
use crate::address::Family;

fn subnet(text: &str) -> Value {
    Value::Subnet(text.parse().unwrap())
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A table with a bit of everything.
pub(crate) fn everything() -> Table {
    let mut table = Table::new(Layer::Inet, "everything");
    table.sets.push(Set {
        name: "seen".to_owned(),
        key: vec![Datatype::Address(Family::V4), Datatype::Port],
        value: vec![Datatype::Port],
        elements: Vec::new(),
        size: 65_536,
        timeout: Some(Duration::from_secs(300)),
    });
    let three = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    table.sets.extend([
        Set::of("some", Family::V4, three.map(address).to_vec()),
        Set::of(
            "more",
            Family::V6,
            ["fd00::1", "fd00::2"].map(address).to_vec(),
        ),
    ]);
    let source = Selector::Address(Family::V4, Side::Source);
    let udp = Selector::Port(Transport::Udp, Side::Source);
    table.chains = vec![
        Chain::at("forward", Kind::Filter, Point::Forward, 0)
            .rule(Rule::new([
                Statement::Is(
                    Selector::State,
                    Value::States(States::ESTABLISHED.and(States::RELATED)),
                ),
                Statement::Counter,
                Statement::Accept,
            ]))
            .rule(
                Rule::new([
                    Statement::Is(
                        Selector::Interface(Side::Source),
                        Value::Interface("eth0".to_owned()),
                    ),
                    Statement::Is(source, subnet("10.0.0.0/12")),
                    Statement::IsNot(
                        Selector::Address(Family::V4, Side::Destination),
                        subnet("10.9.9.9/32"),
                    ),
                    Statement::Is(
                        Selector::Port(Transport::Tcp, Side::Destination),
                        Value::Ports(80..=80),
                    ),
                    Statement::Counter,
                    Statement::Reject(Rejection::TcpReset),
                ])
                .named("no web"),
            )
            .rule(Rule::new([
                Statement::Is(
                    Selector::Address(Family::V6, Side::Source),
                    subnet("fd00::/61"),
                ),
                Statement::Is(
                    Selector::Port(Transport::Udp, Side::Destination),
                    Value::Ports(1000..=2000),
                ),
                Statement::Reject(Rejection::Icmp(IcmpRejection::AdminProhibited)),
            ]))
            .rule(Rule::new([
                Statement::In(vec![source, udp], "seen".to_owned()),
                Statement::Drop,
            ]))
            .rule(Rule::new([
                Statement::Is(Selector::TcpFlags, Value::TcpFlags(2)),
                Statement::ClampSegments,
            ])),
        Chain::at("postrouting", Kind::Nat, Point::Postrouting, 100)
            .rule(Rule::new([
                Statement::Is(
                    Selector::Interface(Side::Destination),
                    Value::Interface("wan".to_owned()),
                ),
                Statement::Record(Record {
                    change: Change::Update,
                    set: "seen".to_owned(),
                    key: Operand::Fields(vec![source, udp]),
                    value: Some(Operand::Fields(vec![udp])),
                    timeout: Some(Duration::from_secs(60)),
                }),
                Statement::Masquerade(
                    Ports::Keep,
                    Flags {
                        fully_random: true,
                        persistent: true,
                    },
                ),
            ]))
            .rule(Rule::new([
                Statement::Is(source, subnet("10.0.0.5/32")),
                Statement::Nat(nat(Side::Source, Target::Address([203, 0, 113, 9].into()))),
            ])),
        Chain::at("prerouting", Kind::Nat, Point::Prerouting, -100).rule(Rule::new([
            Statement::Is(
                Selector::Port(Transport::Tcp, Side::Destination),
                Value::Ports(8080..=8080),
            ),
            Statement::Nat(Nat {
                ports: Ports::Range(80..=80),
                ..nat(Side::Destination, Target::Address([10, 0, 0, 2].into()))
            }),
        ])),
    ];
    table
}

fn nat(side: Side, to: Target) -> Nat {
    Nat {
        side,
        family: Family::V4,
        to,
        ports: Ports::Keep,
        flags: Flags::default(),
    }
}

#[test]
fn a_table_prints_as_nft_lists_it() {
    let expected = r#"table inet everything {
	map seen {
		type ipv4_addr . inet_service : inet_service
		size 65536
		flags dynamic,timeout
		timeout 5m
	}

	set some {
		type ipv4_addr
		elements = { 10.0.0.1, 10.0.0.2,
			     10.0.0.3 }
	}

	set more {
		type ipv6_addr
		elements = { fd00::1,
			     fd00::2 }
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		ct state established,related counter packets 0 bytes 0 accept
		iifname "eth0" ip saddr 10.0.0.0/12 ip daddr != 10.9.9.9 tcp dport 80 counter packets 0 bytes 0 reject with tcp reset comment "no web"
		ip6 saddr fd00::/61 udp dport 1000-2000 reject with icmpx admin-prohibited
		ip saddr . udp sport @seen drop
		tcp flags syn tcp option maxseg size set rt mtu
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan" update @seen { ip saddr . udp sport timeout 1m : udp sport } masquerade fully-random,persistent
		ip saddr 10.0.0.5 snat ip to 203.0.113.9
	}

	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 8080 dnat ip to 10.0.0.2:80
	}
}
"#;
    assert_eq!(everything().to_string(), expected);
}
