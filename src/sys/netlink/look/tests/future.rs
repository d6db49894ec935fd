//! Recorded messages as a kernel of later years would send them: with attributes and flags that nobody knows yet, and with longer
//! structures. What is told from them stays the same.

use super::*;

/// Attributes that hold others.
const LINK_INFO: u16 = 18;
const AF_SPEC: u16 = 26;
const METRICS: u16 = 8;
const HOPS: u16 = 9;
const KIND: u16 = 0x3fff;
const NESTED: u16 = 0x8000;

/// A message's kind and the length of the header that precedes its attributes.
fn header(message: &[u8]) -> (u16, usize) {
    let kind = u16::from_le_bytes([message[4], message[5]]);
    let length = match kind {
        16 => 16,
        20 => 8,
        24 | 28 => 12,
        other => panic!("no message of kind {other} was recorded"),
    };
    (kind, 16 + length)
}

/// The attributes one by one: kind, and value.
fn attributes(mut bytes: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    while bytes.len() >= 4 {
        let length = usize::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        let kind = u16::from_le_bytes([bytes[2], bytes[3]]);
        found.push((kind, bytes[4..length].to_vec()));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

fn append(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    bytes.extend((4 + value.len() as u16).to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Whether the attribute of that path, which begins with the message's kind, holds others. Next hops have a length each of another form.
fn holds_others(path: &[u16]) -> bool {
    matches!(
        path,
        [16, LINK_INFO | AF_SPEC]
            | [16, LINK_INFO, 2 | 5]
            | [16, AF_SPEC, _]
            | [24, METRICS | HOPS]
    )
}

fn inside(path: &[u16], kind: u16) -> Vec<u16> {
    [path, &[kind & KIND]].concat()
}

/// The attributes, changed by `change`, which gets the path to each list of them and the list.
fn changed(
    bytes: &[u8],
    path: &[u16],
    change: &impl Fn(&[u16], &mut Vec<(u16, Vec<u8>)>),
) -> Vec<u8> {
    let mut list = attributes(bytes);
    for (kind, value) in &mut list {
        let path = inside(path, *kind);
        if holds_others(&path) && path != [24, HOPS] {
            *value = changed(value, &path, change);
        }
    }
    change(path, &mut list);
    let mut bytes = Vec::new();
    for (kind, value) in list {
        append(&mut bytes, kind, &value);
    }
    bytes
}

/// Every recorded listing with its messages changed, beside what is told of it unchanged.
#[track_caller]
fn assert_same(change: impl Fn(&[u16], &mut Vec<(u16, Vec<u8>)>)) {
    for listing in LISTINGS {
        let messages = split(listing).into_iter().map(|message| {
            let (kind, start) = header(message);
            let length = u32::from_le_bytes(message[..4].try_into().unwrap()) as usize;
            let mut bytes = message[..start].to_vec();
            bytes.extend(changed(&message[start..length], &[kind], &change));
            let length = bytes.len() as u32;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
            NetlinkMessage::<RouteNetlinkMessage>::deserialize(&bytes)
                .map_err(|error| error.to_string())
                .map(|message| match message.payload {
                    NetlinkPayload::InnerMessage(message) => message,
                    other => panic!("{other:?}"),
                })
        });
        let messages: Result<Vec<_>, _> = messages.collect();
        assert_eq!(told(&messages.unwrap()), told(&recorded(listing)));
    }
}

#[test]
fn an_unchanged_message_is_rebuilt_as_it_was() {
    assert_same(|_, _| {});
}

#[test]
fn unknown_attributes_are_passed_over() {
    for kind in [0x2ff, 0x3ff0] {
        for value in [&[][..], &[1], &[0; 8], &[0xff; 40]] {
            for flag in [0, NESTED, 0x4000] {
                assert_same(|_, list| list.push((kind | flag, value.to_vec())));
                assert_same(|_, list| list.insert(0, (kind | flag, value.to_vec())));
            }
        }
    }
}

/// Kernels append fields to structures: counters in 5.19, parameters of IPv6 in nearly every release.
#[test]
fn longer_structures_are_read_up_to_what_is_known() {
    // What is shorter is a number, an address with its family, or a name.
    let is_structure = |path: &[u16], (kind, value): &(u16, Vec<u8>)| {
        value.len() > 18 && !holds_others(&inside(path, *kind))
    };
    for more in [4, 8, 32] {
        for byte in [0, 0xff] {
            assert_same(|path, list| {
                let longer = list.iter_mut().filter(|it| is_structure(path, it));
                longer.for_each(|(_, value)| value.extend(vec![byte; more]));
            });
        }
    }
}
