//! Prints rule sets as `nft list ruleset` does, with its indentation and its order.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{
    Chain, Change, Datatype, EtherType, Flags, Hashed, Hook, IcmpRejection, Kind, Layer, Nat,
    Operand, Point, Ports, Record, Rejection, Rule, Selector, Set, Side, Statement, Table, Target,
    Value, icmp,
};
use crate::address::{Cidr, Family};

impl Display for Layer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "ip",
            Self::Ipv6 => "ip6",
            Self::Inet => "inet",
            Self::Bridge => "bridge",
        })
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "table {} {} {{", self.layer, self.name)?;
        let sets = self.sets.iter().map(ToString::to_string);
        let chains = self.chains.iter().map(|it| it.listed(self.layer));
        for (position, part) in sets.chain(chains).enumerate() {
            let blank = if position > 0 { "\n" } else { "" };
            write!(f, "{blank}{part}")?;
        }
        writeln!(f, "}}")
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            name, key, value, ..
        } = self;
        let types = |types: &[Datatype]| joined(types.iter().map(|it| it.word().to_owned()));
        match value.as_slice() {
            [] => writeln!(f, "\tset {name} {{\n\t\ttype {}", types(key))?,
            value => {
                let value = types(value);
                writeln!(f, "\tmap {name} {{\n\t\ttype {} : {value}", types(key))?;
            }
        }
        if !self.elements.is_empty() {
            return writeln!(f, "\t\telements = {{ {} }}\n\t}}", self.listed());
        }
        writeln!(f, "\t\tsize {}", self.size)?;
        match self.timeout {
            Some(timeout) => writeln!(
                f,
                "\t\tflags dynamic,timeout\n\t\ttimeout {}",
                time(timeout)
            )?,
            None => writeln!(f, "\t\tflags dynamic")?,
        }
        writeln!(f, "\t}}")
    }
}

impl Set {
    /// Two addresses of IPv4 on a line, or one of IPv6.
    fn listed(&self) -> String {
        let is_ipv4 = self.elements.first().is_some_and(IpAddr::is_ipv4);
        let lines = self.elements.chunks(if is_ipv4 { 2 } else { 1 });
        let line = |line: &[IpAddr]| {
            let texts: Vec<String> = line.iter().map(ToString::to_string).collect();
            texts.join(", ")
        };
        let lines: Vec<String> = lines.map(line).collect();
        lines.join(",\n\t\t\t     ")
    }
}

impl Chain {
    fn listed(&self, layer: Layer) -> String {
        let hook = self.hook.iter().map(|hook| hook.listed(layer));
        let lines = hook.chain(self.rules.iter().map(ToString::to_string));
        let lines: String = lines.map(|line| format!("\t\t{line}\n")).collect();
        format!("\tchain {} {{\n{lines}\t}}\n", self.name)
    }
}

impl Hook {
    fn listed(self, layer: Layer) -> String {
        let kind = match self.kind {
            Kind::Filter => "filter",
            Kind::Nat => "nat",
        };
        let policy = if self.drops { "drop" } else { "accept" };
        let (point, priority) = (self.point, self.named_priority(layer));
        format!("type {kind} hook {point} priority {priority}; policy {policy};")
    }

    /// `nft` has words for the usual ones, and for those within ten of them.
    fn named_priority(self, layer: Layer) -> String {
        const BRIDGED: [(&str, i32); 4] = [
            ("dstnat", -300),
            ("filter", -200),
            ("out", 100),
            ("srcnat", 300),
        ];
        const NAMES: [(&str, i32); 6] = [
            ("raw", -300),
            ("mangle", -150),
            ("dstnat", -100),
            ("filter", 0),
            ("security", 50),
            ("srcnat", 100),
        ];
        let priority = self.priority;
        let place = |name: &str| match name {
            "dstnat" => self.point == Point::Prerouting,
            "srcnat" => self.point == Point::Postrouting,
            _ => true,
        };
        let names = match layer {
            Layer::Bridge => &BRIDGED[..],
            _ => &NAMES[..],
        };
        let mut near = names
            .iter()
            .filter(|(name, number)| place(name) && (priority - number).abs() <= 10);
        match near.next() {
            Some((name, number)) if *number == priority => (*name).to_owned(),
            Some((name, number)) if priority > *number => format!("{name} + {}", priority - number),
            Some((name, number)) => format!("{name} - {}", number - priority),
            None => priority.to_string(),
        }
    }
}

impl Display for Point {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
        })
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, statement) in self.statements.iter().enumerate() {
            let blank = if position > 0 { " " } else { "" };
            write!(f, "{blank}{statement}")?;
        }
        match &self.comment {
            Some(comment) => write!(f, " comment \"{comment}\""),
            None => Ok(()),
        }
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(selector, value) => {
                write!(f, "{} {}", selector.words(), of(*selector, value))
            }
            Self::IsNot(selector, value) => {
                write!(f, "{} != {}", selector.words(), of(*selector, value))
            }
            Self::In(key, set) => write!(f, "{} @{set}", concatenated(key)),
            Self::NotIn(key, set) => write!(f, "{} != @{set}", concatenated(key)),
            Self::Counter => write!(f, "counter packets 0 bytes 0"),
            Self::Record(record) => write!(f, "{record}"),
            Self::Accept => write!(f, "accept"),
            Self::Drop => write!(f, "drop"),
            Self::Reject(rejection) => write!(f, "{rejection}"),
            Self::Jump(chain) => write!(f, "jump {chain}"),
            Self::Masquerade(ports, flags) => {
                write!(f, "masquerade")?;
                match ports {
                    Ports::Keep => {}
                    ports => write!(f, " to {ports}")?,
                }
                write!(f, "{flags}")
            }
            Self::Nat(nat) => write!(f, "{nat}"),
            Self::ClampSegments => write!(f, "tcp option maxseg size set rt mtu"),
            Self::Trace => write!(f, "meta nftrace set 1"),
        }
    }
}

