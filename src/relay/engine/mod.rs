//! Placeholder of the engine until its branch is merged.

use std::io;

use crate::impairment::Impairment;
use crate::packet::Way;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    Whole,
    Single { longest: usize },
}

#[derive(Debug)]
pub(crate) struct Engine;

pub(crate) struct Core;

impl Engine {
    pub(crate) fn start(_lines: Vec<[u32; 2]>) -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn with<T: Send>(&self, change: impl FnOnce(&mut Core) -> T + Send) -> T {
        change(&mut Core)
    }
}

impl Core {
    pub(crate) fn take(&mut self, _line: usize, _frames: Frames) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn release(&mut self, _line: usize) {}

    pub(crate) fn impair(
        &mut self,
        _line: usize,
        _way: Way,
        _what: Option<&Impairment>,
        _seed: u64,
    ) {
    }
}
