//! The list of everything that is wrong with a topology.

use std::panic::Location;

use crate::error::{Error, Kind, Result};
use crate::topology::{Mistake, Written};

/// Collects mistakes, so that people see all of them at once.
pub(crate) struct Mistakes<'a> {
    allowed: &'a [Mistake],
    found: Vec<String>,
}

impl<'a> Mistakes<'a> {
    pub(crate) fn new(allowed: &'a [Mistake]) -> Self {
        Self {
            allowed,
            found: Vec::new(),
        }
    }

    /// Records that something about `object` is wrong: "node `ns1`", "the name is used twice".
    pub(crate) fn push(
        &mut self,
        at: &Location<'_>,
        object: impl AsRef<str>,
        cause: impl AsRef<str>,
    ) {
        let line = format!("{at}: {}: {}", object.as_ref(), cause.as_ref());
        // One wrong text can be met on several ways through the plan.
        if !self.found.contains(&line) {
            self.found.push(line);
        }
    }

    /// Records a mistake that can be let through.
    pub(crate) fn push_unless_allowed(
        &mut self,
        mistake: Mistake,
        at: &Location<'_>,
        object: impl AsRef<str>,
        cause: impl AsRef<str>,
    ) {
        if !self.allowed.contains(&mistake) {
            let cause = format!(
                "{}\n      (on purpose? `.allow(Mistake::{mistake:?})`)",
                cause.as_ref()
            );
            self.push(at, object, cause);
        }
    }

    /// Parses what somebody wrote, or records why that failed.
    pub(crate) fn parse<T>(&mut self, written: &Written, object: impl AsRef<str>) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        match written.text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(written.at, object, error.to_string());
                None
            }
        }
    }

    pub(crate) fn into_result(self) -> Result<()> {
        self.into_result_of("plan the topology")
    }

    /// The mistakes of something else than a whole topology; `what` completes "failed to ...".
    pub(crate) fn into_result_of(self, what: &str) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        let number = match self.found.len() {
            1 => "1 mistake".to_owned(),
            more => format!("{more} mistakes"),
        };
        Err(Error::new(
            Kind::Topology,
            what,
            format!("{number}\n    {}", self.found.join("\n    ")),
        ))
    }
}