impl Display for Rejection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let with = match self {
            Self::TcpReset => "tcp reset",
            // The one that is meant when none is named.
            Self::Icmp(IcmpRejection::PortUnreachable) => return write!(f, "reject"),
            Self::Icmp(IcmpRejection::HostUnreachable) => "icmpx host-unreachable",
            Self::Icmp(IcmpRejection::AdminProhibited) => "icmpx admin-prohibited",
        };
        write!(f, "reject with {with}")
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = match self.change {
            Change::Add => "add",
            Change::Update => "update",
        };
        write!(f, "{word} @{} {{ {}", self.set, self.key)?;
        if let Some(timeout) = self.timeout {
            write!(f, " timeout {}", time(timeout))?;
        }
        match &self.value {
            None => write!(f, " }}"),
            Some(value) => write!(f, " : {value} }}"),
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(selectors) => f.write_str(&concatenated(selectors)),
            Self::Hashed(hashed) => write!(f, "{hashed}"),
        }
    }
}

impl Display for Hashed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            of,
            count,
            seed,
            first,
        } = self;
        let of = concatenated(of);
        write!(f, "jhash {of} mod {count} seed {seed:#x} offset {first}")
    }
}

impl Display for Nat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = match self.side {
            Side::Source => "snat",
            Side::Destination => "dnat",
        };
        let family = match self.family {
            Family::V4 => "ip",
            Family::V6 => "ip6",
        };
        let ports = &self.ports;
        match &self.to {
            Target::Address(address) if address.is_ipv6() && *ports != Ports::Keep => {
                write!(f, "{word} {family} to [{address}]{ports}")?;
            }
            Target::Address(address) => write!(f, "{word} {family} to {address}{ports}")?,
            Target::Prefix(subnet) => write!(f, "{word} {family} prefix to {subnet}")?,
            Target::Mapped { key, map, .. } => {
                write!(f, "{word} {family} to {} map @{map}", concatenated(key))?;
            }
        }
        write!(f, "{}", self.flags)
    }
}

impl Display for Ports {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => Ok(()),
            Self::Range(ports) => write!(f, ":{}", range(ports)),
            Self::Mapped { key, map } => write!(f, ":{} map @{map}", concatenated(key)),
        }
    }
}

impl Display for Flags {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.fully_random, self.persistent) {
            (false, false) => Ok(()),
            (true, false) => write!(f, " fully-random"),
            (false, true) => write!(f, " persistent"),
            (true, true) => write!(f, " fully-random,persistent"),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => write!(f, "\"{name}\""),
            Self::Protocol(number) => write!(f, "{}", protocol(*number)),
            Self::Family(Family::V4) => write!(f, "ipv4"),
            Self::Family(Family::V6) => write!(f, "ipv6"),
            Self::Subnet(subnet) => write!(f, "{}", without_full_prefix(*subnet)),
            Self::Ports(ports) => write!(f, "{}", range(ports)),
            Self::Icmp(number) => write!(f, "{number}"),
            Self::IcmpTypes(types) => write!(f, "{}-{}", types.start(), types.end()),
            Self::Ether(EtherType::Ipv4) => write!(f, "ip"),
            Self::Ether(EtherType::Arp) => write!(f, "arp"),
            Self::Ether(EtherType::Ipv6) => write!(f, "ip6"),
            Self::TcpFlags(flags) => write!(f, "{}", bits(u32::from(*flags), &TCP_FLAGS)),
            Self::States(states) => write!(f, "{}", bits(states.0, &STATES)),
            Self::Status(status) => write!(f, "{}", bits(*status, &STATUS)),
        }
    }
}

const TCP_FLAGS: [(u32, &str); 6] = [
    (1, "fin"),
    (2, "syn"),
    (4, "rst"),
    (8, "psh"),
    (16, "ack"),
    (32, "urg"),
];
const STATES: [(u32, &str); 4] = [
    (1, "invalid"),
    (2, "established"),
    (4, "related"),
    (8, "new"),
];
const STATUS: [(u32, &str); 2] = [(16, "snat"), (32, "dnat")];

fn bits(bits: u32, names: &[(u32, &str)]) -> String {
    let set = names.iter().filter(|(bit, _)| bits & bit != 0);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
}

/// A value as it is called beside its selector.
fn of(selector: Selector, value: &Value) -> String {
    let name = match value {
        Value::Icmp(number) => icmp::name(selector, *number),
        _ => None,
    };
    name.map_or_else(|| value.to_string(), str::to_owned)
}

fn protocol(number: u8) -> String {
    match number {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "ipv6-icmp".to_owned(),
        132 => "sctp".to_owned(),
        other => other.to_string(),
    }
}

fn without_full_prefix(subnet: Cidr) -> String {
    let full = if subnet.is_ipv4() { 32 } else { 128 };
    if subnet.prefix() == full {
        subnet.address().to_string()
    } else {
        subnet.to_string()
    }
}

fn range(ports: &RangeInclusive<u16>) -> String {
    if ports.start() == ports.end() {
        ports.start().to_string()
    } else {
        format!("{}-{}", ports.start(), ports.end())
    }
}

fn concatenated(selectors: &[Selector]) -> String {
    joined(selectors.iter().map(|it| it.words()))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" . ")
}

/// Days, hours, minutes, seconds and milliseconds, as far as there are any.
fn time(time: Duration) -> String {
    let mut rest = time.as_millis();
    let mut text = String::new();
    for (unit, size) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ] {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}
