//! Qdiscs, filters and offloads where there are none.

use std::convert::Infallible;
use std::io;

use crate::error::Result;
use crate::impairment::Impairment;
use crate::view::WayCounters;

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

pub(crate) fn statistics(socket: &mut Socket, _leaving: u32) -> Result<WayCounters> {
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
