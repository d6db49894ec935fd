//! What a rule of anybody's says, back from its expressions: enough to recognise it, in about the words of `nft`.

use std::net::IpAddr;

use super::{Action, Listed, Told};
use crate::sys::netlink::raw::attributes;

const UNKNOWN: &str = "..";
const TCP: u8 = 6;
const UDP: u8 = 17;

/// A rule as people would read it.
pub(crate) fn told(rule: &Listed) -> Told {
    let mut reading = Reading::default();
    for (name, data) in &rule.expressions {
        reading.expression(name, &Data(data));
    }
    Told {
        conditions: reading.conditions.join(" "),
        action: reading.action.unwrap_or(Action::Other),
        out: reading.out,
    }
}

/// The attributes of an expression.
struct Data<'a>(&'a [u8]);

impl<'a> Data<'a> {
    fn bytes(&self, wanted: u16) -> Option<&'a [u8]> {
        attributes(self.0).find_map(|(kind, value)| (kind == wanted).then_some(value))
    }

    fn number(&self, wanted: u16) -> Option<u32> {
        let bytes = self.bytes(wanted)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    }

    /// A value inside of an attribute.
    fn value(&self, wanted: u16) -> &'a [u8] {
        let inside = Data(self.bytes(wanted).unwrap_or_default());
        inside.bytes(1).unwrap_or_default()
    }
}

/// What was loaded last: a rule compares it before it loads something else, as far as it is to be told here.
#[derive(Clone, Copy, Default, PartialEq)]
enum Loaded {
    In,
    Out,
    Protocol,
    Family,
    State,
    Address(&'static str),
    Port(&'static str),
    IcmpType,
    #[default]
    Other,
}

#[derive(Default)]
struct Reading {
    loaded: Loaded,
    mask: Option<Vec<u8>>,
    protocol: Option<u8>,
    conditions: Vec<String>,
    action: Option<Action>,
    out: Option<String>,
}

impl Reading {
    fn expression(&mut self, name: &str, data: &Data<'_>) {
        match name {
            "meta" if data.number(1).is_some() => self.load(meta(data.number(2))),
            "ct" if data.number(1).is_some() => self.load(match data.number(2) {
                Some(0) => Loaded::State,
                _ => Loaded::Other,
            }),
            "payload" => self.load(self.payload(data)),
            "bitwise" => self.mask = Some(data.value(4).to_vec()),
            "cmp" => self.compare(data),
            "range" => {
                let ends = [data.value(3), data.value(4)].map(|value| self.shown(value));
                let not = not(data.number(2) == Some(1));
                self.condition(format!("{not}{}-{}", ends[0], ends[1]));
            }
            "lookup" => {
                let set = String::from_utf8_lossy(data.bytes(1).unwrap_or_default());
                let not = not(data.number(5).is_some_and(|flags| flags & 1 != 0));
                self.condition(format!("{not}@{}", set.trim_end_matches('\0')));
            }
            "immediate" => self.verdict(data),
            "reject" => self.action = Some(Action::Reject),
            "masq" => self.action = Some(Action::TranslateSource),
            "redir" => self.action = Some(Action::TranslateDestination),
            "nat" => {
                self.action = Some(match data.number(1) {
                    Some(0) => Action::TranslateSource,
                    _ => Action::TranslateDestination,
                });
            }
            "counter" | "meta" | "log" => {}
            _ => self.conditions.push(UNKNOWN.to_owned()),
        }
    }

    fn load(&mut self, loaded: Loaded) {
        self.loaded = loaded;
        self.mask = None;
    }

    fn payload(&self, data: &Data<'_>) -> Loaded {
        const NETWORK: u32 = 1;
        const TRANSPORT: u32 = 2;
        let numbers = [2, 3, 4].map(|kind| data.number(kind).unwrap_or(u32::MAX));
        let is_icmp = matches!(self.protocol, Some(1 | 58));
        match numbers {
            [NETWORK, 12, 1..=4] => Loaded::Address("ip saddr"),
            [NETWORK, 16, 1..=4] => Loaded::Address("ip daddr"),
            [NETWORK, 8, 1..=16] => Loaded::Address("ip6 saddr"),
            [NETWORK, 24, 1..=16] => Loaded::Address("ip6 daddr"),
            [TRANSPORT, 0, 1] if is_icmp => Loaded::IcmpType,
            [TRANSPORT, 0, 2] => Loaded::Port("sport"),
            [TRANSPORT, 2, 2] => Loaded::Port("dport"),
            _ => Loaded::Other,
        }
    }

    fn compare(&mut self, data: &Data<'_>) {
        let value = data.value(3);
        let is_not = data.number(2) != Some(0);
        match self.loaded {
            Loaded::Family => {}
            Loaded::Protocol => {
                self.protocol = value.first().copied().filter(|_| !is_not);
                self.condition(format!("{}{}", not(is_not), self.shown(value)));
            }
            // "Not none of these bits" is how any of them is asked for.
            Loaded::State => {
                let bits = self.mask.take().unwrap_or_default();
                self.condition(format!("{}{}", not(!is_not), states(&bits)));
            }
            Loaded::Out if !is_not => {
                self.out = Some(text(value));
                self.condition(self.shown(value));
            }
            _ => self.condition(format!("{}{}", not(is_not), self.shown(value))),
        }
    }

    /// Adds what was loaded with what it must be. A protocol that ports or types follow is named by them.
    fn condition(&mut self, value: String) {
        let by_name = match self.protocol {
            Some(TCP) => "tcp",
            Some(UDP) => "udp",
            Some(1) => "icmp",
            Some(58) => "icmpv6",
            _ => "th",
        };
        let word = match self.loaded {
            Loaded::In => "iifname".to_owned(),
            Loaded::Out => "oifname".to_owned(),
            Loaded::Protocol => "meta l4proto".to_owned(),
            Loaded::State => "ct state".to_owned(),
            Loaded::Address(word) => word.to_owned(),
            Loaded::Port(side) => format!("{by_name} {side}"),
            Loaded::IcmpType => format!("{by_name} type"),
            Loaded::Family | Loaded::Other => {
                self.conditions.push(UNKNOWN.to_owned());
                return;
            }
        };
        let names_protocol = matches!(self.loaded, Loaded::Port(_) | Loaded::IcmpType);
        let is_protocol = |last: &String| last.starts_with("meta l4proto ");
        if names_protocol && self.conditions.last().is_some_and(is_protocol) {
            self.conditions.pop();
        }
        self.conditions.push(format!("{word} {value}"));
    }

    fn shown(&self, value: &[u8]) -> String {
        match self.loaded {
            Loaded::In | Loaded::Out => format!("\"{}\"", text(value)),
            Loaded::Address(_) => self.address(value),
            Loaded::Port(_) => match value {
                [high, low] => u16::from_be_bytes([*high, *low]).to_string(),
                _ => UNKNOWN.to_owned(),
            },
            Loaded::Protocol => match value {
                [1] => "icmp".to_owned(),
                [TCP] => "tcp".to_owned(),
                [UDP] => "udp".to_owned(),
                [58] => "ipv6-icmp".to_owned(),
                [other] => other.to_string(),
                _ => UNKNOWN.to_owned(),
            },
            Loaded::IcmpType => match value {
                [8 | 128] => "echo-request".to_owned(),
                [0 | 129] => "echo-reply".to_owned(),
                [other] => other.to_string(),
                _ => UNKNOWN.to_owned(),
            },
            _ => UNKNOWN.to_owned(),
        }
    }

    /// With its mask as a prefix; one of whole bytes may be compared by these bytes alone.
    fn address(&self, value: &[u8]) -> String {
        let is_ipv4 = matches!(self.loaded, Loaded::Address(word) if word.starts_with("ip "));
        let mut bytes = [0; 16];
        let length = value.len().min(16);
        bytes[..length].copy_from_slice(&value[..length]);
        let [a, b, c, d, ..] = bytes;
        let (address, whole): (IpAddr, u32) = if is_ipv4 {
            ([a, b, c, d].into(), 32)
        } else {
            (bytes.into(), 128)
        };
        let bits = match &self.mask {
            Some(mask) => mask.iter().map(|byte| byte.count_ones()).sum(),
            None => value.len() as u32 * 8,
        };
        if bits == whole {
            address.to_string()
        } else {
            format!("{address}/{bits}")
        }
    }

    fn verdict(&mut self, data: &Data<'_>) {
        const VERDICT: u16 = 2;
        let inside = Data(data.bytes(2).unwrap_or_default());
        let code = Data(inside.bytes(VERDICT).unwrap_or_default()).number(1);
        if code == Some(0) {
            self.action = Some(Action::Drop);
        }
    }
}

fn meta(key: Option<u32>) -> Loaded {
    match key {
        Some(6) => Loaded::In,
        Some(7) => Loaded::Out,
        Some(15) => Loaded::Family,
        Some(16) => Loaded::Protocol,
        _ => Loaded::Other,
    }
}

fn not(is_not: bool) -> &'static str {
    if is_not { "!= " } else { "" }
}

fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
}

