//! Qdiscs, filters and offloads where there are none.

use std::convert::Infallible;
use std::io;

use crate::error::Result;
use crate::impairment::Impairment;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) dropped: u64,
    pub(crate) overflowed: u64,
    pub(crate) waiting: u64,
    pub(crate) waiting_bytes: u64,
    pub(crate) held_back: u64,
    pub(crate) reordered: u64,
}

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
    _longest: u32,
    _what: Option<&Impairment>,
    _seed: u64,
) -> Result<bool> {
    match *socket {}
}

pub(crate) fn statistics(socket: &mut Socket, _leaving: u32) -> Result<Statistics> {
    match *socket {}
}

pub(crate) fn cannot(_what: &Impairment) -> Option<String> {
    None
}

pub(crate) mod offload {
    use std::io;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Offloads {
        All,
        Plain,
        Nothing,
    }

    pub(crate) fn set(_interface: &str, _kept: Offloads) -> io::Result<()> {
        Err(super::super::unsupported())
    }
}
