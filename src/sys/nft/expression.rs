//! From the steps of a rule to the expressions that the kernel executes.
//!
//! See `linux/netfilter/nf_tables.h` for the numbers.

mod load;
mod translate;

use std::net::IpAddr;

use self::load::Known;
use super::registers::at;
use crate::address::Cidr;
use crate::nft::{Layer, Operand, Record, Rejection, Rule, Selector, Statement, Value};
use crate::sys::netlink::raw::Attributes;

/// One operation of the kernel's, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) name: &'static str,
    pub(super) data: Attributes,
}

const EQUAL: u32 = 0;
const NOT_EQUAL: u32 = 1;

/// The expressions of a rule in a table of this layer.
pub(super) fn of(rule: &Rule, layer: Layer) -> Vec<Expression> {
    let mut making = Making {
        expressions: Vec::new(),
        known: Known::of(layer),
    };
    for statement in &rule.statements {
        making.statement(statement);
    }
    making.expressions
}

/// A rule's expressions in the making.
struct Making {
    expressions: Vec<Expression>,
    /// What of the packet's protocols is certain by now.
    known: Known,
}

impl Making {
    fn add(&mut self, name: &'static str, data: Attributes) {
        self.expressions.push(Expression { name, data });
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Is(selector, value) => self.compare(*selector, value, EQUAL),
            Statement::IsNot(selector, value) => self.compare(*selector, value, NOT_EQUAL),
            Statement::In(key, set) => self.lookup(key, set, false),
            Statement::NotIn(key, set) => self.lookup(key, set, true),
            Statement::Counter => self.add("counter", counter()),
            Statement::Record(record) => self.record(record),
            Statement::Accept => self.verdict(1, None),
            Statement::Drop => self.verdict(0, None),
            Statement::Jump(chain) => self.verdict(-3, Some(chain)),
            Statement::Reject(rejection) => self.reject(*rejection),
            Statement::Masquerade(ports, flags) => self.masquerade(ports, *flags),
            Statement::Nat(nat) => self.nat(nat),
            Statement::ClampSegments => self.clamp(),
            Statement::Trace => self.trace(),
        }
    }

    /// Loads what the selector reads, and ends the rule if it is something else.
    fn compare(&mut self, selector: Selector, value: &Value, operator: u32) {
        self.load(selector);
        match value {
            Value::Subnet(subnet) => self.subnet(*subnet, operator),
            Value::Ports(ports) if ports.start() != ports.end() => {
                let [first, last] = [ports.start(), ports.end()].map(|it| it.to_be_bytes());
                self.range(&first, &last, operator);
            }
            Value::TcpFlags(bits) => self.bits(&[*bits], operator),
            Value::States(states) => self.bits(&states.0.to_ne_bytes(), operator),
            Value::Status(bits) => self.bits(&bits.to_ne_bytes(), operator),
            Value::Ports(ports) => self.cmp(0, operator, &ports.start().to_be_bytes()),
            Value::Interface(name) => self.cmp(0, operator, &padded(name)),
            Value::Protocol(number) | Value::Icmp(number) => self.cmp(0, operator, &[*number]),
            Value::IcmpTypes(types) => self.range(&[*types.start()], &[*types.end()], operator),
            Value::Ether(kind) => self.cmp(0, operator, &(*kind as u16).to_be_bytes()),
            Value::Family(family) => self.cmp(0, operator, &[load::number(*family)]),
        }
        if let (Value::Protocol(number), EQUAL) = (value, operator) {
            self.known.protocol = Some(*number);
        }
        if let (Value::Family(family), EQUAL) = (value, operator) {
            self.known.family = Some(*family);
        }
    }

    fn cmp(&mut self, word: u32, operator: u32, value: &[u8]) {
        let data = Attributes::new()
            .number(1, at(word))
            .number(2, operator)
            .nest(3, |it| it.with(1, value));
        self.add("cmp", data);
    }

    fn subnet(&mut self, subnet: Cidr, operator: u32) {
        let address = octets(subnet.network().address());
        let bits = usize::from(subnet.prefix());
        if bits < address.len() * 8 {
            let mask = (0..address.len()).map(|byte| {
                let inside = bits.saturating_sub(byte * 8).min(8);
                (0xFF00_u16 >> inside) as u8
            });
            self.mask(&mask.collect::<Vec<u8>>());
        }
        self.cmp(0, operator, &address);
    }

    /// Whether any of the bits is set; none, if asked for the opposite.
    fn bits(&mut self, bits: &[u8], operator: u32) {
        let opposite = if operator == EQUAL { NOT_EQUAL } else { EQUAL };
        self.mask(bits);
        self.cmp(0, opposite, &vec![0; bits.len()]);
    }

    fn mask(&mut self, mask: &[u8]) {
        let data = Attributes::new()
            .number(1, at(0))
            .number(2, at(0))
            .number(3, mask.len() as u32)
            .nest(4, |it| it.with(1, mask))
            .nest(5, |it| it.with(1, &vec![0; mask.len()]));
        self.add("bitwise", data);
    }

    fn range(&mut self, first: &[u8], last: &[u8], operator: u32) {
        let data = Attributes::new()
            .number(1, at(0))
            .number(2, operator)
            .nest(3, |it| it.with(1, first))
            .nest(4, |it| it.with(1, last));
        self.add("range", data);
    }

    fn lookup(&mut self, key: &[Selector], set: &str, inverted: bool) {
        self.load_all(key, 0);
        let mut data = Attributes::new().text(1, set).number(2, at(0));
        if inverted {
            data = data.number(5, 1);
        }
        self.add("lookup", data);
    }

    fn record(&mut self, record: &Record) {
        // What a hash is made of may fill as many words as the key, so that it is made first.
        let hashed = match &record.value {
            Some(Operand::Hashed(hashed)) => Some(self.hash(hashed, translate::HASHED_AT)),
            _ => None,
        };
        let behind = match &record.key {
            Operand::Fields(key) => self.load_all(key, 0),
            Operand::Hashed(hashed) => self.hash(hashed, 0) + 1,
        };
        let value = match &record.value {
            Some(Operand::Fields(value)) => {
                self.load_all(value, behind);
                Some(behind)
            }
            _ => hashed,
        };
        let mut data = Attributes::new()
            .text(1, &record.set)
            .number(3, record.change as u32)
            .number(4, at(0));
        if let Some(value) = value {
            data = data.number(5, at(value));
        }
        if let Some(timeout) = record.timeout {
            data = data.with(6, &(timeout.as_millis() as u64).to_be_bytes());
        }
        self.add("dynset", data);
    }

    fn verdict(&mut self, code: i32, chain: Option<&str>) {
        let data = Attributes::new().number(1, 0).nest(2, |it| {
            it.nest(2, |verdict| {
                let verdict = verdict.with(1, &code.to_be_bytes());
                match chain {
                    Some(chain) => verdict.text(2, chain),
                    None => verdict,
                }
            })
        });
        self.add("immediate", data);
    }

    fn trace(&mut self) {
        const META_NFTRACE: u32 = 12;
        let one = Attributes::new()
            .number(1, at(0))
            .nest(2, |it| it.with(1, &[1]));
        self.add("immediate", one);
        let data = Attributes::new().number(2, META_NFTRACE).number(3, at(0));
        self.add("meta", data);
    }

    fn reject(&mut self, rejection: Rejection) {
        let data = match rejection {
            Rejection::TcpReset => {
                self.know_protocol(6);
                Attributes::new().number(1, 1)
            }
            Rejection::Icmp(code) => Attributes::new().number(1, 2).with(2, &[code as u8]),
        };
        self.add("reject", data);
    }
}

fn counter() -> Attributes {
    Attributes::new()
        .with(1, &0_u64.to_be_bytes())
        .with(2, &0_u64.to_be_bytes())
}

/// A name as the kernel compares it, with NULs behind it.
fn padded(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
