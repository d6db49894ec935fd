//! Waits until a new network carries packets.
//!
//! The kernel notices in a worker of its own that a cable has two ends that are up. Until it has, the end that was raised first
//! drops packets.

use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::live::LiveNode;
use crate::settings;
use crate::sys::netlink::look;

/// The kernel takes less than a millisecond, on a loaded machine some tens.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for the interfaces with these numbers in these nodes: the ends that were raised before their far end.
pub(crate) fn wait<'n>(expected: impl Iterator<Item = (&'n LiveNode, Vec<u32>)>) -> Result<()> {
    let deadline = Instant::now() + settings::scaled(LIMIT);
    for (live, expected) in expected.filter(|(_, expected)| !expected.is_empty()) {
        wait_for(live, &expected, deadline)?;
    }
    Ok(())
}

fn wait_for(live: &LiveNode, expected: &[u32], deadline: Instant) -> Result<()> {
    let mut netlink = live.netlink();
    if look::not_in_service(&mut netlink, expected)?.is_empty() {
        return Ok(());
    }
    let what = format!("bring the links of node `{}` into service", live.name);
    let watch = |error| Error::kernel(what.as_str(), error);
    netlink.watch_links(true).map_err(watch)?;
    loop {
        let waiting = look::not_in_service(&mut netlink, expected)?;
        if waiting.is_empty() {
            return netlink.watch_links(false).map_err(watch);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !netlink.changed_within(left).map_err(watch)? {
            let cause = format!("links {waiting:?} have no carrier");
            return Err(Error::new(Kind::TimedOut, what, cause));
        }
        // One look answers for all changes that are known by now.
        while netlink.changed_within(Duration::ZERO).map_err(watch)? {}
    }
}
