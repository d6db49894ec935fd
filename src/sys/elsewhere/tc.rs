//! Qdiscs, filters and offloads where there are none.

use std::convert::Infallible;
use std::io;

use crate::error::Result;
use crate::impairment::Impairment;

pub(crate) type Socket = Infallible;

pub(crate) fn open() -> io::Result<Socket> {
    Err(super::unsupported())
}

pub(crate) fn join(socket: &mut Socket, _ports: [u32; 2]) -> Result<()> {
    match *socket {}
}

pub(crate) fn part(socket: &mut Socket, _ports: [u32; 2]) -> Result<()> {
    match *socket {}
}

pub(crate) fn impair(
    socket: &mut Socket,
    _leaving: u32,
    _what: Option<&Impairment>,
    _seed: u64,
) -> Result<bool> {
    match *socket {}
}

pub(crate) fn cannot(_what: &Impairment) -> Option<String> {
    None
}

pub(crate) mod offload {
    use std::io;

    pub(crate) fn set(_interface: &str, _on: bool) -> io::Result<()> {
        Err(super::super::unsupported())
    }
}
