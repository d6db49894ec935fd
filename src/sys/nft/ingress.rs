//! A chain at the very entrance of interfaces that drops everything: ARP, what a bridge would pass, what nobody here was meant to get.

use super::message;
use crate::sys::netlink::Refusal;
use crate::sys::netlink::raw::{Draft, RawSocket};

/// `NFPROTO_NETDEV`.
const NETDEV: [u8; message::HEADER] = [5, 0, 0, 0];
const TABLE: &str = "netns-test silence";
/// The kernel takes as many interfaces for one chain.
const DEVICES: usize = 256;
const INGRESS: u32 = 0;
/// Before chains of anybody else.
const PRIORITY: u32 = i32::MIN as u32;
const DROP: u32 = 0;

/// Drops what arrives at these interfaces.
pub(crate) fn close(socket: &mut RawSocket, interfaces: &[&str]) -> Result<(), Refusal> {
    let chains = interfaces.chunks(DEVICES).enumerate();
    let chains = chains.map(|(number, devices)| chain(number, devices));
    let new = draft(message::NEW_TABLE, message::CREATE | message::EXCLUSIVE);
    commit(socket, std::iter::once(new).chain(chains).collect())
}

/// Lets them receive again, if they did not.
pub(crate) fn open(socket: &mut RawSocket) -> Result<(), Refusal> {
    // Removing what is not there is refused; making it first costs nothing.
    let drafts = [
        draft(message::NEW_TABLE, message::CREATE),
        draft(message::DELETE_TABLE, 0),
    ];
    commit(socket, drafts.into())
}

fn commit(socket: &mut RawSocket, drafts: Vec<Draft>) -> Result<(), Refusal> {
    socket
        .batch(Some(message::begin()), drafts, Some(message::end()))
        .map(drop)
        .map_err(|(_, refusal)| refusal)
}

fn draft(kind: u16, flags: u16) -> Draft {
    Draft::new(kind, flags, &NETDEV).text(1, TABLE)
}

fn chain(number: usize, devices: &[&str]) -> Draft {
    let named = draft(message::NEW_CHAIN, message::CREATE).text(3, &format!("drop{number}"));
    let hooked = named.nest(4, |hook| {
        let place = hook.number(1, INGRESS).number(2, PRIORITY);
        place.nest(4, |list| {
            let names = devices.iter();
            names.fold(list, |list, device| list.text(1, device))
        })
    });
    hooked.attributes(|it| it.number(5, DROP).text(7, "filter"))
}
