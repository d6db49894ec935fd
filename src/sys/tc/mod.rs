//! Placeholder of qdiscs and filters until their branch is merged.

use std::io;

use crate::error::Result;
use crate::impairment::Impairment;
pub(crate) use crate::sys::netlink::raw::RawSocket as Socket;

pub(crate) fn open() -> io::Result<Socket> {
    Socket::open(libc::NETLINK_ROUTE)
}

pub(crate) fn join(_socket: &mut Socket, _ports: [u32; 2]) -> Result<()> {
    Ok(())
}

pub(crate) fn part(_socket: &mut Socket, _ports: [u32; 2]) -> Result<()> {
    Ok(())
}

pub(crate) fn impair(
    _socket: &mut Socket,
    _leaving: u32,
    _what: Option<&Impairment>,
    _seed: u64,
) -> Result<bool> {
    Ok(false)
}

pub(crate) fn cannot(_what: &Impairment) -> Option<String> {
    None
}
