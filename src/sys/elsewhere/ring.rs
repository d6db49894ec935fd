//! Frames of ports, on systems other than Linux.

use std::io;
use std::time::Duration;

pub(crate) const HEAD: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Full,
    Down,
    Overrun,
    Refused,
}

pub(crate) enum Ring {}

impl Ring {
    pub(crate) fn open(
        _port: u32,
        _longest: usize,
        _room: usize,
        _lengths: Option<std::ops::RangeInclusive<u32>>,
    ) -> io::Result<Self> {
        Err(super::unsupported())
    }

    pub(crate) fn hear(&self) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn deafen(&self) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn is_ready(&self) -> bool {
        match *self {}
    }

    pub(crate) fn fetch(&mut self, _most: usize) -> usize {
        match *self {}
    }

    pub(crate) fn arrived(&self, _nth: usize) -> Option<u64> {
        match *self {}
    }

    pub(crate) fn slots(&self) -> usize {
        match *self {}
    }

    pub(crate) fn frame(&self, _nth: usize) -> &[u8] {
        match *self {}
    }

    pub(crate) fn frame_mut(&mut self, _nth: usize) -> (&mut [u8], usize) {
        match *self {}
    }

    pub(crate) fn set_length(&mut self, _nth: usize, _length: usize) {
        match *self {}
    }

    pub(crate) fn give_back(&mut self, _count: usize) {
        match *self {}
    }

    pub(crate) fn overrun(&self) -> u64 {
        match *self {}
    }

    pub(crate) fn forgive(&self) {
        match *self {}
    }
}

pub(crate) enum Port {}

impl Port {
    pub(crate) fn open(_port: u32) -> io::Result<Self> {
        Err(super::unsupported())
    }

    pub(crate) fn send<'f>(
        &mut self,
        _frames: impl Iterator<Item = &'f [u8]>,
    ) -> (usize, Option<Fault>) {
        match *self {}
    }

    pub(crate) fn forgive(&self) {
        match *self {}
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Bell {}

pub(crate) fn bell() -> io::Result<Bell> {
    Err(super::unsupported())
}

impl Bell {
    pub(crate) fn ring(&self) {
        match *self {}
    }

    pub(crate) fn quiet(&self) {
        match *self {}
    }
}

pub(crate) struct Waiting(());

impl Waiting {
    pub(crate) fn new(_bell: &Bell) -> io::Result<Self> {
        Err(super::unsupported())
    }

    pub(crate) fn add<T>(&self, _source: &T, _write: bool) -> io::Result<()> {
        Err(super::unsupported())
    }

    pub(crate) fn remove<T>(&self, _source: &T) {}

    pub(crate) fn wait(&self, _time: Option<Duration>) -> bool {
        false
    }
}

pub(crate) fn wake_punctually() {}
