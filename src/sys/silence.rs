//! Interfaces that neither send nor receive: what leaves falls into a queue without a bottom, what arrives is dropped before anybody sees it.
//!
//! Senders are told that all went well, as by a card whose cable ends nowhere. Interfaces keep their carrier.
//!
//! See [tc(8)](https://man7.org/linux/man-pages/man8/tc.8.html), the `netdev` family of
//! [nft(8)](https://www.netfilter.org/projects/nftables/manpage.html).

use super::netlink::Refusal;
use super::netlink::raw::{Draft, RawSocket};
use super::nft::ingress;
use crate::error::Result;

const RTM_NEWQDISC: u16 = 36;
const RTM_DELQDISC: u16 = 37;
const RTM_GETQDISC: u16 = 38;
/// Whatever is there is replaced.
const CREATE: u16 = 0x500;
/// `struct tcmsg`: family, index, handle, parent, info.
const HEADER: usize = 20;
const TCA_KIND: u16 = 1;
const ROOT: u32 = 0xFFFF_FFFF;
/// Part of every kernel that has queueing disciplines.
const BLACKHOLE: &str = "blackhole";

/// What silences the interfaces of the namespace in which it was opened.
#[derive(Debug)]
pub(crate) struct Silencer {
    links: RawSocket,
    rules: RawSocket,
}

impl Silencer {
    pub(crate) fn open() -> Result<Self> {
        let open = |family| {
            RawSocket::open(family).map_err(|cause| Refusal::of(cause).during("open a socket"))
        };
        Ok(Self {
            links: open(libc::NETLINK_ROUTE)?,
            rules: open(libc::NETLINK_NETFILTER)?,
        })
    }

    /// Swallows what leaves by an interface.
    pub(crate) fn mute(&mut self, name: &str, index: u32) -> Result<()> {
        self.links
            .ask(qdisc(RTM_NEWQDISC, CREATE, index))
            .map_err(|refusal| refusal.during(&format!("silence interface `{name}`")))
    }

    /// The interfaces to which somebody has given a queue, which would be lost.
    pub(crate) fn queues(&mut self) -> Result<Vec<u32>> {
        const DUMP: u16 = 0x300;
        let what = "list queueing disciplines";
        let listing = Draft::new(RTM_GETQDISC, DUMP, &[0; HEADER]);
        let answers = self.links.dump(listing);
        let answers = answers.map_err(|refusal| refusal.during(what))?;
        let own = answers.iter().filter_map(|answer| {
            let [_, index, handle, parent, _] = words(answer.header(HEADER)?)?;
            // The kernel's own have no handle.
            (parent == ROOT && handle != 0).then_some(index)
        });
        Ok(own.collect())
    }

    /// Lets an interface send again. One that is gone, or was not muted, stays as it is.
    pub(crate) fn unmute(&mut self, index: u32) {
        // Whoever was given another queue since has it on purpose.
        drop(self.links.ask(qdisc(RTM_DELQDISC, 0, index)));
    }

    /// Drops what arrives at these interfaces.
    pub(crate) fn deafen(&mut self, interfaces: &[&str]) -> Result<()> {
        ingress::close(&mut self.rules, interfaces)
            .map_err(|refusal| refusal.during("drop what arrives"))
    }

    /// Lets them receive again.
    pub(crate) fn listen(&mut self) -> Result<()> {
        ingress::open(&mut self.rules)
            .map_err(|refusal| refusal.during("drop no more what arrives"))
    }
}

fn qdisc(kind: u16, flags: u16, index: u32) -> Draft {
    let header: Vec<u8> = [0, index, 0, ROOT, 0]
        .iter()
        .flat_map(|word| word.to_ne_bytes())
        .collect();
    Draft::new(kind, flags, &header).text(TCA_KIND, BLACKHOLE)
}

fn words(header: &[u8]) -> Option<[u32; 5]> {
    let mut words = [0; 5];
    for (word, bytes) in words.iter_mut().zip(header.chunks_exact(4)) {
        *word = u32::from_ne_bytes(bytes.try_into().ok()?);
    }
    Some(words)
}
