//! The ports that were taken down because cables were cut.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard};

use crate::error::Result;
use crate::live::lock;

/// By node and index: a port comes up again when the last cut of its cable is healed.
#[derive(Debug, Default)]
pub(crate) struct Pulled(Mutex<BTreeMap<(usize, u32), Held>>);

#[derive(Debug)]
struct Held {
    times: usize,
    /// Somebody may have taken it down before.
    was_up: bool,
}

impl Pulled {
    /// Takes a port down unless that was done already; `lower` says whether it was up.
    pub(crate) fn pull(
        &self,
        port: (usize, u32),
        lower: impl FnOnce() -> Result<bool>,
    ) -> Result<()> {
        match self.held().entry(port) {
            Entry::Occupied(mut held) => held.get_mut().times += 1,
            Entry::Vacant(free) => {
                let was_up = lower()?;
                free.insert(Held { times: 1, was_up });
            }
        }
        Ok(())
    }

    /// Raises a port if nobody else holds it down and it was up before.
    pub(crate) fn plug(
        &self,
        port: (usize, u32),
        raise: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let mut all = self.held();
        let Entry::Occupied(mut held) = all.entry(port) else {
            return Ok(());
        };
        held.get_mut().times -= 1;
        if held.get().times > 0 {
            return Ok(());
        }
        if held.remove().was_up {
            raise()
        } else {
            Ok(())
        }
    }

    /// Whether a port is down because somebody has taken it down here.
    pub(crate) fn is_pulled(&self, port: (usize, u32)) -> bool {
        self.held().contains_key(&port)
    }

    /// Held while a port changes: nobody is to see it half done.
    fn held(&self) -> MutexGuard<'_, BTreeMap<(usize, u32), Held>> {
        lock(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_raises_what_the_first_one_lowered() {
        let pulled = Pulled::default();
        let mut done = Vec::new();
        let port = (1, 100);
        pulled
            .pull(port, || {
                done.push("down");
                Ok(true)
            })
            .unwrap();
        pulled
            .pull(port, || {
                done.push("down again");
                Ok(true)
            })
            .unwrap();
        pulled
            .plug(port, || {
                done.push("too early");
                Ok(())
            })
            .unwrap();
        pulled
            .plug(port, || {
                done.push("up");
                Ok(())
            })
            .unwrap();
        pulled
            .plug(port, || {
                done.push("up again");
                Ok(())
            })
            .unwrap();
        assert_eq!(done, ["down", "up"]);
    }

    #[test]
    fn a_port_that_was_down_before_stays_down() {
        let pulled = Pulled::default();
        pulled.pull((1, 100), || Ok(false)).unwrap();
        pulled.plug((1, 100), || panic!("raised")).unwrap();
    }
}