fn states(bits: &[u8]) -> String {
    const NAMES: [(u8, &str); 4] = [
        (1, "invalid"),
        (2, "established"),
        (4, "related"),
        (8, "new"),
    ];
    let bits = bits.iter().fold(0, |all, byte| all | byte);
    let set = NAMES.iter().filter(|(bit, _)| bits & bit != 0);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::expression;
    use super::*;
    use crate::address::Family;
    use crate::nft::{Layer, Rule, Selector, Side, Statement, States, Transport, Value};

    fn read(statements: Vec<Statement>) -> Told {
        let expressions = expression::of(&Rule::new(statements), Layer::Inet);
        told(&Listed {
            layer: Layer::Inet,
            table: String::new(),
            chain: String::new(),
            handle: 1,
            comment: None,
            counted: None,
            expressions: expressions
                .iter()
                .map(|it| (it.name.to_owned(), it.data.bytes().to_vec()))
                .collect(),
        })
    }

    #[test]
    fn rules_are_read_back() {
        let port = Selector::Port(Transport::Tcp, Side::Destination);
        let from = Selector::Address(Family::V4, Side::Source);
        let out = Selector::Interface(Side::Destination);
        let subnet = |text: &str| Value::Subnet(text.parse().unwrap());
        for (statements, conditions, action) in [
            (
                vec![
                    Statement::Is(port, Value::Ports(80..=80)),
                    Statement::Counter,
                    Statement::Drop,
                ],
                "tcp dport 80",
                Action::Drop,
            ),
            (
                vec![
                    Statement::Is(from, subnet("10.0.0.0/20")),
                    Statement::IsNot(out, Value::Interface("eth1".to_owned())),
                    Statement::Is(Selector::State, Value::States(States::NEW)),
                    Statement::Accept,
                ],
                "ip saddr 10.0.0.0/20 oifname != \"eth1\" ct state new",
                Action::Other,
            ),
            (
                vec![
                    Statement::Is(Selector::IcmpType(Family::V4), Value::Icmp(8)),
                    Statement::Drop,
                ],
                "icmp type echo-request",
                Action::Drop,
            ),
        ] {
            let told = read(statements);
            assert_eq!(
                (told.conditions.as_str(), told.action),
                (conditions, action)
            );
            assert_eq!(told.out, None);
        }
    }
}
