//! One batch for nftables: a table with a chain that masquerades what leaves by an interface.
//!
//! See `linux/netfilter/nf_tables.h`.

const SUBSYSTEM: u16 = 10;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;
const NESTED: u16 = 0x8000;
const INET: u8 = 1;

pub(super) fn masquerade(interface: &str) -> Vec<u8> {
    let mut name = interface.as_bytes().to_vec();
    name.resize(16, 0);
    let expressions = [
        expression("meta", &[number(2, 7), number(1, 1)].concat()),
        expression(
            "cmp",
            &[number(1, 1), number(2, 0), nest(3, &attribute(1, &name))].concat(),
        ),
        expression("masq", &[]),
    ];
    let table = text(1, "nat");
    let hook = nest(4, &[number(1, 4), number(2, 100)].concat());
    let chain = [table.clone(), text(3, "chain"), hook, text(7, "nat")].concat();
    let rule = [
        table.clone(),
        text(2, "chain"),
        nest(4, &expressions.concat()),
    ]
    .concat();
    [
        message(0x10, 0, &[], [0, SUBSYSTEM as u8]),
        message(SUBSYSTEM << 8, CREATE, &table, [0; 2]),
        message(SUBSYSTEM << 8 | 3, CREATE, &chain, [0; 2]),
        // The last one asks to be answered.
        message(
            SUBSYSTEM << 8 | 6,
            CREATE | APPEND | super::ACK,
            &rule,
            [0; 2],
        ),
        message(0x11, 0, &[], [0, SUBSYSTEM as u8]),
    ]
    .concat()
}

fn message(kind: u16, flags: u16, body: &[u8], whose: [u8; 2]) -> Vec<u8> {
    let length = 20 + body.len() as u32;
    let family = if kind < 0x20 { 0 } else { INET };
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((super::REQUEST | flags).to_ne_bytes());
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, family, 0]);
    bytes.extend(whose);
    bytes.extend(body);
    bytes
}

fn expression(name: &str, data: &[u8]) -> Vec<u8> {
    nest(1, &[text(1, name), nest(2, data)].concat())
}

fn nest(kind: u16, inside: &[u8]) -> Vec<u8> {
    attribute(kind | NESTED, inside)
}

fn text(kind: u16, value: &str) -> Vec<u8> {
    attribute(kind, format!("{value}\0").as_bytes())
}

fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
