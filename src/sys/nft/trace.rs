//! What rules decide about packets while they pass, told by the kernel rule by rule.
//!
//! See `nftrace` in [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).

use std::io;
use std::net::IpAddr;

use super::chains;
use super::listing::text;
use super::message::{self, HEADER, TRACE};
use super::{Dropped, Failure, open};
use crate::sys::netlink::raw::{Answer, RawSocket, attributes};

/// The group of listeners to what is traced.
const GROUP: i32 = 9;
const DROP: i32 = 0;

/// Listens to what becomes of traced packets in the namespace in which it was opened.
#[derive(Debug)]
pub(crate) struct Trace(RawSocket);

impl Trace {
    pub(crate) fn open() -> Result<Self, Failure> {
        let what = "listen to traced packets";
        let mut socket = open().map_err(|refusal| Failure::new(what, "a socket", refusal))?;
        // The kernel numbers a socket that sends, and tells nothing to one without a number.
        chains::chains(&mut socket).map_err(|refusal| Failure::new(what, "a dump", refusal))?;
        match socket.join(GROUP) {
            Ok(()) => Ok(Self(socket)),
            Err(cause) => {
                let refusal = super::Refusal::of(cause);
                Err(Failure::new(what, "the group", refusal))
            }
        }
    }

    /// The packets that were dropped since it was asked last.
    pub(crate) fn dropped(&mut self) -> io::Result<Vec<Dropped>> {
        let told = self.0.overheard()?;
        Ok(told.iter().filter_map(dropped).collect())
    }
}

fn dropped(answer: &Answer) -> Option<Dropped> {
    if answer.kind != TRACE {
        return None;
    }
    let mut verdict = None;
    let mut found = Dropped {
        layer: message::layer(answer.family())?,
        table: String::new(),
        chain: String::new(),
        rule: None,
        ends: None,
    };
    for (kind, value) in answer.attributes(HEADER) {
        match kind {
            1 => found.table = text(value),
            2 => found.chain = text(value),
            3 => found.rule = value.first_chunk().map(|it| u64::from_be_bytes(*it)),
            5 => verdict = attributes(value).find_map(code),
            8 => found.ends = ends(value),
            // Of a chain that ended without a decision.
            16 => verdict = value.first_chunk().map(|it| i32::from_be_bytes(*it)),
            _ => {}
        }
    }
    // The upper bits of a verdict carry an error number.
    verdict
        .is_some_and(|verdict| verdict & 0xFF == DROP)
        .then_some(found)
}

fn code((kind, value): (u16, &[u8])) -> Option<i32> {
    match kind {
        1 => value.first_chunk().map(|it| i32::from_be_bytes(*it)),
        _ => None,
    }
}

/// Source and destination out of a header of IPv4 or IPv6.
fn ends(header: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let address = |at: usize| -> Option<IpAddr> {
        match header.first()? >> 4 {
            4 => Some(IpAddr::from(
                *header.get(12 + at * 4..)?.first_chunk::<4>()?,
            )),
            6 => Some(IpAddr::from(
                *header.get(8 + at * 16..)?.first_chunk::<16>()?,
            )),
            _ => None,
        }
    };
    address(0).zip(address(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_stand_in_a_header() {
        let mut header = vec![0x45; 12];
        header.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        let expected = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        assert_eq!(ends(&header), Some(expected));
        assert_eq!(ends(&header[..19]), None);
        assert_eq!(ends(&[]), None);
        let mut header = vec![0x60; 8];
        header.extend([0xfd; 32]);
        assert!(ends(&header).is_some_and(|(from, to)| from == to && from.is_ipv6()));
    }
}
