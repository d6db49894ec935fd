//! The connections that the kernel tracks in the calling thread's network namespace: listed, and forgotten.
//!
//! See `linux/netfilter/nfnetlink_conntrack.h` for the numbers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::error::Result;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Answer, Draft, RawSocket, attributes};
use crate::view::{Connection, Flow};

const SUBSYSTEM: u16 = 1;
const NEW: u16 = SUBSYSTEM << 8;
const GET: u16 = SUBSYSTEM << 8 | 1;
const DELETE: u16 = SUBSYSTEM << 8 | 2;
const DUMP: u16 = 0x300;
/// `struct nfgenmsg`, for all families.
const HEADER: [u8; 4] = [0; 4];
/// The kernel's bit `IPS_SEEN_REPLY`.
const SEEN_REPLY: u32 = 2;

/// Forgets all of them.
pub(crate) fn flush() -> Result<()> {
    open()
        .and_then(|mut socket| socket.ask(Draft::new(DELETE, 0, &HEADER)))
        .map_err(|refusal| refusal.during("forget the tracked connections"))
}

pub(crate) fn list() -> Result<Vec<Connection>> {
    let answers = open()
        .and_then(|mut socket| socket.dump(Draft::new(GET, DUMP, &HEADER)))
        .map_err(|refusal| refusal.during("list the tracked connections"))?;
    Ok(answers.iter().filter_map(connection).collect())
}

fn open() -> Result<RawSocket, Refusal> {
    RawSocket::open(libc::NETLINK_NETFILTER).map_err(Refusal::of)
}

fn connection(answer: &Answer) -> Option<Connection> {
    if answer.kind != NEW {
        return None;
    }
    let (mut original, mut reply, mut status, mut seconds) = (None, None, 0, 0);
    for (kind, value) in answer.attributes(HEADER.len()) {
        match kind {
            1 => original = tuple(value),
            2 => reply = tuple(value),
            3 => status = u32::from_be_bytes(value.try_into().ok()?),
            7 => seconds = u32::from_be_bytes(value.try_into().ok()?),
            _ => {}
        }
    }
    let ((protocol, original), (_, reply)) = (original?, reply?);
    Some(Connection {
        protocol,
        original,
        reply,
        timeout: Duration::from_secs(seconds.into()),
        replied: status & SEEN_REPLY != 0,
    })
}

/// One direction, and the protocol's number.
fn tuple(value: &[u8]) -> Option<(u8, Flow)> {
    let (mut addresses, mut protocol, mut ports) = ([None; 2], None, [None; 2]);
    for (kind, value) in attributes(value) {
        for (inner, value) in attributes(value) {
            match (kind, inner) {
                (1, 1 | 3) => addresses[0] = address(value),
                (1, 2 | 4) => addresses[1] = address(value),
                (2, 1) => protocol = value.first().copied(),
                (2, 2 | 3) => {
                    ports[usize::from(inner) - 2] =
                        Some(u16::from_be_bytes(value.try_into().ok()?));
                }
                _ => {}
            }
        }
    }
    let [source, destination] = addresses;
    let flow = Flow {
        source: source?,
        destination: destination?,
        ports: ports[0].zip(ports[1]),
    };
    Some((protocol?, flow))
}

fn address(value: &[u8]) -> Option<IpAddr> {
    let ipv4 = <[u8; 4]>::try_from(value).map(|it| Ipv4Addr::from(it).into());
    let ipv6 = <[u8; 16]>::try_from(value).map(|it| Ipv6Addr::from(it).into());
    ipv4.or(ipv6).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::netlink::raw::Attributes;

    #[test]
    fn a_truncated_direction_is_none_and_never_a_panic() {
        let whole = Attributes::new()
            .nest(1, |it| it.with(1, &[10, 0, 0, 1]).with(2, &[10, 0, 0, 2]))
            .nest(2, |it| {
                it.with(1, &[17])
                    .with(2, &5000_u16.to_be_bytes())
                    .with(3, &53_u16.to_be_bytes())
            });
        let (protocol, flow) = tuple(whole.bytes()).unwrap();
        assert_eq!((protocol, flow.ports), (17, Some((5000, 53))));
        assert_eq!(
            flow.to_string(),
            "src=10.0.0.1 dst=10.0.0.2 sport=5000 dport=53"
        );
        for length in 0..20 {
            assert_eq!(tuple(&whole.bytes()[..length]), None);
        }
    }
}
