//! The parameters of interfaces that the kernel takes by netlink, which no `/proc/sys` is needed for.
//!
//! See `linux/if_link.h`: `IFLA_AF_SPEC` holds a list for each family.

use rtnetlink::LinkUnspec;
use rtnetlink::packet_core::DefaultNla;
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::{AfSpecInet6, AfSpecUnspec, LinkAttribute};

use super::Request;

/// `AF_INET`, as an attribute's kind.
const INET: u16 = libc::AF_INET as u16;
/// `IFLA_INET_CONF`.
const CONF: u16 = 1;
/// `IFLA_INET6_ADDR_GEN_MODE`, and `IN6_ADDR_GEN_MODE_NONE`.
const GENERATION: u16 = 8;
const NONE: u8 = 1;

/// Sets an IPv4 parameter of one interface, by the kernel's number.
pub(crate) fn set_ipv4_parameter(name: &str, index: u32, parameter: u16, value: u32) -> Request {
    // The kernel reads a list here, where it writes an array: the crate knows the array only.
    let list = attribute(CONF, &attribute(parameter, &value.to_ne_bytes()));
    let what = format!("set IPv4 parameter {parameter} of link `{name}` to {value}");
    let list = AfSpecUnspec::Other(DefaultNla::new(INET, list));
    set(what, index, list)
}

/// Keeps the kernel from giving an interface an IPv6 address of its own.
pub(crate) fn give_no_link_local(name: &str, index: u32) -> Request {
    let what = format!("keep link `{name}` from giving itself an IPv6 address");
    let mode = AfSpecInet6::Other(DefaultNla::new(GENERATION, vec![NONE]));
    set(what, index, AfSpecUnspec::Inet6(vec![mode]))
}

fn set(what: String, index: u32, list: AfSpecUnspec) -> Request {
    let lists = LinkAttribute::AfSpecUnspec(vec![list]);
    let message = LinkUnspec::new_with_index(index)
        .append_extra_attribute(lists)
        .build();
    Request::new(what, RouteNetlinkMessage::SetLink(message), 0)
}

/// An attribute whose value fills whole words.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = 4 + value.len() as u16;
    [&length.to_ne_bytes(), &kind.to_ne_bytes(), value].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_length_kind_and_value() {
        let value = attribute(8, &2_u32.to_ne_bytes());
        let expected = [8_u16.to_ne_bytes(), 8_u16.to_ne_bytes()].concat();
        assert_eq!(value[..4], expected);
        assert_eq!(value[4..], 2_u32.to_ne_bytes());
        assert_eq!(attribute(CONF, &value).len(), 12);
    }
}
