//! What ends a trouble when it is dropped.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::host::quietly;
use crate::live::{Parts, Undo};

/// Trouble in a live network: an impairment, a cut, a partition. Dropping it heals that, on a panic, too.
///
/// Afterwards the network is usable at once: who is still asking for a neighbour's hardware address, in vain until then, asks anew, and not a
/// second later, as a kernel by itself does. What waits for the answer is sent then. See [arp(7)](https://man7.org/linux/man-pages/man7/arp.7.html).
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Topology};
/// use std::time::Duration;
///
/// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
/// let slow = Impairment::new().delay(Duration::from_millis(20));
/// let trouble = net.host("a").link("eth0").impair(slow).unwrap();
/// assert!(net.host("a").ping("b").unwrap().min().unwrap() >= Duration::from_millis(40));
/// trouble.heal().unwrap();
/// # }).unwrap();
/// ```
#[must_use = "trouble whose guard is not bound to a variable is healed at once"]
pub struct Trouble<'net> {
    parts: &'net Arc<Parts>,
    /// None once it is kept or healed.
    number: Option<u64>,
    what: String,
}

impl<'net> Trouble<'net> {
    /// Of something that has just begun, and how it is undone.
    pub(crate) fn begun(
        parts: &'net Arc<Parts>,
        what: impl Into<String>,
        undo: impl FnOnce(&Arc<Parts>) -> Result<()> + Send + 'static,
    ) -> Self {
        let what = what.into();
        Self::telling(parts, move || what.clone(), undo)
    }

    /// Of something that goes on by itself: what people know of it changes.
    pub(crate) fn telling(
        parts: &'net Arc<Parts>,
        told: impl Fn() -> String + Send + 'static,
        undo: impl FnOnce(&Arc<Parts>) -> Result<()> + Send + 'static,
    ) -> Self {
        let what = told();
        let number = parts.troubles.begin_telling(told, undo);
        Self {
            parts,
            number: Some(number),
            what,
        }
    }

    /// How it is undone, for who does that from now on: nothing if somebody has done it.
    pub(crate) fn into_undo(mut self) -> Option<Undo> {
        self.parts.troubles.hand_over(self.number.take()?)
    }

    /// Several that are one from now on.
    pub(crate) fn of(
        parts: &'net Arc<Parts>,
        what: impl Into<String>,
        troubles: Vec<Self>,
    ) -> Self {
        let merged = troubles.into_iter().filter_map(|mut it| it.number.take());
        let numbers: Vec<u64> = merged.collect();
        let what = what.into();
        let number = parts.troubles.merge(what.clone(), numbers);
        Self {
            parts,
            number: Some(number),
            what,
        }
    }

    /// Heals it, and tells if that failed.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let trouble = net.partition(["a"], ["b"]).unwrap();
    /// trouble.heal().unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn heal(mut self) -> Result<()> {
        self.end()
    }

    /// Leaves it for as long as the network lives, or until [`Network::heal`](crate::Network::heal).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let trouble = net.partition(["a"], ["b"]).unwrap();
    /// trouble.keep();
    /// assert_eq!(net.host("a").ping_with("b", |p| p.count(1)).unwrap().received(), 0);
    /// net.heal().unwrap();
    /// # }).unwrap();
    /// ```
    pub fn keep(mut self) {
        self.number = None;
    }

    fn end(&mut self) -> Result<()> {
        match self.number.take() {
            Some(number) => self.parts.troubles.end(number, self.parts),
            None => Ok(()),
        }
    }
}

impl Drop for Trouble<'_> {
    fn drop(&mut self) {
        quietly(|| self.end());
    }
}

impl fmt::Debug for Trouble<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trouble({})", self.what)
    }
}

impl fmt::Display for Trouble<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
