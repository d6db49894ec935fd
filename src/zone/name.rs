//! Domain names: how they are written in a zone, and how they are compared.
//!
//! Within this module's callers a name is absolute, in lower case and without its final dot; the root is empty.

use std::net::IpAddr;

use crate::address::Cidr;

/// The bytes of a label, and of a whole name as text, [RFC 1035](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const LABEL: usize = 63;
const NAME: usize = 253;

/// The name of a zone: as written, or the reverse name of a subnet.
pub(super) fn of_zone(text: &str) -> Result<String, String> {
    if text.contains('/') {
        let subnet: Cidr = text
            .parse()
            .map_err(|error| format!("no reverse zone: {error}"))?;
        return of_subnet(subnet.network());
    }
    absolute(text)
}

fn of_subnet(subnet: Cidr) -> Result<String, String> {
    let (bits, labels) = match subnet.address() {
        IpAddr::V4(_) => (8, 4),
        IpAddr::V6(_) => (4, 32),
    };
    if subnet.prefix() % bits != 0 {
        return Err(format!(
            "the prefix length {} ends within a label: a reverse zone's is a multiple of {bits}",
            subnet.prefix()
        ));
    }
    let left_out = labels - usize::from(subnet.prefix() / bits);
    let whole = reverse(subnet.address());
    Ok(whole
        .splitn(left_out + 1, '.')
        .last()
        .unwrap_or_default()
        .to_owned())
}

/// The name under which an address has its PTR record.
pub(super) fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev();
            let labels = nibbles.map(|octet| format!("{:x}.{:x}.", octet & 15, octet >> 4));
            labels.collect::<String>() + "ip6.arpa"
        }
    }
}

/// The name of a record, which has to be in the zone.
pub(super) fn owner(text: &str, zone: &str) -> Result<String, String> {
    let name = match text.parse::<IpAddr>() {
        Ok(address) => reverse(address),
        Err(_) => target(text, zone)?,
    };
    if is_within(&name, zone) {
        Ok(name)
    } else {
        Err(format!("`{name}` is not in the zone"))
    }
}

/// A name that a record points to.
pub(super) fn target(text: &str, zone: &str) -> Result<String, String> {
    if text == "@" {
        return Ok(zone.to_owned());
    }
    if let Some(text) = text.strip_suffix('.') {
        return absolute(text);
    }
    let name = absolute(text)?;
    if is_within(&name, zone) && !zone.is_empty() {
        return Err(format!(
            "`{text}` would be `{text}.{zone}`: leave the zone's name out, or end the name with a dot"
        ));
    }
    absolute(&format!("{name}.{zone}"))
}

/// Whether targets in this zone are absolute: nobody wants one below `in-addr.arpa`.
pub(super) fn is_reverse(zone: &str) -> bool {
    is_within(zone, "in-addr.arpa") || is_within(zone, "ip6.arpa")
}

/// A name without its final dot, checked.
pub(super) fn absolute(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return if text.is_empty() {
            Err("the name is empty; the zone itself is `@`".to_owned())
        } else {
            Ok(String::new())
        };
    }
    if name.len() > NAME {
        return Err(format!(
            "the name has {} bytes, it may have {NAME}",
            name.len()
        ));
    }
    for label in name.split('.') {
        if label.is_empty() || label.len() > LABEL {
            return Err(format!(
                "the label `{label}` of `{name}` has {} bytes, it may have 1 to {LABEL}",
                label.len()
            ));
        }
        if !label
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\\\"();@$".contains(&byte))
        {
            return Err(format!(
                "the label `{label}` of `{name}` is no plain ASCII text"
            ));
        }
    }
    Ok(name.to_ascii_lowercase())
}

/// Whether a name is `zone` or below it.
pub(super) fn is_within(name: &str, zone: &str) -> bool {
    match name.strip_suffix(zone) {
        Some(rest) => rest.is_empty() || zone.is_empty() || rest.ends_with('.'),
        None => false,
    }
}

/// The name one label up; the root has none.
pub(super) fn parent(name: &str) -> Option<&str> {
    match name.split_once('.') {
        Some((_, parent)) => Some(parent),
        None if name.is_empty() => None,
        None => Some(""),
    }
}

/// A name from a query as text: what no zone can contain, the dot within a label above all, as `\DDD`.
pub(super) fn spelled<'a>(labels: impl Iterator<Item = &'a [u8]>) -> String {
    let mut text = String::new();
    for label in labels {
        if !text.is_empty() {
            text.push('.');
        }
        for &byte in label {
            if byte.is_ascii_graphic() && byte != b'.' && byte != b'\\' {
                text.push(byte.into());
            } else {
                text.push_str(&format!("\\{byte:03}"));
            }
        }
    }
    text
}

/// The labels of a name of ours.
pub(super) fn labels(name: &str) -> impl Iterator<Item = &str> {
    name.split('.').filter(|label| !label.is_empty())
}
